"""What somebody typed into a form that could not be taken at all: given back to be copied, as it is kept nowhere."""

from __future__ import annotations

from django.http import HttpRequest

from tocsin.desk.writing.fields import SEPARATOR, STORY
from tocsin.desk.writing.roads import ROADS
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.intake.uploads import name_of

_AFTER = "written-down"
_TEXTS = (*STORY, "contact", "text")


def unsent_text(request: HttpRequest) -> str:
    """Every text that was typed, with its question; empty for other forms. Never a caller's number."""
    if request.method != "POST" or name_of(request) not in (*ROADS, _AFTER):
        return ""
    told = [
        f"{COMMON_QUESTIONS[name].label if name in COMMON_QUESTIONS else name}\n{text}"
        for name, text in request.POST.items()
        if (name in _TEXTS or SEPARATOR in name) and str(text).strip()
    ]
    return "\n\n".join(told)
