"""Makes things once that depend on nothing but the pack, the language and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from tocsin.policy.active import get_pack
from tocsin.public.page import language

Made = TypeVar("Made")
_MOST = 1_000  # every screen of a large pack in several languages


def once_per_language(make: Callable[..., Made]) -> Callable[..., Made]:
    """``make`` called once for each version of the pack, each language and each argument: codes of the pack only.

    What a visitor sent must never be an argument, nor stand in what is made.
    """

    @lru_cache(maxsize=_MOST)
    def kept(_fingerprint: str, _language: str, *codes: str) -> Made:
        return make(*codes)

    @wraps(make)
    def made(*codes: str) -> Made:
        return kept(get_pack().fingerprint, language(), *codes)

    return made
