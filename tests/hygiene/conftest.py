"""The desk's fixtures, for the half of each promise that staff must keep."""

from __future__ import annotations

from tocsin.desk.tests.conftest import desk, desk_door

__all__ = ["desk", "desk_door"]
