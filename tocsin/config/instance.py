"""One installation on disk: where its keys, database and published files lie, and what ``tocsin.toml`` says.

::

    HOME/
      tocsin.toml            settings of the installation
      db/                    embedded database
      keys/public/           public keys: all processes
      keys/door/             promise signer and secret of the public door
      keys/desk/             unit key (behind passphrases), retention keys, secret of the desk
      keys/worker/           ledger signer and audit signer
      handover/              custodians' key files until they were handed over
      log/                   the public ledger as static files
      evidence/              sealed files that reporters sent
      state/                 newest checkpoint and locks, outside the database
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin.common.errors import Unsafe
from tocsin.config.desk_rules import DeskRules, desk_rules
from tocsin.intake.channels.email.settings import MailSettings, mail_settings

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "packs"
# Slow uploads hold a thread each; the others go on taking text (tests/crash/test_surge.py). No slower than 4 threads.
PUBLIC_THREADS = 16
LONGEST_BATCH = 24 * 3600  # seconds; a promise says that the entry is public within a day and an hour


@dataclass(frozen=True)
class Door:
    """Where a door listens. ``address`` is a loopback or internal address; TLS ends in front of it."""

    address: str
    port: int
    hosts: tuple[str, ...]
    workers: int
    threads: int
    behind_tls: bool


@dataclass(frozen=True)
class Instance:
    """An installation. All paths are absolute."""

    home: Path
    unit: str
    origin: str
    mode: str
    pack: Path
    languages: tuple[str, ...]
    database_url: str
    public: Door
    desk: Door
    batch_seconds: int
    unattended_key: Path | None
    onion: str = ""
    mail: MailSettings | None = None
    rules: DeskRules = field(default_factory=DeskRules)

    @property
    def demo(self) -> bool:
        """Whether this is a demonstration with sample data and known passwords."""
        return self.mode == "demo"

    @property
    def database(self) -> Path:
        """The embedded database file."""
        return self.home / "db" / "tocsin.sqlite3"

    @property
    def public_keys(self) -> Path:
        """Folder of public keys."""
        return self.home / "keys" / "public"

    @property
    def door_keys(self) -> Path:
        """Folder of the public door's own secrets."""
        return self.home / "keys" / "door"

    @property
    def desk_keys(self) -> Path:
        """Folder of the desk's secrets."""
        return self.home / "keys" / "desk"

    @property
    def worker_keys(self) -> Path:
        """Folder of the worker's secrets."""
        return self.home / "keys" / "worker"

    @property
    def log(self) -> Path:
        """The published ledger."""
        return self.home / "log"

    @property
    def evidence(self) -> Path:
        """Sealed files that reporters sent."""
        return self.home / "evidence"

    @property
    def state(self) -> Path:
        """Checkpoint copies and locks; outside the database on purpose."""
        return self.home / "state"

    @property
    def checkpoint_copy(self) -> Path:
        """The newest checkpoint, against which the database is held at every start."""
        return self.state / "checkpoint"


def home_from_environment() -> Path:
    """The installation named by ``TOCSIN_HOME``, else ``./instance``."""
    return Path(os.environ.get("TOCSIN_HOME", "instance")).resolve()


def load_instance(home: Path | None = None) -> Instance:
    """Read ``tocsin.toml``. Raises ``Unsafe`` with what to do when it is missing or wrong."""
    home = home or home_from_environment()
    file = home / "tocsin.toml"
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Unsafe(
            f"There is no installation in {home}. Run `tocsin init` to make one, or `tocsin demo` to try Tocsin, "
            "or set TOCSIN_HOME to the folder that holds tocsin.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Unsafe(f"{file} cannot be read: {wrong}. Mend that line and start again.") from wrong
    try:
        return _instance(home, told)
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise Unsafe(f"{file} lacks or misspells a value: {wrong}. See docs/operate/install.md.") from wrong


def _instance(home: Path, told: dict[str, Any]) -> Instance:
    site, worker = told["site"], told.get("worker", {})
    if site["mode"] not in ("demo", "production"):
        raise ValueError("site.mode must be demo or production")
    unattended = told["desk"].get("unattended_key")
    return Instance(
        home=home,
        unit=site["unit"],
        origin=site["origin"],
        mode=site["mode"],
        pack=_pack_path(home, site["pack"]),
        languages=_texts(site["languages"]),
        database_url=os.environ.get("DATABASE_URL") or told.get("database", {}).get("url", ""),
        public=_door(told["public"], workers=2, threads=PUBLIC_THREADS),
        desk=_door(told["desk"], workers=1, threads=4),
        batch_seconds=checked_batch(os.environ.get("TOCSIN_BATCH_SECONDS") or worker.get("batch_seconds", 3600)),
        unattended_key=home / unattended if unattended else None,
        onion=checked_onion(told["public"].get("onion", "")),
        mail=mail_settings(told.get("mail"), home),
        rules=desk_rules(told["desk"], _texts(told["desk"]["hosts"])),
    )


def checked_onion(address: str) -> str:
    """The address of the onion service, or nothing. Raises ``ValueError`` when it is none: a page would lead astray."""
    if address and not re.fullmatch(r"https?://([a-z0-9-]+\.)*[a-z2-7]{56}\.onion", address):
        raise ValueError("public.onion must be http:// and your own 56 letters and digits with .onion, without a path")
    return address


def checked_batch(seconds: str | int) -> int:
    """The time between ledger batches. Raises ``ValueError`` when promises could not be kept with it."""
    if not str(seconds).isdecimal() or not 1 <= int(seconds) <= LONGEST_BATCH:
        raise ValueError(f"batch_seconds (TOCSIN_BATCH_SECONDS) must be a number of seconds from 1 to {LONGEST_BATCH}")
    return int(seconds)


def _pack_path(home: Path, named: str) -> Path:
    shipped = PACKS / named
    return shipped if shipped.is_dir() else (home / named).resolve()


def _texts(told: Any) -> tuple[str, ...]:
    if isinstance(told, str):
        raise TypeError(f'hosts and languages are lists: write ["{told}"]')
    return tuple(told)


def _door(told: dict[str, Any], *, workers: int, threads: int) -> Door:
    return Door(
        address=told.get("address", "127.0.0.1"),
        port=int(told["port"]),
        hosts=_texts(told["hosts"]),
        workers=int(told.get("workers", workers)),
        threads=int(told.get("threads", threads)),
        behind_tls=bool(told.get("behind_tls", True)),
    )
