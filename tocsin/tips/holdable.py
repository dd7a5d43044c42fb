"""What can be put under a legal hold: a tip, and what apps above enter. One mechanism and one mark for all of them.

An order about something larger (a case) holds every tip in it too. Opens nothing, so worker and public door load it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from tocsin.common import clock
from tocsin.tips.models import HOLD_KIND, Declaration, HoldState, LegalHold, Tip
from tocsin.tips.workflow import TIP_LIFE, State
from tocsin.workflow.models import Proposal, ProposalState


@dataclass(frozen=True)
class Holdable:
    """One kind of thing that an order can be about.

    ``find``: the subject with this handle, with a ``ref`` and a ``pack_version``; ``None`` for none, or one that was
    destroyed. ``closed_to``: the handles of those in which a member of staff has an interest. ``above``: the handles
    of those whose order holds this tip too. ``mark``: sets the marks after an order began or ended, on locked rows;
    whether the subject still exists.
    """

    kind: str
    find: Callable[[str], Any]
    closed_to: Callable[[int], QuerySet[Any, Any]]
    above: Callable[[Tip], QuerySet[Any, Any]]
    mark: Callable[[str], bool]


_ENTRIES: dict[str, Holdable] = {}


def register_holdable(entry: Holdable) -> None:
    """Enter a kind; from ``AppConfig.ready``. Raises ``ValueError`` when another entry has it."""
    if _ENTRIES.setdefault(entry.kind, entry) != entry:
        raise ValueError(f"two things under orders are called {entry.kind}")


def holdables() -> tuple[Holdable, ...]:
    """Every kind, in the order in which the apps load."""
    return tuple(_ENTRIES.values())


def holdable(kind: str) -> Holdable:
    """The entry of this kind. Raises ``KeyError``."""
    return _ENTRIES[kind]


def orders_over(tip: Tip) -> QuerySet[LegalHold]:
    """Every order that holds ``tip``: about itself, or about something that it belongs to."""
    about = Q(pk__in=[])
    for each in holdables():
        about |= Q(subject_kind=each.kind, subject_ref__in=each.above(tip))
    return LegalHold.objects.filter(about)


def is_held(tip: Tip) -> bool:
    """Whether an order forbids to destroy ``tip``, or one waits for a second person."""
    return tip.legal_hold or is_asked_for(orders_over(tip))


def is_asked_for(holds: QuerySet[LegalHold]) -> bool:
    """Whether one of ``holds`` waits for a second person."""
    asked = Proposal.objects.filter(
        subject_kind=HOLD_KIND,
        subject_ref__in=holds.values("ref"),
        state=ProposalState.OPEN,
        expires_at__gt=clock.now(),
    )
    return asked.exists()


def mark_tip(tip: Tip) -> Tip:
    """Set the mark of ``tip``, which the caller has locked, by the orders that are in force now."""
    tip.legal_hold = orders_over(tip).filter(state=HoldState.IN_FORCE).exists()
    tip.save(update_fields=["legal_hold"])
    return tip


def _find(ref: str) -> Tip | None:
    return Tip.objects.filter(ref=ref).exclude(state=State.EXPIRED).first()


def _closed_to(staff_id: int) -> QuerySet[Any, Any]:
    return Declaration.objects.filter(staff_id=staff_id, has_interest=True).values_list("tip__ref", flat=True)


def _above(tip: Tip) -> QuerySet[Any, Any]:
    return Tip.objects.filter(pk=tip.pk).values_list("ref", flat=True)


def _mark(ref: str) -> bool:
    tip = Tip.objects.select_for_update().get(ref=ref)
    return tip.state != State.EXPIRED and bool(mark_tip(tip))


TIP = Holdable(TIP_LIFE.kind, find=_find, closed_to=_closed_to, above=_above, mark=_mark)
