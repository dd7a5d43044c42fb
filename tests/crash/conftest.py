"""A demonstration without samples on free ports, for processes of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import answers_for_tests
from tocsin.config.instance import ROOT, Instance, load_instance
from tocsin.config.servers import Processes
from tocsin.config.setup import make_home
from tools.postgresql import temporary_server


def environment(home: Path) -> dict[str, str]:
    """What a process of this installation is told."""
    ours = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    clean = {name: told for name, told in os.environ.items() if not name.startswith("TOCSIN_") and name not in ours}
    return {**clean, "TOCSIN_HOME": str(home)}


def python(home: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run our interpreter for the installation in ``home``."""
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(home), input=typed, capture_output=True, text=True, timeout=300, check=False
    )


def until_published(instance: Instance, processes: Processes) -> None:
    """Wait until the worker has nothing left to do."""
    deadline = time.monotonic() + 60
    while not is_published(instance):
        processes.require_running()
        assert time.monotonic() < deadline, "the worker does not publish"
        time.sleep(0.1)


def is_published(instance: Instance) -> bool:
    """Whether nothing waits and the public folder shows the newest signed head."""
    store = sqlite3.connect(f"file:{instance.database}?mode=ro", uri=True)
    newest = "SELECT note FROM ledger_treehead WHERE log = 'public' ORDER BY era DESC, size DESC LIMIT 1"
    try:
        (waiting,) = store.execute("SELECT count(*) FROM ledger_pending").fetchone()
        head = store.execute(newest).fetchone()
    finally:
        store.close()
    shown = [path.read_bytes() for path in (instance.log / "checkpoint", instance.checkpoint_copy) if path.exists()]
    return not waiting and head is not None and shown == [bytes(head[0])] * 2


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys behind cheap passphrases, tables, style sheets; a batch of the ledger is signed each second."""
    home = tmp_path_factory.mktemp("made") / "home"
    make_home(home, answers_for_tests(mode="demo", behind_tls=False, batch_seconds=1))
    prepare = "from tocsin.config.boot import boot, migrate, collect_static; boot('desk'); migrate(); collect_static()"
    done = python(home, "-c", prepare)
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def instance(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """An installation of this test's own, with doors on free ports."""
    for name in ("DATABASE_URL", "TOCSIN_BATCH_SECONDS", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    shutil.copytree(made, home)
    file = home / "tocsin.toml"
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = (one.getsockname()[1], two.getsockname()[1])
    file.write_text(file.read_text().replace("port = 8000", f"port = {ports[0]}").replace("= 8001", f"= {ports[1]}"))
    return load_instance(home)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server of its own in a temporary folder."""
    with temporary_server() as url:
        yield url


def empty_database(url: str) -> str:
    """The address of a new database on the server of ``url``."""
    import psycopg
    from psycopg.conninfo import make_conninfo

    name = f"crash_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
    return make_conninfo(url, dbname=name)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, instance: Instance) -> dict[str, str]:
    """The environment of an installation on either store."""
    told = environment(instance.home)
    if request.param == "postgresql":
        told["DATABASE_URL"] = empty_database(request.getfixturevalue("postgresql"))
        prepare = "from tocsin.config.boot import boot, migrate; boot('desk'); migrate()"
        subprocess.run([sys.executable, "-c", prepare], cwd=ROOT, env=told, check=True)
    return told
