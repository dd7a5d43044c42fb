"""How a report came to be written down, and what its reporter corrected, for the page of a tip."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from tocsin.desk.names import actor_names, channel_label
from tocsin.desk.writing.roads import MEDIA
from tocsin.tips.models import MessageKind
from tocsin.tips.selectors import OpenTip
from tocsin.ui.templatetags.ui import plain_date, plain_datetime


def provenance(opened: OpenTip) -> list[dict[str, Any]]:
    """Who typed it, from what, when it arrived; nothing for a report that its reporter wrote."""
    told = opened.content.particulars.provenance if opened.content else {}
    if not told:
        return []
    typed_by = told.get("typed_by", "")
    words = {
        "given": _("Nine words were handed out; what was written down is in the mailbox."),
        "none": _("No words were handed out."),
    }
    files = _("%(n)s, below under “Files”") % {"n": told["files"]} if told.get("files") else ""
    rows = [
        (_("Came in by"), channel_label(opened.tip)),
        (_("Typed by"), actor_names({typed_by})[typed_by] if typed_by else ""),
        (_("Typed from"), str(MEDIA.get(told.get("medium", ""), told.get("medium", "")))),
        (_("Talk began"), plain_datetime(datetime.fromisoformat(told["began_at"])) if told.get("began_at") else ""),
        (_("Arrived on"), plain_date(date.fromisoformat(told["arrived_on"])) if told.get("arrived_on") else ""),
        (_("Language of the talk"), _language(told.get("language", "")) if told.get("began_at") else ""),
        (_("Language of the original"), told.get("original", "")),
        (_("Translated by"), told.get("translator", "")),
        (_("Scans and papers"), files),
        (_("Mailbox"), words.get(told.get("words", ""), "")),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def corrections(opened: OpenTip) -> list[dict[str, Any]]:
    """What the reporter says is wrong in what was written down, the oldest first."""
    return [
        {"text": line.text, "on": line.written_hour} for line in opened.messages if line.kind == MessageKind.CORRECTION
    ]


def _language(code: str) -> str:
    return str(get_language_info(code)["name_local"]) if code else ""
