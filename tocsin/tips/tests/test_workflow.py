"""The table of a tip's life held against what must be true of any such table.

Which step leads where, and for whom, is held against the design in ``tests/journeys/test_the_life_of_a_tip.py``.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import override

from tocsin.access.permissions import ALLOWED, Permission, Role
from tocsin.ledger import event_words
from tocsin.ledger.leaf import Event
from tocsin.tips.models import Tip
from tocsin.tips.workflow import (
    ENDED,
    FACES,
    OPEN,
    TIP_LIFE,
    VERIFIED_OUTCOMES,
    Outcome,
    PlainState,
    State,
)
from tocsin.workflow.models import StepRecord
from tocsin.workflow.steps import Step

STEPS = pytest.mark.parametrize("step", TIP_LIFE.steps, ids=lambda step: step.name)
DECIDING = ["set_outcome", "refuse_remit", "refuse_remit_urgent", "case_decides"]
AGAIN = ("reopen", "unlink", "case_reopens")
STATES = pytest.mark.parametrize("state", State, ids=str)
REFUSED = ["refuse_protected", "refuse_protected_urgent"]  # outcome and answer in the same moment
OUTCOMES = [*DECIDING, *REFUSED]
ANSWERS = ["give_feedback", *REFUSED]


def reached_from(state: str, *, without: Iterable[str] = ()) -> set[str]:
    """Every state to which some road leads from ``state`` when these steps are closed."""
    reached, before = {state}, set[str]()
    while reached != before:
        before = set(reached)
        for step in TIP_LIFE.steps:
            if step.name not in without and step.target and step.sources & reached:
                reached.add(step.target)
    return reached


def kinds_of(step: Step) -> set[str]:
    """Every kind under which the ledger may count this step."""
    return {step.public_kind.format_map({"outcome": outcome}) for outcome in Outcome} if step.public_kind else set()


def longest(model: type[models.Model], column: str) -> int:
    """How many characters a column of text holds."""
    field = model._meta.get_field(column)
    assert isinstance(field, models.CharField)
    assert field.max_length is not None
    return field.max_length


# The graph


def test_every_state_lies_on_some_road_of_a_new_tip() -> None:
    assert reached_from(State.RECEIVED) == set(State)


@pytest.mark.parametrize("state", sorted(OPEN), ids=str)
def test_from_every_open_state_some_road_leads_to_an_answer_and_the_end(state: State) -> None:
    assert {State.FEEDBACK_GIVEN, State.CLOSED} <= reached_from(state)


def test_only_its_destruction_follows_a_withdrawal_and_nothing_follows_that() -> None:
    moving = {step.name for step in TIP_LIFE.open_from(State.WITHDRAWN) if step.target is not None}
    assert moving == {"expire", "expire_empty"}
    assert TIP_LIFE.open_from(State.EXPIRED) == ()


def test_only_reopening_and_destruction_follow_the_end() -> None:
    moving = {step.name for step in TIP_LIFE.open_from(State.CLOSED) if step.target is not None}
    assert moving == {*AGAIN, "expire"}
    assert reached_from(State.CLOSED, without=AGAIN) == {State.CLOSED, State.EXPIRED}


def test_only_what_ended_is_destroyed_and_only_by_the_program_that_keeps_the_dates() -> None:
    ends = [step for step in TIP_LIFE.steps if step.target == State.EXPIRED]
    assert frozenset().union(*(step.sources for step in ends)) == ENDED
    assert {role for role in Role for step in ends if step.needs in ALLOWED[role]} == {Role.WORKER}


@pytest.mark.parametrize(
    ("closed", "what"),
    [
        (["acknowledge"], "somebody who read it"),
        (["begin_triage"], "a declaration about own interests"),
        (OUTCOMES, "an outcome"),
        (ANSWERS, "an answer to the reporter"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_no_road_leads_to_the_end_without(closed: list[str], what: str) -> None:
    assert State.CLOSED not in reached_from(State.RECEIVED, without=closed), f"a road avoids {what}"


def test_a_tip_that_was_opened_again_needs_a_new_outcome_and_a_new_answer() -> None:
    for closed in (OUTCOMES, ANSWERS):
        assert State.FEEDBACK_GIVEN not in reached_from(State.IN_TRIAGE, without=closed)


def test_open_means_that_something_is_still_to_be_done() -> None:
    assert set(State) - OPEN == {State.CLOSED, State.WITHDRAWN, State.EXPIRED}


# The steps


@STEPS
def test_every_step_has_a_label_for_people_and_names_its_rule(step: Step) -> None:
    assert isinstance(step.label, Promise), "a label that is no lazy translation stays in one language"
    assert str(step.label).strip()
    assert step.rule.strip()
    with override("zh-hans"):
        assert str(step.label).strip()


@STEPS
def test_every_step_fits_the_columns_of_its_traces(step: Step) -> None:
    for name, text in {"step": step.name, "rule": step.rule, "target": step.target or ""}.items():
        assert len(text) <= longest(StepRecord, name), "PostgreSQL refuses what SQLite lets through"


def test_what_bars_a_step_is_a_flag_of_a_tip() -> None:
    flags = {step.barred_by for step in TIP_LIFE.steps} - {""}
    assert flags == {"urgent", "in_case"}
    assert flags <= {field.name for field in Tip._meta.get_fields()}


def test_every_state_and_outcome_fits_its_column() -> None:
    for name, values in {"state": State.values, "outcome": Outcome.values}.items():
        assert max(map(len, values)) <= longest(Tip, name)


@STEPS
def test_a_step_for_two_says_who_proposes_and_a_step_for_one_does_not(step: Step) -> None:
    assert step.four_eyes == (step.proposed_with is not None or step.decided_as is not None)
    assert not (step.proposed_with and step.decided_as), "it is decided here or with the larger thing, not both"
    if step.four_eyes:
        assert step.needs_reason, "the second person must see why"


@pytest.mark.parametrize(
    "step", [step for step in TIP_LIFE.steps if step.barred_by == "urgent"], ids=lambda step: step.name
)
def test_what_one_person_may_not_do_two_can(step: Step) -> None:
    assert step.barred_by in {field.name for field in Tip._meta.get_fields()}
    twins = [
        other
        for other in TIP_LIFE.steps
        if other.four_eyes and other.proposed_with and (other.sources, other.target) == (step.sources, step.target)
    ]
    assert [twin.public_kind for twin in twins] == [step.public_kind]
    assert twins[0].proposed_with == step.needs


@STEPS
def test_reporters_answer_and_take_back_a_program_ends_and_only_staff_do_the_rest(step: Step) -> None:
    by_reporter = step.needs in ALLOWED[Role.REPORTER]
    by_program = step.needs in ALLOWED[Role.WORKER]
    by_staff = any(step.needs in ALLOWED[role] for role in Role if Permission.TIP_READ in ALLOWED[role])
    assert [by_reporter, by_program, by_staff].count(True) == 1
    assert by_reporter is (step.name.split("_")[0] in ("answer", "add", "withdraw"))
    assert by_program is (step.name.split("_")[0] == "expire")


# What the public can count


@STEPS
def test_every_step_is_counted_under_a_kind_that_the_ledger_knows(step: Step) -> None:
    for kind in kinds_of(step):
        event = Event(kind, "2031-03", "", "test-unit")
        assert event_words.plain_words(event)
        assert Event.from_canonical(event.canonical()) == event
    assert "{" not in "".join(kinds_of(step))


def test_what_the_reporters_program_tries_covers_every_outcome_and_rule() -> None:
    assert set(Outcome.values) <= set(event_words.OUTCOMES), "somebody with a code could not read the own leaf"
    details = {kind.partition(":")[::2] for step in TIP_LIFE.steps for kind in kinds_of(step)}
    assert {detail for name, detail in details if name == "deleted"} <= set(event_words.RULES)
    assert {detail for name, detail in details if name == "closed"} == set(Outcome.values)


def test_the_ledger_counts_every_step_but_marks_beside_the_state_and_what_it_counted_before() -> None:
    uncounted = {step.name for step in TIP_LIFE.steps if step.public_kind is None}
    assert uncounted == {"flag_urgent", "confirm_urgent", "dictate", "extend_feedback", "expire_empty", "lift_interest"}


# How it looks


@STATES
def test_every_state_has_a_tone_a_help_text_and_a_plain_word(state: State) -> None:
    face = FACES[state]
    assert face.tone.isalpha()
    assert str(face.help).endswith(".")
    assert isinstance(face.help, Promise)
    assert face.plain in PlainState
    assert str(face.plain.label).strip()


def test_a_tip_wears_the_face_of_its_state() -> None:
    assert [Tip(state=state).face for state in State] == [FACES[state] for state in State]


def test_the_reporter_sees_five_words_and_is_told_the_end_only_when_it_is_the_end() -> None:
    assert {face.plain for face in FACES.values()} == set(PlainState)
    finished = {state for state, face in FACES.items() if face.plain is PlainState.FINISHED}
    assert finished == {State.FEEDBACK_GIVEN, State.CLOSED, State.WITHDRAWN, State.EXPIRED}
    asked = {state for state, face in FACES.items() if face.plain is PlainState.QUESTION}
    assert asked == {State.NEED_INFO}


def test_good_faith_is_the_first_reading_and_no_choice_sets_what_has_a_road_of_its_own() -> None:
    assert VERIFIED_OUTCOMES[0] is Outcome.UNSUBSTANTIATED_GOOD_FAITH
    own_roads = {Outcome.WITHDRAWN, Outcome.REFUSED_PROTECTED_ACTIVITY, Outcome.DUPLICATE_OF}
    assert set(VERIFIED_OUTCOMES) | own_roads == set(Outcome)
    assert not own_roads & set(VERIFIED_OUTCOMES)
