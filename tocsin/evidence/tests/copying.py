"""Safe copies in tests: with whatever walls this machine has, which the header of the test run names."""

from __future__ import annotations

import dataclasses
from typing import Any

from tocsin.evidence.confinement import Confinement
from tocsin.evidence.kinds import HEAD_BYTES, TAIL_BYTES, Kind, kind_of
from tocsin.evidence.limits import Limits
from tocsin.evidence.safe_copy import KeptSealed, Reason, SafeCopy, make_safe_copy

ANY_WALLS = Limits(weakest=Confinement.LIMITS, wall_seconds=120.0)


def kind(data: bytes) -> Kind:
    """As an upload handler finds it."""
    return kind_of(data[:HEAD_BYTES], "", data[-TAIL_BYTES:])


def attempt(data: bytes, **limits: Any) -> SafeCopy | KeptSealed:
    """Try to copy ``data``; ``limits`` change single limits."""
    return make_safe_copy([data], kind(data), dataclasses.replace(ANY_WALLS, **limits))


def copied(data: bytes, **limits: Any) -> SafeCopy:
    """The copy of ``data``, which must succeed."""
    made = attempt(data, **limits)
    assert isinstance(made, SafeCopy), made
    return made


def kept(data: bytes, **limits: Any) -> Reason:
    """Why there is no copy, which must be so."""
    made = attempt(data, **limits)
    assert isinstance(made, KeptSealed), made
    return made.reason


def fact(made: SafeCopy, code: str) -> list[str]:
    """The texts of one code."""
    return [text for known, text in made.facts if known == code]
