"""The life of a legal hold: a rights officer and a supervisor together begin and end it; its date ends it by itself."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.access.permissions import Permission
from tocsin.workflow.steps import Life, Step

HOLD_KIND = "hold"


class HoldState(models.TextChoices):
    """Where an order stands."""

    ASKED = "asked", _("Asked for")
    IN_FORCE = "in_force", _("In force")
    ENDED = "ended", _("Ended")


S, P, RULE = HoldState, Permission, "retention.legal_hold"

# Of every pair one speaks for the rights of those concerned and one for the work: either may begin.
BEGIN = Step(
    "begin", _("Put under a legal hold"), frozenset({S.ASKED.value}), S.IN_FORCE, P.HOLD_CONFIRM, RULE,
    public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.HOLD_ORDER,
)  # fmt: skip
BEGIN_FROM_DESK = Step(
    "begin_from_desk", _("Put under a legal hold"), frozenset({S.ASKED.value}), S.IN_FORCE, P.HOLD_ORDER, RULE,
    public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.HOLD_CONFIRM,
)  # fmt: skip
END = Step(
    "end", _("End the legal hold"), frozenset({S.IN_FORCE.value}), S.ENDED, P.HOLD_CONFIRM, RULE,
    public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.HOLD_ORDER,
)  # fmt: skip
END_FROM_DESK = Step(
    "end_from_desk", _("End the legal hold"), frozenset({S.IN_FORCE.value}), S.ENDED, P.HOLD_ORDER, RULE,
    public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.HOLD_CONFIRM,
)  # fmt: skip
RUN_OUT = Step(
    "run_out", _("The legal hold ran out"), frozenset({S.IN_FORCE.value}), S.ENDED,
    P.HOLD_RUN_OUT, RULE, public_kind=None,
)  # fmt: skip

HOLD_LIFE = Life(HOLD_KIND, (BEGIN, BEGIN_FROM_DESK, END, END_FROM_DESK, RUN_OUT))
