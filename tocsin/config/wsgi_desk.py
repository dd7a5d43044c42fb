"""WSGI application of the desk door."""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.config.settings.desk"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from tocsin.config import caretaker, last_days, safe_copies  # noqa: E402  its apps must be ready first
from tocsin.config.unattended import unlock_unattended  # noqa: E402  its apps must be ready first
from tocsin.intake.channels.hotline.line import line_key  # noqa: E402  its apps must be ready first

line_key()  # made now if an older installation has none; refused now if others can read it
unlock_unattended()
safe_copies.start()
last_days.start()
caretaker.start()
