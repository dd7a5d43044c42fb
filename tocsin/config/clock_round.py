"""The worker's round of clocks: marks, reminds, escalates, lets proposals run out, clears away old notices."""

from __future__ import annotations

from tocsin.access.actors import WORKER
from tocsin.clocks.marking import BATCH, mark_due
from tocsin.clocks.notices import remove_old_notices
from tocsin.tips.clocks import show_ended_pauses
from tocsin.workflow.proposals import expire_due_proposals

SECONDS = 60
"""Between two rounds: an urgent tip has an hour, so a minute is soon enough."""
MOST_BATCHES = 10


def clock_round() -> bool:
    """Do what is due; whether there is more than one round may take, so that the other work has its turn."""
    show_ended_pauses(actor=WORKER)
    expire_due_proposals(actor=WORKER)
    for _batch in range(MOST_BATCHES):
        if mark_due(actor=WORKER) < BATCH:
            remove_old_notices(actor=WORKER)
            return False
    return True
