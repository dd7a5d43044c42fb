"""What a file says about its maker: for the reporter to know, before or after sending.

Only the presence of such marks is told, never what they say. Read in pure Python from the file's beginning (and end),
with bounded work; that nothing is found is no promise that nothing is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from tocsin.evidence.kinds import HEAD_BYTES, TAIL_BYTES, Family, Kind
from tocsin.evidence.sentences import Sentence
from tocsin.evidence.traces import documents, pictures, recordings
from tocsin.evidence.traces.codes import Code

__all__ = ["Code", "Trace", "traces_in"]


@dataclass(frozen=True)
class Trace:
    """``code`` may be stored and logged. ``about``: photo, document, recording or file."""

    code: Code
    about: str

    @property
    def sentence(self) -> Sentence:
        """What the file gives away, in words."""
        return _SENTENCES.get((self.about, self.code)) or _SENTENCES["file", self.code]


_SENTENCES: dict[tuple[str, Code], Sentence] = {
    ("photo", Code.PLACE): _("This photo says where it was taken."),
    ("photo", Code.TIME): _("This photo says when it was taken."),
    ("photo", Code.DEVICE): _("This photo says which camera or phone took it."),
    ("photo", Code.SERIAL): _("This photo carries the number of one camera, lens or picture."),
    ("photo", Code.AUTHOR): _("This photo names a person."),
    ("photo", Code.PREVIEW): _("This photo carries a small preview, which may show what was cut away."),
    ("document", Code.PLACE): _("This document names a place in its hidden data."),
    ("document", Code.TIME): _("This document says when it was written or changed."),
    ("document", Code.AUTHOR): _("This document names a person or a company in its hidden data."),
    ("document", Code.PREVIEW): _("This document carries a small preview of an earlier state."),
    ("recording", Code.PLACE): _("This recording says where it was made."),
    ("recording", Code.TIME): _("This recording says when it was made."),
    ("recording", Code.DEVICE): _("This recording says which device made it."),
    ("recording", Code.AUTHOR): _("This recording names a person."),
    ("file", Code.PLACE): _("This file names a place in its hidden data."),
    ("file", Code.TIME): _("This file says when it was made."),
    ("file", Code.DEVICE): _("This file says which device made it."),
    ("file", Code.SERIAL): _("This file carries the number of one device."),
    ("file", Code.AUTHOR): _("This file names a person in its hidden data."),
    ("file", Code.SOFTWARE): _("This file says which program made it."),
    ("file", Code.COMMENT): _("This file carries a title or a remark in its hidden data."),
    ("file", Code.PREVIEW): _("This file carries a small picture in its hidden data."),
}
_ABOUT = {
    Family.IMAGE: "photo",
    Family.PDF: "document",
    Family.OFFICE: "document",
    Family.AUDIO: "recording",
    Family.VIDEO: "recording",
}
_FINDERS = {
    Family.IMAGE: pictures.found,
    Family.PDF: documents.in_pdf,
    Family.OFFICE: documents.in_package,
    Family.AUDIO: recordings.found,
    Family.VIDEO: recordings.found,
}


def traces_in(head: bytes, kind: Kind, tail: bytes = b"") -> list[Trace]:
    """Traces in a file's first ``HEAD_BYTES`` (and last ``TAIL_BYTES`` where at hand), in the order of ``Code``.

    ``tail`` is what is not in ``head``: phones write the place of a film at its end. Never raises, whatever the bytes.
    """
    find = _FINDERS.get(kind.family)
    if find is None:
        return []
    codes = find(head[:HEAD_BYTES], tail[-TAIL_BYTES:], kind.media_type)
    return [Trace(code, _ABOUT[kind.family]) for code in Code if code in codes]
