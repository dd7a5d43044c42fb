"""Destroying what belongs to a tip. Works without any private key, so that the reporter can do it too.

The content holds the key of everything that was written about the tip, so that destroying it destroys those texts
wherever their sealed bytes still lie. Backups open until the retention key of the month is destroyed as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from tocsin.common import clock
from tocsin.tips.content import events_key_place
from tocsin.tips.deadlines import local_today
from tocsin.tips.evidence import remove_files
from tocsin.tips.models import HOLD_KIND, Identity, Tip
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_to
from tocsin.workflow.models import Proposal, ProposalState


def is_held(tip: Tip) -> bool:
    """Whether an order forbids to destroy ``tip``, or one waits for a second person."""
    if tip.legal_hold:
        return True
    asked = Proposal.objects.filter(
        subject_kind=HOLD_KIND,
        subject_ref__in=tip.holds.values("ref"),
        state=ProposalState.OPEN,
        expires_at__gt=clock.now(),
    )
    return asked.exists()


def destroyed_text() -> dict[str, object]:
    """Field changes that destroy the text and, with its key, every reason, message and note about it."""
    return {
        "content": b"",
        "wrapped_key": b"",
        "papers_public": b"",
        "destroyed_on": local_today(),
        "unread_replies": 0,
    }


def kept_events_key(tip: Tip, k_events: bytes) -> dict[str, object]:
    """Field changes that keep the ledger key of a tip whose text goes while its life goes on. It opens nothing."""
    return {"events_key": seal_to(keyring().unit_public, k_events, info=events_key_place(tip.ref))}


def destroy_identity(tip: Tip) -> None:
    """Destroy who the reporter is, with the keys of the custodians' pairs."""
    Identity.objects.filter(ref=tip.identity_ref).update(blob=b"", wrapped_keys=b"")


def destroy_beside(tip: Tip) -> None:
    """Destroy what lies beside the text: identity, messages, notes, files and their keys. Call it in a transaction.

    The sealed bytes of the files go after the commit; what a crash leaves there nobody can open, and the worker
    removes it.
    """
    destroy_identity(tip)
    tip.messages.all().delete()
    tip.notes.all().delete()
    gone: Sequence[str] = list(tip.evidence.values_list("ref", flat=True))
    tip.evidence.all().delete()
    transaction.on_commit(lambda: remove_files(gone))
