"""Signed notes and strict Ed25519 against published vectors and against tampering."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.ledger import ed25519
from tocsin.ledger.note import COSIGNATURE, NoteInvalid, Signer, Verifier, add_signature, open_note, sign
from tocsin.ledger.tests.conftest import Load

TEXT = "one line\n\nand another\n"
ALICE = Signer("tips.example/alice", bytes(range(32)))
BOB = Signer("tips.example/bob", bytes(range(1, 33)))
# Flags of the published edge cases that the strict rule refuses; the others it accepts.
STRICT = frozenset({"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"})


def accepts(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        ed25519.verify(key, signature, message)
    except ed25519.SignatureInvalid:
        return False
    return True


def test_a_note_keeps_one_form_for_ever() -> None:
    assert ALICE.vkey == "tips.example/alice+803482b9+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    assert sign("hello\n", ALICE).decode() == (
        "hello\n\n— tips.example/alice gDSCubCB8qZ4IxEGL9BaMuh6upuVa6ngpVI4rJA32UgutelhwQq7kVTch1z0fFcvy569zJn9RWfo"
        "5C2apY591ftvWQY=\n"
    )


def test_a_signed_note_opens_and_names_who_signed() -> None:
    data = sign(TEXT, ALICE, BOB)
    note = open_note(data, [ALICE.verifier])
    assert note.text == TEXT
    assert [item.name for item in note.verified] == [ALICE.name]
    assert [item.name for item in note.unverified] == [BOB.name]
    assert len(open_note(data, [ALICE.verifier, BOB.verifier]).verified) == 2


def test_no_single_bit_of_a_note_can_change() -> None:
    good = sign(TEXT, ALICE)
    for place in range(len(good) * 8):
        changed = bytearray(good)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(NoteInvalid):
            open_note(bytes(changed), [ALICE.verifier])


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_by_name(data: bytes) -> None:
    for note in (data, data + b"\n\n" + "— a b\n".encode(), sign(TEXT, ALICE)[: len(data)]):
        with pytest.raises(NoteInvalid):
            open_note(note, [ALICE.verifier])


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_refused_as_a_key_by_name(text: str) -> None:
    for key in (text, f"a+00000000+{text}", ALICE.vkey[: len(text)]):
        with pytest.raises(NoteInvalid):
            Verifier.from_vkey(key)
        with pytest.raises(NoteInvalid):
            Signer.from_skey("PRIVATE+KEY+" + key)


@pytest.mark.parametrize("text", ["", "no newline", "a\tb\n", "a\x00b\n", "lone \ud800\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(NoteInvalid):
        sign(text, ALICE)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb"])
def test_a_name_that_no_note_can_hold_gets_no_key(name: str) -> None:
    with pytest.raises(NoteInvalid):
        Signer.generate(name)


def test_a_note_needs_a_signer() -> None:
    with pytest.raises(NoteInvalid):
        sign(TEXT)


def test_a_private_key_survives_as_text_and_never_shows_itself() -> None:
    signer = Signer.generate("tips.example")
    again = Signer.from_skey(signer.skey)
    assert again.vkey == signer.vkey
    assert sign(TEXT, again) == sign(TEXT, signer)
    secret = signer.skey.split("+", 4)[4]  # base64 has plus signs of its own
    assert len(secret) > 30
    assert secret not in repr(signer)
    wrong = signer.skey.replace("tips.example", "tips.exampla")
    with pytest.raises(NoteInvalid) as caught:
        Signer.from_skey(wrong)
    assert signer.skey[-30:] not in str(caught.value)


def test_a_witness_signs_with_its_time() -> None:
    witness = Signer.generate("witness.example", kind=COSIGNATURE)
    data = add_signature(sign(TEXT, ALICE), witness.sign_text(TEXT, at=1_700_000_000))
    note = open_note(data, [ALICE.verifier, Verifier.from_vkey(witness.vkey)])
    assert [item.name for item in note.verified] == [ALICE.name, witness.name]
    moved = add_signature(sign(TEXT, ALICE), witness.sign_text(TEXT, at=1_700_000_000)).decode()
    line = moved.splitlines()[-1].split(" ")[2]
    raw = bytearray(base64.b64decode(line))
    raw[11] ^= 1  # the last byte of the time
    with pytest.raises(NoteInvalid):
        open_note(moved.replace(line, base64.b64encode(raw).decode()).encode(), [witness.verifier])


def test_a_weak_public_key_is_refused() -> None:
    weak = Verifier("weak", bytes(32)).vkey
    with pytest.raises(NoteInvalid, match="weak"):
        Verifier.from_vkey(weak)


def test_a_huge_note_is_refused() -> None:
    with pytest.raises(NoteInvalid, match="large"):
        open_note(b"a" * 1_000_001, [ALICE.verifier])


def test_small_order_is_what_the_list_says() -> None:
    """Multiply each listed y by 8 on the curve: it must give the neutral element, with plain integers."""
    p, d = ed25519._P, -121665 * pow(121666, -1, ed25519._P) % ed25519._P

    def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        product = d * a[0] * b[0] * a[1] * b[1] % p
        x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + product, -1, p)
        return x % p, (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, p) % p

    points = set()
    for y in ed25519._SMALL_ORDER_Y:
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        x = x if x * x % p == square else x * pow(2, (p - 1) // 4, p) % p
        assert x * x % p == square
        for point in ((x, y), (-x % p, y)):
            points.add(point)
            doubled = add(point, point)
            assert add(add(doubled, doubled), add(doubled, doubled)) == (0, 1)
    assert len(points) == 8


def test_a_number_as_large_as_the_group_is_refused() -> None:
    signature = ed25519.sign(bytes(32), b"m")
    grown = int.from_bytes(signature[32:], "little") + ed25519._L
    assert accepts(ed25519.public_key_of(bytes(32)), signature, b"m")
    assert not accepts(ed25519.public_key_of(bytes(32)), signature[:32] + grown.to_bytes(32, "little"), b"m")


def test_the_accepted_set_of_the_edge_cases_is_libsodiums(tlog_vectors: Load) -> None:
    vectors = tlog_vectors("cctv-ed25519.json")["vectors"]
    assert len(vectors) == 914
    accepted = loose = 0
    for case in vectors:
        key, signature, message = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"]), case["msg"].encode()
        good = not STRICT & set(case["flags"] or ())
        assert accepts(key, signature, message) is good, case["number"]
        accepted += good
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
            loose += 1
        except InvalidSignature:
            pass
    assert 0 < accepted < loose  # the library alone is not strict enough


def test_wycheproof_signatures(tlog_vectors: Load) -> None:
    count = 0
    for group in tlog_vectors("wycheproof-ed25519.json")["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            good = accepts(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            assert good is (case["result"] == "valid"), case
            count += 1
    assert count == 151


def test_published_notes_open_or_fail(tlog_vectors: Load) -> None:
    vectors = tlog_vectors("signed-note.json")
    for case in vectors["open"]:
        data = case["note"].encode() if "note" in case else base64.b64decode(case["note_base64"])
        try:
            note = open_note(data, [Verifier.from_vkey(key) for key in case["vkeys"]])
        except NoteInvalid:
            assert not case["accept"], case["desc"]
        else:
            assert case["accept"], case["desc"]
            assert [item.name for item in note.verified] == case["verified"]
            assert [item.name for item in note.unverified] == case["unverified"]


def test_published_note_is_signed_byte_for_byte(tlog_vectors: Load) -> None:
    for case in tlog_vectors("signed-note.json")["sign"]:
        assert sign(case["text"], Signer.from_skey(case["skey"])).decode() == case["want"]


def test_published_bad_keys_are_refused(tlog_vectors: Load) -> None:
    vectors = tlog_vectors("signed-note.json")
    good = vectors["keys"]["peter_vkey"]
    assert Verifier.from_vkey(good).vkey == good
    bad = [case["vkey"] for case in vectors["bad_vkeys"]]
    bad += [good[start:end] for start in range(len(good)) for end in range(start, len(good)) if end - start < len(good)]
    bad += [good[:at] + chr(ord(good[at]) + 1) + good[at + 1 :] for at in range(len(good))]
    for key in bad:
        with pytest.raises(NoteInvalid):
            Verifier.from_vkey(key)
