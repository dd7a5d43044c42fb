"""The registry: open for other kinds of subject, closed for two under one name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps

from tests.installation import Installation, TestClock
from tests.people import Cast
from tocsin.access.actors import WORKER
from tocsin.access.permissions import Role
from tocsin.clocks import registry
from tocsin.clocks.definitions import Anchor, Call, Clock, Stage, by_end_of
from tocsin.clocks.marking import mark_due
from tocsin.clocks.models import Deadline
from tocsin.clocks.registry import Subjects, register_clocks
from tocsin.clocks.services import Cause, follow_step
from tocsin.clocks.tests.conftest import told
from tocsin.policy.clocks import local_day
from tocsin.policy.model import Pack

pytestmark = pytest.mark.django_db
Nobody: Any = apps.get_model("tips", "Tip").objects  # any table with a handle will do


def reminders(pack: Pack) -> tuple[Call, ...]:
    days = pack.sharing.reminder_days
    return tuple(Call(Stage.REMINDER, (Role.SUPERVISOR,), timedelta(days=n), Anchor.START) for n in days)


REFERRAL = Subjects(
    kind="referral",
    clocks=(
        Clock(
            "disposition",
            "Answer of the other office",
            due=lambda pack, start: by_end_of(local_day(start, pack) + timedelta(days=pack.sharing.expires_days), pack),
            starts=frozenset({"refer"}),
            meets=frozenset({"dispose"}),
            calls=(Call(Stage.OVERDUE, (Role.SUPERVISOR,)), Call(Stage.ESCALATION, (Role.SUPERVISOR,), timedelta(1))),
            calls_of=reminders,
        ),
        Clock(
            "chosen",
            "Put off until",
            due=None,
            starts=frozenset({"put_off"}),
            meets=frozenset({"dispose"}),
            calls=(Call(Stage.OVERDUE, (Role.SUPERVISOR,)),),
        ),
    ),
    over_in=frozenset({"done"}),
    shut_out=lambda _actor: Nobody.none().values("ref"),
)


@pytest.fixture
def referrals(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Referrals as a later app would enter them; the subject is anything with a handle and a state."""
    monkeypatch.setattr(registry, "_ENTRIES", {**registry._ENTRIES})
    register_clocks(REFERRAL)
    return SimpleNamespace(ref="R1", state="sent")


def test_another_kind_of_subject_has_clocks_with_reminders_from_its_start(
    referrals: Any, cast: Cast, installation: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    follow_step(cause=Cause("refer", cast.sam), kind="referral", subject=referrals)
    row = Deadline.objects.get()
    assert row.due_on == date(2026, 6, 3)
    for day in (30, 60, 90):
        time.moment = datetime(2026, 3, 5, 3, tzinfo=UTC) + timedelta(days=day)
        assert mark_due(actor=WORKER) == 1
        assert mark_due(actor=WORKER) == 0
    assert [stage for _topic, stage, _n in told(cast.sam)] == ["reminder"] * 3
    follow_step(cause=Cause("dispose", cast.sam), kind="referral", subject=referrals)
    row.refresh_from_db()
    assert (row.met, row.next_at) == (True, None)


def test_a_clock_whose_day_a_person_chooses_takes_it_from_the_step(
    referrals: Any, cast: Cast, installation: Installation, set_clock: Callable[..., TestClock]
) -> None:
    set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    follow_step(cause=Cause("put_off", cast.sam, until=date(2026, 4, 1)), kind="referral", subject=referrals)
    row = Deadline.objects.get()
    assert (row.clock, row.due_on, row.due_at) == ("chosen", date(2026, 4, 1), datetime(2026, 4, 1, 16, tzinfo=UTC))
    Deadline.objects.all().delete()
    with pytest.raises(ValueError, match="must name a day"):
        follow_step(cause=Cause("put_off", cast.sam), kind="referral", subject=referrals)


def test_two_sets_of_clocks_cannot_have_one_name(referrals: Any) -> None:
    register_clocks(registry._ENTRIES["tip"])
    with pytest.raises(ValueError, match="two sets of clocks"):
        register_clocks(Subjects("tip", REFERRAL.clocks, frozenset(), REFERRAL.shut_out))


def test_a_subject_without_clocks_is_followed_without_a_question(
    cast: Cast, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(0):
        follow_step(cause=Cause("anything", cast.sam), kind="unheard of", subject=SimpleNamespace(ref="X", state="s"))
