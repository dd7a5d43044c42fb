"""What second factors somebody has: names and days, never a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

from tocsin.access.actors import Actor

Type = Authenticator.Type


@dataclass(frozen=True)
class Device:
    """One passkey or authenticator app. ``name`` is empty for an app."""

    id: int
    is_passkey: bool
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """Everything that one person has set up. ``codes_left``: unused recovery codes."""

    devices: list[Device]
    codes_left: int

    @property
    def app(self) -> bool:
        """Whether there is an authenticator app."""
        return any(not device.is_passkey for device in self.devices)

    @property
    def passkey(self) -> bool:
        """Whether there is a passkey."""
        return any(device.is_passkey for device in self.devices)


def factors_of(actor: Actor) -> Factors:
    """The actor's own factors, oldest first."""
    devices, codes_left = [], 0
    for row in Authenticator.objects.filter(user_id=actor.require_staff()).order_by("id"):
        if row.type == Type.RECOVERY_CODES:
            codes_left = len(RecoveryCodes(row).get_unused_codes())
        else:
            is_passkey = row.type == Type.WEBAUTHN
            name = str(row.data.get("name", "")) if is_passkey else ""
            devices.append(Device(row.pk, is_passkey, name, row.created_at, row.last_used_at))
    return Factors(devices, codes_left)


def has_factor(staff_id: int) -> bool:
    """Whether this person has a second factor."""
    return bool(Authenticator.objects.filter(user_id=staff_id, type__in=(Type.TOTP, Type.WEBAUTHN)).exists())


def people_with_factor(staff_ids: list[int]) -> set[int]:
    """Those among ``staff_ids`` who have a second factor."""
    rows = Authenticator.objects.filter(user_id__in=staff_ids, type__in=(Type.TOTP, Type.WEBAUTHN))
    return set(rows.values_list("user_id", flat=True))
