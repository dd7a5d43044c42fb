"""Registers the app with Django."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Keys, sealing, opening. No tables."""

    name = "tocsin.vault"
    label = "vault"
