"""Messages of the office into a reporter's mailbox. Opens nothing, so the worker writes with it too."""

from __future__ import annotations

from tocsin.common import clock
from tocsin.common.refs import new_ref
from tocsin.tips.content import message_place
from tocsin.tips.models import MessageKind, Tip, TipMessage
from tocsin.tips.papers import staff_key
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_message


def put_into_mailbox(*, tip: Tip, kind: MessageKind, text: str, staff_id: int | None) -> TipMessage:
    """Seal ``text`` to the reporter and to the key of the tip's papers, and put it into the mailbox.

    For services, which leave the trace and have seen to permission.
    """
    ref = new_ref()
    recipients = [bytes(tip.mail_public), staff_key(tip, keyring())]
    return TipMessage.objects.create(
        tip=tip,
        ref=ref,
        kind=kind,
        blob=seal_message(text.encode(), recipients=recipients, place=message_place(ref)),
        written_hour=clock.on_the_hour(clock.now()),
        staff_id=staff_id,
    )
