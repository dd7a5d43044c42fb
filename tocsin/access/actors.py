"""Whoever does something: staff, a reporter, the recipient of a case, or a program. There is no anonymous actor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from tocsin.access.permissions import ALLOWED, Permission, Role
from tocsin.common.errors import NotPermitted


class ActorKind(StrEnum):
    """What sort of actor; a staff ``ref`` is a primary key, the others have none."""

    STAFF = "staff"
    REPORTER = "reporter"
    PROGRAM = "program"
    RECIPIENT = "recipient"


@dataclass(frozen=True)
class Actor:
    """An actor and the offices that it holds at this moment."""

    kind: ActorKind
    ref: str
    roles: frozenset[Role]

    @property
    def name(self) -> str:
        """How the audit log calls this actor: ``staff:12``, ``reporter``, ``program:worker``."""
        return self.kind.value if self.kind is ActorKind.REPORTER else f"{self.kind.value}:{self.ref}"

    @property
    def staff_id(self) -> int | None:
        """The primary key of the member of staff; ``None`` for programs and reporters."""
        return int(self.ref) if self.kind is ActorKind.STAFF else None

    def require_staff(self) -> int:
        """The primary key of the member of staff. Raises ``NotPermitted`` for programs and reporters."""
        if self.staff_id is None:
            raise NotPermitted(_("Only a member of staff can do this."))
        return self.staff_id

    def may(self, permission: Permission) -> bool:
        """Whether one of the actor's roles allows ``permission``."""
        return any(permission in ALLOWED[role] for role in self.roles)

    def role_for(self, permission: Permission) -> Role:
        """The role under which the actor does this; the first in the order of ``Role``.

        Raises ``NotPermitted`` when no role allows it.
        """
        for role in Role:
            if role in self.roles and permission in ALLOWED[role]:
                return role
        raise NotPermitted(_("Your role does not allow this. Nothing was changed."))

    def require(self, permission: Permission) -> None:
        """Raise ``NotPermitted`` unless the actor holds ``permission``."""
        self.role_for(permission)


REPORTER = Actor(ActorKind.REPORTER, "", frozenset({Role.REPORTER}))
PUBLIC_DOOR = Actor(ActorKind.PROGRAM, "public-door", frozenset({Role.PUBLIC_DOOR}))
WORKER = Actor(ActorKind.PROGRAM, "worker", frozenset({Role.WORKER}))
DESK = Actor(ActorKind.PROGRAM, "desk", frozenset())  # ends sessions and locks: for closing nobody needs a right
COMMAND_LINE = Actor(ActorKind.PROGRAM, "command-line", frozenset())  # somebody with the machine
SAFE_COPIES = Actor(ActorKind.PROGRAM, "safe-copies", frozenset({Role.WORKER}))
SETUP = Actor(ActorKind.PROGRAM, "init", frozenset({Role.SETUP}))
IMPORT = Actor(ActorKind.PROGRAM, "import", frozenset({Role.PUBLIC_DOOR}))
MAIL = Actor(ActorKind.PROGRAM, "mail", frozenset({Role.PUBLIC_DOOR}))


def recipient_of(referral_ref: str) -> Actor:
    """Whoever holds the nine words of a referral; the audit log calls it by the handle of the referral."""
    return Actor(ActorKind.RECIPIENT, referral_ref, frozenset({Role.RECIPIENT}))
