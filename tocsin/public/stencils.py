"""Pages that differ between visitors in a few places only: rendered once for each language, then filled in.

Rendering a form or a receipt costs a millisecond; filling a stencil costs a few microseconds. Under a flood of
reports that is the difference between taking them all and making people wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import override

from tocsin.policy.active import get_pack
from tocsin.public.page import context

_MOST = 200  # a few pages in every language, for two versions of the pack
_HOLE = re.compile(r"\[\[hole:([a-z0-9_]+)\]\]")


def hole(name: str) -> str:
    """What to put into a template's context where a visitor's own value will go."""
    return f"[[hole:{name}]]"


@dataclass(frozen=True)
class Stencil:
    """A rendered page cut at its holes: ``pieces`` has one more element than ``names``."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def cut(cls, page: str) -> Stencil:
        """Cut ``page`` wherever ``hole`` marked it."""
        parts = _HOLE.split(page)
        return cls(tuple(parts[::2]), tuple(parts[1::2]))

    def fill(self, values: Mapping[str, str], *, drawn: Mapping[str, str] | None = None) -> str:
        """The page with ``values``, escaped for HTML. Raises ``KeyError`` when one is missing.

        ``drawn`` holds parts that a template has drawn and escaped already; they go in as they are.
        """
        drawn = drawn or {}
        out = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            out += (drawn[name] if name in drawn else escape(values[name]), piece)
        return "".join(out)


def made_up_request(path: str) -> HttpRequest:
    """A request that nobody sent, so that nothing of a visitor can stick to a stencil."""
    request = HttpRequest()
    request.method, request.path = "GET", path
    return request


def stencil(template: str, language: str, path: str, holes: Callable[[], Mapping[str, Any]]) -> Stencil:
    """The stencil of ``template`` at ``path`` in ``language``; ``holes`` gives its context, made of ``hole(…)``.

    Drawn anew when another version of the pack begins.
    """
    return drawn(template, language, path, holes, get_pack().fingerprint)


@lru_cache(maxsize=_MOST)
def drawn(
    template: str, language: str, path: str, holes: Callable[[], Mapping[str, Any]], _fingerprint: str
) -> Stencil:
    """As ``stencil``, kept for each version of the pack."""
    with override(language):
        return Stencil.cut(render_to_string(template, context(made_up_request(path), **holes())))


def numbered(name: str, count: int) -> Sequence[str]:
    """``count`` holes named ``name0``, ``name1``, …"""
    return [hole(f"{name}{place}") for place in range(count)]
