"""HEIC, the phones' format, which Pillow does not read: decoded by ffmpeg, believed only where the size agrees."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

from PIL import Image

from tocsin.evidence.cleaners import ffmpeg
from tocsin.evidence.cleaners.contract import Asked, Refusal, Refused

# ispe (ISO/IEC 23008-12, 6.5.3): version and flags, width, height. Tiles have one each, the whole picture another.
_SIZE = re.compile(rb"\x00\x00\x00\x14ispe\x00\x00\x00\x00(.{4})(.{4})", re.DOTALL)
_HEAD = 256 * 1024


def decoded(data: bytes, asked: Asked) -> bytes:
    """The picture as PNG. Raises ``Refused`` where ffmpeg is missing or too old to put tiles together.

    An ffmpeg before 7.1 knows tiles only and would show one of forty-eight: a wrong picture is worse than none.
    """
    sizes = [(int.from_bytes(w, "big"), int.from_bytes(h, "big")) for w, h in _SIZE.findall(data[:_HEAD])]
    if not sizes:
        raise Refused(Refusal.MALFORMED)
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    if width * height > asked.pixels:
        raise Refused(Refusal.TOO_LARGE)
    ffmpeg.take_in(io.BytesIO(data), asked)
    target = Path("out.png")
    command = [asked.ffmpeg, "-nostdin", "-v", "error", "-threads", "2", "-protocol_whitelist", "file"]
    command += ["-format_whitelist", "mov", "-i", f"file:{ffmpeg.SOURCE}", "-frames:v", "1", "-update", "1", "-y"]
    subprocess.run(  # noqa: S603 - the operator's ffmpeg
        [*command, f"file:{target}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        check=False,
    )
    if not target.is_file():
        raise Refused(Refusal.NO_CLEANER)
    png = target.read_bytes()
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        if sorted(image.size) != sorted((width, height)):
            raise Refused(Refusal.NO_CLEANER)
    return png
