"""Registers the app with Django, so that its templates are found."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The desk door."""

    name = "tocsin.desk"
    label = "desk"
