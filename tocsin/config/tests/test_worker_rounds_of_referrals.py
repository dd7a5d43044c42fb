"""The worker's round does what texts to other bodies need, while the desk is locked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.people import Cast
from tests.stories import Reported, case_of
from tocsin.cases.models import Referral, ReferralReminder
from tocsin.cases.tests.conftest import send
from tocsin.config import worker
from tocsin.tips.deadlines import local_today
from tocsin.tips.workflow import State

pytestmark = pytest.mark.django_db


def test_a_round_reminds_and_lets_run_out(tip_in, cast: Cast, installation, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]  # fixtures of the tests' own kinds
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    reported: Reported = tip_in(State.LINKED)
    late, over = send(cast, case_of(reported), reported), send(cast, case_of(reported), reported)
    then = local_today() - timedelta(days=40)
    Referral.objects.update(sent_on=then, expires_on=then + timedelta(days=80))
    Referral.objects.filter(ref=over.ref).update(expires_on=then + timedelta(days=20))
    worker._round(installation.ledger())
    assert (late.referral.state, over.referral.state) == ("sent", "expired")
    assert list(ReferralReminder.objects.values_list("referral__ref", "after_days")) == [(late.ref, 30)]
