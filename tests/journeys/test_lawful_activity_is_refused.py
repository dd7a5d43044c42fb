"""A report about lawful activity: refused, destroyed in the same moment, its reporter told why and where else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import transaction

from tests.databases import in_threads
from tests.installation import Installation
from tests.people import Cast, hire
from tests.stories import Reported, bring_to, incoming, read_with_reason, send_report, waiting, write_to_staff
from tocsin.access.permissions import Role
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.intake import files as incoming_files
from tocsin.intake.files import remove_left_over
from tocsin.intake.services import add_files
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.policy.active import get_pack
from tocsin.tips import mailbox, notes, services
from tocsin.tips.content import Particulars
from tocsin.tips.discarding import refuse_protected
from tocsin.tips.evidence import path_of
from tocsin.tips.models import Evidence, Identity, Tip, TipMessage, TipNote
from tocsin.tips.workflow import State
from tocsin.workflow.models import StepRecord

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
TipIn = Callable[[State], Reported]
CANARY = "She prays in a cellar with foreigners"


def rich(cast: Cast, **more: object) -> Reported:
    """A report in triage with everything that may repeat it: a file, messages both ways, a note, reasons."""
    reported = send_report(CANARY, particulars=Particulars(language="fr"), **more)  # type: ignore[arg-type]  # of one test
    add_files(keys=reported.keys, files=[incoming(CANARY.encode(), f"{CANARY}.txt")])
    bring_to(State.IN_TRIAGE, reported=reported, cast=cast)
    services.ask_reporter(actor=cast.tara, tip=reported.tip, text=f"Why: {CANARY}?")
    write_to_staff(reported, f"Because: {CANARY}")
    notes.add_note(actor=cast.tara, tip=reported.tip, text=f"Note: {CANARY}")
    return reported


def everything_opened(cast: Cast, reported: Reported) -> str:
    """All that staff can read of it by any road, as one text."""
    opened = read_with_reason(cast.sam, reported)
    told = [str(opened.content)]
    told += [str(message.text) for message in opened.messages] + [str(line.reason) for line in opened.history]
    return "\n".join(told)


def stored_in_clear() -> str:
    """Every column of every row, as PostgreSQL and SQLite show it."""
    return "\n".join(
        str(row) for model in apps.get_models() for row in model._default_manager.order_by("pk").values_list()
    )


def test_text_file_messages_notes_and_reasons_go_in_the_moment_of_the_decision(
    cast: Cast, unlocked_desk: Installation, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    reported = rich(cast)
    file = Evidence.objects.get()
    assert CANARY in everything_opened(cast, reported)
    assert path_of(file.ref).exists()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager of pytest-django
        refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    tip = reported.tip
    assert (tip.state, tip.outcome) == (State.FEEDBACK_GIVEN, "refused_protected_activity")
    assert (bytes(tip.content), bytes(tip.wrapped_key), bytes(tip.papers_public)) == (b"", b"", b"")
    assert tip.destroyed_on is not None
    assert not Evidence.objects.exists()
    assert not TipNote.objects.exists()
    assert not path_of(file.ref).exists()
    identity = Identity.objects.get()
    assert (bytes(identity.blob), bytes(identity.wrapped_keys)) == (b"", b"")
    assert CANARY not in everything_opened(cast, reported)
    assert CANARY not in stored_in_clear()


def test_the_reporter_reads_why_and_where_else_in_the_own_language_after_the_text_is_gone(
    cast: Cast, unlocked_desk: Installation
) -> None:
    reported = rich(cast)
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    box = mailbox.read_mailbox(reported.keys)
    (told,) = box.messages
    texts = get_pack().texts("fr")
    assert told.text is not None
    assert texts.line("refused.protected") in told.text
    assert texts.pairs("not_for.doors")[0]["door"] in told.text
    assert texts.line("complaint.text") in told.text
    assert (box.can_write, box.can_withdraw, box.files, box.destroyed_on) == (
        False,
        False,
        0,
        reported.tip.destroyed_on,
    )
    assert box.outcome_label == "Lawful activity: not taken up"
    assert box.promise == reported.promise
    for act in (lambda: write_to_staff(reported, "more"), lambda: mailbox.withdraw(keys=reported.keys)):
        with pytest.raises(Conflict, match="destroyed"):
            act()


def test_without_a_known_language_the_first_one_of_the_pack_is_used(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="2")
    (told,) = mailbox.read_mailbox(reported.keys).messages
    assert told.text is not None
    assert "Sample Press Council" in told.text


def test_the_ground_stays_readable_and_is_one_of_the_packs(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    for wrong in ("", "3", "-1", "religion", "\x00", CANARY):
        with pytest.raises(RuleBroken, match="Choose one of the entries"):
            refuse_protected(actor=cast.tara, tip=reported.tip, ground=wrong)
    assert reported.tip.state == State.IN_TRIAGE
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="1")
    last = read_with_reason(cast.sam, reported).history[-1]
    assert (last.step.name, last.reason) == ("refuse_protected", "door:1")


def test_the_life_goes_on_to_its_end_without_the_text(cast: Cast, unlocked_desk: Installation) -> None:
    reported = rich(cast)
    before = Pending.objects.count()
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    services.close(actor=cast.sam, tip=reported.tip, reason="Refused.")
    assert reported.tip.state == State.CLOSED
    assert Pending.objects.count() == before + 2, "the public ledger counts the refusal and the end"
    assert read_with_reason(cast.sam, reported).history[-1].reason == "Refused."
    with pytest.raises(Conflict, match="cannot be opened again"):
        services.reopen(actor=cast.sam, tip=reported.tip, reason="x")
    with pytest.raises(Conflict, match="notes could repeat it"):
        notes.add_note(actor=cast.sam, tip=reported.tip, text="She prayed.")


@pytest.mark.parametrize("marked", [{"flags": ("protection",)}, {"category": "violence_threat"}], ids=str)
def test_where_somebody_may_be_in_danger_a_second_person_agrees_before_anything_goes(
    marked: dict[str, object], cast: Cast, unlocked_desk: Installation
) -> None:
    reported = rich(cast, **marked)
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    assert reported.tip.state == State.IN_TRIAGE
    assert CANARY in everything_opened(cast, reported)
    with pytest.raises(NotPermitted, match="somebody else"):
        services.decide_proposal(
            actor=cast.tara, tip=reported.tip, proposal=waiting(reported.tip), approve=True, reason=""
        )
    assert CANARY in everything_opened(cast, reported)
    services.decide_proposal(
        actor=cast.sam, tip=reported.tip, proposal=waiting(reported.tip), approve=True, reason=f"Yes: {CANARY}"
    )
    assert (reported.tip.state, reported.tip.outcome) == (State.FEEDBACK_GIVEN, "refused_protected_activity")
    assert CANARY not in everything_opened(cast, reported)
    assert StepRecord.objects.get(step="refuse_protected_urgent").proposed_by == cast.tara.name


def test_a_second_person_who_refuses_keeps_the_text(cast: Cast, unlocked_desk: Installation) -> None:
    reported = rich(cast, flags=("protection",))
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    services.decide_proposal(
        actor=cast.sam, tip=reported.tip, proposal=waiting(reported.tip), approve=False, reason="Look at the danger."
    )
    assert reported.tip.state == State.IN_TRIAGE
    assert CANARY in everything_opened(cast, reported)


def test_a_page_from_before_the_mark_of_urgency_destroys_nothing(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    old = reported.tip
    services.flag_urgent(actor=cast.tara, tip=reported.tip, reason="Danger.")
    with pytest.raises(Conflict, match="needs another step"):
        refuse_protected(actor=cast.tara, tip=old, ground="0")
    assert bytes(reported.tip.content)


def test_nothing_goes_when_the_message_cannot_be_written(
    cast: Cast, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise OSError("no randomness")

    reported = rich(cast)
    before = {model: model._default_manager.count() for model in apps.get_models()}
    monkeypatch.setattr("tocsin.tips.discarding.write_message", broken)
    with pytest.raises(OSError, match="no randomness"), transaction.atomic():
        refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    assert {model: model._default_manager.count() for model in apps.get_models()} == before
    monkeypatch.undo()
    assert CANARY in everything_opened(cast, reported)


def test_what_a_crash_leaves_on_the_disk_the_worker_removes(
    cast: Cast, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the callbacks of the commit, as after a crash between commit and removal; the copy goes as well."""
    reported = rich(cast)
    path = path_of(Evidence.objects.get().ref)
    copy = path.with_name(f"{path.name}.copy")
    copy.write_bytes(b"sealed copy")
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    assert path.exists()
    yesterday = time.time() - 2 * 24 * 3600
    for each in (path, copy):
        os.utime(each, (yesterday, yesterday))
    assert remove_left_over() == 2
    assert not path.exists()
    assert not copy.exists()
    assert incoming_files.remove_left_over() == 0


def test_who_may_not_refuse_or_has_an_interest_destroys_nothing(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    partial = hire("partial", Role.TRIAGE)
    services.declare_interest(actor=partial, tip=reported.tip, has_interest=True)
    for actor in (cast.ines, cast.ivo, cast.sam, cast.ada, partial):
        with pytest.raises(NotPermitted):
            refuse_protected(actor=actor, tip=reported.tip, ground="0")
    assert bytes(reported.tip.content)


def test_a_refusal_is_in_the_audit_log_without_a_word_of_the_report(cast: Cast, unlocked_desk: Installation) -> None:
    reported = rich(cast)
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    line = AuditRecord.objects.get(action="tip.refuse_protected")
    assert (line.actor, line.role, line.subject) == (cast.tara.name, "triage", f"tip:{reported.ref}")
    assert line.detail == {"from": "in_triage", "to": "feedback_given", "rule": "protected_activity"}


@pytest.mark.usefixtures("shared_database")
def test_of_two_at_once_one_refuses_and_the_other_is_told(cast: Cast, unlocked_desk: Installation) -> None:
    reported = send_report()
    bring_to(State.IN_TRIAGE, reported=reported, cast=cast)
    tip, other = reported.tip, hire("other", Role.TRIAGE)
    outcomes = in_threads(
        [
            lambda who=who: refuse_protected(actor=who, tip=tip, ground="0")  # type: ignore[misc]  # a default argument binds the person
            for who in (cast.tara, other)
        ]
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Conflict", "Tip"]
    assert TipMessage.objects.count() == 1
    assert Tip.objects.get().state == State.FEEDBACK_GIVEN


def test_a_withdrawal_of_an_unread_report_takes_file_note_and_name_along(
    cast: Cast, unlocked_desk: Installation
) -> None:
    reported = send_report(CANARY)
    add_files(keys=reported.keys, files=[incoming(CANARY.encode())])
    notes.add_note(actor=cast.ines, tip=reported.tip, text=CANARY)
    assert mailbox.withdraw(keys=reported.keys) is True
    assert not Evidence.objects.exists()
    assert not TipNote.objects.exists()
    assert not TipMessage.objects.exists()
    assert bytes(Identity.objects.get().blob) == b""
    assert reported.tip.expires_on is not None
    assert CANARY not in everything_opened(cast, reported)


@pytest.mark.parametrize("state", [State.IN_TRIAGE, State.UNDER_VERIFICATION, State.OUTCOME_SET], ids=str)
def test_a_withdrawal_after_somebody_acted_keeps_the_facts_and_drops_the_contact(
    state: State, cast: Cast, tip_in: TipIn
) -> None:
    reported = tip_in(state)
    assert mailbox.withdraw(keys=reported.keys) is False
    assert bytes(Identity.objects.get().blob) == b"", "the texts promise: the facts stay and your contact goes"
    assert read_with_reason(cast.sam, reported).content is not None
    assert reported.tip.expires_on is not None
