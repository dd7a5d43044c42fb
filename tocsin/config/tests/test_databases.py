"""The settings of both stores, and that SQLite really keeps to them on a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from pytest_django.plugin import DjangoDbBlocker

from tocsin.common.errors import Unsafe
from tocsin.config.databases import database, postgresql, sqlite


@pytest.fixture
def store(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[BaseDatabaseWrapper]:
    """A connection to an embedded store in a file of its own, made with our settings."""
    opened = ConnectionHandler({"default": sqlite(tmp_path / "store.sqlite3")})["default"]
    with django_db_blocker.unblock():
        yield opened
        opened.close()


def asked(store: BaseDatabaseWrapper, pragma: str) -> object:
    with store.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL: a commit is on the disk before anything is promised
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("temp_store", 2),  # MEMORY: no temporary file with content
        ("journal_size_limit", 64 * 1024 * 1024),
    ],
)
def test_each_pragma_is_in_force_on_every_connection(store: BaseDatabaseWrapper, pragma: str, value: object) -> None:
    assert asked(store, pragma) == value
    store.close()
    assert asked(store, pragma) == value


def test_a_transaction_takes_the_write_lock_when_it_begins(store: BaseDatabaseWrapper, tmp_path: Path) -> None:
    store.ensure_connection()
    other = sqlite3.connect(tmp_path / "store.sqlite3", timeout=0)
    store._start_transaction_under_autocommit()  # type: ignore[attr-defined]  # what atomic() calls on SQLite
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    store.rollback()
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_what_was_deleted_is_gone_from_the_file(store: BaseDatabaseWrapper, tmp_path: Path) -> None:
    with store.cursor() as cursor:
        cursor.execute("CREATE TABLE told (text)")
        cursor.execute("INSERT INTO told VALUES ('canary-in-the-file')")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert b"canary-in-the-file" in (tmp_path / "store.sqlite3").read_bytes()
        cursor.execute("DELETE FROM told")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"canary-in-the-file" not in (tmp_path / "store.sqlite3").read_bytes()


def test_the_embedded_store_waits_for_a_locked_database(tmp_path: Path) -> None:
    assert sqlite(tmp_path / "store.sqlite3")["OPTIONS"]["timeout"] == 20


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks the store that the tests run on")
@pytest.mark.django_db
def test_the_tests_themselves_run_with_these_pragmas() -> None:
    assert [asked(connection, pragma) for pragma in ("synchronous", "foreign_keys", "secure_delete")] == [2, 1, 1]


def test_a_url_becomes_the_settings_of_postgresql() -> None:
    told = postgresql(
        "postgresql://tocsin_door:the%20password@db.example:5433/tips?sslmode=verify-full&connect_timeout=3"
    )
    assert {name: told[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "tips",
        "USER": "tocsin_door",
        "PASSWORD": "the password",
        "HOST": "db.example",
        "PORT": "5433",
    }
    assert told["OPTIONS"] == {"sslmode": "verify-full", "connect_timeout": "3"}
    assert told["ENGINE"] == "django.db.backends.postgresql"
    assert told["CONN_HEALTH_CHECKS"]


def test_the_url_of_the_install_guide_leads_to_a_socket() -> None:
    told = postgresql("postgresql://tocsin_door@/tocsin?host=/run/postgresql")
    assert (told["NAME"], told["USER"], told["HOST"], told["PASSWORD"]) == (
        "tocsin",
        "tocsin_door",
        "/run/postgresql",
        "",
    )
    assert told["OPTIONS"] == {}


@pytest.mark.parametrize(
    "url",
    [
        "mysql://tocsin:the-password@host/name",
        "postgresql://tocsin:the-password@host/name?no_such_option=1",
        "postgresql://tocsin:the-password@host:%zz/name",
        "the-password",
    ],
)
def test_a_bad_url_is_refused_and_its_password_is_nowhere_in_the_error(url: str) -> None:
    with pytest.raises(Unsafe, match="postgresql://user:password@host:port/name") as refused:
        postgresql(url)
    assert "the-password" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__  # a traceback in the journal must not show psycopg's own message


def test_an_empty_url_means_the_embedded_store(tmp_path: Path) -> None:
    assert database("", tmp_path / "x")["ENGINE"].endswith("sqlite3")
    assert database("postgresql:///tips", tmp_path / "x")["ENGINE"].endswith("postgresql")
