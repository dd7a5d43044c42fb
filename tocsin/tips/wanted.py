"""What a list of tips is asked for: filters and an order, read from an address and written into one.

Only what the store can read without a key can be asked for: codes, dates and marks. What a person wrote is sealed, and
so are the marks that a reporter set (danger, second hand, own part in it) and the language of the text: there is no
column of them, and no filter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q

from tocsin.access.actors import Actor
from tocsin.policy.active import get_pack
from tocsin.tips.deadlines import local_today
from tocsin.tips.queues import on_list_of, own_queue, waiting_for
from tocsin.tips.workflow import OPEN, State

SOON_DAYS = 2
"""A deadline within so many days counts as soon."""

_LONGEST_QUERY = 400
_CODE = re.compile(r"[a-z][a-z0-9_]{0,47}")


class Sort(StrEnum):
    """The orders of the list. Urgent tips come first in each of them."""

    OLDEST = ""
    DUE = "due"
    NEWEST = "newest"
    CATEGORY = "category"


_CHOICES: dict[str, frozenset[str]] = {
    "whose": frozenset({"queue", "list"}),
    "urgent": frozenset({"yes"}),
    "due": frozenset({"overdue", "soon"}),
    "replies": frozenset({"unread"}),
    "mark": frozenset({"drill", "waiting"}),
    "sort": frozenset(Sort),
}
_CODES = ("category", "channel")
_DATES = ("since", "until")


@dataclass(frozen=True)
class Wanted:
    """A filter and an order; an empty field asks for nothing. Without a state: everything that is not finished.

    ``since`` and ``until`` are days (ISO 8601) where the authority sits, both included.
    """

    state: str = ""
    whose: str = ""
    category: str = ""
    channel: str = ""
    urgent: str = ""
    due: str = ""
    replies: str = ""
    mark: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""

    @classmethod
    def read(cls, told: Mapping[str, str]) -> Wanted:
        """What an address asks for; what it cannot ask for is left out, so that an old link still shows a list."""
        wanted = cls(**{name: _fitting(name, told.get(name, "")) for name in _NAMES})
        return wanted._without_what_is_over() if wanted.is_finished else wanted

    @classmethod
    def of_query(cls, query: str) -> Wanted:
        """The inverse of ``query``; of text that is none, whatever can be asked for."""
        return cls.read(dict(parse_qsl(query[:_LONGEST_QUERY])))

    def _without_what_is_over(self) -> Wanted:
        """A finished tip is in nobody's queue, is not due and waits for nobody; it is looked for by date."""
        mark = "" if self.mark == "waiting" else self.mark
        return self.but(whose="", due="", mark=mark, sort=self.sort if self.sort == Sort.NEWEST else Sort.OLDEST)

    def can_ask(self, name: str, value: str) -> bool:
        """Whether a filter for ``name`` can be set beside what is asked for already."""
        asked: dict[str, str] = {**asdict(self), name: value}
        told: dict[str, str] = asdict(Wanted.read(asked))
        return told[name] == value

    @property
    def is_finished(self) -> bool:
        """Whether finished tips are asked for."""
        return self.state != "" and self.state not in OPEN

    def query(self) -> str:
        """What stands in the address: the inverse of ``read``, in one order, without empty parts."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def but(self, **changes: str) -> Wanted:
        """The same with single parts changed."""
        return replace(self, **changes)

    @property
    def parts(self) -> dict[str, str]:
        """What is asked for beside state, queue and order: the parts that a person sets in the filter."""
        return {name: value for name, value in asdict(self).items() if value and name not in ("state", "whose", "sort")}

    def condition(self, actor: Actor) -> Q:
        """The condition for the store."""
        asked = Q(is_open=not self.is_finished)
        if self.state:
            asked &= Q(state=self.state)
        if self.whose:
            asked &= own_queue(actor) if self.whose == "queue" else on_list_of(actor.require_staff())
        for name in _CODES:
            if value := getattr(self, name):
                asked &= Q(**{name: value})
        if self.urgent:
            asked &= Q(urgent__in=[True])
        if self.replies:
            asked &= Q(unread_replies__gt=0)
        if self.mark:
            asked &= Q(drill=True) if self.mark == "drill" else Q(pk__in=waiting_for(actor).values("pk"))
        return asked & self._dates()

    def _dates(self) -> Q:
        asked, today = Q(), local_today()
        if self.due == "overdue":
            asked &= Q(due_order__lt=today)
        elif self.due == "soon":
            asked &= Q(due_order__range=(today, today + timedelta(days=SOON_DAYS)))
        if self.since:
            asked &= Q(received_hour__gte=_begins(date.fromisoformat(self.since)))
        if self.until:
            asked &= Q(received_hour__lt=_begins(date.fromisoformat(self.until) + timedelta(days=1)))
        return asked


_NAMES = tuple(field.name for field in fields(Wanted))


def _begins(day: date) -> datetime:
    """The moment at which a day begins where the authority sits."""
    return datetime.combine(day, time(), get_pack().calendar.zone).astimezone(UTC)


def _fitting(name: str, value: str) -> str:
    if name == "state":
        return value if value in State.values else ""
    if name in _CHOICES:
        return value if value in _CHOICES[name] else ""
    if name in _CODES:
        return value if _CODE.fullmatch(value) else ""
    return value if _is_day(value) else ""


def _is_day(value: str) -> bool:
    """Whether it is a day that a report can have come on; years outside have no midnight in every time zone."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        return 1970 <= date.fromisoformat(value).year <= 2200
    except ValueError:
        return False
