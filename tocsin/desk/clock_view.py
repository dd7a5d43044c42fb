"""The clocks of one tip, as its page shows them: how they stand, what moved them, and whether the answer may wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tocsin.clocks.models import Deadline, Span, SpanKind
from tocsin.clocks.registry import clock_of
from tocsin.clocks.selectors import running_clocks, spans_of
from tocsin.clocks.services import latest_day, why_not_extended
from tocsin.desk.clock_words import clock_label, row_words
from tocsin.desk.names import actor_names
from tocsin.desk.tip_actions import Action
from tocsin.policy.active import pack_of
from tocsin.tips.clocks import FEEDBACK
from tocsin.tips.models import Tip
from tocsin.tips.selectors import open_reason
from tocsin.tips.workflow import EXTEND_FEEDBACK, TIP_LIFE
from tocsin.ui.templatetags.ui import plain_date
from tocsin.vault import unlocked


def clocks_on_page(tip: Tip) -> dict[str, Any]:
    """The running clocks with what moved them, and the bounds of a later date. Reasons only while unlocked."""
    rows = running_clocks(TIP_LIFE.kind, [tip.ref])[tip.ref]
    spans = spans_of(TIP_LIFE.kind, tip.ref) if rows else []
    names = actor_names({span.actor for span in spans}) if spans else {}
    return {
        "clocks": [
            _row(row, [_span(span, tip, names) for span in spans if span.deadline_id == row.pk]) for row in rows
        ],
        "extension": _extension(tip, rows, spans),
    }


def offered(actions: Sequence[Action], extension: dict[str, Any]) -> list[Action]:
    """The buttons without the one that puts off an answer where no date can be put off."""
    return [each for each in actions if each.steps != (EXTEND_FEEDBACK,) or "refused" not in extension]


def _row(row: Deadline, spans: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {"label": clock_label(row), "words": row_words(row), "due_at": row.due_at, "spans": spans}


def _span(span: Span, tip: Tip, names: dict[str, str]) -> dict[str, str]:
    told = {"from": plain_date(span.from_on), "until": plain_date(span.until_on)}
    if span.kind == SpanKind.EXTENSION:
        words = _("Put off from %(from)s to %(until)s") % told
    elif span.days is None:
        words = _("Question asked on %(from)s; stopped until %(until)s at the latest") % told
    else:
        stopped = ngettext("stood still for %(n)s day", "stood still for %(n)s days", span.days) % {"n": span.days}
        words = _("Question asked on %(from)s; %(stopped)s") % {**told, "stopped": stopped}
    sealed = bytes(span.reason)
    reason = open_reason(tip.ref, sealed) if sealed and unlocked.is_unlocked() else ""
    return {"words": words, "who": names[span.actor], "reason": reason}


def _extension(tip: Tip, rows: Sequence[Deadline], spans: Sequence[Span]) -> dict[str, Any]:
    """Between which days the answer may be put off; ``refused`` says why it may not."""
    row = next((each for each in rows if each.clock == FEEDBACK), None)
    if row is None or row.due_on is None:
        return {"refused": _("The answer has no date that could be put off.")}
    extended = any(span.deadline_id == row.pk and span.kind == SpanKind.EXTENSION for span in spans)
    latest = latest_day(row, clock_of(TIP_LIFE.kind, FEEDBACK), pack_of(tip.pack_version))
    if refused := why_not_extended(row, latest, extended=extended):
        return {"refused": refused}
    return {"before": row.due_on, "first": row.due_on + timedelta(days=1), "latest": latest}
