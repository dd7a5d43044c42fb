"""Names that staff read: short handles, categories, channels, people."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tocsin.access.models import Staff
from tocsin.access.permissions import Role
from tocsin.desk.page import language
from tocsin.policy.active import get_pack
from tocsin.policy.model import UnknownCategory


def short_ref(ref: str) -> str:
    """The first eight characters of a handle in two groups, enough to tell tips of one list apart."""
    return f"{ref[:4]}-{ref[4:8]}"


def category_label(code: str) -> str:
    """The label of a category; its code when it comes from a pack that is not in force any more."""
    try:
        return get_pack().category(code).label(language())
    except UnknownCategory:
        return code


def channel_label(code: str) -> str:
    """The label of a channel, or its code."""
    try:
        return get_pack().channel(code).label.text(language())
    except KeyError:
        return code


def actor_names(actors: set[str]) -> dict[str, str]:
    """How people are called on the screen, for names as the history keeps them (``staff:12``, ``reporter``)."""
    ids = {int(name.split(":")[1]) for name in actors if name.startswith("staff:")}
    people = {f"staff:{pk}": shown for pk, shown in Staff.objects.filter(pk__in=ids).values_list("pk", "display_name")}
    return {name: people.get(name, _("the reporter") if name == "reporter" else name) for name in actors}


def role_label(code: str) -> str:
    """The label of a role."""
    return str(Role(code).label) if code in Role.values else code
