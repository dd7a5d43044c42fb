"""What the guided form sends: exactly the answers, each in its own place, and the desk shows them in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils.translation import override

from tests.installation import Installation
from tests.people import PASSWORD, Cast
from tests.visitor import ENOUGH, WHAT, Guided, Page, Typed, Visitor
from tocsin.desk.tests.conftest import DESK_DOOR, Desk
from tocsin.desk.tip_view import HEADINGS
from tocsin.intake.answers import stored_in_words
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.policy.active import get_pack
from tocsin.policy.category import Question, QuestionType
from tocsin.tips.content import TipContent, identity_place
from tocsin.tips.models import Identity, Tip
from tocsin.tips.selectors import content_of
from tocsin.vault.codes import words_of
from tocsin.vault.opening import open_identity

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
CONTACT = "Mia Example, ring the bell at number 7"
EVERYTHING: Mapping[str, Typed] = {
    **ENOUGH,
    "risk": {"risk": "yes"},
    "identity": {"mode": "named"},
    "told": {"heard": "The baker says: every Friday.", "think": "I think it is solvent."},
    "when": {
        "when": "at dusk",
        "day_day": "3",
        "day_month": "5",
        "day_year": "2026",
        "often": "several",
        "still": "yes",
    },
    "where": {"where": "behind the tannery", "point": "39.90 N, 116.40 E"},
    "who": {"who": "a man in a grey coat"},
    "how": {"source": "told", "how": "from my window", "relation": "dispute"},
    "involved": {"involved": "yes"},
    "files": {"evidence": "later"},
    "contact": {"contact": CONTACT},
    "award": {"award": "yes"},
}
TYPED: Mapping[QuestionType, tuple[Typed, Any]] = {
    QuestionType.TEXT: ({"answer": " 三只 swans "}, "三只 swans"),
    QuestionType.LONG_TEXT: ({"answer": "foam\r\non the water"}, "foam\non the water"),
    QuestionType.PERMIT: ({"answer": "They showed a paper."}, "They showed a paper."),
    QuestionType.COUNT: ({"answer": "about 20–30"}, {"low": 20, "high": 30}),
    QuestionType.DATE_RANGE: (
        {"answer_year": "2026", "answer_month": "5", "answer_day": "3", "until_year": "2026", "until_month": "6"},
        {"from": "2026-05-03", "to": "2026-06"},
    ),
    QuestionType.PLACE: (
        {"answer": "the lake", "point": "-33.9, 151.2"},
        {"words": "the lake", "point": [-33.9, 151.2]},
    ),
    QuestionType.FILE: ({"answer": "yes"}, True),
}


def answer_to(question: Question) -> tuple[Typed, Any]:
    """What somebody types for a question, and what must be stored."""
    if question.type is not QuestionType.CHOICE:
        return TYPED[question.type]
    codes = [option.code for option in question.options]
    return ({"answer": codes[1:]}, codes[1:]) if question.several else ({"answer": codes[-1]}, [codes[-1]])


def fill_in(category: str = "other", answers: Mapping[str, Typed] = EVERYTHING, *, language: str = "en") -> Page:
    """Walk from the first screen to the nine words, answering all questions of the category."""
    asked = get_pack().category(category).questions
    questions = {f"q-{category}-{question.code}": answer_to(question)[0] for question in asked}
    walk = Guided.open(Visitor(language))
    walk.walk("send", {**questions, **answers, "category": {"category": category}})
    return walk.press("send")


@pytest.fixture(autouse=True)
def open_desk(unlocked_desk: Installation) -> Installation:
    """The unit's key opens what was stored."""
    return unlocked_desk


def stored() -> TipContent:
    return content_of(Tip.objects.get())


def test_every_answer_arrives_in_its_own_place_and_nothing_else_does() -> None:
    assert len(fill_in().words) == 9
    content = stored()
    assert content.answers == {
        "what": WHAT,
        "heard": "The baker says: every Friday.",
        "think": "I think it is solvent.",
        "when": "at dusk",
        "day": "2026-05-03",
        "often": "several",
        "still": "yes",
        "where": "behind the tannery",
        "point": "39.9, 116.4",
        "who": "a man in a grey coat",
        "how": "from my window",
        "source": "told",
        "relation": "dispute",
    }
    assert sorted(content.flags) == ["media_pending", "protection", "second_hand", "self_involved"]
    particulars = content.particulars
    assert (particulars.mode, particulars.award, particulars.earlier) == ("named", "yes", "")
    assert content.identity_given
    assert Tip.objects.get().channel == "web"


def test_the_least_that_can_be_sent_says_nothing_more_than_was_typed() -> None:
    walk = Guided.open()
    walk.walk("send")
    walk.press("send")
    content = stored()
    assert content.answers == {"what": WHAT}
    assert (content.flags, content.identity_given) == ((), False)
    assert content.particulars.to_json() == {"mode": "anonymous"}


@pytest.mark.parametrize(
    ("screen", "typed", "flags"),
    [
        ("risk", {"risk": "yes"}, ["protection"]),
        ("risk", {"risk": "unknown"}, []),
        ("involved", {"involved": "yes"}, ["self_involved"]),
        ("involved", {"involved": "skip"}, []),
        ("how", {"source": "told"}, ["second_hand"]),
        ("how", {"source": "own"}, []),
        ("files", {"evidence": "now"}, ["media_pending"]),
        ("files", {"evidence": "later"}, ["media_pending"]),
        ("files", {"evidence": "no"}, []),
    ],
)
def test_each_flag_comes_from_its_own_answer(screen: str, typed: Typed, flags: list[str]) -> None:
    walk = Guided.open()
    walk.walk("send", {**ENOUGH, screen: typed})
    walk.press("send")
    assert list(stored().flags) == flags


@pytest.mark.parametrize(
    ("day", "month", "year", "kept"),
    [
        ("3", "5", "2026", "2026-05-03"),
        ("", "5", "2026", "2026-05"),
        ("", "", "2026", "2026"),
        ("٣", "５", "2026", "2026-05-03"),
    ],
)
def test_a_day_may_be_known_in_part(day: str, month: str, year: str, kept: str) -> None:
    walk = Guided.open()
    walk.walk("send", {**ENOUGH, "when": {"day_day": day, "day_month": month, "day_year": year}})
    walk.press("send")
    assert stored().answers["day"] == kept


def categories() -> list[str]:
    """The codes of the seed pack, read without Django's settings: they name the tests below."""
    folder = Path(__file__).resolve().parents[2] / "packs" / "seed" / "categories"
    return sorted(path.stem for path in folder.glob("*.toml"))


@pytest.mark.parametrize("code", categories())
def test_every_question_of_every_category_is_stored_under_its_code(code: str) -> None:
    fill_in(code)
    asked = get_pack().category(code).questions
    assert stored().particulars.details == {question.code: answer_to(question)[1] for question in asked}
    assert Tip.objects.get().category == code


def test_all_types_of_questions_are_met_in_the_seed_pack() -> None:
    asked = [question for category in get_pack().categories for question in category.questions]
    assert {question.type for question in asked} == set(QuestionType)
    assert {question.several for question in asked if question.type is QuestionType.CHOICE} == {True, False}


def test_a_point_of_a_question_does_not_take_the_place_of_the_other_point() -> None:
    walk = Guided.open()
    place = {
        "where": {"where": "the brook", "point": "1.5, 2.5"},
        "q-other-danger_place": {"answer": "", "point": "3, 4.5"},
    }
    walk.walk("send", {**ENOUGH, **place})
    walk.press("send")
    assert stored().answers["point"] == "1.5, 2.5"
    assert stored().particulars.details == {"danger_place": {"words": "", "point": [3.0, 4.5]}}


def test_no_is_an_answer_to_whether_there_is_a_file() -> None:
    walk = Guided.open()
    answers = {"category": {"category": "secrets_approach"}, "q-secrets_approach-message_received": {"answer": "no"}}
    walk.walk("send", {**ENOUGH, **answers})
    walk.press("send")
    assert stored().particulars.details == {"message_received": False}


@pytest.mark.parametrize("mode", ["named", "anonymous", "anonymous_with_token"])
def test_the_contact_lies_in_the_identity_blob_and_goes_when_somebody_decides_to_stay_anonymous(
    mode: str, installation: Installation
) -> None:
    walk = Guided.open()
    walk.walk("check", EVERYTHING)
    assert CONTACT in walk.page.text
    walk.press("change:identity")
    page = walk.press(mode=mode)
    assert (CONTACT in page.text) == (mode == "named")
    walk.walk("send")
    walk.press("send")
    (row,) = Identity.objects.all()
    kim, lou = (installation.custodian_private(name) for name in ("kim", "lou"))
    hidden = open_identity(kim, lou, bytes(row.blob), bytes(row.wrapped_keys), identity_place(row.ref))
    assert hidden.decode() == (CONTACT if mode == "named" else "")
    assert stored().identity_given == (mode == "named")
    assert CONTACT not in str(stored())
    assert stored().particulars.award == ("" if mode == "anonymous" else "yes")


@pytest.mark.parametrize(
    ("question", "files", "offered"),
    [("yes", "no", True), ("yes", "later", False), ("no", "no", False), ("no", "now", True)],
)
def test_who_promised_a_file_gets_a_place_for_it(question: str, files: str, offered: bool) -> None:
    answers: dict[str, Typed] = {
        **ENOUGH,
        "category": {"category": "facility_tampering"},
        "q-facility_tampering-photo_of_it": {"answer": question},
        "files": {"evidence": files},
    }
    walk = Guided.open()
    walk.walk("send", answers)
    assert ('type="file"' in walk.page.body.decode()) is offered


def test_the_words_of_an_earlier_report_lead_to_its_handle_and_are_kept_nowhere() -> None:
    first = Visitor().tell("the first report")
    ref = Tip.objects.get().ref
    walk = Guided.open()
    walk.walk("check", {**ENOUGH, "earlier": {"earlier": " ".join(first.words).upper()}})
    assert "Nine words, not shown here" in walk.page.plain
    assert first.words[0].upper() not in walk.page.plain
    walk.walk("send")
    walk.press("send")
    content = content_of(Tip.objects.exclude(ref=ref).get())
    assert content.particulars.earlier == ref
    told = content.to_bytes().decode().lower()
    assert not [word for word in first.words if f'"{word}' in told or f" {word} " in told]


@pytest.mark.parametrize("typed", ["not nine words", "abandon " * 9, " ".join(words_of(bytes(12), "en"))])
def test_words_that_belong_to_no_report_are_pointed_out_and_kept(typed: str) -> None:
    walk = Guided.open()
    walk.walk("earlier")
    page = walk.press(earlier=typed)
    assert (page.status, walk.at) == (422, "earlier")
    assert "could not find a report" in page.plain
    assert walk.form.fields["earlier"] == typed.strip()
    walk.press(earlier="")
    assert walk.at == "check"


@contextmanager
def at_the_desk(username: str) -> Iterator[Desk]:
    """A browser of the desk in which ``username`` has signed in."""
    with override_settings(**DESK_DOOR):
        staff = Desk()
        staff.sign_in(username, PASSWORD, at="/sign-in")
        yield staff


def shown_at_the_desk(language: str) -> str:
    """The words of the tip's page in ``language``."""
    with at_the_desk("ines") as staff:
        page = staff.get(f"/tips/{Tip.objects.get().ref}")
        return staff.send(page, "/language", language=language).plain


def is_missing(text: object, page: str) -> list[str]:
    """The lines of ``text`` that a page does not show."""
    return [line for line in str(text).splitlines() if " ".join(line.split()) not in page]


@pytest.mark.parametrize("code", categories())
def test_the_desk_shows_every_answer_in_words_in_both_languages(code: str, cast: Cast) -> None:
    fill_in(code)
    for language in ("en", "zh-hans"):
        page = shown_at_the_desk(language)
        with override(language):
            for name, answer in stored().answers.items():
                assert not is_missing(HEADINGS.get(name, COMMON_QUESTIONS[name].label), page)
                assert not is_missing(COMMON_QUESTIONS[name].in_words(answer), page)
            for question in get_pack().category(code).questions:
                assert not is_missing(question.label.text(language), page)
                assert not is_missing(stored_in_words(question, answer_to(question)[1], language), page)
                assert not [option for option in question.options[-1:] if is_missing(option.label.text(language), page)]


def test_the_desk_reads_i_do_not_know_in_its_own_language(cast: Cast) -> None:
    walk = Guided.open(Visitor("zh-hans"))
    for screen in ("when", "q-other-danger"):
        walk.walk(screen)
        walk.press("unknown")
    walk.walk("send")
    walk.press("send")
    page = shown_at_the_desk("en")
    assert "When was it? I do not know" in page
    assert "for whom? The reporter does not know." in page
