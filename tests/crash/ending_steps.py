"""Run as ``python -m tests.crash.ending_steps STEP``: reports whose time is over, in a process of their own.

``prepare`` makes two ended reports with a file and a message each, one of them in a closed case that was passed on.
``look`` prints what is stored as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tocsin.config.boot import boot


def main(step: str) -> None:
    """One step in the desk's own settings."""
    boot("desk")
    from django.conf import settings

    from tests.installation import PASSPHRASE
    from tocsin.vault import unlocked

    unlocked.unlock_with_passphrase(settings.TOCSIN_UNIT_KEY, PASSPHRASE, settings.TOCSIN_RETENTION_KEYS)
    if step == "prepare":
        prepare()
    else:
        sys.stdout.write(json.dumps(look()))


def prepare() -> None:
    """Two reports, both due today."""
    from datetime import timedelta

    from tests.people import Cast, hire
    from tests.stories import bring_to, case_of, incoming, send_report, write_to_staff
    from tocsin.access.permissions import Role
    from tocsin.cases.models import Case
    from tocsin.cases.tests.conftest import send
    from tocsin.intake.services import add_files
    from tocsin.tips.deadlines import local_today
    from tocsin.tips.models import Tip
    from tocsin.tips.workflow import State

    roles = {
        "ines": (Role.INTAKE,), "tara": (Role.TRIAGE,), "ivo": (Role.INVESTIGATOR,), "sam": (Role.SUPERVISOR,),
        "lea": (Role.SUPERVISOR, Role.LEGAL_OFFICER), "ada": (Role.ADMINISTRATOR,),
    }  # fmt: skip
    cast = Cast(**{name: hire(name, *held) for name, held in roles.items()})
    one, other = send_report(), send_report()
    for reported in (one, other):
        add_files(keys=reported.keys, files=[incoming(f"a picture of {reported.ref}".encode())])
        write_to_staff(reported, "They came back.")
    bring_to(State.LINKED, reported=one, cast=cast)
    send(cast, case_of(one), one)
    today = local_today()
    Tip.objects.update(state=State.CLOSED, outcome="insufficient_information", ended_on=today, expires_on=today)
    Case.objects.update(state="closed", closed_on=today - timedelta(days=100))


def look() -> dict[str, Any]:
    """How much is left."""
    from django.conf import settings

    from tocsin.cases.models import Case, Referral
    from tocsin.ledger.models import AuditRecord
    from tocsin.tips.models import Evidence, Identity, Tip, TipMessage, Tombstone

    files = [path for path in settings.TOCSIN_EVIDENCE_DIR.glob("??/*") if not path.name.endswith(".part")]
    return {
        "expired": Tip.objects.filter(state="expired").count(),
        "with_text": Tip.objects.exclude(content=b"").count(),
        "stones": Tombstone.objects.count(),
        "names": Identity.objects.count(),
        "of_two": TipMessage.objects.values("tip").distinct().count(),
        "evidence": Evidence.objects.count(),
        "files": len(files),
        "letters": Referral.objects.exclude(letter=b"").count(),
        "cases": Case.objects.exclude(state="expired").count(),
        "lines": AuditRecord.objects.filter(action="tip.expire").count(),
    }


if __name__ == "__main__":
    main(sys.argv[1])
