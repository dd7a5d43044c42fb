"""The pack this installation works under."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tocsin.common.errors import Unsafe
from tocsin.policy.loader import load_pack
from tocsin.policy.model import Pack


def get_pack() -> Pack:
    """The pack in the folder that the setting ``TOCSIN_PACK`` names; loaded once per process and path.

    A changed pack needs a restart: a rule must not change between two steps of one request.
    Raises ``Unsafe`` if the setting is missing, ``PackInvalid`` if the pack is refused.
    """
    path = getattr(settings, "TOCSIN_PACK", None)
    if not path:
        raise Unsafe("No policy pack is set. Set TOCSIN_PACK to the folder of a pack, such as packs/seed.")
    return _load_once(os.fspath(path))


@lru_cache(maxsize=8)
def _load_once(path: str) -> Pack:
    return load_pack(Path(path))
