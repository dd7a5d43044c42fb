"""Makes an installation: folders, keys, settings, database, first people. Used by ``tocsin init`` and the demo."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.common import clock
from tocsin.common.errors import RuleBroken
from tocsin.config.instance import PACKS
from tocsin.ledger.note import Signer
from tocsin.policy.loader import load_pack
from tocsin.vault.blobs import new_private_key, public_of
from tocsin.vault.keyfiles import SHORTEST_PASSPHRASE, LockedKey, Stretching, write_secret
from tocsin.vault.keyring import write_keyring
from tocsin.vault.retention import make_month_keys

SLOT = "unit"


@dataclass(frozen=True)
class Person:
    """A first member of staff: sign-in name, shown name, password, roles (codes of ``access.permissions.Role``)."""

    username: str
    display_name: str
    password: str
    roles: Sequence[str]


@dataclass(frozen=True)
class Answers:
    """Everything that an installation needs to be told. Passphrases are used once and never stored."""

    unit: str
    origin: str
    pack: str
    unit_passphrase: str
    custodians: Mapping[str, str]
    people: Sequence[Person]
    mode: str = "production"
    public_port: int = 8000
    desk_port: int = 8001
    public_hosts: Sequence[str] = ("localhost", "127.0.0.1")
    desk_hosts: Sequence[str] = ("localhost", "127.0.0.1")
    behind_tls: bool = True
    batch_seconds: int = 3600
    database_url: str = ""
    cost: Stretching = field(default_factory=Stretching)


def refuse_to_overwrite(home: Path) -> None:
    """Raise ``RuleBroken`` when ``home`` holds anything."""
    if home.exists() and any(home.iterdir()):
        raise RuleBroken(
            f"{home} is not empty. Keys that are overwritten are lost, and every report with them, so init never "
            "overwrites. Choose another folder with TOCSIN_HOME, or move this one away."
        )


def make_home(home: Path, answers: Answers) -> None:
    """Write folders, keys and ``tocsin.toml``. Raises ``RuleBroken`` when ``home`` is in use or an answer is unfit.

    A failure in the middle removes what was made: half an installation would look like a whole one.
    """
    refuse_to_overwrite(home)
    _check(answers)
    try:
        _make_keys(home, answers)
        (home / "tocsin.toml").write_text(_settings(answers), encoding="utf-8")
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def _check(answers: Answers) -> None:
    if len(answers.custodians) < 2:
        raise RuleBroken("Name at least two custodians: nobody may be able to open an identity alone.")
    if len(set(answers.custodians.values())) != len(answers.custodians):
        raise RuleBroken("Each custodian needs a passphrase of their own.")
    for passphrase in (answers.unit_passphrase, *answers.custodians.values()):
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise RuleBroken("A passphrase needs at least 12 characters. Four or more random words are good.")
    pack = PACKS / answers.pack
    load_pack(pack if pack.is_dir() else Path(answers.pack))


def _make_keys(home: Path, answers: Answers) -> None:
    keys = home / "keys"
    for folder in (home / "db", home / "state", keys / "door", keys / "desk", keys / "worker", home / "handover"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in (keys / "public", home / "log"):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    unit = new_private_key()
    LockedKey.create(keys / "desk" / "unit.key", unit, answers.unit_passphrase, slot=SLOT, cost=answers.cost)
    custodians = {}
    for name, passphrase in answers.custodians.items():
        private = new_private_key()
        LockedKey.create(home / "handover" / f"{name}.key", private, passphrase, slot=name, cost=answers.cost)
        custodians[name] = public_of(private)
    write_keyring(keys / "public", unit_id=answers.unit, unit_public=public_of(unit), custodians=custodians)
    make_month_keys(keys / "public", keys / "desk", months=[clock.month_of(clock.now())])
    for process, name, signer in (
        ("worker", "ledger", Signer.generate(answers.origin)),
        ("worker", "audit", Signer.generate(f"{answers.origin}/audit")),
        ("door", "promise", Signer.generate(f"{answers.origin}/promise")),
    ):
        write_secret(keys / process / f"{name}.key", signer.skey.encode() + b"\n")
        (keys / "public" / f"{name}.vkey").write_text(signer.vkey + "\n")
    for process in ("door", "desk"):
        write_secret(keys / process / "secret.key", secrets.token_hex(32).encode() + b"\n")


def _settings(answers: Answers) -> str:
    pack = load_pack(PACKS / answers.pack if (PACKS / answers.pack).is_dir() else Path(answers.pack))
    hosts = {"public": answers.public_hosts, "desk": answers.desk_hosts}
    ports = {"public": answers.public_port, "desk": answers.desk_port}
    lines = [
        "# Settings of this installation. docs/operate/install.md explains every line.",
        "[site]",
        f"unit = {_quoted(answers.unit)}",
        f"origin = {_quoted(answers.origin)}",
        f"mode = {_quoted(answers.mode)}",
        f"pack = {_quoted(answers.pack)}",
        f"languages = {_listed(pack.languages)}",
    ]
    for door in ("public", "desk"):
        lines += [
            "",
            f"[{door}]",
            'address = "127.0.0.1"',
            f"port = {ports[door]}",
            f"hosts = {_listed(hosts[door])}",
            f"behind_tls = {'true' if answers.behind_tls else 'false'}",
        ]
    lines += ["", "[worker]", f"batch_seconds = {answers.batch_seconds}"]
    if answers.database_url:
        lines += ["", "[database]", f"url = {_quoted(answers.database_url)}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _listed(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


def add_people(people: Sequence[Person]) -> None:
    """Add the first members of staff. Needs Django set up and the tables made."""
    from tocsin.access.permissions import Role
    from tocsin.access.services import add_staff

    for person in people:
        add_staff(
            by="program:init",
            username=person.username,
            display_name=person.display_name,
            password=person.password,
            roles=[Role(role) for role in person.roles],
        )
