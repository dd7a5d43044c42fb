"""``accept_tip``: the one way in, for every channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from django.conf import settings

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.intake.attempts import Attempt
from tocsin.intake.files import ReceivedFile, kept
from tocsin.intake.group_commit import Committer, GroupCommitter, InlineCommitter
from tocsin.intake.prepare import evidence_row, prepare
from tocsin.intake.submission import Submission
from tocsin.ledger.leaf import LEAF_SIZE
from tocsin.ledger.note import Signer
from tocsin.tips import mailbox
from tocsin.tips.content import receipt_place
from tocsin.tips.models import Tip
from tocsin.vault.codes import CodeKeys
from tocsin.vault.installed import keyring
from tocsin.vault.keyfiles import read_secret
from tocsin.vault.opening import open_small


@dataclass(frozen=True)
class Accepted:
    """What is given to the reporter. ``keys`` is ``None`` when the tip came earlier, with words that are not known."""

    seed: bytes | None
    promise: bytes
    leaf: bytes
    acknowledge_by: date
    first_time: bool


@cache
def committer() -> Committer:
    """How this process makes tips durable: together on SQLite behind the public door, else one by one."""
    return GroupCommitter() if settings.TOCSIN_GROUP_COMMIT else InlineCommitter()


@cache
def promise_signer() -> Signer:
    """The key that signs promises."""
    return Signer.from_skey(read_secret(settings.TOCSIN_PROMISE_KEY).decode().strip())


def accept_tip(
    *,
    actor: Actor,
    submission: Submission,
    attempt: Attempt,
    arrived_at: datetime | None = None,
    then: Callable[[Tip, CodeKeys], None] | None = None,
) -> Accepted:
    """Seal and store one report durably, then promise that it will be in the public ledger.

    The same ``attempt`` a second time stores nothing and returns the first promise. Raises ``Busy`` when nothing was
    stored; then no promise exists. ``arrived_at``: see ``prepare``. ``then`` stores what belongs to a new tip, in the
    same transaction.
    """
    actor.require(Permission.TIP_RECEIVE)
    keys = CodeKeys.derive(attempt.seed)
    prepared = prepare(
        submission=submission, attempt=attempt, keys=keys, signer=promise_signer(), arrived_at=arrived_at
    )
    if then is not None:
        prepared = replace(prepared, then=lambda tip: then(tip, keys))
    with kept(submission.files) as files:
        if committer().commit((actor, prepared)):
            files.belong(file.ref for file in submission.files)
            return Accepted(attempt.seed, prepared.promise, prepared.entry[0], prepared.tip.acknowledge_by, True)
    return _accepted_before(attempt, keys)


def add_files(*, keys: CodeKeys, files: Sequence[ReceivedFile]) -> int:
    """Add files to the report that ``keys`` open, for good; returns how many of them are new to it.

    Raises as ``tips.mailbox.add_files`` does; after ``Busy`` nothing was added.
    """
    with kept(files) as holder:
        added = mailbox.add_files(
            keys=keys, rows=lambda tip: [evidence_row(file, tip, keyring(), keys) for file in files]
        )
        holder.belong(added)
    return len(added)


def accepted_before(attempt: Attempt) -> Accepted | None:
    """What was given for ``attempt`` if it was stored already."""
    if not Tip.objects.filter(intake_key=attempt.key).exists():
        return None
    return _accepted_before(attempt, CodeKeys.derive(attempt.seed))


def _accepted_before(attempt: Attempt, keys: CodeKeys) -> Accepted:
    tip = Tip.objects.get(intake_key=attempt.key)
    if bytes(tip.login_hash) != keys.login_hash:
        return Accepted(None, b"", b"", tip.acknowledge_by, False)
    given = open_small(keys.receipt, bytes(tip.receipt), receipt_place(tip.ref))
    return Accepted(attempt.seed, given[LEAF_SIZE:], given[:LEAF_SIZE], tip.acknowledge_by, False)
