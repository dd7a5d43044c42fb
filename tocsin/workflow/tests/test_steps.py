"""A life as data: found by name, offered by state, never changed."""

from __future__ import annotations

import dataclasses

import pytest

from tocsin.workflow.steps import Step
from tocsin.workflow.tests.small_life import END, END_TOGETHER, LIFE, LOOK, NOTE, SAY


def test_a_step_is_found_by_its_name() -> None:
    assert [LIFE.step(step.name) for step in LIFE.steps] == list(LIFE.steps)


@pytest.mark.parametrize("name", ["", "Look", "look ", "end_"])
def test_a_step_that_does_not_exist_is_not_guessed(name: str) -> None:
    with pytest.raises(KeyError):
        LIFE.step(name)


def test_each_state_opens_its_steps_in_the_order_of_the_table() -> None:
    assert LIFE.open_from("received") == (LOOK, NOTE, SAY)
    assert LIFE.open_from("seen")[:3] == (NOTE, END, END_TOGETHER)
    assert LIFE.open_from("nowhere") == ()


def test_a_step_cannot_be_changed_on_the_way() -> None:
    for name in ("needs", "sources", "target", "four_eyes", "needs_reason"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(LOOK, name, None)


def test_a_step_is_public_and_taken_by_one_person_unless_it_says_otherwise() -> None:
    usual = {
        field.name: field.default for field in dataclasses.fields(Step) if field.default is not dataclasses.MISSING
    }
    assert usual == {
        "public_kind": "transition",
        "needs_reason": False,
        "barred_by": "",
        "four_eyes": False,
        "proposed_with": None,
        "also_needs": (),
        "people": None,
        "strangers_to": frozenset(),
        "decided_as": None,
    }
