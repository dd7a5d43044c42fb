"""Names that staff read: short handles, categories, channels, people."""

from __future__ import annotations

from typing import Protocol

from django.utils.translation import gettext as _

from tocsin.access.models import Staff
from tocsin.access.permissions import Role
from tocsin.desk.page import language
from tocsin.policy.active import pack_of
from tocsin.policy.model import UnknownCategory
from tocsin.tips.models import Tip


class Categorised(Protocol):
    """A tip or a case: what keeps its category and the pack of its arrival."""

    @property
    def category(self) -> str:
        """The code of its category."""

    @property
    def pack_version(self) -> str:
        """The version of the pack under which it arrived."""


def short_ref(ref: str) -> str:
    """The first eight characters of a handle in two groups, enough to tell tips of one list apart."""
    return f"{ref[:4]}-{ref[4:8]}"


def category_label(tip: Categorised) -> str:
    """The label of a tip's category, by the pack of its arrival; its code when no version at hand has it."""
    try:
        return pack_of(tip.pack_version).category(tip.category).label(language())
    except UnknownCategory:
        return tip.category


def channel_label(tip: Tip) -> str:
    """The label of the channel by which a tip came, or its code."""
    try:
        return pack_of(tip.pack_version).channel(tip.channel).label.text(language())
    except KeyError:
        return tip.channel


def actor_names(actors: set[str]) -> dict[str, str]:
    """How people are called on the screen, for names as the history keeps them (``staff:12``, ``reporter``)."""
    ids = {int(name.split(":")[1]) for name in actors if name.startswith("staff:")}
    people = {f"staff:{pk}": shown for pk, shown in Staff.objects.filter(pk__in=ids).values_list("pk", "display_name")}
    return {name: people.get(name, _("the reporter") if name == "reporter" else name) for name in actors}


def role_label(code: str) -> str:
    """The label of a role."""
    return str(Role(code).label) if code in Role.values else code
