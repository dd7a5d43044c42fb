"""Outside one's own queue a tip opens with a reason: sealed, once a day, in the log only as given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.apps import apps

from tests.databases import in_threads
from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import Reported, say_why, send_report
from tocsin.access.actors import REPORTER, Actor
from tocsin.access.permissions import Role
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.tips.inbox import excerpts
from tocsin.tips.models import ReadingReason
from tocsin.tips.reading import LONGEST_REASON, ReasonNeeded, give_reason, may_read, reasons_given
from tocsin.tips.safe_copies import read_copy
from tocsin.tips.selectors import read_tip
from tocsin.tips.workflow import State
from tocsin.vault.unlocked import Locked, lock_now

pytestmark = pytest.mark.django_db
CANARY = "The inspector asked me about zanzibar."


def readings() -> int:
    return AuditRecord.objects.filter(action="tip.read").count()


def test_outside_ones_queue_nothing_opens_and_nothing_is_noted_as_read(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    for outside in (cast.tara, cast.ivo, cast.sam):
        with pytest.raises(ReasonNeeded):
            read_tip(outside, reported.ref)
        with pytest.raises(ReasonNeeded):
            read_copy(outside, reported.ref, "BCDFGHJKMNPQRSTVWXYZ")
        assert excerpts(outside, [reported.tip]) == {}
    assert readings() == 0
    assert read_tip(cast.ines, reported.ref).content is not None


def test_with_a_reason_it_opens_for_that_person_that_tip_and_that_day(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(datetime(2026, 11, 3, 9, tzinfo=UTC))
    reported, other = send_report(), send_report()
    give_reason(actor=cast.tara, tip=reported.tip, reason=CANARY)
    assert read_tip(cast.tara, reported.ref).content is not None
    for who, ref in ((cast.tara, other.ref), (cast.ivo, reported.ref)):
        with pytest.raises(ReasonNeeded):
            read_tip(who, ref)
    time.forward(hours=6)  # 23:00 in Shanghai, where the sample authority sits
    assert may_read(cast.tara, reported.tip)
    time.forward(hours=1)
    assert not may_read(cast.tara, reported.tip)


def test_the_words_stay_out_of_the_list_even_with_a_reason(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    say_why(cast.tara, reported)
    assert excerpts(cast.tara, [reported.tip]) == {}


def test_the_reason_is_sealed_and_the_log_says_only_that_one_was_given(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    give_reason(actor=cast.tara, tip=reported.tip, reason=f"  {CANARY}\r\n")
    line = AuditRecord.objects.get(action="tip.reading_reason")
    assert (line.actor, line.role, line.subject) == (cast.tara.name, "triage", f"tip:{reported.ref}")
    for model in apps.get_models():
        assert "zanzibar" not in str(list(model._default_manager.values()))
    (told,) = reasons_given(cast.ines, reported.tip)
    assert (told.who, told.reason) == ("Tara", CANARY)


def test_reasons_are_shown_to_who_may_read_the_tip_while_the_desk_is_unlocked(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    give_reason(actor=cast.tara, tip=reported.tip, reason=CANARY)
    with pytest.raises(ReasonNeeded):
        reasons_given(cast.sam, reported.tip)
    with pytest.raises(NotPermitted):
        reasons_given(cast.ada, reported.tip)
    lock_now()
    with pytest.raises(Locked):
        reasons_given(cast.ines, reported.tip)


def test_the_first_reason_of_the_day_stays_and_is_one_line(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    for reason in (CANARY, "Another reason altogether."):
        give_reason(actor=cast.tara, tip=reported.tip, reason=reason)
    assert [told.reason for told in reasons_given(cast.tara, reported.tip)] == [CANARY]
    assert AuditRecord.objects.filter(action="tip.reading_reason").count() == 1


@pytest.mark.parametrize(
    "reason", ["", "   \n\t ", "because", "x", "\x00\x01\x02", ". . . . . .", "x" * (LONGEST_REASON + 1)]
)
def test_a_reason_that_says_nothing_or_too_much_opens_nothing(
    reason: str, cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    with pytest.raises(RuleBroken):
        give_reason(actor=cast.tara, tip=reported.tip, reason=reason)
    assert not may_read(cast.tara, reported.tip)
    assert not ReadingReason.objects.exists()


def test_a_locked_desk_takes_a_reason_and_shows_nothing(
    cast: Cast, reported: Reported, installation: Installation
) -> None:
    say_why(cast.tara, reported)
    with pytest.raises(Locked):
        read_tip(cast.tara, reported.ref)
    installation.unlock()
    assert read_tip(cast.tara, reported.ref).content is not None


def test_no_reason_opens_a_tip_to_who_may_not_read_or_declared_an_interest(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    for who in (cast.ada, hire("pat", Role.PAYER), REPORTER):
        with pytest.raises(NotPermitted):
            say_why(who, reported)
    services.declare_interest(actor=cast.tara, tip=reported.tip, has_interest=True)
    with pytest.raises(NotPermitted):
        say_why(cast.tara, reported)
    assert not ReadingReason.objects.exists()


def test_whoever_took_a_step_today_sees_what_they_have_done(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(datetime(2026, 11, 3, 9, tzinfo=UTC))
    reported = send_report()
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    assert may_read(cast.ines, reported.tip), "the page after her own step"
    assert not may_read(hire("other", Role.INTAKE), reported.tip)
    time.forward(days=1)
    assert not may_read(cast.ines, reported.tip)


@pytest.mark.usefixtures("shared_database")
def test_two_windows_at_once_keep_one_reason(installation: Installation, shared_database: None) -> None:
    who, reported = hire("tara", Role.TRIAGE), send_report()

    def say() -> Actor:
        say_why(who, reported)
        return who

    in_threads([say, say, say])
    assert ReadingReason.objects.count() == 1
    assert AuditRecord.objects.filter(action="tip.reading_reason").count() == 1
    assert may_read(who, reported.tip)


def test_a_closed_tip_is_in_nobodys_queue(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.CLOSED)
    assert not may_read(hire("other", Role.INTAKE, Role.TRIAGE, Role.INVESTIGATOR, Role.SUPERVISOR), reported.tip)
