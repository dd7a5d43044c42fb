"""The two stores: embedded SQLite by default, PostgreSQL where ``DATABASE_URL`` names one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tocsin.common.errors import Unsafe

# WAL with FULL makes every commit durable before it returns (NORMAL may lose promised tips when power fails);
# secure_delete overwrites what a withdrawal or an expiry deletes.
_PRAGMAS = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
    "PRAGMA secure_delete=ON;PRAGMA temp_store=MEMORY;PRAGMA journal_size_limit=67108864"
)


def sqlite(path: Path | str) -> dict[str, Any]:
    """Settings of the embedded store in the file ``path``."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        # A deferred BEGIN fails at once when two writers meet; IMMEDIATE waits up to ``timeout`` seconds (signing a
        # batch of 100,000 leaves holds the lock for about three).
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": _PRAGMAS},
    }


def postgresql(url: str) -> dict[str, Any]:
    """Settings of the larger store from a ``postgresql://`` URL. Raises ``Unsafe`` when it is none."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        told = conninfo_to_dict(url)
    except ProgrammingError:
        # ``from None``: psycopg's own message repeats the URL with its password, and tracebacks go to the journal.
        raise Unsafe("DATABASE_URL cannot be read. Write postgresql://user:password@host:port/name.") from None
    known = {key: str(told.pop(key, "") or "") for key in ("dbname", "user", "password", "host", "port")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": known["dbname"],
        "USER": known["user"],
        "PASSWORD": known["password"],
        "HOST": known["host"],
        "PORT": known["port"],
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": told,
    }


def database(url: str, embedded: Path) -> dict[str, Any]:
    """The store that ``url`` names, or the embedded one in the file ``embedded`` when it is empty."""
    return postgresql(url) if url else sqlite(embedded)
