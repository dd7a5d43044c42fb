"""What every service owes: keyword-only arguments, the actor first, and a line in the audit log."""

from __future__ import annotations

import inspect
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from tests.architecture.case_stories import CASE_STORIES, Story, TipIn
from tests.architecture.sign_in_stories import SIGN_IN_STORIES
from tests.architecture.staff_stories import STAFF_STORIES
from tests.architecture.tip_stories import TIP_MODULES, TIP_READINGS, TIP_STORIES
from tests.architecture.writing_stories import WRITING_MODULES, WRITING_READINGS, WRITING_STORIES
from tests.identities import allow, ask, hire_custodian, hire_officer, key_of, turn
from tests.installation import CUSTODIANS, Installation
from tests.people import Cast, hire, staff_of
from tests.stories import Reported, case_of, incoming, send_report, waiting
from tocsin.access import services as access
from tocsin.access import sessions
from tocsin.access.actors import IMPORT, MAIL, REPORTER, SETUP, WORKER
from tocsin.access.factors import services as factors
from tocsin.access.permissions import Role
from tocsin.cases import (
    opening,
    outcome,
    persons,
    recipient,
    referral_clock,
    referral_ending,
    referral_letters,
    referring,
    work,
)
from tocsin.cases.models import Referral
from tocsin.cases.tests.conftest import Sent, a_draft, look_at_all
from tocsin.cases.tests.conftest import send as send_text
from tocsin.clocks import notices
from tocsin.clocks.models import Notice
from tocsin.clocks.notices import Letter
from tocsin.common import clock
from tocsin.common.errors import NotPermitted
from tocsin.intake import services as intake
from tocsin.intake.attempts import Attempt
from tocsin.intake.bulk import services as bulk
from tocsin.intake.bulk.outputs import SecretLines
from tocsin.intake.bulk.sealing import OwnSealer
from tocsin.intake.channels.email import services as email
from tocsin.intake.channels.email.tests.test_taking import Postbox
from tocsin.intake.prepare import evidence_row
from tocsin.intake.submission import clean
from tocsin.ledger.models import AuditRecord
from tocsin.staffing import services as staffing
from tocsin.tips import (
    custodians,
    holding,
    identity_opening,
    identity_requests,
    key_habits,
    mailbox,
    reading,
    saved_filters,
    services,
)
from tocsin.tips.deadlines import local_today
from tocsin.tips.models import CustodianSeat, IdentityRequest
from tocsin.tips.wanted import Wanted
from tocsin.tips.workflow import State
from tocsin.vault.installed import keyring

CASES = (opening, outcome, work, persons)
IDENTITIES = (identity_requests, identity_opening, custodians)
REFERRALS = (referring, referral_ending, referral_letters, referral_clock, recipient)
LISTS = (holding, reading, saved_filters, key_habits)
MODULES = (
    services,
    mailbox,
    intake,
    bulk,
    email,
    access,
    sessions,
    factors,
    staffing,
    notices,
    *CASES,
    *REFERRALS,
    *IDENTITIES,
    *LISTS,
    *TIP_MODULES,
    *WRITING_MODULES,
)

WHO = {"actor", "keys", "by"}
# Functions of these modules that change nothing, or that find out who somebody is.
READINGS = {
    **TIP_READINGS,
    "notices.notices_for": "what a person was told",
    "notices.unread_count": "as above",
    "notices.tell": "writes notices in the transaction of the worker's marks, which are in the log one by one",
    "mailbox.find_tip": "finds the tip of a code, before there is an actor",
    "mailbox.read_mailbox": "what the reporter sees; a trace would say when somebody came back",
    "holding.may_take": "whether a button is shown",
    "holding.people_to_give_to": "the choices of a form",
    "reading.may_read": "whether a page is shown; the reading itself is written down",
    "reading.has_given_reason": "as above",
    "reading.require_reading": "as above",
    "reading.reasons_given": "shown on the page of the tip, whose reading is written down",
    "saved_filters.saved_filters": "one's own, shown on the list",
    "saved_filters.name_place": "the place of a sealed name",
    "key_habits.keys_work_for": "a habit of one's own",
    "opening.proposed_case": "the case of a waiting proposal",
    "opening.title_from": "a text, cleaned",
    "outcome.proposed_for": "a waiting proposal in clear",
    "recipient.find_referral": "finds the referral of a code, before there is an actor",
    "referral_letters.check_letter": "marks a text; the reports beside it leave their own trace",
    "referral_letters.may_correct": "whether anybody holds a text",
    "referring.check_draft": "marks a text",
    "referring.latest_expiry": "a date of the pack",
    "referring.require_looked": "a check",
    "services.accepted_before": "looks up what was given for the same try",
    "services.committer": "how this process stores",
    "services.promise_signer": "a key of this process",
    **WRITING_READINGS,
    "services.fresh_password": "makes one up; whoever gives it writes that down",
    "sessions.keep_session": "lets somebody in or not at each request; what ends a session is written down",
    "sessions.rename_session": "the same session under another key, within a change that is written down",
    "sessions.confirm": "notes that a password was typed; wrong ones are written down",
    "sessions.require_password": "checks a password; wrong ones are written down",
    "sessions.is_confirmed": "reads",
    "sessions.open_sessions": "reads",
    "sessions.somebody_is_here": "reads",
    "sessions.why_it_ended": "reads",
}
NO_ACTOR_YET = {
    "services.check_password": "finds out who the actor is",
    "services.check_passkey_alone": "finds out who the actor is",
}


def name_of(module: ModuleType, function: Any) -> str:
    """``services.close``, ``mailbox.withdraw``."""
    return f"{module.__name__.rsplit('.', 1)[-1]}.{function.__name__}"


def own_functions() -> dict[str, Any]:
    """Every public function that these modules define themselves."""
    return {
        name_of(module, function): function
        for module in MODULES
        for name, function in vars(module).items()
        if callable(function)
        and not name.startswith("_")
        and not inspect.isclass(function)
        and getattr(function, "__module__", "") == module.__name__
    }


SERVICES = {name: function for name, function in own_functions().items() if name not in READINGS}


def test_the_lists_of_exceptions_name_functions_that_exist() -> None:
    assert set(READINGS) | set(NO_ACTOR_YET) <= set(own_functions())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_takes_keywords_only_and_names_its_actor_first(name: str) -> None:
    parameters = list(inspect.signature(SERVICES[name]).parameters.values())
    positional = [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
    assert not positional, f"{name}: {positional} can be mixed up; put a * before them."
    if name not in NO_ACTOR_YET:
        assert parameters[0].name in WHO, f"{name}: whoever does it comes first (actor, keys or by)."
        assert parameters[0].default is inspect.Parameter.empty, f"{name}: nobody acts without saying who they are."


def _closed_urgent(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.UNDER_VERIFICATION)
    return services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")


def _decided(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    return services.decide_proposal(
        actor=cast.sam, tip=reported.tip, proposal=waiting(reported.tip), approve=False, reason="No."
    )


def _left(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    proposal = waiting(reported.tip)
    services.leave_decision(actor=cast.sam, tip=reported.tip, proposal=proposal, reason="I know them.")
    return proposal


def _off_the_list(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.RECEIVED)
    holding.take_tips(actor=cast.ines, refs=[reported.ref])
    holding.leave_tips(actor=cast.ines, refs=[reported.ref])
    return AuditRecord.objects.get(action="tip.leave", subject=f"tip:{reported.ref}")


def _removed(cast: Cast, _tip_in: TipIn) -> object:
    saved_filters.save_filter(actor=cast.ines, name="Late", wanted=Wanted(due="overdue"))
    (kept,) = saved_filters.saved_filters(cast.ines)
    saved_filters.remove_filter(actor=cast.ines, ref=kept.ref)
    return AuditRecord.objects.get(action="filter.remove")


def _replies_read(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.NEED_INFO)
    mailbox.write_to_staff(keys=reported.keys, text="x", attempt="ATTEMPT")
    services.mark_replies_read(actor=cast.tara, tip=reported.tip)
    return AuditRecord.objects.get(action="tip.replies_read")


def _notice_read(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.IN_TRIAGE)
    with transaction.atomic():
        notices.tell([Letter(cast.sam.require_staff(), "supervisor", "tip", reported.ref, "feedback", "overdue")])
    return notices.mark_read(actor=cast.sam, notice_id=None)


def _old_notice_removed(cast: Cast, tip_in: TipIn) -> object:
    _notice_read(cast, tip_in)
    Notice.objects.update(read_at=clock.now() - notices.KEPT - timedelta(days=1))
    return notices.remove_old_notices(actor=WORKER)


def _asked(cast: Cast, tip_in: TipIn) -> IdentityRequest:
    return ask(cast.ivo, tip_in(State.IN_TRIAGE))


def _two_keys(cast: Cast, tip_in: TipIn) -> object:
    request, home = allow(hire_officer(), _asked(cast, tip_in)), keys_of_tests()
    return [turn(hire_custodian(name), request, home, name) for name in ("kim", "lou")]


def _key_refused(cast: Cast, tip_in: TipIn) -> object:
    request = allow(hire_officer(), _asked(cast, tip_in))
    return identity_opening.refuse_to_open(actor=hire_custodian("kim"), request=request, reason="x")


def _claimed(_cast: Cast, _tip_in: TipIn) -> CustodianSeat:
    return custodians.claim_seat(
        actor=hire("nina", Role.CUSTODIAN),
        slot="max",
        key_file=key_of(keys_of_tests(), "max"),
        passphrase=CUSTODIANS["max"],
    )


def keys_of_tests() -> Installation:
    """The folder with the custodians' keys, beside the public ones that the settings name."""
    return Installation(settings.TOCSIN_PUBLIC_KEYS.parents[1], settings.TOCSIN_LOG_DIR, b"")


def _accept(_cast: Cast, _tip_in: TipIn) -> object:
    letter = clean(channel="letter", category="other", answers={"what": "x"}, contact="")
    return intake.accept_tip(actor=REPORTER, submission=letter, attempt=Attempt.fresh())


def _import(_cast: Cast, _tip_in: TipIn) -> object:
    told = b'{"id": "1", "channel": "letter", "category": "other", "answers": {"what": "x"}}'
    with TemporaryDirectory() as name, SecretLines(Path(name) / "r", first="line", source=Path(name) / "s") as rejects:
        outputs = bulk.Outputs(rejects)
        steps = bulk.import_reports(actor=IMPORT, file=BytesIO(told), name="", sealer=OwnSealer(), outputs=outputs)
        return list(steps)


def _mails(_cast: Cast, _tip_in: TipIn) -> object:
    with TemporaryDirectory() as name:
        box = Postbox(Path(name))
        box.deliver(b"Subject: x\n\nDead birds.")
        return email.take_mails(actor=MAIL, box=box, category="other", largest_mb=1)


def _draft(cast: Cast, tip_in: TipIn) -> Referral:
    reported = tip_in(State.LINKED)
    return referring.draft_referral(actor=cast.ivo, case=case_of(reported), draft=a_draft(reported))


def _sent(cast: Cast, tip_in: TipIn) -> Sent:
    reported = tip_in(State.LINKED)
    return send_text(cast, case_of(reported), reported)


def _answered(cast: Cast, tip_in: TipIn) -> Sent:
    sent = _sent(cast, tip_in)
    recipient.answer_referral(keys=sent.keys, disposition="taken_up", text="x", attempt="ATTEMPT")
    return sent


def _late(cast: Cast, tip_in: TipIn, days: int) -> Sent:
    """Sent so long ago."""
    sent = _sent(cast, tip_in)
    then = local_today() - timedelta(days=days)
    Referral.objects.update(sent_on=then, expires_on=then + timedelta(days=60))
    return sent


def _reminded(cast: Cast, tip_in: TipIn) -> object:
    sent = _late(cast, tip_in, 31)
    referral_clock.remind_referrals(actor=WORKER)
    return referral_ending.note_reminded(actor=cast.sam, referral=sent.referral)


def _told_by_hand(cast: Cast, tip_in: TipIn) -> object:
    sent = _sent(cast, tip_in)
    recipient.open_referral(keys=sent.keys)
    referral_ending.recall_referral(actor=cast.sam, referral=sent.referral, reason="x")
    (message,) = referral_letters.correct_referrals(actor=cast.sam, case=sent.case, text="x", looked=())
    return referral_letters.note_told_by_hand(actor=cast.sam, message=message, told_on=local_today())


def _taken_out(cast: Cast, tip_in: TipIn) -> object:
    sent = _sent(cast, tip_in)
    person = persons.note_person(actor=cast.ivo, case=sent.case, who="Bartholo Quint", role="x")
    return referral_letters.take_out_of_copies(actor=cast.sam, person=person)


REFERRAL_STORIES: dict[str, Story] = {
    "referring.draft_referral": _draft,
    "referring.redraft_referral": lambda c, at: look_at_all(c.ivo, _draft(c, at)),
    "referring.discard_referral": lambda c, at: referring.discard_referral(actor=c.ivo, referral=_draft(c, at)),
    "referring.send_referral": _sent,
    "referring.give_new_code": lambda c, at: referring.give_new_code(
        actor=c.sam, referral=_sent(c, at).referral, language="en", reason="x"
    ),
    "referral_ending.recall_referral": lambda c, at: referral_ending.recall_referral(
        actor=c.sam, referral=_sent(c, at).referral, reason="x"
    ),
    "referral_ending.record_no_answer": lambda c, at: referral_ending.record_no_answer(
        actor=c.sam, referral=_late(c, at, 91).referral, reason="x"
    ),
    "referral_ending.take_back_referred": lambda c, at: referral_ending.take_back_referred(
        actor=c.sam, referral=_answered(c, at).referral, reason="x"
    ),
    "referral_ending.note_reminded": _reminded,
    "referral_letters.reply_to_recipient": lambda c, at: referral_letters.reply_to_recipient(
        actor=c.sam, referral=_sent(c, at).referral, text="x", looked=()
    ),
    "referral_letters.correct_referrals": lambda c, at: referral_letters.correct_referrals(
        actor=c.sam, case=_sent(c, at).case, text="x", looked=()
    ),
    "referral_letters.take_out_of_copies": _taken_out,
    "referral_letters.note_told_by_hand": _told_by_hand,
    "referral_letters.mark_answers_read": lambda c, at: referral_letters.mark_answers_read(
        actor=c.sam, referral=_answered(c, at).referral
    ),
    "referral_clock.remind_referrals": lambda c, at: (_late(c, at, 31), referral_clock.remind_referrals(actor=WORKER)),
    "referral_clock.expire_referrals": lambda c, at: (_late(c, at, 91), referral_clock.expire_referrals(actor=WORKER)),
    "recipient.open_referral": lambda c, at: recipient.open_referral(keys=_sent(c, at).keys),
    "recipient.answer_referral": _answered,
    "recipient.write_to_sender": lambda c, at: recipient.write_to_sender(
        keys=_sent(c, at).keys, text="x", attempt="ATTEMPT"
    ),
}

# One story for each service: the shortest in which it does its work. A new service needs one.
STORIES: dict[str, Story] = {
    **REFERRAL_STORIES,
    "services.acknowledge": lambda c, at: services.acknowledge(actor=c.ines, tip=at(State.RECEIVED).tip),
    "services.flag_urgent": lambda c, at: services.flag_urgent(actor=c.ines, tip=at(State.RECEIVED).tip, reason="x"),
    "services.confirm_urgent": lambda c, at: services.confirm_urgent(
        actor=c.ines, tip=at(State.RECEIVED).tip, reason="x"
    ),
    "services.begin_triage": lambda c, at: services.begin_triage(
        actor=c.tara, tip=at(State.ACKNOWLEDGED).tip, has_interest=True
    ),
    "services.declare_interest": lambda c, at: services.declare_interest(
        actor=c.sam, tip=at(State.RECEIVED).tip, has_interest=False
    ),
    "services.ask_reporter": lambda c, at: services.ask_reporter(actor=c.tara, tip=at(State.IN_TRIAGE).tip, text="?"),
    "services.resume_triage": lambda c, at: services.resume_triage(
        actor=c.tara, tip=at(State.NEED_INFO).tip, reason="x"
    ),
    "services.start_verification": lambda c, at: services.start_verification(
        actor=c.sam, tip=at(State.IN_TRIAGE).tip, legal_basis="x"
    ),
    "services.propose_outcome": _closed_urgent,
    "services.refuse_remit": lambda c, at: services.refuse_remit(
        actor=c.tara, tip=at(State.IN_TRIAGE).tip, reason="x", door="4"
    ),
    "services.decide_proposal": _decided,
    "services.leave_decision": _left,
    "services.extend_feedback": lambda c, at: services.extend_feedback(
        actor=c.sam,
        tip=at(State.IN_TRIAGE).tip,
        until=(local_today() + timedelta(days=100)).isoformat(),
        reason="x",
        text="x",
    ),
    "notices.mark_read": _notice_read,
    "notices.remove_old_notices": _old_notice_removed,
    "services.give_feedback": lambda c, at: services.give_feedback(
        actor=c.ines, tip=at(State.OUTCOME_SET).tip, text="x"
    ),
    "services.close": lambda c, at: services.close(actor=c.sam, tip=at(State.FEEDBACK_GIVEN).tip, reason="x"),
    "services.reopen": lambda c, at: services.reopen(actor=c.sam, tip=at(State.CLOSED).tip, reason="x"),
    "services.mark_replies_read": _replies_read,
    "holding.take_tips": lambda c, at: holding.take_tips(actor=c.ines, refs=[at(State.RECEIVED).ref]),
    "holding.leave_tips": _off_the_list,
    "holding.give_tips": lambda c, at: holding.give_tips(
        actor=c.sam, refs=[at(State.RECEIVED).ref], to=staff_of(c.ines)
    ),
    "reading.give_reason": lambda c, at: reading.give_reason(
        actor=c.sam, tip=at(State.RECEIVED).tip, reason="Asked by the inspector."
    ),
    "saved_filters.save_filter": lambda c, _at: saved_filters.save_filter(
        actor=c.ines, name="Late", wanted=Wanted(due="overdue")
    ),
    "saved_filters.remove_filter": _removed,
    "key_habits.set_keys": lambda c, _at: key_habits.set_keys(actor=c.ines, on=False),
    "mailbox.write_to_staff": lambda _c, at: mailbox.write_to_staff(
        keys=at(State.RECEIVED).keys, text="x", attempt="ATTEMPT"
    ),
    "services.add_files": lambda _c, at: intake.add_files(keys=at(State.RECEIVED).keys, files=[incoming()]),
    "mailbox.add_files": lambda _c, at: mailbox.add_files(
        keys=(reported := at(State.RECEIVED)).keys,
        rows=lambda tip: [evidence_row(incoming(), tip, keyring(), reported.keys)],
    ),
    "mailbox.withdraw": lambda _c, at: mailbox.withdraw(keys=at(State.RECEIVED).keys),
    "services.accept_tip": _accept,
    "identity_requests.request_identity": _asked,
    "identity_requests.allow_request": lambda c, at: allow(hire_officer(), _asked(c, at)),
    "identity_requests.refuse_request": lambda c, at: identity_requests.refuse_request(
        actor=hire_officer(), request=_asked(c, at), reason="x"
    ),
    "identity_requests.cancel_request": lambda c, at: identity_requests.cancel_request(
        actor=c.ivo, request=_asked(c, at), reason="x"
    ),
    "identity_requests.declare_interest": lambda c, at: identity_requests.declare_interest(
        actor=hire_officer(), request=_asked(c, at), has_interest=True
    ),
    "identity_opening.agree": _two_keys,
    "identity_opening.refuse_to_open": _key_refused,
    "custodians.claim_seat": _claimed,
    "custodians.decide_claim": lambda c, at: custodians.decide_claim(
        actor=c.ada, seat=_claimed(c, at), approve=True, reason=""
    ),
    "custodians.end_seat": lambda c, at: custodians.end_seat(actor=c.ada, seat=_claimed(c, at), reason="x"),
    "custodians.appoint_custodian": lambda _c, _at: custodians.appoint_custodian(
        actor=SETUP, staff=staff_of(hire("nina", Role.CUSTODIAN)), slot="max"
    ),
    "services.import_reports": _import,
    "services.take_mails": _mails,
    "services.add_staff": lambda _c, _at: hire("somebody", Role.TRIAGE),
    "services.grant_role": lambda c, _at: access.grant_role(by=c.ada.name, staff=staff_of(c.ines), role=Role.TRIAGE),
    **SIGN_IN_STORIES,
    **STAFF_STORIES,
    **CASE_STORIES,
    **TIP_STORIES,
    **WRITING_STORIES,
}


def test_every_service_has_its_story() -> None:
    assert set(STORIES) == set(SERVICES), (
        f"without a story: {sorted(set(SERVICES) - set(STORIES))}; stories of nothing: "
        f"{sorted(set(STORIES) - set(SERVICES))}. Add the shortest use of a new service to STORIES."
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", STORIES)
def test_every_service_leaves_a_line_in_the_audit_log_of_who_did_it(
    name: str, cast: Cast, tip_in: TipIn, unlocked_desk: Installation
) -> None:
    told: list[int] = []

    def at(state: State) -> Reported:
        reported = tip_in(state)
        told.append(AuditRecord.objects.count())
        return reported

    before = AuditRecord.objects.count()
    STORIES[name](cast, at)
    begun = told[-1] if told else before
    lines = list(AuditRecord.objects.order_by("id"))[begun:]
    assert lines, f"{name} left no trace: call record_audit inside its transaction."
    assert all(line.actor and line.action for line in lines)


@pytest.mark.django_db
def test_what_is_refused_at_the_door_leaves_a_line_too(cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        access.check_password(username="ines", password="wrong")
    line = AuditRecord.objects.get(action="sign-in.refused")
    assert "ines" not in f"{line.actor}{line.subject}{line.detail}"


@pytest.mark.django_db
def test_the_stories_above_begin_with_a_report(installation: Installation) -> None:
    assert send_report().tip.state == State.RECEIVED
