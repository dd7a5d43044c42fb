"""Marks every view of the public door as meant for everybody; ``tests/architecture`` asks each URL for its door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponseBase

Params = ParamSpec("Params")
Answer = TypeVar("Answer", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, Params], Answer]


def for_everybody(view: View[Params, Answer]) -> View[Params, Answer]:
    """Declare that anyone on the internet may call this view."""
    view.door = "public"  # type: ignore[attr-defined]  # a mark on the function, read by tests/architecture
    return view
