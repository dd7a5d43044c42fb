"""Start Django inside a command, as one of the processes would see it."""

from __future__ import annotations

import os
from pathlib import Path


def boot(settings: str, home: Path | None = None) -> None:
    """Set Django up with ``tocsin.config.settings.<settings>`` for the installation in ``home``."""
    if home is not None:
        os.environ["TOCSIN_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = f"tocsin.config.settings.{settings}"
    import django

    django.setup()


def migrate() -> None:
    """Make or update the tables."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def collect_static() -> None:
    """Gather, fingerprint and compress the style sheets that the doors serve.

    One folder of the checkout serves every installation beside it: two that start at once take turns.
    """
    from django.conf import settings
    from django.core.management import call_command

    from tocsin.ledger.durable_files import only_one_writer

    with only_one_writer(settings.STATIC_ROOT.parent):
        call_command("collectstatic", interactive=False, verbosity=0)
