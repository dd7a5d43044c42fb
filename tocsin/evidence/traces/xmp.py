"""XMP (ISO 16684-1), which lies in clear in photos, documents and films alike. Found by its names, not parsed."""

from __future__ import annotations

import re
from typing import Final

from tocsin.evidence.traces.codes import Code

_BEGINS, _ENDS = b"<x:xmpmeta", b"</x:xmpmeta>"
_LONGEST: Final = 64 * 1024
_MOST: Final = 4
# Names with a value behind them: as an element (``>``) or as an attribute (``="``).
_NAMES: tuple[tuple[Code, bytes], ...] = (
    (Code.PLACE, rb"exif:GPS\w{1,40}|photoshop:(?:City|State|Country)|Iptc4xmp(?:Core|Ext):Location\w{0,40}"),
    (
        Code.AUTHOR,
        rb"dc:creator|pdf:Author|xmpRights:Owner|photoshop:AuthorsPosition|meta:last-author|plus:\w{0,40}Name",
    ),
    (
        Code.SERIAL,
        rb"aux:(?:Lens)?SerialNumber|exifEX:\w{0,40}SerialNumber|xmpMM:(?:Document|Instance|OriginalDocument)ID",
    ),
    (Code.DEVICE, rb"tiff:(?:Make|Model)|aux:Lens|exifEX:LensModel"),
    (Code.TIME, rb"xmp:(?:Create|Modify|Metadata)Date|exif:DateTime\w{1,40}|photoshop:DateCreated"),
    (Code.SOFTWARE, rb"xmp:CreatorTool|pdf:Producer|tiff:Software"),
    (Code.COMMENT, rb"dc:(?:title|description|subject)|pdf:Keywords"),
)
_PATTERNS = tuple(
    (code, re.compile(rb"(?:" + names + rb")(?:=\"[^\"\s]|=\"\s*[^\"\s]|[^<>]{0,200}>)")) for code, names in _NAMES
)


def found(data: bytes) -> set[Code]:
    """What the first few XMP packets in ``data`` speak of."""
    codes: set[Code] = set()
    at = 0
    for _packet in range(_MOST):
        at = data.find(_BEGINS, at)
        if at < 0:
            break
        end = data.find(_ENDS, at, at + _LONGEST)
        packet = data[at : end if end > 0 else at + _LONGEST]
        codes |= {code for code, pattern in _PATTERNS if pattern.search(packet)}
        at += len(_BEGINS)
    return codes
