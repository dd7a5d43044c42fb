"""Makes an installation: folders, keys, settings, database, first people. Used by ``tocsin init`` and the demo."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.access.permissions import ALLOWED, NOT_FOR_STAFF, Permission, Role
from tocsin.common import clock
from tocsin.common.errors import RuleBroken
from tocsin.config.instance import PACKS, checked_batch
from tocsin.ledger.leaf import Event
from tocsin.ledger.note import NoteInvalid, Signer
from tocsin.ledger.origins import split_origin
from tocsin.policy.model import Pack
from tocsin.policy.shelf import load_shelf
from tocsin.vault.blobs import KEY_BYTES, new_private_key, public_of
from tocsin.vault.keyfiles import SHORTEST_PASSPHRASE, LockedKey, Stretching, write_secret
from tocsin.vault.keyring import write_keyring
from tocsin.vault.retention import make_month_keys
from tocsin.vault.sealing import MOST_CUSTODIANS

SLOT = "unit"
_FILE_NAME = re.compile(r"\w[\w-]*")


@dataclass(frozen=True)
class Person:
    """A first member of staff: sign-in name, shown name, password, roles (codes of ``access.permissions.Role``).

    ``seat``: for a custodian, the name of the key that this person was handed.
    """

    username: str
    display_name: str
    password: str
    roles: Sequence[str]
    seat: str = ""


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
    check_answers(answers)
    with all_or_nothing(home):
        _make_keys(home, answers)
        settings = home / "tocsin.toml"
        settings.touch(mode=0o640)  # it may hold the password of a database
        settings.write_text(_settings(answers), encoding="utf-8")


@contextmanager
def all_or_nothing(home: Path) -> Iterator[None]:
    """Remove ``home``, which must be of our own making, when what is done inside fails or is interrupted."""
    try:
        yield
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def check_answers(answers: Answers) -> None:
    """Raise ``RuleBroken`` or ``PackInvalid`` for an answer with which an installation would not work."""
    if len(answers.custodians) < 2:
        raise RuleBroken("Name at least two custodians: nobody may be able to open an identity alone.")
    if len(answers.custodians) > MOST_CUSTODIANS:
        raise RuleBroken(f"Name at most {MOST_CUSTODIANS} custodians: every report is sealed to all of them.")
    if len(set(answers.custodians.values())) != len(answers.custodians):
        raise RuleBroken("Each custodian needs a passphrase of their own.")
    for passphrase in (answers.unit_passphrase, *answers.custodians.values()):
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise RuleBroken("A passphrase needs at least 12 characters. Four or more random words are good.")
    _check_names(answers)
    _pack_of_today(answers)


def _check_names(answers: Answers) -> None:
    """Names that would break things later, when reports already depend on them."""
    if answers.mode not in ("demo", "production"):
        raise RuleBroken("The mode must be production or demo.")
    if not all(_FILE_NAME.fullmatch(name) for name in answers.custodians):
        raise RuleBroken("A custodian's name becomes the name of a key file: letters, digits, hyphens, no spaces.")
    known = [role.value for role in Role if role not in NOT_FOR_STAFF]
    if not all(role in known for person in answers.people for role in person.roles):
        raise RuleBroken(f"A role is not known or not for people. These are: {', '.join(known)}.")
    _check_seats(answers)
    try:
        Event("received", "2026-01", tier="", unit=answers.unit)
        checked_batch(answers.batch_seconds)
        Signer.generate(answers.origin)
    except (NoteInvalid, ValueError) as unfit:
        raise RuleBroken(f"A name or number cannot stand in the ledger: {unfit}.") from unfit
    if not answers.unit.strip() or split_origin(answers.origin)[1] != 1:
        raise RuleBroken("The unit needs a name, and the ledger's name must not end in / and a number.")


def _check_seats(answers: Answers) -> None:
    """A custodian's key belongs to one person, who holds no other one and reads no reports."""
    holders = [person for person in answers.people if person.seat]
    seats = [person.seat for person in holders]
    if len(set(seats)) != len(seats) or not set(seats) <= set(answers.custodians):
        raise RuleBroken("A seat must be the name of one of the custodians, and only one person may hold it.")
    for person in holders:
        roles = {Role(role) for role in person.roles}
        if Role.CUSTODIAN not in roles or any(Permission.TIP_READ in ALLOWED[role] for role in roles):
            raise RuleBroken("Whoever holds a custodian's key needs the role custodian, and none that reads reports.")


def _pack(answers: Answers) -> str:
    """What ``tocsin.toml`` says: the name of a shipped pack, or a path that holds from every folder."""
    return answers.pack if (PACKS / answers.pack).is_dir() else str(Path(answers.pack).resolve())


def _pack_of_today(answers: Answers) -> Pack:
    """The version that is valid now, of a pack or of a shelf of versions. Raises ``PackInvalid``."""
    return load_shelf(PACKS / _pack(answers)).at(clock.now())


def _make_keys(home: Path, answers: Answers) -> None:
    keys = home / "keys"
    secluded = [home / name for name in ("db", "state", "evidence", "handover")]
    for folder in (*secluded, keys / "door", keys / "desk", keys / "worker"):
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
    promise = Signer.generate(f"{answers.origin}/promise")
    for process, name, signer in (
        ("worker", "ledger", Signer.generate(answers.origin)),
        ("worker", "audit", Signer.generate(f"{answers.origin}/audit")),
        ("door", "promise", promise),
        ("desk", "promise", promise),  # for reports that staff write down
    ):
        write_secret(keys / process / f"{name}.key", signer.skey.encode() + b"\n")
        (keys / "public" / f"{name}.vkey").write_text(signer.vkey + "\n")
    write_secret(keys / "desk" / "line.key", secrets.token_bytes(KEY_BYTES))
    for process in ("door", "desk"):
        write_secret(keys / process / "secret.key", secrets.token_hex(32).encode() + b"\n")


def _settings(answers: Answers) -> str:
    pack = _pack_of_today(answers)
    hosts = {"public": answers.public_hosts, "desk": answers.desk_hosts}
    ports = {"public": answers.public_port, "desk": answers.desk_port}
    lines = [
        "# Settings of this installation. docs/operate/install.md explains every line.",
        "[site]",
        f"unit = {_quoted(answers.unit)}",
        f"origin = {_quoted(answers.origin)}",
        f"mode = {_quoted(answers.mode)}",
        f"pack = {_quoted(_pack(answers))}",
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
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # the escapes of TOML's basic strings


def _listed(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


def add_people(people: Sequence[Person]) -> None:
    """Add the first members of staff with the seats of custodians, all or none. Needs Django set up and the tables."""
    from django.db import transaction

    from tocsin.access.actors import SETUP
    from tocsin.access.services import add_staff
    from tocsin.staffing.services import register_member
    from tocsin.tips.custodians import appoint_custodian

    with transaction.atomic():
        for person in people:
            staff = add_staff(
                by="program:init",
                username=person.username,
                display_name=person.display_name,
                password=person.password,
                roles=[Role(role) for role in person.roles],
            )
            register_member(actor=SETUP, staff=staff)
            if person.seat:
                appoint_custodian(actor=SETUP, staff=staff, slot=person.seat)
