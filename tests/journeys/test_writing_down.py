"""Reports that staff write down: what belongs to one is stored with it, once, and its reporter can check it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from tests.databases import in_threads
from tests.hygiene.traces import in_the_database
from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import Reported, incoming, send_report
from tests.visitor import Page, Visitor
from tocsin.access.actors import REPORTER, Actor
from tocsin.access.permissions import NOT_FOR_STAFF, Role
from tocsin.clocks.models import Deadline
from tocsin.common.errors import Busy, Conflict, NotPermitted, RuleBroken
from tocsin.desk.tests.conftest import DESK_DOOR, Desk
from tocsin.intake.attempts import Ticket, TicketOffice
from tocsin.intake.channels.hotline.line import line_of
from tocsin.intake.submission import clean
from tocsin.intake.transcript import transcript_of
from tocsin.intake.writing_down import Told, WrittenDown, ledger_key_of, write_down, written_down_before
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.policy.active import get_pack
from tocsin.tips import dictation, lines, mailbox, services
from tocsin.tips.content import Particulars
from tocsin.tips.evidence import path_of
from tocsin.tips.handoff import hand_off
from tocsin.tips.models import Evidence, MessageKind, Tip, TipMessage, Transcription
from tocsin.tips.selectors import content_of, read_tip
from tocsin.tips.workflow import State
from tocsin.vault import unlocked
from tocsin.vault.codes import CodeKeys, words_of
from tocsin.vault.unlocked import Locked
from tocsin.workflow.models import StepRecord

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
OFFICE = TicketOffice("a secret of the tests")
NUMBER = "13911112222"
SAID = "A man with a knife at the old quay."


def ticket() -> Ticket:
    return OFFICE.open(OFFICE.issue("call"), "call")


def call(
    what: str = "Barrels in the brook.", *, number: str = "", words: bool = True, urgent: str = "", **more: Any
) -> Told:
    """What an operator wrote down."""
    particulars = Particulars(provenance={"typed_by": "staff:1", "words": "given" if words else "none"})
    submission = clean(
        channel=more.pop("channel", "hotline"),
        category="other",
        answers={"what": what},
        contact=more.pop("contact", ""),
        particulars=particulars,
    )
    transcript = transcript_of(submission, get_pack(), "en") if words else ""
    return Told(submission, line=line_of(number, country="CN"), transcript=transcript, urgent_because=urgent, **more)


def keys_of(stored: WrittenDown) -> CodeKeys:
    return CodeKeys.derive(stored.seed)


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Tip, Transcription, TipMessage, AuditRecord, StepRecord))


def test_a_call_is_stored_with_its_line_its_transcript_and_its_urgency_while_the_desk_is_locked(
    ines: Actor, installation: Installation
) -> None:
    told = call(number=NUMBER, urgent="He has a knife.", contact="Mia")
    stored = write_down(actor=ines, told=told, ticket=ticket())
    tip = Tip.objects.get(ref=stored.ref)
    assert (tip.state, tip.urgent, tip.channel) == (State.RECEIVED, True, "hotline")
    assert tip.transcription.staff_id == ines.staff_id
    assert bytes(tip.transcription.line) == line_of(NUMBER, country="CN")
    assert [line.action for line in AuditRecord.objects.filter(subject=f"tip:{tip.ref}").order_by("id")] == [
        "tip.receive", "tip.write_down", "tip.flag_urgent",
    ]  # fmt: skip
    (message,) = mailbox.read_mailbox(keys_of(stored)).messages
    assert message.written_down
    assert message.text is not None
    assert "Barrels in the brook." in message.text
    assert "Mia" not in message.text
    installation.unlock()
    opened = read_tip(ines, tip.ref)
    assert opened.history[0].reason == "He has a knife."
    assert "Barrels" not in (opened.messages[0].text or ""), (
        "staff read the report itself, which goes with its month's key"
    )


def test_the_number_of_a_caller_is_nowhere_in_the_database(ines: Actor, installation: Installation) -> None:
    write_down(actor=ines, told=call(number=f"+86 {NUMBER}"), ticket=ticket())
    for place, data in in_the_database():
        for trace in (NUMBER, "139 1111", f"+86{NUMBER}", NUMBER.encode().hex()):
            assert trace.encode() not in data, place


def test_without_words_nobody_can_read_a_transcript(ines: Actor, installation: Installation) -> None:
    stored = write_down(actor=ines, told=call(words=False), ticket=ticket())
    assert stored.seed == b""
    assert not TipMessage.objects.exists()
    assert bytes(Transcription.objects.get().line) == b""


def test_one_form_is_one_report_and_the_same_words(ines: Actor, installation: Installation) -> None:
    form = ticket()
    first = write_down(actor=ines, told=call(), ticket=form)
    before = counts()
    again = write_down(actor=ines, told=call(), ticket=form)
    assert counts() == before
    assert (again.ref, again.seed, again.is_same) == (first.ref, first.seed, True)
    assert (first.accepted.first_time, again.accepted.first_time) == (True, False)


def test_what_was_changed_after_the_form_was_sent_makes_no_second_report_and_is_told(
    ines: Actor, unlocked_desk: Installation
) -> None:
    form = ticket()
    first = write_down(actor=ines, told=call(), ticket=form)
    changed = write_down(actor=ines, told=call("Barrels, and a lorry."), ticket=form)
    assert (changed.ref, changed.is_same) == (first.ref, False)
    assert content_of(Tip.objects.get()).answers["what"] == "Barrels in the brook."


def test_a_report_that_becomes_an_emergency_after_it_was_stored_is_marked(
    ines: Actor, installation: Installation
) -> None:
    form = ticket()
    write_down(actor=ines, told=call(), ticket=form)
    for _time in range(2):
        write_down(actor=ines, told=call(urgent="Now he has a knife."), ticket=form)
    assert Tip.objects.get().urgent
    assert StepRecord.objects.filter(step="flag_urgent").count() == 1


def test_an_old_form_stores_nothing_new_but_finds_what_it_stored(ines: Actor, installation: Installation) -> None:
    form = ticket()
    assert written_down_before(actor=ines, told=call(), ticket=form) is None
    assert not Tip.objects.exists()
    stored = write_down(actor=ines, told=call(), ticket=form)
    before = written_down_before(actor=ines, told=call(), ticket=form)
    assert before is not None
    assert (before.ref, before.seed, before.is_same) == (stored.ref, stored.seed, True)


def test_when_what_belongs_to_a_report_cannot_be_stored_the_report_is_not_either(
    ines: Actor, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = incoming()
    told = call(urgent="x")
    submission = clean(channel="letter", category="other", answers={"what": "x"}, contact="")
    with_file = Told(submission=type(submission)(**{**vars(submission), "files": (file,)}), urgent_because="x")

    def full(**_: object) -> None:
        raise Busy("The disk is full.")

    monkeypatch.setattr("tocsin.intake.writing_down.take_step", full)
    form = ticket()
    for each in (told, with_file):
        with pytest.raises(Busy):
            write_down(actor=ines, told=each, ticket=form)
    assert counts()[:3] == (0, 0, 0)
    monkeypatch.undo()
    assert write_down(actor=ines, told=told, ticket=form).accepted.first_time


def test_a_fault_of_ours_leaves_nothing_behind_not_even_the_file(
    ines: Actor, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = incoming()
    submission = clean(channel="letter", category="other", answers={"what": "x"}, contact="")
    told = Told(submission=type(submission)(**{**vars(submission), "files": (file,)}), transcript="x")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("tocsin.intake.writing_down.seal_message", broken)
    with pytest.raises(RuntimeError):
        write_down(actor=ines, told=told, ticket=ticket())
    assert counts() == (0, 0, 0, AuditRecord.objects.count(), 0)
    assert not Evidence.objects.exists()
    assert not path_of(file.ref).exists()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.INTAKE and role not in NOT_FOR_STAFF])
def test_nobody_else_at_the_desk_writes_reports_down(role: Role, installation: Installation, db: None) -> None:
    somebody = hire("somebody", role)
    reported = send_report()
    with pytest.raises(NotPermitted):
        write_down(actor=somebody, told=call(number=NUMBER), ticket=ticket())
    with pytest.raises(NotPermitted):
        written_down_before(actor=somebody, told=call(), ticket=ticket())
    with pytest.raises(NotPermitted):
        lines.look_up_line(actor=somebody, line=b"x" * 32)
    with pytest.raises(NotPermitted):
        dictation.dictate(actor=somebody, tip=reported.tip, text="x", attempt="A")
    assert Tip.objects.count() == 1


def test_a_reporter_writes_nothing_down_for_others(installation: Installation, db: None) -> None:
    with pytest.raises(NotPermitted):
        write_down(actor=REPORTER, told=call(), ticket=ticket())
    assert not Tip.objects.exists()


@pytest.mark.usefixtures("shared_database")
def test_a_double_click_at_the_same_moment_is_one_report(ines: Actor, installation: Installation) -> None:
    form, told = ticket(), call(number=NUMBER, urgent="x")
    made = in_threads([lambda: write_down(actor=ines, told=told, ticket=form) for _ in range(4)])
    assert len({each.ref for each in made if isinstance(each, WrittenDown)}) == 1, made
    assert counts()[:3] == (1, 1, 1)


@pytest.mark.usefixtures("shared_database")
def test_two_operators_at_once_have_two_reports_and_two_codes(ines: Actor, installation: Installation) -> None:
    other = hire("otto", Role.INTAKE)
    made: list[Any] = in_threads(
        [
            lambda: write_down(actor=ines, told=call("One.", number=NUMBER), ticket=ticket()),
            lambda: write_down(actor=other, told=call("Two.", number=NUMBER), ticket=ticket()),
        ]
    )
    assert len({each.ref for each in made}) == len({each.seed for each in made}) == 2
    assert lines.look_up_line(actor=ines, line=line_of(NUMBER, country="CN")).count == 2


# Earlier calls from one line


def test_earlier_calls_are_counted_with_their_span_and_their_ends(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    clock = set_clock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    for number in range(12):
        write_down(actor=cast.ines, told=call(f"Call {number}.", number=NUMBER), ticket=ticket())
        clock.forward(days=1)
    write_down(actor=cast.ines, told=call("Another line.", number="13933334444"), ticket=ticket())
    write_down(actor=cast.ines, told=call("Withheld."), ticket=ticket())
    found = lines.look_up_line(actor=cast.ines, line=line_of(f"+86{NUMBER}", country="CN"))
    assert (found.count, len(found.calls), found.more) == (12, 10, 2)
    assert (str(found.first_on), str(found.last_on)) == ("2026-03-01", "2026-03-12")
    assert [tip.pk for tip in found.calls] == sorted((tip.pk for tip in found.calls), reverse=True)


def test_who_looked_is_written_down_and_the_line_is_not(ines: Actor, installation: Installation) -> None:
    line = line_of(NUMBER, country="CN")
    lines.look_up_line(actor=ines, line=line)
    (told,) = AuditRecord.objects.filter(action="line.look_up")
    assert (told.actor, told.detail) == (ines.name, {"earlier": "0"})
    assert line.hex() not in f"{vars(told)}"


def test_withheld_numbers_are_no_common_line(ines: Actor, installation: Installation) -> None:
    write_down(actor=ines, told=call(), ticket=ticket())
    with pytest.raises(ValueError, match="no calls from one line"):
        lines.look_up_line(actor=ines, line=b"")


def test_somebody_with_an_interest_does_not_see_that_the_line_called(ines: Actor, installation: Installation) -> None:
    stored = write_down(actor=ines, told=call(number=NUMBER), ticket=ticket())
    services.declare_interest(actor=ines, tip=Tip.objects.get(ref=stored.ref), has_interest=True)
    assert lines.look_up_line(actor=ines, line=line_of(NUMBER, country="CN")).count == 0


def test_looking_costs_the_same_for_one_call_and_for_many(
    ines: Actor, installation: Installation, django_assert_num_queries: Any
) -> None:
    for number in range(11):
        write_down(actor=ines, told=call(f"Call {number}.", number=NUMBER), ticket=ticket())
    for known in (NUMBER, "13933334444"):
        with django_assert_num_queries(5):  # two readings, the audit line and its savepoint
            lines.look_up_line(actor=ines, line=line_of(known, country="CN"))


def test_a_report_that_was_taken_back_unread_forgets_its_line(ines: Actor, installation: Installation) -> None:
    stored = write_down(actor=ines, told=call(number=NUMBER), ticket=ticket())
    assert mailbox.withdraw(keys=keys_of(stored))
    assert not Transcription.objects.exists()
    assert lines.look_up_line(actor=ines, line=line_of(NUMBER, country="CN")).count == 0


# Letters


def test_the_clocks_of_a_letter_count_from_its_arrival(
    ines: Actor, installation: Installation, set_clock: Callable[..., TestClock]
) -> None:
    now = set_clock(datetime(2026, 6, 10, 9, tzinfo=UTC)).moment
    told = call(channel="letter", words=False, arrived_at=now - timedelta(days=8))
    tip = Tip.objects.get(ref=write_down(actor=ines, told=told, ticket=ticket()).ref)
    assert str(tip.acknowledge_by) == "2026-06-09", "it is overdue on its first day, and everybody can see it"
    assert str(tip.received_hour.date()) == "2026-06-02"


# What the reporter does with the transcript, and staff afterwards


def test_a_correction_stands_beside_what_was_written_down(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    stored = write_down(actor=cast.ines, told=call(), ticket=ticket())
    keys = keys_of(stored)
    assert mailbox.read_mailbox(keys).transcribed
    mailbox.write_to_staff(keys=keys, text="Not barrels: sacks.", attempt="FIRST", corrects=True)
    mailbox.write_to_staff(keys=keys, text="And one lorry.", attempt="SECOND")
    opened = read_tip(cast.ines, stored.ref)
    assert opened.content is not None
    assert opened.content.answers["what"] == "Barrels in the brook."
    assert [(each.kind, each.text) for each in opened.messages[1:]] == [
        (MessageKind.CORRECTION, "Not barrels: sacks."), (MessageKind.ADDITION, "And one lorry."),
    ]  # fmt: skip


def test_a_correction_while_a_question_waits_ends_the_waiting(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.NEED_INFO)
    mailbox.write_to_staff(keys=reported.keys, text="Sacks.", attempt="FIRST", corrects=True)
    assert reported.tip.state == State.IN_TRIAGE
    assert TipMessage.objects.get(ref="FIRST").kind == MessageKind.CORRECTION


def test_what_is_added_during_the_talk_reaches_staff_and_reporter_once(cast: Cast, unlocked_desk: Installation) -> None:
    stored = write_down(actor=cast.ines, told=call(urgent="x"), ticket=ticket())
    tip = Tip.objects.get(ref=stored.ref)
    for _time in range(2):
        dictation.dictate(actor=cast.ines, tip=tip, text="He left in a grey van.", attempt="SAME")
    assert [each.text for each in read_tip(cast.ines, tip.ref).messages[1:]] == ["He left in a grey van."]
    assert [each.text for each in mailbox.read_mailbox(keys_of(stored)).messages[1:]] == ["He left in a grey van."]
    assert Tip.objects.get().unread_replies == 1
    assert StepRecord.objects.filter(step="dictate").count() == 1


@pytest.mark.parametrize("text", ["", " \n\x00", "x" * 200_001])
def test_nothing_and_too_much_are_not_added(text: str, ines: Actor, reported: Reported) -> None:
    with pytest.raises(RuleBroken):
        dictation.dictate(actor=ines, tip=reported.tip, text=text, attempt="A")
    assert not TipMessage.objects.exists()


def test_nothing_is_added_to_what_was_taken_back(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.WITHDRAWN)
    with pytest.raises(Conflict):
        dictation.dictate(actor=cast.ines, tip=reported.tip, text="x", attempt="A")


def test_nothing_is_added_where_the_text_went(ines: Actor, reported: Reported) -> None:
    mailbox.withdraw(keys=reported.keys)
    with pytest.raises(Conflict, match="destroyed"):
        dictation.dictate(actor=ines, tip=reported.tip, text="x", attempt="A")
    assert not TipMessage.objects.exists()


# Handing over during the talk. Everything else about it is tested with the service itself.


@pytest.mark.parametrize("words", [True, False])
def test_whoever_has_the_form_hands_over_at_a_locked_desk(words: bool, cast: Cast, unlocked_desk: Installation) -> None:
    form = ticket()
    stored = write_down(actor=cast.ines, told=call(urgent="x", words=words), ticket=form)
    tip, leaves = Tip.objects.get(ref=stored.ref), Pending.objects.count()
    unlocked.lock_now()
    with pytest.raises(Locked):
        hand_off(actor=cast.ines, tip=tip, body="000-0001", said=SAID)
    hand_off(actor=cast.ines, tip=tip, body="000-0001", said=SAID, k_events=ledger_key_of(form))
    record = StepRecord.objects.get(step="hand_off")
    assert (record.actor, record.role) == (cast.ines.name, "intake")
    assert SAID.encode() not in bytes(record.reason)
    assert SAID not in str(list(AuditRecord.objects.values()))
    assert Deadline.objects.get(clock="urgent").ended_at is not None
    assert Pending.objects.count() == leaves + 1


def test_a_hand_over_at_a_locked_desk_is_counted_as_at_an_open_one(cast: Cast, unlocked_desk: Installation) -> None:
    form = ticket()
    stored = write_down(actor=cast.ines, told=call(urgent="x"), ticket=form)
    assert ledger_key_of(form) == content_of(Tip.objects.get(ref=stored.ref)).k_events
    hand_off(actor=cast.ines, tip=Tip.objects.get(), body="000-0002", said=SAID, k_events=ledger_key_of(form))
    line = read_tip(cast.ines, stored.ref).history[-1]
    assert line.reason == f"Ambulance (sample number) (000-0002)\n{SAID}"
    assert Tip.objects.get().event_count == 2, "its arrival and this; the mark of urgency is not counted"


@pytest.mark.parametrize(
    ("body", "said"), [("", SAID), ("110", SAID), ("000-0001 ", SAID), ("000-0001", ""), ("000-0001", " \n")]
)
def test_a_hand_over_names_a_body_of_the_rules_and_what_was_said(
    body: str, said: str, ines: Actor, reported: Reported
) -> None:
    with pytest.raises(RuleBroken):
        hand_off(actor=ines, tip=reported.tip, body=body, said=said, k_events=reported.keys.events)
    assert not StepRecord.objects.filter(step="hand_off").exists()


def test_somebody_with_an_interest_neither_adds_nor_hands_over(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.RECEIVED)
    services.declare_interest(actor=cast.ines, tip=reported.tip, has_interest=True)
    with pytest.raises(NotPermitted):
        hand_off(actor=cast.ines, tip=reported.tip, body="000-0001", said=SAID, k_events=reported.keys.events)
    with pytest.raises(NotPermitted):
        dictation.dictate(actor=cast.ines, tip=reported.tip, text="x", attempt="A")


def test_other_offices_hand_nothing_over(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.RECEIVED)
    for actor in (cast.ivo, cast.sam, cast.ada):
        for key in (b"", reported.keys.events):
            with pytest.raises(NotPermitted):
                hand_off(actor=actor, tip=reported.tip, body="000-0001", said=SAID, k_events=key)


@pytest.mark.parametrize("state", [State.CLOSED, State.WITHDRAWN], ids=str)
def test_what_ended_is_handed_over_to_nobody(state: State, cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(state)
    with pytest.raises(Conflict):
        hand_off(actor=cast.ines, tip=reported.tip, body="000-0001", said=SAID, k_events=reported.keys.events)


def test_a_report_that_its_reporter_wrote_has_no_transcript(installation: Installation, db: None) -> None:
    reported = send_report()
    assert not Transcription.objects.exists()
    assert not mailbox.read_mailbox(reported.keys).transcribed


def test_the_reporter_checks_what_was_written_down_and_staff_see_both(cast: Cast, unlocked_desk: Installation) -> None:
    with override_settings(**DESK_DOOR):
        page = sent_from_the_desk("ines", what="Barrels in the brook.", contact="Mirabel Osterwind")
    mia = Visitor()
    box = mia.open_mailbox(page.words)
    assert "Written down by the office in your name" in box.plain
    assert "Barrels in the brook." in box.plain
    assert "Mirabel" not in box.plain
    mia.send(box, "/mailbox/write", typed={"text": "Not barrels: sacks.", "corrects": "yes"})
    with override_settings(**DESK_DOOR):
        seen = signed_in("ines").get(f"/tips/{Tip.objects.get().ref}")
    for text in (
        "As it was written down",
        "Barrels in the brook.",
        "What the reporter corrects",
        "Not barrels: sacks.",
    ):
        assert text in seen.plain
    assert "Mirabel" not in seen.plain


def signed_in(username: str) -> Desk:
    """A browser of the desk in which somebody has signed in."""
    staff = Desk()
    staff.sign_in(username, at="/sign-in")
    return staff


def sent_from_the_desk(username: str, **typed: str) -> Page:
    """The page that follows a call."""
    staff = signed_in(username)
    form = staff.get("/calls/new").form("/calls/new")
    return Page(staff.browser.post("/calls/new", {**form.fields, "go": "send", **typed}))


def test_the_mailbox_of_a_report_from_the_website_offers_no_correction(reported: Reported) -> None:
    assert "This corrects" not in Visitor().open_mailbox(reported.words).plain


def test_a_slip_in_the_mailbox_keeps_the_tick(ines: Actor, installation: Installation) -> None:
    stored = write_down(actor=ines, told=call(), ticket=ticket())
    mia = Visitor()
    again = mia.send(
        mia.open_mailbox(" ".join(words_of(stored.seed, "en"))), "/mailbox/write", typed={"corrects": "yes"}
    )
    assert again.status == 422
    assert again.form("/mailbox/write").fields["corrects"] == "yes"
