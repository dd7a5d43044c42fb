"""Django's entry for the shared look."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Templates, styles and form rendering; no tables."""

    name = "tocsin.ui"
    label = "ui"
