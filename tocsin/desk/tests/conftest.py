"""The desk as staff meet it: its own addresses and guards, and browsers that are signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from pytest_django.fixtures import Settings

from tests.hygiene.doors import DESK_CSP
from tests.installation import Installation
from tests.people import PASSWORD
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.access.attempts import sign_in_attempts
from tocsin.access.models import Staff
from tocsin.tips import unlocking

# What the desk process has that the settings of the tests have not; ``tests/hygiene`` holds it against the real ones.
DESK_DOOR: dict[str, Any] = {
    "ROOT_URLCONF": "tocsin.desk.urls",
    "SESSION_ENGINE": "django.contrib.sessions.backends.db",
    "SESSION_COOKIE_NAME": "desk",
    "SESSION_COOKIE_AGE": 8 * 3600,
    "SESSION_COOKIE_SAMESITE": "Strict",
    "TOCSIN_RULE_PAGE": "tocsin.desk.errors.rule_page",
    "CSRF_FAILURE_VIEW": "tocsin.desk.errors.csrf_failure",
    "LANGUAGE_COOKIE_NAME": "desk-language",
    "FILE_UPLOAD_HANDLERS": ["tocsin.desk.uploads.SealScans"],
    "TOCSIN_CSP": DESK_CSP,
    "MIDDLEWARE": [
        "tocsin.ui.middleware.SecurityHeaders",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "tocsin.ui.middleware.PlainErrors",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "tocsin.desk.doors.StaffOnly",
    ],
}


class Desk:
    """One browser of one member of staff."""

    def __init__(self) -> None:
        self.browser = Client(enforce_csrf_checks=True, raise_request_exception=False)

    @property
    def signed_in(self) -> bool:
        return SESSION_KEY in self.browser.session

    def get(self, path: str) -> Page:
        return Page(self.browser.get(path, follow=True))

    def send(self, page: Page, form: str, **typed: str) -> Page:
        found = page.form(form)
        return Page(self.browser.post(found.action, {**found.fields, **typed}, follow=True))

    def sign_in(self, username: str, password: str = PASSWORD, *, at: str = "/") -> Page:
        return self.send(self.get(at), "/sign-in", username=username, password=password)


@pytest.fixture
def desk_door(settings: Settings, installation: Installation) -> Installation:
    """The settings of the desk process."""
    for name, value in DESK_DOOR.items():
        setattr(settings, name, value)
    for attempts in (sign_in_attempts, unlocking.attempts):
        attempts.forget_all()
    return installation


@pytest.fixture
def desk(desk_door: Installation, db: None) -> Callable[[Actor], Desk]:
    """``desk(sam)`` is a browser in which sam has signed in."""

    def signed_in(actor: Actor) -> Desk:
        browser = Desk()
        form = browser.get("/sign-in").form("/sign-in")
        name = Staff.objects.get(pk=actor.require_staff()).username
        browser.browser.post(form.action, {**form.fields, "username": name, "password": PASSWORD})
        assert browser.signed_in
        return browser

    return signed_in
