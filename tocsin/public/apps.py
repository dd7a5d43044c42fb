"""Registers the app with Django, so that its templates are found."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    """The public door."""

    name = "tocsin.public"
    label = "public"
