"""Begin a new origin after an old backup was restored: keys, settings of the signer, and the first batch."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tocsin.config.ledger_keys import alone_with_the_keys, new_ledger_key
from tocsin.config.worker import LedgerDesk, ledger_desk, read_desk, seal_opening, start_up
from tocsin.ledger.checkpoint_copy import origin_line
from tocsin.ledger.origins import split_origin
from tocsin.ledger.publishing import publish
from tocsin.ledger.recovery import OldLog, new_origin, next_origin
from tocsin.ledger.startup import check


def _old(desk: LedgerDesk) -> OldLog:
    return OldLog(verifier=desk.signer.verifier, checkpoint_copy=desk.checkpoint_copy, log_dir=desk.log_dir)


def _is_published(desk: LedgerDesk) -> bool:
    """Whether the public folder shows the present origin; it does not after a recovery that was interrupted."""
    published = desk.log_dir / "checkpoint"
    first = split_origin(desk.origin)[1] == 1
    return first or (published.exists() and origin_line(published.read_bytes()) == desk.origin)


def describe() -> str:
    """What is wrong with the ledger, in words."""
    desk = ledger_desk()
    return check(checkpoint_copy=desk.checkpoint_copy, log_dir=desk.log_dir, verifier=desk.signer.verifier).sentence


def begin_new_origin(reason: str) -> str:
    """Open the new origin under a new key, publish it, keep the old key beside it. Returns a sentence.

    Interrupted anywhere, it may be run again: it then begins anew, or publishes what was signed. Raises ``RuleBroken``
    when the ledger is whole.
    """
    with alone_with_the_keys():
        desk = read_desk()
        was_shown = _is_published(desk)
        state = start_up(desk)
        if not state.read_only and not was_shown:
            return _told(desk.origin, state.size)
        old = _old(desk)
        with new_ledger_key(next_origin(old, desk.origin)) as signer:
            new_origin(
                actor="program:recovery", reason=reason, signer=signer, seal=seal_opening, origin=desk.origin, old=old
            )
        desk = read_desk()
        size = publish(log_dir=desk.log_dir, keys=desk.keys, verifier=desk.signer.verifier)
    return _told(desk.origin, size)


def _told(origin: str, size: int) -> str:
    told = {"origin": origin, "size": size}
    return _("The new origin is %(origin)s with %(size)s entries. Tell the public why, and tell your witnesses.") % told
