"""The fields of a case's longer forms, what can be chosen in them, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.cases import selectors, work
from tocsin.cases.models import Case
from tocsin.cases.models.work import Bearing, Credibility, Reliability
from tocsin.cases.taking import tips_of
from tocsin.cases.workflow import TIP_OUTCOMES
from tocsin.desk.fields import Field, Option, Text
from tocsin.tips.safe_copies import names_of_files


def people(_case: Case) -> list[Option]:
    """Everybody who may read cases."""
    return [("", _("Choose …")), *((str(person.pk), person.display_name) for person in selectors.readers())]


def those_in_the_case(case: Case) -> list[Option]:
    """Those who have a part in the case."""
    rows = case.assignments.select_related("staff").order_by("staff__display_name")
    return [("", _("Choose …")), *((str(row.staff_id), row.staff.display_name) for row in rows)]


def choices(*values: tuple[str, Text]) -> Callable[[object], Sequence[Option]]:
    """The same options for every subject."""
    return lambda _subject: values


def files(case: Case) -> list[Option]:
    """The files that came with the reports of the case, by name."""
    return list(names_of_files(tips_of(case)))


def own_outcomes(_case: Case) -> list[Option]:
    """What a single report may get where it differs from its case."""
    return [("", _("As the case")), *((each.value, each.label) for each in TIP_OUTCOMES)]


def found(typed: QueryDict) -> work.Found:
    """What was typed into the form of a finding."""
    return work.Found(
        checked=typed.get("checked", ""),
        result=typed.get("result", ""),
        source=typed.get("source", ""),
        reliability=typed.get("reliability", ""),
        credibility=typed.get("credibility", ""),
        bearing=typed.get("bearing", ""),
        official=typed.get("official") == "yes",
        independent=typed.get("independent") == "yes",
        evidence=tuple(typed.getlist("evidence")),
        pieces=typed.get("pieces", ""),
    )


FINDING_FIELDS = (
    Field("checked", gettext_lazy("What was checked, and how")),
    Field("result", gettext_lazy("What it showed")),
    Field("source", gettext_lazy("Source"), "line"),
    Field(
        "reliability", gettext_lazy("How reliable is the source?"), "list",
        options=choices(("", gettext_lazy("Choose …")), *Reliability.choices),
    ),
    Field(
        "credibility", gettext_lazy("How credible is the information?"), "list",
        options=choices(("", gettext_lazy("Choose …")), *Credibility.choices),
    ),
    Field("bearing", gettext_lazy("What does it mean for the report?"), "choice", options=choices(*Bearing.choices)),
    Field("official", gettext_lazy("An official check: a register, an inspection, a laboratory"), "yes"),
    Field("independent", gettext_lazy("Independent: it does not come from a reporter of this case"), "yes"),
    Field("evidence", gettext_lazy("Files of the reports that belong to it"), "several", options=files),
    Field("pieces", gettext_lazy("Other pieces of evidence, and where they are kept")),
)  # fmt: skip
