"""The sorts of traces, from the most telling."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """What a file gives away."""

    PLACE = "place"
    AUTHOR = "author"
    SERIAL = "serial"
    DEVICE = "device"
    TIME = "time"
    PREVIEW = "preview"
    SOFTWARE = "software"
    COMMENT = "comment"
