"""Zip files that are something else: office documents, apps, books. Read from local headers at the beginning and from
the directory at the end, with bounded work; nothing is trusted and nothing raises.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_MOST_MEMBERS: Final = 2000
_OOXML = "application/vnd.openxmlformats-officedocument."
_BY_FOLDER = {
    "word/": f"{_OOXML}wordprocessingml.document",
    "xl/": f"{_OOXML}spreadsheetml.sheet",
    "ppt/": f"{_OOXML}presentationml.presentation",
}
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_APK = "application/vnd.android.package-archive"
_APP_PARTS = ("classes.dex", "resources.arsc", "META-INF/com/android/")


@dataclass(frozen=True)
class Member:
    """A file in a zip as its local header tells it. ``start``: where its bytes begin in the head."""

    name: str
    method: int
    start: int
    packed: int


def media_type(head: bytes, tail: bytes) -> str:
    """The media type of a zip file, "" when ``head`` is none."""
    if not head.startswith((_LOCAL, _END)):
        return ""
    members = list(members_in(head))
    names = {member.name for member in members} | set(_names_in_directory(tail))
    if members and members[0].name == "mimetype":
        told = unpacked(head, members[0], 100).decode("ascii", "ignore").strip()
        if told.startswith(_OPEN_DOCUMENT) or told == "application/epub+zip":
            return told
    if "AndroidManifest.xml" in names:
        return _APK
    if any(name.startswith(_APP_PARTS) for name in names) and not any(name.endswith(".apk") for name in names):
        return _APK
    if "[Content_Types].xml" in names:
        for folder, kind in _BY_FOLDER.items():
            if any(name.startswith(folder) for name in names):
                return kind
    return "application/java-archive" if "META-INF/MANIFEST.MF" in names else "application/zip"


def ends_like_zip(tail: bytes) -> bool:
    """Whether a zip reader would find an archive by looking from the end, as all of them do."""
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        return False
    comment: int = struct.unpack_from("<H", tail, at + 20)[0]
    entries: int = struct.unpack_from("<H", tail, at + 10)[0]
    return entries > 0 and at + 22 + comment <= len(tail) and tail.find(_CENTRAL) >= 0


def members_in(head: bytes) -> Iterator[Member]:
    """Members whose local header lies in ``head``, in their order; those after a gap are found by their signature."""
    at = 0
    for _number in range(_MOST_MEMBERS):
        at = head.find(_LOCAL, at)
        if at < 0 or at + 30 > len(head):
            return
        method, packed, name_length, extra = struct.unpack_from("<8xH8xI4xHH", head, at)
        start = at + 30 + name_length + extra
        name = head[at + 30 : at + 30 + name_length].decode("utf-8", "replace")
        yield Member(name, method, start, packed)
        # A size of zero here may mean "comes later": then look for the next signature from the first byte on.
        at = start + packed if start + packed <= len(head) else start


def unpacked(head: bytes, member: Member, most: int) -> bytes:
    """At most ``most`` bytes of a member as far as ``head`` reaches; b"" when that cannot be."""
    packed = head[member.start : member.start + member.packed] if member.packed else head[member.start :]
    if member.method == 0:
        return packed[:most]
    if member.method == 8:
        with suppress(zlib.error):
            return zlib.decompressobj(-15).decompress(packed, most)
    return b""


def _names_in_directory(tail: bytes) -> Iterator[str]:
    at = 0
    for _number in range(_MOST_MEMBERS):
        at = tail.find(_CENTRAL, at)
        if at < 0 or at + 46 > len(tail):
            return
        length = int.from_bytes(tail[at + 28 : at + 30], "little")
        yield tail[at + 46 : at + 46 + length].decode("utf-8", "replace")
        at += 46
