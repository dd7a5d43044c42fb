"""PostgreSQL with a role for each process, made by the commands that ``docs/operate/install.md`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.database_roles import ROLE_OF, script
from tools.postgresql import temporary_server


@dataclass(frozen=True)
class Roles:
    """Addresses of one store: ``admin`` of the server, ``owner`` of the tables, ``parts`` by process."""

    admin: str
    owner: str
    parts: Mapping[str, str]

    def grant(self) -> None:
        """Run the script of the guide, after the owner has made the tables."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(script().encode())


@contextmanager
def separate_roles() -> Iterator[Roles]:
    """A server of its own with the owner's empty database."""
    with temporary_server() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE tocsin_owner LOGIN")
            connection.execute("CREATE DATABASE tocsin OWNER tocsin_owner ENCODING 'UTF8' TEMPLATE template0")
        host = conninfo_to_dict(url)["host"]
        as_role = {role: f"postgresql://{role}@/tocsin?host={host}" for role in ("tocsin_owner", *ROLE_OF.values())}
        admin = f"postgresql://postgres@/tocsin?host={host}"
        yield Roles(admin, as_role["tocsin_owner"], {part: as_role[role] for part, role in ROLE_OF.items()})
