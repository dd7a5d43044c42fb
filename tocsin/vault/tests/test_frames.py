from __future__ import annotations

import hashlib
import itertools
import json
import tracemalloc
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.vault import frames
from tocsin.vault.blobs import CannotOpen, Place, bucket
from tocsin.vault.frames import FRAME_BYTES, FrameSealer, open_frames, padded_size, sealed_size
from tocsin.vault.tests.known import VECTORS, cuts, flips, frozen, place_of, refuses

KEY = hashlib.sha256(b"a key for one file").digest()
PLACE = Place("evidence_file", "file-7", 1)
PLACE_OF_ANOTHER = Place("evidence_file", "file-8", 1)
ELSEWHERE = (
    Place("evidence_copy", "file-7", 1),
    Place("evidence_file", "file-8", 1),
    Place("evidence_file", "file-7", 2),
)
HOLDS = FRAME_BYTES - 4
SEALED = FRAME_BYTES + 16
STREAMS = json.loads((VECTORS / "frames.json").read_text(encoding="utf-8"))["streams"]
SIZES = st.one_of(
    st.integers(0, 5000),
    st.sampled_from([n * HOLDS + d for n in (1, 2, 3) for d in (-1, 0, 1)]),
    st.integers(0, 400_000),
)


def text_of(size: int) -> bytes:
    """The plaintext that the vector file describes."""
    blocks = (hashlib.sha256(b"tocsin/vector\0" + n.to_bytes(4, "big")).digest() for n in range(-(-size // 32)))
    return b"".join(blocks)[:size]


def seal(*chunks: bytes, key: bytes = KEY, place: Place = PLACE) -> bytes:
    sealer = FrameSealer(key, place)
    return b"".join(sealer.update(chunk) for chunk in chunks) + sealer.finish()


def opened(blob: bytes, *, key: bytes = KEY, place: Place = PLACE, step: int = 50_000) -> bytes:
    pieces = (blob[at : at + step] for at in range(0, len(blob), step))
    return b"".join(open_frames(key, place, pieces))


def frames_of(blob: bytes) -> tuple[bytes, list[bytes]]:
    """The header and the sealed frames."""
    return blob[:8], [blob[at : at + SEALED] for at in range(8, len(blob), SEALED)]


@pytest.fixture
def known_prefix(monkeypatch: pytest.MonkeyPatch) -> bytes:
    prefix: bytes = frozen("frames")["prefix"]
    monkeypatch.setattr(frames, "secrets", SimpleNamespace(token_bytes=lambda size: prefix[:size]))
    return prefix


# Frozen vectors.


@pytest.mark.usefixtures("known_prefix")
def test_a_file_is_sealed_as_it_always_was() -> None:
    told = frozen("frames")
    assert seal(told["plaintext"], key=told["key"], place=place_of(told)) == told["blob"]
    assert opened(told["blob"], key=told["key"], place=place_of(told)) == told["plaintext"]


@pytest.mark.usefixtures("known_prefix")
@pytest.mark.parametrize("told", STREAMS, ids=lambda told: str(told["size"]))
def test_files_of_several_frames_are_sealed_as_they_always_were(told: dict[str, Any]) -> None:
    blob = seal(text_of(told["size"]))
    assert (len(blob), hashlib.sha256(blob).hexdigest()) == (told["sealed_size"], told["sha256"])
    assert opened(blob) == text_of(told["size"])


def test_a_sealed_file_is_what_its_documentation_says() -> None:
    text = text_of(3 * HOLDS + 5)
    header, sealed = frames_of(seal(text))
    assert header[0] == 6
    found = b""
    for number, frame in enumerate(sealed):
        nonce = header[1:] + number.to_bytes(4, "big") + bytes([number == len(sealed) - 1])
        plaintext = AESGCM(KEY).decrypt(nonce, frame, b"\x06tocsin\0evidence_file\0file-7\x001")
        held = int.from_bytes(plaintext[:4], "big")
        assert len(plaintext) == FRAME_BYTES or number == len(sealed) - 1
        assert plaintext[4 + held :] == bytes(len(plaintext) - 4 - held)
        found += plaintext[4 : 4 + held]
    assert found == text


# Any way of cutting the input.


@given(SIZES, st.lists(st.integers(0, 400_000), max_size=12), st.integers(1, 200_000))
@settings(max_examples=60)
@example(0, [], 1)
@example(HOLDS, [1, HOLDS], 65552)
@example(2 * HOLDS + 1, [0, 0], 65553)
def test_however_the_input_is_cut_the_bytes_are_the_same_and_open_again(size: int, at: list[int], step: int) -> None:
    text = text_of(size)
    edges = [0, *sorted(min(each, size) for each in at), size]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "secrets", SimpleNamespace(token_bytes=lambda _size: b"\xa0" * 7))
        whole = seal(text)
        pieces = seal(*(text[a:b] for a, b in itertools.pairwise(edges)))
    assert pieces == whole
    assert opened(whole, step=step) == text
    assert len(whole) == sealed_size(size)


@given(SIZES)
@settings(max_examples=20)
def test_the_sealer_knows_size_and_digest_of_what_it_sealed(size: int) -> None:
    sealer = FrameSealer(KEY, PLACE)
    text = text_of(size)
    sealer.update(bytearray(text[: size // 2]))
    sealer.update(memoryview(text)[size // 2 :])
    sealer.finish()
    assert (sealer.size, sealer.sha256) == (size, hashlib.sha256(text).digest())


def test_a_finished_file_takes_nothing_more() -> None:
    sealer = FrameSealer(KEY, PLACE)
    sealer.finish()
    with pytest.raises(ValueError, match="finished"):
        sealer.update(b"more")
    with pytest.raises(ValueError, match="finished"):
        sealer.finish()


def test_two_sealed_files_of_one_text_have_nothing_in_common() -> None:
    assert seal(b"x")[1:] != seal(b"x")[1:]


def test_a_nonce_is_never_used_twice_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_FRAMES", 2)
    with pytest.raises(ValueError, match="too large"):
        seal(text_of(3 * HOLDS))


# Sizes.


@given(st.integers(0, 1 << 40))
def test_the_size_on_disk_tells_only_the_bucket(size: int) -> None:
    padded = padded_size(size)
    assert padded == bucket(padded) >= size + 4
    assert sealed_size(size) == 8 + padded + 16 * -(-padded // FRAME_BYTES)
    assert padded <= max(65536, 1.07 * size + 4096)


def test_files_of_one_bucket_are_equally_long() -> None:
    assert len({len(seal(bytes(size))) for size in (0, 1, 500, 1020)}) == 1
    assert len({len(seal(bytes(size))) for size in (1_100_000, 1_114_000, 1_100_001)}) == 1


# What was changed does not open.


def test_no_sealed_file_opens_with_a_changed_bit() -> None:
    refuses(opened, flips(frozen("frames")["blob"]))


@given(st.integers(0, 8 * sealed_size(2 * HOLDS + 9) - 1))
@settings(max_examples=60)
def test_no_bit_of_several_frames_can_change(bit: int) -> None:
    blob = bytearray(seal(text_of(2 * HOLDS + 9)))
    blob[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(CannotOpen):
        opened(bytes(blob))


def test_no_sealed_file_opens_cut_off_or_lengthened() -> None:
    refuses(opened, cuts(frozen("frames")["blob"]))


@given(st.integers(0, sealed_size(2 * HOLDS + 9) - 1))
@settings(max_examples=40)
def test_no_sealed_file_of_several_frames_opens_cut_off(end: int) -> None:
    with pytest.raises(CannotOpen):
        opened(seal(text_of(2 * HOLDS + 9))[:end])


def rearranged() -> Iterator[tuple[str, bytes]]:
    header, sealed = frames_of(seal(text_of(3 * HOLDS + 5)))
    _other, foreign = frames_of(seal(text_of(3 * HOLDS + 5)))
    assert len(sealed) == 4
    for end in range(4):
        yield f"cut off before frame {end}", header + b"".join(sealed[:end])
    yield "two frames swapped", header + b"".join([sealed[1], sealed[0], *sealed[2:]])
    yield "a frame doubled", header + b"".join([sealed[0], *sealed])
    yield "the last frame doubled", header + b"".join([*sealed, sealed[-1]])
    yield "a frame left out", header + b"".join([sealed[0], *sealed[2:]])
    yield "a frame of another file", header + b"".join([sealed[0], foreign[1], *sealed[2:]])
    yield "another file behind it", header + b"".join(sealed + foreign)
    yield "zero bytes behind it", header + b"".join(sealed) + bytes(SEALED)
    yield "the last frame in the middle", header + b"".join([sealed[0], sealed[3], sealed[2]])


@pytest.mark.parametrize(("what", "blob"), list(rearranged()), ids=lambda told: told if isinstance(told, str) else "")
def test_frames_keep_their_number_and_their_order(what: str, blob: bytes) -> None:
    with pytest.raises(CannotOpen):
        opened(blob)


@pytest.mark.parametrize("place", ELSEWHERE, ids=str)
def test_a_file_opens_only_in_its_place(place: Place) -> None:
    with pytest.raises(CannotOpen):
        opened(seal(b"text"), place=place)


@pytest.mark.parametrize("key", [bytes(32), b"", bytes(16), bytes(31), bytes(33)], ids=len)
def test_a_wrong_key_of_any_size_is_one_and_the_same_error(key: bytes) -> None:
    with pytest.raises(CannotOpen):
        opened(seal(b"text"), key=key)


@pytest.mark.parametrize("form", [form for form in range(256) if form != 6])
def test_another_form_is_refused(form: int) -> None:
    with pytest.raises(CannotOpen):
        opened(bytes([form]) + seal(b"text")[1:])


def test_no_byte_of_a_frame_comes_out_before_it_is_known_to_be_true() -> None:
    header, sealed = frames_of(seal(text_of(3 * HOLDS)))
    damaged = sealed[1][:-1] + bytes([sealed[1][-1] ^ 1])
    out = open_frames(KEY, PLACE, [header + sealed[0] + damaged + b"".join(sealed[2:])])
    assert next(out) == text_of(HOLDS)
    with pytest.raises(CannotOpen):
        next(out)


def test_nothing_at_all_is_no_file() -> None:
    refuses(opened, iter([b"", b"\x06", b"\x06" + bytes(7), b"\x06" + bytes(7 + 19)]))


def handmade(*plaintexts: bytes) -> bytes:
    """Frames as somebody with the key might make them."""
    cipher = frames._Frames(KEY, PLACE, bytes(7))
    last = len(plaintexts) - 1
    return b"\x06" + bytes(7) + b"".join(cipher.seal(text, last=at == last) for at, text in enumerate(plaintexts))


@pytest.mark.parametrize(
    "blob",
    [
        handmade((1020).to_bytes(4, "big") + bytes(1019)),
        handmade(b"\xff\xff\xff\xff" + bytes(1020)),
        handmade((5).to_bytes(4, "big") + b"hello" + b"hidden"),
        handmade((5).to_bytes(4, "big") + bytes(HOLDS), (5).to_bytes(4, "big") + b"after"),
        handmade(bytes(FRAME_BYTES), (5).to_bytes(4, "big") + b"after"),
    ],
    ids=["too few", "far too few", "something in the padding", "a gap", "after an empty frame"],
)
def test_there_is_one_way_only_to_write_a_file(blob: bytes) -> None:
    with pytest.raises(CannotOpen):
        opened(blob)


def test_an_error_of_the_source_stays_what_it_is() -> None:
    def broken() -> Iterator[bytes]:
        yield seal(text_of(3 * HOLDS))[: 2 * SEALED]
        raise ValueError("disk on fire")

    with pytest.raises(ValueError, match="on fire"):
        list(open_frames(KEY, PLACE, broken()))


# Memory.


def test_neither_side_holds_more_than_a_few_frames() -> None:
    def sealed() -> Iterator[bytes]:
        sealer = FrameSealer(KEY, PLACE)
        for _chunk in range(200):
            yield sealer.update(bytes(50_000))
        yield from sealer.closing()

    tracemalloc.start()
    try:
        total = sum(map(len, open_frames(KEY, PLACE, sealed())))
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == 10_000_000
    assert most < 12 * FRAME_BYTES


def test_a_sealer_says_nothing_about_its_key() -> None:
    assert repr(FrameSealer(KEY, PLACE)) == "FrameSealer(…)"
