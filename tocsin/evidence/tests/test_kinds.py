from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.evidence import sentences
from tocsin.evidence.kinds import HEAD_BYTES, TAIL_BYTES, Doubt, Family, Kind, kind_of
from tocsin.evidence.tests import samples
from tocsin.evidence.tests.apps import apk


def kind(data: bytes, name: str = "") -> Kind:
    return kind_of(data[:HEAD_BYTES], name, data[-TAIL_BYTES:])


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
MADE: list[tuple[Callable[[], bytes], Family, str]] = [
    (samples.jpeg, Family.IMAGE, "image/jpeg"),
    (samples.png, Family.IMAGE, "image/png"),
    (samples.gif, Family.IMAGE, "image/gif"),
    (samples.webp, Family.IMAGE, "image/webp"),
    (samples.tiff, Family.IMAGE, "image/tiff"),
    (samples.bmp, Family.IMAGE, "image/bmp"),
    (samples.avif, Family.IMAGE, "image/avif"),
    (samples.heic, Family.IMAGE, "image/heic"),
    (samples.pdf, Family.PDF, "application/pdf"),
    (samples.docx, Family.OFFICE, DOCX),
    (samples.xlsx, Family.OFFICE, XLSX),
    (samples.pptx, Family.OFFICE, PPTX),
    (samples.odt, Family.OFFICE, "application/vnd.oasis.opendocument.text"),
    (samples.old_office, Family.OFFICE, "application/msword"),
    (lambda: samples.old_office("Workbook"), Family.OFFICE, "application/vnd.ms-excel"),
    (lambda: samples.old_office("EncryptedPackage"), Family.OFFICE, "application/x-encrypted-office"),
    (samples.mp4, Family.VIDEO, "video/mp4"),
    (samples.mov_with_place, Family.VIDEO, "video/quicktime"),
    (samples.webm, Family.VIDEO, "video/webm"),
    (samples.mp3, Family.AUDIO, "audio/mpeg"),
    (samples.wav, Family.AUDIO, "audio/wav"),
    (samples.ogg, Family.AUDIO, "audio/ogg"),
    (samples.archive, Family.ARCHIVE, "application/zip"),
    (samples.tar, Family.ARCHIVE, "application/x-tar"),
    (lambda: samples.tar("w:gz"), Family.ARCHIVE, "application/gzip"),
    (apk, Family.APK, "application/vnd.android.package-archive"),
]


@pytest.mark.parametrize(("make", "family", "media_type"), MADE, ids=[media for _make, _family, media in MADE])
def test_a_file_is_what_its_content_says_whatever_its_name(
    make: Callable[[], bytes], family: Family, media_type: str
) -> None:
    for name in ("", "holiday.exe", "a.txt", "x" * 5000, "\0\n../..", "photo"):
        found = kind(make(), name)
        assert (found.family, found.media_type) == (family, media_type)
    assert Doubt.PROGRAM not in kind(make()).doubts


WRITTEN: list[tuple[bytes, Family, str]] = [
    (b"", Family.OTHER, "application/octet-stream"),
    (b"hello", Family.TEXT, "text/plain"),
    ("夜里钟声响了。".encode(), Family.TEXT, "text/plain"),
    ("夜里钟声响了，有人看见。".encode("gb18030") * 3, Family.TEXT, "text/plain"),
    ("Größe über alles Maß\n".encode("latin-1") * 9, Family.TEXT, "text/plain"),
    ("seen at the river".encode("utf-16"), Family.TEXT, "text/plain"),
    ("seen at the river".encode("utf-16-le"), Family.TEXT, "text/plain"),
    (b"date;place\n1;river\n2;hill\n", Family.TEXT, "text/csv"),
    (b'{"a": 1}', Family.TEXT, "application/json"),
    (b"[section]\nkey=1\nother=2", Family.TEXT, "text/plain"),
    (b"From: a@b.c\r\nTo: d@e.f\r\nSubject: river\r\n\r\nText", Family.TEXT, "message/rfc822"),
    (b"<!DOCTYPE html><html><script>1</script>", Family.TEXT, "text/html"),
    (b"  <HTML>x", Family.TEXT, "text/html"),
    (b'<?xml version="1.0"?><svg xmlns="x"><script/></svg>', Family.TEXT, "image/svg+xml"),
    (b'<?xml version="1.0"?><a/>', Family.TEXT, "text/xml"),
    (b"#EXTM3U\nfile:///etc/passwd\n", Family.TEXT, "text/plain"),
    (b"{\\rtf1 hello}", Family.OFFICE, "application/rtf"),
    (b"#!/bin/sh\nrm -rf /\n", Family.TEXT, "text/plain"),
    (b"\x7fELF\x02\x01\x01" + bytes(100), Family.OTHER, "application/x-executable"),
    (
        b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0",
        Family.OTHER,
        "application/vnd.microsoft.portable-executable",
    ),
    (b"dex\n035\0" + bytes(100), Family.OTHER, "application/x-dex"),
    (b"Rar!\x1a\x07\x01\0", Family.ARCHIVE, "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c\0\4", Family.ARCHIVE, "application/x-7z-compressed"),
    (b"\x1aE\xdf\xa3\xa3B\x82\x88matroska", Family.VIDEO, "video/x-matroska"),
    (b"RIFF\x10\0\0\0AVI LIST", Family.VIDEO, "video/x-msvideo"),
    (b"#!AMR\n\x3c", Family.AUDIO, "audio/amr"),
    (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", Family.AUDIO, "audio/mp4"),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Family.IMAGE, "image/heic"),
    (b"\0\0\0\x14ftypmif1\0\0\0\0mif1", Family.IMAGE, "image/heif"),
    (b"\0\0\0\x18ftyp3gp4\0\0\0\x003gp43gp5", Family.VIDEO, "video/mp4"),
    (bytes(1000), Family.OTHER, "application/octet-stream"),
    (b"\xff" * 1000, Family.OTHER, "application/octet-stream"),
    (random.Random(7).randbytes(5000), Family.OTHER, "application/octet-stream"),
]


@pytest.mark.parametrize(("head", "family", "media_type"), WRITTEN, ids=[repr(head[:12]) for head, *_ in WRITTEN])
def test_a_beginning_is_enough(head: bytes, family: Family, media_type: str) -> None:
    found = kind_of(head)
    assert (found.family, found.media_type) == (family, media_type)


def test_a_book_and_a_program_in_a_zip_are_told_from_office_documents() -> None:
    book = samples.package({"mimetype": "application/epub+zip", "a.xhtml": "x"}, stored=["mimetype"])
    assert kind(book) == Kind(Family.ARCHIVE, "application/epub+zip")
    jar = samples.package({"META-INF/MANIFEST.MF": "x", "A.class": b"\xca\xfe\xba\xbe"})
    assert kind(jar) == Kind(Family.ARCHIVE, "application/java-archive")
    several = samples.package({"base.apk": "x", "META-INF/com/android/x": "x"})
    assert kind(several).family is Family.ARCHIVE


def test_a_document_whose_parts_come_late_is_known_by_its_end() -> None:
    large = samples.package(
        {"word/media/a.bin": random.Random(1).randbytes(400_000), "[Content_Types].xml": "<Types/>"}
    )
    assert kind(large).media_type == DOCX
    assert kind_of(large[:HEAD_BYTES]).media_type == "application/zip"


def test_an_app_whose_manifest_comes_late_is_known_by_its_end() -> None:
    large = samples.package({"assets/a.bin": random.Random(1).randbytes(400_000), "AndroidManifest.xml": "x"})
    assert kind(large).family is Family.APK


# Doubts.


def test_a_zip_behind_a_photo_is_seen() -> None:
    assert kind(samples.jpeg() + samples.archive()).doubts == (Doubt.ZIP_AT_THE_END,)
    assert kind(samples.jpeg() + bytes(500_000) + samples.archive()).doubts == (Doubt.ZIP_AT_THE_END,)
    assert kind(samples.jpeg()).doubts == ()


def test_a_pdf_that_begins_late_is_a_pdf_with_a_doubt() -> None:
    found = kind(b"GARBAGE\n" + samples.pdf())
    assert (found.family, found.doubts) == (Family.PDF, (Doubt.BEGINS_LATE,))


def test_a_pdf_inside_a_photo_is_seen() -> None:
    jpeg = samples.jpeg()
    mixed = jpeg[:2] + b"\xff\xfe\x00\x40" + samples.pdf()[:62] + jpeg[2:]
    assert kind(mixed) == Kind(Family.IMAGE, "image/jpeg", (Doubt.PDF_INSIDE,))


def test_a_web_page_inside_a_pdf_or_a_picture_is_seen() -> None:
    assert (
        Doubt.WEB_PAGE_INSIDE
        in kind(samples.pdf().replace(b"%PDF-1.7\n", b"%PDF-1.7\n<html><script>1</script>\n")).doubts
    )
    assert Doubt.WEB_PAGE_INSIDE in kind(b"GIF89a/*<script>alert(1)</script>*/").doubts


@pytest.mark.parametrize("head", [b"\x7fELF\x02" + bytes(60), b"#!/bin/sh\n", b"dex\n035\0" + bytes(40)])
def test_a_program_is_called_one(head: bytes) -> None:
    assert Doubt.PROGRAM in kind_of(head).doubts


@pytest.mark.parametrize(
    ("name", "data", "disagrees"),
    [
        ("photo.jpg", samples.jpeg(), False),
        ("PHOTO.JPEG", samples.jpeg(), False),
        ("photo.png", samples.jpeg(), False),  # another picture: nobody is misled
        ("report.pdf", samples.jpeg(), True),
        ("report.docx", samples.archive(), True),
        ("report.pdf", b"\x7fELF" + bytes(60), True),
        ("report.pdf.exe", samples.pdf(), False),
        ("no extension", samples.pdf(), False),
        ("film.mp4", b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", False),
    ],
)
def test_a_name_that_promises_something_else_is_a_doubt(name: str, data: bytes, disagrees: bool) -> None:
    assert (Doubt.NAME_DISAGREES in kind(data, name).doubts) is disagrees


def test_every_doubt_has_a_sentence() -> None:
    told = [str(sentences.of_doubt(doubt)) for doubt in Doubt]
    assert len(set(told)) == len(Doubt)
    assert str(sentences.of_doubt("no such doubt")) not in told


# Hostile beginnings.

BEGINNINGS = [make()[:4096] for make, family, _media in MADE if family not in (Family.VIDEO, Family.AUDIO)]


@given(st.binary(max_size=600), st.text(max_size=30), st.binary(max_size=300))
@settings(max_examples=300)
@example(b"PK\x03\x04", "", b"PK\x05\x06")
@example(b"MZ" + bytes(58) + b"\xff\xff\xff\xff", "", b"")
@example(b"\xff\xf1\xff\xff\xff\xff\xff\xff", "", b"")
@example(b"\0\0\0\0ftyp", "", b"")
def test_nothing_raises(head: bytes, name: str, tail: bytes) -> None:
    assert isinstance(kind_of(head, name, tail), Kind)


@given(st.sampled_from(BEGINNINGS), st.data())
@settings(max_examples=300)
def test_no_damage_to_a_real_beginning_raises(head: bytes, data: st.DataObject) -> None:
    changed = bytearray(head)
    for _change in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(head) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(head)))
    assert isinstance(kind_of(bytes(changed[:cut]), "x", bytes(changed[cut:])), Kind)


def test_a_directory_of_a_million_names_is_not_read_to_the_end() -> None:
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{number:06}", b"")
    assert kind(many.getvalue()).family is Family.ARCHIVE
