"""What the reporter is told about files: which came in, what they say about their maker, which did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string

from tocsin.intake.files import ReceivedFile
from tocsin.intake.uploads import Refused


def files_taken(taken: Sequence[ReceivedFile], refused: Sequence[Refused]) -> str:
    """The part of a page about files, drawn; empty when there were none."""
    told: list[dict[str, Any]] = [{"name": file.about.name, "traces": file.about.trace_sentences} for file in taken]
    says_something = any(file["traces"] for file in told)
    context = {"taken": told, "refused": refused, "says_something": says_something}
    return render_to_string("public/files_taken.html", context)
