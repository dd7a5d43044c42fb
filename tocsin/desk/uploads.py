"""Which forms of the desk have a place for files, and who may use it. How they are taken is in ``intake.uploads``."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.access.models import Staff
from tocsin.access.permissions import Permission
from tocsin.intake import uploads
from tocsin.intake.uploads import Reason

WELCOME = frozenset({"letter", "visit"})
"""Names of the addresses whose forms have a place for files."""
WHY: Mapping[Reason, str | Promise] = {
    Reason.TOO_MANY: _("More files than one report can have. Put several pages into one file."),
    Reason.TOO_LARGE: _("This file is too large. Scan it again with fewer dots or in grey."),
    Reason.TOO_MUCH: _("The files together are too large."),
    Reason.NO_ROOM: _("There is no room for files just now. Tell the operator of this installation."),
    Reason.BUSY: _("Too many files are arriving just now. Choose it once more in a minute."),
    Reason.EMPTY: _("This file is empty."),
}
"""Why a file was not taken, in words for staff."""


class SealScans(uploads.SealFiles):
    """Seals scans that somebody sends who may write reports down; reads past everything else."""

    def is_welcome(self, request: HttpRequest) -> bool:
        """Asked before the form check and before the door: strangers put nothing onto the disk."""
        user = getattr(request, "user", None)
        if not isinstance(user, Staff) or uploads.name_of(request) not in WELCOME:
            return False
        return user.as_actor().may(Permission.TIP_RECEIVE)
