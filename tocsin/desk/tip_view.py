"""How a tip is laid out on its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.desk.deadline_words import deadline_words
from tocsin.desk.names import actor_names, category_label, channel_label, role_label, short_ref
from tocsin.desk.page import language
from tocsin.intake.answers import stored_in_words
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.policy.active import pack_of
from tocsin.policy.model import UnknownCategory
from tocsin.tips.content import Particulars
from tocsin.tips.models import Tip
from tocsin.tips.selectors import HistoryLine, OpenTip
from tocsin.ui.templatetags.ui import plain_date

FLAGS = {
    "protection": gettext_lazy("Somebody may be in danger: see how they can be reached and protected first."),
    "self_involved": gettext_lazy("The reporter took part in it."),
    "second_hand": gettext_lazy("The reporter heard it from somebody else."),
    "media_pending": gettext_lazy("The reporter has files, or wants to send them later."),
    "mail_html": gettext_lazy("The e-mail was formatted. The text was taken out of it; the original is in its files."),
    "mail_cut": gettext_lazy("The e-mail is longer than a report. All of it is in the file message.txt."),
    "mail_unreadable": gettext_lazy("The e-mail could not be read. It is in the file message.eml, without its sender."),
    "mail_in_part": gettext_lazy("The e-mail has more files than were taken. It lies whole in the mailbox, put aside."),
    "mail_too_large": gettext_lazy("The e-mail was too large to be taken. It lies in the mailbox, put aside."),
}


def facts(tip: Tip) -> dict[str, Any]:
    """What is known of a tip without opening it."""
    deadline = deadline_words(tip)
    rows = [
        (_("Received on"), plain_date(tip.received_hour.date())),
        (_("Came in by"), channel_label(tip)),
        (_("Due"), f"{deadline.words} – {plain_date(deadline.on)}" if deadline.on else deadline.words),
        (_("Read by a person"), plain_date(tip.acknowledged_on) if tip.acknowledged_on else _("Not yet")),
        (_("Outcome"), tip.get_outcome_display() if tip.outcome else _("None yet")),
        (_("Rules in force"), tip.pack_version),
    ]
    return {
        "short_ref": short_ref(tip.ref),
        "category": category_label(tip),
        "deadline": deadline,
        "rows": [{"key": key, "value": value} for key, value in rows if value],
    }


HEADINGS = {
    "what": gettext_lazy("Seen, heard or read by the reporter"),
    "heard": gettext_lazy("Told to the reporter by others"),
    "think": gettext_lazy("What the reporter thinks it means"),
}
"""Facts, hearsay and conclusions, however the form that was used has asked for them."""


def story(opened: OpenTip) -> list[tuple[str, str]]:
    """The answers with their questions, in the order of the form."""
    if opened.content is None:
        return []
    answers = opened.content.answers
    known = [
        (str(HEADINGS.get(name, question.label)), question.in_words(answers[name]))
        for name, question in COMMON_QUESTIONS.items()
        if answers.get(name)
    ]
    others = [(name, text) for name, text in answers.items() if name not in COMMON_QUESTIONS]
    return known + _details(opened.tip, opened.content.particulars) + others


def remarks(opened: OpenTip) -> list[dict[str, Any]]:
    """What the reporter told beside the story: how they came, what they wish, what to look out for."""
    if opened.content is None:
        return []
    particulars = opened.content.particulars
    rows = [
        (_("Way of reporting"), _mode(opened.tip, particulars.mode)),
        (_("Asks for an award"), {"yes": _("Yes"), "no": _("No")}.get(particulars.award, particulars.award)),
        (_("Look out"), "\n".join(str(FLAGS.get(flag, flag)) for flag in opened.content.flags)),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def earlier(opened: OpenTip) -> dict[str, str]:
    """The earlier report of the same reporter, if they named it; nothing otherwise."""
    ref = opened.content.particulars.earlier if opened.content else ""
    return {"ref": ref, "short_ref": short_ref(ref)} if ref else {}


def _mode(tip: Tip, code: str) -> str:
    """The label of an identity mode, or its code when the rules of the tip's arrival are not at hand."""
    try:
        return pack_of(tip.pack_version).identity_mode(code).label.text(language()) if code else ""
    except (KeyError, ValueError):
        return code


def _details(tip: Tip, particulars: Particulars) -> list[tuple[str, str]]:
    """What the category asked, with its questions; by code where the pack does not ask it any more."""
    try:
        asked = {question.code: question for question in pack_of(tip.pack_version).category(tip.category).questions}
    except UnknownCategory:
        asked = {}
    return [
        (asked[code].label.text(language()), stored_in_words(asked[code], answer, language()))
        if code in asked
        else (code, str(answer))
        for code, answer in particulars.details.items()
    ]


def conversation(opened: OpenTip) -> list[dict[str, Any]]:
    """The messages, staff's own on one side."""
    office, reporter = _("The office"), _("The reporter")
    return [
        {
            "author": f"{office if line.from_staff else reporter} · {line.kind_label}",
            "is_own": line.from_staff,
            "text": line.text,
            "on": line.written_hour,
        }
        for line in opened.messages
    ]


def timeline(opened: OpenTip) -> list[dict[str, Any]]:
    """The history, newest first."""
    return timeline_of(opened.history)


def timeline_of(history: Sequence[HistoryLine]) -> list[dict[str, Any]]:
    """Lines of a history, newest first, with people's names."""
    names = actor_names({line.actor for line in history} | {line.proposed_by for line in history} - {""})
    return [
        {
            "title": line.step.label,
            "who": _who(names[line.actor], _office(line.actor, line.role), names.get(line.proposed_by, "")),
            # Of what a reporter does only the hour is kept, so only the day is shown.
            **({"on": line.at} if line.actor == "reporter" else {"at": line.at}),
            "text": line.reason,
        }
        for line in reversed(history)
    ]


def _office(actor: str, role: str) -> str:
    """The role in words; nothing for the reporter, whose name says it already."""
    return "" if actor == "reporter" else role_label(role)


def _who(actor: str, role: str, proposer: str) -> str:
    told = {"actor": actor, "role": role, "proposer": proposer}
    if not role:
        return actor
    if proposer:
        return _("%(actor)s (%(role)s), proposed by %(proposer)s") % told
    return _("%(actor)s (%(role)s)") % told
