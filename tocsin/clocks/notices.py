"""Notices: what the worker tells people on the desk. No mail, no content, nothing to those who are shut out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.clocks.models import Notice
from tocsin.clocks.registry import kinds, kinds_without_clocks
from tocsin.common import clock
from tocsin.ledger.services import record_audit

MANY = 5
"""From more subjects of one clock at once on, a person is told of them together."""
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Letter:
    """One thing to tell one person: ``topic`` is the name of a clock, ``stage`` why."""

    staff_id: int
    role: str
    kind: str
    ref: str
    topic: str
    stage: str


def tell(letters: Iterable[Letter]) -> None:
    """Write notices, in the caller's transaction. Many about one thing become one that says how many.

    Such a one takes in those of the same sort that the person has not read yet, so that a worker that was down for
    days leaves a few lines and not thousands.
    """
    sorts: dict[tuple[int, str, str, str, str], list[str]] = defaultdict(list)
    for each in dict.fromkeys(letters):
        sorts[each.staff_id, each.role, each.kind, each.topic, each.stage].append(each.ref)
    moment, single, together = clock.now(), [], []
    for (staff_id, role, kind, topic, stage), refs in sorts.items():
        made = Notice(staff_id=staff_id, role=role, subject_kind=kind, topic=topic, stage=stage, at=moment)
        if len(refs) > MANY:
            made.count = len(refs)
            together.append(made)
        else:
            single += [_about(made, ref) for ref in refs]
    Notice.objects.bulk_create([*single, *_with_unread(together)])


def _about(pattern: Notice, ref: str) -> Notice:
    return Notice(
        staff_id=pattern.staff_id, role=pattern.role, subject_kind=pattern.subject_kind, subject_ref=ref,
        topic=pattern.topic, stage=pattern.stage, at=pattern.at,
    )  # fmt: skip


def _with_unread(together: Sequence[Notice]) -> Sequence[Notice]:
    """The notices about many, each with the count of the unread one of its sort, which it replaces."""
    if not together:
        return ()
    people = {each.staff_id for each in together}
    unread = {
        _sort(each): each for each in Notice.objects.filter(staff_id__in=people, subject_ref="", read_at__isnull=True)
    }
    replaced = [unread[_sort(each)] for each in together if _sort(each) in unread]
    for each in together:
        each.count += unread[_sort(each)].count if _sort(each) in unread else 0
    Notice.objects.filter(pk__in=[each.pk for each in replaced]).delete()
    return together


def _sort(notice: Notice) -> tuple[int, str, str, str, str]:
    return notice.staff_id, notice.role, notice.subject_kind, notice.topic, notice.stage


def notices_for(actor: Actor) -> QuerySet[Notice]:
    """What ``actor`` was told in the offices that they hold today, the newest first.

    Without what is about a subject from which they are shut out; nothing of a kind that no app has entered.
    """
    seen = Q()
    for subjects in kinds():
        seen |= Q(subject_kind=subjects.kind) & ~Q(subject_ref__in=subjects.shut_out(actor))
    for kind, visible_to in kinds_without_clocks().items():
        seen |= Q(subject_kind=kind) & Q(Exists(visible_to(actor).filter(ref=OuterRef("subject_ref"))))
    if not seen:
        return Notice.objects.none()
    own = Notice.objects.filter(staff_id=actor.require_staff(), role__in=[role.value for role in actor.roles])
    return own.filter(seen).order_by("-at", "-id")


def unread_count(actor: Actor) -> int:
    """How many notices ``actor`` has not marked as read."""
    return notices_for(actor).filter(read_at__isnull=True).count()


@transaction.atomic
def mark_read(*, actor: Actor, notice_id: int | None) -> int:
    """Mark one notice of ``actor`` as read, or with ``None`` all of them; how many there were. Nobody else's."""
    actor.require(Permission.DESK_ENTER)
    mine = notices_for(actor).filter(read_at__isnull=True)
    chosen = list((mine if notice_id is None else mine.filter(pk=notice_id)).values_list("pk", flat=True))
    done = Notice.objects.filter(pk__in=chosen, read_at__isnull=True).update(read_at=clock.now())
    if done:
        record_audit(
            actor=actor.name,
            role=actor.role_for(Permission.DESK_ENTER).value,
            action="notice.read",
            detail={"notices": str(done)},
        )
    return done


@transaction.atomic
def remove_old_notices(*, actor: Actor) -> int:
    """Remove the notices that were read more than ``KEPT`` ago; how many there were."""
    role = actor.role_for(Permission.CLOCKS_MARK).value
    gone, _by_table = Notice.objects.filter(read_at__lt=clock.now() - KEPT).delete()
    if gone:
        record_audit(actor=actor.name, role=role, action="notice.remove", detail={"notices": str(gone)})
    return gone
