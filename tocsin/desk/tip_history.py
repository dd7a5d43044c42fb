"""The history of a tip in words, and its filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tocsin.desk.names import actor_names, role_label
from tocsin.desk.page import language
from tocsin.desk.tip_view import who_in_words
from tocsin.tips.history import Declared, Happening, Reading, Said, Sort
from tocsin.tips.models import Tip
from tocsin.tips.notes import OpenNote
from tocsin.tips.remit import in_words
from tocsin.tips.selectors import HistoryLine, OpenMessage
from tocsin.tips.workflow import Outcome
from tocsin.workflow.models import ProposalState, Verdict

Line = dict[str, Any]


def filters(found: Sequence[Happening], chosen: str) -> list[Line]:
    """The links above the history, with how many lines stand behind each."""
    words = {
        Sort.STEP: _("Steps"),
        Sort.MESSAGE: _("Messages"),
        Sort.NOTE: _("Notes"),
        Sort.DECISION: _("Proposals and interests"),
        Sort.READING: _("Readings"),
    }
    counts = Counter(each.sort for each in found)
    links: list[Line] = [{"text": _("Everything"), "url": "?#history", "is_current": chosen not in words}]
    for sort, text in words.items():
        if counts[sort]:
            url = f"?history={sort.value}#history"
            links.append({"text": text, "url": url, "count": counts[sort], "is_current": chosen == sort})
    return links


def timeline(tip: Tip, found: Sequence[Happening], chosen: str) -> list[Line]:
    """The lines of the history, narrowed down to one sort when ``chosen`` names one."""
    shown = [each for each in found if chosen not in set(Sort) or each.sort == chosen]
    names = actor_names({name for each in shown for name in _people(each)})
    return [_line(tip, each, names) for each in shown]


def _people(each: Happening) -> set[str]:
    people = {each.actor}
    if isinstance(each.what, HistoryLine) and each.what.proposed_by:
        people.add(each.what.proposed_by)
    if isinstance(each.what, Said) and each.what.payload.get("staff"):
        people.add(f"staff:{each.what.payload['staff']}")
    return people


def _line(tip: Tip, each: Happening, names: Mapping[str, str]) -> Line:
    text = _("The words were destroyed with the report.") if each.text is None else in_words(tip, each.text, language())
    return {
        "title": _title(each, names),
        "who": _who(each, names),
        **({"at": each.at} if each.exact else {"on": each.at}),
        "text": text,
    }


def _title(each: Happening, names: Mapping[str, str]) -> str:
    what = each.what
    if isinstance(what, HistoryLine):
        return str(what.step.label)
    if isinstance(what, OpenMessage):
        return _("Message: %(kind)s") % {"kind": what.kind_label}
    if isinstance(what, OpenNote):
        return _("Note") if what.version == 1 else _("Note, version %(n)s") % {"n": what.version}
    if isinstance(what, Reading):
        return ngettext("Read %(n)s time", "Read %(n)s times", what.times) % {"n": what.times}
    if isinstance(what, Declared):
        return _("Declared an own interest") if what.has_interest else _("Declared no own interest")
    return _said(what, names)


def _said(said: Said, names: Mapping[str, str]) -> str:
    told = {"step": said.step.label, "detail": _detail(said, names)}
    words = {
        Verdict.PROPOSED: _("Proposed: %(step)s%(detail)s"),
        Verdict.APPROVED: _("Agreed: %(step)s%(detail)s"),
        Verdict.REFUSED: _("Refused: %(step)s%(detail)s"),
        Verdict.RECUSED: _("Stepped aside: %(step)s%(detail)s"),
    }
    title = words[said.verdict] % told
    ended = said.proposal.state in (ProposalState.EXPIRED, ProposalState.OVERTAKEN, ProposalState.WITHDRAWN)
    return f"{title} ({said.proposal.get_state_display()})" if ended and said.verdict is Verdict.PROPOSED else title


def _detail(said: Said, names: Mapping[str, str]) -> str:
    outcome, staff = said.payload.get("outcome"), said.payload.get("staff")
    if outcome in Outcome.values:
        return f" – {Outcome(outcome).label}"
    return f" – {names.get(f'staff:{staff}', '')}" if staff else ""


def _who(each: Happening, names: Mapping[str, str]) -> str:
    actor = names[each.actor]
    if not isinstance(each.what, HistoryLine) or each.actor == "reporter":
        return actor
    return who_in_words(actor, role_label(each.what.role), names.get(each.what.proposed_by, ""))
