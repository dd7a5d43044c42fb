"""One person at a time changes a subject."""

from __future__ import annotations

from django.db import models


def lock_subject(subject: models.Model) -> models.Model:
    """The subject as it stands now, locked until the transaction ends."""
    manager: models.Manager[models.Model] = type(subject).objects  # type: ignore[attr-defined]  # every subject has one
    return manager.select_for_update().get(pk=subject.pk)
