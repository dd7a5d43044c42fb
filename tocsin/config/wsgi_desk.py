"""WSGI application of the desk door."""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.config.settings.desk"

from django.core.wsgi import get_wsgi_application  # noqa: E402  Django reads the settings when it is imported

application = get_wsgi_application()
