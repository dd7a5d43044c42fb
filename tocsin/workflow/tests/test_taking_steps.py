"""``take_step``: everything it checks, everything it writes, and that it writes all of it or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist

from tests.installation import TestClock
from tests.people import hire
from tocsin.access.actors import PUBLIC_DOOR, REPORTER, WORKER, Actor
from tocsin.access.permissions import Permission, Role
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.leaf import Opening, is_leaf, opens, opens_private
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.workflow import services
from tocsin.workflow.models import StepRecord
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Life, Step
from tocsin.workflow.tests.conftest import Thing
from tocsin.workflow.tests.small_life import END, LIFE, LOOK, NOTE, OTHER_LIFE, SAY, PlainPapers, reasoned

pytestmark = pytest.mark.django_db
Count = Callable[[], tuple[int, int, int]]


def take(actor: Actor, thing: Thing, move: Step | Move, *, life: Life = LIFE, papers: PlainPapers | None = None) -> Any:
    move = reasoned(move) if isinstance(move, Step) else move
    return take_step(actor=actor, life=life, subject=thing.now, move=move, papers=papers or PlainPapers())


def test_a_step_moves_the_subject_and_leaves_one_trace_of_each_kind(thing: Thing, ines: Actor, traces: Count) -> None:
    before = traces()
    taken = take(ines, thing, reasoned(LOOK, category="animal_deaths"))
    assert (taken.state, taken.category) == ("seen", "animal_deaths")
    stored = thing.now
    # What the store computes by itself is right in the store; whoever lists by it asks there.
    written = [field.name for field in stored._meta.fields if field.name != "id" and not field.generated]
    assert {name: getattr(stored, name) for name in written} == {name: getattr(taken, name) for name in written}
    assert traces() == tuple(count + 1 for count in before)


def test_the_traces_say_who_in_which_office_why_under_which_rule_and_when(
    thing: Thing, set_clock: Callable[..., TestClock]
) -> None:
    moment = set_clock(datetime(2026, 3, 2, 9, 30, 12, 345678, tzinfo=UTC)).now()
    both = hire("both", Role.TRIAGE, Role.INTAKE)
    take(both, thing, LOOK)
    record = StepRecord.objects.get()
    assert (record.subject_kind, record.subject_ref, record.step) == ("thing", thing.ref, "look")
    assert (record.source, record.target, record.rule) == ("received", "seen", "rule.look")
    assert (record.actor, record.role, record.proposed_by) == (both.name, "intake", "")
    assert (bytes(record.reason), record.at) == (b"esuaceb", moment)
    line = AuditRecord.objects.get(action="thing.look")
    assert (line.actor, line.role, line.subject, line.at) == (both.name, "intake", f"thing:{thing.ref}", moment)
    assert line.detail == {"from": "received", "to": "seen", "rule": "rule.look"}


def test_of_what_a_reporter_does_only_the_hour_is_kept(thing: Thing, set_clock: Callable[..., TestClock]) -> None:
    set_clock(datetime(2026, 3, 2, 9, 59, 59, 999999, tzinfo=UTC))
    take(REPORTER, thing, SAY)
    hour = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert StepRecord.objects.get().at == hour
    assert AuditRecord.objects.get(action="thing.say").at == hour
    assert Pending.objects.filter(queued_at_hour=hour).count() == 1


def test_the_ledger_commits_to_the_step_as_it_can_be_read_again(thing: Thing, ines: Actor) -> None:
    papers, known = PlainPapers(), set(Pending.objects.values_list("pk", flat=True))
    take(ines, thing, LOOK, papers=papers)
    waiting = Pending.objects.exclude(pk__in=known).get()
    opening = Opening.from_bytes(bytes(waiting.opening))
    assert is_leaf(bytes(waiting.leaf))
    assert opens(bytes(waiting.leaf), opening.r_pub, opening.event)
    digest = services._digest(StepRecord.objects.get())
    assert opens_private(bytes(waiting.leaf), opening.r_priv, digest), "the stored row no longer gives its digest"
    assert papers.events == [("transition", digest)]


def test_a_public_kind_with_an_outcome_says_the_outcome_that_the_step_itself_sets(
    things: Callable[..., Thing], sam: Actor
) -> None:
    papers = PlainPapers()
    take(sam, things(state="seen"), reasoned(END, outcome="already_known"), papers=papers)
    assert [kind for kind, _digest in papers.events] == ["closed:already_known"]


def test_a_step_that_the_public_does_not_count_asks_for_no_leaf(thing: Thing, ines: Actor, traces: Count) -> None:
    papers, before = PlainPapers(), traces()
    taken = take(ines, thing, NOTE, papers=papers)
    assert (taken.state, papers.events) == ("received", [])
    assert traces() == (before[0] + 1, before[1] + 1, before[2])
    assert StepRecord.objects.get().target == "received"


def test_only_what_the_step_changes_is_written_and_not_what_an_old_page_still_holds(thing: Thing, ines: Actor) -> None:
    old = thing.now
    thing.put(urgent=True, category="plant_pest")
    old.category = "made up"
    take_step(actor=ines, life=LIFE, subject=old, move=reasoned(LOOK), papers=PlainPapers())
    assert (thing.now.urgent, thing.now.category) == (True, "plant_pest")


def test_the_state_that_counts_is_the_stored_one(thing: Thing, ines: Actor) -> None:
    old = thing.now
    thing.put(state="seen")
    with pytest.raises(Conflict, match="changed in the meantime"):
        take_step(actor=ines, life=LIFE, subject=old, move=reasoned(LOOK), papers=PlainPapers())


def refused(kind: type[RuleBroken], actor: Actor, thing: Thing, move: Step | Move, life: Life = LIFE) -> RuleBroken:
    """Nothing of a refused step is left behind, and its papers are not even asked."""
    papers, row = PlainPapers(), vars(thing.now).copy()
    before = StepRecord.objects.count(), AuditRecord.objects.count(), Pending.objects.count()
    with pytest.raises(RuleBroken) as caught:
        take(actor, thing, move, life=life, papers=papers)
    assert type(caught.value) is kind
    assert (StepRecord.objects.count(), AuditRecord.objects.count(), Pending.objects.count()) == before
    now = vars(thing.now)
    assert {name: value for name, value in row.items() if name != "_state"} == {
        name: value for name, value in now.items() if name != "_state"
    }
    assert papers.events == []
    return caught.value


def test_a_step_of_another_life_is_refused(thing: Thing, ines: Actor) -> None:
    told = refused(RuleBroken, ines, thing, NOTE, OTHER_LIFE)
    assert "does not belong" in str(told)


@pytest.mark.parametrize(
    "changes",
    [{"needs": Permission.DESK_ENTER}, {"sources": frozenset({"received", "done"})}, {"target": "done"}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_step_that_only_has_the_name_of_a_known_one_is_refused(
    changes: dict[str, Any], thing: Thing, ines: Actor
) -> None:
    assert "does not belong" in str(refused(RuleBroken, ines, thing, dataclasses.replace(LOOK, **changes)))


@pytest.mark.parametrize("state", ["seen", "done", "", "RECEIVED"])
def test_a_step_from_a_wrong_state_is_a_conflict(state: str, things: Callable[..., Thing], ines: Actor) -> None:
    assert "Nothing was changed" in str(refused(Conflict, ines, things(state=state), LOOK))


def test_who_may_not_take_a_step_is_refused(thing: Thing, ivo: Actor, sam: Actor, ada: Actor) -> None:
    for actor in (ivo, sam, ada, REPORTER, WORKER, PUBLIC_DOOR):
        refused(NotPermitted, actor, thing, LOOK)


def test_who_may_not_take_a_step_does_not_learn_whether_it_would_fit(things: Callable[..., Thing], ada: Actor) -> None:
    told = {str(refused(NotPermitted, ada, things(state=state), LOOK)) for state in ("received", "seen", "done")}
    assert len(told) == 1


@pytest.mark.parametrize("reason", ["", " ", "\n\t  \n"])
def test_a_missing_reason_is_asked_for(reason: str, thing: Thing, ines: Actor) -> None:
    assert "Write down the reason" in str(refused(RuleBroken, ines, thing, Move(NOTE, reason=reason)))


def test_a_step_that_needs_no_reason_is_taken_without_one(thing: Thing, ines: Actor) -> None:
    take(ines, thing, Move(LOOK))
    assert bytes(StepRecord.objects.get().reason) == b""


def test_a_flag_bars_the_step_also_when_an_old_page_does_not_show_it(things: Callable[..., Thing], sam: Actor) -> None:
    thing = things(state="seen", outcome="already_known", urgent=True)
    assert "needs another step" in str(refused(Conflict, sam, thing, END))
    old = thing.now
    old.urgent = False
    with pytest.raises(Conflict, match="needs another step"):
        take_step(actor=sam, life=LIFE, subject=old, move=reasoned(END), papers=PlainPapers())
    thing.put(urgent=False)
    assert take(sam, thing, END).state == "done"


@pytest.mark.parametrize("part", ["seal", "create", "record_audits", "public_entry", "queue_entry", "save", "overtake"])
def test_a_step_that_fails_in_one_part_leaves_nothing_of_the_others(
    part: str, thing: Thing, ines: Actor, traces: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    before, row = traces(), thing.now
    place: dict[str, tuple[object, str]] = {
        "seal": (PlainPapers, "seal"),
        "public_entry": (PlainPapers, "public_entry"),
        "create": (StepRecord.objects, "create"),
        "record_audits": (services, "record_audits"),
        "queue_entry": (services, "queue_entry"),
        "save": (type(row), "save"),
        "overtake": (services, "overtake_proposals"),
    }
    monkeypatch.setattr(*place[part], broken)
    with pytest.raises(OSError, match="disk is full"):
        take(ines, thing, LOOK)
    assert traces() == before
    assert (thing.now.state, thing.now.event_count) == (row.state, row.event_count)


def test_a_subject_that_is_gone_is_not_made_again(thing: Thing, ines: Actor, traces: Count) -> None:
    old, before = thing.now, traces()
    thing.now.delete()
    with pytest.raises(ObjectDoesNotExist):
        take_step(actor=ines, life=LIFE, subject=old, move=reasoned(LOOK), papers=PlainPapers())
    assert traces() == before
