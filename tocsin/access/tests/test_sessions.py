"""Sessions at the desk: how long they last, what ends them, and what is written down about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from pytest_django.fixtures import Settings

from tests.databases import in_threads
from tests.installation import TestClock
from tests.people import PASSWORD, hire, staff_of
from tocsin.access.actors import DESK, Actor
from tocsin.access.attempts import factor_attempts
from tocsin.access.factors.services import new_recovery_codes, reset_factors
from tocsin.access.models import DeskSession, Ending, Factor, SignInEvent, SignInRecord
from tocsin.access.permissions import Role
from tocsin.access.services import choose_password, give_password, set_active, withdraw_role
from tocsin.access.sessions import (
    begin_session,
    confirm,
    end_overdue,
    end_session,
    end_sessions,
    is_confirmed,
    keep_session,
    open_sessions,
    rename_session,
    somebody_is_here,
    why_it_ended,
)
from tocsin.access.sign_in_log import own_sign_ins, sign_ins
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
Moved = Callable[..., TestClock]


@pytest.fixture(autouse=True)
def all_tries_left() -> None:
    factor_attempts.forget_all()


def begin(actor: Actor, key: str = "browser") -> DeskSession:
    return begin_session(actor=actor, key=key, factor=Factor.PASSWORD_AND_APP)


def keep(actor: Actor, key: str = "browser") -> DeskSession | None:
    return keep_session(staff_id=actor.require_staff(), key=key)


def told(actor: Actor) -> list[tuple[str, str]]:
    """What the log of sign-ins says about somebody, oldest first."""
    rows = SignInRecord.objects.filter(staff_id=actor.require_staff()).order_by("id")
    return list(rows.values_list("event", "detail"))


def test_a_session_that_is_used_lasts_as_long_as_the_day_and_no_longer(ines: Actor, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    begin(ines)
    for _quarter in range(8 * 4):
        clock.forward(minutes=15)
        assert keep(ines) is not None
    clock.forward(seconds=1)
    assert keep(ines) is None
    assert why_it_ended("browser") == Ending.TOO_LONG
    assert told(ines) == [("signed-in", "password+app"), ("ended", "too-long")]


def test_a_session_that_is_not_used_ends_and_does_not_come_back(ines: Actor, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    begin(ines)
    clock.forward(minutes=30)
    assert keep(ines) is not None
    clock.forward(minutes=30, seconds=1)
    assert keep(ines) is None
    clock.forward(minutes=-10)
    assert keep(ines) is None
    assert why_it_ended("browser") == Ending.IDLE


def test_the_times_are_settings(ines: Actor, set_clock: Moved, settings: Settings) -> None:
    settings.TOCSIN_SESSION_IDLE_MINUTES, settings.TOCSIN_SESSION_HOURS = 5, 1
    clock = set_clock(MORNING)
    begin(ines, "idle")
    begin(ines, "long")
    for _minutes in range(20):
        clock.forward(minutes=3)
        keep(ines, "long")
        end_overdue(actor=DESK)
    assert why_it_ended("long") == ""
    clock.forward(seconds=1)
    assert (keep(ines, "idle"), keep(ines, "long")) == (None, None)
    assert (why_it_ended("idle"), why_it_ended("long")) == (Ending.IDLE, Ending.TOO_LONG)


def test_using_it_writes_at_most_once_a_minute(
    ines: Actor, set_clock: Moved, django_assert_num_queries: Callable[..., object]
) -> None:
    clock = set_clock(MORNING)
    begin(ines)
    clock.forward(seconds=59)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]  # a context manager of pytest-django
        keep(ines)
    clock.forward(seconds=1)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]  # as above
        keep(ines)


def test_the_session_of_one_person_is_nobody_elses(ines: Actor, sam: Actor) -> None:
    begin(ines)
    assert keep(sam) is None
    end_session(actor=sam, key="browser")
    rename_session(actor=sam, old="browser", new="stolen")
    assert keep(ines) is not None


def test_the_caretaker_ends_what_nobody_came_back_to(ines: Actor, sam: Actor, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    begin(ines, "left open")
    clock.forward(minutes=20)
    begin(sam, "in use")
    clock.forward(minutes=11)
    assert end_overdue(actor=DESK) == 1
    assert end_overdue(actor=DESK) == 0
    assert told(ines)[-1] == ("ended", "idle")
    assert somebody_is_here()
    line = AuditRecord.objects.get(action="session.end")
    assert (line.actor, line.subject, line.detail) == ("program:desk", f"staff:{ines.staff_id}", {"why": "idle"})


def test_a_closed_session_is_forgotten_after_a_day(ines: Actor, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    begin(ines)
    end_session(actor=ines, key="browser")
    clock.forward(hours=23)
    end_overdue(actor=DESK)
    assert why_it_ended("browser") == Ending.SIGNED_OUT
    clock.forward(hours=2)
    end_overdue(actor=DESK)
    assert DeskSession.objects.count() == 0


def test_ending_takes_djangos_session_away_too(ines: Actor) -> None:
    store = SessionStore()
    store["x"] = 1
    store.create()
    begin(ines, str(store.session_key))
    end_session(actor=ines, key=str(store.session_key))
    assert not Session.objects.exists()


def test_signing_out_everywhere_ends_every_browser(ines: Actor, sam: Actor) -> None:
    begin(ines, "desk")
    begin(ines, "laptop")
    begin(sam, "other")
    assert end_sessions(actor=ines, staff_id=ines.require_staff(), ending=Ending.EVERYWHERE) == 2
    assert (open_sessions(ines), len(open_sessions(sam))) == ([], 1)
    assert AuditRecord.objects.filter(action="sign-out", detail={"why": "everywhere"}).count() == 2


WHAT_ENDS_THEM: dict[str, tuple[Ending, Callable[[Actor, Actor], object]]] = {
    "a role is taken away": (
        Ending.RIGHTS, lambda ines, ada: withdraw_role(actor=ada, staff=staff_of(ines), role=Role.INTAKE),
    ),
    "the account is closed": (
        Ending.LEFT, lambda ines, ada: set_active(actor=ada, staff=staff_of(ines), is_active=False),
    ),
    "the password is changed": (
        Ending.PASSWORD, lambda ines, ada: choose_password(actor=ines, password="a better one!", again="a better one!"),
    ),
    "a password is given": (Ending.PASSWORD, lambda ines, ada: give_password(actor=ada, staff=staff_of(ines))),
    "the second factor is reset": (Ending.FACTOR, lambda ines, ada: reset_factors(actor=ada, staff=staff_of(ines))),
    "new codes are made": (Ending.FACTOR, lambda ines, ada: new_recovery_codes(actor=ines)),
}  # fmt: skip


@pytest.mark.parametrize("what", WHAT_ENDS_THEM)
def test_every_session_ends_when(what: str, ines: Actor, ada: Actor) -> None:
    ending, do = WHAT_ENDS_THEM[what]
    begin(ines, "desk")
    begin(ines, "laptop")
    begin(ada, "hers")
    do(ines, ada)
    assert (keep(ines, "desk"), keep(ines, "laptop")) == (None, None)
    assert why_it_ended("laptop") == ending
    assert keep(ada, "hers") is not None


def test_one_own_browser_outlives_ones_own_change(ines: Actor) -> None:
    begin(ines, "this one")
    begin(ines, "another")
    new_recovery_codes(actor=ines, but="this one")
    rename_session(actor=ines, old="this one", new="under another key")
    assert [keep(ines, key) is not None for key in ("this one", "another", "under another key")] == [False, False, True]


def test_giving_a_role_ends_nothing(ines: Actor) -> None:
    from tocsin.access.services import grant_role

    begin(ines)
    grant_role(by="program:tests", staff=staff_of(ines), role=Role.TRIAGE)
    assert keep(ines) is not None


def test_the_password_counts_as_typed_for_five_minutes(ines: Actor, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    row = begin(ines)
    clock.forward(minutes=5)
    assert is_confirmed(row)
    clock.forward(seconds=1)
    assert not is_confirmed(row)
    with pytest.raises(NotPermitted, match="password is wrong"):
        confirm(actor=ines, key="browser", password="not hers")
    row.refresh_from_db()
    assert not is_confirmed(row)
    confirm(actor=ines, key="browser", password=PASSWORD)
    row.refresh_from_db()
    assert is_confirmed(row)
    assert ("refused", "") in told(ines)


def test_an_open_browser_is_no_place_to_guess_the_password(ines: Actor) -> None:
    begin(ines)
    for _try in range(5):
        with pytest.raises(NotPermitted, match="wrong"):
            confirm(actor=ines, key="browser", password="guess")
    with pytest.raises(NotPermitted, match="Too many"):
        confirm(actor=ines, key="browser", password=PASSWORD)


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [("a better one!", "another one", "not alike"), (PASSWORD, PASSWORD, "already"), ("short", "short", "short")],
)
def test_a_new_password_must_be_new_alike_and_good(ines: Actor, password: str, again: str, sentence: str) -> None:
    with pytest.raises(RuleBroken, match=sentence):
        choose_password(actor=ines, password=password, again=again)
    assert staff_of(ines).check_password(PASSWORD)


def test_a_password_that_was_given_must_be_changed(ines: Actor, ada: Actor) -> None:
    given = give_password(actor=ada, staff=staff_of(ines))
    assert staff_of(ines).check_password(given)
    assert staff_of(ines).password_is_temporary
    choose_password(actor=ines, password="a better one!", again="a better one!")
    assert not staff_of(ines).password_is_temporary
    assert all(given not in str(line.detail) for line in AuditRecord.objects.all())


def test_the_log_is_for_administrators_and_inspectors(ines: Actor, sam: Actor, ada: Actor) -> None:
    begin(ines)
    inspector = hire("otto", Role.INSPECTOR)
    for actor in (ada, inspector):
        assert [line.event for line in sign_ins(actor).lines] == [SignInEvent.SIGNED_IN]
    for actor in (ines, sam):
        with pytest.raises(NotPermitted):
            sign_ins(actor)
    assert [line.staff_id for line in own_sign_ins(ines).lines] == [ines.staff_id]
    assert own_sign_ins(sam).lines == []


def test_the_log_is_read_in_pages_with_the_same_cost(
    ines: Actor, ada: Actor, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in range(120):
        begin(ines, f"browser {number}")
    seen, before = [], 0
    while True:
        with django_assert_num_queries(1):  # type: ignore[attr-defined]  # a context manager of pytest-django
            page = sign_ins(ada, before=before)
            [str(line.staff) for line in page.lines]
        seen += [line.pk for line in page.lines]
        before = page.before
        if not before:
            break
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


def test_nothing_in_the_log_names_an_address_or_what_was_typed() -> None:
    columns = {field.name for field in SignInRecord._meta.fields} | {field.name for field in DeskSession._meta.fields}
    assert columns == {
        "id", "at", "staff", "event", "detail",
        "key", "factor", "begun_at", "used_at", "confirmed_at", "ended_at", "ending",
    }  # fmt: skip


@pytest.mark.usefixtures("shared_database")
@pytest.mark.django_db(transaction=True)
def test_two_who_end_the_same_session_write_one_line(shared_database: None) -> None:
    ines = hire("ines", Role.INTAKE)
    begin(ines)
    in_threads([lambda: end_session(actor=ines, key="browser")] * 4)
    assert told(ines) == [("signed-in", "password+app"), ("ended", "signed-out")]
