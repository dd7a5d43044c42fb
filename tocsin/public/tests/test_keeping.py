"""The nine words as a picture or a file, for those who ask: nothing is looked up, nothing is kept."""

from __future__ import annotations

import base64
import re
from io import BytesIO

import pytest
from django.conf import settings as installed
from django.http import HttpResponse
from django.utils.translation import override
from PIL import Image

from tests.installation import Installation
from tests.visitor import Page, Visitor
from tocsin.public.views import keeping
from tocsin.tips.models import Tip
from tocsin.ui.templatetags.ui import plain_date
from tocsin.vault.codes import new_seed, words_of

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in installed.LANGUAGES]


@pytest.fixture(autouse=True)
def files(installation: Installation) -> Installation:
    """A report needs keys."""
    return installation


def asked(visitor: Visitor, page: Page, kind: str, **changed: str) -> Page:
    """What the button of this kind on the receipt brings."""
    return visitor.send(page, "/report/keep", typed={**page.form("/report/keep").fields, "as": kind, **changed})


def picture_on(page: Page) -> Image.Image:
    """The QR code of a page."""
    found = re.search(r'src="data:image/png;base64,([^"]+)"', page.body.decode())
    assert found
    return Image.open(BytesIO(base64.b64decode(found[1])))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_file_says_what_the_printed_slip_says(language: str) -> None:
    visitor = Visitor(language)
    page = visitor.tell("Seeds by post.")
    answer = asked(visitor, page, "file")
    said = answer.body.decode("utf-8-sig").split("\r\n")
    assert said[1] == " ".join(page.words)
    assert said[2] == f"testserver/{language}/mailbox"
    with override(language):
        assert plain_date(Tip.objects.get().acknowledge_by) in said[3]
    assert answer.response.headers["Content-Disposition"] == 'attachment; filename="slip.txt"'
    assert answer.response.headers["Cache-Control"] == "no-store"
    assert visitor.open_mailbox(said[1]).status == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_is_a_code_of_the_words_and_the_page_does_not_repeat_them(language: str) -> None:
    visitor = Visitor(language)
    page = visitor.tell("Seeds by post.")
    answer = asked(visitor, page, "picture")
    assert answer.status == 200
    assert " ".join(page.words) not in answer.plain
    picture = picture_on(answer)
    assert picture.width == picture.height
    assert picture.width // 8 - 8 in range(21, 178, 4), "modules of a QR code without its quiet zone, ISO/IEC 18004"


def test_what_is_no_code_is_not_drawn() -> None:
    visitor = Visitor()
    page = visitor.tell("Seeds by post.")
    for wrong in ("", "https://example.org", "one two three", " ".join(page.words[:8]), " ".join(["zoo"] * 9)):
        for kind in ("picture", "file"):
            answer = asked(visitor, page, kind, words=wrong)
            assert answer.status == 422, wrong
            assert "data:image/png" not in answer.body.decode()


@pytest.mark.parametrize("kind", ["picture", "file"])
def test_nine_words_among_a_great_deal_of_nothing_are_refused(kind: str) -> None:
    """Commas count for nothing in a code, and would overflow the picture."""
    visitor = Visitor()
    page = visitor.tell("Seeds by post.")
    assert asked(visitor, page, kind, words=",".join(page.words) + "," * 10_000).status == 400


def test_a_code_that_belongs_to_nobody_is_drawn_like_any_other() -> None:
    """Nothing is looked up, so nothing can be learned."""
    visitor = Visitor()
    page = visitor.tell("Seeds by post.")
    words = " ".join(words_of(new_seed(), "en"))
    assert asked(visitor, page, "picture", words=words).status == 200


def test_a_day_that_is_none_is_refused() -> None:
    visitor = Visitor()
    page = visitor.tell("Seeds by post.")
    assert asked(visitor, page, "file", day="<b>soon</b>").status == 400


def test_it_answers_to_forms_alone() -> None:
    assert Visitor().get("report/keep").status == 405


def test_one_network_cannot_have_codes_drawn_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor()
    page = visitor.tell("Seeds by post.")
    monkeypatch.setattr(keeping, "slowed", lambda *_told: HttpResponse(status=429))
    answer = asked(visitor, page, "picture")
    assert answer.status == 429
    assert "Your words are still on the page behind this one." in answer.plain
