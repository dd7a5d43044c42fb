"""Signed notes after https://c2sp.org/signed-note: text, a blank line, and one line for each signature.

Two types of signature are known: Ed25519 (0x01), and the time-stamped cosignature of a witness (0x04, see
https://c2sp.org/tlog-cosignature). Signatures by unknown keys are carried along and prove nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.ledger import ed25519
from tocsin.ledger.strict_text import decode_base64, encode_base64

ED25519 = 0x01
COSIGNATURE = 0x04
LARGEST_NOTE = 1_000_000
MOST_SIGNATURES = 100

_DASH = "\N{EM DASH} "
_KEY_ID_BYTES = 4
_STAMP_BYTES = 8
_KEY_ID_HEX = re.compile(r"[0-9a-f]{8}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteInvalid(Exception):
    """Bytes are no signed note, or no known key has signed them well. Also: a key text that is malformed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: ``data`` follows the 4 bytes of the key id; ``time`` is set for a cosignature."""

    name: str
    key_id: bytes
    data: bytes

    def line(self) -> str:
        """The line as it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.data)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """An opened note: ``text`` ends with a newline; ``verified`` has at least one signature."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name. ``kind`` is the type byte of its signatures."""

    name: str
    public_key: bytes
    kind: int = ED25519

    @classmethod
    def from_vkey(cls, vkey: str) -> Verifier:
        """Read ``name+id+base64(type ‖ key)``. Raises ``NoteInvalid``, also for a weak key."""
        parts = vkey.split("+", 2)
        if len(parts) != 3 or not _KEY_ID_HEX.fullmatch(parts[1]):
            raise NoteInvalid("a public key has the form name+id+key")
        try:
            key = decode_base64(parts[2])
        except ValueError as error:
            raise NoteInvalid("the key is not base64") from error
        if len(key) != 1 + ed25519.KEY_BYTES or key[0] not in (ED25519, COSIGNATURE):
            raise NoteInvalid("the key is of an unknown type or length")
        _require_name(parts[0])
        verifier = cls(parts[0], key[1:], key[0])
        if verifier.key_id.hex() != parts[1]:
            raise NoteInvalid("the id does not belong to the name and the key")
        try:
            ed25519.require_sound_point(verifier.public_key)
        except ed25519.SignatureInvalid as error:
            raise NoteInvalid("the key is weak") from error
        return verifier

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
        return _key_id(self.name, self.kind, self.public_key)

    @property
    def vkey(self) -> str:
        """The inverse of ``from_vkey``."""
        return _key_text(self.name, self.key_id, self.kind, self.public_key)

    def verify(self, text: str, signature: Signature) -> None:
        """Check one signature of ``text``. Raises ``NoteInvalid``."""
        data, message = signature.data, text.encode()
        if self.kind == COSIGNATURE:
            stamp, data = data[:_STAMP_BYTES], data[_STAMP_BYTES:]
            message = cosigned_message(text, int.from_bytes(stamp, "big"))
        try:
            ed25519.verify(self.public_key, data, message)
        except ed25519.SignatureInvalid as error:
            raise NoteInvalid(f"the signature of {self.name} is not good") from error


class Signer:
    """A private Ed25519 key (32-byte seed) with its name. It never shows the key except in ``skey``."""

    __slots__ = ("_private_key", "name", "verifier")

    def __init__(self, name: str, private_key_bytes: bytes, *, kind: int = ED25519) -> None:
        _require_name(name)
        if len(private_key_bytes) != ed25519.KEY_BYTES or kind not in (ED25519, COSIGNATURE):
            raise NoteInvalid("a private key has 32 bytes and a known type")
        self.name = name
        self._private_key = private_key_bytes
        self.verifier = Verifier(name, ed25519.public_key_of(private_key_bytes), kind)

    @classmethod
    def generate(cls, name: str, *, kind: int = ED25519) -> Signer:
        """A fresh key from the system's random source."""
        return cls(name, secrets.token_bytes(ed25519.KEY_BYTES), kind=kind)

    @classmethod
    def from_skey(cls, skey: str) -> Signer:
        """Read ``PRIVATE+KEY+name+id+base64(type ‖ seed)``. Raises ``NoteInvalid``, without quoting it."""
        parts = skey.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise NoteInvalid("a private key has the form PRIVATE+KEY+name+id+key")
        try:
            key = decode_base64(parts[4])
        except ValueError:
            raise NoteInvalid("the private key is not base64") from None
        if not key:
            raise NoteInvalid("the private key is empty")
        signer = cls(parts[2], key[1:], kind=key[0])
        if signer.key_id.hex() != parts[3]:
            raise NoteInvalid("the id does not belong to the name and the private key")
        return signer

    @property
    def skey(self) -> str:
        """The private key as text, in the form of golang.org/x/mod/sumdb/note."""
        return "PRIVATE+KEY+" + _key_text(self.name, self.key_id, self.verifier.kind, self._private_key)

    @property
    def vkey(self) -> str:
        """The public key as text."""
        return self.verifier.vkey

    @property
    def key_id(self) -> bytes:
        """4 bytes."""
        return self.verifier.key_id

    def sign_text(self, text: str, *, at: int = 0) -> Signature:
        """Sign ``text``; ``at`` is the POSIX time in seconds, used for cosignatures only."""
        stamp, message = b"", text.encode()
        if self.verifier.kind == COSIGNATURE:
            stamp, message = at.to_bytes(_STAMP_BYTES, "big"), cosigned_message(text, at)
        return Signature(self.name, self.key_id, stamp + ed25519.sign(self._private_key, message))

    def __repr__(self) -> str:
        return f"Signer({self.vkey})"


def sign(text: str, *signers: Signer) -> bytes:
    """A note with one signature for each signer. ``text`` ends with a newline. Raises ``NoteInvalid``."""
    if not signers:
        raise NoteInvalid("a note needs a signature")
    _require_text(text)
    return (text + "\n" + "".join(signer.sign_text(text).line() for signer in signers)).encode()


def add_signature(data: bytes, signature: Signature) -> bytes:
    """The note ``data`` with one more line. Raises ``NoteInvalid`` when ``data`` is no note."""
    split_note(data)
    return data + signature.line().encode()


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Check the signatures of all known keys.

    Raises ``NoteInvalid`` when the form is wrong, when a signature of a known key is not good, when two known
    keys share the name and id of a signature, or when no known key has signed. Lines said twice are returned
    once.
    """
    known: dict[tuple[str, bytes], list[Verifier]] = {}
    for verifier in verifiers:
        known.setdefault((verifier.name, verifier.key_id), []).append(verifier)
    text, signatures = split_note(data)
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: dict[Signature, None] = {}
    for signature in signatures:
        key = (signature.name, signature.key_id)
        if key not in known:
            unverified[signature] = None
        elif key not in verified:
            if len(known[key]) > 1:
                raise NoteInvalid("two known keys share a name and an id")
            known[key][0].verify(text, signature)
            verified[key] = signature
    if not verified:
        raise NoteInvalid("the note is not signed by a known key")
    return Note(text, tuple(verified.values()), tuple(unverified))


def split_note(data: bytes) -> tuple[str, list[Signature]]:
    """Text and signature lines of a note, nothing checked but the form. Raises ``NoteInvalid``."""
    if len(data) > LARGEST_NOTE:
        raise NoteInvalid("the note is too large")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteInvalid("the note is not UTF-8") from error
    text, blank, block = whole.rpartition("\n\n")
    text += "\n"
    if not blank or not block.endswith("\n") or _CONTROL.search(block):
        raise NoteInvalid("the note has no signature block")
    _require_text(text)
    lines = block[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteInvalid("the note has too many signatures")
    return text, [_parse_line(line) for line in lines]


def cosigned_message(text: str, at: int) -> bytes:
    """What a witness signs: https://c2sp.org/tlog-cosignature, Ed25519 form."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _parse_line(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteInvalid("a signature line is malformed")
    _require_name(name)
    try:
        data = decode_base64(encoded)
    except ValueError as error:
        raise NoteInvalid("a signature is not base64") from error
    if len(data) <= _KEY_ID_BYTES:
        raise NoteInvalid("a signature is too short")
    return Signature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _require_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteInvalid("the text of a note ends with a newline and has no control characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NoteInvalid("the text of a note is UTF-8") from error


def _require_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name) or _CONTROL.search(name):
        raise NoteInvalid("a key name is not empty and has no spaces and no plus sign")


def _key_id(name: str, kind: int, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:_KEY_ID_BYTES]


def _key_text(name: str, key_id: bytes, kind: int, key: bytes) -> str:
    return f"{name}+{key_id.hex()}+{encode_base64(bytes([kind]) + key)}"
