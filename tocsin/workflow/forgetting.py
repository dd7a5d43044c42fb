"""What was said about a subject goes; who did what and when stays."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from tocsin.workflow.models import Proposal, StepRecord, Voice


@transaction.atomic
def destroy_words(kind: str, refs: Collection[str]) -> None:
    """Destroy every sealed reason and payload about these subjects, for lives whose words have no key of their own.

    The public ledger keeps its commitment to what stood there; nobody can show it any more.
    """
    proposals = Proposal.objects.filter(subject_kind=kind, subject_ref__in=refs)
    Voice.objects.filter(proposal__in=proposals).update(reason=b"")
    proposals.update(payload=b"")
    StepRecord.objects.filter(subject_kind=kind, subject_ref__in=refs).update(reason=b"")
