"""The reading list: pages by key in every order, counts, the oldest unread tip, and the first words of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.errors import Unsafe
from tocsin.common.refs import is_ref
from tocsin.ledger.services import record_audit
from tocsin.tips import state_counts
from tocsin.tips.models import Tip
from tocsin.tips.queues import on_list_of, own_among, own_queue
from tocsin.tips.selectors import content_of, tips_visible_to
from tocsin.tips.wanted import Sort, Wanted
from tocsin.tips.workflow import State
from tocsin.vault import unlocked
from tocsin.vault.opening import CannotOpen

EXCERPT = 110
_KEYS = {Sort.DUE: "due_order", Sort.CATEGORY: "category"}
_SEALED = ("content", "wrapped_key", "receipt")


@dataclass(frozen=True)
class InboxPage:
    """One page of the reading list. ``own``: primary keys of the tips in the reader's own queue.

    ``next_after`` says behind which place the next page begins.
    """

    tips: Sequence[Tip]
    own: frozenset[int]
    next_after: str
    is_later: bool


@dataclass(frozen=True)
class _Order:
    """How a list goes within its urgent and within its other tips: by ``column`` if there is one, then by arrival."""

    column: str
    backwards: bool

    @classmethod
    def of(cls, wanted: Wanted) -> _Order:
        """Finished tips go by the date on which they came, so that a range of dates is one piece of an index."""
        column = "received_hour" if wanted.is_finished else _KEYS.get(Sort(wanted.sort), "")
        return cls(column, wanted.sort == Sort.NEWEST)

    @property
    def columns(self) -> list[str]:
        """For ``order_by``."""
        sign = "-" if self.backwards else ""
        return [f"{sign}{column}" for column in (self.column, "id") if column]

    def behind(self, column: str, value: object) -> Q:
        """What lies strictly behind ``value``."""
        return Q(**{f"{column}__{'lt' if self.backwards else 'gt'}": value})


@dataclass(frozen=True)
class _Place:
    """A place in the list as it was when the page was shown: ``key`` is the value of the order's column."""

    pk: int
    urgent: bool
    key: object

    @classmethod
    def of(cls, tip: Tip, order: _Order) -> _Place:
        return cls(tip.pk, tip.urgent, getattr(tip, order.column) if order.column else "")

    def written(self, ref: str) -> str:
        """For an address: the handle, not the number; beside it what the order went by."""
        key = self.key.strftime(_HOUR) if isinstance(self.key, datetime) else str(self.key)
        return ".".join((ref, "1" if self.urgent else "0", key))


def inbox(actor: Actor, wanted: Wanted) -> QuerySet[Tip]:
    """All tips that are asked for, urgent first, in the order that is asked for; the pages are cut from it."""
    return _matching(actor, wanted).order_by("-urgent", *_Order.of(wanted).columns)


def inbox_page(actor: Actor, wanted: Wanted, *, after: str, size: int) -> InboxPage:
    """``size`` tips behind the place ``after`` (from ``next_after``; empty for the first page).

    By key, not by number: a page costs the same at the end of a long list as at its beginning. Behind which tip a
    page begins is told with what the order went by when the page was shown, so that a tip whose date was changed or
    that became urgent meanwhile makes nobody miss or see twice any other.
    """
    order = _Order.of(wanted)
    last = _place(actor, order, after)
    matching, keys = _matching(actor, wanted), list[int]()
    for segment in _segments(order, last):
        if len(keys) > size:
            break
        part = matching.filter(segment).order_by(*order.columns)
        keys += part.values_list("pk", flat=True)[: size + 1 - len(keys)]
    shown = keys[:size]
    rows = Tip.objects.filter(pk__in=shown).defer(*_SEALED).select_related("holder")
    by_key = {tip.pk: tip for tip in rows}
    tips = [by_key[key] for key in shown if key in by_key]
    following = place_behind(tips[-1], wanted) if tips and len(keys) > size else ""
    return InboxPage(tips, frozenset(own_among(actor, tips)) if tips else frozenset(), following, last is not None)


def place_behind(tip: Tip, wanted: Wanted) -> str:
    """The place in the list directly behind ``tip``, as an address tells it in ``after``."""
    return _Place.of(tip, _Order.of(wanted)).written(tip.ref)


def counts_by_state(actor: Actor) -> dict[str, int]:
    """How many visible tips stand in each state. Costs the same for ten tips and for a million."""
    if not actor.may(Permission.TIP_LIST):
        return {}
    counts = state_counts.counts()
    shut = Tip.objects.filter(declarations__staff=actor.require_staff(), declarations__has_interest=True)
    for row in shut.order_by().values("state").annotate(n=Count("id")):
        counts[row["state"]] = counts.get(row["state"], 0) - row["n"]
    return {state: n for state, n in counts.items() if n}


def count_on_list(actor: Actor) -> int:
    """How many visible tips are on the actor's own list."""
    return tips_visible_to(actor).filter(on_list_of(actor.require_staff())).count()


def oldest_unread(actor: Actor) -> Tip | None:
    """The tip that has waited longest for somebody to read it, whatever a filter shows."""
    # The first two conditions are those of an index of unread tips, which is read at its beginning.
    unread = tips_visible_to(actor).filter(is_open=True, acknowledged_on=None, state=State.RECEIVED).defer(*_SEALED)
    first = [unread.filter(urgent__in=[urgent]).order_by("id").first() for urgent in (True, False)]
    return min((tip for tip in first if tip), key=lambda tip: tip.pk, default=None)


def excerpts(actor: Actor, tips: Sequence[Tip]) -> dict[str, str]:
    """The first words of each tip in the actor's own queue, by its handle; empty while the desk is locked.

    A tip that ``actor`` may not see, that is outside their queue, was destroyed or does not open is left out. One
    audit entry for the page.
    """
    actor.require(Permission.TIP_READ)
    if not unlocked.is_unlocked() or not tips:
        return {}
    own = tips_visible_to(actor).filter(own_queue(actor), pk__in=[tip.pk for tip in tips], destroyed_on=None)
    words = {tip.ref: _first_words(tip) for tip in own}
    found = {ref: text for ref, text in words.items() if text is not None}
    with transaction.atomic():
        role = actor.role_for(Permission.TIP_READ).value
        refs = " ".join(sorted(found))
        record_audit(actor=actor.name, role=role, action="inbox.read", detail={"tips": refs})
    return found


def _matching(actor: Actor, wanted: Wanted) -> QuerySet[Tip]:
    visible = tips_visible_to(actor)
    return visible.filter(wanted.condition(actor)) if actor.may(Permission.TIP_LIST) else visible


def _segments(order: _Order, last: _Place | None) -> Iterator[Q]:
    """The rest of the list behind ``last`` as ranges, one after the other, each of which an index can begin at.

    One condition with OR over all of them would make both stores read from the beginning of the list.
    ``urgent__in``: SQLite takes a bare column for no condition on an index.
    """
    if last is None:
        yield Q(urgent__in=[True])
    else:
        same = Q(urgent__in=[last.urgent])
        if order.column:
            yield same & Q(**{order.column: last.key}) & order.behind("pk", last.pk)
            yield same & order.behind(order.column, last.key)
        else:
            yield same & order.behind("pk", last.pk)
    if last is None or last.urgent:
        yield Q(urgent__in=[False])


_HOUR = "%Y-%m-%dT%H"


def _place(actor: Actor, order: _Order, after: str) -> _Place | None:
    """The place that an address names; ``None`` for the first page and for what names none."""
    ref, _dot, rest = after.partition(".")
    if not is_ref(ref):
        return None
    columns = ("pk", "urgent", order.column) if order.column else ("pk", "urgent")
    last = tips_visible_to(actor).filter(ref=ref).only(*columns).first()
    if last is None:
        return None
    mark, _dot, key = rest.partition(".")
    now = _Place.of(last, order)
    return _Place(last.pk, mark == "1" if mark in ("0", "1") else now.urgent, _key(order, key) or now.key)


def _key(order: _Order, text: str) -> object:
    """The value of the order's column that an address tells; nothing when it can be none."""
    try:
        if order.column == "due_order":
            return date.fromisoformat(text)
        if order.column == "received_hour":
            return datetime.strptime(text, _HOUR).replace(tzinfo=UTC)
    except ValueError:
        return ""
    return text if order.column and len(text) <= 48 and "\0" not in text else ""


def _first_words(tip: Tip) -> str | None:
    try:
        text = " ".join(content_of(tip).answers.get("what", "").split())
    except (CannotOpen, Unsafe):  # one damaged tip must not hide the whole list; its own page says what is wrong
        return None
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"
