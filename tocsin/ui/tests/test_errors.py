"""Error pages say what happened, what was kept and what to do, and repeat nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.test import RequestFactory, override_settings

from tocsin.ui import errors
from tocsin.ui.tests.markup import Page


@pytest.fixture(autouse=True)
def _plain_static_names() -> Iterator[None]:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield


def page_of(response: object) -> Page:
    return Page(response.content.decode())  # type: ignore[attr-defined]  # any HttpResponse


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 500, 503])
@pytest.mark.parametrize("base", ["ui/page.html", "ui/public_base.html", "ui/desk_base.html"])
def test_an_error_page_says_what_was_kept_and_what_to_do(status: int, base: str) -> None:
    response = errors.error_page(None, status, base_template=base)
    page = page_of(response)
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    assert page.faults == []
    assert "What was kept" in page.text
    assert "What you can do" in page.text
    assert f"Error number {status}" in page.text


def test_a_sentence_of_the_rule_replaces_the_usual_one_and_is_escaped() -> None:
    page = page_of(errors.error_page(None, 422, sentence="Two people must agree <at least>."))
    assert "Two people must agree <at least>." in page.text
    assert page.faults == []


@pytest.mark.parametrize(("status", "title"), [(418, errors.TEXTS[400].title), (502, errors.TEXTS[500].title)])
def test_an_unknown_status_looks_like_its_family(status: int, title: str) -> None:
    response = errors.error_page(None, status)
    assert response.status_code == status
    assert str(title) in page_of(response).text


def test_the_handlers_repeat_neither_address_nor_exception(rf: RequestFactory) -> None:
    request = rf.get("/canary-address/?q=canary-query")
    answers = [
        errors.bad_request(request, ValueError("canary-fault")),
        errors.permission_denied(request, PermissionError("canary-fault")),
        errors.csrf_failure(request, reason="canary-fault"),
        errors.page_not_found(request, KeyError("canary-fault")),
        errors.server_error(request),
    ]
    assert [answer.status_code for answer in answers] == [400, 403, 403, 404, 500]
    assert all(b"canary" not in answer.content for answer in answers)


def test_too_big_a_request_is_told_so(rf: RequestFactory) -> None:
    assert errors.bad_request(rf.post("/"), RequestDataTooBig()).status_code == 413
