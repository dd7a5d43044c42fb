"""Files made to hurt whoever opens them. Each ends in a copy without its venom, or stays sealed; nobody is harmed."""

from __future__ import annotations

import io
import random
import socket
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from tocsin.evidence import installed, sandbox
from tocsin.evidence.confinement import Confinement
from tocsin.evidence.kinds import Doubt, Family, Kind
from tocsin.evidence.limits import MIB
from tocsin.evidence.safe_copy import KeptSealed, Reason, SafeCopy, make_safe_copy
from tocsin.evidence.tests import samples
from tocsin.evidence.tests.apps import apk
from tocsin.evidence.tests.copying import ANY_WALLS, attempt, copied, fact, kept, kind
from tocsin.evidence.tests.samples import carries, open_to_others

FAMILIES: dict[str, Callable[[], bytes]] = {
    "jpeg": samples.jpeg,
    "png": samples.png,
    "gif": samples.gif,
    "webp": samples.webp,
    "tiff": samples.tiff,
    "avif": samples.avif,
    "heic": samples.heic,
    "pdf": samples.pdf,
    "docx": samples.docx,
    "odt": samples.odt,
    "zip": samples.archive,
    "tar.gz": lambda: samples.tar("w:gz"),
    "apk": apk,
    "mp4": samples.mp4,
    "webm": samples.webm,
    "mp3": samples.mp3,
    "ogg": samples.ogg,
}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_file_that_was_cut_off_ends_well(name: str) -> None:
    data = FAMILIES[name]()
    for part in (0.15, 0.6, 0.98):
        made = make_safe_copy([data[: int(part * len(data))]], kind(data), ANY_WALLS)
        assert isinstance(made, SafeCopy | KeptSealed)
        assert not carries(getattr(made, "data", b""))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_damaged_file_ends_well(name: str) -> None:
    data = FAMILIES[name]()
    chance = random.Random(name)
    for share in (500, 20):
        changed = bytearray(data)
        for _byte in range(1 + len(data) // share):
            changed[chance.randrange(16, len(data))] = chance.randrange(256)
        made = make_safe_copy([bytes(changed)], kind(data), ANY_WALLS)
        assert isinstance(made, SafeCopy | KeptSealed)


@pytest.mark.parametrize("family", [family for family in Family if family is not Family.OTHER], ids=str)
def test_fifty_megabytes_of_nothing_end_well_for_every_cleaner(family: Family) -> None:
    nothing = [bytes(MIB)] * 50
    limits = replace(ANY_WALLS, cpu_seconds=30, recording_seconds=30)
    made = make_safe_copy(nothing, Kind(family, "application/zip"), limits)
    if isinstance(made, SafeCopy):
        assert family is Family.TEXT
        assert len(made.data) < 20 * MIB
    else:
        assert made.reason in (Reason.MALFORMED, Reason.TAKES_TOO_LONG, Reason.TOO_LARGE, Reason.NO_CLEANER)


# Files that are two.


def test_an_archive_behind_a_photo_does_not_come_along() -> None:
    data = samples.jpeg() + samples.archive({"secret.txt": b"CANARY-behind"})
    assert Doubt.ZIP_AT_THE_END in kind(data).doubts
    made = copied(data)
    assert not zipfile.is_zipfile(io.BytesIO(made.data))
    assert not carries(made.data, "secret.txt")


def test_a_web_page_in_a_paper_does_not_come_along() -> None:
    data = samples.pdf().replace(b"%PDF-1.7\n", b"%PDF-1.7\n<html><script>alert('CANARY-page')</script></html>\n")
    made = copied(data)
    assert b"script" not in made.data
    assert not carries(made.data, "CANARY-page")


# Files that claim.


def many_pages(count: int) -> bytes:
    """Pages that all show the same, in a tree of a hundred branches."""
    branches = 100
    each = count // branches
    objects = {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        3: "<</Length 16>>stream\n1 0 0 rg 0 0 9 9 re f\nendstream",
        2: f"<</Type/Pages/Count {count}/Kids[{' '.join(f'{10 + n} 0 R' for n in range(branches))}]>>",
    }
    for branch in range(branches):
        first = 1000 + branch * each
        kids = " ".join(f"{first + n} 0 R" for n in range(each))
        objects[10 + branch] = f"<</Type/Pages/Parent 2 0 R/Count {each}/Kids[{kids}]>>"
        for n in range(each):
            objects[first + n] = f"<</Type/Page/Parent {10 + branch} 0 R/MediaBox[0 0 99 99]/Contents 3 0 R>>"
    return samples.assembled(objects)


def test_of_a_hundred_thousand_pages_the_first_are_copied() -> None:
    made = copied(many_pages(100_000), pages=5)
    assert len(pypdfium2.PdfDocument(made.data)) == 5
    assert fact(made, "pages") == ["100000"]
    assert made.notes == ("pages-left-out",)


@pytest.mark.parametrize(
    "tree",
    [
        "<</Type/Pages/Count 9999999/Kids[2 0 R 2 0 R]>>",
        "<</Type/Pages/Count 2147483647/Kids[]>>",
        "<</Type/Pages/Count -5/Kids[10 0 R]>>",
    ],
    ids=["itself", "none", "negative"],
)
def test_a_tree_of_pages_that_makes_no_sense_ends_well(tree: str) -> None:
    data = samples.assembled({1: "<</Type/Catalog/Pages 2 0 R>>", 2: tree})
    assert isinstance(attempt(data, cpu_seconds=20), KeptSealed | SafeCopy)


def test_a_picture_that_unpacks_to_more_memory_than_there_is_ends_well() -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 7900, 7900, 16, 6, 0, 0, 0))
    rows = zlib.compress(bytes(7900 * (7900 * 8 + 1) // 4), 9)
    data = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert kept(data, memory_bytes=256 * MIB) in (Reason.TOO_LARGE, Reason.MALFORMED)


def test_texts_in_a_png_that_unpack_without_end_end_well() -> None:
    small = samples.png()
    bomb = b"Comment\0\0" + zlib.compress(bytes(200 * MIB), 9)
    told = struct.pack(">I", len(bomb)) + b"zTXt" + bomb + struct.pack(">I", zlib.crc32(b"zTXt" + bomb))
    assert isinstance(attempt(small[:33] + told + small[33:]), KeptSealed | SafeCopy)


def test_an_animation_of_endless_frames_ends_at_the_limit() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (4, 4), (n % 256, n // 256, 0)) for n in range(1500)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=10)
    made = copied(out.getvalue(), frames=3)
    assert made.notes == ("frames-left-out",)


def test_a_film_that_claims_petabytes_and_centuries_ends_well() -> None:
    film = bytearray(samples.mp4())
    at = film.index(b"mvhd") + 4
    struct.pack_into(">I", film, at + 16, 0xFFFFFFFF)
    for name, offset in ((b"stts", 8), (b"stsz", 8), (b"stco", 4)):
        at = film.index(name) + 4
        struct.pack_into(">I", film, at + offset, 0x7FFFFFFF)
    assert isinstance(attempt(bytes(film), recording_seconds=30), KeptSealed | SafeCopy)
    whole = samples.mp4()
    at = whole.index(b"mdat") - 4
    claimed = whole[:at] + struct.pack(">I4sQ", 1, b"mdat", 1 << 52) + whole[at + 8 :]
    assert isinstance(attempt(claimed, recording_seconds=30), KeptSealed | SafeCopy)


def test_a_film_of_a_size_that_nobody_can_hold_ends_well() -> None:
    film = bytearray(samples.mp4())
    at = film.index(b"avc1", film.index(b"stsd")) + 4
    struct.pack_into(">HH", film, at + 24, 65535, 65535)
    assert isinstance(attempt(bytes(film), recording_seconds=30), KeptSealed | SafeCopy)


# Files that call out.


@pytest.fixture
def server() -> Iterator[tuple[int, Callable[[], bool]]]:
    """A web server's port on this machine, and whether anybody called."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)

        def called() -> bool:
            try:
                listening.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        yield listening.getsockname()[1], called


PLAY_LISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:{port}/a.ts\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{secret}'\nfile 'http://127.0.0.1:{port}/x.mp4'\n",
    "smil": '<?xml version="1.0"?><smil><body><video src="http://127.0.0.1:{port}/a.mp4"/></body></smil>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("name", PLAY_LISTS)
@pytest.mark.parametrize("walls", [Confinement.BUBBLEWRAP, Confinement.LIMITS], ids=str)
def test_a_play_list_leads_nowhere_even_without_walls(
    name: str, walls: Confinement, server: tuple[int, Callable[[], bool]], tmp_path: Path
) -> None:
    if not sandbox.works(walls):
        pytest.skip(f"{walls} cannot be built here")
    port, called = server
    secret = tmp_path / "secret.wav"
    secret.write_bytes(samples.wav())
    data = PLAY_LISTS[name].format(port=port, secret=secret).encode()
    assert kind(data).family is Family.TEXT
    for family in (Family.VIDEO, Family.AUDIO):
        made = make_safe_copy([data], Kind(family, "video/mp4"), ANY_WALLS, confinement=walls)
        assert isinstance(made, KeptSealed)
    assert not called()


def test_a_film_whose_pictures_lie_in_another_file_does_not_open_it(tmp_path: Path) -> None:
    """A QuickTime reference: the data is said to be in a file of the machine (``dref`` with an ``alis`` or ``url``)."""
    film = samples.mov_with_place()
    at = film.index(b"dref")
    entry = struct.pack(">II4sI", 1, 12 + 24, b"url ", 0) + b"file:///etc/hostname\0\0\0\0"
    changed = film[: at + 8] + entry[: len(film) - at - 8] + film[at + 8 + len(entry) :]
    assert isinstance(attempt(changed), KeptSealed | SafeCopy)


# Files that take over.


def test_a_program_that_breeds_ends_with_everything_it_bred(settings: Any, tmp_path: Path) -> None:
    """As if a document had taken LibreOffice over."""
    if not sandbox.strongest().cuts_network:
        pytest.skip("a document is printed only where no packet can leave")
    mark = f"mark-{random.SystemRandom().getrandbits(64)}"
    program = tmp_path / "program" / "soffice"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\ni=0\nwhile [ $i -lt 500 ]; do sh -c 'sleep 300; : {mark}' & i=$((i+1)); done\nwait\n"
    )
    open_to_others(program.parent)
    program.chmod(0o755)
    settings.TOCSIN_SOFFICE = str(program)
    made = attempt(samples.docx(), wall_seconds=4.0, processes=30)
    # Where it was stopped by the limit of processes it printed nothing, and the text is copied as without it.
    assert made.notes == ("text-only",) if isinstance(made, SafeCopy) else made.reason is Reason.TAKES_TOO_LONG
    for _try in range(100):
        if not any(mark.encode() in (path.read_bytes() if path.exists() else b"") for path in _command_lines()):
            break
        time.sleep(0.05)
    else:
        pytest.fail("something is still running")


def _command_lines() -> list[Path]:
    return list(Path("/proc").glob("[0-9]*/cmdline"))


# The calling process.

HEAVY: dict[str, Callable[[], bytes]] = {
    "huge picture": lambda: samples.claiming("PNG", 60_000, 60_000),
    "bomb": lambda: samples.archive({"zeros": bytes(200 * MIB)}),
    "document bomb": lambda: samples.package({"[Content_Types].xml": "<T/>", "word/document.xml": bytes(100 * MIB)}),
    "many pages": lambda: many_pages(2000),
    "endless text": lambda: b"\x00\x01\x02" * 100 + b"a" * (8 * MIB),
    "control text": lambda: b"\x01" * 5 + b"a\n" * (8 * MIB),
}


@pytest.mark.parametrize("name", HEAVY)
def test_the_calling_process_holds_no_more_than_the_output_may_be(name: str) -> None:
    data = HEAVY[name]()
    most = 4 * MIB
    attempt(b"warm up")
    tracemalloc.start()
    try:
        made = make_safe_copy([data], kind(data), replace(ANY_WALLS, output_bytes=most))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(made, SafeCopy | KeptSealed)
    assert peak < 1.3 * most + MIB


def test_a_file_that_trickles_in_for_ever_ends_with_the_time() -> None:
    def trickle() -> Iterator[bytes]:
        yield samples.jpeg()[:100]
        while True:
            time.sleep(0.01)
            yield b"\0"

    made = make_safe_copy(trickle(), Kind(Family.IMAGE, "image/jpeg"), replace(ANY_WALLS, wall_seconds=2.0))
    assert isinstance(made, KeptSealed)
    assert made.reason is Reason.TAKES_TOO_LONG


def test_the_system_has_ffmpeg_or_the_tests_bring_one() -> None:
    assert installed.ffmpeg() is not None, "install the development requirements: imageio-ffmpeg brings it"
