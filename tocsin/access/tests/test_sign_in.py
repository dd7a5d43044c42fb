"""The sign-in: one answer for everything that is wrong, a limit for each name, a line in the log for every try."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, identify_hasher
from django.test import override_settings

from tests.people import PASSWORD, hire, staff_of
from tocsin.access import services
from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import Role
from tocsin.access.services import check_password
from tocsin.common.errors import NotPermitted
from tocsin.ledger.models import AuditRecord

pytestmark = pytest.mark.django_db
# By name, because the folders of records do not import the settings.
BASE = importlib.import_module("tocsin.config.settings.base")
SETTINGS = Path(str(BASE.__file__)).parent


def refusal(username: str, password: str) -> NotPermitted:
    with pytest.raises(NotPermitted) as refused:
        check_password(username=username, password=password)
    return refused.value


def actions() -> list[str]:
    return list(
        AuditRecord.objects.filter(action__startswith="sign-in").order_by("id").values_list("action", flat=True)
    )


@pytest.fixture
def gone(db: None) -> Staff:
    """Somebody who has left."""
    staff = staff_of(hire("gone", Role.SUPERVISOR))
    staff.is_active = False
    staff.save()
    return staff


def test_name_and_password_together_are_somebody(ines: Actor) -> None:
    staff = check_password(username="ines", password=PASSWORD)
    assert staff.as_actor() == ines
    line = AuditRecord.objects.get(action="sign-in.password")
    assert line.actor == ines.name


def test_unknown_wrong_and_gone_are_told_the_same(ines: Actor, gone: Staff) -> None:
    told = [
        refusal("nobody", PASSWORD),
        refusal("ines", "not the password"),
        refusal("ines", ""),
        refusal("gone", PASSWORD),
        refusal("", ""),
        refusal("Ines ", PASSWORD),
        refusal("ines\x00", PASSWORD),
        refusal("i" * 5000, PASSWORD),
        refusal("ines' OR '1'='1", PASSWORD),
    ]
    assert {(str(each), each.status, type(each)) for each in told} == {
        ("The name or the password is wrong. Check both and try again.", 403, NotPermitted)
    }


def test_unknown_wrong_and_gone_cost_the_same_work(ines: Actor, gone: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    work = []
    for username in ("nobody", "ines", "gone"):
        hashed.clear()
        refusal(username, "not the password")
        work.append(len(hashed))
    assert work == [1, 1, 1]


def test_every_try_is_in_the_log_and_no_name_that_was_typed(ines: Actor) -> None:
    refusal("nobody-I-know", "a password typed into the wrong field")
    refusal("ines", "not the password")
    check_password(username="ines", password=PASSWORD)
    assert actions() == ["sign-in.refused", "sign-in.refused", "sign-in.password"]
    for line in AuditRecord.objects.filter(action="sign-in.refused"):
        assert (line.actor, line.role, line.subject, line.detail) == ("nobody", "", "", {})


def test_after_too_many_tries_the_right_password_must_wait_too(ines: Actor, sam: Actor) -> None:
    for _ in range(10):
        refusal("ines", "not the password")
    assert "Too many attempts" in str(refusal("ines", PASSWORD))
    assert "Too many attempts" in str(refusal("INES", PASSWORD))
    assert check_password(username="sam", password=PASSWORD).as_actor() == sam


def test_an_unknown_name_runs_out_of_tries_like_a_known_one(ines: Actor) -> None:
    for name in ("ines", "nobody"):
        told = {str(refusal(name, "not the password")) for _ in range(10)}
        assert len(told) == 1
    assert str(refusal("ines", "x")) == str(refusal("nobody", "x"))


def test_a_try_that_came_too_soon_is_in_the_log_as_well(ines: Actor) -> None:
    for _ in range(13):
        refusal("ines", "not the password")
    assert len(actions()) == 13


def test_a_success_gives_the_tries_back(ines: Actor) -> None:
    for _ in range(3):
        for _ in range(9):
            refusal("ines", "not the password")
        check_password(username="ines", password=PASSWORD)


def test_nobody_comes_in_without_a_line_in_the_log(ines: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise OSError("no trace can be written")

    monkeypatch.setattr(services, "record_audit", broken)
    with pytest.raises(OSError, match="no trace"):
        check_password(username="ines", password=PASSWORD)


def test_passwords_of_an_installation_are_stretched_with_argon2id() -> None:
    with override_settings(PASSWORD_HASHERS=BASE.PASSWORD_HASHERS):
        staff = Staff.objects.create_staff("kim", "Kim", PASSWORD)
        assert staff.password.startswith("argon2$argon2id$")
        hasher = identify_hasher(staff.password)
        assert not hasher.must_update(staff.password)
        told = hasher.decode(staff.password)
        assert told["memory_cost"] >= 64 * 1024  # KiB, the memory of RFC 9106's second recommendation
        assert told["time_cost"] >= 2
        assert check_password(username="kim", password=PASSWORD) == staff
        refusal("kim", "not the password")


def test_only_the_settings_of_tests_choose_another_hasher() -> None:
    choosing = {path.name for path in SETTINGS.glob("*.py") if "PASSWORD_HASHERS" in path.read_text(encoding="utf-8")}
    assert choosing == {"base.py", "test.py"}
    assert BASE.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
