"""The three roads on which staff write reports down, and what is different on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.policy.active import get_pack

MEDIA: Mapping[str, str | Promise] = {
    "dictated": _("Told while it was typed"),
    "notes": _("Notes made during the talk"),
    "handwritten": _("A letter written by hand"),
    "printed": _("A printed or typed letter"),
    "copy": _("A copy or a photograph of a letter"),
}
"""From what a report was typed, by the code that is stored."""


@dataclass(frozen=True)
class Road:
    """``name``: of its address. ``channel``: as the pack calls it. ``media``: what it is typed from, likeliest first.

    ``talks``: somebody is there who can be asked. ``has_number``: a telephone shows one. ``has_arrival``: it may have
    arrived on an earlier day. ``has_files``: something on paper may come with it.
    """

    name: str
    channel: str
    title: str | Promise
    link: str | Promise
    media: tuple[str, ...]
    talks: bool = True
    has_number: bool = False
    has_arrival: bool = False
    has_files: bool = False


ROADS: Mapping[str, Road] = {
    road.name: road
    for road in (
        Road("call", "hotline", _("Take a call"), _("Telephone"), ("dictated", "notes"), has_number=True),
        Road(
            "visit", "in_person", _("Write down what somebody tells you here"), _("In person"),
            ("dictated", "notes", "handwritten", "printed"), has_arrival=True, has_files=True,
        ),
        Road(
            "letter", "letter", _("Type up a letter"), _("Letter"),
            ("handwritten", "printed", "copy"), talks=False, has_arrival=True, has_files=True,
        ),
    )
}  # fmt: skip


def open_roads() -> list[Road]:
    """The roads that the pack of today offers."""
    offered = {channel.code for channel in get_pack().channels}
    return [road for road in ROADS.values() if road.channel in offered]


def links(here: Road) -> list[dict[str, object]]:
    """The sub-navigation between the roads."""
    return [{"text": road.link, "url": reverse(road.name), "is_current": road is here} for road in open_roads()]
