"""``take_mails``: every mail that waits becomes a report, exactly once, and leaves the mailbox only then."""

from __future__ import annotations

import errno
import hashlib
import hmac
import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Busy, RuleBroken
from tocsin.common.stores import busy_when_store_fails
from tocsin.intake.attempts import Attempt
from tocsin.intake.channels.email.boxes import Box, MailboxFault, Waiting
from tocsin.intake.channels.email.reading import LONGEST_HEAD, Letter, MailFile, head_and_body, message_id, read_mail
from tocsin.intake.channels.email.settings import CHANNEL
from tocsin.intake.files import IncomingFile, ReceivedFile
from tocsin.intake.services import accept_tip, accepted_before
from tocsin.intake.submission import clean, shows_something
from tocsin.policy.active import get_pack

logger = logging.getLogger("tocsin.mail")
_MB = 1_000_000
BUSY = "The database takes nothing just now. The mails stay in the mailbox; the next round takes them."


@dataclass
class Round:
    """What became of the mails of one round. ``left``: still in the mailbox, for a fault that the log names."""

    taken: int = 0
    known: int = 0
    aside: int = 0
    left: int = 0


def take_mails(*, actor: Actor, box: Box, category: str, largest_mb: int) -> Round:
    """Take in every mail that waits in ``box``.

    A mail is removed after its report is durable; one that could not be taken whole is put aside instead, and its
    report says so. Raises ``Busy`` when the store takes nothing, and ``MailboxFault`` when the mailbox takes no part
    twice in turn: then the rest waits for the next round.
    """
    actor.require(Permission.TIP_RECEIVE)
    _require_pack(category)
    done, taking = Round(), _Taking(actor, box, category, largest_mb * _MB)
    faults_in_turn = 0
    for mail in box.waiting():
        try:
            taking.take(mail, done)
            faults_in_turn = 0
        except Busy:
            raise
        except MailboxFault as fault:
            faults_in_turn += 1
            if faults_in_turn > 1:
                raise
            logger.warning("%s", fault)
            done.left += 1
        except Exception:  # one mail must not hold up the others; it stays where it is, and nothing of it is lost
            logger.exception("A mail could not be taken; it stays in the mailbox.")
            done.left += 1
    return done


def _require_pack(category: str) -> None:
    pack = get_pack()
    if CHANNEL not in {channel.code for channel in pack.channels}:
        raise RuleBroken("The rules of this installation have no channel “email”: add it to pack.toml first.")
    pack.category(category)


class _Taking:
    """Takes one mail after the other."""

    def __init__(self, actor: Actor, box: Box, category: str, largest: int) -> None:
        self._actor, self._box, self._category, self._largest = actor, box, category, largest
        self._secret = hmac.digest(settings.SECRET_KEY.encode(), b"tocsin/mail", "sha256")

    def take(self, mail: Waiting, done: Round) -> None:
        """One mail: read, stored, then out of the mailbox. Counts in ``done`` what became of it."""
        # The size that a mailbox tells may be a little wrong, so it does not say where a mail ends.
        raw = self._box.read(mail, LONGEST_HEAD if mail.size > self._largest else self._largest + 1)
        too_large = max(mail.size, len(raw)) > self._largest
        letter = Letter("", remarks=("mail_too_large",)) if too_large else read_mail(raw)
        fitting, in_part = _that_fit(letter.files)
        if in_part:
            letter = replace(letter, remarks=(*letter.remarks, "mail_in_part"))
        attempt = Attempt.of_source(self._source(raw, mail if too_large else None))
        with busy_when_store_fails(BUSY):
            is_known = accepted_before(attempt) is not None
        new = not is_known and self._accept(letter, fitting, attempt, mail)
        if too_large or in_part:
            self._box.put_aside(mail)
            done.aside += 1
        else:
            self._box.remove(mail)
        done.taken += new
        done.known += not new

    def _source(self, raw: bytes, too_large: Waiting | None) -> str:
        """A name for this mail under which nobody who finds it elsewhere can look for it in the database.

        The content counts too: a mail under somebody else's Message-ID takes nothing away. Where there is no id, the
        whole mail is its name.
        """
        head, body = head_and_body(raw)
        told = message_id(head)
        if too_large is not None:
            named = [head[:LONGEST_HEAD], str(too_large.size).encode()]
        else:
            named = [told.encode("utf-8", "replace") or head, body]
        digest = hmac.new(self._secret, digestmod=hashlib.sha256)
        for part in named:
            digest.update(len(part).to_bytes(8, "big") + part)
        return f"mail:{digest.hexdigest()}"

    def _accept(self, letter: Letter, files: Sequence[MailFile], attempt: Attempt, mail: Waiting) -> bool:
        submission = clean(
            channel=CHANNEL,
            category=self._category,
            answers={"what": letter.text if shows_something(letter.text) else _no_text()},
            contact=letter.contact,
            flags=letter.remarks,
        )
        submission = replace(submission, files=_sealed(files))
        arrived_at = min(mail.arrived_at, clock.now()) if mail.arrived_at else None
        return accept_tip(actor=self._actor, submission=submission, attempt=attempt, arrived_at=arrived_at).first_time


def _no_text() -> str:
    """In the first language of the rules: it stands where the writer's words would."""
    with override(get_pack().languages[0]):
        return _("(This e-mail has no text that could be read.)")


def _that_fit(files: Sequence[MailFile]) -> tuple[list[MailFile], bool]:
    """The files that one report may bring along, and whether some may not: the limits of the public door."""
    limits, total = get_pack().evidence, 0
    fitting: list[MailFile] = []
    for file in files:
        size = len(file.data)
        fits = size <= limits.largest_file_mb * _MB and total + size <= limits.largest_total_mb * _MB
        if fits and len(fitting) < limits.most_files:
            fitting.append(file)
            total += size
    return fitting, len(fitting) < len(files)


def _sealed(files: Sequence[MailFile]) -> tuple[ReceivedFile, ...]:
    """Seal ``files`` as the public door does. Raises ``Busy`` when there is no room; then none of them is left."""
    received: list[ReceivedFile] = []
    try:
        for file in files:
            _require_room()
            received.append(_seal(file))
    except OSError as full:
        for one in received:
            one.discard()
        raise Busy("There is no room for the files of a mail. It stays in the mailbox; make room first.") from full
    return tuple(received)


def _require_room() -> None:
    if shutil.disk_usage(settings.TOCSIN_EVIDENCE_DIR).free < settings.TOCSIN_EVIDENCE_KEEP_FREE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _seal(file: MailFile) -> ReceivedFile:
    incoming = IncomingFile(file.name)
    try:
        incoming.write(file.data)
        return incoming.finish()
    except BaseException:
        incoming.discard()
        raise
