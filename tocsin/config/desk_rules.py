"""When sessions at the desk end and when the reports lock by themselves: ``[desk]`` of ``tocsin.toml``, within bounds.

The bounds keep a slip from undoing the protection: nobody needs a session of a week, and a desk that locks after one
minute teaches people to write the passphrase on a note.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

BOUNDS = {"session_idle_minutes": (5, 60), "session_hours": (1, 12), "lock_idle_minutes": (5, 120)}


@dataclass(frozen=True)
class DeskRules:
    """``lock_at`` is a time of day (``HH:MM``) in the pack's time zone, or empty. ``passkey_host`` may be empty."""

    session_idle_minutes: int = 30
    session_hours: int = 8
    lock_idle_minutes: int = 30
    lock_at: str = ""
    passkey_host: str = ""


def desk_rules(told: dict[str, Any], hosts: tuple[str, ...]) -> DeskRules:
    """Read the table ``[desk]``. Raises ``ValueError`` for what is out of bounds."""
    usual = DeskRules()
    minutes = {name: _bounded(name, told.get(name, getattr(usual, name))) for name in BOUNDS}
    lock_at = told.get("lock_at", "")
    if lock_at and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", lock_at):
        raise ValueError('desk.lock_at must be a time of day such as "19:00"')
    return DeskRules(**minutes, lock_at=lock_at, passkey_host=_passkey_host(told, hosts))


def _bounded(name: str, value: Any) -> int:
    least, most = BOUNDS[name]
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"desk.{name} must be a whole number from {least} to {most}")
    return value


def _passkey_host(told: dict[str, Any], hosts: tuple[str, ...]) -> str:
    """The name that passkeys belong to: the one that is set, or the first host that is a name and no address.

    A passkey works under the name it was made for and under none other: change it, and all passkeys are lost.
    """
    names = [host for host in hosts if _is_name(host)]
    named: str = told.get("passkey_host", names[0] if names else "")
    if named and not any(host == named or host.endswith(f".{named}") for host in hosts):
        raise ValueError("desk.passkey_host must be one of desk.hosts, or a name that they end with")
    return named


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "*" not in host
    return False
