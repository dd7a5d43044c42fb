"""The guided form against damaged and forged requests: a clear page, nothing stored, nothing lost that can be kept."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.installation import Installation
from tests.visitor import ENOUGH, WHAT, Guided, Page, Typed, Visitor
from tocsin.policy.active import get_pack
from tocsin.tips.models import Tip
from tocsin.tips.selectors import content_of

pytestmark = pytest.mark.django_db
DAMAGED = "The form was damaged on its way"
ALL_CODES = ("purpose", "risk", "what", "told", "when", "where", "who", "how", "check", "send", "contact", "award")


@pytest.fixture(autouse=True)
def open_desk(unlocked_desk: Installation) -> Installation:
    """What was stored can be compared with what was typed."""
    return unlocked_desk


def rows() -> dict[str, int]:
    """How many rows every table has."""
    with connection.cursor() as cursor:
        counted: dict[str, int] = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            counted[table] = cursor.fetchone()[0]
    return counted


def assert_kept(page: Page, walk: Guided, screen: str, **typed: str) -> None:
    """The same screen again with what was typed on it."""
    assert page.status < 500
    assert walk.at == screen
    assert {name: walk.form.fields[name] for name in typed} == typed


def test_no_table_has_a_row_more_before_the_report_is_sent() -> None:
    before = rows()
    walk = Guided.open()
    every = {**ENOUGH, "risk": {"risk": "yes"}, "identity": {"mode": "named"}, "contact": {"contact": "Mia"}}
    walk.walk("check", every)
    for go in ("change:what", "back", "stay", "next"):
        walk.press(go)
    walk.press(what="")
    walk.press(what=WHAT)
    walk.switch("zh-hans")
    walk.walk("send")
    assert rows() == before
    walk.press("send")
    assert rows() != before


@pytest.mark.parametrize("damage", ["", "AAAA", "not base64 at all!", "é", "A" * 80, "A" * 3000], ids=range(6))
@pytest.mark.parametrize("field", ["ticket", "draft"])
@pytest.mark.parametrize(
    ("screen", "typed"),
    [
        ("what", {"what": "Somebody."}),
        ("where", {"where": "the quay", "point": "1, 2"}),
        ("q-animal_deaths-signs", {"answer": "foam"}),
        ("contact", {"contact": "Mia Example"}),
    ],
)
def test_a_damaged_form_keeps_what_stands_on_the_screen_and_can_be_finished(
    field: str, damage: str, screen: str, typed: dict[str, str]
) -> None:
    before = rows()
    answers: dict[str, Typed] = {"category": {"category": "animal_deaths"}, "identity": {"mode": "named"}}
    walk = Guided.open_at(screen, answers)
    page = walk.press(**{field: damage, **typed})
    assert page.status == 403
    assert DAMAGED in page.plain
    assert_kept(page, walk, screen, **typed)
    assert rows() == before
    walk.finish({**answers, screen: {}})
    assert next(iter(typed.values())) in str(content_of(Tip.objects.get())) or screen == "contact"


def test_the_draft_of_another_form_is_refused() -> None:
    walk, other = Guided.open_at("told"), Guided.open_at("told", {"what": {"what": "of somebody else"}})
    page = walk.press(draft=other.form.fields["draft"], heard="mine")
    assert page.status == 403
    assert_kept(page, walk, "told", heard="mine")
    assert "of somebody else" not in page.text


def test_a_ticket_of_the_short_form_is_none_for_this_one() -> None:
    visitor = Visitor()
    ticket = visitor.open_form().form("/report").fields["ticket"]
    walk = Guided.open(visitor)
    assert walk.press(ticket=ticket).status == 403


@pytest.mark.parametrize("check", ["", "x" * 64, "é"])
def test_a_form_check_that_fails_keeps_every_answer(check: str) -> None:
    walk = Guided.open_at("where")
    page = walk.press(where="the quay", csrfmiddlewaretoken=check)
    assert page.status == 403
    assert "could not check" in page.plain
    assert_kept(page, walk, "where", where="the quay")
    walk.walk("check")
    assert WHAT in walk.page.text
    assert "the quay" in walk.page.text


def test_without_cookies_the_page_says_why_and_keeps_every_answer() -> None:
    walk = Guided.open_at("told")
    walk.visitor.browser.cookies.clear()
    page = walk.press(heard="a rumour")
    assert page.status == 403
    assert "allow cookies" in page.plain
    assert_kept(page, walk, "told", heard="a rumour")
    walk.finish()


@pytest.mark.parametrize(
    "go",
    [
        "",
        "x",
        "send",
        "change:",
        "change:nothing",
        "change:send",
        "change:q-x-y",
        "unknown",
        "stay",
        "é" * 900,
        "next\x00",
    ],
)
@pytest.mark.parametrize("screen", ["purpose", "what", "when", "check"])
def test_a_made_up_button_leads_to_a_page_of_the_form(go: str, screen: str) -> None:
    before = rows()
    walk = Guided.open_at(screen)
    page = walk.press(go)
    assert page.status in (200, 422)
    assert walk.at
    assert rows() == before
    walk.finish({"files": {"evidence": "no"}})
    assert content_of(Tip.objects.get()).answers["what"] == WHAT


@pytest.mark.parametrize(
    "name", ["", "nothing", "q-", "q-other-danger", "q-x-y", "danger", "contact", "é" * 900, "\x00"]
)
def test_a_made_up_screen_leads_to_a_page_of_the_form(name: str) -> None:
    before = rows()
    walk = Guided.open_at("told")
    page = walk.press(at=name, heard="x")
    assert page.status == 200
    assert walk.at
    assert rows() == before
    walk.walk("check")
    assert WHAT in walk.page.text


@pytest.mark.parametrize("screen", ALL_CODES)
@pytest.mark.parametrize("go", ["next", "send", "back", "stay"])
def test_sending_from_any_screen_without_the_answers_before_stores_nothing(screen: str, go: str) -> None:
    before = rows()
    walk = Guided.open()
    page = walk.press(go, at=screen)
    assert page.status in (200, 422)
    assert rows() == before


def test_fields_of_other_screens_are_left_where_they_are() -> None:
    walk = Guided.open_at("told")
    smuggled = {
        "what": "x",
        "mode": "named",
        "contact": "Eve",
        "category": "agent_lost",
        "earlier": "x",
        "unknown": "1",
    }
    walk.press(heard="a rumour", **smuggled, day_day="1", day_year="2026", point="1, 1", award="yes", risk="yes")
    walk.finish()
    content = content_of(Tip.objects.get())
    assert content.answers == {"what": WHAT, "heard": "a rumour"}
    assert content.flags == ()
    assert content.particulars.to_json() == {"mode": "anonymous", "language": "en"}


@pytest.mark.parametrize("screen", ["risk", "category", "what", "told", "files"])
def test_a_smuggled_i_do_not_know_takes_no_answer_away(screen: str) -> None:
    typed: dict[str, Typed] = {
        **ENOUGH,
        "told": {"heard": "a rumour"},
        "risk": {"risk": "yes"},
        "files": {"evidence": "later"},
    }
    walk = Guided.open_at("risk", {})
    walk.walk("send", {**typed, screen: {**typed[screen], "unknown": "1"}})
    walk.press("send")
    content = content_of(Tip.objects.get())
    assert content.answers == {"what": WHAT, "heard": "a rumour"}
    assert content.flags == ("protection", "media_pending")


@pytest.mark.parametrize(
    ("screen", "typed"),
    [
        ("risk", {"risk": "perhaps"}),
        ("identity", {"mode": "confidential"}),
        ("category", {"category": "no_such_thing"}),
        ("how", {"relation": "enemy"}),
        ("files", {"evidence": "../../etc"}),
        ("q-other-nearest", {"answer": "no such option"}),
    ],
)
def test_an_answer_that_nobody_offered_is_pointed_out(screen: str, typed: dict[str, str]) -> None:
    walk = Guided.open_at(screen)
    page = walk.press(**typed)
    assert (page.status, walk.at) == (422, screen)
    assert "There is a problem" in page.plain


def test_every_category_of_the_pack_can_be_damaged_on_every_question() -> None:
    for category in get_pack().categories:
        for question in category.questions:
            walk = Guided.open()
            page = walk.press(at=f"q-{category.code}-{question.code}", draft="damaged")
            assert (page.status, walk.at) == (403, f"q-{category.code}-{question.code}")
