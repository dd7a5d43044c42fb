"""The page of notices: the number in the navigation, links for those who may follow them, one's own alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import send_report
from tocsin.access.actors import WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.clocks import notices
from tocsin.clocks.marking import mark_due
from tocsin.clocks.models import Notice
from tocsin.clocks.notices import MANY, Letter
from tocsin.desk.names import short_ref
from tocsin.desk.tests.conftest import Desk
from tocsin.ui.tests.markup import Page as Markup

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]


def tell(actor: Actor, *refs: str, role: Role = Role.INTAKE, topic: str = "acknowledge") -> None:
    with transaction.atomic():
        notices.tell([Letter(actor.require_staff(), role.value, "tip", ref, topic, "overdue") for ref in refs])


def test_a_notice_is_counted_in_the_navigation_until_it_is_marked_as_read(
    desk: OpenDesk, cast: Cast, installation: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = send_report("A lorry without plates.")
    time.forward(days=9)
    mark_due(actor=WORKER)
    browser = desk(cast.ines)
    page = browser.get("/notices")
    assert "Notices (1)" in page.plain
    assert "Reading by a person is still overdue" in page.plain
    assert f"Report {short_ref(reported.ref)}" in page.plain
    assert f'href="/tips/{reported.ref}"' in page.body.decode()
    assert "to you as: Intake officer" in page.plain
    assert "lorry" not in page.plain
    assert Markup(page.body.decode()).faults == []
    notice = Notice.objects.get(staff_id=cast.ines.require_staff())
    after = browser.send(page, "/notices/read", notice=str(notice.pk))
    assert "Notices (1)" not in after.plain
    assert "There is nothing new." in after.plain
    assert "Marked as read" in after.plain


def test_all_are_marked_at_once(desk: OpenDesk, ines: Actor) -> None:
    tell(ines, "A", "B", "C")
    browser = desk(ines)
    page = browser.get("/notices")
    assert "Notices (3)" in page.plain
    assert "There is nothing new." in browser.send(page, "/notices/read", notice="all").plain
    assert notices.unread_count(ines) == 0


def test_many_lead_to_the_filtered_list(desk: OpenDesk, ines: Actor) -> None:
    tell(ines, *(f"R{n}" for n in range(MANY + 3)))
    page = desk(ines).get("/notices")
    assert f"Reading by a person is overdue for {MANY + 3} reports" in page.plain
    assert "/inbox?due=overdue&amp;clock=acknowledge" in page.body.decode()


def test_whoever_may_open_no_report_reads_the_handle_and_finds_no_link(
    desk: OpenDesk, installation: Installation
) -> None:
    rita = hire("rita", Role.RIGHTS_OFFICER)
    reported = send_report()
    tell(rita, reported.ref, role=Role.RIGHTS_OFFICER)
    page = desk(rita).get("/notices")
    assert short_ref(reported.ref) in page.plain
    assert f"/tips/{reported.ref}" not in page.body.decode()


def test_nobody_reads_or_marks_the_notices_of_others(desk: OpenDesk, cast: Cast) -> None:
    tell(cast.ines, "SECRETREF")
    notice = Notice.objects.get()
    browser = desk(cast.tara)
    page = browser.get("/notices")
    assert "SECR" not in page.plain
    token = page.form("/sign-out").fields["csrfmiddlewaretoken"]
    for chosen in (str(notice.pk), "all"):
        assert (
            browser.browser.post("/notices/read", {"csrfmiddlewaretoken": token, "notice": chosen}).status_code == 302
        )
    assert notices.unread_count(cast.ines) == 1


@pytest.mark.parametrize("chosen", ["", "0x1", "-1", "1 OR 1=1", "٣", "9" * 40, "<script>"])
def test_a_made_up_number_is_not_found(desk: OpenDesk, ines: Actor, chosen: str) -> None:
    tell(ines, "A")
    browser = desk(ines)
    token = browser.get("/notices").form("/sign-out").fields["csrfmiddlewaretoken"]
    answer = browser.browser.post("/notices/read", {"csrfmiddlewaretoken": token, "notice": chosen})
    assert answer.status_code == 404
    assert notices.unread_count(ines) == 1


def test_the_number_of_queries_does_not_grow_with_the_list(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    counts = []
    for start in (0, 10):
        for n in range(4):
            tell(ines, f"R{start + n}")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/notices")
        counts.append(len(queries))
    assert counts[0] == counts[1]
