"""Registers the app with Django."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Staff, roles, permissions and sign-in."""

    name = "tocsin.access"
    label = "access"
