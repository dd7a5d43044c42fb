"""What no two people may agree on: about themselves, or to leave fewer than two administrators."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import RoleGrant, Staff
from tocsin.access.permissions import NOT_FOR_STAFF, Role
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.staffing.models import Member
from tocsin.staffing.workflow import MemberState

FEWEST_ADMINISTRATORS = 2
LONGEST_REASON = 2_000
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


def require_other(actor: Actor, member: Member) -> None:
    """Raise ``NotPermitted`` for whoever would act about themselves."""
    if member.staff_id is not None and member.staff_id == actor.require_staff():
        raise NotPermitted(_("This is about yourself, so others must propose and decide it. Nothing was changed."))


def require_reason(reason: str) -> str:
    """The reason without space around it. Raises ``RuleBroken`` when there is none or it is a book."""
    text = reason.replace("\0", "").strip()
    if not text:
        raise RuleBroken(_("Write down the reason. Nothing was changed."))
    if len(text) > LONGEST_REASON:
        raise RuleBroken(_("This reason is too long. Write at most 2,000 characters. Nothing was changed."))
    return text


def role_named(code: str) -> Role:
    """The role with this code. Raises ``RuleBroken`` for one that is not there or not for people."""
    if code not in Role.values or Role(code) in NOT_FOR_STAFF:
        raise RuleBroken(_("Choose one of the roles. Nothing was changed."))
    return Role(code)


def holds(staff: Staff, role: Role) -> bool:
    """Whether ``staff`` was granted ``role``."""
    return RoleGrant.objects.filter(staff=staff, role=role.value).exists()


def require_administrators_left(staff: Staff, fewest: int = FEWEST_ADMINISTRATORS) -> None:
    """Raise ``RuleBroken`` when without ``staff`` fewer than ``fewest`` people could administer.

    Locks the grants until the transaction ends, so that two departures at the same moment see each other.
    """
    grants = RoleGrant.objects.select_for_update().filter(role=Role.ADMINISTRATOR.value).order_by("id")
    holders = set(grants.values_list("staff_id", flat=True))
    active = set(Staff.objects.filter(pk__in=holders, is_active=True).values_list("pk", flat=True))
    if staff.pk in active and len(active) - 1 < fewest:
        raise RuleBroken(
            _("Then fewer than two administrators would be left, and nobody could add another. Add one first.")
        )


def require_new_name(username: str, display_name: str) -> tuple[str, str]:
    """Both names as they will be stored. Raises ``RuleBroken`` for an unfit or a taken one."""
    username, display_name = username.strip(), " ".join(display_name.replace("\0", "").split())
    if not _USERNAME.fullmatch(username):
        raise RuleBroken(
            _("A sign-in name has 2 to 64 small letters, digits, dots, hyphens or underscores. Nothing was proposed.")
        )
    if not 0 < len(display_name) <= 120:
        raise RuleBroken(_("Write the person’s name, at most 120 characters. Nothing was proposed."))
    waiting = Member.objects.filter(username=username, state=MemberState.PROPOSED)
    if Staff.objects.filter(username=username).exists() or waiting.exists():
        raise RuleBroken(_("There is already somebody with this sign-in name. Choose another one."))
    return username, display_name
