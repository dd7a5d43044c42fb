"""Registers the app with Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models import QuerySet

from tocsin.access.actors import Actor


def _members(actor: Actor) -> QuerySet[Any]:
    from tocsin.staffing.selectors import members_others_than  # here: apps load before models do

    return members_others_than(actor)


class StaffingConfig(AppConfig):
    """Members of staff and their life."""

    name = "tocsin.staffing"
    label = "staffing"

    def ready(self) -> None:
        """Enter the life of a member of staff, so that its proposals wait in the common queue."""
        from tocsin.staffing.workflow import MEMBER_LIFE
        from tocsin.workflow.registry import register_life

        register_life(MEMBER_LIFE, visible_to=_members)
