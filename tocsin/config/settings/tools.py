"""For commands that need no installation (``tocsin verify``): translations and nothing else."""

from __future__ import annotations

from tocsin.config.settings.base import *  # noqa: F403  a settings module takes all names of its base

SECRET_KEY = "commands-have-no-sessions"  # noqa: S105  no secret: nothing is signed with it
INSTALLED_APPS = ["tocsin.vault"]
DATABASES: dict[str, dict[str, object]] = {}
