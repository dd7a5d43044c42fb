"""How the supervisor's first screen is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.clocks import selectors as clocks
from tocsin.clocks.models import Deadline
from tocsin.clocks.registry import kind_of
from tocsin.desk.clock_words import clock_label, row_words
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.subjects import address_of, title_of
from tocsin.tips.clocks import URGENT
from tocsin.tips.overview import ages_by_state, oldest_unread, tips_by_ref
from tocsin.tips.workflow import TIP_LIFE, State
from tocsin.workflow.selectors import waiting_for

SHOWN = 8
SPAN_WORDS = (gettext_lazy("Up to 2 days"), gettext_lazy("3 to 7 days"), gettext_lazy("Longer"))
"""How long something has been overdue, in the spans of ``clocks.selectors.LATE``."""
AGE_WORDS = (
    gettext_lazy("under 1 week"),
    gettext_lazy("1 to 4 weeks"),
    gettext_lazy("4 to 13 weeks"),
    gettext_lazy("over 13 weeks"),
)


def overview_of(actor: Actor) -> dict[str, Any]:
    """Everything on the screen: a fixed number of questions to the store, however much is open."""
    standings = clocks.standings(actor)
    late, soon = list(clocks.overdue(actor)[:SHOWN]), list(clocks.due_soon(actor).exclude(clock=URGENT)[:SHOWN])
    urgent = list(clocks.running_called(actor, TIP_LIFE.kind, URGENT)[:SHOWN])
    urgent_count = clocks.running_called(actor, TIP_LIFE.kind, URGENT).count()
    tips = tips_by_ref(actor, {row.subject_ref for row in (*late, *soon, *urgent) if row.subject_kind == TIP_LIFE.kind})
    unread = oldest_unread(actor)
    return {
        "spans": SPAN_WORDS,
        "standings": [_standing(each) for each in standings],
        "overdue_count": sum(each.overdue for each in standings),
        "soon_count": sum(each.soon for each in standings),
        "urgent_count": urgent_count,
        "waiting_count": waiting_for(actor).count(),
        "late": [_line(row, tips) for row in late],
        "soon": [_line(row, tips) for row in soon],
        "urgent": [_line(row, tips) for row in urgent],
        "unread": unread,
        "unread_ref": short_ref(unread.ref) if unread else "",
        "bars": _bars(ages_by_state(actor)),
        "ages": list(enumerate(AGE_WORDS, start=1)),
    }


def _standing(each: clocks.Standing) -> dict[str, Any]:
    return {
        "label": each.clock.label,
        "name": each.clock.name,
        "late": list(zip(SPAN_WORDS, each.late, strict=True)),
        "overdue": each.overdue,
        "soon": each.soon,
    }


def _line(row: Deadline, tips: dict[str, Any]) -> dict[str, Any]:
    """One clock of one subject, with what its kind can say of it without opening it."""
    tip = tips.get(row.subject_ref)
    known = kind_of(row.subject_kind) is not None
    return {
        "title": title_of(row.subject_kind, row.subject_ref) if known else row.subject_ref,
        "url": address_of(row.subject_kind, row.subject_ref),
        "category": category_label(tip) if tip else "",
        "clock": clock_label(row),
        "words": row_words(row),
        "tip": tip,
    }


def _bars(ages: Mapping[State, tuple[int, ...]]) -> list[dict[str, Any]]:
    """One bar for each state, all on one scale: lengths in thousandths of the longest."""
    longest = max((sum(counts) for counts in ages.values()), default=0)
    return [
        {
            "label": state.label,
            "state": state.value,
            "total": sum(counts),
            "parts": _parts(counts, longest),
            "words": " · ".join(f"{age}: {n}" for n, age in zip(counts, AGE_WORDS, strict=True) if n),
        }
        for state, counts in ages.items()
    ]


def _parts(counts: Sequence[int], longest: int) -> list[dict[str, int]]:
    parts, start = [], 0
    for place, n in enumerate(counts, start=1):
        width = round(1000 * n / longest) if n else 0
        parts.append({"age": place, "x": start, "width": max(width, 4) if n else 0})
        start += parts[-1]["width"]
    return parts
