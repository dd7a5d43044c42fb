"""Acts that are usually lawful: before anything is checked, the fact that would make this one unlawful is named."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.policy.active import pack_of
from tocsin.policy.category import Category
from tocsin.policy.model import UnknownCategory
from tocsin.tips.models import Tip
from tocsin.tips.selectors import content_of
from tocsin.tips.workflow import BEGIN_TRIAGE, TIP_LIFE
from tocsin.workflow.models import StepRecord


def usually_lawful(tip: Tip) -> Category | None:
    """The category of ``tip`` when acts of its kind are usually lawful, by the pack of its arrival."""
    try:
        category = pack_of(tip.pack_version).category(tip.category)
    except UnknownCategory:
        return None
    return category if category.lawful_unless_more else None


def require_extra_fact(*, actor: Actor, tip: Tip, legal_basis: str, extra_fact: str) -> str:
    """The reason under which the facts of ``tip`` may be checked: the legal basis, with the extra fact where needed.

    Raises ``RuleBroken`` when the fact is named neither by the reporter nor here, ``NotPermitted`` when the same person
    was the first reader.
    """
    category = usually_lawful(tip)
    if category is None:
        return legal_basis
    first = StepRecord.objects.filter(subject_kind=TIP_LIFE.kind, subject_ref=tip.ref, step=BEGIN_TRIAGE.name)
    if first.filter(actor=actor.name).exists():
        raise NotPermitted(_("What is described is usually lawful, so a second person must read it before it goes on."))
    told = content_of(tip).particulars.details.get(category.extra_fact or "")
    if extra_fact.strip():
        return f"{legal_basis.strip()}\n{extra_fact.strip()}" if legal_basis.strip() else ""
    if told:
        return legal_basis
    question = category.extra_question
    asked = question.label.text(get_language() or "en") if question else ""
    raise RuleBroken(
        _("What is described is usually lawful. Name the fact that would make it unlawful: %(question)s")
        % {"question": asked}
    )
