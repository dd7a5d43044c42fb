"""Many reporters at once: one durable transaction for all who wait, nobody failed by a neighbour, nothing promised
that was not stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections

from tests.databases import in_threads
from tests.stories import TOLD
from tests.visitor import Visitor
from tocsin.access.actors import REPORTER
from tocsin.common.errors import Busy
from tocsin.intake import group_commit, services
from tocsin.intake.attempts import Attempt
from tocsin.intake.group_commit import GroupCommitter
from tocsin.intake.prepare import PreparedTip, prepare
from tocsin.intake.store import Job, store
from tocsin.intake.submission import clean
from tocsin.ledger.models import AuditRecord, Entry, Pending
from tocsin.tips.models import Identity, Tip
from tocsin.vault.codes import CodeKeys

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("shared_database", "installation")]


class Gate:
    """Stands before the real store: counts the batches, holds them until it is opened, and may break one."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.opened = threading.Event()
        self.entered = threading.Event()

    def store(self, jobs: list[Job]) -> list[bool]:
        self.batches.append(len(jobs))
        self.entered.set()
        assert self.opened.wait(30)
        return store(jobs)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Closed at first."""
    gate = Gate()
    monkeypatch.setattr(group_commit, "store", gate.store)
    yield gate
    gate.opened.set()


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch, gate: Gate) -> Iterator[Callable[..., GroupCommitter]]:
    """Makes a committer for ``accept_tip``; its thread gives its connection back at the end."""
    made = []

    def make(**options: Any) -> GroupCommitter:
        committer = GroupCommitter(**options)
        monkeypatch.setattr(services, "committer", lambda: committer)
        made.append(committer)
        return committer

    yield make
    gate.opened.set()
    monkeypatch.setattr(group_commit, "store", _leave)
    for committer in made:
        in_threads([lambda committer=committer: committer.commit((REPORTER, prepared("bye")))])  # type: ignore[misc]  # the default binds the loop's value


def _leave(jobs: list[Job]) -> list[bool]:
    connections.close_all()
    return [True for _job in jobs]


def prepared(what: str = TOLD, attempt: Attempt | None = None) -> PreparedTip:
    """A sealed report that is not stored yet."""
    attempt = attempt or Attempt.fresh()
    submission = clean(channel="web", category="other", answers={"what": what}, contact="")
    return prepare(
        submission=submission,
        attempt=attempt,
        keys=CodeKeys.derive(attempt.seed),
        signer=services.promise_signer(),
    )


def accept(what: str = TOLD, attempt: Attempt | None = None) -> Callable[[], services.Accepted]:
    """A call that files one report, for a thread of its own."""
    tried = attempt or Attempt.fresh()
    submission = clean(channel="web", category="other", answers={"what": what}, contact="")
    return lambda: services.accept_tip(actor=REPORTER, submission=submission, attempt=tried)


def rows() -> tuple[int, int, int, int]:
    return Tip.objects.count(), Identity.objects.count(), Pending.objects.count(), AuditRecord.objects.count()


def wait_until(true: Callable[[], bool]) -> None:
    """Give other threads ten seconds."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def start(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Run ``call`` beside the test; the list receives its result or error."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.extend(in_threads([call])))
    thread.start()
    return thread, results


def test_everyone_who_waits_meanwhile_shares_one_transaction(gate: Gate, together: Callable[..., Any]) -> None:
    committer = together()
    first, _ = start(accept())
    assert gate.entered.wait(10)
    others = [start(accept(f"report {n}")) for n in range(20)]
    wait_until(lambda: committer._jobs.qsize() == 20)
    gate.opened.set()
    for thread, _results in [(first, _), *others]:
        thread.join()
    assert gate.batches == [1, 20]
    results = [results[0] for _thread, results in others]
    assert all(result.first_time and result.promise for result in results)
    assert len({result.seed for result in results}) == 20
    assert rows() == (21, 21, 21, 21)


def test_nobody_is_answered_before_the_transaction_is_durable(gate: Gate, together: Callable[..., Any]) -> None:
    together()
    thread, results = start(accept())
    assert gate.entered.wait(10)
    time.sleep(0.05)
    assert results == []
    assert rows()[0] == 0
    gate.opened.set()
    thread.join()
    assert results[0].promise
    assert rows()[0] == 1


def spoil_login(job: PreparedTip) -> PreparedTip:
    """A row that the database refuses: another tip has this login already."""
    job.tip.login_hash = Tip.objects.values_list("login_hash", flat=True)[0]
    return job


def spoil_leaf(job: PreparedTip) -> PreparedTip:
    """A row that our own code refuses."""
    return replace(job, entry=(b"no leaf", job.entry[1]))


def spoil_null(job: PreparedTip) -> PreparedTip:
    """A row without something that it must have."""
    job.tip.acknowledge_by = None  # type: ignore[assignment]  # the fault that this test is about
    return job


@pytest.mark.parametrize("spoil", [spoil_login, spoil_leaf, spoil_null])
def test_one_row_that_cannot_be_stored_fails_alone(
    gate: Gate, together: Callable[..., GroupCommitter], spoil: Callable[[PreparedTip], PreparedTip]
) -> None:
    committer = together()
    gate.opened.set()
    committer.commit((REPORTER, prepared("the first")))
    gate.opened.clear()
    gate.entered.clear()
    jobs = [prepared(f"report {n}") for n in range(7)]
    jobs[3] = spoil(jobs[3])
    blocker, _ = start(lambda: committer.commit((REPORTER, prepared("the second"))))
    assert gate.entered.wait(10)
    started = [start(lambda job=job: committer.commit((REPORTER, job))) for job in jobs]  # type: ignore[misc]  # the default binds the loop's value
    wait_until(lambda: committer._jobs.qsize() == 7)
    gate.opened.set()
    for thread, _results in [(blocker, _), *started]:
        thread.join()
    outcomes = [results[0] for _thread, results in started]
    assert outcomes[:3] + outcomes[4:] == [True] * 6
    assert isinstance(outcomes[3], Exception)
    assert not isinstance(outcomes[3], Busy)
    assert rows() == (8, 8, 8, 8)


def test_a_full_queue_says_busy_without_waiting_for_the_store(gate: Gate, together: Callable[..., Any]) -> None:
    committer = together(longest_queue=2)
    started = [start(accept())]
    assert gate.entered.wait(10)
    started += [start(accept()) for _ in range(2)]
    wait_until(committer._jobs.full)
    with pytest.raises(Busy):
        accept()()  # answered while the store still stands: the gate below is opened afterwards
    gate.opened.set()
    for thread, _results in started:
        thread.join()
    assert rows()[0] == 3


def test_a_full_queue_at_the_door_keeps_the_text(gate: Gate, together: Callable[..., Any]) -> None:
    committer = together(longest_queue=1)
    started = [start(accept())]
    assert gate.entered.wait(10)
    started += [start(accept())]
    wait_until(committer._jobs.full)
    visitor = Visitor()
    refused = visitor.tell("kept in the form")
    assert refused.status == 503
    assert refused.form("/report").fields["what"] == "kept in the form"
    gate.opened.set()
    for thread, _results in started:
        thread.join()
    assert visitor.send(refused).status == 200
    assert rows()[0] == 3


def test_the_same_try_twice_in_one_batch_is_one_tip_with_one_promise(gate: Gate, together: Callable[..., Any]) -> None:
    committer = together()
    blocker, _ = start(accept())
    assert gate.entered.wait(10)
    attempt = Attempt.fresh()
    twins = [start(accept("twin", attempt)) for _ in range(3)]
    wait_until(lambda: committer._jobs.qsize() == 3)
    gate.opened.set()
    for thread, _results in [(blocker, _), *twins]:
        thread.join()
    outcomes = [results[0] for _thread, results in twins]
    assert sorted(result.first_time for result in outcomes) == [False, False, True]
    assert len({result.promise for result in outcomes}) == 1
    assert len({result.leaf for result in outcomes}) == 1
    assert rows() == (2, 2, 2, 2)


def test_a_try_that_timed_out_while_it_was_being_stored_is_found_when_it_is_sent_again(
    gate: Gate, together: Callable[..., Any]
) -> None:
    together(longest_wait=0.1)
    attempt = Attempt.fresh()
    with pytest.raises(Busy):
        accept("slow", attempt)()
    gate.opened.set()
    wait_until(lambda: Tip.objects.count() == 1)
    again = services.accepted_before(attempt)
    assert again is not None
    assert again.seed == attempt.seed
    assert accept("slow", attempt)().promise == again.promise
    assert rows() == (1, 1, 1, 1)


def test_a_try_that_timed_out_in_the_queue_is_never_stored_behind_the_reporters_back(
    gate: Gate, together: Callable[..., Any]
) -> None:
    committer = together(longest_wait=0.2)
    blocker, outcome = start(accept("first"))
    assert gate.entered.wait(10)
    attempt = Attempt.fresh()
    with pytest.raises(Busy):
        accept("second", attempt)()
    gate.opened.set()
    blocker.join()
    wait_until(lambda: committer._jobs.empty() and Tip.objects.count() == 1)
    assert services.accepted_before(attempt) is None
    assert isinstance(outcome[0], (Busy, services.Accepted))
    assert accept("second", attempt)().first_time


def test_a_store_that_fails_once_fails_everyone_who_waited_and_the_next_are_served(
    gate: Gate, together: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_jobs: list[Job]) -> list[bool]:
        raise Busy("full")

    together()
    with monkeypatch.context() as patch:
        patch.setattr(group_commit, "store", full)
        outcomes = in_threads([accept() for _ in range(5)])
    assert all(isinstance(outcome, Busy) for outcome in outcomes)
    assert rows() == (0, 0, 0, 0)
    gate.opened.set()
    assert accept()().first_time


def test_two_processes_that_store_the_same_try_at_once_store_one_tip() -> None:
    attempt = Attempt.fresh()
    outcomes = in_threads([accept("same", attempt) for _ in range(6)])
    accepted = [outcome for outcome in outcomes if isinstance(outcome, services.Accepted)]
    assert len(accepted) == 6, outcomes
    assert len({outcome.promise for outcome in accepted}) == 1
    assert rows() == (1, 1, 1, 1)


def test_reports_that_arrive_while_the_ledger_is_signed_are_all_in_it(installation: Any) -> None:
    def publish() -> None:
        for _ in range(4):
            installation.publish()

    def arrive() -> list[bytes]:
        return [accept(f"report {n}")().leaf for n in range(8)]

    outcomes = in_threads([arrive, publish, arrive])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    installation.publish()
    leaves = [bytes(leaf) for leaf in Entry.objects.values_list("leaf", flat=True)]
    for arrived in (outcomes[0], outcomes[2]):
        assert isinstance(arrived, list)
        assert all(leaves.count(leaf) == 1 for leaf in arrived)
    assert Pending.objects.count() == 0
