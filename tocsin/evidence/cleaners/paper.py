"""A PDF that consists of pictures only: no text, no links, no scripts, no fonts."""

from __future__ import annotations

import io
import re

import pypdfium2
from PIL import Image

_QUALITY = 85
_MADE = re.compile(rb"/CreationDate\(D:\d{14}")
_ROOM_FOR_STRUCTURE = 2048  # bytes for each page beside its picture, more than enough


class Paper:
    """Pages are added one by one; together they stay within ``most_bytes``."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes - _ROOM_FOR_STRUCTURE
        self._pdf = pypdfium2.PdfDocument.new()
        self.pages = 0

    def add(self, picture: Image.Image, width: float, height: float) -> bool:
        """Add a page of ``width`` × ``height`` points that shows ``picture`` (RGB or L). False when it has no room."""
        encoded = io.BytesIO()
        picture.save(encoded, "JPEG", quality=_QUALITY)
        self._left -= encoded.tell() + _ROOM_FOR_STRUCTURE
        if self._left < 0:
            return False
        image = pypdfium2.PdfImage.new(self._pdf)
        image.load_jpeg(encoded, inline=True)
        image.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
        page = self._pdf.new_page(width, height)
        page.insert_obj(image)
        page.gen_content()
        page.close()
        self.pages += 1
        return True

    def to_bytes(self) -> bytes:
        """The document. It does not say when it was made, which is when the original was read."""
        out = io.BytesIO()
        self._pdf.save(out)
        return _MADE.sub(b"/CreationDate(D:" + b"0" * 14, out.getvalue(), count=1)
