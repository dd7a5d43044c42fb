"""Taking a call at the desk: what the screen asks, keeps, shows and never shows again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from tests.hygiene.traces import in_files, in_the_database
from tests.installation import Installation, TestClock
from tests.people import Cast, hire, staff_of
from tests.stories import Reported
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.access.permissions import Role
from tocsin.common import clock
from tocsin.common.errors import Busy
from tocsin.desk.screens import writing
from tocsin.desk.tests.conftest import Desk
from tocsin.desk.writing.form import NoSuchCategory, find_category
from tocsin.desk.writing.roads import ROADS
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.ledger.models import AuditRecord
from tocsin.policy import active
from tocsin.policy.active import get_pack
from tocsin.tips import mailbox
from tocsin.tips.models import Evidence, Tip, TipMessage, Transcription
from tocsin.tips.safe_copies import evidence_of
from tocsin.tips.selectors import content_of, read_tip
from tocsin.ui.tests.markup import Page as Markup
from tocsin.vault import unlocked
from tocsin.vault.codes import CodeKeys, candidate_seeds
from tocsin.workflow.models import StepRecord

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
CALL, LETTER, VISIT = "/calls/new", "/letters/new", "/visits/new"
WHAT = "Barrels are emptied into the brook behind the tannery."
NUMBER = "139 1111 2222"
DIGITS = "13911112222"


def send(browser: Desk, path: str = CALL, /, *, go: str = "send", page: Page | None = None, **typed: Any) -> Page:
    """Fill in the form at ``path`` and press one of its buttons."""
    form = (page or browser.get(path)).form(path)
    return Page(browser.browser.post(path, {**form.fields, "go": go, **typed}))


def act(browser: Desk, page: Page, go: str, **typed: str) -> Page:
    """Use one of the forms of the page that follows."""
    fields = next(form.fields for form in page.forms if form.action == "/written-down" and "note" in form.fields)
    ticket = {key: value for form in page.forms for key, value in form.fields.items() if key == "ticket"}
    return Page(browser.browser.post("/written-down", {**fields, **ticket, "go": go, **typed}))


def sound(page: Page) -> Page:
    assert Markup(page.body.decode()).faults == []
    return page


# The form


@pytest.mark.parametrize("path", [CALL, VISIT, LETTER])
def test_the_form_is_whole_and_asks_about_danger_before_the_story(path: str, desk: OpenDesk, ines: Actor) -> None:
    page = sound(desk(ines).get(path))
    assert page.status == 200
    names = list(page.form(path).fields)
    assert "risk" not in names, "nothing is ticked for the reporter"
    asked = page.body.decode()
    assert asked.index('name="risk"') < asked.index('name="category"') < asked.index('name="what"')


def test_the_script_of_the_pack_is_on_the_screen_and_a_letter_has_none(desk: OpenDesk, ines: Actor) -> None:
    script = get_pack().hotline
    assert script is not None
    browser = desk(ines)
    assert script.greeting.text("en") in browser.get(CALL).plain
    assert script.safety.text("en") in browser.get(VISIT).plain
    assert script.greeting.text("en") not in browser.get(LETTER).plain


def test_a_pack_without_a_script_asks_about_danger_all_the_same(
    desk: OpenDesk, ines: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_script(monkeypatch)
    page = sound(desk(ines).get(CALL))
    assert "Are you, or is somebody else, in danger?" in page.plain
    assert sound(send(desk(ines), what=WHAT)).words


def without_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack of today, without its table for the telephone."""
    pack = get_pack()
    bare = type(pack)(**{name: getattr(pack, name) for name in pack.__slots__} | {"hotline": None})
    shelf = type("Shelf", (), {"at": lambda _s, _m: bare, "version": lambda _s, _v: bare})()
    monkeypatch.setattr(active, "get_shelf", lambda: shelf)


@pytest.mark.parametrize("language", ["en", "zh-hans", "ar", "fr", "ru", "es"])
def test_questions_and_words_are_in_the_language_of_the_caller(language: str, desk: OpenDesk, ines: Actor) -> None:
    browser, pack = desk(ines), get_pack()
    page = sound(send(browser, go="look", language=language, category="violence_threat"))
    for question in pack.category("violence_threat").questions:
        assert " ".join(question.label.text(language).split()) in page.plain
    with override(language):
        assert " ".join(str(COMMON_QUESTIONS["heard"].label).split()) in page.plain
    stored = sound(send(browser, page=page, what=WHAT))
    assert len(stored.words) == 9
    assert " ".join(pack.texts(language).lines("next_steps.steps")[0].split()) in stored.plain
    assert CodeKeys.derive(candidate_seeds(" ".join(stored.words))[0]).login_hash == bytes(Tip.objects.get().login_hash)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Someone plans or threatens to hurt people", "violence_threat"),
        ("  someone PLANS or   threatens to hurt people ", "violence_threat"),
        ("threatens to hurt", "violence_threat"),
        ("扬言伤害", "violence_threat"),
        ("violence_threat", "violence_threat"),
        ("menace", "violence_threat"),
    ],
)
def test_a_category_is_found_by_typing(typed: str, code: str, installation: Installation) -> None:
    found = find_category(typed)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("typed", ["someone", "nothing like it", "\x00", "x" * 10_000])
def test_several_and_none_are_not_guessed(typed: str, installation: Installation) -> None:
    with pytest.raises(NoSuchCategory):
        find_category(typed)


def test_showing_the_questions_keeps_everything_and_stores_nothing(desk: OpenDesk, ines: Actor) -> None:
    typed: dict[str, Any] = {
        "what": WHAT, "heard": "From her sister.", "where": "Behind the tannery", "contact": "Mia", "words": "no",
        "risk": "no", "source": "told", "medium": "notes", "original": "Dutch", "translator": "a friend",
    }  # fmt: skip
    page = sound(send(desk(ines), go="look", category="threatens to hurt", **typed))
    assert page.status == 200
    kept = page.form(CALL).fields
    assert {name: kept[name] for name in typed} == typed
    assert "exact_words__answer" in kept
    again = sound(send(desk(ines), go="", **typed))
    assert again.form(CALL).fields["what"] == WHAT
    assert not Tip.objects.exists()


def test_a_slip_keeps_everything_too(desk: OpenDesk, ines: Actor) -> None:
    page = sound(send(desk(ines), category="no such thing", where="Behind the tannery", contact="x" * 800))
    assert page.status == 422
    assert "There is no such kind of report" in page.plain
    assert page.form(CALL).fields["where"] == "Behind the tannery"
    page = sound(send(desk(ines), where="Behind the tannery", contact="x" * 800))
    assert "Write what the person did" in page.plain
    assert "This is too long." in page.plain


def test_answers_to_the_questions_of_the_category_are_stored_as_from_the_website(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    page = send(browser, go="look", category="violence_threat")
    typed: dict[str, Any] = {
        "exact_words__answer": "“I will come with a knife.”", "means__answer": ["blade"],
        "when_planned__answer_day": "1", "when_planned__answer_month": "5", "when_planned__answer_year": "2026",
    }  # fmt: skip
    send(browser, page=page, what=WHAT, **typed)
    assert dict(content_of(Tip.objects.get()).particulars.details) == {
        "exact_words": "“I will come with a knife.”",
        "means": ["blade"],
        "when_planned": {"from": "2026-05-01", "to": "2026-05-01"},
    }


# The number


def test_the_number_is_gone_as_soon_as_it_could_be_read(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    page = sound(send(browser, go="look", number=NUMBER))
    assert page.form(CALL).fields["number"] == ""
    shown = page.body.decode()
    assert NUMBER not in shown
    assert DIGITS not in shown
    stored = send(browser, page=page, what=WHAT)
    assert DIGITS not in stored.body.decode()
    assert len(bytes(Transcription.objects.get().line)) == 32
    again = send(browser, go="look", number=f"+86{DIGITS}")
    assert "1 call, on" in again.plain
    assert "Repeated calls prove repetition, not intent." in again.plain
    assert f"/tips/{Tip.objects.get().ref}" in again.body.decode()


def test_the_number_is_in_no_table_no_file_and_no_page(
    desk: OpenDesk, ines: Actor, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    browser = desk(ines)
    pages = [
        send(browser, go="look", number=NUMBER, what=WHAT),
        send(browser, number=NUMBER, what="", category="nothing like it"),
        send(browser, go="emergency", number=NUMBER),
        send(browser, number=NUMBER, what=WHAT),
        browser.get(f"/tips/{Tip.objects.earliest('id').ref}"),
    ]
    told = [(f"page {at}", page.body) for at, page in enumerate(pages)]
    for place, data in [*told, *in_the_database(), *in_files(installation.files), ("log", caplog.text.encode())]:
        for trace in (NUMBER.encode(), DIGITS.encode(), DIGITS.encode().hex().encode()):
            assert trace not in data, place


@pytest.mark.parametrize("number", ["withheld", "1-800-FLOWERS", "12", "1" * 30, "<script>"])
def test_letters_are_no_number_and_what_was_typed_can_be_mended(number: str, desk: OpenDesk, ines: Actor) -> None:
    page = sound(send(desk(ines), number=number, what=WHAT))
    assert page.status == 422
    assert "This is no telephone number" in page.plain
    assert page.form(CALL).fields["number"] == number
    assert page.form(CALL).fields["what"] == WHAT
    assert not Tip.objects.exists()


def test_a_withheld_number_is_an_empty_field(desk: OpenDesk, ines: Actor) -> None:
    page = send(desk(ines), go="look", number=" ")
    assert "Earlier calls" not in page.plain
    assert send(desk(ines), number="", what=WHAT).words
    assert bytes(Transcription.objects.get().line) == b""
    assert not AuditRecord.objects.filter(action="line.look_up").exists()


def line_on(page: Page) -> str:
    """The line that travels in a form, without the time of its signature."""
    return page.form(CALL).fields["line"].split(":")[0]


def test_another_number_replaces_the_first_and_a_tick_takes_it_out(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    first = send(browser, go="look", number=NUMBER)
    other = send(browser, page=first, go="look", number="139 3333 4444")
    assert line_on(other) != line_on(first)
    wrong = send(browser, page=other, go="look", number="4x")
    assert line_on(wrong) == line_on(other)
    out = send(browser, page=other, what=WHAT, forget_line="1")
    assert out.words
    assert bytes(Transcription.objects.get().line) == b""


FORGED_LINES = {
    "empty": "",
    "no token": "x",
    "no signature": "ab" * 32,
    "another salt": signing.dumps("ab" * 32),
    "too short": signing.dumps("ab", salt="tocsin.desk.line"),
}


@pytest.mark.parametrize("line", FORGED_LINES.values(), ids=FORGED_LINES)
def test_a_line_that_no_telephone_showed_is_not_looked_up(line: str, desk: OpenDesk, ines: Actor) -> None:
    page = send(desk(ines), go="look", line=line)
    assert page.status == 200
    assert not AuditRecord.objects.filter(action="line.look_up").exists()


def test_the_page_costs_the_same_for_one_earlier_call_and_for_many(
    desk: OpenDesk, ines: Actor, django_assert_max_num_queries: Any
) -> None:
    browser = desk(ines)

    def cost() -> int:
        with django_assert_max_num_queries(30) as asked:
            send(browser, page=page, go="look", number=NUMBER)
        return len(asked)

    page = browser.get(CALL)
    before = cost()
    for number in range(11):
        send(browser, number=NUMBER, what=f"Call {number}.")
    assert cost() <= before


# The words


def test_the_words_are_shown_spelled_and_only_on_this_page(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    page = sound(send(browser, what=WHAT))
    assert len(page.words) == 9
    for word in page.words:
        assert " ".join(word.upper()) in page.plain
    tip = Tip.objects.get()
    for path in (f"/tips/{tip.ref}", "/inbox", CALL):
        assert " ".join(page.words[:2]) not in browser.get(path).plain
    for place, data in in_the_database():
        assert " ".join(page.words[:2]).encode() not in data, place


def test_words_that_were_heard_differently_are_named(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    page = send(browser, what=WHAT)
    heard = [*page.words[:4], "zebra", *page.words[5:]]
    wrong = sound(act(browser, page, "read-back", heard=" ".join(heard)))
    assert "Read out again: 5" in wrong.plain
    assert wrong.plain.count("heard differently") == 1
    assert wrong.words == page.words
    right = sound(act(browser, wrong, "read-back", heard=" ".join(word[:4].upper() for word in page.words)))
    assert "All nine words are right." in right.plain


def test_no_words_are_handed_out_to_nobody(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    page = sound(send(browser, what=WHAT, words="no"))
    assert page.words == []
    assert "No words were handed out." in page.plain
    assert not TipMessage.objects.exists()
    assert sound(act(browser, page, "read-back", heard="x")).status == 200


def test_the_next_date_is_told_with_the_words(desk: OpenDesk, ines: Actor) -> None:
    page = send(desk(ines), what=WHAT)
    day = Tip.objects.get().acknowledge_by
    assert f"{day.day} {day:%B %Y}" in page.plain


# Emergency


@pytest.mark.parametrize("typed", [{}, {"what": WHAT}, {"number": "no digits", "category": "nothing", "what": WHAT}])
def test_an_emergency_is_stored_with_whatever_stands_there(
    typed: dict[str, Any], desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    page = sound(send(browser, go="emergency", **typed))
    assert page.status == 200
    assert "Hand over now" in page.plain
    tip = Tip.objects.get()
    assert tip.urgent
    opened = read_tip(ines, tip.ref)
    assert opened.content is not None
    assert "protection" in opened.content.flags
    assert opened.content.answers["what"].strip()
    if "category" in typed:
        assert "nothing" in opened.content.answers["what"], "what could not be read is kept as it was typed"
        assert "no digits" not in opened.content.answers["what"]
    unlocked.lock_now()  # nobody waits for a passphrase
    done = sound(act(browser, page, "hand-over", body="000-0001", said="A man with a knife."))
    assert "Police (sample number) (000-0001) took over" in done.plain
    assert done.words == page.words, "the words are still there to be read out"
    assert "Took over:" in act(browser, done, "read-back", heard="x").plain
    assert StepRecord.objects.get(step="hand_off").actor == ines.name


def test_what_cannot_be_read_in_an_emergency_is_kept_as_typed(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    page = send(browser, go="look", category="animal_deaths")
    name = "animals_dead__answer"
    assert send(browser, page=page, what=WHAT, **{name: "a great many"}).status == 422
    assert send(browser, page=page, go="emergency", what=WHAT, **{name: "a great many"}).status == 200
    assert "a great many" in content_of(Tip.objects.get()).answers["what"]


def test_the_emergency_numbers_of_the_pack_stand_on_every_form(desk: OpenDesk, ines: Actor) -> None:
    for path in (CALL, VISIT, LETTER):
        page = desk(ines).get(path)
        for entry in get_pack().emergency_numbers:
            assert entry.number in page.plain


@pytest.mark.parametrize(("body", "said"), [("", "Help."), ("110", "Help."), ("000-0001", " ")])
def test_a_hand_over_that_lacks_something_loses_neither_words_nor_text(
    body: str, said: str, desk: OpenDesk, ines: Actor
) -> None:
    browser = desk(ines)
    page = send(browser, go="emergency", what=WHAT)
    refused = sound(act(browser, page, "hand-over", body=body, said=said))
    assert refused.status == 422
    assert refused.words == page.words
    assert said in next(form.fields["said"] for form in refused.forms if "said" in form.fields)
    assert not StepRecord.objects.filter(step="hand_off").exists()


def test_two_bodies_can_take_over(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    page = send(browser, go="emergency", what=WHAT)
    first = act(browser, page, "hand-over", body="000-0001", said="A man with a knife.")
    both = act(browser, first, "hand-over", body="000-0002", said="One is hurt.")
    assert both.plain.count("(000-0001)") == 1
    assert both.plain.count("(000-0002)") == 2, "in the list and in what was just done"
    assert StepRecord.objects.filter(step="hand_off").count() == 2


def test_what_the_caller_says_afterwards_is_added_once(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    page = send(browser, go="emergency", what=WHAT)
    for _time in range(2):
        added = sound(act(browser, page, "add", text="He left in a grey van."))
        assert "Added to the report." in added.plain
    assert TipMessage.objects.filter(kind="dictated").count() == 1
    empty = sound(act(browser, page, "add", text=" "))
    assert empty.status == 422
    long = act(browser, page, "add", text="x" * 200_001)
    assert long.status == 422
    assert "x" * 200_001 in next(form.fields["text"] for form in long.forms if "text" in form.fields)


def test_somebody_who_calls_again_can_add_to_the_report_from_its_page(
    desk: OpenDesk, ines: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    for _time in range(2):
        page = browser.send(browser.get(f"/tips/{reported.ref}"), "/dictate", text="He is back.")
        assert "It is added to the report." in page.plain
    assert "He is back." in page.plain
    assert TipMessage.objects.count() == 1
    assert "He is back." in "".join(each.text or "" for each in mailbox.read_mailbox(reported.keys).messages)


# Twice, late, broken


def test_sending_the_form_twice_is_one_report(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    form = browser.get(CALL)
    first, second = (send(browser, page=form, what=WHAT, number=NUMBER) for _ in range(2))
    assert first.words == second.words
    assert (Tip.objects.count(), TipMessage.objects.count()) == (1, 1)


def test_going_back_and_changing_the_form_loses_nothing(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    form = browser.get(CALL)
    first = send(browser, page=form, go="emergency", what="He has a knife")
    again = sound(send(browser, page=form, what="He has a knife and a grey van."))
    assert again.status == 409
    assert again.words == first.words
    unsent = next(form.fields["text"] for form in again.forms if "text" in form.fields)
    assert "He has a knife and a grey van." in unsent
    assert Tip.objects.count() == 1


def test_a_form_of_yesterday_is_not_lost(desk: OpenDesk, ines: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk(ines)
    form = browser.get(CALL)
    monkeypatch.setattr("tocsin.intake.attempts.TICKET_LIFETIME", -1)
    late = sound(send(browser, page=form, what=WHAT))
    assert late.status == 403
    assert late.form(CALL).fields["what"] == WHAT
    monkeypatch.undo()
    assert send(browser, page=late).words


def test_nobody_sends_the_form_or_uses_the_page_of_somebody_else(desk: OpenDesk, ines: Actor) -> None:
    otto = hire("otto", Role.INTAKE)
    mine, other = desk(ines), desk(otto)
    form = mine.get(CALL).form(CALL).fields
    page = send(other, what=WHAT, ticket=form["ticket"])
    assert page.status == 403
    assert not Tip.objects.exists()
    sent = send(mine, what=WHAT)
    note = next(form.fields["note"] for form in sent.forms if "note" in form.fields)
    theirs = send(other, what="Another.")
    taken = act(other, theirs, "read-back", note=note, heard="x")
    assert taken.status == 409
    assert taken.words == []


FORGED_NOTES = {
    "empty": "",
    "no token": "x",
    "no note": signing.dumps({"ref": "x"}, salt="tocsin.desk.written-down"),
    "a number": signing.dumps(1),
}


@pytest.mark.parametrize("note", FORGED_NOTES.values(), ids=FORGED_NOTES)
def test_a_page_that_we_did_not_make_does_nothing(note: str, desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    sent = send(browser, what=WHAT)
    assert act(browser, sent, "add", note=note, text="x").status == 409
    assert act(browser, sent, "nothing-known").status == 404
    assert not TipMessage.objects.filter(kind="dictated").exists()


def test_a_full_store_promises_nothing_and_keeps_the_text(
    desk: OpenDesk, ines: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: object) -> None:
        raise Busy("The store is full.")

    browser = desk(ines)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_down", busy)
        page = sound(send(browser, what=WHAT, number=NUMBER))
    assert page.status == 503
    assert page.form(CALL).fields["what"] == WHAT
    assert DIGITS not in page.body.decode()
    assert send(browser, page=page).words
    assert len(bytes(Transcription.objects.get().line)) == 32


def broken(**_: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("fault", ["signed out", "form check", "our own", "role taken away"])
def test_a_text_that_cannot_be_taken_is_given_back(
    fault: str, desk: OpenDesk, ines: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = desk(ines)
    form = browser.get(CALL)
    typed: dict[str, Any] = {"what": WHAT, "number": NUMBER, "exact_words__answer": "I will come"}
    if fault == "signed out":
        browser.browser.cookies.clear()
    elif fault == "form check":
        typed["csrfmiddlewaretoken"] = "x" * 64
    elif fault == "our own":
        monkeypatch.setattr(writing, "write_down", broken)
    else:
        staff_of(ines).grants.all().delete()
    page = sound(send(browser, page=form, **typed))
    assert page.status in (403, 500)
    assert WHAT in page.plain
    assert "I will come" in page.plain
    assert DIGITS not in page.body.decode()
    assert NUMBER not in page.body.decode()
    assert not Tip.objects.exists()


@pytest.mark.parametrize("go", ["send", "emergency"])
def test_a_talk_that_outlasts_the_session_loses_no_text(
    go: str, desk: OpenDesk, ines: Actor, set_clock: Callable[..., TestClock]
) -> None:
    stopped = set_clock()
    browser = desk(ines)
    form = browser.get(CALL)
    stopped.forward(minutes=31)
    page = sound(send(browser, page=form, go=go, what=WHAT))
    assert page.status == 403
    assert WHAT in page.plain
    assert not Tip.objects.exists()


# Letters and visits


def upload(data: bytes = b"%PDF-1.4 a scan", name: str = "scan.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def parts(days_ago: int) -> dict[str, Any]:
    day = clock.now().astimezone(get_pack().calendar.zone).date() - timedelta(days=days_ago)
    return {"arrived_day": str(day.day), "arrived_month": str(day.month), "arrived_year": str(day.year)}


def test_a_letter_with_its_scan_and_its_provenance(desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    told: dict[str, Any] = {
        "medium": "handwritten",
        "original": "Ukrainian",
        "translator": "Sworn translator, list no. 12",
    }
    page = sound(send(desk(ines), LETTER, what=WHAT, words="no", files=[upload()], **parts(3), **told))
    assert page.status == 200
    tip = Tip.objects.get()
    assert tip.channel == "letter"
    assert (tip.acknowledge_by - clock.now().astimezone(get_pack().calendar.zone).date()).days == 4
    (file,) = evidence_of(tip)
    assert file.about.name == "scan.pdf"
    seen = sound(desk(ines).get(f"/tips/{tip.ref}"))
    for text in ("How it was written down", "Ines", "A letter written by hand", "Ukrainian", "list no. 12", "scan.pdf"):
        assert text in seen.plain
    assert "No words were handed out." in seen.plain


def test_the_scan_lies_sealed_and_the_provenance_is_in_no_column(
    desk: OpenDesk, ines: Actor, installation: Installation
) -> None:
    send(desk(ines), LETTER, what=WHAT, files=[upload(b"CANARY" * 50)], translator="Mirabel Osterwind", **parts(0))
    assert Evidence.objects.count() == 1
    for place, data in [*in_the_database(), *in_files(installation.files)]:
        assert b"CANARYCANARY" not in data, place
        assert b"Mirabel" not in data, place


def test_a_key_file_is_never_taken_for_a_scan(desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    key = upload(b"CANARY" * 50, "custodian.key")
    page = send(desk(ines), LETTER, what=WHAT, words="no", files=[upload()], key_file=key, **parts(0))
    assert page.status == 200
    assert [file.about.name for file in evidence_of(Tip.objects.get())] == ["scan.pdf"]
    for place, data in [*in_the_database(), *in_files(unlocked_desk.files)]:
        assert b"CANARYCANARY" not in data, place


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Write an answer."),
        ({"arrived_month": "5", "arrived_year": "2026"}, "Write day, month and year."),
        ({"arrived_day": "31", "arrived_month": "2", "arrived_year": "2026"}, "This day does not exist"),
        ({"arrived_day": "1", "arrived_month": "1", "arrived_year": "2999"}, "This day lies ahead"),
        ({"arrived_day": "1", "arrived_month": "1", "arrived_year": "1999"}, "This day lies ahead, or years back"),
    ],
)
def test_a_letter_without_a_day_of_arrival_is_not_stored(
    typed: dict[str, Any], sentence: str, desk: OpenDesk, ines: Actor, installation: Installation
) -> None:
    page = sound(send(desk(ines), LETTER, what=WHAT, files=[upload()], **typed))
    assert page.status == 422
    assert sentence in page.plain
    assert page.form(LETTER).fields["what"] == WHAT
    assert not Tip.objects.exists()
    assert list((installation.files / "evidence" / "incoming").iterdir()) == [], "a file that was not taken is removed"


def test_a_visit_needs_no_day_and_may_bring_papers(desk: OpenDesk, ines: Actor) -> None:
    page = sound(send(desk(ines), VISIT, what=WHAT, files=[upload(bytes(range(256)) * 100, "x.bin")]))
    assert page.words
    assert (Tip.objects.get().channel, Evidence.objects.count()) == ("in_person", 1)


def test_sending_a_letter_twice_keeps_one_scan(desk: OpenDesk, ines: Actor, installation: Installation) -> None:
    browser = desk(ines)
    form = browser.get(LETTER)
    for _time in range(2):
        page = send(browser, LETTER, page=form, what=WHAT, files=[upload()], **parts(1))
        assert page.status == 200
    assert (Tip.objects.count(), Evidence.objects.count()) == (1, 1)
    lying = [path for path in (installation.files / "evidence").rglob("*") if path.is_file()]
    assert len(lying) == 1


def test_a_file_that_is_refused_is_named_and_the_report_is_stored(
    desk: OpenDesk, ines: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [upload(b"", "empty.pdf"), *(upload(b"x%d" % number, f"{number}.txt") for number in range(22))]
    page = sound(send(desk(ines), LETTER, what=WHAT, files=files, **parts(0)))
    assert page.status == 200
    assert "empty.pdf" in page.plain
    assert "This file is empty." in page.plain
    assert "More files than one report can have." in page.plain
    assert Evidence.objects.count() == get_pack().evidence.most_files


def test_a_call_takes_no_files(desk: OpenDesk, ines: Actor, installation: Installation) -> None:
    page = send(desk(ines), CALL, what=WHAT, files=[upload()])
    assert page.words
    assert not Evidence.objects.exists()
    assert not [path for path in (installation.files / "evidence").rglob("*") if path.is_file()]


def test_strangers_and_people_without_the_right_put_no_file_onto_the_disk(
    desk: OpenDesk, cast: Cast, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr("tocsin.intake.uploads.IncomingFile", lambda name: begun.append(name))
    for browser in (Desk(), desk(cast.ada), desk(cast.sam)):
        fields = browser.get("/ledger").forms[0].fields
        answer = browser.browser.post(LETTER, {**fields, "what": WHAT, "files": [upload()]})
        assert answer.status_code == 403
    assert begun == []


def test_a_road_that_the_pack_does_not_offer_is_not_there(
    desk: OpenDesk, ines: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "open_roads", lambda: [ROADS["call"]])
    browser = desk(ines)
    assert browser.get(LETTER).status == 404
    assert browser.get(CALL).status == 200


# Who may


@pytest.mark.parametrize("path", [CALL, VISIT, LETTER])
@pytest.mark.parametrize("who", ["tara", "ivo", "sam", "lea", "ada"])
def test_only_intake_writes_reports_down(who: str, path: str, desk: OpenDesk, cast: Cast) -> None:
    browser = desk(getattr(cast, who))
    assert browser.get(path).status == 403
    assert "Calls and letters" not in browser.get("/ledger").plain
    fields = browser.get("/ledger").forms[0].fields
    for to in (path, "/written-down"):
        assert (
            browser.browser.post(to, {**fields, "go": "emergency", "what": WHAT, "number": NUMBER}).status_code == 403
        )
    assert not Tip.objects.exists()
    assert not AuditRecord.objects.filter(action="line.look_up").exists()


@pytest.mark.parametrize(
    "what", ["x" * 200_000, "字" * 200_000, "\x00\x01" + WHAT, "<script>alert(1)</script></textarea>"]
)
def test_whatever_is_typed_is_stored_and_shown_as_text(
    what: str, desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    page = sound(send(desk(ines), what=what))
    assert page.status == 200
    assert len(content_of(Tip.objects.get()).answers["what"]) == len(what.replace("\x00\x01", ""))
    assert sound(desk(ines).get(f"/tips/{Tip.objects.get().ref}")).status == 200


def test_more_than_can_be_taken_is_told_and_kept(desk: OpenDesk, ines: Actor) -> None:
    for go in ("send", "emergency"):
        page = sound(send(desk(ines), go=go, what="x" * 200_001))
        assert page.status == 422
        assert page.form(CALL).fields["what"] == "x" * 200_001
    assert not Tip.objects.exists()
