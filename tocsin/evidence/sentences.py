"""Plain sentences for the codes of this package. Codes are stored and logged; sentences are shown."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Sentence = str | Promise

_UNKNOWN = _("Something about this file is unusual.")

_NOTES: dict[str, Sentence] = {
    "attachments": _("The document carried other files inside; they are not in the copy."),
    "bytes-replaced": _("Some bytes could not be read as text and show as a replacement mark."),
    "claims-more": _("The archive claims to unpack to far more than its size. It may be made to fill a disk."),
    "damaged": _("The file is damaged; the copy shows what could be read."),
    "encrypted-entries": _("Files in the archive are encrypted."),
    "end-left-out": _("Only the first part was copied; the original is longer."),
    "entries-left-out": _("The list was too long and is cut."),
    "frames-left-out": _("Only the first pictures of the animation were copied."),
    "hidden-shown": _("Invisible signs in the text are written out in brackets."),
    "links-outside": _("The document names things on other machines; nothing was fetched."),
    "macros": _("The document contains programs (macros); they are not in the copy."),
    "names-outside": _("Names in the archive lead outside of the folder where it is unpacked."),
    "nested-not-opened": _("The archive contains other archives; they were not opened."),
    "no-signature": _("No certificate of a signer was found."),
    "pages-left-out": _("Only the first pages were copied; the original has more."),
    "programs-inside": _("The archive contains programs."),
    "scripts": _("The document contains scripts; they are not in the copy."),
    "source-shown": _("The file is shown as its source text, not as it would look."),
    "tampered": _("Headers in the file are set so that tools of analysts fail."),
    "text-left-out": _("Only the first part of the text was copied; the original is longer."),
    "text-only": _("The copy has the text only: no layout, no pictures."),
}

_DOUBTS: dict[str, Sentence] = {
    "name-disagrees": _("The name says one kind of file, the content another."),
    "begins-late": _("Something else stands before the beginning of the real file."),
    "zip-at-the-end": _("An archive hangs at the end of this file."),
    "pdf-inside": _("A PDF is hidden inside this file."),
    "web-page-inside": _("Parts of a web page are hidden inside this file."),
    "program": _("This file is a program."),
}


def of_note(code: str) -> Sentence:
    """What a note of a safe copy means."""
    return _NOTES.get(code, _UNKNOWN)


def of_doubt(code: str) -> Sentence:
    """What a doubt about a kind means."""
    return _DOUBTS.get(code, _UNKNOWN)


def is_note(code: str) -> bool:
    """Whether a cleaner may say this."""
    return code in _NOTES
