"""Django's entry for the policy app."""

from __future__ import annotations

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """Policy packs have no tables: a pack is a folder of files."""

    name = "tocsin.policy"
    label = "policy"
