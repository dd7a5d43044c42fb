"""Triggers that make the database itself refuse to change or remove what was logged.

They stop a slip or a stolen database login, not an administrator who may drop triggers: against that one
only the signed checkpoints outside the database help. Django's SQLite migrations rebuild a table when they
alter it and lose its triggers, so every later migration of these tables ends with ``install`` too;
``missing`` tells.

Tests that empty tables between runs go through the ``flush`` command of this app, which lifts the triggers
for a test database and refuses for any other.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

_SENTENCE = "tocsin: logged rows are never changed or removed"
_FINAL = ("ledger_entry", "ledger_treehead", "ledger_auditrecord")
_AUDIT_COLUMNS = ("id", "at", "actor", "role", "action", "subject", "detail", "digest")
# SQLite fires no delete trigger for INSERT OR REPLACE: these columns tell whether an insert would replace a
# row.
_KEYS = {
    "ledger_entry": ("id = NEW.id", 'era = NEW.era AND "index" = NEW."index"'),
    "ledger_treehead": ("id = NEW.id", "log = NEW.log AND era = NEW.era AND size = NEW.size"),
    "ledger_auditrecord": ("id = NEW.id", "seq = NEW.seq"),
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Create every trigger that is not there yet; on a database other than SQLite and PostgreSQL nothing."""
    for statement in _statements(connection.vendor):
        _execute(connection, statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers. Only a migration going backwards and the emptying of a test database may do this."""
    for table, name in _names(connection.vendor):
        on_table = "" if connection.vendor == "sqlite" else f" ON {table}"
        _execute(connection, f"DROP TRIGGER IF EXISTS {name}{on_table}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that should be there and are not."""
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    return [name for _table, name in _names(connection.vendor) if name not in present]


def _execute(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _names(vendor: str) -> list[tuple[str, str]]:
    kinds = {"sqlite": ("update", "delete", "replace"), "postgresql": ("update", "delete", "truncate")}
    return [(table, f"{table}_no_{kind}") for table in _FINAL for kind in kinds.get(vendor, ())]


def _statements(vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [statement for table in _FINAL for statement in _sqlite_triggers(table)]
    if vendor == "postgresql":
        return [_POSTGRESQL_FUNCTION, *(s for table in _FINAL for s in _postgresql_triggers(table))]
    return []


def _allowed_update(table: str, differs: str) -> str:
    """When an update is refused: always, but for the one numbering of an audit record."""
    if table != "ledger_auditrecord":
        return ""
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in _AUDIT_COLUMNS)
    return f"WHEN (OLD.seq IS NOT NULL OR NEW.seq IS NULL OR {changed})"


def _sqlite_triggers(table: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END"
    replaced = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in _KEYS[table])  # noqa: S608  only constants of this module
    start = f"CREATE TRIGGER IF NOT EXISTS {table}_no"
    return [
        f"{start}_update BEFORE UPDATE ON {table} {_allowed_update(table, 'IS NOT')} {refuse}",
        f"{start}_delete BEFORE DELETE ON {table} {refuse}",
        f"{start}_replace BEFORE INSERT ON {table} WHEN {replaced} {refuse}",
    ]


_POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN RAISE EXCEPTION '{_SENTENCE}' USING ERRCODE = 'restrict_violation'; END $refuse$
"""


def _postgresql_triggers(table: str) -> list[str]:
    start = f"CREATE OR REPLACE TRIGGER {table}_no"
    refuse = "EXECUTE FUNCTION ledger_refuse()"
    condition = _allowed_update(table, "IS DISTINCT FROM")
    return [
        f"{start}_update BEFORE UPDATE ON {table} FOR EACH ROW {condition} {refuse}",
        f"{start}_delete BEFORE DELETE ON {table} FOR EACH ROW {refuse}",
        f"{start}_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]
