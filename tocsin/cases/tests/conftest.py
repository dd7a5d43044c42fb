"""A case that is passed on, for tests of referrals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.people import Cast
from tests.stories import Reported, case_of
from tocsin.access.actors import Actor
from tocsin.cases import referring
from tocsin.cases.models import Case, Referral
from tocsin.cases.originals import originals_of
from tocsin.cases.referral_reading import letter_of
from tocsin.cases.referring import Draft
from tocsin.tips.deadlines import local_today
from tocsin.tips.workflow import State
from tocsin.vault.codes import candidate_seeds
from tocsin.vault.referral_codes import RecipientKeys

SANITISED = "Animals are brought into a disused building in the district after dark. No papers were seen."


def a_draft(*tips: Reported, **changes: Any) -> Draft:
    """A text that marks nothing; ``changes`` replace single fields."""
    usual: dict[str, Any] = {
        "recipient": "Customs office",
        "purpose": "To check whether animals enter without papers.",
        "law": "Sample law, section 9",
        "text": SANITISED,
        "expires_on": local_today() + timedelta(days=60),
        "tips": [each.ref for each in tips],
    }
    return Draft(**{**usual, **changes})


def look_at_all(actor: Actor, referral: Referral, **changes: Any) -> Referral:
    """Confirm every mark of a draft, as somebody who ticks every box."""
    letter = letter_of(referral)
    told = referring.check_draft(originals_of(actor, referral.case), letter)
    draft = Draft(
        letter.recipient, letter.purpose, letter.law, letter.text, referral.expires_on,
        list(referral.sources.values_list("tip__ref", flat=True)), [each.finding.key for each in told.findings],
    )  # fmt: skip
    return referring.redraft_referral(actor=actor, referral=referral, draft=draft, version=referral.version)


@dataclass
class Sent:
    """A text that was sent, with what its recipient holds."""

    ref: str
    case_ref: str
    words: str
    reported: Reported

    @property
    def referral(self) -> Referral:
        """As it is stored now."""
        return Referral.objects.select_related("case").get(ref=self.ref)

    @property
    def case(self) -> Case:
        """The case as it is stored now."""
        return Case.objects.get(ref=self.case_ref)

    @property
    def keys(self) -> RecipientKeys:
        """What follows from the words."""
        (seed,) = candidate_seeds(self.words)
        return RecipientKeys.derive(seed)


def send(cast: Cast, case: Case, *tips: Reported, **changes: Any) -> Sent:
    """ivo writes, sam looks at the marks and sends."""
    made = referring.draft_referral(actor=cast.ivo, case=case, draft=a_draft(*tips, **changes))
    made = look_at_all(cast.sam, made)
    words = referring.send_referral(actor=cast.sam, referral=made, version=made.version, language="en")
    return Sent(made.ref, case.ref, " ".join(words), tips[0])


@pytest.fixture
def sent(tip_in: Callable[[State], Reported], cast: Cast) -> Sent:
    """A case of one report, sent to customs, not opened yet."""
    reported = tip_in(State.LINKED)
    return send(cast, case_of(reported), reported)
