"""Every address says who may come in, and the public door carries no code that unlocks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from tests.architecture.source import ROOT
from tests.installation import answers_for_tests
from tocsin.access.permissions import Permission
from tocsin.config.setup import make_home

# What a view of a door may declare.
DOORS = {"tocsin.public.urls": {"public"}, "tocsin.desk.urls": {"desk", "after-password", "before-sign-in"}}
BEFORE_SIGN_IN = {"alive", "sign-in", "sign-in-with-passkey", "stop-sign-in", "demo-codes", "language"}
AFTER_PASSWORD = {"second-factor", "own-password", "enrol", "enrol-app", "enrol-passkey"}


def addresses(module: str) -> Iterator[tuple[str, Any]]:
    """``(name, view)`` of every URL of a door."""

    def walk(patterns: list[Any]) -> Iterator[tuple[str, Any]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            else:
                assert isinstance(pattern, URLPattern)
                yield pattern.name or str(pattern.pattern), pattern.callback

    return walk(import_module(module).urlpatterns)


ALL = [(module, name, view) for module in DOORS for name, view in addresses(module)]


@pytest.mark.parametrize(("module", "name", "view"), ALL, ids=[f"{module}:{name}" for module, name, _view in ALL])
def test_every_address_declares_its_door(module: str, name: str, view: Any) -> None:
    door = getattr(view, "door", None)
    assert door in DOORS[module], (
        f"{module}: “{name}” declares {door!r}. Say who may come in: @for_everybody on the public door, "
        "@needs(Permission…) or @before_sign_in at the desk."
    )


DESK = dict(addresses("tocsin.desk.urls"))


@pytest.mark.parametrize("name", DESK)
def test_every_screen_of_the_desk_says_what_one_must_be_allowed(name: str) -> None:
    view = DESK[name]
    if view.door == "before-sign-in":
        assert name in BEFORE_SIGN_IN, f"“{name}” is open to everybody on the network: is that meant?"
    elif view.door == "after-password":
        assert name in AFTER_PASSWORD, f"“{name}” opens without a second factor: is that meant?"
    else:
        assert all(isinstance(permission, Permission) for permission in view.needs)


def test_no_address_of_the_public_door_leads_to_the_desk() -> None:
    public = {getattr(view, "__module__", "") for _name, view in addresses("tocsin.public.urls")}
    assert not [module for module in public if module.startswith("tocsin.desk")]


def test_every_address_has_a_name_of_its_own() -> None:
    for module in DOORS:
        names = [name for name, _view in addresses(module)]
        assert len(names) == len(set(names)), module


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation for processes of its own."""
    home = tmp_path_factory.mktemp("door") / "home"
    make_home(home, answers_for_tests())
    return home


def loaded_by(home: Path, settings: str, *modules: str) -> set[str]:
    """Names of all modules that a process with these settings has loaded after importing ``modules``."""
    code = (
        "import sys, django; django.setup(); from importlib import import_module\n"
        f"for name in {modules!r}: import_module(name)\n"
        "print('\\n'.join(sys.modules))"
    )
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "TOCSIN_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": f"tocsin.config.settings.{settings}",
    }
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return set(told.stdout.split())


def test_the_public_door_loads_no_code_that_unlocks_or_reads_tips(home: Path) -> None:
    loaded = loaded_by(home, "public", "tocsin.public.urls", "tocsin.config.wsgi_public")
    forbidden = {"tocsin.vault.unlocked", "tocsin.tips.selectors", "tocsin.tips.services", "tocsin.config.unattended"}
    assert "tocsin.public.views.report" in loaded
    assert not loaded & forbidden, f"{loaded & forbidden} can be reached from the public door: cut the import."
    desk = {name for name in loaded if name.startswith("tocsin.desk.") and name != "tocsin.desk.apps"}
    assert not desk, f"{desk}: the desk's code is not for the internet."


SECOND_FACTOR = ("allauth", "fido2", "qrcode", "tocsin.access.factors")


@pytest.mark.parametrize("part", ["public", "worker"])
def test_only_the_desk_loads_the_code_of_second_factors(home: Path, part: str) -> None:
    modules = {"public": ("tocsin.public.urls", "tocsin.config.wsgi_public"), "worker": ("tocsin.config.worker",)}
    found = {name for name in loaded_by(home, part, *modules[part]) if name.startswith(SECOND_FACTOR)}
    assert not found, f"{sorted(found)[:5]}: {part} has no tables of second factors, and no business with them."


def test_the_desk_loads_no_page_of_allauth(home: Path) -> None:
    loaded = loaded_by(home, "desk", "tocsin.desk.urls")
    assert "allauth.mfa.models" in loaded
    pages = {name for name in loaded if name.startswith("allauth.") and name.endswith((".views", ".urls", ".forms"))}
    assert not pages, f"{pages}: only the library below allauth's pages is used; its pages have no address here."


def test_the_worker_loads_no_code_that_opens_tips(home: Path) -> None:
    loaded = loaded_by(home, "worker", "tocsin.config.worker", "tocsin.config.recovery")
    forbidden = {"tocsin.vault.unlocked", "tocsin.vault.opening", "tocsin.tips.selectors", "tocsin.tips.services"}
    assert not loaded & forbidden, f"{loaded & forbidden}: the worker opens no tip."


def test_the_public_settings_name_no_private_key_of_the_desk(home: Path) -> None:
    code = (
        "import django; from django.conf import settings; django.setup()\n"
        "from tocsin.config.instance import Instance\n"
        "for name in dir(settings):\n"
        "    value = getattr(settings, name)\n"
        "    if name.isupper() and not isinstance(value, Instance): print(name, repr(value))\n"
    )
    environment = {**os.environ, "TOCSIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "tocsin.config.settings.public"}
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "TOCSIN_PROMISE_KEY" in told
    for secret in ("keys/desk", "keys/worker", "handover"):
        assert secret not in told, f"the public door is told of {secret}"
