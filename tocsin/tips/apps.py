"""Registers the app with Django."""

from django.apps import AppConfig


class TipsConfig(AppConfig):
    """Tips, their mailbox and their life."""

    name = "tocsin.tips"
    label = "tips"
