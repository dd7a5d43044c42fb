"""Registers the app with Django."""

from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    """States, steps, proposals."""

    name = "tocsin.workflow"
    label = "workflow"
