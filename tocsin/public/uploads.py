"""Which forms of the public door have a place for files. How they are taken is told in ``intake.uploads``."""

from __future__ import annotations

from django.http import HttpRequest

from tocsin.intake import uploads

WELCOME = frozenset({"guided", "mailbox-files"})
"""Names of the addresses whose forms have a place for files."""


class SealFiles(uploads.SealFiles):
    """Seals the files of the forms in ``WELCOME``."""

    def is_welcome(self, request: HttpRequest) -> bool:
        """Anybody may send files with those forms."""
        return uploads.name_of(request) in WELCOME
