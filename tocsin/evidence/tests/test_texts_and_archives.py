from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.evidence.cleaners import text as cleaner
from tocsin.evidence.cleaners.contract import Asked
from tocsin.evidence.cleaners.visible import in_one_line, shown
from tocsin.evidence.limits import Limits
from tocsin.evidence.safe_copy import Reason
from tocsin.evidence.tests import samples
from tocsin.evidence.tests.copying import copied, fact, kept

# Text.


@pytest.mark.parametrize(
    ("data", "expected", "encoding"),
    [
        ("Größe 夜".encode(), "Größe 夜", "utf-8"),
        ("\ufeffGröße".encode(), "Größe", "utf-8"),
        ("夜里钟声响了，有人看见。".encode("gb18030"), "夜里钟声响了，有人看见。", "gb18030"),
        ("Größe über alles, sehr schön\n".encode("cp1252"), "Größe über alles, sehr schön\n", "windows-1252"),
        ("seen at the river".encode("utf-16"), "seen at the river", "utf-16-le"),
        ("seen at the river".encode("utf-16-be"), "seen at the river", "utf-16-be"),
        (b"one\r\ntwo\rthree", "one\ntwo\nthree", "utf-8"),
    ],
)
def test_text_of_any_encoding_becomes_utf_8(data: bytes, expected: str, encoding: str) -> None:
    made = copied(data)
    assert made.data.decode() == expected
    assert fact(made, "encoding") == [encoding]
    assert (made.media_type, made.extension, made.notes) == ("text/plain", "txt", ())


def test_hidden_signs_are_written_out_and_that_is_said() -> None:
    made = copied("pay \u202e001\u202c \u200bnow\ttab\n".encode())
    assert made.data.decode() == "pay [U+202E]001[U+202C] [U+200B]now\ttab\n"
    assert made.notes == ("hidden-shown",)


def test_signs_that_scripts_need_stay() -> None:
    persian = "می\u200cخواهم \u200f(سلام)\u200e"
    assert copied(persian.encode()).data.decode() == persian


def test_a_long_text_is_cut_and_that_is_said() -> None:
    made = copied(("夜" * 500).encode(), characters=100)
    assert made.data.decode() == "夜" * 100
    assert made.notes == ("text-left-out",)


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="http://x.example/a"/></svg>',
        b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    ],
    ids=["html", "svg", "entity"],
)
def test_pages_and_drawings_are_shown_as_source_and_never_as_themselves(page: bytes) -> None:
    made = copied(page)
    assert made.data == page
    assert (made.media_type, made.extension) == ("text/plain", "txt")
    assert made.notes == ("source-shown",)


@given(st.binary(max_size=300))
def test_any_bytes_become_text_without_controls(data: bytes) -> None:
    asked = Asked(**Limits().for_cleaner())
    output = cleaner.clean(io.BytesIO(data or b"x"), asked).output.decode("utf-8")
    assert not [sign for sign in output if (sign < " " and sign not in "\n\t") or "\x7f" <= sign <= "\x9f"]


@given(st.text(max_size=100))
def test_what_is_shown_stays_the_same_when_shown_again(text: str) -> None:
    once, _hidden = shown(text)
    assert shown(once) == (once, False)
    assert "\n" not in in_one_line(text)
    assert len(in_one_line("x" * 999)) == 300


# Archives.


def test_a_zip_becomes_a_list_and_nothing_of_its_content() -> None:
    made = copied(samples.archive({"notes.txt": b"secret river", "photos/a.jpg": b"x" * 100}))
    assert made.data.decode() == f"{12:>14}  notes.txt\n{100:>14}  photos/a.jpg\n"
    assert fact(made, "entries") == ["2"]
    assert fact(made, "unpacked-bytes") == ["112"]
    assert made.notes == ()


def test_what_an_archive_holds_is_warned_of() -> None:
    made = copied(samples.archive({"../../up.txt": b"", "inner.zip": samples.archive(), "run.EXE": b"MZ"}))
    assert set(made.notes) == {"names-outside", "nested-not-opened", "programs-inside"}


@pytest.mark.parametrize(
    ("name", "warned"),
    [("/etc/x", True), ("a/../b", True), ("C:\\x", True), ("\\\\host\\x", True), ("a..b/c", False), ("a/b", False)],
)
def test_names_that_lead_outside_are_seen(name: str, warned: bool) -> None:
    from tocsin.evidence.cleaners.archive import name_leads_outside

    assert name_leads_outside(name) is warned


def test_an_encrypted_zip_still_tells_its_names() -> None:
    data = bytearray(samples.archive({"plan.txt": b"x"}))
    for at, mark in ((6, b"PK\x03\x04"), (8, b"PK\x01\x02")):
        data[data.index(mark) + at] |= 1
    made = copied(bytes(data))
    assert b"plan.txt" in made.data
    assert made.notes == ("encrypted-entries",)


def test_names_cannot_fool_the_eye() -> None:
    made = copied(samples.archive({"photo\u202egpj.exe": b"", "two\nlines": b""}))
    assert "photo[U+202E]gpj.exe" in made.data.decode()
    assert len(made.data.decode().splitlines()) == 2


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_listed_packed_or_not(mode: str) -> None:
    made = copied(samples.tar(mode))
    assert made.data.decode() == f"{5:>14}  notes.txt\n{5:>14}  ../../outside.txt\n"
    assert made.notes == ("names-outside",)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_one_packed_file_is_told_by_its_size(pack: object) -> None:
    assert callable(pack)
    made = copied(pack(bytes(3_000_000)))
    assert fact(made, "unpacked-bytes") == ["3000000"]
    assert made.notes == ("claims-more",)


@pytest.mark.parametrize("head", [b"Rar!\x1a\x07\x01\0" + bytes(50), b"7z\xbc\xaf\x27\x1c\0\4" + bytes(50)])
def test_formats_without_a_reader_are_kept_sealed(head: bytes) -> None:
    assert kept(head) is Reason.NO_CLEANER


def test_a_long_list_is_cut_and_counted() -> None:
    made = copied(samples.archive({f"{n}.txt": b"" for n in range(50)}), entries=10)
    assert len(made.data.splitlines()) == 10
    assert fact(made, "entries") == ["50"]
    assert made.notes == ("entries-left-out",)


# Bombs.


def test_a_nested_bomb_is_not_opened() -> None:
    inner = samples.archive({"zeros": bytes(20_000_000)})
    for _level in range(4):
        inner = samples.archive({f"{n}.zip": inner for n in range(4)})
    made = copied(inner)
    assert fact(made, "entries") == ["4"]
    assert "nested-not-opened" in made.notes


def overlapping(entries: int = 3000) -> bytes:
    """Every name points at the same packed megabyte (as D. Fifield's bomb does)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0", bytes(1_000_000))
    data = out.getvalue()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    directory = data[start:end] * entries
    tail = bytearray(data[end:])
    for at in (8, 10):
        tail[at : at + 2] = entries.to_bytes(2, "little")
    tail[12:16] = len(directory).to_bytes(4, "little")
    return data[:start] + directory + bytes(tail)


def test_an_overlapping_bomb_is_listed_and_warned_of() -> None:
    made = copied(overlapping())
    assert fact(made, "unpacked-bytes") == ["3000000000"]
    assert "claims-more" in made.notes


def test_a_packed_tar_that_never_ends_is_refused() -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as out:
        head = tarfile.TarInfo("zeros")
        head.size = 600_000_000
        out.write(head.tobuf())
        for _piece in range(600):
            out.write(bytes(1_000_000))
    assert kept(packed.getvalue()) is Reason.TOO_LARGE


@pytest.mark.parametrize("data", [b"PK\x03\x04" + bytes(100), b"\x1f\x8b" + bytes(50), b"BZh9" + bytes(20)])
def test_a_broken_archive_is_kept_sealed(data: bytes) -> None:
    assert kept(data) is Reason.MALFORMED
