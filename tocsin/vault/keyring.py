"""The public keys to which everything is sealed: all that the public door holds besides its promise signer."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.common.errors import Unsafe
from tocsin.vault.blobs import KEY_BYTES

FILE = "keyring.toml"
RETENTION_FOLDER = "retention"


@dataclass(frozen=True)
class PublicKeyring:
    """X25519 public keys (32 bytes each): the unit's, the month's retention key, the custodians' by name."""

    unit_id: str
    unit_public: bytes
    retention_id: str
    retention_public: bytes
    custodians: Mapping[str, bytes]

    @classmethod
    def load(cls, folder: Path, month: str) -> PublicKeyring:
        """Read ``keyring.toml`` and the retention key for ``month``. Raises ``Unsafe`` when something is missing."""
        try:
            told = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
            unit = _key(told["unit"]["public"])
            custodians = {name: _key(text) for name, text in told["custodians"].items()}
            retention_id, retention = public_key_for(folder, month)
            return cls(told["unit"]["id"], unit, retention_id, retention, custodians)
        except FileNotFoundError:
            raise Unsafe(f"{folder / FILE} is missing. Copy the folder keys/public of the installation here.") from None
        except (AttributeError, KeyError, TypeError, ValueError) as wrong:
            raise Unsafe(f"{folder / FILE} cannot be read ({wrong}). Copy it again from the installation.") from wrong


def public_key_for(public_dir: Path, month: str) -> tuple[str, bytes]:
    """``(key id, public key)`` to seal with in ``month``: its own, or the newest earlier one when it is missing yet.

    Raises ``Unsafe`` when there is none at all, or the one to use is damaged.
    """
    folder = public_dir / RETENTION_FOLDER
    found = sorted(path.stem for path in folder.glob("????-??.pub") if path.stem <= month)
    if not found:
        raise Unsafe(f"There is no retention key in {folder}. Start the worker: it makes one each month.")
    file = folder / f"{found[-1]}.pub"
    try:
        return found[-1], _key(file.read_text(encoding="ascii").strip())
    except ValueError as wrong:
        raise Unsafe(f"{file} cannot be read ({wrong}). Copy it again from the installation.") from wrong


def write_keyring(folder: Path, *, unit_id: str, unit_public: bytes, custodians: Mapping[str, bytes]) -> None:
    """Write ``keyring.toml``. Raises ``FileExistsError`` when there is one."""
    lines = ["[unit]", f"id = {_quoted(unit_id)}", f"public = {_quoted(_text(unit_public))}", "", "[custodians]"]
    lines += [f"{_quoted(name)} = {_quoted(_text(public))}" for name, public in sorted(custodians.items())]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("x", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("a public key has 32 bytes")
    return key


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # the escapes of TOML's basic strings
