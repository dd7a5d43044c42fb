"""Run as ``python -m tests.crash.custodian_steps STEP``: one step of an identity request in a process of its own.

``prepare`` makes people and a request that waits for two keys. ``kim`` and ``lou`` bring their keys; with ``DIES``
behind it the process is killed by SIGKILL right after the commit that this step makes, before a second key touches the
identity. ``look`` prints what is stored as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, NoReturn

from tocsin.config.boot import boot
from tocsin.config.instance import load_instance


def die(*_told: Any, **_more: Any) -> NoReturn:
    """End at once, as a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL did not kill")


def main(step: str, dies: bool) -> None:
    """One step in the desk's own settings."""
    boot("desk")
    from django.conf import settings

    from tests.installation import CUSTODIANS, PASSPHRASE
    from tocsin.vault import unlocked

    unlocked.unlock_with_passphrase(settings.TOCSIN_UNIT_KEY, PASSPHRASE, settings.TOCSIN_RETENTION_KEYS)
    if step == "prepare":
        prepare()
    elif step == "look":
        sys.stdout.write(json.dumps(look()))
    else:
        sys.stdout.write(json.dumps(bring_key(step, CUSTODIANS[step], dies=dies)))


def prepare() -> None:
    """People, a report, a request that a legal officer allowed."""
    from tests.identities import allow, ask, hire_custodian, hire_officer
    from tests.people import hire
    from tests.stories import send_report
    from tocsin.access.permissions import Role

    for name in ("kim", "lou"):
        hire_custodian(name)
    allow(hire_officer(), ask(hire("ivo", Role.INVESTIGATOR), send_report()))


def bring_key(name: str, passphrase: str, *, dies: bool) -> str | None:
    """The turn of one custodian."""
    from tocsin.access.models import Staff
    from tocsin.tips import identity_opening
    from tocsin.tips.models import IdentityRequest

    if dies:
        vars(identity_opening)["finish_identity"] = die
    actor = Staff.objects.get(username=name).as_actor()
    shown = identity_opening.agree(
        actor=actor,
        request=IdentityRequest.objects.get(),
        key_file=(load_instance().home / "handover" / f"{name}.key").read_bytes(),
        passphrase=passphrase,
    )
    if dies:
        die()
    return shown


def look() -> dict[str, Any]:
    """The request, the leaves that wait, the notices and the audit log's actions."""
    from tocsin.ledger.models import AuditRecord, Pending
    from tocsin.tips.models import IdentityRequest, TipMessage

    found = IdentityRequest.objects.get()
    return {
        "state": found.state,
        "half": len(bytes(found.half_opened)) > 0,
        "leaves": Pending.objects.count(),
        "notices": TipMessage.objects.filter(kind="notice").count(),
        "actions": list(AuditRecord.objects.order_by("id").values_list("action", flat=True)),
    }


if __name__ == "__main__":
    main(sys.argv[1], "DIES" in sys.argv)
