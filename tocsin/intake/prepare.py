"""Seals a submission: everything that is written to disk is made here, with public keys only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from tocsin.clocks.models import Deadline
from tocsin.clocks.services import arrival_rows
from tocsin.common import clock
from tocsin.common.refs import new_ref
from tocsin.intake.attempts import Attempt
from tocsin.intake.files import ReceivedFile
from tocsin.intake.submission import Submission
from tocsin.ledger.merkle import leaf_hash
from tocsin.ledger.note import Signer
from tocsin.ledger.promise import make_promise
from tocsin.policy.active import get_pack
from tocsin.tips.clocks import show
from tocsin.tips.content import TipContent, content_place, evidence_about_place, identity_place, receipt_place
from tocsin.tips.models import Evidence, Identity, Tip
from tocsin.tips.papers import ledger_entry, public_event
from tocsin.tips.workflow import TIP_LIFE
from tocsin.vault.blobs import new_private_key, public_of
from tocsin.vault.codes import CodeKeys
from tocsin.vault.installed import keyring
from tocsin.vault.keyring import PublicKeyring
from tocsin.vault.sealing import seal_content, seal_identity, seal_key, seal_small, seal_to

MERGE_WITHIN = timedelta(days=1, hours=1)


@dataclass(frozen=True)
class PreparedTip:
    """Rows ready to be stored, and what the reporter is given once they are.

    ``then`` stores what else belongs to the tip, in the same transaction.
    """

    tip: Tip
    identity: Identity
    entry: tuple[bytes, bytes]
    promise: bytes
    evidence: tuple[Evidence, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    then: Callable[[Tip], None] | None = None


def prepare(
    *, submission: Submission, attempt: Attempt, keys: CodeKeys, signer: Signer, arrived_at: datetime | None = None
) -> PreparedTip:
    """Seal ``submission``; nothing is stored yet.

    ``arrived_at``: when it reached the office, for letters and imports that are typed up later; clocks count from it.

    Content goes to the unit and the retention key of the month, identity to the custodians, the promise to the
    reporter. The ledger leaf commits to the tip's random handle and the digest of what was written.
    """
    ring, rules, moment = keyring(), get_pack(), clock.now()
    ref, identity_ref, papers_key = new_ref(), new_ref(), new_private_key()
    content = TipContent(
        submission.answers, keys.events, bool(submission.contact), submission.flags, submission.particulars, papers_key
    )
    sealed = seal_content(
        content.to_bytes(), unit=ring.unit_public, retention=ring.retention_public, place=content_place(ref)
    )
    identity = _identity(identity_ref, submission.contact, ring)
    digest = hashlib.sha256(b"received\0" + ref.encode() + submission.digest()).digest()
    event = public_event("received", arrived_at or moment, ring.unit_id)
    entry = ledger_entry(k_events=keys.events, n=0, event=event, private_digest=digest, keyring=ring)
    due = clock.on_the_hour(moment) + MERGE_WITHIN  # by the hour: a promise in the wrong hands tells no exact time
    promise = make_promise(origin=settings.TOCSIN_ORIGIN, leaf_hash=leaf_hash(entry[0]), due=due, signer=signer)
    tip = Tip(
        ref=ref,
        intake_key=attempt.key,
        channel=submission.channel,
        category=submission.category,
        pack_version=rules.version,
        unit=ring.unit_id,
        received_hour=clock.on_the_hour(arrived_at or moment),
        content=sealed.blob,
        wrapped_key=sealed.wrapped_key,
        retention_id=ring.retention_id,
        identity_ref=identity_ref,
        login_hash=keys.login_hash,
        mail_public=keys.mail_public,
        papers_public=public_of(papers_key),
        receipt=seal_small(keys.receipt, entry[0] + promise, receipt_place(ref)),
    )
    deadlines = arrival_rows(kind=TIP_LIFE.kind, ref=ref, pack=rules, arrived_at=arrived_at or moment)
    show(tip, {row.clock: row for row in deadlines})
    rows = tuple(evidence_row(file, tip, ring, keys) for file in submission.files)
    return PreparedTip(tip, identity, entry, promise, rows, tuple(deadlines))


def _identity(ref: str, contact: str, ring: PublicKeyring) -> Identity:
    """The row for who the reporter is: for pairs of custodians, and only while the month's retention key exists."""
    place = identity_place(ref)
    hidden = seal_identity(contact.encode(), custodians=ring.custodians, place=place)
    keys = seal_to(ring.retention_public, hidden.wrapped_keys, info=place)
    return Identity(ref=ref, blob=hidden.blob, wrapped_keys=keys, retention_id=ring.retention_id)


def evidence_row(file: ReceivedFile, tip: Tip, ring: PublicKeyring, keys: CodeKeys) -> Evidence:
    """The unsaved row of a file of ``tip``: its key for unit and retention key, what is known of it under that key."""
    place = evidence_about_place(file.ref)
    return Evidence(
        tip=tip,
        ref=file.ref,
        wrapped_key=seal_key(file.key, unit=ring.unit_public, retention=ring.retention_public, place=place),
        about=seal_small(file.key, file.about.to_bytes(), place),
        fingerprint=hmac.digest(keys.receipt, b"tocsin/evidence\0" + bytes.fromhex(file.digest), "sha256"),
        retention_id=ring.retention_id,
        received_hour=clock.on_the_hour(clock.now()),
    )
