"""The log of sign-ins: who, when, with what; refusals without the name that was typed; never an address."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from tocsin.access.actors import Actor
from tocsin.access.models import SignInEvent, SignInRecord, Staff
from tocsin.access.permissions import Permission
from tocsin.common import clock


@dataclass(frozen=True)
class LogPage:
    """Some lines, newest first. ``before`` asks for the lines behind them; 0 when there are none."""

    lines: list[SignInRecord]
    before: int


def note(event: SignInEvent, *, staff: Staff | int | None = None, detail: str = "") -> None:
    """Write one line. Call it inside the transaction of what it tells."""
    SignInRecord.objects.create(
        at=clock.now(), staff_id=staff.pk if isinstance(staff, Staff) else staff, event=event, detail=detail
    )


def sign_ins(actor: Actor, *, staff_id: int | None = None, before: int = 0, size: int = 50) -> LogPage:
    """Everybody's lines, or those of one person. Raises ``NotPermitted`` without the right to read the log."""
    actor.require(Permission.SIGN_IN_LOG)
    lines = SignInRecord.objects.all() if staff_id is None else SignInRecord.objects.filter(staff_id=staff_id)
    return _page(lines, before, size)


def own_sign_ins(actor: Actor, *, before: int = 0, size: int = 20) -> LogPage:
    """The actor's own lines."""
    return _page(SignInRecord.objects.filter(staff_id=actor.require_staff()), before, size)


def _page(lines: QuerySet[SignInRecord], before: int, size: int) -> LogPage:
    if before > 0:
        lines = lines.filter(id__lt=before)
    found = list(lines.select_related("staff").order_by("-id")[: size + 1])
    shown = found[:size]
    return LogPage(shown, shown[-1].pk if len(found) > size else 0)
