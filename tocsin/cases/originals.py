"""What the reports of a case say, beside a text that is to go out. Who reported is sealed elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases.models import Case, CaseTip
from tocsin.cases.taking import note
from tocsin.tips.content import TipContent
from tocsin.tips.models import SAID_BY_REPORTER, Evidence, Tip, TipMessage
from tocsin.tips.reader import TipReader
from tocsin.tips.safe_copies import names_of
from tocsin.tips.selectors import content_of
from tocsin.tips.workflow import State

SEEN, HEARD, THOUGHT = "what", "heard", "think"
NOT_WORDS = frozenset({"often", "still", "source", "relation", "involved", "risk", "award", "point", "day"})
"""Answers that were chosen, not written: nobody can be recognised by how they are worded."""


@dataclass(frozen=True)
class Original:
    """One report: what its reporter saw, was told and concludes, in their words; further answers, messages, files."""

    tip: Tip
    seen: str
    heard: str
    thought: str
    others: Sequence[tuple[str, str]]
    messages: Sequence[str]
    files: Sequence[str]

    @property
    def words(self) -> list[str]:
        """Everything that the reporter wrote."""
        written = [text for name, text in self.others if name not in NOT_WORDS]
        return [text for text in (self.seen, self.heard, self.thought, *written, *self.messages) if text]


def originals_of(actor: Actor, case: Case) -> list[Original]:
    """The reports of a case that may be passed on, in the order of arrival: none that was taken back or destroyed.

    Raises ``Locked`` while the desk is locked. Writes one line into the audit log.
    """
    members = CaseTip.objects.filter(case=case).select_related("tip").order_by("tip_id")
    tips = [row.tip for row in members if row.tip.state != State.WITHDRAWN and not row.tip.destroyed_on]
    contents = {tip.pk: content_of(tip) for tip in tips}
    readers = {tip.pk: TipReader(tip, contents[tip.pk]) for tip in tips}
    written: dict[int, list[str]] = {tip.pk: [] for tip in tips}
    for row in TipMessage.objects.filter(tip__in=tips, kind__in=SAID_BY_REPORTER).order_by("id"):
        written[row.tip_id].append(readers[row.tip_id].message(bytes(row.blob), row.ref) or "")
    named: dict[int, list[str]] = {tip.pk: [] for tip in tips}
    for file, name in names_of(Evidence.objects.filter(tip__in=tips).order_by("id")):
        named[file.tip_id].append(name)
    found = [_original(tip, contents[tip.pk], written[tip.pk], named[tip.pk]) for tip in tips]
    with transaction.atomic():
        refs = " ".join(tip.ref for tip in tips)
        note(actor, Permission.TIP_READ, "case.originals", f"case:{case.ref}", tips=refs)
    return found


def _original(tip: Tip, content: TipContent, messages: Sequence[str], files: Sequence[str]) -> Original:
    answers = dict(content.answers)
    seen, heard, thought = (answers.pop(name, "") for name in (SEEN, HEARD, THOUGHT))
    details = [(code, str(told)) for code, told in content.particulars.details.items() if told is not None]
    return Original(tip, seen, heard, thought, [*answers.items(), *details], messages, files)


def first_text(originals: Sequence[Original]) -> str:
    """How a text begins: with what was seen, and nothing that was heard, concluded or told of the reporter."""
    return "\n\n".join(each.seen for each in originals if each.seen)
