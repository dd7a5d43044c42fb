"""Reading one tip in clear: all of it, for who may, with a trace, and not while the desk is locked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import CONTACT, Reported, bring_to, say_why, send_report, waiting, write_to_staff
from tocsin.access.actors import REPORTER, Actor
from tocsin.access.permissions import Role
from tocsin.common.errors import NotPermitted, RuleBroken, Unsafe
from tocsin.ledger.models import AuditRecord
from tocsin.tips import mailbox, selectors, services
from tocsin.tips.models import Tip
from tocsin.tips.selectors import content_of, open_reason, read_tip
from tocsin.tips.workflow import State
from tocsin.vault.opening import CannotOpen
from tocsin.vault.unlocked import Locked, lock_now

pytestmark = pytest.mark.django_db


def readings() -> int:
    return AuditRecord.objects.filter(action="tip.read").count()


def test_a_tip_is_read_with_its_messages_its_history_and_what_waits(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    moment = set_clock(datetime(2031, 3, 3, 9, 45, tzinfo=UTC)).now()
    reported = send_report("Two men.", where="Old dairy")
    bring_to(State.NEED_INFO, reported=reported, cast=cast)
    write_to_staff(reported, "On Monday.")
    services.start_verification(actor=cast.sam, tip=reported.tip, legal_basis="Section 4")
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="already_known", reason="Known since May.")
    opened = read_tip(cast.sam, reported.ref)
    assert opened.tip == reported.tip
    assert opened.content is not None
    assert opened.content.answers == {"what": "Two men.", "where": "Old dairy"}
    assert opened.content.identity_given
    assert CONTACT not in str(opened)
    hour = moment.replace(minute=0)
    assert [(each.kind, each.from_staff, each.text, each.written_hour) for each in opened.messages] == [
        ("question", True, "On which day was it?", hour),
        ("answer", False, "On Monday.", hour),
    ]
    assert [(each.step.name, each.source, each.target, each.actor, each.reason) for each in opened.history] == [
        ("acknowledge", "received", "acknowledged", cast.ines.name, ""),
        ("begin_triage", "acknowledged", "in_triage", cast.tara.name, ""),
        ("ask", "in_triage", "need_info", cast.tara.name, ""),
        ("answer", "need_info", "in_triage", "reporter", ""),
        ("start_verification", "in_triage", "under_verification", cast.sam.name, "Section 4"),
    ]
    assert [each.at for each in opened.history] == [moment, moment, moment, hour, moment]
    assert {each.role for each in opened.history} == {"intake", "triage", "reporter", "supervisor"}
    assert opened.waiting is not None
    assert opened.waiting.proposal == waiting(reported.tip)
    assert (opened.waiting.step.name, opened.waiting.reason) == ("set_outcome", "Known since May.")
    assert (opened.waiting.outcome, opened.waiting.outcome_label) == ("already_known", "Already known")


def test_what_was_decided_says_who_proposed_it_and_waits_no_more(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.OUTCOME_SET)
    say_why(cast.lea, reported)
    opened = read_tip(cast.lea, reported.ref)
    assert opened.waiting is None
    last = opened.history[-1]
    assert (last.step.name, last.actor, last.proposed_by) == ("set_outcome", cast.sam.name, cast.ivo.name)
    assert last.reason == "The cages were found."


def test_a_proposal_that_sets_no_outcome_has_no_words_for_one(cast: Cast, unlocked_desk: Installation) -> None:
    reported = send_report()
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Danger.")
    bring_to(State.FEEDBACK_GIVEN, reported=reported, cast=cast)
    services.close(actor=cast.sam, tip=reported.tip, reason="Dealt with.")
    opened = read_tip(cast.lea, reported.ref)
    assert opened.waiting is not None
    assert (opened.waiting.outcome, opened.waiting.outcome_label) == ("", "")


def test_each_reading_is_one_line_in_the_log_under_the_office_that_reads(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    both = hire("both", Role.ADMINISTRATOR, Role.SUPERVISOR, Role.INVESTIGATOR)
    say_why(both, reported)
    for _ in range(2):
        read_tip(both, reported.ref)
    lines = AuditRecord.objects.filter(action="tip.read")
    assert [(line.actor, line.role, line.subject) for line in lines] == [
        (both.name, "investigator", f"tip:{reported.ref}")
    ] * 2


def test_nothing_is_shown_whose_reading_cannot_be_written_down(
    ines: Actor, reported: Reported, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise OSError("no trace can be written")

    monkeypatch.setattr(selectors, "record_audit", broken)
    with pytest.raises(OSError, match="no trace"):
        read_tip(ines, reported.ref)


def test_a_locked_desk_reads_nothing_and_writes_no_reading_down(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported, gone = tip_in(State.IN_TRIAGE), send_report()
    mailbox.withdraw(keys=gone.keys)
    lock_now()
    for ref in (reported.ref, gone.ref):
        with pytest.raises(Locked, match="locked"):
            read_tip(cast.tara, ref)
    with pytest.raises(Locked):
        content_of(reported.tip)
    with pytest.raises(Locked):
        open_reason(reported.ref, b"sealed")
    assert readings() == 0


def test_who_may_not_see_a_tip_finds_none_and_leaves_no_reading(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    services.declare_interest(actor=cast.tara, tip=reported.tip, has_interest=True)
    with pytest.raises(Tip.DoesNotExist):
        read_tip(cast.tara, reported.ref)
    for ref in ("", "nothing", "B" * 20, "\x00"):
        with pytest.raises(Tip.DoesNotExist):
            read_tip(cast.sam, ref)
    for actor in (cast.ada, REPORTER):
        with pytest.raises(NotPermitted):
            read_tip(actor, reported.ref)
    assert readings() == 0


def test_of_a_destroyed_tip_the_history_stays(cast: Cast, reported: Reported, unlocked_desk: Installation) -> None:
    write_to_staff(reported, "One thing more.")
    mailbox.withdraw(keys=reported.keys)
    say_why(cast.ines, reported)
    opened = read_tip(cast.ines, reported.ref)
    assert opened.content is None
    assert list(opened.messages) == []
    assert [line.step.name for line in opened.history] == ["add", "withdraw_unread"]
    with pytest.raises(RuleBroken, match="was destroyed"):
        content_of(reported.tip)


def test_content_or_reason_moved_to_another_tip_does_not_open(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    one, other = tip_in(State.UNDER_VERIFICATION), tip_in(State.UNDER_VERIFICATION)
    proposal = services.propose_outcome(actor=cast.ivo, tip=one.tip, outcome="already_known", reason="Known.")
    with pytest.raises(CannotOpen):
        open_reason(other.ref, bytes(proposal.payload))
    Tip.objects.filter(ref=other.ref).update(content=one.tip.content, wrapped_key=one.tip.wrapped_key)
    with pytest.raises(CannotOpen):
        read_tip(cast.sam, other.ref)
    assert readings() == 0


def test_a_tip_whose_months_key_is_gone_does_not_open(
    ines: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    Tip.objects.update(retention_id="2001-01")
    with pytest.raises(Unsafe, match="2001-01"):
        read_tip(ines, reported.ref)
    assert readings() == 0


def test_no_reason_stays_no_reason(unlocked_desk: Installation) -> None:
    assert open_reason("BCDFG", b"") == ""
