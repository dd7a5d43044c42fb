"""Private keys on disk: 0600 files, passphrase slots (Argon2id, RFC 9106), a slot for unattended starts."""

from __future__ import annotations

import base64
import json
import os
import secrets
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from tocsin.common.errors import NotPermitted, RuleBroken, Unsafe
from tocsin.vault.blobs import KEY_BYTES, public_of

VERSION = 1
KEY_FILE_SLOT = "key-file"
SHORTEST_PASSPHRASE = 12
LARGEST_CARRIED = 16_384  # bytes
_MOST_CARRIED_SLOTS = 3
_LONGEST_CARRIED_PASSPHRASE = 1_000
_SALT = 16  # bytes
_WRAPPED = 12 + KEY_BYTES + 16  # nonce, key, tag


@dataclass(frozen=True)
class Stretching:
    """Cost of one try at a passphrase. The default follows RFC 9106's second recommendation (64 MiB, 3 passes)."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


class WrongPassphrase(NotPermitted):
    """No slot opens with what was given."""


def write_secret(path: Path, data: bytes) -> None:
    """Create ``path`` with mode 0600, durably. Raises ``FileExistsError`` when there is such a file already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()  # half a key would stand in the way of a whole one
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable: a file made, replaced or deleted stays so after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_secret(path: Path) -> bytes:
    """The content of a secret file. Raises ``Unsafe`` when it is missing or others can read it."""
    try:
        refuse_if_readable_by_others(path)
        return path.read_bytes()
    except FileNotFoundError:
        raise Unsafe(f"The key {path} is missing. Restore it from your backup; it cannot be made again.") from None


def refuse_if_readable_by_others(path: Path) -> None:
    """Raise ``Unsafe`` when group or others may read or write ``path``."""
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Unsafe(f"Other users of this machine can read {path}. Run: chmod 600 {path}")


def _stretch(passphrase: str, salt: bytes, cost: Stretching) -> bytes:
    return hash_secret_raw(
        unicodedata.normalize("NFC", passphrase).encode(),  # keyboards differ in how they send accents (RFC 8265)
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )


class LockedKey:
    """One X25519 private key (32 bytes) behind slots, each of which opens it alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(
        cls, path: Path, private: bytes, passphrase: str, *, slot: str, cost: Stretching | None = None
    ) -> LockedKey:
        """Write a new file with one passphrase slot. Raises ``FileExistsError`` rather than overwrite a key.

        Raises ``RuleBroken`` when the passphrase is too short or the slot's name is kept for something else.
        """
        entry = _passphrase_slot(private, passphrase, slot, cost or Stretching())
        told = {"version": VERSION, "public": _text(public_of(private)), "slots": [entry]}
        write_secret(path, json.dumps(told, indent=1).encode())
        return cls(path)

    @property
    def public(self) -> bytes:
        """The public half."""
        return _bytes(self._read()["public"])

    @property
    def slots(self) -> list[str]:
        """The names of the slots."""
        return [entry["name"] for entry in self._read()["slots"]]

    def open_with_passphrase(self, passphrase: str) -> bytes:
        """The private key. Raises ``WrongPassphrase``, which does not tell whose slot came near."""
        private = _open_slot(self._read(), passphrase)
        if private is None:
            raise WrongPassphrase(_("This passphrase does not unlock the reports. Check it and try again."))
        return private

    def open_with_key_file(self, key_file: Path) -> bytes:
        """The private key with an unattended unlock key. Raises ``WrongPassphrase`` or ``Unsafe``."""
        key = read_secret(key_file)
        for entry in self._read()["slots"]:
            if entry["name"] == KEY_FILE_SLOT and len(key) == KEY_BYTES:
                private = _unwrap(key, entry)
                if private is not None:
                    return private
        raise WrongPassphrase(_("This key file does not unlock the reports."))

    def add_passphrase(self, private: bytes, passphrase: str, *, slot: str, cost: Stretching | None = None) -> None:
        """One more passphrase for the same key. Raises ``RuleBroken`` when the slot's name is taken."""
        self._refuse(private, slot)
        self._add(_passphrase_slot(private, passphrase, slot, cost or Stretching()))

    def add_key_file(self, private: bytes, key_file: Path) -> None:
        """Make an unattended unlock key in the new file ``key_file``. Whoever holds it and the database can read."""
        self._refuse(private, KEY_FILE_SLOT)
        key = secrets.token_bytes(KEY_BYTES)
        write_secret(key_file, key)
        self._add({"name": KEY_FILE_SLOT, **_wrap(key, private)})

    def remove_slot(self, slot: str) -> None:
        """Take a slot away. Raises ``RuleBroken`` for the last one or one that is not there."""
        told = self._read()
        left = [entry for entry in told["slots"] if entry["name"] != slot]
        if len(left) == len(told["slots"]):
            raise RuleBroken(_("There is no such slot."))
        if not left:
            raise RuleBroken(_("This is the last way to unlock. Add another one first."))
        self._replace({**told, "slots": left})

    def _refuse(self, private: bytes, slot: str) -> None:
        if slot in self.slots:
            raise RuleBroken(_("There is already a slot with this name. Choose another one."))
        if public_of(private) != self.public:
            raise RuleBroken(_("This is another key than the one in the file."))

    def _add(self, entry: dict[str, Any]) -> None:
        told = self._read()
        self._replace({**told, "slots": [*told["slots"], entry]})

    def _replace(self, told: dict[str, Any]) -> None:
        beside = self.path.with_suffix(f".{secrets.token_hex(4)}.new")
        write_secret(beside, json.dumps(told, indent=1).encode())
        beside.replace(self.path)
        flush_folder(self.path.parent)

    def _read(self) -> dict[str, Any]:
        try:
            told = _parsed(read_secret(self.path))
        except (KeyError, TypeError, ValueError) as wrong:
            raise Unsafe(f"The key file {self.path} is damaged. Restore it from your backup.") from wrong
        if told["version"] != VERSION:
            raise Unsafe(f"{self.path} was written by another version of Tocsin. Use that version.")
        return told


def open_carried_key(content: bytes, passphrase: str, *, public: bytes) -> bytes:
    """The private half of ``public`` from a key file that its holder brings along; nothing is written to disk.

    Raises ``WrongPassphrase``, the same for a wrong passphrase, somebody else’s key, a damaged file and one that
    asks for more work than ours ever do: nobody can try a colleague's passphrase here.
    """
    try:
        told = _parsed(content) if len(content) <= LARGEST_CARRIED else {}
        fits = _may_be_opened(told, public) and len(passphrase) <= _LONGEST_CARRIED_PASSPHRASE
        private = _open_slot(told, passphrase) if fits else None
    except (KeyError, TypeError, ValueError, RecursionError, HashingError):
        private = None
    if private is None or public_of(private) != public:
        raise WrongPassphrase(
            _("This key file and this passphrase do not belong together, or not to you. Check both and try again.")
        )
    return private


def _may_be_opened(told: dict[str, Any], public: bytes) -> bool:
    most = Stretching()
    slots = [entry for entry in told["slots"] if entry["name"] != KEY_FILE_SLOT]
    modest = all(
        entry["memory_kib"] <= most.memory_kib and entry["passes"] <= most.passes and entry["lanes"] <= most.lanes
        for entry in slots
    )
    whole = told["version"] == VERSION and len(slots) == len(told["slots"]) <= _MOST_CARRIED_SLOTS
    return whole and modest and _bytes(told["public"]) == public


def _open_slot(told: dict[str, Any], passphrase: str) -> bytes | None:
    for entry in told["slots"]:
        if entry["name"] != KEY_FILE_SLOT:
            cost = Stretching(entry["memory_kib"], entry["passes"], entry["lanes"])
            private = _unwrap(_stretch(passphrase, _bytes(entry["salt"]), cost), entry)
            if private is not None:
                return private
    return None


def _parsed(data: bytes) -> dict[str, Any]:
    """A key file's content. Raises ``KeyError``, ``TypeError`` or ``ValueError`` when it is none."""
    told: dict[str, Any] = json.loads(data)
    if told["version"] == VERSION:
        _check(told)
    return told


def _check(told: dict[str, Any]) -> None:
    """Raise ``KeyError``, ``TypeError`` or ``ValueError`` when a key file lacks something."""
    whole = len(_bytes(told["public"])) == KEY_BYTES and len(told["slots"]) > 0
    for entry in told["slots"]:
        whole = whole and len(_bytes(entry["wrapped"])) == _WRAPPED
        if entry["name"] != KEY_FILE_SLOT:
            costs = (entry["memory_kib"], entry["passes"], entry["lanes"])
            whole = whole and len(_bytes(entry["salt"])) == _SALT and all(isinstance(c, int) and c > 0 for c in costs)
    if not whole:
        raise ValueError("a size or a cost is wrong")


def _passphrase_slot(private: bytes, passphrase: str, name: str, cost: Stretching) -> dict[str, Any]:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise RuleBroken(_("A passphrase needs at least 12 characters. Four or more random words are good."))
    if name == KEY_FILE_SLOT:
        raise RuleBroken(_("This name is kept for the unattended unlock key. Choose another one."))
    salt = secrets.token_bytes(_SALT)
    return {
        "name": name,
        "salt": _text(salt),
        "memory_kib": cost.memory_kib,
        "passes": cost.passes,
        "lanes": cost.lanes,
        **_wrap(_stretch(passphrase, salt, cost), private),
    }


def _wrap(key: bytes, private: bytes) -> dict[str, str]:
    nonce = secrets.token_bytes(12)
    return {"wrapped": _text(nonce + AESGCM(key).encrypt(nonce, private, b"tocsin/locked-key/v1"))}


def _unwrap(key: bytes, entry: dict[str, Any]) -> bytes | None:
    sealed = _bytes(entry["wrapped"])
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], b"tocsin/locked-key/v1")
    except InvalidTag:
        return None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
