"""Whatever reporters and staff write stays text: on the desk, in the mailbox, in every place where it is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import override_settings

from tests.hygiene.doors import DESK, ListeningVisitor, address, elsewhere, names
from tests.installation import Installation
from tests.people import PASSWORD, give_app
from tests.stories import Reported, send_report, waiting
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import Role
from tocsin.access.services import add_staff
from tocsin.desk.tests.conftest import DESK_DOOR, Desk
from tocsin.tips import mailbox, services
from tocsin.tips.content import clean_text
from tocsin.ui.tests.markup import Page as Markup

pytestmark = pytest.mark.django_db
PAYLOADS = [
    "<script>alert('canary')</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)' x='",
    "</textarea></div></details></main><h1>forged</h1>",
    "<!-- <style>*{display:none}</style>",
    "]]><svg/onload=alert(1)>",
    "&lt;b&gt; &#60;script&#62; &amp;",
    "javascript:alert(1) https://elsewhere.example/ //elsewhere.example",
    "{{ tip.ref }} {% csrf_token %} {# x #} [[hole:csrf]]",
    "%(who)s %(day)s %s {0} {who}",
    "one\n\n<b>two</b>\r\nthree",
    "\u202egnp.exe\u202c \u2066hidden\u2069",
]


@pytest.fixture(params=PAYLOADS, ids=range(len(PAYLOADS)))
def payload(request: pytest.FixtureRequest) -> str:
    """Something hostile."""
    return str(request.param)


def hostile_person(name: str, display_name: str, *roles: Role) -> Actor:
    """A member of staff whose name on the screen is hostile."""
    staff = add_staff(
        by="program:tests", username=name, display_name=display_name[:120], password=PASSWORD, roles=roles
    )
    give_app(staff)
    return staff.as_actor()


@pytest.fixture
def story(payload: str, unlocked_desk: Installation) -> tuple[Reported, Actor, Actor]:
    """A tip in which everybody writes the payload wherever something can be written."""
    boss = hostile_person("boss", payload, Role.INTAKE, Role.TRIAGE, Role.SUPERVISOR)
    agent = hostile_person("agent", payload, Role.INVESTIGATOR)
    reported = send_report(payload, where=payload, contact=payload)
    services.flag_urgent(actor=boss, tip=reported.tip, reason=payload)
    services.acknowledge(actor=boss, tip=reported.tip)
    services.begin_triage(actor=boss, tip=reported.tip, has_interest=False)
    services.ask_reporter(actor=boss, tip=reported.tip, text=payload)
    mailbox.write_to_staff(keys=reported.keys, text=payload, attempt="ATTEMPT")
    services.start_verification(actor=boss, tip=reported.tip, legal_basis=payload)
    services.propose_outcome(actor=agent, tip=reported.tip, outcome="substantiated", reason=payload)
    services.decide_proposal(
        actor=boss, tip=reported.tip, proposal=waiting(reported.tip), approve=False, reason=payload
    )
    services.propose_outcome(actor=agent, tip=reported.tip, outcome="substantiated", reason=payload)
    return reported, boss, agent


def squeezed(text: str) -> str:
    """A text as it is stored, without white space: line ends become paragraphs on a page."""
    return "".join(clean_text(text).split())


def assert_only_text(page: Markup, payload: str) -> None:
    """The page is whole, loads nothing, and shows the payload as text."""
    assert page.faults == []
    assert elsewhere(page) == []
    assert not page.find("h1", class_="forged")
    assert len(page.find("h1")) == 1
    assert squeezed(payload) in squeezed(page.text)


@pytest.fixture
def read(desk: Callable[[Actor], Desk]) -> Callable[[Actor, str], Markup]:
    """``read(who, path)``: the page as it came, read strictly."""
    return lambda who, path: Markup(desk(who).get(path).body.decode())


def test_hostile_text_stays_text_on_the_desk(
    payload: str, story: tuple[Reported, Actor, Actor], read: Callable[[Actor, str], Markup]
) -> None:
    reported, boss, agent = story
    for who in (boss, agent):
        for path in ("/inbox", f"/tips/{reported.ref}"):
            assert_only_text(read(who, path), payload)


def test_hostile_text_stands_in_every_place_of_the_tips_page(
    payload: str, story: tuple[Reported, Actor, Actor], read: Callable[[Actor, str], Markup]
) -> None:
    reported, boss, _agent = story
    shown = squeezed(read(boss, f"/tips/{reported.ref}").text)
    # what, where, question, addition, reasons of two steps, the waiting proposal, own name
    assert shown.count(squeezed(payload)) >= 8


def test_every_page_of_the_desk_stands_a_hostile_name(
    payload: str, story: tuple[Reported, Actor, Actor], desk: Callable[[Actor], Desk]
) -> None:
    reported, boss, _agent = story
    browser = desk(boss)
    for name in names(DESK):
        page = browser.get(address(DESK, name, ref=reported.ref))
        if page.body.startswith(b"<!DOCTYPE"):
            read = Markup(page.body.decode())
            assert (read.faults, elsewhere(read)) == ([], []), name


def test_hostile_text_that_was_refused_comes_back_as_text_in_its_field(
    payload: str, story: tuple[Reported, Actor, Actor], desk: Callable[[Actor], Desk]
) -> None:
    reported, boss, _agent = story
    browser = desk(boss)
    page = browser.get(f"/tips/{reported.ref}")
    refused = browser.send(page, "/refuse", reason=" ", proposal=payload)
    assert refused.status == 409
    assert Markup(refused.body.decode()).faults == []
    strange = Desk()
    answer = strange.sign_in(payload, payload, at="/sign-in")
    assert answer.status == 403
    assert Markup(answer.body.decode()).faults == []
    assert answer.form("/sign-in").fields["username"] == payload[:64]
    assert answer.form("/sign-in").fields["password"] == ""


def test_hostile_questions_stay_text_in_the_mailbox(payload: str, story: tuple[Reported, Actor, Actor]) -> None:
    reported, _boss, _agent = story
    visitor = ListeningVisitor()
    visitor.open_mailbox(reported.words)
    page = visitor.heard[-1].markup
    assert_only_text(page, payload)
    assert squeezed(page.text).count(squeezed(payload)) == 1  # nobody's name, not the reporter's own words


def test_the_name_of_a_member_of_staff_is_not_told_to_the_reporter(unlocked_desk: Installation) -> None:
    boss = hostile_person("boss", "Canary of the Office", Role.INTAKE, Role.TRIAGE)
    reported = send_report()
    services.acknowledge(actor=boss, tip=reported.tip)
    services.begin_triage(actor=boss, tip=reported.tip, has_interest=False)
    services.ask_reporter(actor=boss, tip=reported.tip, text="When was it?")
    visitor = ListeningVisitor()
    visitor.open_mailbox(reported.words)
    assert "When was it?" in visitor.heard[-1].text
    for told in ("Canary", "boss", boss.name):
        assert told not in visitor.heard[-1].text


def test_a_hostile_address_is_not_drawn_on_the_page_that_refuses_it(payload: str, installation: Installation) -> None:
    with override_settings(**DESK_DOOR):
        hostile_person("boss", "Boss", Role.SUPERVISOR)
        browser = Desk()
        browser.sign_in("boss", at="/sign-in")
        for path in (f"/tips/{payload}", f"/{payload}", f"/inbox?state={payload}&after={payload}"):
            page = Page(browser.browser.get(path.replace("\n", "").replace("\r", "")))
            assert page.status in (200, 404)
            read = Markup(page.body.decode())
            assert (read.faults, elsewhere(read)) == ([], [])
            assert "canary" not in page.text
    assert Staff.objects.count() == 1
