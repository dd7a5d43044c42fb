"""Registers the app with Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models import QuerySet

from tocsin.access.actors import Actor


def _visible_to(actor: Actor) -> QuerySet[Any]:
    from tocsin.tips.selectors import tips_visible_to  # here: only the desk loads the code that opens tips

    return tips_visible_to(actor)


def _requests_visible_to(actor: Actor) -> QuerySet[Any]:
    from tocsin.tips.identity_selectors import requests_visible_to  # here: as above

    return requests_visible_to(actor)


def _seats_visible_to(actor: Actor) -> QuerySet[Any]:
    from tocsin.tips.identity_selectors import seats_visible_to  # here: as above

    return seats_visible_to(actor)


class TipsConfig(AppConfig):
    """Tips, their mailbox and their life."""

    name = "tocsin.tips"
    label = "tips"

    def ready(self) -> None:
        """Enter the lives of this app, so that their proposals wait in the common queue, and the clocks of a tip."""
        from tocsin.clocks.registry import register_clocks
        from tocsin.tips.clocks import TIPS
        from tocsin.tips.identity_life import IDENTITY_LIFE
        from tocsin.tips.seat_life import SEAT_LIFE
        from tocsin.tips.workflow import TIP_LIFE
        from tocsin.workflow.registry import register_life

        register_life(TIP_LIFE, visible_to=_visible_to)
        register_clocks(TIPS)
        register_life(IDENTITY_LIFE, visible_to=_requests_visible_to)
        register_life(SEAT_LIFE, visible_to=_seats_visible_to)
