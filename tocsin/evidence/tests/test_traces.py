from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.evidence.kinds import HEAD_BYTES, TAIL_BYTES, Family, Kind, kind_of
from tocsin.evidence.tests import samples
from tocsin.evidence.traces import Code, Trace, pictures, recordings, traces_in

ALL_OF_A_PHOTO = set(Code) - {Code.PREVIEW}


def codes(data: bytes) -> set[Code]:
    head, tail = data[:HEAD_BYTES], data[HEAD_BYTES:][-TAIL_BYTES:]
    return {trace.code for trace in traces_in(head, kind_of(head, tail=tail or head), tail)}


@pytest.mark.parametrize("make", [samples.jpeg, samples.png, samples.webp, samples.avif, samples.heic])
def test_a_photo_with_everything_says_everything(make: Callable[[], bytes]) -> None:
    assert codes(make()) == ALL_OF_A_PHOTO


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (samples.tiff, {Code.AUTHOR, Code.DEVICE, Code.TIME, Code.SOFTWARE, Code.COMMENT}),
        (samples.pdf, ALL_OF_A_PHOTO),
        (samples.docx, {Code.AUTHOR, Code.TIME, Code.SOFTWARE}),
        (samples.odt, {Code.AUTHOR, Code.TIME, Code.SOFTWARE}),
        (samples.mp4, {Code.PLACE, Code.AUTHOR, Code.DEVICE, Code.TIME, Code.SOFTWARE, Code.COMMENT}),
        (samples.mov_with_place, {Code.PLACE, Code.AUTHOR, Code.DEVICE, Code.TIME, Code.SOFTWARE, Code.COMMENT}),
        (samples.webm, {Code.PLACE, Code.AUTHOR, Code.TIME, Code.SOFTWARE, Code.COMMENT}),
        (samples.mp3, {Code.AUTHOR, Code.SOFTWARE, Code.COMMENT}),
        (samples.wav, {Code.AUTHOR, Code.SOFTWARE, Code.COMMENT}),
        (samples.ogg, {Code.PLACE, Code.AUTHOR, Code.TIME, Code.SOFTWARE, Code.COMMENT}),
    ],
    ids=lambda told: getattr(told, "__name__", ""),
)
def test_other_files_say_what_their_formats_keep(make: Callable[[], bytes], expected: set[Code]) -> None:
    assert codes(make()) == expected


def bare_png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("data", [bare_png(), samples.bmp(), samples.xlsx(), samples.archive(), b"text", b""])
def test_a_file_that_says_nothing_says_nothing(data: bytes) -> None:
    assert codes(data) == set()


def test_each_mark_of_a_photo_is_told_apart() -> None:
    for tag, value, expected in (
        (0x0110, "Phone 7", {Code.DEVICE}),
        (0x013B, "Ada", {Code.AUTHOR}),
        (0x0131, "Editor", {Code.SOFTWARE}),
        (0x0132, "2026:01:01 10:00:00", {Code.TIME}),
        (0x010E, "At the river", {Code.COMMENT}),
    ):
        assert codes(photo_with({tag: value})) == expected, hex(tag)


def photo_with(tags: dict[int, object], ifd: int | None = None) -> bytes:
    from io import BytesIO

    from PIL import Image

    told = Image.Exif()
    (told if ifd is None else told.get_ifd(ifd)).update(tags)
    out = BytesIO()
    samples.scene().save(out, "JPEG", exif=told)
    return out.getvalue()


def test_a_place_and_a_serial_number_are_found_in_their_own_tables() -> None:
    assert codes(photo_with({1: "N", 2: samples.PLACE}, 0x8825)) == {Code.PLACE}
    assert codes(photo_with({0xA431: "12345"}, 0x8769)) == {Code.SERIAL}


def test_tags_that_are_there_but_empty_are_no_trace() -> None:
    assert codes(photo_with({0x0110: "", 0x013B: "   "})) == set()


def test_a_preview_in_a_photo_is_a_trace() -> None:
    small = samples.jpeg()
    block = samples.exif().tobytes()[6:]
    assert block.startswith(b"MM")
    next_at = 10 + 12 * struct.unpack_from(">H", block, 8)[0]
    thumbnail = struct.pack(">HHHIIHHIII", 2, 0x0201, 4, 1, 0, 0x0202, 4, 1, 10, 0)
    block = block[:next_at] + struct.pack(">I", len(block)) + block[next_at + 4 :] + thumbnail
    told = b"Exif\0\0" + block
    mixed = small[:2] + b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told + small[2:]
    assert Code.PREVIEW in codes(mixed)


def test_what_a_phone_writes_at_the_end_of_a_film_is_found_with_the_tail_only() -> None:
    film = samples.mov_with_place()
    at = film.index(b"mdat") - 4
    size = int.from_bytes(film[at : at + 4], "big")
    longer = (
        film[:at] + struct.pack(">I", size + 600_000) + film[at + 4 : at + size] + bytes(600_000) + film[at + size :]
    )
    assert film.index(b"moov") > at, "ffmpeg should put the index at the end"
    assert Code.PLACE in codes(longer)
    head = longer[:HEAD_BYTES]
    assert traces_in(head, kind_of(head)) == []


def test_properties_of_a_pdf_are_found_in_a_packed_object_stream() -> None:
    packed = zlib.compress(b"4 0 <</Author(Ada)/CreationDate(D:2026)>>")
    data = (
        b"%PDF-1.5\n7 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length 60>>stream\n" + packed + b"\nendstream"
    )
    assert codes(data) == {Code.AUTHOR, Code.TIME}


def test_old_office_files_are_said_to_name_somebody_when_they_have_the_table_for_it() -> None:
    named = samples.old_office() + "\x05SummaryInformation".encode("utf-16-le")
    assert codes(named) == {Code.AUTHOR, Code.TIME}
    assert codes(samples.old_office()) == set()


def test_rich_text_tells_its_author() -> None:
    assert codes(b"{\\rtf1{\\info{\\author Ada}{\\creatim\\yr2026\\mo1}}text}") == {Code.AUTHOR, Code.TIME}


def test_an_old_mp3_tells_by_its_last_bytes() -> None:
    tag = b"TAG" + b"River".ljust(30, b"\0") + b"Ada".ljust(30, b"\0") + bytes(30) + b"2026" + bytes(31)
    sound = b"ID3\x03\0\0\0\0\0\0" + bytes(500) + tag
    assert codes(sound) == {Code.COMMENT, Code.AUTHOR, Code.TIME}


# Words.


def test_every_trace_has_a_plain_sentence_and_those_of_a_photo_differ() -> None:
    for about in ("photo", "document", "recording"):
        told = [str(Trace(code, about).sentence) for code in Code]
        assert len(set(told)) == len(Code)
        assert all(sentence.startswith("This ") and sentence.endswith(".") for sentence in told)
    assert str(Trace(Code.PLACE, "photo").sentence) == "This photo says where it was taken."
    assert str(Trace(Code.PLACE, "recording").sentence) == "This recording says where it was made."


def test_traces_come_in_the_order_of_what_matters_most() -> None:
    found = traces_in(samples.jpeg(), kind_of(samples.jpeg()))
    assert [trace.code for trace in found] == [code for code in Code if code in ALL_OF_A_PHOTO]
    assert found[0].code is Code.PLACE


def test_what_the_marks_say_is_neither_kept_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    made = [make() for make in (samples.jpeg, samples.png, samples.pdf, samples.docx, samples.mp3)]
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        for head in made:
            for trace in traces_in(head, kind_of(head)):
                assert samples.CANARY not in repr(trace)
                assert samples.CANARY not in str(trace.sentence)
        for cut in range(0, 2000, 100):
            pictures.found(made[0][:cut], b"", "image/jpeg")
    assert samples.CANARY not in caplog.text
    assert "exifread" not in {record.name for record in caplog.records}


# Hostile files.

KINDS = [
    Kind(family, media_type)
    for family in Family
    for media_type in ("image/jpeg", "image/png", "image/webp", "application/rtf", "application/pdf", "video/mp4")
]
REAL = [samples.jpeg(), samples.png(), samples.webp(), samples.tiff(), samples.pdf(), samples.docx(), samples.odt()]


@given(st.binary(max_size=500), st.sampled_from(KINDS), st.binary(max_size=200))
@settings(max_examples=300)
def test_nothing_raises(head: bytes, kind: Kind, tail: bytes) -> None:
    assert isinstance(traces_in(head, kind, tail), list)


@given(st.sampled_from(REAL), st.sampled_from(KINDS), st.data())
@settings(max_examples=300)
def test_no_damage_to_a_real_file_raises(head: bytes, kind: Kind, data: st.DataObject) -> None:
    changed = bytearray(head)
    for _change in range(data.draw(st.integers(1, 20))):
        changed[data.draw(st.integers(0, min(len(head), 3000) - 1))] = data.draw(st.sampled_from([0, 1, 127, 128, 255]))
    cut = data.draw(st.integers(0, len(head)))
    for each in (kind, kind_of(bytes(changed))):
        assert isinstance(traces_in(bytes(changed[:cut]), each, bytes(changed[cut:])), list)


@given(
    st.lists(st.tuples(st.sampled_from([b"moov", b"udta", b"meta", b"mvhd", b"trak"]), st.integers(0, 40)), max_size=20)
)
def test_boxes_of_any_size_end(boxes: list[tuple[bytes, int]]) -> None:
    data = b"\0\0\0\x10ftypisom\0\0\0\0" + b"".join(struct.pack(">I", size) + name for name, size in boxes)
    assert isinstance(recordings.found(data, data, "video/mp4"), set)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[pictures._Bounded]:
    made: list[pictures._Bounded] = []
    real = pictures._Bounded

    def remember(data: bytes) -> pictures._Bounded:
        made.append(real(data))
        return made[-1]

    monkeypatch.setattr(pictures, "_Bounded", remember)
    return made


def hostile_exif() -> dict[str, bytes]:
    """Tables in a circle; a table of 65,535 entries of a thousand values each; a text of four gigabytes."""
    circle = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 8, 8)
    many = b"II*\0\x08\0\0\0" + struct.pack("<H", 65535) + struct.pack("<HHII", 0x9999, 4, 999, 8) * 9000
    long = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x010F, 2, 0xFFFFFFFF, 0, 0)
    chain = b"II*\0\x08\0\0\0" + b"".join(struct.pack("<HI", 0, 14 + 6 * n) for n in range(20_000))
    return {"circle": circle, "many": many, "long": long, "chain": chain}


@pytest.mark.parametrize("name", hostile_exif())
def test_hostile_exif_is_given_up_after_a_bounded_number_of_reads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch)
    pictures.found(hostile_exif()[name], b"", "image/tiff")
    assert len(made) == 1
    assert made[0].reads >= -1, "read on after the limit"
    assert made[0].bytes_left >= -pictures._BLOCK_BYTES * 2


def test_a_packed_stream_that_grows_without_end_is_cut() -> None:
    bomb = zlib.compress(bytes(50_000_000))
    data = (b"%PDF-1.5\n7 0 obj<</Type/ObjStm>>stream\n" + bomb) * 4
    assert codes(data[:HEAD_BYTES]) == set()


def test_only_so_much_of_a_file_is_looked_at() -> None:
    late = b"%PDF-1.4\n" + bytes(HEAD_BYTES) + b"/Author(Ada)"
    assert traces_in(late, kind_of(late)) == []
