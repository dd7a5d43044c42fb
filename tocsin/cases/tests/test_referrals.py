"""Passing a case on: written, looked through, sent, opened, answered, and every way in which it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.databases import in_threads
from tests.installation import Installation
from tests.people import Cast
from tests.stories import TOLD, Reported, case_of, write_to_staff
from tocsin.access.actors import REPORTER, WORKER, Actor, recipient_of
from tocsin.cases import outcome, persons, recipient, referral_ending, referral_letters, referring
from tocsin.cases.models import Case, LetterKind, Person, Referral, ReferralMessage, ReferralReminder
from tocsin.cases.opening import open_case
from tocsin.cases.originals import first_text, originals_of
from tocsin.cases.referral_clock import expire_referrals, remind_referrals
from tocsin.cases.referral_papers import copy_place
from tocsin.cases.referral_reading import (
    is_overdue,
    letter_of,
    notices,
    read_referral,
    referral_log,
    referral_visible_to,
    referrals_to_watch,
    referrals_visible_to,
)
from tocsin.cases.referral_workflow import LOOKS, REFERRAL_LIFE, ReferralState
from tocsin.cases.tests.conftest import SANITISED, Sent, a_draft, look_at_all, send
from tocsin.cases.tests.test_a_case import link, proposal_on
from tocsin.cases.workflow import CaseState
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.ledger.verifier import Status, verify_code
from tocsin.policy.active import get_pack
from tocsin.tips import mailbox, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.dictation import dictate
from tocsin.tips.workflow import State
from tocsin.vault import unlocked
from tocsin.vault.codes import CodeKeys, candidate_seeds, new_seed
from tocsin.vault.opening import CannotOpen, open_message
from tocsin.vault.referral_codes import RecipientKeys
from tocsin.workflow.models import StepRecord

pytestmark = pytest.mark.django_db
TipIn = Callable[[State], Reported]
S = ReferralState


@pytest.fixture
def linked(tip_in: TipIn) -> Reported:
    """A report in a case that was not passed on."""
    return tip_in(State.LINKED)


def days_later(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody's clock is ``days`` ahead."""
    then = clock.now() + timedelta(days=days)
    monkeypatch.setattr("tocsin.common.clock.now", lambda: then)


def test_every_state_can_be_reached_has_a_look_and_is_left_by_somebody_or_is_an_end() -> None:
    reached, before = {S.DRAFTED.value}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {step.target for step in REFERRAL_LIFE.steps if step.target and step.sources & reached}
    assert reached == set(S) == set(LOOKS)
    ends = {state for state in S if not any(state in step.sources for step in REFERRAL_LIFE.steps)}
    assert ends == {S.UNANSWERED, S.RECALLED, S.DISCARDED}


# ── writing ──


def test_a_text_begins_with_what_was_seen_and_nothing_else(report: Any, cast: Cast, unlocked_desk: object) -> None:
    told = report(TOLD, where="The old dairy")
    services.acknowledge(actor=cast.ines, tip=told.tip)
    services.begin_triage(actor=cast.tara, tip=told.tip, has_interest=False)
    case = open_case(actor=cast.tara, tip=told.tip, title="Dairy", reason="A case.")
    write_to_staff(told, "My neighbour saw it too.")
    (original,) = originals_of(cast.ivo, case)
    assert first_text([original]) == TOLD
    assert ("where", "The old dairy") in original.others
    assert list(original.messages) == ["My neighbour saw it too."]
    assert "Mia" not in repr(original), "the contact stands elsewhere, sealed to custodians"
    assert AuditRecord.objects.filter(action="case.originals", actor=cast.ivo.name).exists()


def test_what_staff_wrote_down_for_the_reporter_counts_as_the_reporters_words(linked: Reported, cast: Cast) -> None:
    dictate(actor=cast.ines, tip=linked.tip, text="He limps, like my cousin.", attempt="A")
    services.ask_reporter(actor=cast.ivo, tip=linked.tip, text="Since when?")
    (original,) = originals_of(cast.ivo, case_of(linked))
    assert list(original.messages) == ["He limps, like my cousin."], "what the office asked is no word of theirs"


def test_a_draft_changes_nothing_but_itself_and_is_sealed(linked: Reported, cast: Cast) -> None:
    case, before = case_of(linked), Pending.objects.count()
    made = referring.draft_referral(actor=cast.ivo, case=case, draft=a_draft(linked))
    assert (made.state, case_of(linked).state, linked.tip.state) == (S.DRAFTED, CaseState.OPEN, State.LINKED)
    assert Pending.objects.count() == before
    assert b"Customs" not in bytes(made.letter)
    assert letter_of(made).text == SANITISED
    assert AuditRecord.objects.get(action="referral.draft").detail == {"case": case.ref}


def test_pressing_twice_writes_one_draft(linked: Reported, cast: Cast) -> None:
    attempt = new_ref()
    told: dict[str, Any] = {"actor": cast.ivo, "case": case_of(linked), "draft": a_draft(linked), "attempt": attempt}
    assert referring.draft_referral(**told).pk == referring.draft_referral(**told).pk
    assert Referral.objects.count() == 1
    other = referring.draft_referral(**{**told, "attempt": "not a handle' OR 1=1"})
    assert other.ref != attempt


def test_of_two_who_change_a_draft_the_second_is_told(linked: Reported, cast: Cast) -> None:
    made = referring.draft_referral(actor=cast.ivo, case=case_of(linked), draft=a_draft(linked))
    referring.redraft_referral(actor=cast.sam, referral=made, draft=a_draft(linked, text="Shorter."), version=1)
    with pytest.raises(Conflict, match="your text is still here"):
        referring.redraft_referral(actor=cast.ivo, referral=made, draft=a_draft(linked, text="Longer."), version=1)
    with pytest.raises(Conflict, match="changed this draft"):
        referring.send_referral(actor=cast.sam, referral=made, version=1, language="en")
    assert letter_of(Referral.objects.get()).text == "Shorter."


def test_a_draft_that_is_thrown_away_is_gone(linked: Reported, cast: Cast) -> None:
    made = referring.draft_referral(actor=cast.ivo, case=case_of(linked), draft=a_draft(linked))
    referring.discard_referral(actor=cast.ivo, referral=made)
    stored = Referral.objects.get()
    assert (stored.state, bytes(stored.letter)) == (S.DISCARDED, b"")
    with pytest.raises(Conflict):
        referring.send_referral(actor=cast.sam, referral=made, version=1, language="en")
    with pytest.raises(Conflict):
        referring.redraft_referral(actor=cast.ivo, referral=made, draft=a_draft(linked), version=1)


# ── sending ──

MISSING = {
    "recipient": "Name the recipient",
    "purpose": "for what purpose",
    "law": "Name the law",
    "text": "Write the text",
}


@pytest.mark.parametrize("field", MISSING)
def test_nothing_is_sent_without_recipient_purpose_law_and_text(field: str, linked: Reported, cast: Cast) -> None:
    made = referring.draft_referral(actor=cast.sam, case=case_of(linked), draft=a_draft(linked, **{field: " \n"}))
    with pytest.raises(RuleBroken, match=MISSING[field]):
        referring.send_referral(actor=cast.sam, referral=made, version=1, language="en")
    assert (case_of(linked).state, Referral.objects.get().state) == (CaseState.OPEN, S.DRAFTED)


@pytest.mark.parametrize("days", [-1, 0, 91, 4000])
def test_the_last_day_lies_ahead_and_within_the_rules(days: int, linked: Reported, cast: Cast) -> None:
    assert get_pack().sharing.expires_days == 90
    expires = local_today() + timedelta(days=days)
    made = referring.draft_referral(actor=cast.sam, case=case_of(linked), draft=a_draft(linked, expires_on=expires))
    made = look_at_all(cast.sam, made)
    with pytest.raises(RuleBroken, match="at most 90 days"):
        referring.send_referral(actor=cast.sam, referral=made, version=made.version, language="en")


def test_every_mark_must_be_looked_at_and_the_name_of_who_looked_stays(linked: Reported, cast: Cast) -> None:
    text = "My brother saw a lorry on 12 May. My brother told me."
    made = referring.draft_referral(actor=cast.ivo, case=case_of(linked), draft=a_draft(linked, text=text))
    with pytest.raises(RuleBroken, match="not looked at"):
        referring.send_referral(actor=cast.sam, referral=made, version=1, language="en")
    made = look_at_all(cast.ivo, made)
    told = referring.check_draft(originals_of(cast.sam, made.case), letter_of(made))
    assert told.findings
    assert {each.by for each in told.findings} == {cast.ivo.staff_id}
    changed = a_draft(linked, text=text + " She has a limp.")
    made = referring.redraft_referral(actor=cast.ivo, referral=made, draft=changed, version=made.version)
    with pytest.raises(RuleBroken, match="1 mark was not looked at"):
        referring.send_referral(actor=cast.sam, referral=made, version=made.version, language="en")


def test_a_tick_for_a_mark_that_is_not_there_counts_nothing(linked: Reported, cast: Cast) -> None:
    draft = a_draft(linked, looked=["0" * 16, "x", ""])
    made = referring.draft_referral(actor=cast.ivo, case=case_of(linked), draft=draft)
    assert letter_of(made).looked == {}


def test_the_reporters_own_words_are_marked(linked: Reported, cast: Cast) -> None:
    made = referring.draft_referral(actor=cast.ivo, case=case_of(linked), draft=a_draft(linked, text=TOLD))
    kinds = {
        each.finding.kind for each in referring.check_draft(originals_of(cast.ivo, made.case), letter_of(made)).open
    }
    assert "overlap" in kinds


def test_sending_takes_case_and_tips_along_and_the_ledger_counts_each_tip(
    tip_in: TipIn, linked: Reported, cast: Cast
) -> None:
    case, second = case_of(linked), tip_in(State.IN_TRIAGE)
    link(cast, case, second)
    leaves = Pending.objects.count()
    told = send(cast, case, linked)
    assert (told.case.state, linked.tip.state, second.tip.state) == (CaseState.REFERRED, State.REFERRED, State.REFERRED)
    assert Pending.objects.count() == leaves + 3, "each tip moved, and one was told to others"
    shared = StepRecord.objects.filter(subject_kind="tip", step="share")
    assert [record.subject_ref for record in shared] == [linked.ref]
    referral = told.referral
    assert (referral.state, referral.sent_on) == (S.SENT, local_today())
    assert len(told.words.split()) == 9
    for stored in (referral.letter, referral.copy, referral.login_hash, referral.mail_public):
        assert SANITISED.encode() not in bytes(stored or b"")
    record = AuditRecord.objects.get(action="referral.send")
    assert record.subject == f"referral:{referral.ref}"
    assert "Customs" not in f"{record.detail}"


def test_the_reporter_finds_in_the_ledger_that_something_was_told(sent: Sent, unlocked_desk: Installation) -> None:
    unlocked_desk.publish()
    verdict = verify_code(sent.reported.keys.events, unlocked_desk.log_dir)
    assert verdict.status is Status.OK
    assert sum("given out" in line for line in verdict.lines) == 1


def test_only_a_supervisor_sends(linked: Reported, cast: Cast) -> None:
    made = look_at_all(cast.ivo, referring.draft_referral(actor=cast.ivo, case=case_of(linked), draft=a_draft(linked)))
    for actor in (cast.ivo, cast.tara, cast.ines, cast.ada, REPORTER, WORKER, recipient_of(made.ref)):
        with pytest.raises(NotPermitted):
            referring.send_referral(actor=actor, referral=made, version=made.version, language="en")
    for actor in (cast.tara, cast.ines, cast.ada, REPORTER, WORKER):
        with pytest.raises(NotPermitted):
            referring.draft_referral(actor=actor, case=case_of(linked), draft=a_draft(linked))


def test_somebody_with_an_interest_reaches_nothing_of_it(sent: Sent, cast: Cast) -> None:
    services.declare_interest(actor=cast.lea, tip=sent.reported.tip, has_interest=True)
    assert not referrals_visible_to(cast.lea).exists()
    referral = sent.referral
    for attempt in (
        lambda: referral_ending.recall_referral(actor=cast.lea, referral=referral, reason="x"),
        lambda: referring.give_new_code(actor=cast.lea, referral=referral, language="en", reason="x"),
        lambda: referral_letters.reply_to_recipient(actor=cast.lea, referral=referral, text="x", looked=()),
        lambda: referral_letters.correct_referrals(actor=cast.lea, case=referral.case, text="x", looked=()),
        lambda: referral_ending.take_back_referred(actor=cast.lea, referral=referral, reason="x"),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    with pytest.raises(Referral.DoesNotExist):
        read_referral(cast.lea, sent.ref)
    assert notices(cast.lea, local_today()) == 0


def test_a_report_that_was_taken_back_is_not_passed_on(linked: Reported, cast: Cast) -> None:
    case = case_of(linked)
    made = look_at_all(cast.sam, referring.draft_referral(actor=cast.ivo, case=case, draft=a_draft(linked)))
    mailbox.withdraw(keys=linked.keys)
    with pytest.raises(RuleBroken, match="from which report"):
        referring.send_referral(actor=cast.sam, referral=made, version=made.version, language="en")
    assert Case.objects.get().state == CaseState.OPEN


def test_a_case_is_passed_on_to_two_bodies_and_waits_for_both(sent: Sent, cast: Cast) -> None:
    second = send(cast, sent.case, sent.reported, recipient="Veterinary office")
    recipient.open_referral(keys=sent.keys)
    recipient.answer_referral(keys=sent.keys, disposition="taken_up", text="", attempt="ATTEMPTONE")
    with pytest.raises(Conflict, match="still awaited"):
        referral_ending.take_back_referred(actor=cast.sam, referral=sent.referral, reason="Customs has it.")
    with pytest.raises(Conflict, match="still awaited"):
        outcome.take_back_case(actor=cast.sam, case=sent.case, reason="Past the page.")
    referral_ending.recall_referral(actor=cast.sam, referral=second.referral, reason="Not needed any more.")
    referral_ending.take_back_referred(actor=cast.sam, referral=sent.referral, reason="Customs has it.")
    assert (sent.case.state, sent.reported.tip.state) == (CaseState.UNDER_VERIFICATION, State.UNDER_VERIFICATION)


def test_a_case_that_is_decided_is_passed_on_no_more(sent: Sent, cast: Cast) -> None:
    made = referring.draft_referral(actor=cast.sam, case=sent.case, draft=a_draft(sent.reported))
    referral_ending.recall_referral(actor=cast.sam, referral=sent.referral, reason="Enough.")
    referral_ending.take_back_referred(actor=cast.sam, referral=sent.referral, reason="Enough.")
    outcome.propose_case_outcome(
        actor=cast.ivo, case=sent.case, outcome="unsubstantiated_good_faith", reason="Nothing was found."
    )
    outcome.decide_case_proposal(
        actor=cast.sam, case=sent.case, proposal=proposal_on(sent.case), approve=True, reason=""
    )
    with pytest.raises(Conflict, match="decided already"):
        referring.send_referral(actor=cast.sam, referral=made, version=1, language="en")


# ── the recipient ──


def test_the_recipient_reads_and_every_opening_is_in_the_audit_log(sent: Sent) -> None:
    for _time in range(2):
        opened = recipient.open_referral(keys=sent.keys)
        assert (opened.text, opened.recipient, opened.has_ended) == (SANITISED, "Customs office", False)
        assert opened.law == "Sample law, section 9"
    assert (sent.referral.state, sent.referral.opened_on) == (S.OPENED, local_today())
    lines = AuditRecord.objects.filter(actor=f"recipient:{sent.ref}").values_list("action", flat=True)
    assert list(lines) == ["referral.open", "referral.opened_again"]


def test_words_of_a_reporter_open_no_referral_and_words_of_a_recipient_no_mailbox(sent: Sent) -> None:
    (seed,) = candidate_seeds(sent.words)
    assert mailbox.find_tip([CodeKeys.derive(seed)]) is None
    assert recipient.find_referral([RecipientKeys.derive(sent.reported.seed)]) is None
    shared = new_seed()
    theirs, ours = CodeKeys.derive(shared), RecipientKeys.derive(shared)
    assert not {ours.login_hash, ours.private, ours.public} & {
        theirs.login_hash, theirs.login, theirs.mail_private, theirs.mail_public, theirs.events, theirs.receipt,
    }  # fmt: skip
    assert repr(ours) == "RecipientKeys(…)"
    with pytest.raises(ValueError, match="12 bytes"):
        RecipientKeys.derive(b"short")


def test_the_recipients_copy_opens_with_the_words_alone(sent: Sent, unlocked_desk: Installation) -> None:
    copy, place = bytes(sent.referral.copy), copy_place(sent.ref)
    assert SANITISED.encode() in open_message(sent.keys.private, copy, place)
    for key in (unlocked_desk.unit_private, sent.reported.keys.mail_private, RecipientKeys.derive(new_seed()).private):
        with pytest.raises(CannotOpen):
            open_message(key, copy, place)
    with pytest.raises(CannotOpen):
        open_message(sent.keys.private, copy, copy_place("ANOTHERREFERRAL"))


def test_words_of_nobody_open_nothing(sent: Sent) -> None:
    with pytest.raises(NotPermitted):
        recipient.open_referral(keys=RecipientKeys.derive(new_seed()))
    assert sent.referral.state == S.SENT


@pytest.mark.parametrize("disposition", ["not_taken_up", "needs_more", "passed_on"])
def test_some_answers_need_words(disposition: str, sent: Sent) -> None:
    recipient.open_referral(keys=sent.keys)
    with pytest.raises(RuleBroken, match="in a few words"):
        recipient.answer_referral(keys=sent.keys, disposition=disposition, text=" \n", attempt="ATTEMPT")
    assert sent.referral.disposition == ""


def test_the_first_answer_counts_and_messages_can_follow(sent: Sent, cast: Cast) -> None:
    recipient.open_referral(keys=sent.keys)
    told: dict[str, Any] = {"keys": sent.keys, "disposition": "needs_more", "text": "Since when?", "attempt": "ONE"}
    recipient.answer_referral(**told)
    recipient.answer_referral(**told)
    with pytest.raises(Conflict, match="given already"):
        recipient.answer_referral(**{**told, "disposition": "taken_up", "attempt": "TWO"})
    recipient.write_to_sender(keys=sent.keys, text="We mean the animals.", attempt="THREE")
    recipient.write_to_sender(keys=sent.keys, text="We mean the animals.", attempt="THREE")
    referral = sent.referral
    assert (referral.state, referral.disposition, referral.unread) == (S.ANSWERED, "needs_more", 2)
    assert notices(cast.sam, local_today()) == 1
    opened = read_referral(cast.sam, sent.ref)
    assert [each.text for each in opened.messages] == ["Since when?", "We mean the animals."]
    referral_letters.mark_answers_read(actor=cast.sam, referral=referral)
    assert notices(cast.sam, local_today()) == 0
    referral_letters.reply_to_recipient(actor=cast.sam, referral=referral, text="Since spring.", looked=())
    lines = recipient.open_referral(keys=sent.keys).messages
    assert [(line.is_own, line.text) for line in lines][-1] == (False, "Since spring.")
    assert b"spring" not in b"".join(bytes(row.blob) + bytes(row.copy) for row in ReferralMessage.objects.all())


def test_a_reply_is_checked_like_the_text_itself(sent: Sent, cast: Cast) -> None:
    text = "The neighbour saw it."
    with pytest.raises(RuleBroken, match="not looked at"):
        referral_letters.reply_to_recipient(actor=cast.sam, referral=sent.referral, text=text, looked=())
    found = referral_letters.check_letter(cast.sam, sent.case, text, ())
    keys = [each.finding.key for each in found.findings]
    referral_letters.reply_to_recipient(actor=cast.sam, referral=sent.referral, text=text, looked=keys)
    assert ReferralMessage.objects.get().kind == LetterKind.REPLY


@pytest.mark.parametrize(
    ("text", "refusal"),
    [("x" * 20_001, "longer than 20,000"), ("\x00\x1f \n\t", "Write something"), ("", "Write something")],
)
def test_a_message_that_is_too_long_or_empty_is_refused(text: str, refusal: str, sent: Sent) -> None:
    recipient.open_referral(keys=sent.keys)
    with pytest.raises(RuleBroken, match=refusal):
        recipient.write_to_sender(keys=sent.keys, text=text, attempt="ATTEMPT")


@pytest.mark.parametrize(
    "text", ["\ud800 half", "a" * 20_000, "\u202edlrow", "'; DROP TABLE--", "<script>", "𝔘🦜" * 50]
)
def test_whatever_a_recipient_writes_arrives(text: str, sent: Sent, cast: Cast) -> None:
    recipient.open_referral(keys=sent.keys)
    recipient.write_to_sender(keys=sent.keys, text=text, attempt="ATTEMPT")
    (message,) = read_referral(cast.sam, sent.ref).messages
    assert message.text == text.replace("\ud800", "\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("disposition", ["", "closed", "taken_up ", "expired"])
def test_an_answer_that_is_none_of_the_choices_is_refused(disposition: str, sent: Sent) -> None:
    with pytest.raises(RuleBroken, match="Choose"):
        recipient.answer_referral(keys=sent.keys, disposition=disposition, text="x", attempt="ATTEMPT")


def test_a_recipient_cannot_fill_the_store(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipient, "MOST_MESSAGES", 2)
    recipient.open_referral(keys=sent.keys)
    for number in range(2):
        recipient.write_to_sender(keys=sent.keys, text=f"Message {number}", attempt=f"ATTEMPT{number}")
    with pytest.raises(Conflict, match="too many"):
        recipient.write_to_sender(keys=sent.keys, text="One more", attempt="ATTEMPT9")


def test_a_new_code_opens_all_and_the_old_one_nothing(sent: Sent, cast: Cast) -> None:
    old = sent.keys
    recipient.open_referral(keys=old)
    recipient.answer_referral(keys=old, disposition="taken_up", text="We go there.", attempt="ONE")
    with pytest.raises(RuleBroken, match="why a new code"):
        referring.give_new_code(actor=cast.sam, referral=sent.referral, language="en", reason=" ")
    words = referring.give_new_code(actor=cast.sam, referral=sent.referral, language="zh-hans", reason="Lost.")
    (seed,) = candidate_seeds(" ".join(words))
    opened = recipient.open_referral(keys=RecipientKeys.derive(seed))
    assert (opened.text, opened.messages[0].text) == (SANITISED, "We go there.")
    with pytest.raises(NotPermitted):
        recipient.open_referral(keys=old)
    for blob in (sent.referral.copy, ReferralMessage.objects.get().copy):
        with pytest.raises(CannotOpen):
            open_message(old.private, bytes(blob), copy_place(sent.ref))


# ── the ends ──


def closed(sent: Sent) -> bool:
    """Whether the words open nothing and no copy is left."""
    copies = [bytes(sent.referral.copy), *(bytes(row.copy) for row in sent.referral.messages.all())]
    opened = recipient.open_referral(keys=sent.keys)
    return opened.has_ended and opened.text == "" and not any(copies)


def test_a_text_that_is_called_back_is_gone_at_once(sent: Sent, cast: Cast) -> None:
    recipient.open_referral(keys=sent.keys)
    recipient.write_to_sender(keys=sent.keys, text="What is this?", attempt="ONE")
    with pytest.raises(RuleBroken, match="reason"):
        referral_ending.recall_referral(actor=cast.sam, referral=sent.referral, reason="")
    referral_ending.recall_referral(actor=cast.sam, referral=sent.referral, reason="To the wrong office.")
    assert closed(sent)
    assert read_referral(cast.sam, sent.ref).letter.text == SANITISED, "we keep what we sent"
    for attempt in (
        lambda: recipient.answer_referral(keys=sent.keys, disposition="taken_up", text="", attempt="TWO"),
        lambda: recipient.write_to_sender(keys=sent.keys, text="And?", attempt="TWO"),
        lambda: referral_letters.reply_to_recipient(actor=cast.sam, referral=sent.referral, text="x", looked=()),
        lambda: referral_ending.recall_referral(actor=cast.sam, referral=sent.referral, reason="Again."),
        lambda: referring.give_new_code(actor=cast.sam, referral=sent.referral, language="en", reason="x"),
    ):
        with pytest.raises(Conflict):
            attempt()
    assert sent.case.state == CaseState.REFERRED
    referral_ending.take_back_referred(actor=cast.sam, referral=sent.referral, reason="To the wrong office.")
    assert sent.case.state == CaseState.UNDER_VERIFICATION


def test_the_last_day_counts_and_the_day_after_nothing_can_be_read_even_before_the_worker_comes(
    sent: Sent, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Referral.objects.update(expires_on=local_today() + timedelta(days=10))
    days_later(10, monkeypatch)
    assert expire_referrals(actor=WORKER) == 0
    assert not recipient.open_referral(keys=sent.keys).has_ended
    days_later(1, monkeypatch)
    assert recipient.open_referral(keys=sent.keys).has_ended
    with pytest.raises(Conflict):
        recipient.answer_referral(keys=sent.keys, disposition="taken_up", text="", attempt="ONE")
    unlocked.lock_now()
    assert expire_referrals(actor=WORKER) == 1, "the worker needs no key of the unit"
    assert expire_referrals(actor=WORKER) == 0
    assert closed(sent)
    assert sent.referral.state == S.EXPIRED
    assert AuditRecord.objects.get(action="referral.expire").actor == WORKER.name


def test_reminders_come_on_the_days_of_the_rules_and_once(
    sent: Sent, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Referral.objects.update(expires_on=local_today() + timedelta(days=365))
    marked = []
    for _day in range(13):
        marked.append(remind_referrals(actor=WORKER))
        assert remind_referrals(actor=WORKER) == 0
        days_later(10, monkeypatch)
    assert marked == [0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert list(ReferralReminder.objects.values_list("after_days", flat=True)) == [30, 60, 90]
    assert AuditRecord.objects.filter(action="referral.remind").count() == 3
    assert is_overdue(sent.referral, local_today())
    (line,) = referrals_to_watch(cast.sam, local_today())
    assert (line.overdue, len(line.due), line.needs_somebody, line.recipient) == (True, 3, True, "Customs office")
    assert referral_ending.note_reminded(actor=cast.sam, referral=sent.referral) == 3
    with pytest.raises(Conflict, match="no reminder"):
        referral_ending.note_reminded(actor=cast.sam, referral=sent.referral)


def test_a_worker_that_was_away_marks_all_days_and_an_answer_ends_them(
    sent: Sent, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Referral.objects.update(expires_on=local_today() + timedelta(days=365))
    days_later(61, monkeypatch)
    assert remind_referrals(actor=WORKER) == 2
    recipient.open_referral(keys=sent.keys)
    recipient.answer_referral(keys=sent.keys, disposition="already_known", text="", attempt="ONE")
    days_later(100, monkeypatch)
    assert remind_referrals(actor=WORKER) == 0
    assert not is_overdue(sent.referral, local_today())


def test_no_answer_is_recorded_once_the_time_is_over(sent: Sent, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    Referral.objects.update(expires_on=local_today() + timedelta(days=365))
    with pytest.raises(RuleBroken, match="has time to answer until"):
        referral_ending.record_no_answer(actor=cast.sam, referral=sent.referral, reason="Too slow.")
    days_later(90, monkeypatch)
    with pytest.raises(NotPermitted):
        referral_ending.record_no_answer(actor=cast.ivo, referral=sent.referral, reason="Too slow.")
    with pytest.raises(RuleBroken, match="reason"):
        referral_ending.record_no_answer(actor=cast.sam, referral=sent.referral, reason="")
    referral_ending.record_no_answer(actor=cast.sam, referral=sent.referral, reason="Called three times.")
    assert closed(sent)
    referral_ending.take_back_referred(actor=cast.sam, referral=sent.referral, reason="No answer.")
    assert sent.case.state == CaseState.UNDER_VERIFICATION


def test_a_text_that_ran_out_unanswered_still_waits_for_somebody_to_say_so(
    sent: Sent, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    days_later(61, monkeypatch)
    expire_referrals(actor=WORKER)
    assert notices(cast.sam, local_today()) == 1
    with pytest.raises(Conflict, match="still awaited"):
        referral_ending.take_back_referred(actor=cast.sam, referral=sent.referral, reason="Enough.")
    referral_ending.record_no_answer(actor=cast.sam, referral=sent.referral, reason="It ran out.")
    assert (sent.referral.state, notices(cast.sam, local_today())) == (S.UNANSWERED, 0)


def test_an_answered_text_that_ran_out_keeps_its_answer(
    sent: Sent, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient.open_referral(keys=sent.keys)
    recipient.answer_referral(keys=sent.keys, disposition="passed_on", text="To the court.", attempt="ONE")
    days_later(61, monkeypatch)
    expire_referrals(actor=WORKER)
    assert (sent.referral.state, sent.referral.disposition) == (S.EXPIRED, "passed_on")
    with pytest.raises(Conflict):
        referral_ending.record_no_answer(actor=cast.sam, referral=sent.referral, reason="x")
    assert read_referral(cast.sam, sent.ref).messages[0].text == "To the court."
    referral_ending.take_back_referred(actor=cast.sam, referral=sent.referral, reason="The court has it.")


@pytest.mark.parametrize("who", ["ines", "tara", "ivo", "sam", "ada"])
def test_only_the_worker_marks_clocks(who: str, sent: Sent, cast: Cast) -> None:
    actor: Actor = getattr(cast, who)
    for service in (remind_referrals, expire_referrals):
        with pytest.raises(NotPermitted):
            service(actor=actor)


# ── corrections ──


def test_a_correction_reaches_every_open_copy_and_lists_who_must_be_told_by_hand(sent: Sent, cast: Cast) -> None:
    second = send(cast, sent.case, sent.reported, recipient="Veterinary office")
    third = send(cast, sent.case, sent.reported, recipient="Nobody who looked")
    recipient.open_referral(keys=second.keys)
    for each in (second, third):
        referral_ending.recall_referral(actor=cast.sam, referral=each.referral, reason="Enough.")
    written = referral_letters.correct_referrals(actor=cast.sam, case=sent.case, text="It was not a dairy.", looked=())
    assert {(row.referral.ref, row.by_hand) for row in written} == {(sent.ref, False), (second.ref, True)}
    (line,) = recipient.open_referral(keys=sent.keys).messages
    assert (line.kind, line.text) == ("correction", "It was not a dairy.")
    assert notices(cast.sam, local_today()) == 1
    by_hand = second.referral.messages.get()
    with pytest.raises(RuleBroken, match="not later than today"):
        referral_letters.note_told_by_hand(actor=cast.sam, message=by_hand, told_on=local_today() + timedelta(days=1))
    referral_letters.note_told_by_hand(actor=cast.sam, message=by_hand, told_on=local_today())
    with pytest.raises(Conflict):
        referral_letters.note_told_by_hand(actor=cast.sam, message=by_hand, told_on=local_today())
    assert notices(cast.sam, local_today()) == 0


def test_where_nobody_holds_anything_there_is_nobody_to_correct(linked: Reported, cast: Cast) -> None:
    referring.draft_referral(actor=cast.ivo, case=case_of(linked), draft=a_draft(linked))
    with pytest.raises(Conflict, match="nobody to tell"):
        referral_letters.correct_referrals(actor=cast.sam, case=case_of(linked), text="Wrong.", looked=())


def test_somebody_who_is_taken_out_of_the_case_is_taken_out_of_every_text(sent: Sent, cast: Cast) -> None:
    text = "Animals are kept by Bartholo Quint. bartholo quint has the key."
    named = send(cast, sent.case, sent.reported, text=text)
    gone = send(cast, sent.case, sent.reported, text=text)
    draft = referring.draft_referral(actor=cast.ivo, case=sent.case, draft=a_draft(sent.reported, text=text))
    for each in (named, gone):
        recipient.open_referral(keys=each.keys)
    recipient.write_to_sender(keys=named.keys, text="Where does BARTHOLO QUINT live?", attempt="ONE")
    referral_ending.recall_referral(actor=cast.sam, referral=gone.referral, reason="Enough.")
    person = persons.note_person(actor=cast.ivo, case=sent.case, who="Bartholo Quint", role="Tenant")
    persons.expunge_person(actor=cast.sam, person=person, reason="Mixed up with a namesake.")
    assert bytes(Person.objects.get().who) == b""
    opened = recipient.open_referral(keys=named.keys)
    assert "quint" not in f"{opened}".casefold()
    assert opened.text.count("▇▇▇") == 2
    assert [line.kind for line in opened.messages] == ["message", "taken_out"]
    for ref in (named.ref, gone.ref, draft.ref):
        assert "quint" not in letter_of(Referral.objects.get(ref=ref)).text.casefold()
    (told,) = [each for each in read_referral(cast.sam, gone.ref).messages if each.row.by_hand]
    assert told.who == "Bartholo Quint", "somebody must still tell them of whom"
    referral_letters.note_told_by_hand(actor=cast.sam, message=told.row, told_on=local_today())
    (told,) = [each for each in read_referral(cast.sam, gone.ref).messages if each.row.by_hand]
    assert told.who == ""
    (ours,) = [each for each in read_referral(cast.sam, named.ref).messages if each.row.kind == "taken_out"]
    assert (ours.who, ours.found) == ("", 3)


def test_what_the_recipient_reads_of_somebody_taken_out_names_nobody(sent: Sent, cast: Cast) -> None:
    recipient.open_referral(keys=sent.keys)
    person = persons.note_person(actor=cast.ivo, case=sent.case, who="Bartholo Quint", role="Tenant")
    persons.expunge_person(actor=cast.sam, person=person, reason="Mixed up.")
    (line,) = recipient.open_referral(keys=sent.keys).messages
    assert (line.kind, line.text) == ("taken_out", "")


# ── two at once ──


def one_won(outcomes: list[Any]) -> bool:
    """Whether exactly one succeeded and all others were told that somebody was faster."""
    won = [each for each in outcomes if not isinstance(each, Exception)]
    return len(won) == 1 and all(isinstance(each, Conflict) for each in outcomes if isinstance(each, Exception))


@pytest.mark.usefixtures("shared_database")
class TestAtTheSameMoment:
    """On stores that several connections share."""

    def test_a_text_is_sent_once(self, tip_in: TipIn, cast: Cast) -> None:
        reported = tip_in(State.LINKED)
        made = referring.draft_referral(actor=cast.ivo, case=case_of(reported), draft=a_draft(reported))
        made = look_at_all(cast.sam, made)
        outcomes = in_threads(
            [
                lambda actor=actor: referring.send_referral(  # type: ignore[misc]  # the default binds the loop's value
                    actor=actor, referral=made, version=made.version, language="en"
                )
                for actor in (cast.sam, cast.lea)
            ]
        )
        assert one_won(outcomes), outcomes
        assert StepRecord.objects.filter(step="share").count() == 1

    def test_answer_and_recall_leave_one_story(self, sent: Sent, cast: Cast) -> None:
        recipient.open_referral(keys=sent.keys)
        keys, referral = sent.keys, sent.referral
        answered, recalled = in_threads(
            [
                lambda: recipient.answer_referral(keys=keys, disposition="taken_up", text="", attempt="ONE"),
                lambda: bool(referral_ending.recall_referral(actor=cast.sam, referral=referral, reason="Enough.")),
            ]
        )
        assert recalled is True, recalled
        assert isinstance(answered, Conflict) == (sent.referral.disposition == ""), answered
        assert sent.referral.state == S.RECALLED
        assert closed(sent)

    def test_two_openings_are_one_step_and_two_lines(self, sent: Sent) -> None:
        keys = sent.keys
        outcomes = in_threads([lambda: recipient.open_referral(keys=keys).text] * 3)
        assert outcomes == [SANITISED] * 3
        assert StepRecord.objects.filter(subject_kind="referral", step="open").count() == 1
        assert AuditRecord.objects.filter(actor=f"recipient:{sent.ref}").count() == 3

    def test_one_answer_counts(self, sent: Sent) -> None:
        keys = sent.keys
        recipient.open_referral(keys=keys)
        outcomes = in_threads(
            [
                lambda choice=choice: recipient.answer_referral(  # type: ignore[misc]  # the default binds the loop's value
                    keys=keys, disposition=choice, text="x", attempt=choice.upper()
                )
                for choice in ("taken_up", "not_taken_up", "already_known")
            ]
        )
        assert one_won(outcomes), outcomes
        assert ReferralMessage.objects.count() == 1

    def test_the_same_answer_from_two_tabs_is_stored_once(self, sent: Sent) -> None:
        keys = sent.keys
        recipient.open_referral(keys=keys)
        told: dict[str, Any] = {"keys": keys, "disposition": "taken_up", "text": "x", "attempt": "THESAME"}
        assert in_threads([lambda: recipient.answer_referral(**told)] * 3) == [None] * 3
        assert (ReferralMessage.objects.count(), sent.referral.unread) == (1, 1)

    def test_two_workers_mark_and_expire_once(self, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
        days_later(40, monkeypatch)
        assert sorted(in_threads([lambda: remind_referrals(actor=WORKER)] * 2), key=str) == [0, 1]
        days_later(40, monkeypatch)
        assert sorted(in_threads([lambda: expire_referrals(actor=WORKER)] * 2), key=str) == [0, 1]
        assert closed(sent)


# ── figures ──


def test_lists_cost_the_same_however_many_there_are(sent: Sent, cast: Cast) -> None:
    def cost() -> tuple[int, int, int]:
        counts = []
        for ask in (
            lambda: referral_log(cast.sam, sent.case, local_today()),
            lambda: referrals_to_watch(cast.sam, local_today()),
            lambda: notices(cast.sam, local_today()),
        ):
            with CaptureQueriesContext(connection) as queries:
                ask()
            counts.append(len(queries))
        return counts[0], counts[1], counts[2]

    one = cost()
    for number in range(4):
        send(cast, sent.case, sent.reported, recipient=f"Office {number}")
    assert cost() == one
    assert [line.recipient for line in referral_log(cast.sam, sent.case, local_today())][-1] == "Customs office"


def test_a_locked_desk_shows_states_and_no_words(sent: Sent, cast: Cast) -> None:
    unlocked.lock_now()
    (line,) = referral_log(cast.sam, sent.case, local_today())
    assert (line.recipient, line.referral.state) == ("", S.SENT)
    with pytest.raises(Conflict, match="locked"):
        read_referral(cast.sam, sent.ref)
    assert referral_visible_to(cast.sam, sent.ref).pk == sent.referral.pk
    for strange in ("", "x", "' OR 1=1", "A" * 500):
        with pytest.raises(Referral.DoesNotExist):
            referral_visible_to(cast.sam, strange)
