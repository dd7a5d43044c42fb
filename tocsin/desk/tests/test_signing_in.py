"""The staff door: who gets in, what a stranger sees, what is written down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import resolve, reverse
from pytest_django.fixtures import Settings

from tests.installation import PASSPHRASE, Installation
from tests.people import PASSWORD, code_of
from tocsin.access.actors import Actor
from tocsin.desk.tests.conftest import Desk
from tocsin.ledger.models import AuditRecord
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]


def actions() -> list[str]:
    return list(AuditRecord.objects.order_by("id").values_list("action", flat=True))


def test_a_stranger_is_sent_to_the_sign_in_page_and_comes_back_to_where_they_wanted(
    desk_door: Installation, ada: Actor
) -> None:
    browser = Desk()
    page = browser.get("/ledger")
    assert page.form("/sign-in").fields["next"] == "/ledger"
    second = browser.send(page, "/sign-in", username="ada", password=PASSWORD)
    back = browser.send(second, "/second-factor", code=code_of("ada"))
    assert "Newest signature" in back.plain


def test_the_sign_in_page_never_leads_to_another_site(desk_door: Installation, ada: Actor) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        browser = Desk()
        page = Desk.get(browser, f"/sign-in?next={elsewhere}")
        browser.browser.post(
            "/sign-in", {**page.form("/sign-in").fields, "username": "ada", "password": PASSWORD, "next": elsewhere}
        )
        second = browser.get("/sign-in/second-factor").form("/second-factor").fields
        answer = browser.browser.post("/sign-in/second-factor", {**second, "code": code_of("ada")})
        assert answer.headers["Location"] == reverse("home")


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(desk_door: Installation, ada: Actor) -> None:
    wrong_name = Desk().sign_in("nobody-here", PASSWORD)
    wrong_password = Desk().sign_in("ada", "not the password")
    assert wrong_name.status == wrong_password.status == 403
    assert wrong_name.plain == wrong_password.plain
    assert actions().count("sign-in.refused") == 2


def test_somebody_who_left_cannot_sign_in(desk_door: Installation, ada: Actor) -> None:
    from tocsin.access.models import Staff

    Staff.objects.update(is_active=False)
    assert Desk().sign_in("ada").status == 403


def test_an_open_session_ends_when_the_person_leaves(desk: OpenDesk, ada: Actor) -> None:
    from tocsin.access.models import Staff

    browser = desk(ada)
    Staff.objects.update(is_active=False)
    assert "Sign-in name" in browser.get("/ledger").plain


def test_after_ten_wrong_passwords_even_the_right_one_must_wait(desk_door: Installation, ada: Actor) -> None:
    for _try in range(10):
        Desk().sign_in("ada", "not the password")
    page = Desk().sign_in("ada")
    assert "Too many attempts" in page.plain


def test_signing_out_ends_the_session_and_is_written_down(desk: OpenDesk, ada: Actor) -> None:
    browser = desk(ada)
    browser.send(browser.get("/ledger"), "/sign-out")
    assert not browser.signed_in
    assert actions()[-2:] == ["sign-in", "sign-out"]


def test_the_session_gets_a_new_name_at_sign_in(desk_door: Installation, ada: Actor, settings: Settings) -> None:
    browser = Desk()
    page = browser.get("/")
    before = browser.browser.cookies[settings.SESSION_COOKIE_NAME].value
    second = browser.send(page, "/sign-in", username="ada", password=PASSWORD)
    between = browser.browser.cookies[settings.SESSION_COOKIE_NAME].value
    browser.send(second, "/second-factor", code=code_of("ada"))
    after = browser.browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert len({before, between, after}) == 3


def test_posting_without_a_session_changes_nothing(desk_door: Installation, db: None) -> None:
    browser = Desk()
    page = browser.get("/")
    token = page.form("/sign-in").fields["csrfmiddlewaretoken"]
    answer = browser.browser.post("/lock", {"csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    assert actions() == []


def test_a_view_that_declares_no_door_is_refused(desk: OpenDesk, ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk(ada)
    monkeypatch.delattr(resolve("/ledger").func, "door")
    assert browser.get("/ledger").status == 403


def test_the_passphrase_unlocks_for_everybody_and_a_wrong_one_does_not(desk: OpenDesk, ines: Actor) -> None:
    browser = desk(ines)
    wrong = browser.send(browser.get("/unlock"), "/unlock", passphrase="no such passphrase")
    assert wrong.status == 403
    assert not unlocked.is_unlocked()
    assert PASSPHRASE not in wrong.body.decode()
    browser.send(browser.get("/unlock"), "/unlock", passphrase=PASSPHRASE)
    assert unlocked.is_unlocked()
    browser.send(browser.get("/inbox"), "/lock")
    assert not unlocked.is_unlocked()
    assert actions()[-3:] == ["desk.unlock.refused", "desk.unlock", "desk.lock"] or "desk.lock" in actions()


def test_the_administrator_can_neither_unlock_nor_list(desk: OpenDesk, ada: Actor) -> None:
    browser = desk(ada)
    assert browser.get("/unlock").status == 403
    assert browser.get("/inbox").status == 403
    assert browser.get("/").status == 200


def test_the_desk_speaks_chinese_when_asked(desk: OpenDesk, ada: Actor) -> None:
    browser = desk(ada)
    page = browser.send(browser.get("/ledger"), "/language", language="zh-hans")
    assert 'lang="zh-Hans"' in page.body.decode()
