"""Wrong, unknown and long-gone codes get one answer: whoever tries codes learns nothing about what is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.hygiene.doors import Heard, ListeningVisitor
from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, bring_to, send_report, write_to_staff
from tocsin.tips import mailbox
from tocsin.tips.models import Declaration, Identity, Tip, TipMessage
from tocsin.tips.workflow import State
from tocsin.vault.codes import new_seed, words_of

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "zh-hans")
CHANGING = re.compile(r'(name="(?:csrfmiddlewaretoken|ticket)" value=)"[^"]+"')


@dataclass(frozen=True)
class Answered:
    """What somebody who tries a code can see or measure, apart from time."""

    status: int
    headers: tuple[tuple[str, str], ...]
    length: int
    page: str
    cookies: tuple[tuple[str, int], ...]
    queries: int


def without_chance(page: str) -> str:
    """A page without what is random in every page."""
    return CHANGING.sub(r'\1"…"', page)


def try_code(words: str, language: str = "en") -> Answered:
    """Send ``words`` from a fresh browser."""
    visitor = ListeningVisitor(language)
    form = visitor.get("mailbox").form("/mailbox")
    with CaptureQueriesContext(connection) as queries:
        visitor.browser.post(form.action, {**form.fields, "words": words})
    heard: Heard = visitor.heard[-1]
    return Answered(
        heard.status,
        tuple(sorted((name, value) for name, value in heard.headers.items() if name != "Date")),
        len(heard.body),
        without_chance(heard.text),
        tuple((name, len(cookie.value)) for name, cookie in heard.cookies.items()),
        len(queries),
    )


def words_of_nobody(language: str = "en") -> str:
    """A good code that belongs to no tip."""
    return " ".join(words_of(new_seed(), language))


def destroyed(reported: Reported) -> str:
    """The words of a tip that was taken back and whose row is gone since."""
    mailbox.withdraw(keys=reported.keys)
    tip = reported.tip
    TipMessage.objects.filter(tip=tip).delete()
    Declaration.objects.filter(tip=tip).delete()
    Identity.objects.filter(ref=tip.identity_ref).delete()
    tip.delete()
    assert not Tip.objects.filter(ref=reported.ref).exists()
    return reported.words


@pytest.fixture
def codes(cast: Cast, unlocked_desk: Installation) -> dict[str, str]:
    """Codes that open nothing, for all the reasons that there are; other tips are stored beside them."""
    send_report("A tip that is there.")
    near = send_report("Its neighbour.").seed
    gone, read_and_gone = send_report("Gone before it was read."), send_report("Gone after it was read.")
    bring_to(State.UNDER_VERIFICATION, reported=read_and_gone, cast=cast)
    write_to_staff(gone, "One thing more.")
    return {
        "of nobody": words_of_nobody(),
        "one bit beside a good one": " ".join(words_of(bytes([near[0] ^ 1]) + near[1:], "en")),
        "taken back unread and gone": destroyed(gone),
        "taken back after reading and gone": destroyed(read_and_gone),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_opens_nothing_gets_one_and_the_same_answer(codes: dict[str, str], language: str) -> None:
    answers = {name: try_code(words, language) for name, words in codes.items()}
    usual = answers["of nobody"]
    assert usual.status == 422
    assert usual.queries == 1
    assert len(usual.page) > 2000
    different = [name for name, answer in answers.items() if answer != usual]
    assert different == []


def test_the_answer_does_not_depend_on_what_is_stored(installation: Installation) -> None:
    words = words_of_nobody()
    alone = try_code(words)
    for number in range(5):
        send_report(f"Report {number}.")
    assert try_code(words) == alone


def test_trying_often_changes_nothing_in_the_answer(installation: Installation) -> None:
    words = words_of_nobody()
    first = try_code(words)
    assert [try_code(words) for _ in range(30)] == [first] * 30


@pytest.mark.parametrize(
    "damage",
    [
        lambda words: " ".join(["xylophonist", *words.split()[1:]]),
        lambda words: " ".join(words.split()[1:]),
        lambda words: " ".join([*words.split(), "abandon"]),
        lambda words: "",
    ],
)
def test_a_slip_is_explained_in_the_same_way_whether_the_code_was_once_good_or_not(
    reported: Reported, damage: object
) -> None:
    assert callable(damage)
    before = try_code(damage(reported.words))
    assert before.status == 422
    assert before.queries == 0  # nobody was asked, so nobody can answer
    destroyed(reported)
    assert try_code(damage(reported.words)) == before


def test_a_good_code_costs_the_same_questions_until_the_answer(reported: Reported, codes: dict[str, str]) -> None:
    found = try_code(reported.words)
    assert found.status == 302
    assert {try_code(words).queries for words in codes.values()} == {found.queries} == {1}


def test_a_good_code_is_asked_for_with_the_very_same_question(reported: Reported) -> None:
    asked = []
    for words in (reported.words, words_of_nobody()):
        visitor = ListeningVisitor()
        form = visitor.get("mailbox").form("/mailbox")
        with CaptureQueriesContext(connection) as queries:
            visitor.browser.post(form.action, {**form.fields, "words": words})
        (query,) = queries.captured_queries
        asked.append(re.sub(r"x?'[^']*'", "?", query["sql"]))
    assert asked[0] == asked[1]


def test_the_redirect_of_a_good_code_says_nothing_about_the_tip(cast: Cast, unlocked_desk: Installation) -> None:
    answers = []
    for state in (State.RECEIVED, State.NEED_INFO, State.CLOSED, State.WITHDRAWN):
        reported = send_report(f"A report that comes to be {state}.")
        bring_to(state, reported=reported, cast=cast)
        answers.append(try_code(reported.words))
    assert len(set(answers)) == 1
    assert dict(answers[0].headers)["Location"] == "/en/mailbox/messages"


def test_a_wrong_code_is_not_repeated_on_the_page(codes: dict[str, str]) -> None:
    for words in codes.values():
        assert words not in try_code(words).page


def test_a_mailbox_that_goes_while_it_is_open_closes_without_a_trace(reported: Reported) -> None:
    visitor = ListeningVisitor()
    visitor.open_mailbox(reported.words)
    destroyed(reported)
    for path in ("mailbox/messages", "mailbox/receipt", "mailbox/take-back"):
        page = visitor.get(path)
        assert page.status == 403, path
        assert reported.ref not in page.body.decode()
