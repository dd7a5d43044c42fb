"""Unlock the desk at start with a key file, where the operator has chosen that (see the threat model)."""

from __future__ import annotations

import logging

from django.conf import settings

from tocsin.vault import unlocked

logger = logging.getLogger("tocsin.unattended")


def unlock_unattended() -> None:
    """Unlock when ``desk.unattended_key`` is set. Raises ``WrongPassphrase`` or ``Unsafe`` when it does not fit."""
    if settings.TOCSIN_UNATTENDED_KEY is not None:
        unlocked.unlock_with_key_file(
            settings.TOCSIN_UNIT_KEY, settings.TOCSIN_UNATTENDED_KEY, settings.TOCSIN_RETENTION_KEYS
        )
        logger.warning(
            "The reports were unlocked with a key file and do not lock by themselves. Whoever holds that file and a "
            "copy of this installation reads every report. Keep it on another device; see docs/operate/install.md."
        )
