"""The buckets of tries: as many as promised, never more, whoever asks and however the name is spelled."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.databases import in_threads
from tocsin.access import attempts as buckets
from tocsin.access.attempts import Attempts, sign_in_attempts
from tocsin.common.errors import NotPermitted


class Watch:
    """The steady clock of the process, as the buckets see it."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def monotonic(self) -> float:
        return self.moment


def put_in_place(watch: Watch, patch: pytest.MonkeyPatch) -> None:
    """Only the buckets see this clock; everything else keeps its own."""
    patch.setattr(buckets, "time", SimpleNamespace(monotonic=watch.monotonic))


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    stopped = Watch()
    put_in_place(stopped, monkeypatch)
    return stopped


def tries(attempts: Attempts, name: str, times: int = 1) -> int:
    """How many of so many tries were let through."""
    let_through = 0
    for _ in range(times):
        try:
            attempts.take(name)
        except NotPermitted:
            continue
        let_through += 1
    return let_through


def test_a_burst_is_let_through_and_not_one_more(watch: Watch) -> None:
    assert tries(Attempts(burst=4, seconds=60), "sam", 20) == 4


def test_the_refusal_says_what_to_do_and_not_for_whom(watch: Watch) -> None:
    attempts = Attempts(burst=1, seconds=60)
    attempts.take("sam")
    with pytest.raises(NotPermitted, match="Wait a few minutes") as refused:
        attempts.take("sam")
    assert refused.value.status == 403
    assert "sam" not in str(refused.value)


def test_one_try_comes_back_after_each_pause_and_not_a_moment_earlier(watch: Watch) -> None:
    attempts = Attempts(burst=3, seconds=60)
    tries(attempts, "sam", 3)
    watch.moment += 59.5
    assert tries(attempts, "sam") == 0
    watch.moment += 0.5
    assert tries(attempts, "sam", 5) == 1
    watch.moment += 120
    assert tries(attempts, "sam", 5) == 2


def test_waiting_for_ever_gives_no_more_than_a_burst(watch: Watch) -> None:
    attempts = Attempts(burst=3, seconds=60)
    tries(attempts, "sam", 3)
    watch.moment += 1_000_000
    assert tries(attempts, "sam", 10) == 3


def test_knocking_on_does_not_put_off_the_next_try(watch: Watch) -> None:
    attempts = Attempts(burst=1, seconds=60)
    attempts.take("sam")
    for _ in range(8):
        watch.moment += 7.5
        let_through = tries(attempts, "sam")
    assert let_through == 1


@given(
    gaps=st.lists(st.integers(0, 40).map(lambda quarters: quarters / 4), min_size=1, max_size=60),
    burst=st.integers(1, 5),
)
def test_no_window_of_time_holds_more_tries_than_promised(gaps: list[float], burst: int) -> None:
    watch, seconds, let_through = Watch(), 8.0, []
    attempts = Attempts(burst=burst, seconds=seconds)
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(watch, patch)
        for gap in gaps:
            watch.moment += gap
            if tries(attempts, "sam"):
                let_through.append(watch.moment)
    for first, begun in enumerate(let_through):
        for last, ended in enumerate(let_through[first:], first):
            assert last - first + 1 <= burst + (ended - begun) / seconds
    assert len(let_through) >= min(burst, len(gaps))


def test_a_success_gives_all_tries_back_to_that_name_alone(watch: Watch) -> None:
    attempts = Attempts(burst=2, seconds=60)
    for name in ("sam", "lea"):
        tries(attempts, name, 2)
    attempts.forget("SAM")
    assert tries(attempts, "sam", 5) == 2
    assert tries(attempts, "lea", 5) == 0
    attempts.forget("somebody else")
    attempts.forget_all()
    assert tries(attempts, "lea", 5) == 2


def test_one_name_does_not_use_up_the_tries_of_another(watch: Watch) -> None:
    attempts = Attempts(burst=2, seconds=60)
    tries(attempts, "sam", 9)
    assert tries(attempts, "lea", 9) == 2


@pytest.mark.parametrize("spelled", ["SAM STRASSE", "Sam Straße", "sAM sTRASSE"])
def test_another_spelling_is_no_second_bucket(watch: Watch, spelled: str) -> None:
    attempts = Attempts(burst=2, seconds=60)
    tries(attempts, "sam strasse", 2)
    assert tries(attempts, spelled) == 0


def test_a_name_stands_nowhere_in_the_memory_of_the_buckets(watch: Watch) -> None:
    attempts = Attempts(burst=2, seconds=60)
    attempts.take("Kim Verysecret")
    (key,) = attempts._buckets
    state = repr(vars(attempts)).casefold()
    assert "verysecret" not in state
    assert len(key) == 16
    assert all(isinstance(known, bytes) for known in attempts._buckets)


def test_the_names_of_two_processes_cannot_be_compared(watch: Watch) -> None:
    here, there = Attempts(burst=2, seconds=60), Attempts(burst=2, seconds=60)
    for attempts in (here, there):
        attempts.take("sam")
    assert set(here._buckets).isdisjoint(there._buckets), "a hash without a secret key can be guessed from a name list"


def test_no_flood_of_names_fills_the_memory_and_the_newest_stay(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "_MOST_NAMES", 50)
    attempts = Attempts(burst=1, seconds=60)
    attempts.take("sam")
    for number in range(49):
        attempts.take(f"made up {number}")
    assert tries(attempts, "sam") == 0, "a name that is still being tried is kept"
    for number in range(49, 98):
        attempts.take(f"made up {number}")
    assert len(attempts._buckets) == 50
    assert tries(attempts, "sam") == 0
    assert tries(attempts, "made up 97") == 0
    assert tries(attempts, "made up 0") == 1


def test_tries_at_the_same_moment_are_counted_once_each(watch: Watch) -> None:
    attempts = Attempts(burst=5, seconds=60)
    outcomes = in_threads([lambda: attempts.take("sam")] * 16)
    assert outcomes.count(None) == 5
    assert sum(isinstance(outcome, NotPermitted) for outcome in outcomes) == 11


def test_ten_sign_ins_may_be_tried_at_once(watch: Watch) -> None:
    assert tries(sign_in_attempts, "sam", 30) == 10
    watch.moment += 60
    assert tries(sign_in_attempts, "sam", 30) == 1
