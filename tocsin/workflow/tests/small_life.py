"""A life of four states that exists for tests only, so that the engine is tested and not the life of a tip.

Its subject is a row of the table of tips, because the tests make no table of their own.
"""

from __future__ import annotations

from typing import Any

from tocsin.access.permissions import Permission
from tocsin.ledger.leaf import Event, make_leaf
from tocsin.workflow.services import Move
from tocsin.workflow.steps import Life, Step

KEY = bytes(range(32))
NEW, SEEN, DONE = frozenset({"received"}), frozenset({"seen"}), frozenset({"done"})

LOOK = Step("look", "Look at it", NEW, "seen", Permission.TIP_ACKNOWLEDGE, "rule.look")
NOTE = Step(
    "note", "Note", NEW | SEEN, None, Permission.TIP_FLAG_URGENT, "rule.note", public_kind=None, needs_reason=True
)
END = Step(
    "end", "End it", SEEN, "done", Permission.TIP_CLOSE, "rule.end",
    public_kind="closed:{outcome}", needs_reason=True, barred_by="urgent",
)  # fmt: skip
END_TOGETHER = Step(
    "end_together", "End it, two of us", SEEN, "done", Permission.OUTCOME_DECIDE, "rule.end",
    four_eyes=True, proposed_with=Permission.OUTCOME_PROPOSE,
)  # fmt: skip
AGAIN_TOGETHER = Step(
    "again_together", "Begin again, two of us", SEEN | DONE, "received", Permission.OUTCOME_DECIDE, "rule.again",
    four_eyes=True, proposed_with=Permission.OUTCOME_PROPOSE,
)  # fmt: skip
SAY = Step("say", "Say more", NEW | SEEN, None, Permission.MAILBOX_WRITE, "rule.say")
LIFE = Life("thing", (LOOK, NOTE, END, END_TOGETHER, AGAIN_TOGETHER, SAY))
OTHER_LIFE = Life("matter", (LOOK, END_TOGETHER))


class PlainPapers:
    """Papers that anybody can read: reasons backwards, leaves under a known key. ``events`` lists what was said."""

    def __init__(self) -> None:
        self.events: list[tuple[str, bytes]] = []

    def seal(self, text: str) -> bytes:
        return text[::-1].encode()

    def public_entry(self, subject: Any, kind: str, private_digest: bytes) -> tuple[bytes, bytes]:
        self.events.append((kind, private_digest))
        event = Event(kind, "2026-03", "", "test-unit")
        leaf, opening = make_leaf(k_events=KEY, n=subject.event_count, event=event, private_digest=private_digest)
        subject.event_count += 1
        return leaf, opening.to_bytes()


def reasoned(step: Step, **changes: object) -> Move:
    """``step`` with a reason and these new values."""
    return Move(step, reason="because", changes=changes)
