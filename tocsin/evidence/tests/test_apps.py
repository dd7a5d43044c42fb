from __future__ import annotations

import hashlib
import struct

import pytest
from cryptography.hazmat.primitives import serialization

from tocsin.evidence.safe_copy import KeptSealed, Reason
from tocsin.evidence.tests import apps
from tocsin.evidence.tests.copying import attempt, copied, fact, kept

CERTIFICATE = hashlib.sha256(apps.signer()[0].public_bytes(serialization.Encoding.DER)).hexdigest()


def test_an_app_is_told_by_its_facts() -> None:
    made = copied(apps.apk())
    assert fact(made, "package") == ["org.example.birds"]
    assert fact(made, "version") == ["1.2"]
    assert fact(made, "version-code") == ["7"]
    assert fact(made, "min-sdk") == ["21"]
    assert fact(made, "target-sdk") == ["34"]
    assert fact(made, "permission") == list(apps.PERMISSIONS)
    assert made.notes == ()


@pytest.mark.parametrize("signed", [("v1",), ("v2",), ("v3",), ("v3.1",), ("v1", "v2")], ids="+".join)
def test_each_signature_names_its_signer(signed: tuple[str, ...]) -> None:
    told = fact(copied(apps.apk(signed=signed)), "signer")
    assert told == [f"{scheme} SHA-256 {CERTIFICATE} CN=Bird Watch" for scheme in signed]


def test_several_schemes_in_one_block_are_all_told() -> None:
    block_2, block_3 = apps.signing_block(0x7109871A), apps.signing_block(0xF05368C0)
    pairs = block_2[8:-24] + block_3[8:-24]
    size = struct.pack("<Q", len(pairs) + 24)
    both = apps.with_block(apps.apk(signed=()), size + pairs + size + b"APK Sig Block 42")
    assert [told[:2] for told in fact(copied(both), "signer")] == ["v2", "v3"]


def test_an_app_without_a_signer_says_so() -> None:
    made = copied(apps.apk(signed=()))
    assert made.notes == ("no-signature",)
    assert fact(made, "signer") == []


def test_hosts_in_code_and_resources_are_told_once_and_names_of_namespaces_are_not() -> None:
    hosts = fact(copied(apps.apk()), "host")
    assert hosts == ["api.birds.example", "10.1.2.3:8080", "live.birds.example"]


def test_hosts_have_an_end() -> None:
    many = b"".join(b"https://h%d.example/\0" % n for n in range(1000))
    made = copied(apps.apk(parts={"assets/list.json": many}))
    assert len(fact(made, "host")) == 200
    assert "entries-left-out" in made.notes


def test_the_copy_is_the_facts_as_text() -> None:
    made = copied(apps.apk())
    assert (made.media_type, made.extension) == ("text/plain", "txt")
    assert made.data.decode().splitlines() == [f"{code}: {text}" for code, text in made.facts]


def test_headers_that_make_tools_fail_are_put_up_with_and_told() -> None:
    made = copied(apps.tampered())
    assert fact(made, "package") == ["org.example.birds"]
    assert "tampered" in made.notes


def test_names_in_a_manifest_cannot_break_the_list() -> None:
    made = copied(apps.apk(first=apps.manifest("a&b\n<c>\u202e", ("p\nhost: evil",))))
    assert fact(made, "package") == ["a&b[U+000A]<c>[U+202E]"]
    assert fact(made, "permission") == ["p[U+000A]host: evil"]


def test_a_manifest_that_unpacks_without_end_is_cut() -> None:
    assert kept(apps.apk(first=bytes(50_000_000))) is Reason.MALFORMED


def test_code_that_unpacks_without_end_is_cut_one_by_one_and_refused_together() -> None:
    bombs = {f"classes{n}.dex": bytes(70_000_000) for n in range(2, 7)}
    assert kept(apps.apk(parts=bombs)) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "block",
    [
        b"\xff" * 8 + bytes(8) + b"\xff" * 8 + b"APK Sig Block 42",
        struct.pack("<Q", 24) + struct.pack("<Q", 24) + b"APK Sig Block 42",
        struct.pack("<QQI", 36, 0, 0x7109871A) + struct.pack("<Q", 36) + b"APK Sig Block 42",
        struct.pack("<QQII", 40, 8, 0x7109871A, 0xFFFFFFFF) + struct.pack("<Q", 40) + b"APK Sig Block 42",
    ],
    ids=["huge", "empty", "zero pair", "huge inside"],
)
def test_a_hostile_signing_block_names_nobody(block: bytes) -> None:
    made = copied(apps.with_block(apps.apk(signed=()), block))
    assert made.notes == ("no-signature",)


@pytest.mark.parametrize("cut", [50, 400, 900])
def test_an_app_that_was_cut_off_is_kept_sealed(cut: int) -> None:
    data = apps.apk(signed=())
    assert isinstance(attempt(data[: len(data) - cut]), KeptSealed) or cut < 100
