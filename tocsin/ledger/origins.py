"""Names of the public tree over its life: ``<origin>``, and after each recovery ``<origin>/2``,
``<origin>/3`` …

The number is the *era*. The first name of an installation should therefore not end in ``/`` and a number.
"""

from __future__ import annotations

import re

_NUMBERED = re.compile(r"(?P<base>.+)/(?P<era>[2-9]|[1-9][0-9]{1,3})")


def split_origin(origin: str) -> tuple[str, int]:
    """The first name and the era: ``tips.example/2`` → (``tips.example``, 2); without a number era 1."""
    numbered = _NUMBERED.fullmatch(origin)
    return (numbered["base"], int(numbered["era"])) if numbered else (origin, 1)


def origin_of_era(base: str, era: int) -> str:
    """The inverse of ``split_origin``."""
    return base if era == 1 else f"{base}/{era}"
