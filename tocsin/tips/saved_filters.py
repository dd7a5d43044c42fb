"""Filters of the reading list that a person keeps under a name of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.common.refs import is_ref, new_ref
from tocsin.ledger.services import record_audit
from tocsin.tips.content import clean_text
from tocsin.tips.models import SavedFilter
from tocsin.tips.wanted import Wanted
from tocsin.vault import unlocked
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import Place, seal_to

MOST_FILTERS, LONGEST_NAME = 12, 40


@dataclass(frozen=True)
class OpenFilter:
    """A saved filter; ``name`` is empty while the desk is locked."""

    ref: str
    name: str
    wanted: Wanted


def saved_filters(actor: Actor) -> Sequence[OpenFilter]:
    """The filters that ``actor`` keeps, in the order in which they were first saved."""
    actor.require(Permission.TIP_LIST)
    rows = SavedFilter.objects.filter(staff_id=actor.require_staff()).order_by("id")
    return [OpenFilter(row.ref, _name(row), Wanted.of_query(row.query)) for row in rows]


def save_filter(*, actor: Actor, name: str, wanted: Wanted) -> None:
    """Keep a filter under a name. The same filter saved again takes the new name.

    The name is sealed to the unit, which works while the desk is locked. Raises ``RuleBroken`` without a name, with one
    that is too long, for a filter that asks for nothing, and when there are enough.
    """
    role = actor.role_for(Permission.TIP_LIST).value
    name, query, staff = _fitting(name), wanted.query(), actor.require_staff()
    if not query:
        raise RuleBroken(_("Choose what to filter by first. Nothing was saved."))
    with transaction.atomic():
        Staff.objects.select_for_update().get(pk=staff)  # two windows at once count one after the other
        known = SavedFilter.objects.filter(staff_id=staff, query=query).first()
        if known is None and SavedFilter.objects.filter(staff_id=staff).count() >= MOST_FILTERS:
            raise RuleBroken(_("You have 12 saved filters. Remove one that you no longer need, then save this one."))
        kept = known or SavedFilter(staff_id=staff, ref=new_ref(), query=query)
        kept.name = seal_to(keyring().unit_public, name.encode(), info=name_place(kept.ref))
        kept.save()
        record_audit(actor=actor.name, role=role, action="filter.save", subject=f"filter:{kept.ref}")


def remove_filter(*, actor: Actor, ref: str) -> None:
    """Forget one of one's own filters; one that is gone already, or somebody else's, stays as it is."""
    role = actor.role_for(Permission.TIP_LIST).value
    if not is_ref(ref):
        return
    with transaction.atomic():
        gone, _tables = SavedFilter.objects.filter(staff_id=actor.require_staff(), ref=ref).delete()
        if gone:
            record_audit(actor=actor.name, role=role, action="filter.remove", subject=f"filter:{ref}")


def name_place(ref: str) -> Place:
    """The associated data of the name of a saved filter."""
    return Place("saved-filter", ref, 1)


def _name(row: SavedFilter) -> str:
    if not unlocked.is_unlocked():
        return ""
    return unlocked.opener().open_sealed(bytes(row.name), name_place(row.ref)).decode()


def _fitting(name: str) -> str:
    name = " ".join(clean_text(name).split())
    if not name:
        raise RuleBroken(_("Give the filter a name. Nothing was saved."))
    if len(name) > LONGEST_NAME:
        raise RuleBroken(_("This name is longer than 40 characters. Choose a shorter one. Nothing was saved."))
    return name
