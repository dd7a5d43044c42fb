"""The tests run with settings of their own: here they are held against those of an installation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.architecture.source import ROOT
from tests.hygiene.doors import CSP, DESK_CSP
from tests.installation import Installation

ALIKE = (
    "DEBUG",
    "ROOT_URLCONF",
    "SESSION_ENGINE",
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_AGE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_PATH",
    "SESSION_COOKIE_DOMAIN",
    "SESSION_EXPIRE_AT_BROWSER_CLOSE",
    "SESSION_SERIALIZER",
    "CSRF_USE_SESSIONS",
    "CSRF_FAILURE_VIEW",
    "CSRF_TRUSTED_ORIGINS",
    "TOCSIN_CSP",
    "TOCSIN_RULE_PAGE",
    "FILE_UPLOAD_HANDLERS",
    "DATA_UPLOAD_MAX_MEMORY_SIZE",
    "DATA_UPLOAD_MAX_NUMBER_FIELDS",
    "DATA_UPLOAD_MAX_NUMBER_FILES",
    "USE_X_FORWARDED_HOST",
    "TEMPLATES",
    "LOGGING",
)
PRINT = """
import json, django; django.setup()
from django.conf import settings
names = [name for name in dir(settings) if name.isupper()]
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


@pytest.fixture(scope="module")
def real(made_home: tuple[Path, bytes]) -> dict[str, dict[str, Any]]:
    """The settings of the two doors of an installation, as its processes have them."""
    return {door: settings_of(door, made_home[0]) for door in ("public", "desk")}


def settings_of(door: str, home: Path) -> dict[str, Any]:
    clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment = {**clean, "TOCSIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": f"tocsin.config.settings.{door}"}
    told = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(told.stdout))


def of_the_tests() -> dict[str, Any]:
    return {name: json.loads(json.dumps(getattr(settings, name), default=str)) for name in (*ALIKE, "MIDDLEWARE")}


@pytest.mark.parametrize("door", ["public", "desk"])
def test_what_the_tests_prove_holds_for_an_installation(
    door: str, real: dict[str, dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    if door == "desk":
        request.getfixturevalue("desk_door")
    ours, theirs = of_the_tests(), real[door]
    different = {name: (ours[name], theirs[name]) for name in ALIKE if ours[name] != theirs[name]}
    assert different == {}
    static = "whitenoise.middleware.WhiteNoiseMiddleware"
    assert [each for each in theirs["MIDDLEWARE"] if each != static] == ours["MIDDLEWARE"]
    assert theirs["MIDDLEWARE"][0] == "tocsin.ui.middleware.SecurityHeaders"  # outside static files too


@pytest.mark.parametrize("door", ["public", "desk"])
def test_an_installation_behind_tls_keeps_its_cookie_on_tls(door: str, real: dict[str, dict[str, Any]]) -> None:
    told = real[door]
    assert told["SESSION_COOKIE_SECURE"] is True
    assert told["SESSION_COOKIE_HTTPONLY"] is True
    assert told["SESSION_COOKIE_SAMESITE"] in ("Lax", "Strict")
    assert told["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert told["TOCSIN_CSP"] == (DESK_CSP if door == "desk" else CSP)
    assert "*" not in told["ALLOWED_HOSTS"]


def test_the_doors_share_no_cookie_and_no_secret(real: dict[str, dict[str, Any]], installation: Installation) -> None:
    public, desk = real["public"], real["desk"]
    for name in ("SECRET_KEY", "SESSION_COOKIE_NAME", "ROOT_URLCONF"):
        assert public[name] != desk[name], name


def test_the_public_door_remembers_no_language(real: dict[str, dict[str, Any]]) -> None:
    assert real["public"]["LANGUAGE_COOKIE_NAME"] not in ("desk-language", "django_language")
