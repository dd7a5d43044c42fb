"""Destroying what belongs to a tip. Works without any private key, so that the reporter can do it too.

``OWN`` is the list of what goes with a tip's text; apps above enter theirs with ``emptied_with_a_tip``. Whatever comes
to hang on a tip and says something of it needs a line here. The content holds the key of everything that was written
about the tip, so that destroying it destroys those texts wherever their sealed bytes still lie. Backups open until the
retention key of the month is destroyed as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction

from tocsin.tips.content import events_key_place
from tocsin.tips.deadlines import local_today
from tocsin.tips.evidence import remove_files
from tocsin.tips.models import Identity, IdentityRequest, Tip, Transcription
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_to
from tocsin.workflow.forgetting import destroy_words

Emptying = Callable[[Tip], None]


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


def _messages(tip: Tip) -> None:
    tip.messages.all().delete()


def _notes(tip: Tip) -> None:
    tip.notes.all().delete()


def _files(tip: Tip) -> None:
    """The sealed bytes go after the commit; what a crash leaves there nobody can open, and the worker removes it."""
    gone: Sequence[str] = list(tip.evidence.values_list("ref", flat=True))
    tip.evidence.all().delete()
    transaction.on_commit(lambda: remove_files(gone))


def _identity_requests(tip: Tip) -> None:
    """Why somebody asked for the name, and what the first key left of it; who asked and decided stays."""
    requests = IdentityRequest.objects.filter(tip=tip)
    requests.update(paper=b"", half_opened=b"")
    destroy_words("identity", list(requests.values_list("ref", flat=True)))


def _transcription(tip: Tip) -> None:
    """Who wrote it down, and from which line it was told."""
    Transcription.objects.filter(tip=tip).delete()


def _reading_reasons(tip: Tip) -> None:
    """Why people opened it; that they did is in the audit log."""
    tip.reading_reasons.all().delete()


OWN: tuple[Emptying, ...] = (
    destroy_identity, _messages, _notes, _files, _identity_requests, _transcription, _reading_reasons,
)  # fmt: skip
_OTHERS: list[Emptying] = []


def emptied_with_a_tip(emptying: Emptying) -> None:
    """Enter what an app above keeps about a tip: called, in the transaction, whenever the text of one is destroyed."""
    if emptying not in _OTHERS:
        _OTHERS.append(emptying)


def destroy_beside(tip: Tip) -> None:
    """Destroy everything that lies beside the text and says something of it. Call it in a transaction."""
    for emptying in (*OWN, *_OTHERS):
        emptying(tip)
