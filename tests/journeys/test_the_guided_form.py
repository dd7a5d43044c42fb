"""The guided form as people walk it: the order of its screens, ways back, changes, what is required, languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installation import Installation
from tests.visitor import ENOUGH, WHAT, Guided, Visitor
from tocsin.policy.active import get_pack
from tocsin.policy.category import Category
from tocsin.tips.content import TipContent
from tocsin.tips.models import Tip
from tocsin.tips.selectors import content_of

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
BEFORE = ["purpose", "before", "risk", "identity", "category", "what", "told", "when", "where", "who"]
AFTER = ["how", "involved", "files", "earlier", "check", "send"]


@pytest.fixture(autouse=True)
def open_desk(unlocked_desk: Installation) -> Installation:
    """What was stored can be compared with what was typed."""
    return unlocked_desk


def questions_of(category: Category) -> list[str]:
    return [f"q-{category.code}-{question.code}" for question in category.questions]


def categories() -> Iterator[Category]:
    yield from get_pack().categories


def stored() -> TipContent:
    return content_of(Tip.objects.get())


def at_check(answers: dict[str, dict[str, str]] | None = None) -> Guided:
    walk = Guided.open()
    walk.walk("check", {**ENOUGH, **(answers or {})})
    return walk


def test_the_screens_come_in_the_order_of_the_design() -> None:
    walk = Guided.open()
    assert [*walk.walk("send"), "send"] == [*BEFORE, *questions_of(get_pack().category("other")), *AFTER]


@pytest.mark.parametrize("risk", ["yes", "no", "unknown"])
def test_only_who_is_in_danger_reads_what_to_do_then(risk: str) -> None:
    walk = Guided.open()
    walk.walk("risk")
    page = walk.press(risk=risk)
    assert walk.at == ("danger" if risk == "yes" else "identity")
    assert ("How we protect you" in page.plain) == (risk == "yes")


def test_the_numbers_to_call_stand_on_the_page_for_those_in_danger() -> None:
    walk = Guided.open()
    walk.walk("danger", {"risk": {"risk": "yes"}})
    for line in get_pack().emergency_numbers:
        assert walk.page.text.count(line.number) >= 2  # in the banner and on the page
    walk.press()
    assert walk.at == "identity"


def test_each_category_asks_its_own_questions_between_who_and_how() -> None:
    for category in categories():
        walk = Guided.open()
        passed = walk.walk("how", {**ENOUGH, "category": {"category": category.code}})
        assert passed == [*BEFORE, *questions_of(category)]


@pytest.mark.parametrize("mode", ["anonymous", "anonymous_with_token", "named"])
def test_the_way_of_reporting_decides_about_contact_and_award(mode: str) -> None:
    walk = Guided.open()
    passed = walk.walk("check", {**ENOUGH, "identity": {"mode": mode}})
    extra = {"anonymous": [], "anonymous_with_token": ["award"], "named": ["contact", "award"]}[mode]
    assert passed[passed.index("earlier") + 1 :] == extra


def test_only_what_happened_and_the_choices_are_required() -> None:
    walk = Guided.open()
    refused: list[str] = []
    while "tocsin-words" not in walk.page.body.decode():
        at = walk.at
        if walk.press("send" if at == "send" else "next").status == 422:
            refused.append(at)
            walk.press(**ENOUGH[at])
    assert refused == ["risk", "category", "what"]
    assert stored().answers == {"what": WHAT}
    assert stored().particulars.details == {}


def test_the_page_says_how_far_one_has_come() -> None:
    walk = Guided.open()
    count = len(BEFORE) + len(AFTER)
    assert "Step 1 " in walk.page.plain
    walk.walk("category")
    assert "Step 5 " in walk.page.plain
    assert "Step 5 of" not in walk.page.plain  # how many come is not known before the category is
    walk.walk("what")
    assert f"Step 6 of {count + len(get_pack().category('other').questions)}" in walk.page.plain
    assert walk.page.plain.startswith("What happened – Tip line")
    refused = walk.press(what="")
    assert refused.plain.startswith("Error: What happened – Tip line")


def test_back_keeps_what_was_typed_on_both_screens() -> None:
    walk = Guided.open()
    walk.walk("told")
    walk.press("back", heard="the baker told me", think="poison")
    assert (walk.at, walk.form.fields["what"]) == ("what", WHAT)
    walk.press(what="Something else.")
    assert (walk.form.fields["heard"], walk.form.fields["think"]) == ("the baker told me", "poison")
    walk.press("back")
    assert walk.form.fields["what"] == "Something else."


def test_back_from_a_screen_that_was_not_answered_leaves_no_complaint_behind() -> None:
    walk = Guided.open()
    walk.walk("what")
    walk.press("back")
    assert walk.at == "category"
    page = walk.press()
    assert walk.at == "what"
    assert "There is a problem" not in page.plain


def test_back_ends_at_the_first_screen() -> None:
    walk = Guided.open()
    walk.walk("identity")
    passed = [walk.at]
    while walk.at != "purpose":
        walk.press("back")
        passed.append(walk.at)
    assert passed == ["identity", "risk", "before", "purpose"]
    assert "Back" not in walk.page.plain


def test_a_change_leads_back_to_the_check_page_at_once() -> None:
    walk = at_check()
    for screen in ("what", "risk", "how"):
        walk.press(f"change:{screen}")
        assert walk.at == screen
        walk.press()
        assert walk.at == "check"


def test_what_was_changed_is_what_is_sent() -> None:
    walk = at_check()
    walk.press("change:what")
    page = walk.press(what="They were green barrels.")
    assert "They were green barrels." in page.plain
    assert WHAT not in page.plain
    walk.walk("send")
    walk.press("send")
    assert stored().answers["what"] == "They were green barrels."


def test_a_change_that_is_refused_stays_on_its_screen_until_it_is_right() -> None:
    walk = at_check()
    walk.press("change:what")
    assert walk.press(what=" ").status == 422
    assert walk.at == "what"
    walk.press(what="Again.")
    assert walk.at == "check"


def test_a_screen_that_a_change_adds_is_not_skipped() -> None:
    walk = at_check()
    walk.press("change:identity")
    walk.press(mode="named")
    assert walk.at == "contact"
    walk.press(contact="Mia Example")
    assert walk.at == "award"
    walk.press(award="no")
    assert walk.at == "check"
    walk.press("change:risk")
    walk.press(risk="yes")
    assert walk.at == "danger"
    walk.press()
    assert walk.at == "check"


def test_a_new_screen_from_which_somebody_went_back_is_not_skipped_either() -> None:
    walk = at_check()
    walk.press("change:category")
    first = questions_of(get_pack().category("agent_lost"))[0]
    walk.press(category="agent_lost")
    assert walk.at == "what", "what is lawful here, and whom to call, was not read yet"
    walk.press()
    assert walk.at == first
    walk.walk_back_to("category")
    walk.press()
    assert walk.at == first


def test_back_after_change_leads_to_the_check_page_and_from_there_along_the_road() -> None:
    walk = at_check()
    walk.press("change:where")
    walk.press("back", where="by the brook")
    assert walk.at == "check"
    assert "by the brook" in walk.page.plain
    walk.press("back")
    before = walk.at
    assert before != "check"
    walk.press("back")
    assert walk.at not in ("check", before)


def test_the_same_category_chosen_again_asks_nothing_anew() -> None:
    walk = at_check()
    walk.press("change:category")
    walk.press()
    assert walk.at == "check"


def test_another_category_asks_its_questions_and_drops_the_old_answers() -> None:
    animals = get_pack().category("animal_deaths")
    answers = {**ENOUGH, "category": {"category": "animal_deaths"}, "q-animal_deaths-species": {"answer": "swans"}}
    walk = Guided.open()
    walk.walk("check", answers)
    walk.press("change:category")
    walk.press(category="invasive_species")
    walk.press()
    # Both ask for "species": the answer to one question must not become the answer to the other.
    assert walk.form.fields["answer"] == ""
    new = questions_of(get_pack().category("invasive_species"))
    assert walk.walk("check", {new[0]: {"answer": "a blue frog"}}) == new
    assert "swans" not in walk.page.plain
    walk.walk("send")
    walk.press("send")
    assert stored().particulars.details == {"species": "a blue frog"}
    assert Tip.objects.get().category == "invasive_species"
    assert animals.questions[0].label.text("en") not in str(stored())


def test_a_category_chosen_again_still_has_its_answers() -> None:
    walk = Guided.open()
    walk.walk("check", {**ENOUGH, "q-other-danger": {"answer": "for the fish"}})
    for code in ("secrets_approach", "other"):
        walk.press("change:category")
        walk.press(category=code)
        walk.walk("check")
    assert "for the fish" in walk.page.plain


def test_i_do_not_know_is_shown_and_sent_as_such() -> None:
    walk = Guided.open()
    for screen in ("when", "where", "who", "q-other-danger", "q-other-danger_place"):
        walk.walk(screen)
        walk.press("unknown")
    walk.walk("check")
    assert walk.page.plain.count("I do not know") == 5
    walk.walk("send")
    walk.press("send")
    assert stored().particulars.details == {"danger": None, "danger_place": None}
    assert stored().answers == {"what": WHAT, "when": "unknown", "where": "unknown", "who": "unknown"}


def test_i_do_not_know_survives_a_look_back_and_ends_with_an_answer() -> None:
    walk = Guided.open()
    walk.walk("where")
    walk.press("unknown")
    walk.press("back")
    walk.switch("zh-hans")
    walk.switch("en")
    walk.walk("check")
    assert walk.page.plain.count("I do not know") == 1
    walk.press("change:where")
    page = walk.press(where="at the brook")
    assert "at the brook" in page.plain
    assert "I do not know" not in page.plain


@pytest.mark.parametrize(("first", "second"), [("en", "zh-hans"), ("zh-hans", "en")])
def test_another_language_keeps_every_answer(first: str, second: str) -> None:
    walk = Guided.open(Visitor(first))
    answers = {
        **ENOUGH,
        "told": {"heard": "传闻", "think": "poison"},
        "where": {"where": "河边", "point": "39.9, 116.4"},
    }
    walk.walk("who", answers)
    page = walk.press("stay", who="穿灰衣服的人", other="x")
    page = walk.switch(second)
    assert page.response.headers["Content-Language"].lower() == second
    assert (walk.at, walk.form.fields["who"]) == ("who", "穿灰衣服的人")
    walk.walk("check")
    for text in (WHAT, "传闻", "poison", "河边", "39.9, 116.4", "穿灰衣服的人"):
        assert text in walk.page.text


def test_a_language_chosen_on_an_empty_screen_brings_no_complaint() -> None:
    walk = Guided.open()
    walk.walk("risk")
    page = walk.switch("zh-hans")
    assert walk.at == "risk"
    assert "govuk-error" not in page.body.decode()
    assert page.status == 200
