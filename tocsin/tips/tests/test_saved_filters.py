"""Saved filters: one's own, named in sealed words, few."""

from __future__ import annotations

import pytest
from django.apps import apps

from tests.databases import in_threads
from tests.installation import Installation
from tests.people import Cast, hire
from tocsin.access.actors import REPORTER, Actor
from tocsin.access.permissions import Role
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord
from tocsin.tips.models import SavedFilter
from tocsin.tips.saved_filters import MOST_FILTERS, remove_filter, save_filter, saved_filters
from tocsin.tips.wanted import Wanted
from tocsin.vault.unlocked import lock_now

pytestmark = pytest.mark.django_db
LATE = Wanted(due="overdue", sort="due")


def names(actor: Actor) -> list[str]:
    return [kept.name for kept in saved_filters(actor)]


def test_a_filter_is_kept_under_its_name_for_its_owner_alone(cast: Cast, unlocked_desk: Installation) -> None:
    save_filter(actor=cast.ines, name="  What is\tlate ", wanted=LATE)
    (kept,) = saved_filters(cast.ines)
    assert (kept.name, kept.wanted) == ("What is late", LATE)
    assert names(cast.tara) == []
    line = AuditRecord.objects.get(action="filter.save")
    assert (line.actor, line.subject, line.detail) == (cast.ines.name, f"filter:{kept.ref}", {})


def test_the_name_is_sealed_and_a_locked_desk_keeps_filters_without_it(cast: Cast, unlocked_desk: Installation) -> None:
    lock_now()
    save_filter(actor=cast.ines, name="zanzibar", wanted=LATE)
    assert names(cast.ines) == [""]
    for model in apps.get_models():
        assert "zanzibar" not in str(list(model._default_manager.values()))
    unlocked_desk.unlock()
    assert names(cast.ines) == ["zanzibar"]


def test_the_same_filter_saved_again_takes_the_new_name(ines: Actor, unlocked_desk: Installation) -> None:
    for name in ("Late", "Late", "Very late"):
        save_filter(actor=ines, name=name, wanted=LATE)
    assert names(ines) == ["Very late"]


@pytest.mark.parametrize("name", ["", "  ", "\x00\x01", "x" * 41])
def test_a_filter_needs_a_short_name(name: str, ines: Actor, installation: Installation) -> None:
    with pytest.raises(RuleBroken):
        save_filter(actor=ines, name=name, wanted=LATE)
    assert not SavedFilter.objects.exists()


def test_a_filter_that_asks_for_nothing_is_not_kept(ines: Actor, installation: Installation) -> None:
    with pytest.raises(RuleBroken):
        save_filter(actor=ines, name="All", wanted=Wanted())


def test_there_are_at_most_twelve_and_a_known_one_can_still_be_renamed(
    ines: Actor, unlocked_desk: Installation
) -> None:
    for number in range(MOST_FILTERS):
        save_filter(actor=ines, name=f"No. {number}", wanted=Wanted(category=f"c{number}"))
    with pytest.raises(RuleBroken, match="12"):
        save_filter(actor=ines, name="One more", wanted=LATE)
    save_filter(actor=ines, name="The first", wanted=Wanted(category="c0"))
    assert names(ines)[0] == "The first"
    assert len(names(ines)) == MOST_FILTERS


def test_only_the_owner_removes_a_filter_and_twice_is_no_fault(cast: Cast, unlocked_desk: Installation) -> None:
    save_filter(actor=cast.ines, name="Late", wanted=LATE)
    (kept,) = saved_filters(cast.ines)
    for ref in (kept.ref, "", "\x00", "B" * 500):
        remove_filter(actor=cast.tara, ref=ref)
    assert names(cast.ines) == ["Late"]
    remove_filter(actor=cast.ines, ref=kept.ref)
    remove_filter(actor=cast.ines, ref=kept.ref)
    assert names(cast.ines) == []
    assert AuditRecord.objects.filter(action="filter.remove").count() == 1


def test_who_sees_no_list_keeps_no_filters(cast: Cast, installation: Installation) -> None:
    for who in (cast.ada, hire("pat", Role.PAYER), REPORTER):
        with pytest.raises(NotPermitted):
            save_filter(actor=who, name="Late", wanted=LATE)
        with pytest.raises(NotPermitted):
            saved_filters(who)


@pytest.mark.usefixtures("shared_database")
def test_two_windows_at_once_keep_one(installation: Installation) -> None:
    who = hire("ines", Role.INTAKE)
    in_threads([lambda: save_filter(actor=who, name="Late", wanted=LATE)] * 3)
    assert SavedFilter.objects.count() == 1
