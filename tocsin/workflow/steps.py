"""A life as data: which steps exist, from where to where, for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.policy.model import Pack


@dataclass(frozen=True)
class Step:
    """One permitted move in a life.

    ``sources``: the states in which it may start. ``target``: the state afterwards; ``None`` leaves it as it is.
    ``needs``: the permission of whoever takes it, or, with ``four_eyes``, of whoever approves it; then
    ``proposed_with`` is the permission of whoever proposes. ``public_kind``: the ledger kind of the public event
    (may hold ``{outcome}``), ``None`` for steps that the public ledger does not count. ``rule``: the pack rule that
    the step answers to. ``needs_reason``: a step without a written reason is refused. ``barred_by``: name of a flag of
    the subject that forbids the step (an urgent tip is never closed by one person).

    For steps of more than two people: ``also_needs`` names the permissions of further approvers, each another person;
    ``people`` reads from the pack how many people it takes in all, the proposer among them (never fewer than two).
    ``decided_as``: kind and step of the larger subject on which two people decided for this one too (a case for its
    tips); the approval of that step opens this one.
    ``strangers_to``: names of earlier steps; whoever took or proposed one of them on this subject has no part in this
    one.
    """

    name: str
    label: str | Promise
    sources: frozenset[str]
    target: str | None
    needs: Permission
    rule: str
    public_kind: str | None = "transition"
    needs_reason: bool = False
    barred_by: str = ""
    four_eyes: bool = False
    proposed_with: Permission | None = None
    also_needs: tuple[Permission, ...] = ()
    people: Callable[[Pack], int] | None = None
    strangers_to: frozenset[str] = frozenset()
    decided_as: tuple[str, str] | None = None

    def seats(self, pack: Pack) -> tuple[Permission, ...]:
        """What the approvers must be permitted, one seat for each of them; empty for a step that one person takes."""
        if not self.four_eyes:
            return ()
        named = (self.needs, *self.also_needs)
        asked = self.people(pack) - 1 if self.people else 1
        return named + (self.needs,) * (asked - len(named))

    def decided_by(self, actor: Actor) -> bool:
        """Whether ``actor`` may fill one of the seats."""
        return self.four_eyes and actor.may(self.permission_for(actor))

    def permission_for(self, actor: Actor) -> Permission:
        """The permission under which ``actor`` takes it: of several seats the first that fits, else ``needs``."""
        return next((each for each in (self.needs, *self.also_needs) if actor.may(each)), self.needs)


@dataclass(frozen=True)
class Life:
    """All steps of one kind of thing, by name. ``kind`` names the thing in proposals, history and audit log."""

    kind: str
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """The step called ``name``; raises ``KeyError`` when there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def open_from(self, state: str) -> tuple[Step, ...]:
        """The steps that may start in ``state``."""
        return tuple(step for step in self.steps if state in step.sources)
