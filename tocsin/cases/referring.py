"""Passing a case on: a text is written, looked through for what could identify the reporter, and sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases import referral_workflow as life
from tocsin.cases.models import Case, Referral, ReferralTip
from tocsin.cases.originals import Original, originals_of
from tocsin.cases.outcome import refer_case
from tocsin.cases.referral_papers import (
    Letter,
    copy_place,
    letter_place,
    message_copy_place,
    message_place,
    seal_for_us,
    seal_json,
)
from tocsin.cases.referral_reading import Checked, checked, letter_of, open_json
from tocsin.cases.referral_taking import locked_draft, take_referral
from tocsin.cases.taking import locked_working, note
from tocsin.cases.workflow import CaseState
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.common.refs import is_ref, new_ref
from tocsin.policy.active import get_pack
from tocsin.tips import workflow as tip_life
from tocsin.tips.deadlines import local_today
from tocsin.tips.taking import fitting, required, take
from tocsin.vault.codes import new_seed, words_of
from tocsin.vault.referral_codes import RecipientKeys


@dataclass(frozen=True)
class Draft:
    """What somebody typed. ``tips``: handles of the reports from which something stands in the text; ``looked``: keys
    of the findings at which this person has looked just now.
    """

    recipient: str
    purpose: str
    law: str
    text: str
    expires_on: date | None
    tips: Collection[str]
    looked: Collection[str] = ()


def latest_expiry() -> date:
    """The last day that a referral of today may have, by the pack."""
    return local_today() + timedelta(days=get_pack().sharing.expires_days)


def check_draft(case_originals: list[Original], letter: Letter) -> Checked:
    """The marks of a text beside the reports of its case."""
    words = [text for each in case_originals for text in each.words]
    return checked(letter, words, [name for each in case_originals for name in each.files])


@transaction.atomic
def draft_referral(*, actor: Actor, case: Case, draft: Draft, attempt: str = "") -> Referral:
    """Write down a text that is to go out. Nothing leaves the house. Raises ``RuleBroken`` for what is too long.

    ``attempt``: a new handle that names the try, so that pressing twice writes one draft.
    """
    actor.require(Permission.CASE_WORK)
    fresh = locked_working(actor, case)
    ref = attempt if is_ref(attempt) and len(attempt) == len(new_ref()) else new_ref()
    if (known := Referral.objects.filter(ref=ref, case=fresh, drafted_by_id=actor.require_staff()).first()) is not None:
        return known
    originals = originals_of(actor, fresh)
    letter = _letter(actor, draft, originals, before={})
    referral = Referral.objects.create(
        ref=ref,
        case=fresh,
        letter=seal_for_us(letter.for_us(), letter_place(ref)),
        expires_on=draft.expires_on or latest_expiry(),
        drafted_at=clock.now(),
        drafted_by_id=actor.require_staff(),
    )
    _set_sources(referral, draft, originals)
    note(actor, Permission.CASE_WORK, "referral.draft", f"referral:{ref}", case=fresh.ref)
    return referral


@transaction.atomic
def redraft_referral(*, actor: Actor, referral: Referral, draft: Draft, version: int) -> Referral:
    """Write a draft anew. Raises ``Conflict`` when it was changed since ``version`` was read, or sent."""
    actor.require(Permission.CASE_WORK)
    fresh = locked_draft(actor, referral, version)
    originals = originals_of(actor, fresh.case)
    letter = _letter(actor, draft, originals, before=dict(letter_of(fresh).looked))
    fresh.letter = seal_for_us(letter.for_us(), letter_place(fresh.ref))
    fresh.expires_on = draft.expires_on or latest_expiry()
    fresh.version += 1
    fresh.save(update_fields=["letter", "expires_on", "version"])
    _set_sources(fresh, draft, originals)
    note(actor, Permission.CASE_WORK, "referral.draft", f"referral:{fresh.ref}", case=fresh.case.ref)
    return fresh


def _letter(actor: Actor, draft: Draft, originals: list[Original], before: dict[str, int]) -> Letter:
    """What was typed, cleaned; of what was looked at, only what still stands in the text."""
    letter = Letter(
        recipient=fitting(" ".join(draft.recipient.split())),
        purpose=fitting(draft.purpose),
        law=fitting(draft.law),
        text=fitting(draft.text),
    )
    found = {each.finding.key for each in check_draft(originals, letter).findings}
    looked = {key: by for key, by in before.items() if key in found}
    looked |= {key: actor.require_staff() for key in draft.looked if key in found and key not in looked}
    return replace(letter, looked=looked)


def _set_sources(referral: Referral, draft: Draft, originals: list[Original]) -> None:
    wanted = [each.tip for each in originals if each.tip.ref in set(draft.tips)]
    ReferralTip.objects.filter(referral=referral).delete()
    ReferralTip.objects.bulk_create([ReferralTip(referral=referral, tip=tip) for tip in wanted])


@transaction.atomic
def discard_referral(*, actor: Actor, referral: Referral) -> Referral:
    """Throw a draft away; its text is destroyed."""
    return take_referral(actor=actor, referral=referral, step=life.DISCARD, changes={"letter": b""})


@transaction.atomic
def send_referral(*, actor: Actor, referral: Referral, version: int, language: str) -> list[str]:
    """Send the text; returns the recipient's nine words, which are stored nowhere.

    The case goes to "passed on" unless it is there already, every report of which something stands in the text is
    counted in the public ledger as told to others. Raises ``RuleBroken`` when something is missing or a mark was not
    looked at, ``Conflict`` when the draft was changed since ``version`` was read, or sent.
    """
    actor.require(Permission.CASE_REFER)
    fresh = locked_draft(actor, referral, version)
    case = locked_working(actor, fresh.case)
    letter = letter_of(fresh)
    originals = originals_of(actor, case)
    sources = set(fresh.sources.values_list("tip__ref", flat=True))
    tips = [each.tip for each in originals if each.tip.ref in sources]
    _require_ready(fresh, letter, check_draft(originals, letter), len(tips))
    if len(tips) != len(sources):
        raise Conflict(_("A report was taken back, or out of the case. Nothing was sent. Look through the text again."))
    reason = f"{letter.recipient}\n{letter.purpose}\n{letter.law}"
    if case.state != CaseState.REFERRED:
        refer_case(actor=actor, case=case, reason=reason)
    for tip in tips:
        take(actor=actor, tip=tip, step=tip_life.SHARE, reason=reason)
    seed = new_seed()
    changes = {**_closed_to(RecipientKeys.derive(seed), fresh.ref, letter), "sent_on": local_today()}
    changes["pack_version"] = get_pack().version
    take_referral(actor=actor, referral=fresh, step=life.SEND, reason=reason, changes=changes)
    return words_of(seed, language)


def _require_ready(referral: Referral, letter: Letter, told: Checked, tips: int) -> None:
    for text, sentence in (
        (letter.recipient, _("Name the recipient. Nothing was sent.")),
        (letter.purpose, _("Write down for what purpose it is sent. Nothing was sent.")),
        (letter.law, _("Name the law that allows it. Nothing was sent.")),
        (letter.text, _("Write the text. Nothing was sent.")),
    ):
        required(text, missing=sentence)
    if not tips:
        raise RuleBroken(_("Say from which report the text comes. Nothing was sent."))
    if not local_today() < referral.expires_on <= latest_expiry():
        raise RuleBroken(
            _("The last day must lie after today, and at most %(n)s days ahead. Nothing was sent.")
            % {"n": get_pack().sharing.expires_days}
        )
    require_looked(told)


def require_looked(told: Checked) -> None:
    """Raise ``RuleBroken`` unless somebody looked at everything that was marked."""
    left = len(told.open)
    if left:
        sentence = ngettext(
            "%(n)s mark was not looked at yet. Look at it, change the text or confirm it. Nothing was sent.",
            "%(n)s marks were not looked at yet. Look at each, change the text or confirm it. Nothing was sent.",
            left,
        )
        raise RuleBroken(sentence % {"n": left})


def _closed_to(keys: RecipientKeys, ref: str, letter: Letter) -> dict[str, object]:
    copy = seal_json(keys.public, letter.for_them(), copy_place(ref))
    return {"login_hash": keys.login_hash, "mail_public": keys.public, "copy": copy}


@transaction.atomic
def give_new_code(*, actor: Actor, referral: Referral, language: str, reason: str) -> list[str]:
    """Nine new words for a recipient who lost theirs, or whose words somebody else saw. The old ones open nothing."""
    actor.require(Permission.CASE_REFER)
    reason = required(reason, missing=_("Write down why a new code is needed. The old one still works."))
    seed = new_seed()
    keys = RecipientKeys.derive(seed)
    changes = _closed_to(keys, referral.ref, letter_of(referral))
    taken = take_referral(actor=actor, referral=referral, step=life.NEW_CODE, reason=reason, changes=changes)
    for row in taken.messages.exclude(copy=b""):
        told = open_json(row.blob, message_place(row.ref))
        row.copy = seal_json(keys.public, told, message_copy_place(row.ref))
        row.save(update_fields=["copy"])
    return words_of(seed, language)
