"""Members of staff and the roles they were granted."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from tocsin.access.actors import Actor, ActorKind
from tocsin.access.permissions import NOT_FOR_STAFF, Role


class StaffManager(BaseUserManager["Staff"]):
    """Creates staff; passwords are hashed with Argon2 by the configured hasher."""

    def create_staff(self, username: str, display_name: str, password: str) -> Staff:
        """A new active member of staff without roles."""
        staff = Staff(username=username, display_name=display_name)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff


class Staff(AbstractBaseUser):
    """Somebody who works at the desk. Rights come from ``RoleGrant`` alone: there is no superuser."""

    username = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

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
