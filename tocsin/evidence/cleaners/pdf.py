"""PDF: every page becomes a picture, the pictures become a PDF. Scripts, links, forms and attachments stay behind."""

from __future__ import annotations

import math
from typing import BinaryIO

import pypdfium2
from pypdfium2 import raw

from tocsin.evidence.cleaners.contract import Asked, Made, Refusal, Refused, read_all
from tocsin.evidence.cleaners.paper import Paper

DOTS_PER_INCH = 150
_POINTS_PER_INCH = 72
_PAGE_PIXELS = 12_000_000  # A3 at 150 dots per inch has 4.4 million
_SMALLEST, _LARGEST = 1.0, 14_400.0  # points; PDF 1.7, annex C


def clean(source: BinaryIO, asked: Asked) -> Made:
    """The first pages as pictures."""
    return copied(read_all(source, asked), asked)


def copied(data: bytes, asked: Asked) -> Made:
    """As ``clean`` for bytes. Raises ``Refused`` when the file is encrypted or no PDF."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise Refused(Refusal.ENCRYPTED if locked else Refusal.MALFORMED) from None
    document.init_forms()  # what somebody filled into a form is part of what the page shows
    total = len(document)
    paper = Paper(asked.output_bytes)
    notes = []
    for number in range(min(total, asked.pages)):
        try:
            if not _copy_page(document, number, paper, asked):
                break
        except pypdfium2.PdfiumError:
            notes.append("damaged")
    if paper.pages == 0:
        raise Refused(Refusal.MALFORMED)
    if paper.pages < total:
        notes.append("pages-left-out")
    return Made(paper.to_bytes(), "application/pdf", [("pages", str(total))], notes + _left_behind(document))


def _left_behind(document: pypdfium2.PdfDocument) -> list[str]:
    """What the document carries beside its pages."""
    carried = {
        "attachments": raw.FPDFDoc_GetAttachmentCount(document.raw),
        "scripts": raw.FPDFDoc_GetJavaScriptActionCount(document.raw),
    }
    return [what for what, count in carried.items() if count > 0]


def _copy_page(document: pypdfium2.PdfDocument, number: int, paper: Paper, asked: Asked) -> bool:
    page = document[number]
    try:
        width, height = (min(_LARGEST, max(_SMALLEST, side)) for side in page.get_size())
        scale = DOTS_PER_INCH / _POINTS_PER_INCH
        most = min(_PAGE_PIXELS, asked.pixels)
        scale = min(scale, math.sqrt(most / (width * height)))
        picture = page.render(scale=scale).to_pil().convert("RGB")
        return paper.add(picture, width, height)
    finally:
        page.close()
