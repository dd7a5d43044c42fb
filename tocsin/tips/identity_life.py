"""The life of a request for an identity, as data, and how its steps are written down.

Opens nothing, so the worker may load it. Read it as a table: somebody who handles the report asks, a legal officer
allows, two custodians bring their keys.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from tocsin.access.permissions import Permission
from tocsin.tips.models import IdentityRequest, RequestState, Tip
from tocsin.tips.papers import TipPapers
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import Place, seal_to
from tocsin.workflow.steps import Life, Step

S, P = RequestState, Permission
WAITING = frozenset({S.ASKED, S.ALLOWED})
TONES = {
    S.ASKED: "yellow",
    S.ALLOWED: "orange",
    S.OPENED: "green",
    S.REFUSED: "red",
    S.CANCELLED: "grey",
    S.EXPIRED: "grey",
}
_ASKER, _BEFORE_THE_KEYS = frozenset({"ask"}), frozenset({"ask", "allow"})

# The reporter finds the request in the public ledger before anybody can decide on it, and the opening before anything
# is shown. What is refused moves nothing, so the ledger has no second word for it; the audit log has.
ASK = Step(
    "ask", _("Ask for the identity"), frozenset({S.DRAFT}), S.ASKED, P.IDENTITY_REQUEST, "identity", needs_reason=True,
)  # fmt: skip
ALLOW = Step(
    "allow", _("Find the request lawful"), frozenset({S.ASKED}), S.ALLOWED, P.IDENTITY_ALLOW, "identity",
    public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.IDENTITY_REQUEST,
)  # fmt: skip
REFUSE = Step(
    "refuse", _("Refuse the request"), frozenset({S.ASKED}), S.REFUSED, P.IDENTITY_ALLOW, "identity",
    public_kind=None, needs_reason=True, strangers_to=_ASKER,
)  # fmt: skip
STOP = Step(
    "stop", _("Stop the request"), frozenset({S.ALLOWED}), S.REFUSED, P.IDENTITY_ALLOW, "identity",
    public_kind=None, needs_reason=True, strangers_to=_ASKER,
)  # fmt: skip
FIRST_KEY = Step(
    "first_key", _("First custodian’s key"), frozenset({S.ALLOWED}), None, P.IDENTITY_AGREE, "identity",
    public_kind=None, strangers_to=_BEFORE_THE_KEYS,
)  # fmt: skip
OPEN = Step(
    "open", _("Open the identity with two keys"), frozenset({S.ALLOWED}), S.OPENED, P.IDENTITY_AGREE, "identity",
    public_kind="identity-opened", four_eyes=True, proposed_with=P.IDENTITY_ALLOW,
    also_needs=(P.IDENTITY_AGREE,), strangers_to=_ASKER,
)  # fmt: skip
REFUSE_KEY = Step(
    "refuse_key", _("Refuse to open"), frozenset({S.ALLOWED}), S.REFUSED, P.IDENTITY_AGREE, "identity",
    public_kind=None, needs_reason=True, strangers_to=_BEFORE_THE_KEYS,
)  # fmt: skip
CANCEL = Step(
    "cancel", _("Take the request back"), frozenset(WAITING), S.CANCELLED, P.IDENTITY_REQUEST, "identity",
    public_kind=None, needs_reason=True,
)  # fmt: skip
LAPSE = Step(
    "lapse", _("The request ran out"), frozenset(WAITING), S.EXPIRED, P.IDENTITY_END, "identity", public_kind=None,
)  # fmt: skip
TELL = Step(
    "tell", _("The reporter was told"), frozenset({S.OPENED}), None, P.IDENTITY_END, "identity", public_kind=None,
)  # fmt: skip
IDENTITY_LIFE = Life("identity", (ASK, ALLOW, REFUSE, STOP, FIRST_KEY, OPEN, REFUSE_KEY, CANCEL, LAPSE, TELL))


def paper_place(ref: str) -> Place:
    """The associated data of what is written about the request ``ref``."""
    return Place("identity-paper", ref, 1)


def half_place(ref: str) -> Place:
    """The associated data of what the first custodian's key left, so that it serves this request alone."""
    return Place("identity-half", ref, 1)


class RequestPapers:
    """The papers of one request. ``tip`` (locked by the caller) and ``events`` for steps that the public ledger counts:
    they are events of the report, so that its reporter finds them.
    """

    def __init__(self, ref: str, *, tip: Tip | None = None, events: TipPapers | None = None) -> None:
        self._ref, self._tip, self._events = ref, tip, events

    def seal(self, text: str) -> bytes:
        """``text`` sealed to the unit; empty for an empty text."""
        if not text.strip():
            return b""
        return seal_to(keyring().unit_public, text.encode(), info=paper_place(self._ref))

    def public_entry(self, _subject: Any, kind: str, private_digest: bytes) -> tuple[bytes, bytes]:
        """The report's next leaf; counts it on the report."""
        if self._tip is None or self._events is None:
            raise ValueError("this step was not meant for the public ledger")
        entry = self._events.public_entry(self._tip, kind, private_digest)
        self._tip.save(update_fields=["event_count"])
        return entry


def locked(request: IdentityRequest) -> tuple[Tip, IdentityRequest]:
    """Report and request as they stand now, locked in this order by everybody."""
    tip = Tip.objects.select_for_update().get(pk=request.tip_id)
    return tip, IdentityRequest.objects.select_for_update().get(pk=request.pk)
