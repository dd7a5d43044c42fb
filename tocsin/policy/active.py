"""The pack this installation works under: today's version, and the one under which a tip arrived."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tocsin.common import clock
from tocsin.common.errors import Unsafe
from tocsin.policy.model import Pack
from tocsin.policy.shelf import Shelf, UnknownVersion, load_shelf


def get_pack() -> Pack:
    """The version that is valid today, by the pack's own time zone; for what arrives now and for the pages.

    The folder (a pack or a shelf of versions) is named by the setting ``TOCSIN_PACK`` and loaded once per process
    and path: changed files need a restart, a version whose day has come does not. Whoever needs the pack twice in
    one request keeps it, as midnight may lie between. Raises ``Unsafe`` if the setting is missing,
    ``PackInvalid`` if the pack is refused.
    """
    return get_shelf().at(clock.now())


def pack_of(version: str) -> Pack:
    """The version under which a tip arrived (``Tip.pack_version``): its clocks and words stay those of that day.

    If that version is not on the shelf any more, today's pack stands in: a tip is dealt with all the same. Keep
    a version on the shelf for as long as tips carry it. Raises as ``get_pack``.
    """
    try:
        return get_shelf().version(version)
    except UnknownVersion:
        return get_pack()


def get_shelf() -> Shelf:
    """All versions of the installation's pack. Raises as ``get_pack``."""
    path = getattr(settings, "TOCSIN_PACK", None)
    if not path:
        raise Unsafe("No policy pack is set. Set TOCSIN_PACK to the folder of a pack, such as packs/seed.")
    return _load_once(os.fspath(path))


@lru_cache(maxsize=8)
def _load_once(path: str) -> Shelf:
    return load_shelf(Path(path))
