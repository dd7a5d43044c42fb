"""Registers the app with Django."""

from django.apps import AppConfig


class ClocksConfig(AppConfig):
    """Clocks, deadlines, notices."""

    name = "tocsin.clocks"
    label = "clocks"
