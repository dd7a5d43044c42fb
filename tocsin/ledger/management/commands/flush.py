"""Django's ``flush``, which empties every table: refused where tips may live, made possible for tests."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as DjangoFlush
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tocsin.ledger import protection


class Command(DjangoFlush):
    """Empty a test database; refuse any other, because the ledger is append-only."""

    def handle(self, **options: Any) -> None:
        """Lift the triggers, empty the tables, put the triggers back. Raises ``CommandError``."""
        connection = connections[options.get("database") or DEFAULT_DB_ALIAS]
        if not _exists_only_for_tests(connection):
            raise CommandError("This database holds an append-only ledger. Tocsin does not empty it.")
        protection.remove(connection)
        try:
            super().handle(**options)
        finally:
            protection.install(connection)


def _exists_only_for_tests(connection: BaseDatabaseWrapper) -> bool:
    """In memory, or named with Django's prefix for test databases."""
    name = str(connection.settings_dict["NAME"])
    return "mode=memory" in name or name == ":memory:" or name.rsplit("/", 1)[-1].startswith("test_")
