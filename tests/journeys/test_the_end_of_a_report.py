"""The end of a report's time: what goes, what stays, who may put it off – and that no backup brings it back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from pytest_django.fixtures import Settings

from tests.databases import in_threads
from tests.installation import CUSTODIANS, Installation, TestClock, clear_caches
from tests.people import Cast
from tests.stories import CONTACT, TOLD, Reported, bring_to, incoming, send_report, write_to_staff
from tocsin.access.actors import RETENTION, WORKER
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken, Unsafe
from tocsin.config import endings
from tocsin.config.last_days import desk_round
from tocsin.intake.services import add_files
from tocsin.ledger.leaf import Opening
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import last_days, mailbox, notes, services
from tocsin.tips.content import content_place, evidence_about_place, identity_place, message_place, note_place
from tocsin.tips.deadlines import local_today
from tocsin.tips.discarding import refuse_protected
from tocsin.tips.evidence import path_of
from tocsin.tips.expiry import end_months, expire_overdue
from tocsin.tips.identities import wrapped_keys_of
from tocsin.tips.last_days import expire_with_key, expiring_soon, keep_longer
from tocsin.tips.models import Evidence, Identity, Tip, TipMessage, TipNote, Tombstone
from tocsin.tips.papers import opening_place, reason_place
from tocsin.tips.selectors import content_of, read_tip
from tocsin.tips.workflow import State
from tocsin.vault import retention, unlocked
from tocsin.vault.opening import (
    CannotOpen,
    open_content,
    open_identity,
    open_key,
    open_message,
    open_sealed,
)
from tocsin.vault.unlocked import lock_now
from tocsin.workflow.models import Proposal, StepRecord

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
TipIn = Callable[[State], Reported]
ARRIVED = datetime(2026, 3, 9, 10, 20, tzinfo=UTC)


@pytest.fixture
def own_months(installation: Installation, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Retention keys of this test alone, so that destroying one spoils no other; the folder of the private halves."""
    keys = tmp_path / "keys"
    shutil.copytree(installation.home / "keys" / "public", keys / "public")
    shutil.copytree(installation.home / "keys" / "desk", keys / "desk")
    settings.TOCSIN_PUBLIC_KEYS, settings.TOCSIN_RETENTION_KEYS = keys / "public", keys / "desk"
    clear_caches()
    unlocked.unlock(installation.unit_private, keys / "desk", unlocked.UNATTENDED)
    yield keys / "desk"
    clear_caches()


def ended(cast: Cast, outcome: str = "unsubstantiated_good_faith") -> Reported:
    """A closed report with everything that a report can have."""
    reported = send_report()
    add_files(keys=reported.keys, files=[incoming(TOLD.encode())])
    write_to_staff(reported, TOLD)
    notes.add_note(actor=cast.ines, tip=reported.tip, text=TOLD)
    bring_to(State.UNDER_VERIFICATION, reported=reported, cast=cast)
    proposal = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome=outcome, reason=TOLD)
    services.decide_proposal(actor=cast.sam, tip=reported.tip, proposal=proposal, approve=True, reason=TOLD)
    services.give_feedback(actor=cast.ines, tip=reported.tip, text=TOLD)
    services.close(actor=cast.sam, tip=reported.tip, reason=TOLD)
    return reported


def rows() -> dict[str, list[dict[str, Any]]]:
    """A copy of the database, as a backup keeps it."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


# When


def test_what_was_not_confirmed_ends_after_the_days_of_the_pack(cast: Cast, tip_in: TipIn) -> None:
    reported = ended(cast)
    assert reported.tip.expires_on == local_today() + timedelta(days=90)
    assert reported.tip.ended_on == local_today()


@pytest.mark.parametrize("outcome", ["substantiated", "partly_substantiated"])
def test_what_was_confirmed_is_looked_at_after_years(outcome: str, cast: Cast, unlocked_desk: Installation) -> None:
    end = ended(cast, outcome).tip.expires_on
    assert end is not None
    assert (end.year - local_today().year, end.month) == (5, local_today().month)


def test_every_road_to_the_end_gives_a_last_day_and_every_road_back_takes_it(cast: Cast, tip_in: TipIn) -> None:
    closed, withdrawn, calm = tip_in(State.CLOSED), tip_in(State.WITHDRAWN), tip_in(State.FEEDBACK_GIVEN)
    services.flag_urgent(actor=cast.ines, tip=calm.tip, reason="Danger.")
    proposal = services.close(actor=cast.sam, tip=calm.tip, reason="Dealt with.")
    services.decide_proposal(actor=cast.lea, tip=calm.tip, proposal=proposal, approve=True, reason="")  # type: ignore[arg-type]  # two people: a proposal
    assert all(each.tip.expires_on for each in (closed, withdrawn, calm))
    services.reopen(actor=cast.sam, tip=closed.tip, reason="A new fact.")
    assert (closed.tip.expires_on, closed.tip.ended_on) == (None, None)
    assert not Tip.objects.filter(state__in=("closed", "withdrawn"), expires_on=None).exists()


def test_the_desk_ends_it_in_its_last_days_and_the_worker_on_its_day(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    stopped = set_clock(ARRIVED)
    early, late = ended(cast), ended(cast)
    stopped.forward(days=82)
    assert expire_with_key(actor=RETENTION) == 0
    assert expire_overdue(actor=WORKER) == 0
    stopped.forward(days=2)
    Tip.objects.filter(ref=late.ref).update(expires_on=local_today() + timedelta(days=8))
    assert expire_with_key(actor=RETENTION) == 1
    assert (early.tip.state, late.tip.state) == (State.EXPIRED, State.CLOSED)
    lock_now()
    stopped.forward(days=7)
    assert (expire_with_key(actor=RETENTION), expire_overdue(actor=WORKER)) == (0, 0)
    stopped.forward(days=1)
    assert expire_overdue(actor=WORKER) == 1
    assert late.tip.state == State.EXPIRED


@pytest.mark.parametrize("state", sorted(set(State) - {State.CLOSED, State.WITHDRAWN, State.EXPIRED}), ids=str)
def test_nothing_that_is_open_ever_ends(state: State, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(state)
    Tip.objects.filter(ref=reported.ref).update(expires_on=local_today() - timedelta(days=1))
    assert (expire_with_key(actor=RETENTION), expire_overdue(actor=WORKER)) == (0, 0)
    assert reported.tip.state == state


def test_no_person_ends_a_report_and_a_program_decides_nothing_else(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    Tip.objects.filter(ref=reported.ref).update(expires_on=local_today())
    for actor in (cast.sam, cast.lea, cast.ada, cast.ines):
        for act in (expire_with_key, expire_overdue):
            with pytest.raises(NotPermitted):
                act(actor=actor)
    assert reported.tip.state == State.CLOSED


# What goes and what stays


@pytest.mark.parametrize("with_key", [True, False], ids=["by the desk", "by the worker"])
def test_only_a_tombstone_stays(
    with_key: bool,
    cast: Cast,
    unlocked_desk: Installation,
    set_clock: Callable[..., TestClock],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    stopped = set_clock(ARRIVED)
    reported = ended(cast)
    file = Evidence.objects.get()
    stopped.forward(days=90)
    if not with_key:
        lock_now()
    with django_capture_on_commit_callbacks(execute=True):
        assert (expire_with_key(actor=RETENTION) if with_key else expire_overdue(actor=WORKER)) == 1
    stone = Tombstone.objects.get()
    assert (stone.month, stone.category, stone.outcome) == ("2026-03", "other", "unsubstantiated_good_faith")
    assert (stone.days_to_read, stone.days_to_end, stone.days_kept, stone.drill) == (0, 0, 90, False)
    assert not any(model.objects.exists() for model in (Evidence, TipMessage, TipNote, Identity))
    assert not path_of(file.ref).exists()
    tip = reported.tip
    assert (tip.state, tip.outcome, tip.category) == (State.EXPIRED, stone.outcome, stone.category)
    for column in ("content", "wrapped_key", "papers_public", "events_key", "receipt", "mail_public"):
        assert bytes(getattr(tip, column)) == b"", column
    assert (tip.received_hour, tip.acknowledge_by.day, tip.channel) == (datetime(2026, 3, 1, tzinfo=UTC), 1, "")
    dates = (tip.acknowledged_on, tip.feedback_by, tip.ended_on, tip.expires_on, tip.handed_off_at)
    assert not any(dates)
    assert mailbox.find_tip([reported.keys]) is None, "the nine words open nothing any more"


def test_the_history_of_who_did_what_stays_and_its_reasons_are_dead(cast: Cast, unlocked_desk: Installation) -> None:
    reported = ended(cast)
    steps = StepRecord.objects.filter(subject_ref=reported.ref).count()
    Tip.objects.update(expires_on=local_today())
    expire_with_key(actor=RETENTION)
    opened = read_tip(cast.sam, reported.ref)
    assert len(opened.history) == steps + 1
    assert [line.reason for line in opened.history if line.step.name in ("set_outcome", "close")] == [None, None]
    assert (opened.content, list(opened.messages)) == (None, [])


def test_what_was_said_about_a_report_from_before_goes_too(cast: Cast, unlocked_desk: Installation) -> None:
    reported = send_report()
    Tip.objects.update(papers_public=b"")
    bring_to(State.CLOSED, reported=reported, cast=cast)
    about = {"subject_kind": "tip", "subject_ref": reported.ref}
    assert StepRecord.objects.filter(**about).exclude(reason=b"").exists()
    Tip.objects.update(expires_on=local_today())
    assert expire_overdue(actor=WORKER) == 1
    assert not StepRecord.objects.filter(**about).exclude(reason=b"").exists()
    assert not Proposal.objects.filter(**about).exclude(payload=b"").exists()


def kinds_waiting(installation: Installation) -> list[str]:
    return [
        Opening.from_bytes(open_sealed(installation.unit_private, bytes(sealed), opening_place())).event.kind
        for sealed in Pending.objects.values_list("opening", flat=True)
    ]


def test_the_public_ledger_counts_the_end_by_desk_and_by_worker(cast: Cast, unlocked_desk: Installation) -> None:
    ended(cast), ended(cast)
    Tip.objects.update(expires_on=local_today())
    before = kinds_waiting(unlocked_desk).count("deleted:retention")
    first = Tip.objects.order_by("id").first()
    assert first is not None
    Tip.objects.exclude(pk=first.pk).update(expires_on=local_today() + timedelta(days=30))
    expire_with_key(actor=RETENTION)
    Tip.objects.exclude(pk=first.pk).update(expires_on=local_today())
    lock_now()
    expire_overdue(actor=WORKER)
    assert kinds_waiting(unlocked_desk).count("deleted:retention") == before + 2
    assert AuditRecord.objects.filter(action="tip.expire").count() == 2


def test_what_was_withdrawn_unread_is_put_away_and_counted_once(
    cast: Cast, unlocked_desk: Installation, reported: Reported
) -> None:
    mailbox.withdraw(keys=reported.keys)
    Tip.objects.update(expires_on=local_today())
    assert expire_overdue(actor=WORKER) == 1
    assert reported.tip.state == State.EXPIRED
    assert sorted(kinds_waiting(unlocked_desk)) == ["deleted:withdrawn", "received"]


def test_what_was_refused_ends_with_its_own_pseudonym_too(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    services.close(actor=cast.sam, tip=reported.tip, reason="Refused.")
    count = reported.tip.event_count
    Tip.objects.update(expires_on=local_today())
    assert expire_with_key(actor=RETENTION) == 1
    assert reported.tip.event_count == count + 1
    assert TipMessage.objects.count() == 0


def test_one_damaged_report_holds_up_no_other_and_the_worker_ends_it(cast: Cast, unlocked_desk: Installation) -> None:
    broken, sound = ended(cast), ended(cast)
    Tip.objects.update(expires_on=local_today())
    Tip.objects.filter(ref=broken.ref).update(content=b"\x01damaged")
    assert expire_with_key(actor=RETENTION) == 1
    assert (broken.tip.state, sound.tip.state) == (State.CLOSED, State.EXPIRED)
    assert expire_overdue(actor=WORKER) == 1
    assert broken.tip.state == State.EXPIRED


def test_an_end_without_its_traces_does_not_happen(
    cast: Cast, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no trace can be written")

    reported = ended(cast)
    Tip.objects.update(expires_on=local_today())
    before = rows()
    monkeypatch.setattr("tocsin.workflow.services.record_audits", broken)
    with pytest.raises(OSError, match="no trace"):
        expire_overdue(actor=WORKER)
    assert rows() == before
    assert reported.tip.state == State.CLOSED


@pytest.mark.usefixtures("shared_database")
def test_of_desk_and_worker_at_once_one_ends_it(cast: Cast, unlocked_desk: Installation) -> None:
    ended(cast)
    Tip.objects.update(expires_on=local_today())
    done = in_threads([lambda: expire_with_key(actor=RETENTION), lambda: expire_overdue(actor=WORKER)])
    assert sorted(map(str, done)) == ["0", "1"]
    assert Tombstone.objects.count() == 1


# Reviews


def test_a_supervisor_keeps_a_confirmed_report_with_reason_and_date(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    Tip.objects.update(expires_on=local_today() + timedelta(days=3))
    assert [tip.ref for tip in expiring_soon(cast.sam)] == [reported.ref]
    until = local_today() + timedelta(days=400)
    keep_longer(actor=cast.sam, tip=reported.tip, until=until, reason="The appeal is still open.")
    assert reported.tip.expires_on == until
    assert not expiring_soon(cast.sam)
    line = read_tip(cast.sam, reported.ref).history[-1]
    assert (line.step.name, line.reason) == ("keep_longer", "The appeal is still open.")


def test_a_review_has_a_reason_and_an_end_within_the_rules(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    today = local_today()
    for until in (today, today - timedelta(days=1), today + timedelta(days=5 * 366 + 1)):
        with pytest.raises(RuleBroken, match="Choose a day"):
            keep_longer(actor=cast.sam, tip=reported.tip, until=until, reason="x")
    with pytest.raises(RuleBroken, match="reason"):
        keep_longer(actor=cast.sam, tip=reported.tip, until=today + timedelta(days=1), reason="  ")
    for actor in (cast.ines, cast.tara, cast.ivo, cast.ada):
        with pytest.raises(NotPermitted):
            keep_longer(actor=actor, tip=reported.tip, until=today + timedelta(days=1), reason="x")


def test_what_was_not_confirmed_is_kept_by_no_review(cast: Cast, unlocked_desk: Installation) -> None:
    reported = ended(cast)
    with pytest.raises(Conflict, match="Only a confirmed report"):
        keep_longer(actor=cast.sam, tip=reported.tip, until=local_today() + timedelta(days=1), reason="x")


# Invariant 6: expiry destroys keys, also for backups


def opened_from(backup: dict[str, list[dict[str, Any]]], unit: bytes, months: list[bytes]) -> list[str]:
    """Everything that ``unit`` and these retention keys open in a copy of the database; by name of the table."""
    found = []

    def attempt(name: str, act: Callable[[], bytes]) -> None:
        try:
            act()
        except CannotOpen:
            return
        found.append(name)

    for month in months:
        for tip in backup["Tip"]:
            place = content_place(tip["ref"])
            attempt("content", lambda m=month, t=tip, p=place: open_content(unit, m, t["content"], t["wrapped_key"], p))  # type: ignore[misc]  # bound by default
        for file in backup["Evidence"]:
            at = evidence_about_place(file["ref"])
            attempt("file", lambda m=month, f=file, p=at: open_key(unit, m, f["wrapped_key"], p))  # type: ignore[misc]  # as above
    ref = backup["Tip"][0]["ref"]
    for message in backup["TipMessage"]:
        attempt("message", lambda m=message: open_message(unit, m["blob"], message_place(m["ref"])))  # type: ignore[misc]  # as above
    for note in backup["TipNote"]:
        attempt("note", lambda n=note: open_sealed(unit, n["blob"], note_place(n["ref"])))  # type: ignore[misc]  # as above
    for name, column in (("StepRecord", "reason"), ("Proposal", "payload"), ("Voice", "reason")):
        for row in backup[name]:
            attempt(name, lambda r=row, c=column: open_sealed(unit, r[c], reason_place(ref)))  # type: ignore[misc]  # as above
    return found


def test_a_copy_of_the_database_from_before_opens_nothing_after_the_month_ended(
    cast: Cast, own_months: Path, installation: Installation, set_clock: Callable[..., TestClock]
) -> None:
    stopped = set_clock(ARRIVED)
    reported = ended(cast)
    backup, identity = rows(), Identity.objects.get()
    month = retention.private_key(own_months, "2026-03")
    wrapped = wrapped_keys_of(identity)
    kim, lou = (installation.custodian_private(name) for name in list(CUSTODIANS)[:2])
    place = identity_place(identity.ref)
    assert open_identity(kim, lou, bytes(identity.blob), wrapped, place).decode() == CONTACT
    assert {"content", "file"} <= set(opened_from(backup, installation.unit_private, [month])), "the test can open it"
    stopped.forward(days=90)
    lock_now()
    endings.worker_round()
    assert reported.tip.state == State.EXPIRED
    assert not (own_months / "retention" / "2026-03.key").exists()
    assert (own_months / "retention" / "2026-05.key").exists()
    left = [retention.private_key(own_months, month) for month in retention.months_with_keys(own_months)]
    assert left
    assert opened_from(backup, installation.unit_private, left) == []
    with pytest.raises(Unsafe):
        wrapped_keys_of(identity)  # two custodians together cannot begin: the layer above their keys is gone
    with pytest.raises(CannotOpen):
        open_identity(kim, lou, bytes(identity.blob), bytes(identity.wrapped_keys), place)
    assert AuditRecord.objects.get(action="retention.key_destroy").subject == "month:2026-03"


def test_a_month_lives_as_long_as_one_of_its_reports(
    cast: Cast, own_months: Path, set_clock: Callable[..., TestClock], settings: Settings
) -> None:
    stopped = set_clock(ARRIVED)
    ended(cast)
    kept = send_report()
    stopped.forward(days=120)
    endings.worker_round()
    assert Tombstone.objects.count() == 1
    assert content_of(kept.tip).answers["what"] == TOLD
    mailbox.withdraw(keys=kept.keys)
    folders = {"public_dir": settings.TOCSIN_PUBLIC_KEYS, "private_dir": settings.TOCSIN_RETENTION_KEYS}
    assert end_months(actor=WORKER, **folders) == ["2026-03"]
    assert end_months(actor=WORKER, **folders) == []


def test_a_worker_before_an_empty_database_destroys_no_key(
    db: None, own_months: Path, settings: Settings, set_clock: Callable[..., TestClock]
) -> None:
    set_clock(datetime(2028, 6, 1, tzinfo=UTC))
    before = retention.months_with_keys(own_months)
    folders = {"public_dir": settings.TOCSIN_PUBLIC_KEYS, "private_dir": settings.TOCSIN_RETENTION_KEYS}
    assert end_months(actor=WORKER, **folders) == []
    assert retention.months_with_keys(own_months) == before


def test_keys_of_this_month_and_the_last_are_never_destroyed(
    cast: Cast, own_months: Path, settings: Settings, set_clock: Callable[..., TestClock]
) -> None:
    stopped = set_clock(ARRIVED)
    mailbox.withdraw(keys=send_report().keys)
    folders = {"public_dir": settings.TOCSIN_PUBLIC_KEYS, "private_dir": settings.TOCSIN_RETENTION_KEYS}
    assert end_months(actor=WORKER, **folders) == []
    stopped.moment = datetime(2026, 4, 30, 23, 59, tzinfo=UTC)
    assert end_months(actor=WORKER, **folders) == []
    stopped.moment = datetime(2026, 5, 1, 0, 1, tzinfo=UTC)
    assert end_months(actor=WORKER, **folders) == ["2026-03"]


def test_a_month_whose_trace_cannot_be_written_keeps_its_key(
    cast: Cast,
    own_months: Path,
    settings: Settings,
    set_clock: Callable[..., TestClock],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_: object) -> None:
        raise OSError("no trace can be written")

    stopped = set_clock(ARRIVED)
    mailbox.withdraw(keys=send_report().keys)
    stopped.forward(days=100)
    monkeypatch.setattr("tocsin.tips.expiry.record_audit", broken)
    with pytest.raises(OSError, match="no trace"):
        end_months(actor=WORKER, public_dir=settings.TOCSIN_PUBLIC_KEYS, private_dir=settings.TOCSIN_RETENTION_KEYS)
    assert (own_months / "retention" / "2026-03.key").exists()


def test_the_desk_thread_uses_the_same_days(
    cast: Cast, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.config.last_days.close_old_connections", lambda: None)  # the test's own is in use
    ended(cast)
    Tip.objects.update(expires_on=local_today() + last_days.LAST_DAYS)
    assert desk_round() == 1
    assert desk_round() == 0
