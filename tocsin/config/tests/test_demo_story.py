"""What a demonstration starts with: every sample filed, some under way, three cases."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.installation import Installation
from tests.people import hire
from tocsin.access.permissions import Role
from tocsin.cases.models import Case, Finding, Person, Referral
from tocsin.cases.selectors import titles
from tocsin.config import demo_story
from tocsin.tips.models import Tip
from tocsin.workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db
STAFF = {"ines": Role.INTAKE, "tara": Role.TRIAGE, "ivo": Role.INVESTIGATOR, "sam": Role.SUPERVISOR}


def test_the_demonstration_shows_reports_and_cases_at_every_stage(unlocked_desk: Installation) -> None:
    cast = {name: hire(name, role) for name, role in STAFF.items()}
    filed = list(demo_story.take_samples())
    assert filed[-1] == (len(filed), len(filed)) == (Tip.objects.count(), Tip.objects.count())
    demo_story.work_on_some()

    cases = list(Case.objects.order_by("pk"))
    assert [case.state for case in cases] == ["under_verification", "under_verification", "closed"]
    assert [case.members.count() for case in cases] == [2, 3, 3]
    assert all(titles(cast["sam"], cases).values())
    assert (Finding.objects.count(), Person.objects.count(), Referral.objects.count()) == (2, 1, 1)
    assert {proposal.step for proposal in waiting_for(cast["sam"])} == {"set_outcome", "link", "make_concerned"}
    states = Counter(Tip.objects.values_list("state", flat=True))
    assert {"received", "in_triage", "need_info", "under_verification", "feedback_given", "closed"} <= set(states)
    assert states["received"] > 200
    assert Tip.objects.filter(urgent=True).count() == 6
