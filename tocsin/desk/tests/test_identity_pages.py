"""The screens on which an identity is asked for and opened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.installation import CUSTODIANS, Installation
from tests.people import Cast, hire
from tests.stories import CONTACT, Reported
from tocsin.access.actors import Actor
from tocsin.access.permissions import Role
from tocsin.desk.tests.conftest import Desk
from tocsin.tips.models import IdentityRequest

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]


def test_the_whole_way_through_the_screens(
    desk: OpenDesk, lea: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    supervisor, at = desk(lea), f"/tips/{reported.ref}/identity"
    assert at in supervisor.get(f"/tips/{reported.ref}").body.decode()
    supervisor.send(supervisor.get(at), at, reason="A court asks.", ground="Act 1")
    address = f"/identity-requests/{IdentityRequest.objects.get().ref}"
    pages = []
    for name in ("kim", "lou"):
        browser = desk(hire(name, Role.CUSTODIAN))
        assert address in browser.get("/identity-requests").body.decode()
        form = browser.get(address)
        assert "A court asks." in form.plain
        key = (unlocked_desk.home / "handover" / f"{name}.key").read_text()
        pages.append(browser.send(form, address, decision="agree", key=key, passphrase=CUSTODIANS[name]))
    assert CONTACT not in pages[0].plain
    assert CONTACT in pages[1].plain
    assert browser.browser.get(address).status_code == 404


def test_other_offices_find_neither_form_nor_list(
    desk: OpenDesk, cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    for actor in (cast.ines, cast.tara, cast.ivo, cast.ada):
        browser = desk(actor).browser
        assert browser.get(f"/tips/{reported.ref}/identity").status_code == 403
        assert browser.get("/identity-requests").status_code == 403
