"""Clocks and notices in words, so that nobody has to read them from a colour."""

from __future__ import annotations

from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tocsin.clocks.definitions import Stage
from tocsin.clocks.models import Deadline, Notice
from tocsin.clocks.registry import clock_of
from tocsin.common import clock
from tocsin.desk.deadline_words import SOON, DeadlineWords
from tocsin.desk.subjects import title_of
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import local_day
from tocsin.ui.templatetags.ui import plain_date
from tocsin.workflow.proposals import PROPOSAL_TOPIC

STAGES: dict[str, str | Promise] = {
    Stage.REMINDER: gettext_lazy("is due soon"),
    Stage.OVERDUE: gettext_lazy("is overdue"),
    Stage.ESCALATION: gettext_lazy("is still overdue"),
}


def clock_label(row: Deadline) -> str:
    """What a clock is called."""
    return str(clock_of(row.subject_kind, row.clock).label)


def row_words(row: Deadline) -> DeadlineWords:
    """How a running clock stands, seen from now."""
    moment, overdue = clock.now(), row.is_overdue(clock.now())
    if row.paused_until is not None and row.is_paused(moment):
        until = plain_date(local_day(row.paused_until - timedelta(microseconds=1), get_pack()))
        return DeadlineWords(_("Stopped until %(day)s at the latest") % {"day": until}, "", row.due_on)
    if overdue and not clock_of(row.subject_kind, row.clock).binds_office:
        return DeadlineWords(_("The waiting time is over"), "yellow", row.due_on)
    if row.due_on is None:
        return _in_hours(row.due_at - moment)
    days = (row.due_on - local_day(moment, get_pack())).days
    if overdue:
        late = max(1, -days)
        told = ngettext("%(n)s day overdue", "%(n)s days overdue", late) % {"n": late}
        return DeadlineWords(told, "red", row.due_on)
    if days <= 0:
        return DeadlineWords(_("Due today"), "yellow", row.due_on)
    told = ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    return DeadlineWords(told, "yellow" if days <= SOON else "", row.due_on)


def _in_hours(left: timedelta) -> DeadlineWords:
    minutes = int(abs(left).total_seconds() // 60)
    hours, overdue = minutes // 60, left <= timedelta()
    if hours >= 48:
        days = hours // 24
        told = ngettext("%(n)s day overdue", "%(n)s days overdue", days)
        left_words = ngettext("%(n)s day left", "%(n)s days left", days)
        return DeadlineWords((told if overdue else left_words) % {"n": days}, "red" if overdue else "yellow", None)
    if hours:
        told = ngettext("%(n)s hour overdue", "%(n)s hours overdue", hours)
        left_words = ngettext("%(n)s hour left", "%(n)s hours left", hours)
        return DeadlineWords((told if overdue else left_words) % {"n": hours}, "red" if overdue else "yellow", None)
    told = ngettext("%(n)s minute overdue", "%(n)s minutes overdue", minutes)
    left_words = ngettext("%(n)s minute left", "%(n)s minutes left", minutes)
    return DeadlineWords((told if overdue else left_words) % {"n": minutes}, "red" if overdue else "yellow", None)


def notice_words(notice: Notice) -> str:
    """What a notice says: which clock, at which stage, about how many."""
    if notice.topic == PROPOSAL_TOPIC:
        return _("Your proposal ran out before anybody had decided it")
    known = clock_of(notice.subject_kind, notice.topic)
    if not known.binds_office and notice.stage != Stage.REMINDER:
        return _("%(clock)s: the waiting time is over") % {"clock": known.label}
    if not notice.subject_ref:
        told = {"clock": known.label, "stage": STAGES[notice.stage], "n": notice.count}
        return _("%(clock)s %(stage)s for %(n)s reports") % told
    return _("%(clock)s %(stage)s") % {"clock": known.label, "stage": STAGES[notice.stage]}


def notice_title(notice: Notice) -> str:
    """The subject of a notice; empty where it is about many."""
    return title_of(notice.subject_kind, notice.subject_ref) if notice.subject_ref else ""
