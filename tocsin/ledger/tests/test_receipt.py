"""Receipts: the format byte for byte, and nothing that proves something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ledger.leaf import Event
from tocsin.ledger.merkle import leaf_hash
from tocsin.ledger.note import Signer, sign
from tocsin.ledger.receipt import PublicOpening, ReceiptInvalid, TlogProof, parse, verify, verify_own
from tocsin.ledger.tests.log_folder import ORIGIN, LogFolder, own_leaf

KEY = bytes(range(32))
LEAF, OPENING = own_leaf(KEY, 0)


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    return LogFolder(tmp_path).grow(*[own_leaf(KEY, n)[0] for n in range(1, 6)], LEAF, pads=3)


def test_a_receipt_has_the_published_form(log: LogFolder) -> None:
    lines = log.receipt(LEAF, OPENING).decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 5"
    assert [len(line) for line in lines[3:7]] == [44] * 4
    assert lines[7:10] == ["", ORIGIN, "9"]
    assert log.receipt(LEAF, OPENING).endswith((log.path / "checkpoint").read_bytes())


def test_a_receipt_proves_its_leaf_and_says_what_it_means(log: LogFolder) -> None:
    proof = parse(log.receipt(LEAF, OPENING))
    assert parse(proof.to_text()) == proof
    checkpoint, opening = verify_own(proof, [log.log.verifier], origin=ORIGIN)
    assert (checkpoint.size, opening.event.kind) == (9, "received")
    assert opening.r_pub == OPENING.r_pub
    assert OPENING.r_priv not in proof.extra
    assert verify(proof, leaf_hash(LEAF), [Signer.generate("x").verifier, log.log.verifier]) == checkpoint


def test_a_receipt_without_extra_data_is_read(log: LogFolder) -> None:
    proof = parse(log.receipt(LEAF, OPENING))
    plain = TlogProof(proof.index, proof.hashes, proof.checkpoint)
    assert "extra" not in plain.to_text()
    assert parse(plain.to_text()) == plain
    with pytest.raises(ReceiptInvalid):
        verify_own(plain, [log.log.verifier])


def test_another_leaf_key_origin_or_index_is_refused(log: LogFolder) -> None:
    proof = parse(log.receipt(LEAF, OPENING))
    with pytest.raises(ReceiptInvalid, match="another root"):
        verify(proof, leaf_hash(log.entries[0]), [log.log.verifier])
    with pytest.raises(ReceiptInvalid):
        verify(proof, leaf_hash(LEAF), [Signer.generate(ORIGIN).verifier])
    with pytest.raises(ReceiptInvalid):
        verify(proof, leaf_hash(LEAF), [])
    with pytest.raises(ReceiptInvalid):
        verify(proof, leaf_hash(LEAF), [log.log.verifier], origin="other.example")
    for index in (0, 4, 6, 9, 2**63 - 1):
        with pytest.raises(ReceiptInvalid):
            verify(TlogProof(index, proof.hashes, proof.checkpoint), leaf_hash(LEAF), [log.log.verifier])


def test_an_opening_of_another_leaf_or_event_is_refused(log: LogFolder) -> None:
    proof = parse(log.receipt(LEAF, OPENING))
    other, other_opening = own_leaf(KEY, 1)
    for extra in (
        PublicOpening(LEAF, other_opening.r_pub, OPENING.event).to_extra(),
        PublicOpening(LEAF, OPENING.r_pub, Event("answered", "2026-02", "", "east")).to_extra(),
        PublicOpening(other, other_opening.r_pub, other_opening.event).to_extra(),
        b"",
        b"[]",
        b"{}",
        b'{"leaf":1,"r_pub":2,"event":3}',
        b'{"leaf":"","r_pub":"","event":["received","2026-02","",{}]}',
        b"[" * 90_000,
        b"\xff",
    ):
        with pytest.raises(ReceiptInvalid):
            verify_own(TlogProof(proof.index, proof.hashes, proof.checkpoint, extra), [log.log.verifier])


def test_no_single_bit_of_a_receipt_can_change(tmp_path: Path) -> None:
    log = LogFolder(tmp_path).grow(LEAF, pads=4)
    good = log.receipt(LEAF, OPENING)
    for place in range(len(good) * 8):
        changed = bytearray(good)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(ReceiptInvalid):
            verify_own(parse(bytes(changed)), [log.log.verifier], origin=ORIGIN)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_any_bytes_are_refused_by_name(data: bytes | str) -> None:
    head = "c2sp.org/tlog-proof@v1\n"
    tried = [data, head.encode() + data if isinstance(data, bytes) else head + data]
    tried.append(tried[1] + (b"\n\n" if isinstance(data, bytes) else "\n\n"))  # type: ignore[operator]  # same type
    for text in tried:
        with pytest.raises(ReceiptInvalid):
            parse(text)


NOTE = sign("o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", Signer("o", bytes(32))).decode()
HASH = "A" * 43 + "="


@pytest.mark.parametrize(
    "head",
    [
        "c2sp.org/tlog-proof@v2\nindex 0",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\nindex 00",
        "c2sp.org/tlog-proof@v1\nindex -1",
        "c2sp.org/tlog-proof@v1\nindex ",
        f"c2sp.org/tlog-proof@v1\nindex {'9' * 9999}",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA",
        "c2sp.org/tlog-proof@v1\nextra A\nindex 0",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA",
        "c2sp.org/tlog-proof@v1\nindex 0" + f"\n{HASH}" * 64,
        f"c2sp.org/tlog-proof@v1\nindex 0\r\n{HASH}",
    ],
)
def test_a_malformed_head_is_refused(head: str) -> None:
    assert parse(f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH}\n\n{NOTE}").index == 0
    with pytest.raises(ReceiptInvalid):
        parse(f"{head}\n\n{NOTE}")
