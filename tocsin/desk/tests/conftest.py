"""The desk as staff meet it: its own addresses and guards, and browsers that are signed in."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from pytest_django.fixtures import Settings

from tests.installation import Installation
from tests.people import PASSWORD, code_of, come_in
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.access.attempts import factor_attempts, sign_in_attempts
from tocsin.tips import identity_opening, unlocking

# By name, because the faces do not import the settings.
BASE = importlib.import_module("tocsin.config.settings.base")
# What the desk process has that the settings of the tests have not; ``tests/hygiene`` holds it against the real ones.
DESK_DOOR: dict[str, Any] = {
    "ROOT_URLCONF": "tocsin.desk.urls",
    "SESSION_ENGINE": "django.contrib.sessions.backends.db",
    "SESSION_COOKIE_NAME": "desk",
    "SESSION_COOKIE_AGE": 8 * 3600,
    "SESSION_COOKIE_SAMESITE": "Strict",
    "TOCSIN_CSP": f"{BASE.TOCSIN_CSP}; script-src 'self'",
    "TOCSIN_RULE_PAGE": "tocsin.desk.errors.rule_page",
    "CSRF_FAILURE_VIEW": "tocsin.desk.errors.csrf_failure",
    "LANGUAGE_COOKIE_NAME": "desk-language",
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": 1000,
    "FILE_UPLOAD_HANDLERS": ["tocsin.ui.uploads.KeyFileInMemory", "tocsin.desk.uploads.SealScans"],
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

    def give_password(self, username: str, password: str = PASSWORD, *, at: str = "/") -> Page:
        return self.send(self.get(at), "/sign-in", username=username, password=password)

    def sign_in(self, username: str, password: str = PASSWORD, *, at: str = "/") -> Page:
        page = self.give_password(username, password, at=at)
        if not any(form.action == "/sign-in/second-factor" for form in page.forms):
            return page
        return self.send(page, "/sign-in/second-factor", code=code_of(username))


@pytest.fixture
def desk_door(settings: Settings, installation: Installation) -> Installation:
    """The settings of the desk process."""
    for name, value in DESK_DOOR.items():
        setattr(settings, name, value)
    for attempts in (sign_in_attempts, factor_attempts, unlocking.attempts, identity_opening.attempts):
        attempts.forget_all()
    return installation


@pytest.fixture
def patient_sessions(desk_door: Installation, settings: Settings) -> None:
    """Sessions outlast the days by which a test moves the clock."""
    settings.TOCSIN_SESSION_IDLE_MINUTES = settings.TOCSIN_SESSION_HOURS = 10**6


@pytest.fixture
def desk(desk_door: Installation, db: None) -> Callable[[Actor], Desk]:
    """``desk(sam)`` is a browser in which sam has signed in."""

    def signed_in(actor: Actor) -> Desk:
        browser = Desk()
        come_in(browser.browser, actor)
        assert browser.signed_in
        return browser

    return signed_in
