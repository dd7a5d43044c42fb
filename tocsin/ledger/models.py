"""Tables of the two logs. No column here points at a tip, a person's tip or a mailbox, and none may be
added.

``Pending`` is a waiting room; ``Entry``, ``TreeHead`` and ``AuditRecord`` are append-only, here and by
triggers in the database (see ``protection``).
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, TypeVar

from django.db import models

PUBLIC = "public"
AUDIT = "audit"


class RowIsFinal(Exception):
    """Code tried to change or remove a row that was written for good: a mistake in the program."""


RowT = TypeVar("RowT", bound=models.Model)


class AppendOnlyQuerySet(models.QuerySet[RowT]):
    """A query set that can add and read, and nothing else."""

    def update(self, **_changes: Any) -> NoReturn:
        """Refuse."""
        raise RowIsFinal(f"{self.model.__name__} rows are never changed")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise RowIsFinal(f"{self.model.__name__} rows are never removed")


class AppendOnlyRow(models.Model):
    """A row that is written once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. Raises ``RowIsFinal`` when it is already in the database."""
        if not self._state.adding:
            raise RowIsFinal(f"{type(self).__name__} rows are never changed")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise RowIsFinal(f"{type(self).__name__} rows are never removed")


class Pending(models.Model):
    """A leaf that waits for the next batch. It exists for at most one period and leaves no trace.

    The primary key is random, so that the table keeps no order of arrival: whoever lays the tips of an hour
    beside the leaves of that hour cannot pair them by position.
    """

    id = models.BigAutoField(primary_key=True)
    leaf = models.BinaryField(max_length=97)
    opening = models.BinaryField()
    queued_at_hour = models.DateTimeField()

    def __str__(self) -> str:
        return "a leaf that waits"


class Entry(AppendOnlyRow):
    """One leaf of the public tree, at its place.

    ``era`` counts the origins of this installation: 1 at first, one more after each recovery. ``opening`` is
    sealed by the caller and means nothing here.
    """

    era = models.PositiveIntegerField()
    index = models.BigIntegerField()
    leaf = models.BinaryField(max_length=97)
    leaf_hash = models.BinaryField(max_length=32)
    opening = models.BinaryField()
    checkpoint_size = models.BigIntegerField()

    objects: ClassVar[AppendOnlyQuerySet[Entry]] = AppendOnlyQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs gives as_manager() the type Manager

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["era", "index"], name="ledger_entry_place")]
        indexes = [models.Index(fields=["leaf_hash"], name="ledger_entry_hash")]

    def __str__(self) -> str:
        return f"leaf {self.index} of era {self.era}"


class TreeHead(AppendOnlyRow):
    """The signed state of a log after one batch. ``frontier`` is the right edge that the next batch grows
    from.
    """

    log = models.CharField(max_length=10, choices=[(PUBLIC, "public ledger"), (AUDIT, "audit log")])
    era = models.PositiveIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField()
    note = models.BinaryField()
    origin = models.CharField(max_length=200)
    signed_at_hour = models.DateTimeField()

    objects: ClassVar[AppendOnlyQuerySet[TreeHead]] = AppendOnlyQuerySet.as_manager()  # type: ignore[assignment]  # as above

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "era", "size"], name="ledger_head_once")]

    def __str__(self) -> str:
        return f"{self.origin} at size {self.size}"


class AuditRecord(AppendOnlyRow):
    """Who did what to which thing. ``seq`` is its place in the audit tree, given once by the sequencer.

    ``digest`` is SHA-256 of the canonical JSON of the columns from ``at`` to ``detail`` (see ``audit``).
    """

    seq = models.BigIntegerField(null=True, unique=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    role = models.CharField(max_length=50)
    action = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    digest = models.BinaryField(max_length=32)

    objects: ClassVar[AppendOnlyQuerySet[AuditRecord]] = AppendOnlyQuerySet.as_manager()  # type: ignore[assignment]  # as above

    class Meta:
        indexes = [
            models.Index(fields=["actor"], name="ledger_audit_actor"),
            models.Index(fields=["subject"], name="ledger_audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.subject}".strip()
