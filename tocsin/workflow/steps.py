"""A life as data: which steps exist, from where to where, for whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from tocsin.access.permissions import Permission


@dataclass(frozen=True)
class Step:
    """One permitted move in a life.

    ``sources``: the states in which it may start. ``target``: the state afterwards; ``None`` leaves it as it is.
    ``needs``: the permission of whoever takes it, or, with ``four_eyes``, of whoever approves it; then
    ``proposed_with`` is the permission of whoever proposes. ``public_kind``: the ledger kind of the public event
    (may hold ``{outcome}``), ``None`` for steps that the public ledger does not count. ``rule``: the pack rule that
    the step answers to. ``needs_reason``: a step without a written reason is refused. ``barred_by``: name of a flag of
    the subject that forbids the step (an urgent tip is never closed by one person).
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
