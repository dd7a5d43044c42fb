"""What each process does with the database rights of the guide alone, and what it cannot do. PostgreSQL only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from tests.database_roles import script
from tests.installation import Installation, TestClock
from tests.people import Cast
from tests.stories import Reported, bring_to, incoming, send_report, write_to_staff
from tocsin.access.actors import RETENTION, WORKER
from tocsin.cases.ending import end_cases
from tocsin.config.clock_round import clock_round
from tocsin.intake.services import add_files
from tocsin.tips import dictation, discarding, handoff, last_days, mailbox, notes, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.expiry import expire_overdue
from tocsin.tips.hold_steps import end_due_holds
from tocsin.tips.holds import ask_hold
from tocsin.tips.identity_notice import end_requests
from tocsin.tips.models import Tip, TipNote
from tocsin.tips.workflow import State

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles"),
]
AsRole = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def as_role(db: None, installation: Installation) -> AsRole:
    """``as_role("tocsin_desk")``: within, the rights are those of that process; all is gone after the test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
        cursor.execute(f"CREATE ROLE tocsin_owner; {script()}")

    @contextmanager
    def within(role: str) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {role}")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {owner}")

    return within


def full(cast: Cast, state: State = State.RECEIVED) -> Reported:
    """A report with a file, a message and a note."""
    reported = send_report()
    add_files(keys=reported.keys, files=[incoming(b"a picture")])
    write_to_staff(reported, "One more thing.")
    notes.add_note(actor=cast.ines, tip=reported.tip, text="Look at the plates.")
    bring_to(state, reported=reported, cast=cast)
    return reported


def closed(cast: Cast) -> Reported:
    """A report with an outcome, told and closed."""
    reported = full(cast, State.UNDER_VERIFICATION)
    proposal = services.propose_outcome(
        actor=cast.ivo, tip=reported.tip, outcome="unsubstantiated_good_faith", reason="Nothing was found."
    )
    services.decide_proposal(actor=cast.sam, tip=reported.tip, proposal=proposal, approve=True, reason="")
    services.give_feedback(actor=cast.ines, tip=reported.tip, text="Thank you.")
    services.close(actor=cast.sam, tip=reported.tip, reason="Dealt with.")
    return reported


def test_the_public_door_stores_answers_and_destroys_what_is_taken_back_unread(
    cast: Cast, unlocked_desk: Installation, as_role: AsRole
) -> None:
    reported, kept = full(cast), full(cast, State.IN_TRIAGE)
    with as_role("tocsin_door"):
        write_to_staff(reported, "It is a grey lorry.")
        assert mailbox.read_mailbox(kept.keys).can_withdraw
        assert mailbox.withdraw(keys=reported.keys)
        assert not mailbox.withdraw(keys=kept.keys)
    assert (bytes(reported.tip.content), reported.tip.messages.count(), reported.tip.notes.count()) == (b"", 0, 0)
    assert reported.tip.evidence.count() == 0
    assert bytes(kept.tip.content)


def test_the_desk_notes_hands_over_holds_and_destroys_lawful_activity(
    cast: Cast, unlocked_desk: Installation, as_role: AsRole
) -> None:
    reported, lawful = full(cast), full(cast, State.IN_TRIAGE)
    with as_role("tocsin_desk"):
        note = notes.add_note(actor=cast.ines, tip=reported.tip, text="Seen in June.")
        notes.correct_note(actor=cast.ines, tip=reported.tip, note_ref=note.note_ref, version=1, text="In July.")
        dictation.dictate(actor=cast.ines, tip=reported.tip, text="He is back.", attempt="A" * 20)
        handoff.hand_off(actor=cast.ines, tip=reported.tip, body="000-0001", said="A man with a knife.")
        services.declare_interest(actor=cast.ivo, tip=reported.tip, has_interest=True)
        ask_hold(
            actor=cast.sam, handle=reported.ref, order="Order 7", ends_on=local_today() + timedelta(days=30), reason="x"
        )
        discarding.refuse_protected(actor=cast.tara, tip=lawful.tip, ground="0")
    assert (bytes(lawful.tip.content), TipNote.objects.filter(tip=lawful.tip).count()) == (b"", 0)
    assert reported.tip.handed_off_at is not None


def test_a_report_whose_time_is_over_is_destroyed_by_the_desk_with_its_key_and_by_the_worker_without(
    cast: Cast, unlocked_desk: Installation, as_role: AsRole, set_clock: Callable[[], TestClock]
) -> None:
    first, second = closed(cast), closed(cast)
    stopped = set_clock()
    stopped.forward(days=89)
    with as_role("tocsin_desk"):
        Tip.objects.filter(pk=second.tip.pk).update(expires_on=local_today() + timedelta(days=20))
        assert last_days.expire_with_key(actor=RETENTION) == 1
    stopped.forward(days=30)
    with as_role("tocsin_worker"):
        assert expire_overdue(actor=WORKER) == 1
        end_cases(actor=WORKER)
        end_due_holds(actor=WORKER)
        end_requests(actor=WORKER)
        clock_round()
    assert [tip.state for tip in (first.tip, second.tip)] == ["expired", "expired"]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("tocsin_door", "SELECT blob FROM tips_identity"),
        ("tocsin_door", "SELECT blob FROM tips_tipnote"),
        ("tocsin_door", "SELECT password FROM access_staff"),
        ("tocsin_door", "DELETE FROM tips_tip"),
        ("tocsin_door", "SELECT detail FROM ledger_auditrecord"),
        ("tocsin_desk", "DELETE FROM ledger_auditrecord"),
        ("tocsin_desk", "UPDATE ledger_auditrecord SET action = 'x'"),
        ("tocsin_desk", "DELETE FROM tips_tip"),
        ("tocsin_desk", "DELETE FROM workflow_steprecord"),
        ("tocsin_worker", "SELECT blob FROM tips_identity"),
        ("tocsin_worker", "SELECT blob FROM tips_tipnote"),
        ("tocsin_worker", "DELETE FROM ledger_entry"),
        ("tocsin_worker", "UPDATE access_staff SET password = 'x'"),
    ],
)
def test_what_no_process_needs_it_cannot_do(role: str, statement: str, as_role: AsRole) -> None:
    with as_role(role), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
