"""Members of staff, the roles they were granted, their sessions at the desk, and the log of sign-ins."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.access.actors import Actor, ActorKind
from tocsin.access.permissions import NOT_FOR_STAFF, Role
from tocsin.ledger.models import AppendOnlyQuerySet, AppendOnlyRow


class StaffManager(BaseUserManager["Staff"]):
    """Creates staff; passwords are hashed with Argon2 by the configured hasher."""

    def create_staff(self, username: str, display_name: str, password: str) -> Staff:
        """A new active member of staff without roles."""
        staff = Staff(username=username, display_name=display_name)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff


class Staff(AbstractBaseUser):
    """Somebody who works at the desk. Rights come from ``RoleGrant`` alone: there is no superuser.

    ``password_is_temporary``: somebody else knows it, so it opens nothing but the page on which to choose another one.
    """

    username = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    password_is_temporary = models.BooleanField(default=False)
    last_login = None  # Django's way to leave the column out: the log of sign-ins knows more

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "username"

    class Meta:
        verbose_name_plural = "staff"

    def __str__(self) -> str:
        return self.display_name

    def as_actor(self) -> Actor:
        """This person with the roles held now; an inactive person holds none."""
        held = self.grants.values_list("role", flat=True) if self.is_active else []
        return Actor(ActorKind.STAFF, str(self.pk), frozenset(Role(role) for role in held))


class RoleGrant(models.Model):
    """One office held by one person."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=32, choices=[(r.value, r.label) for r in Role if r not in NOT_FOR_STAFF])
    granted_at = models.DateTimeField()
    granted_by = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "role"], name="one_grant_per_role")]

    def __str__(self) -> str:
        return f"{self.staff_id}:{self.role}"


class Factor(models.TextChoices):
    """What somebody proved who they are with, beside the password or instead of it."""

    PASSKEY = "passkey", _("passkey")
    PASSWORD_AND_PASSKEY = "password+passkey", _("password and passkey")
    PASSWORD_AND_APP = "password+app", _("password and authenticator app")
    PASSWORD_AND_RECOVERY_CODE = "password+recovery-code", _("password and recovery code")


class Ending(models.TextChoices):
    """Why a session ended."""

    SIGNED_OUT = "signed-out", _("signed out")
    EVERYWHERE = "everywhere", _("signed out everywhere")
    IDLE = "idle", _("not used for too long")
    TOO_LONG = "too-long", _("longest time reached")
    PASSWORD = "password", _("password changed")
    FACTOR = "factor", _("second factor changed")
    RIGHTS = "rights", _("roles taken away")
    LEFT = "left", _("account closed")


class DeskSession(models.Model):
    """One browser in which somebody has signed in with both factors. Without an open row here no page opens.

    ``key`` is the key of Django's session. ``used_at`` is exact to the minute. ``confirmed_at`` is when this person
    last typed the password or used a passkey. A closed row stays for a day, so that its browser can be told why it
    ended.
    """

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="desk_sessions")
    key = models.CharField(max_length=40, unique=True)
    factor = models.CharField(max_length=32, choices=Factor.choices)
    begun_at = models.DateTimeField()
    used_at = models.DateTimeField()
    confirmed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=16, choices=Ending.choices, blank=True)

    class Meta:
        indexes = [models.Index(fields=["staff", "ended_at"], name="desk_session_by_staff")]

    def __str__(self) -> str:
        return f"{self.staff_id} since {self.begun_at}"


class SignInEvent(models.TextChoices):
    """What the log of sign-ins tells. Endings stand there under their own names."""

    SIGNED_IN = "signed-in", _("Signed in")
    REFUSED = "refused", _("Refused: name or password")
    REFUSED_FACTOR = "refused-factor", _("Refused: second factor, after the right password")
    ENDED = "ended", _("Session ended")
    ENROLLED = "enrolled", _("Second factor set up")
    REMOVED = "removed", _("Second factor taken away")
    NEW_CODES = "new-codes", _("New recovery codes")
    NEW_PASSWORD = "new-password", _("Password changed")
    RESET = "reset", _("Second factor reset by others")


class SignInRecord(AppendOnlyRow):
    """One line of the log of sign-ins: no address, no typed name. ``detail`` is a factor or an ending.

    The audit log holds the same facts, signed; this table is what the pages read.
    """

    at = models.DateTimeField()
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="sign_ins", null=True)
    event = models.CharField(max_length=16, choices=SignInEvent.choices)
    detail = models.CharField(max_length=32, blank=True)

    objects: ClassVar[AppendOnlyQuerySet[SignInRecord]] = AppendOnlyQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs gives as_manager() the type Manager

    class Meta:
        indexes = [models.Index(fields=["staff", "-id"], name="sign_in_by_staff")]

    def __str__(self) -> str:
        return f"{self.staff_id}: {self.event} {self.detail}".strip()
