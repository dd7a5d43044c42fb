"""Project Wycheproof's vectors through the primitives that the vault uses. The files are not part of the repository."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.vault import blobs
from tocsin.vault.tests.known import PLACE, private

_REPOSITORY = Path(__file__).resolve().parents[3]


def cases(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each group of a file with each of its tests; skips the test where the file is not installed."""
    named = os.environ.get("TOCSIN_VECTORS")
    folder = Path(named) if named else _REPOSITORY.parent / "shared" / "vectors"
    path = folder / "tlog" / f"wycheproof-{name}.json"
    if not path.is_file():
        pytest.skip(f"reference vectors not found: {path} (set TOCSIN_VECTORS)")
    told = json.loads(path.read_text(encoding="utf-8"))
    for group in told["testGroups"]:
        yield from ((group, case) for case in group["tests"])


def test_aes_gcm_seals_and_refuses_as_published() -> None:
    tried = 0
    for group, case in cases("aes_gcm"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue  # the vault uses no other sizes
        nonce, text, aad = (bytes.fromhex(case[name]) for name in ("iv", "msg", "aad"))
        sealed, cipher = bytes.fromhex(case["ct"] + case["tag"]), AESGCM(bytes.fromhex(case["key"]))
        if case["result"] == "valid":
            assert cipher.decrypt(nonce, sealed, aad) == text, case["tcId"]
            assert cipher.encrypt(nonce, text, aad) == sealed, case["tcId"]
        else:
            with pytest.raises(InvalidTag):
                cipher.decrypt(nonce, sealed, aad)
        tried += 1
    assert tried > 50


def test_hkdf_derives_as_published() -> None:
    tried = 0
    for _group, case in cases("hkdf_sha256"):
        key, salt, info = (bytes.fromhex(case[name]) for name in ("ikm", "salt", "info"))
        if case["result"] == "valid":
            hkdf = HKDF(hashes.SHA256(), length=case["size"], salt=salt, info=info)
            assert hkdf.derive(key).hex() == case["okm"], case["tcId"]
        else:
            with pytest.raises(ValueError, match="large"):
                HKDF(hashes.SHA256(), length=case["size"], salt=salt, info=info)
        tried += 1
    assert tried > 50


def test_x25519_agrees_as_published_and_refuses_points_of_low_order() -> None:
    tried = refused = 0
    for _group, case in cases("x25519"):
        key = X25519PrivateKey.from_private_bytes(bytes.fromhex(case["private"]))
        peer = X25519PublicKey.from_public_bytes(bytes.fromhex(case["public"]))
        if "ZeroSharedSecret" in case["flags"]:
            with pytest.raises(ValueError):
                key.exchange(peer)
            refused += 1
        else:
            assert key.exchange(peer).hex() == case["shared"], case["tcId"]
        tried += 1
    assert tried > 500
    assert refused > 10


def test_no_box_is_sealed_to_or_opened_from_a_point_of_low_order() -> None:
    tried = 0
    for _group, case in cases("x25519"):
        if "ZeroSharedSecret" not in case["flags"]:
            continue
        point = bytes.fromhex(case["public"])
        with pytest.raises(ValueError):
            blobs.box(point, b"secret", PLACE)
        with pytest.raises(blobs.CannotOpen):
            blobs.unbox(private("unit"), bytes([blobs.KEY_BOX]) + point + bytes(48), PLACE)
        tried += 1
    assert tried > 10
