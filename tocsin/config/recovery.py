"""Begin a new origin after an old backup was restored: keys, settings of the signer, and the first batch."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from tocsin.config.worker import LedgerDesk, ledger_desk, seal_opening
from tocsin.ledger.note import Signer
from tocsin.ledger.publishing import LogKeys, publish
from tocsin.ledger.recovery import OldLog, new_origin, next_origin
from tocsin.ledger.startup import check
from tocsin.vault.keyfiles import write_secret


def _old(desk: LedgerDesk) -> OldLog:
    return OldLog(verifier=desk.signer.verifier, checkpoint_copy=desk.checkpoint_copy, log_dir=desk.log_dir)


def describe() -> str:
    """What is wrong with the ledger, in words."""
    desk = ledger_desk()
    return check(checkpoint_copy=desk.checkpoint_copy, log_dir=desk.log_dir, verifier=desk.signer.verifier).sentence


def begin_new_origin(reason: str) -> str:
    """Open the new origin under a new key, publish it, keep the old key beside it. Returns a sentence.

    Raises ``RuleBroken`` when the ledger is whole.
    """
    desk = ledger_desk()
    old = _old(desk)
    signer = Signer.generate(next_origin(old, desk.origin))
    beside = settings.TOCSIN_LEDGER_KEY.with_name(f"ledger-{signer.key_id.hex()}.new.key")
    write_secret(beside, signer.skey.encode() + b"\n")
    try:
        batch = new_origin(
            actor="program:recovery", reason=reason, signer=signer, seal=seal_opening, origin=desk.origin, old=old
        )
    except BaseException:
        beside.unlink()
        raise
    kept = settings.TOCSIN_LEDGER_KEY.with_name(f"ledger-{desk.signer.key_id.hex()}.old.key")
    settings.TOCSIN_LEDGER_KEY.rename(kept)
    beside.rename(settings.TOCSIN_LEDGER_KEY)
    (settings.TOCSIN_PUBLIC_KEYS / "ledger.vkey").write_text(signer.vkey + "\n")
    keys = LogKeys(log=[signer.vkey], promise=desk.keys.promise, unit=desk.keys.unit)
    publish(log_dir=desk.log_dir, keys=keys, verifier=signer.verifier)
    told = {"origin": batch.origin, "size": batch.size}
    return _("The new origin is %(origin)s with %(size)s entries. Tell the public why, and tell your witnesses.") % told
