"""Traces in photos: EXIF in any container, IPTC, PNG texts, XMP, comments."""

from __future__ import annotations

import io
import logging
import re
import struct
from collections.abc import Iterator
from typing import Final

from tocsin.evidence.traces import xmp
from tocsin.evidence.traces.codes import Code

# The library may log what it reads, and it logs hostile files a lot.
logging.getLogger("exifread").setLevel(logging.CRITICAL + 1)

_TIFF_BEGINS = (b"II*\0", b"MM\0*")
_EXIF = re.compile(rb"Exif\0\0(?=II\*\0|MM\0\*)")
_MOST_BLOCKS: Final = 2  # a photo has one, and each costs work
_BLOCK_BYTES: Final = 128 * 1024  # JPEG allows 64 KiB
_TAGS: dict[Code, tuple[str, ...]] = {
    Code.PLACE: ("GPS GPSLatitude", "GPS GPSLongitude", "GPS GPSDestLatitude", "GPS GPSAreaInformation"),
    Code.AUTHOR: ("Image Artist", "Image Copyright", "Image XPAuthor", "EXIF CameraOwnerName"),
    Code.SERIAL: ("EXIF BodySerialNumber", "EXIF LensSerialNumber", "Image CameraSerialNumber", "EXIF ImageUniqueID"),
    Code.DEVICE: ("Image Make", "Image Model", "EXIF LensModel", "EXIF LensMake"),
    Code.TIME: ("Image DateTime", "EXIF DateTimeOriginal", "EXIF DateTimeDigitized", "GPS GPSDate"),
    Code.SOFTWARE: ("Image Software", "Image HostComputer", "Image ProcessingSoftware"),
    Code.COMMENT: ("Image ImageDescription", "Image XPComment", "Image XPTitle", "Image XPSubject", "Image XPKeywords"),
}
_PREVIEW = "Thumbnail "
_IPTC_BEGINS = b"Photoshop 3.0\0"
# Record 2 of IIM 4.2: by-line, credit, contact; city, place, country; date; program; caption, headline.
_IPTC: tuple[tuple[Code, bytes], ...] = (
    (Code.AUTHOR, b"\x50\x6e\x74\x76"),
    (Code.PLACE, b"\x5a\x5c\x5f\x65"),
    (Code.TIME, b"\x37\x3c"),
    (Code.SOFTWARE, b"\x41"),
    (Code.COMMENT, b"\x78\x69\x05\x19"),
)
_PNG_WORDS: dict[str, Code] = {
    "author": Code.AUTHOR,
    "artist": Code.AUTHOR,
    "copyright": Code.AUTHOR,
    "software": Code.SOFTWARE,
    "source": Code.DEVICE,
    "creation time": Code.TIME,
    "date:create": Code.TIME,
    "date:modify": Code.TIME,
}
_MOST_CHUNKS: Final = 2000


def found(head: bytes, tail: bytes, media_type: str) -> set[Code]:
    """What a photo gives away."""
    codes = xmp.found(head) | xmp.found(tail)
    for block in _exif_blocks(head, media_type):
        codes |= _of_exif(block)
    codes |= _of_iptc(head)
    if media_type == "image/png":
        codes |= _of_png(head)
    if media_type == "image/jpeg" and _has_comment(head):
        codes.add(Code.COMMENT)
    return codes


def _exif_blocks(head: bytes, media_type: str) -> Iterator[bytes]:
    """EXIF is a small TIFF file. It is found by its mark, so it does not matter which container stands around it."""
    if head.startswith(_TIFF_BEGINS):
        yield head
        return
    for mark in list(_EXIF.finditer(head))[:_MOST_BLOCKS]:
        yield head[mark.end() : mark.end() + _BLOCK_BYTES]
    name = {"image/png": b"eXIf", "image/webp": b"EXIF"}.get(media_type)
    at = head.find(name) if name else -1
    if name and at > 0:
        start = at + (4 if media_type == "image/png" else 8)
        if head.startswith(_TIFF_BEGINS, start):
            yield head[start : start + _BLOCK_BYTES]


class _Bounded(io.BytesIO):
    """Stops a parser that was sent in circles: only so many reads, only so many bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads = 8_000
        self.bytes_left = 4 * 1024 * 1024

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.reads -= 1
        self.bytes_left -= len(piece)
        if self.reads < 0 or self.bytes_left < 0:
            raise EOFError
        return piece


def _of_exif(block: bytes) -> set[Code]:
    import exifread  # needed for photos that carry EXIF only

    try:
        tags = exifread.process_file(_Bounded(block), details=False, extract_thumbnail=False)
    except Exception:  # the library raises what it likes when a file is wrong
        return set()
    codes = {code for code, names in _TAGS.items() if any(_says_something(tags.get(name)) for name in names)}
    if any(name.startswith(_PREVIEW) for name in tags):
        codes.add(Code.PREVIEW)
    return codes


def _says_something(tag: object) -> bool:
    return tag is not None and bool(str(tag).strip("\0 []0,")[:1])


def _of_iptc(head: bytes) -> set[Code]:
    at = head.find(_IPTC_BEGINS)
    if at < 0:
        return set()
    segment = head[at : at + 65536]
    return {code for code, sets in _IPTC if re.search(rb"\x1c\x02[" + re.escape(sets) + rb"]\x00[^\0]", segment)}


def _of_png(head: bytes) -> set[Code]:
    codes: set[Code] = set()
    at = 8
    for _chunk in range(_MOST_CHUNKS):
        if at + 8 > len(head):
            break
        length, kind = struct.unpack_from(">I4s", head, at)
        if kind == b"tIME":
            codes.add(Code.TIME)
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            word = head[at + 8 : at + 88].partition(b"\0")[0].decode("latin-1").lower()
            if word != "xml:com.adobe.xmp":
                codes.add(_PNG_WORDS.get(word, Code.COMMENT))
        at += 12 + length
    return codes


def _has_comment(head: bytes) -> bool:
    """A COM segment before the picture's data (ITU-T T.81, B.2.4.5)."""
    at = 2
    while at + 4 <= len(head) and head[at] == 0xFF and head[at + 1] not in (0xDA, 0xD9):
        if head[at + 1] == 0xFE:
            return True
        at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4], "big"))
    return False
