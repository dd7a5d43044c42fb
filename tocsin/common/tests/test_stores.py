"""A store that fails is said to be busy; everything else stays what it is."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.utils.translation import gettext_lazy, override

from tocsin.common import stores
from tocsin.common.errors import Busy, Conflict, RuleBroken
from tocsin.common.stores import STORE_FAULTS, busy_when_store_fails

SENTENCE = "Wait a minute and send it again."
OTHERS = [
    IntegrityError("unique"),
    DataError("too long"),
    ProgrammingError("no such table"),
    DatabaseError("something"),
    RuleBroken("Write something."),
    Conflict("Somebody was faster."),
    ValueError("x"),
    OSError("no space left"),
]


class Connection:
    """Counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Connection:
    connection = Connection()
    monkeypatch.setattr(stores, "connection", connection)
    return connection


def fail_with(fault: BaseException) -> None:
    with busy_when_store_fails(SENTENCE):
        raise fault


@pytest.mark.parametrize("kind", STORE_FAULTS)
def test_a_store_that_fails_is_busy_and_its_connection_is_closed(kind: type[Exception], counted: Connection) -> None:
    fault = kind("could not connect to secret.internal")
    with pytest.raises(Busy) as busy:
        fail_with(fault)
    assert busy.value.sentence == SENTENCE
    assert busy.value.status == 503
    assert "secret.internal" not in str(busy.value)
    assert busy.value.__cause__ is fault, "whoever keeps the log must find out why"
    assert counted.closed == 1


def test_both_ways_in_which_a_store_fails_are_meant() -> None:
    assert set(STORE_FAULTS) == {OperationalError, InterfaceError}


@pytest.mark.parametrize("fault", OTHERS, ids=lambda fault: type(fault).__name__)
def test_other_errors_pass_untouched_and_the_connection_stays(fault: Exception, counted: Connection) -> None:
    with pytest.raises(type(fault)) as caught:
        fail_with(fault)
    assert caught.value is fault
    assert counted.closed == 0


def test_what_goes_well_goes_through(counted: Connection) -> None:
    with busy_when_store_fails(SENTENCE):
        done = True
    assert done
    assert counted.closed == 0


def test_a_busy_store_inside_is_not_renamed_by_the_one_around_it(counted: Connection) -> None:
    with pytest.raises(Busy, match="inner"), busy_when_store_fails("outer"), busy_when_store_fails("inner"):
        raise OperationalError("locked")
    assert counted.closed == 1


def test_the_sentence_is_translated_for_whoever_reads_it(counted: Connection) -> None:
    with pytest.raises(Busy) as busy, busy_when_store_fails(gettext_lazy("Yes")):
        raise OperationalError("locked")
    with override("zh-hans"):
        assert str(busy.value) == "是"


def add_and_fail() -> None:
    with busy_when_store_fails(SENTENCE), transaction.atomic():
        ContentType.objects.create(app_label="made", model="up")
        raise OperationalError("disk I/O error")


@pytest.mark.usefixtures("shared_database")
def test_nothing_of_the_transaction_is_kept_and_the_next_one_works() -> None:
    assert not ContentType.objects.filter(app_label="made").exists()
    with pytest.raises(Busy):
        add_and_fail()
    assert connection.connection is None, "a connection that failed must not serve the next request"
    assert not ContentType.objects.filter(app_label="made").exists()
    ContentType.objects.create(app_label="made", model="up")
    assert ContentType.objects.filter(app_label="made").exists()
