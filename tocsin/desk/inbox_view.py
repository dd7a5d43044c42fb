"""How the reading list is laid out: rows, tabs with counts, what is filtered by, saved filters, the oldest unread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.clocks.selectors import overdue_in_offices
from tocsin.common import clock
from tocsin.desk.deadline_words import DeadlineWords, deadline_words
from tocsin.desk.inbox_form import ORDERS, filter_fields, words_of
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.page import language
from tocsin.policy.active import get_pack, get_shelf
from tocsin.policy.clocks import local_day
from tocsin.policy.model import UnknownCategory
from tocsin.tips import inbox
from tocsin.tips.holding import may_take, people_to_give_to
from tocsin.tips.models import Tip
from tocsin.tips.queues import holds, is_held
from tocsin.tips.saved_filters import saved_filters
from tocsin.tips.wanted import Sort, Wanted
from tocsin.tips.workflow import OPEN, State
from tocsin.ui.templatetags.ui import plain_date


@dataclass(frozen=True)
class Row:
    """One line of the list. ``is_own``: in the reader's queue; ``holder``: on whose list it is, in words."""

    tip: Tip
    url: str
    short_ref: str
    category: str
    excerpt: str
    deadline: DeadlineWords
    is_own: bool
    holder: str


def list_of(actor: Actor, wanted: Wanted, *, after: str, size: int) -> dict[str, Any]:
    """Everything that the page of the list shows."""
    page = inbox.inbox_page(actor, wanted, after=after, size=size)
    excerpts = inbox.excerpts(actor, page.tips)
    return {
        "rows": [_row(actor, tip, wanted, excerpts.get(tip.ref, ""), is_own=tip.pk in page.own) for tip in page.tips],
        "page": page,
        "wanted": wanted,
        "query": wanted.query(),
        "next_query": "&".join(part for part in (wanted.query(), urlencode({"after": page.next_after})) if part),
        "tabs": _tabs(actor, wanted),
        "parts": _parts(wanted),
        "order": ORDERS[Sort(wanted.sort)],
        "fields": filter_fields(wanted),
        "saved": _saved(actor, wanted),
        "oldest": _oldest(actor, wanted),
        "people": people_to_give_to(actor) if actor.may(Permission.TIP_GIVE) else [],
        "rules_over": _rules_over(),
        "own_overdue": overdue_in_offices(actor),
    }


def _row(actor: Actor, tip: Tip, wanted: Wanted, excerpt: str, *, is_own: bool) -> Row:
    return Row(
        tip,
        _address(tip, wanted),
        short_ref(tip.ref),
        category_label(tip),
        excerpt,
        deadline_words(tip),
        is_own,
        holder_words(actor, tip),
    )


def _address(tip: Tip, wanted: Wanted) -> str:
    """Where the tip is, with the way back to the list that is shown."""
    query = wanted.query()
    return reverse("tip", args=[tip.ref]) + (f"?{urlencode({'list': query})}" if query else "")


def holder_words(actor: Actor, tip: Tip) -> str:
    """On whose list ``tip`` is, in words; empty for nobody's."""
    if not is_held(tip) or tip.holder is None:
        return ""
    if tip.holder_id == actor.staff_id:
        return _("On your list")
    return _("On the list of %(name)s") % {"name": tip.holder.display_name}


def standing(actor: Actor, tip: Tip, listed: str) -> dict[str, Any]:
    """Beside a tip: on whose list it is, what may be done about that, and the way back to the list ``listed``."""
    return {
        "holder": holder_words(actor, tip),
        "can_take": may_take(actor, tip),
        "can_leave": holds(actor, tip),
        "people": people_to_give_to(actor) if actor.may(Permission.TIP_GIVE) and tip.state in OPEN else [],
        "list_query": Wanted.of_query(listed).query(),
    }


def _tabs(actor: Actor, wanted: Wanted) -> list[dict[str, object]]:
    """Own queue, own list, everything not finished, and each state that holds something, with counts."""
    counts = inbox.counts_by_state(actor)
    everything = sum(counts.get(state, 0) for state in OPEN)
    told: list[tuple[str, Wanted, int | None]] = [
        (_("My queue"), Wanted(whose="queue"), None),
        (_("My list"), Wanted(whose="list"), inbox.count_on_list(actor)),
        (_("Not closed"), Wanted(), everything),
    ]
    told += [(str(state.label), Wanted(state=state), counts[state]) for state in State if counts.get(state)]
    here = (wanted.state, wanted.whose)
    return [
        {"text": text, "url": f"?{tab.query()}", "count": count, "is_current": (tab.state, tab.whose) == here}
        for text, tab, count in told
    ]


def in_words(wanted: Wanted) -> dict[str, str]:
    """What is filtered by, in words, by the name of the part."""
    words = words_of(wanted)
    if wanted.category:
        words["category"] = _category(wanted.category)
    if wanted.channel:
        words["channel"] = _channel(wanted.channel)
    for name, text in (("since", _("from %(day)s")), ("until", _("until %(day)s"))):
        if day := getattr(wanted, name):
            words[name] = text % {"day": plain_date(date.fromisoformat(day))}
    return words


def _category(code: str) -> str:
    try:
        return get_pack().category(code).label(language())
    except UnknownCategory:
        return code


def _channel(code: str) -> str:
    try:
        return get_pack().channel(code).label.text(language())
    except (KeyError, ValueError):
        return code


def _parts(wanted: Wanted) -> list[dict[str, str]]:
    """Each part of the filter in words, with the address of the list without it."""
    return [{"text": text, "url": f"?{wanted.but(**{name: ''}).query()}"} for name, text in in_words(wanted).items()]


def _saved(actor: Actor, wanted: Wanted) -> list[dict[str, object]]:
    """The saved filters; while the desk is locked each is called by what it asks for."""
    return [
        {
            "ref": kept.ref,
            "text": kept.name or _described(kept.wanted),
            "url": f"?{kept.wanted.query()}",
            "is_current": kept.wanted == wanted,
        }
        for kept in saved_filters(actor)
    ]


def _described(wanted: Wanted) -> str:
    scope = {"queue": _("My queue"), "list": _("My list")}.get(wanted.whose, "")
    state = str(State(wanted.state).label) if wanted.state else ""
    order = str(ORDERS[Sort(wanted.sort)]) if wanted.sort else ""
    return " · ".join(word for word in (scope, state, *in_words(wanted).values(), order) if word)


def _oldest(actor: Actor, wanted: Wanted) -> dict[str, object]:
    """The tip that has waited longest to be read; nothing when all are read."""
    tip = inbox.oldest_unread(actor)
    if tip is None:
        return {}
    told = {"short_ref": short_ref(tip.ref), "category": category_label(tip), "due": deadline_words(tip)}
    return {"tip": tip, "url": _address(tip, wanted), **told}


def _rules_over() -> date | None:
    """The last day of the rules that are still used because no later version is there; ``None`` where all is well."""
    pack = get_pack()
    today = local_day(clock.now(), pack)
    return pack.expires_on if get_shelf().is_expired_on(today) and pack.expires_on < today else None


def moved_words(done: str, moved: int, left: int) -> Sequence[str]:
    """What was done with the chosen tips, in sentences."""
    told = {"n": moved}
    sentences = {
        "take": ngettext("%(n)s report is now on your list.", "%(n)s reports are now on your list.", moved) % told,
        "leave": ngettext("%(n)s report was taken off your list.", "%(n)s reports were taken off your list.", moved)
        % told,
        "give": ngettext("%(n)s report was given.", "%(n)s reports were given.", moved) % told,
    }
    if done not in sentences:
        return []
    stayed = ngettext(
        "%(n)s stayed where it was: it is not the work of your office now, or somebody else has it.",
        "%(n)s stayed where they were: they are not the work of your office now, or somebody else has them.",
        left,
    ) % {"n": left}
    return [sentences[done], *([stayed] if left else [])]
