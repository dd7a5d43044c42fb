"""What the check page points out: words that may tell who the reporter is, or that are no ground. It stops nobody."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from tests.installation import Installation
from tests.visitor import ENOUGH, Guided, Typed
from tocsin.public.guided.draft import Draft
from tocsin.public.guided.hints import _MAIL, hints
from tocsin.tips.models import Tip

NUMBER = "Your text may hold a telephone number or an e-mail address."
MYSELF = "Your text may tell who you are:"
GROUND = "Your text speaks of what people are, believe or lawfully do."
PLAIN = [
    "Two men loaded cages from a lorry without plates into the old dairy at night.",
    "They said something about 120 barrels, 30 kg each, at 13:45.",
    "On 2026-05-01, and again on 01/05/2026 and 7 6 2026, lorry 12-345 came.",
    "A foreign ship lay in the harbour. They asked for the plans of the pumps.",
    "昨晚有两个人往河里倒桶，车没有牌照。",
    "2026年5月1日，三只天鹅死在湖边，位置 39.9041, 116.4074。",
    "我是昨晚在路上看到的，我是听邻居说的。",
]


def found(text: str, *, screen: str = "what", name: str = "what", mode: str = "anonymous") -> list[str]:
    """The hints for one text on one screen."""
    draft = Draft().answered("identity", {"mode": [mode]}).answered("category", {"category": ["other"]})
    with override("en"):
        return hints(draft.answered(screen, {name: [text]}))


def kinds(text: str, **where: str) -> list[str]:
    """Which of the three hints come."""
    told = found(text, **where)
    return [kind for kind in (NUMBER, MYSELF, GROUND) if any(hint.startswith(kind) for hint in told)]


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_text_gets_no_hint(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Write to mia@example.org.",
        "联系我mia.example@mail.example谢谢",
        "Call 13812345678",
        "电话：138-1234-5678。",
        "+49 (0)30 1234567",
        "my number is 030 1234 567",
        "tel. ０１３８１２３４５６７８",
    ],
)
def test_a_telephone_number_or_address_is_pointed_out(text: str) -> None:
    assert kinds(text) == [NUMBER]


@pytest.mark.parametrize(
    "text",
    [
        "My boss told me to.",
        "I work at the harbour.",
        "One of us, my colleague, saw it.",
        "It lies behind my house.",
        "我的领导让我做的。",
        "我叫小明",
        "我是这里的保安",
        "他是我的邻居",
    ],
)
def test_words_about_oneself_are_pointed_out(text: str) -> None:
    assert kinds(text) == [MYSELF]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Les étrangers du quartier font du bruit."),
        ("es", "Son todos unos extranjeros."),
        ("ru", "Они верующие."),
        ("ar", "هم من الأجانب"),
    ],
)
def test_words_that_are_no_ground_are_known_in_the_language_of_the_page(language: str, text: str) -> None:
    draft = Draft().answered("what", {"what": [text]})
    with override("en"):
        assert hints(draft) == []
    with override(language):
        assert len(hints(draft)) == 1


@pytest.mark.parametrize(
    "text", ["He is a foreigner.", "She goes to protests.", "他是外国人", "他们信仰宗教", "a journalist, a trade union"]
)
@pytest.mark.parametrize("mode", ["anonymous", "named"])
def test_what_somebody_is_or_believes_is_pointed_out_to_everybody(text: str, mode: str) -> None:
    assert kinds(text, mode=mode) == [GROUND]


@pytest.mark.parametrize("mode", ["anonymous", "anonymous_with_token", "named"])
def test_who_gives_a_name_anyway_is_not_warned_about_it(mode: str) -> None:
    expected = [] if mode == "named" else [NUMBER, MYSELF]
    assert kinds("My boss has the number 13812345678.", mode=mode) == expected


@pytest.mark.parametrize(
    ("screen", "name"),
    [
        ("what", "what"),
        ("told", "heard"),
        ("told", "think"),
        ("where", "where"),
        ("who", "who"),
        ("how", "how"),
        ("q-other-danger", "answer"),
        ("q-other-danger_place", "answer"),
    ],
)
def test_every_answer_in_words_is_looked_at(screen: str, name: str) -> None:
    assert kinds("Ask my boss, 13812345678", screen=screen, name=name) == [NUMBER, MYSELF]


@pytest.mark.parametrize(
    ("screen", "name"), [("contact", "contact"), ("earlier", "earlier"), ("q-agent_lost-agent", "answer")]
)
def test_the_contact_the_nine_words_and_questions_of_other_categories_are_not(screen: str, name: str) -> None:
    assert kinds("Ask my boss, 13812345678", screen=screen, name=name) == []


def test_each_hint_comes_once() -> None:
    text = "my boss, my wife, mia@example.org, 13812345678, a foreigner, a journalist"
    assert len(found(text)) == 3


def test_an_address_is_sought_from_its_at_sign_and_not_from_every_letter_before_it() -> None:
    """A pattern that begins with a run of any letters reads a Chinese story of 200,000 characters as often as it has
    characters: three minutes of a processor for one page.
    """
    match = _MAIL.search("字" * 1_000 + "a@mail.example")
    assert match is not None
    assert match.group() == "a@mail.example"


@pytest.mark.parametrize(
    "piece", ["河", "a", "a@", "a.", "a@a.", "1", "1-", "1 ", "1-1-2026 ", "my ", "我的", "\u0301"]
)
def test_the_longest_text_is_looked_through(piece: str) -> None:
    for screen, name in (("what", "what"), ("how", "how")):
        found(piece * (200_000 // len(piece)), screen=screen, name=name)


HINTED: dict[str, Typed] = {**ENOUGH, "who": {"who": "My boss, a foreigner, 13812345678."}}


@pytest.mark.django_db
def test_hints_stand_on_the_check_page_and_stop_nobody(installation: Installation) -> None:
    walk = Guided.open()
    walk.walk("check", HINTED)
    for kind in (NUMBER, MYSELF, GROUND):
        assert walk.page.plain.count(kind) == 1
    walk.press()
    assert walk.at == "send"
    assert len(walk.press("send").words) == 9
    assert Tip.objects.count() == 1


@pytest.mark.django_db
def test_a_hint_goes_when_the_words_go(installation: Installation) -> None:
    walk = Guided.open()
    walk.walk("check", HINTED)
    walk.press("change:who")
    page = walk.press(who="A man in a grey coat.")
    assert "Please look:" not in page.plain


@pytest.mark.django_db
def test_hints_come_in_the_language_of_the_page(installation: Installation) -> None:
    walk = Guided.open()
    walk.walk("check", HINTED)
    english = walk.page.body.decode().count("govuk-warning-text__text")
    walk.switch("zh-hans")
    assert walk.page.body.decode().count("govuk-warning-text__text") == english == 3
