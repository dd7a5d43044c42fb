"""Fills the stores for ``benchmarks/desk_pages.py``: SQLite by bulk insert, PostgreSQL from it by COPY.

Both hold the same tips, sealed to the same keys. Indexes and triggers are dropped before and made again afterwards.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from benchmarks.load.columns import TABLES
from benchmarks.load.installation import make_installation
from benchmarks.load.many_tips import all_rows, plan_of

PEOPLE = ("ines", "tara", "ivo", "sam", "lea")
OTHERS = 40
_BOOLEANS = {"urgent", "drill", "has_interest", "met", "in_case", "legal_hold"}
_MADE = "made"


def is_made(home: Path) -> bool:
    """Whether the store in ``home`` was finished."""
    return (home / _MADE).exists()


def make_sqlite(home: Path, *, stored: int, opened: int) -> None:
    """An installation with an embedded store in ``home``; this process becomes its desk."""
    begun = time.monotonic()
    make_installation(home, "desk", cost=_cheap())
    staff = add_people()
    plan = plan_of(stored=stored, opened=opened, staff=staff)
    with _raw(home / "db" / "tocsin.sqlite3") as store, _without_indexes(store):
        for made, rows in all_rows(plan):
            with store:
                for table, told in rows.items():
                    store.executemany(_insert(table), [[_plain(value) for value in row] for row in told])
            if made % 50_000 < 2_000:
                print(f"  {made:,} tips after {time.monotonic() - begun:,.0f} s", file=sys.stderr, flush=True)
    _finish(home, begun)


def make_postgresql(home: Path, source: Path, url: str) -> None:
    """The same tips as in the installation ``source`` in the PostgreSQL at ``url``; this process becomes its desk."""
    begun = time.monotonic()
    make_installation(home, "desk", cost=_cheap(), database_url=url)
    shutil.copytree(source / "keys", home / "keys", dirs_exist_ok=True)
    add_people()
    with sqlite3.connect(source / "db" / "tocsin.sqlite3") as store, _without_indexes_there():
        for table, columns in TABLES.items():
            _copy(store, table, columns)
            print(f"  {table} after {time.monotonic() - begun:,.0f} s", file=sys.stderr, flush=True)
    _finish(home, begun)


def add_people() -> list[int]:
    """The cast with their offices, and many others who hold tips; all primary keys."""
    from tocsin.access.models import Staff
    from tocsin.access.permissions import Role
    from tocsin.access.services import add_staff

    offices = {
        "ines": [Role.INTAKE], "tara": [Role.TRIAGE], "ivo": [Role.INVESTIGATOR], "sam": [Role.SUPERVISOR],
        "lea": [Role.SUPERVISOR, Role.LEGAL_OFFICER],
    }  # fmt: skip
    for name in PEOPLE:
        _add(add_staff, name, offices[name])
    for number in range(OTHERS):
        office = (Role.INTAKE, Role.TRIAGE, Role.INVESTIGATOR)[number % 3]
        _add(add_staff, f"other{number}", [office])
    return list(Staff.objects.order_by("pk").values_list("pk", flat=True))


def _add(add_staff: Any, name: str, roles: Sequence[Any]) -> None:
    password = "only benchmarks know this"
    add_staff(by="program:bench", username=name, display_name=name.title(), password=password, roles=roles)


def _cheap() -> Any:
    from tocsin.vault.keyfiles import Stretching

    return Stretching(memory_kib=64, passes=1, lanes=1)


def _finish(home: Path, begun: float) -> None:
    """Count what is there, let the store gather its statistics, note that it is made."""
    from django.db import connection

    from tocsin.tips import state_counts

    state_counts.recount()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # what autovacuum does by itself after such a load
    (home / _MADE).write_text(f"{time.monotonic() - begun:.0f} seconds\n")
    print(f"  made in {time.monotonic() - begun:,.0f} s", file=sys.stderr, flush=True)


def _insert(table: str) -> str:
    columns = TABLES[table]
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _plain(value: Any) -> Any:
    """A value as Django keeps it in SQLite."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else value


@contextmanager
def _raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The file without Django, written fast: if the machine fails, the store is made anew."""
    from django.db import connection

    connection.close()
    store = sqlite3.connect(path)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000", "secure_delete=OFF"):
        store.execute(f"PRAGMA {pragma}")
    try:
        yield store
    finally:
        store.execute("PRAGMA journal_mode=WAL")
        store.close()


@contextmanager
def _without_indexes(store: sqlite3.Connection) -> Iterator[None]:
    tables = ", ".join("?" * len(TABLES))
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('index', 'trigger')"
    found = store.execute(f"{query} AND tbl_name IN ({tables})", list(TABLES)).fetchall()
    for kind, name, _sql in found:
        store.execute(f"DROP {kind} {name}")
    yield
    for _kind, _name, sql in sorted(found):
        store.execute(sql)
    store.commit()


@contextmanager
def _without_indexes_there() -> Iterator[None]:
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
                "(SELECT conname FROM pg_constraint)",
                [table],
            )
            found += cursor.fetchall()
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for name, _definition in found:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for _name, definition in found:
            cursor.execute(definition)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _copy(store: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    from django.db import connection

    booleans = [place for place, column in enumerate(columns) if column in _BOOLEANS]
    moments = [
        place
        for place, column in enumerate(columns)
        if column.endswith(("_hour", "_at", "_until")) or column in ("at", "since")
    ]
    names = ", ".join(columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copying,
    ):
        for row in store.execute(f"SELECT {names} FROM {table} ORDER BY rowid"):
            told = list(row)
            for place in booleans:
                told[place] = bool(told[place])
            for place in moments:
                told[place] = f"{told[place]}+00" if told[place] else None
            copying.write_row(told)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
