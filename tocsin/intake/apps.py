"""Registers the app with Django."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """The one way in for every channel. No tables of its own: it fills those of ``tips``."""

    name = "tocsin.intake"
    label = "intake"
