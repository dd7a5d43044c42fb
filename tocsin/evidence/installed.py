"""Programs and services of this installation, as the settings name them or as they are found.

Settings, all optional: ``TOCSIN_FFMPEG``, ``TOCSIN_SOFFICE`` (paths of programs), ``TOCSIN_CLAMD`` (see ``antivirus``),
``TOCSIN_WEAKEST_CONFINEMENT`` (a value of ``Confinement``).
"""

from __future__ import annotations

import importlib.util
import shutil
from functools import cache
from pathlib import Path

from django.conf import settings

from tocsin.evidence.confinement import Confinement
from tocsin.evidence.limits import Limits


def ffmpeg() -> Path | None:
    """The setting's ffmpeg, the system's, or the one that the Python package ``imageio-ffmpeg`` brings."""
    return _named_or_found("TOCSIN_FFMPEG", "ffmpeg") or _bundled_ffmpeg()


def soffice() -> Path | None:
    """The setting's LibreOffice or the system's."""
    return _named_or_found("TOCSIN_SOFFICE", "soffice")


def limits() -> Limits:
    """The usual limits, with the weakest walls that this installation accepts."""
    named = getattr(settings, "TOCSIN_WEAKEST_CONFINEMENT", "")
    return Limits(weakest=Confinement(named)) if named else Limits()


def clamd_address() -> str:
    """Where the virus scanner listens, empty where there is none."""
    return str(getattr(settings, "TOCSIN_CLAMD", "") or "")


def _named_or_found(setting: str, program: str) -> Path | None:
    named = getattr(settings, setting, "")
    if named:
        return Path(named) if Path(named).is_file() else None
    found = shutil.which(program)
    return Path(found) if found else None


@cache
def _bundled_ffmpeg() -> Path | None:
    """Found by its place, without importing the package: it would start programs on import."""
    spec = importlib.util.find_spec("imageio_ffmpeg")
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob("binaries/ffmpeg-*"))), None)
