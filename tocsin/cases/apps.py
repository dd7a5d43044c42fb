"""Registers the app with Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models import QuerySet

from tocsin.access.actors import Actor


def _cases(actor: Actor) -> QuerySet[Any]:
    from tocsin.cases.selectors import cases_visible_to  # here: only the desk loads the code that opens tips

    return cases_visible_to(actor)


def _persons(actor: Actor) -> QuerySet[Any]:
    from tocsin.cases.selectors import persons_visible_to  # as above

    return persons_visible_to(actor)


def _referrals(actor: Actor) -> QuerySet[Any]:
    from tocsin.cases.referral_reading import referrals_visible_to  # as above

    return referrals_visible_to(actor)


class CasesConfig(AppConfig):
    """Cases and their life."""

    name = "tocsin.cases"
    label = "cases"

    def ready(self) -> None:
        """Enter the lives of cases and of the people in them, so that their proposals wait in the common queue."""
        from tocsin.cases import handlers
        from tocsin.cases.queues import of_own_cases
        from tocsin.cases.referral_workflow import REFERRAL_LIFE
        from tocsin.cases.workflow import CASE_LIFE, PERSON_LIFE
        from tocsin.tips.queues import also_own
        from tocsin.workflow.registry import after_step, register_life

        also_own(of_own_cases)
        after_step("tip", "flag_urgent", handlers.case_is_urgent)
        for step in handlers.AFTER_THE_ANSWER:
            after_step("case", step, handlers.answers_are_back)
        register_life(CASE_LIFE, visible_to=_cases)
        register_life(PERSON_LIFE, visible_to=_persons)
        register_life(REFERRAL_LIFE, visible_to=_referrals)
