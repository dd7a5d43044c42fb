"""Office documents: printed by LibreOffice where it is at hand and no packet can leave, otherwise their text only."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import BinaryIO

from tocsin.evidence.cleaners import office_text, pdf
from tocsin.evidence.cleaners.contract import Asked, Made, Refusal, Refused, read_all

# LibreOffice chooses its reader by the name too.
EXTENSIONS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/rtf": "rtf",
}
_ENCRYPTED = "application/x-encrypted-office"
_SECONDS = 90  # leaves time for the text


def clean(source: BinaryIO, asked: Asked) -> Made:
    """A PDF of pictures, or UTF-8 text."""
    if asked.media_type == _ENCRYPTED:
        raise Refused(Refusal.ENCRYPTED)
    data = read_all(source, asked)
    found = office_text.looked_through(data, asked)
    if asked.soffice and asked.network_is_cut and asked.may_write:
        printed = _printed(data, asked)
        if printed is not None:
            made = pdf.copied(printed, asked)
            made.notes += found.notes
            return made
    return found.made(asked)


def _printed(data: bytes, asked: Asked) -> bytes | None:
    """The document as LibreOffice prints it, or None where it could not. Macros and links are off in this mode."""
    extension = EXTENSIONS.get(asked.media_type)
    if extension is None:
        return None
    folder = Path.cwd()
    paper = folder / "in.pdf"
    (folder / f"in.{extension}").write_bytes(data)
    command = [asked.soffice, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--nologo", "--norestore"]
    command += ["--nofirststartwizard", "--convert-to", "pdf", "--outdir", str(folder), f"in.{extension}"]
    try:
        subprocess.run(  # noqa: S603 - a fixed program; the file's content is behind the walls
            command,
            cwd=folder,
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=True,
        )
        return paper.read_bytes()
    except (OSError, subprocess.SubprocessError):
        return None
