"""Second factors: codes work once, passkeys answer for themselves alone, and nobody loses the last one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from fido2.webauthn import AuthenticatorData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from tests.databases import in_threads
from tests.installation import TestClock
from tests.passkeys import SoftPasskey
from tests.people import PASSWORD, hire, staff_of
from tocsin.access.actors import Actor
from tocsin.access.attempts import factor_attempts
from tocsin.access.factors import app_codes, passkeys
from tocsin.access.factors.demonstration import code_of, codes_of_everybody, give_app_to_everybody
from tocsin.access.factors.selectors import factors_of, has_factor, people_with_factor
from tocsin.access.factors.services import (
    add_app,
    add_passkey,
    check_code,
    check_passkey,
    check_passkey_alone,
    new_recovery_codes,
    remove_factor,
    reset_factors,
)
from tocsin.access.models import Factor, SignInRecord, Staff
from tocsin.access.permissions import Role
from tocsin.access.services import add_staff
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken, Unsafe
from tocsin.ledger.models import AuditRecord

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
Moved = Callable[..., TestClock]


@pytest.fixture(autouse=True)
def all_tries_left() -> None:
    factor_attempts.forget_all()


@pytest.fixture
def kim(db: None) -> Actor:
    """Somebody without a second factor."""
    return add_staff(
        by="program:tests", username="kim", display_name="Kim", password=PASSWORD, roles=[Role.INTAKE]
    ).as_actor()


def row_of(actor: Actor) -> Any:
    return Authenticator.objects.get(user_id=actor.require_staff(), type=Authenticator.Type.TOTP)


def shown(actor: Actor, steps: int = 0) -> str:
    """What the app shows now, or showed or will show some steps away."""
    return app_codes.code_at(row_of(actor).data["secret"], app_codes.step_now() + steps)


def wrong(actor: Actor, code: str) -> str:
    with pytest.raises(NotPermitted) as refused:
        check_code(actor=actor, code=code)
    return str(refused.value)


def test_a_code_follows_rfc_6238() -> None:
    """Appendix B of the RFC, SHA-1, the last six of its eight digits."""
    sealed = app_codes.seal_secret(b"12345678901234567890")
    known = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 20000000000: "353130"}
    assert {moment: app_codes.code_at(sealed, moment // 30) for moment in known} == known


def test_a_code_is_taken_once(ines: Actor, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    code = shown(ines)
    assert check_code(actor=ines, code=code) == Factor.PASSWORD_AND_APP
    for _again in range(3):
        assert "used already" in wrong(ines, code)
        clock.forward(seconds=14)


def test_after_a_code_every_older_one_is_worthless_too(ines: Actor, set_clock: Moved) -> None:
    set_clock(MORNING)
    before, now, later = shown(ines, -1), shown(ines), shown(ines, 1)
    check_code(actor=ines, code=now)
    wrong(ines, before)
    assert check_code(actor=ines, code=later) == Factor.PASSWORD_AND_APP
    wrong(ines, now)


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_half_a_minute_early_or_late_is_forgiven(steps: int, taken: bool, ines: Actor, set_clock: Moved) -> None:
    set_clock(MORNING)
    code = shown(ines, steps)
    if taken:
        assert check_code(actor=ines, code=code) == Factor.PASSWORD_AND_APP
    else:
        wrong(ines, code)


def test_spaces_hyphens_and_other_scripts_digits_do_not_matter(ines: Actor, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    for wide in ("{} {}", "{}-{}", " {}\u00a0{} "):
        code = shown(ines)
        assert check_code(actor=ines, code=wide.format(code[:3], code[3:])) == Factor.PASSWORD_AND_APP
        clock.forward(seconds=30)
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    assert check_code(actor=ines, code=shown(ines).translate(arabic)) == Factor.PASSWORD_AND_APP


@pytest.mark.parametrize("typed", ["", " ", "12345", "abcdef", "\x00", "9" * 100_000, "١٢", "²³⁴", "' OR 1=1"])
def test_nonsense_is_refused_with_the_same_sentence(typed: str, ines: Actor) -> None:
    assert wrong(ines, typed) == wrong(ines, "000000x")


def test_after_five_wrong_codes_the_right_one_must_wait(ines: Actor, sam: Actor) -> None:
    for _try in range(5):
        wrong(ines, "1")
    assert "Too many" in wrong(ines, shown(ines))
    assert check_code(actor=sam, code=shown(sam)) == Factor.PASSWORD_AND_APP


def test_a_refused_code_is_written_down_for_its_owner_without_the_code(ines: Actor) -> None:
    wrong(ines, "271828")
    record = SignInRecord.objects.get(event="refused-factor")
    assert (record.staff_id, record.detail) == (ines.staff_id, "code")
    line = AuditRecord.objects.get(action="sign-in.refused-factor")
    assert (line.actor, line.subject, line.detail) == ("nobody", ines.name, {"factor": "code"})
    assert not AuditRecord.objects.filter(detail__icontains="271828").exists()


def test_a_recovery_code_works_once_and_others_codes_never(ines: Actor, sam: Actor) -> None:
    codes, others = new_recovery_codes(actor=ines), new_recovery_codes(actor=sam)
    assert (len(set(codes)), {len(code) for code in codes}) == (10, {11})
    assert check_code(actor=ines, code=codes[3]) == Factor.PASSWORD_AND_RECOVERY_CODE
    wrong(ines, codes[3])
    wrong(ines, others[0])
    assert check_code(actor=ines, code=codes[0].replace(" ", "")) == Factor.PASSWORD_AND_RECOVERY_CODE
    assert factors_of(ines).codes_left == 8


def test_new_codes_end_the_old_ones(ines: Actor) -> None:
    old = new_recovery_codes(actor=ines)
    new = new_recovery_codes(actor=ines)
    assert not set(old) & set(new)
    wrong(ines, old[0])
    assert check_code(actor=ines, code=new[0]) == Factor.PASSWORD_AND_RECOVERY_CODE


def test_secrets_lie_sealed_in_the_database(ines: Actor) -> None:
    codes = new_recovery_codes(actor=ines)
    secret = app_codes.invitation(staff_of(ines), row_of(ines).data["secret"]).secret.replace(" ", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = str(cursor.fetchall())
    assert secret not in stored
    assert not [code for code in codes if code.replace(" ", "") in stored]


def test_another_secret_of_the_desk_opens_none_of_them_and_says_what_to_do(ines: Actor, settings: Settings) -> None:
    sealed, old = row_of(ines).data["secret"], settings.SECRET_KEY
    settings.SECRET_KEY = "another-secret-0123456789-abcdefghij"
    with pytest.raises(Unsafe, match="reset-factor"):
        app_codes.code_at(sealed, 1)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert len(app_codes.code_at(sealed, 1)) == 6


def test_an_app_is_confirmed_by_its_first_code_which_then_is_used_up(kim: Actor) -> None:
    secret = app_codes.new_secret()
    with pytest.raises(RuleBroken, match="does not fit"):
        add_app(actor=kim, secret=secret, code="123")
    assert not has_factor(kim.require_staff())
    code = app_codes.code_at(secret, app_codes.step_now())
    codes = add_app(actor=kim, secret=secret, code=code)
    assert len(codes) == 10
    assert has_factor(kim.require_staff())
    wrong(kim, code)


def test_another_app_replaces_the_one_before_and_the_recovery_codes_stay(ines: Actor) -> None:
    codes = new_recovery_codes(actor=ines)
    old, secret = shown(ines), app_codes.new_secret()
    assert add_app(actor=ines, secret=secret, code=app_codes.code_at(secret, app_codes.step_now())) == []
    wrong(ines, old)
    assert len(factors_of(ines).devices) == 1
    assert check_code(actor=ines, code=codes[0]) == Factor.PASSWORD_AND_RECOVERY_CODE


def enrol(actor: Actor, key: SoftPasskey | None = None, name: str = "phone") -> SoftPasskey:
    key = key or SoftPasskey()
    ceremony = passkeys.begin_registration(staff_of(actor))
    add_passkey(actor=actor, name=name, state=ceremony.state, answer=key.register(ceremony.options))
    return key


def test_a_passkey_signs_in_with_the_password_and_alone(kim: Actor) -> None:
    key = enrol(kim)
    first = passkeys.begin_sign_in(staff_of(kim))
    assert check_passkey(actor=kim, state=first.state, answer=key.sign_in(first.options)) == Factor.PASSWORD_AND_PASSKEY
    second = passkeys.begin_sign_in(None)
    assert check_passkey_alone(state=second.state, answer=key.sign_in(second.options)).as_actor() == kim
    assert factors_of(kim).devices[0].used_at is not None


def test_the_browser_is_asked_to_verify_its_user_and_to_be_found_without_a_name(kim: Actor) -> None:
    told = json.loads(passkeys.begin_registration(staff_of(kim)).options)["publicKey"]
    assert told["authenticatorSelection"]["userVerification"] == "required"
    assert told["authenticatorSelection"]["residentKey"] == "required"
    assert told["rp"]["id"] == "testserver"
    for staff in (None, staff_of(kim)):
        told = json.loads(passkeys.begin_sign_in(staff).options)["publicKey"]
        assert (told["userVerification"], told["rpId"]) == ("required", "testserver")
        assert not told.get("allowCredentials")


DISHONEST: dict[str, Callable[[SoftPasskey], None]] = {
    "the user was not verified": lambda key: setattr(key, "flags", AuthenticatorData.FLAG.UP),
    "nobody was there": lambda key: setattr(key, "flags", AuthenticatorData.FLAG.UV),
    "another site": lambda key: setattr(key, "origin", "https://testserver.evil.example"),
    "without TLS": lambda key: setattr(key, "origin", "http://testserver"),
    "another desk": lambda key: setattr(key, "rp_id", "other.example"),
    "another key": lambda key: setattr(key, "key", SoftPasskey().key),
    "another credential": lambda key: setattr(key, "credential_id", b"x" * 32),
    "another person": lambda key: setattr(key, "handle", b"1z141z3"),
    "a handle that is none": lambda key: setattr(key, "handle", b"\xff\x00"),
    "no handle": lambda key: setattr(key, "handle", b""),
}


@pytest.mark.parametrize("what", DISHONEST)
def test_a_passkey_is_refused_when(what: str, kim: Actor) -> None:
    key = enrol(kim)
    DISHONEST[what](key)
    ceremony = passkeys.begin_sign_in(None)
    with pytest.raises(NotPermitted, match="not taken"):
        check_passkey_alone(state=ceremony.state, answer=key.sign_in(ceremony.options))


@pytest.mark.parametrize("what", [name for name in DISHONEST if "user" in name or "site" in name or "desk" in name])
def test_a_passkey_is_not_kept_when(what: str, kim: Actor) -> None:
    key = SoftPasskey()
    DISHONEST[what](key)
    with pytest.raises(NotPermitted):
        enrol(kim, key)
    assert not has_factor(kim.require_staff())


def test_an_answer_serves_for_its_own_question_once_and_soon(kim: Actor, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    key = enrol(kim)
    one, two = passkeys.begin_sign_in(None), passkeys.begin_sign_in(None)
    with pytest.raises(NotPermitted):
        check_passkey_alone(state=two.state, answer=key.sign_in(one.options))
    with pytest.raises(NotPermitted):
        check_passkey_alone(state={}, answer=key.sign_in(one.options))
    clock.forward(minutes=11)
    with pytest.raises(NotPermitted):
        check_passkey_alone(state=one.state, answer=key.sign_in(one.options))


def test_the_passkey_of_somebody_else_is_no_second_factor(kim: Actor, sam: Actor) -> None:
    key = enrol(sam)
    ceremony = passkeys.begin_sign_in(staff_of(kim))
    with pytest.raises(NotPermitted):
        check_passkey(actor=kim, state=ceremony.state, answer=key.sign_in(ceremony.options))


def test_the_passkey_of_somebody_who_left_opens_nothing(kim: Actor) -> None:
    key = enrol(kim)
    Staff.objects.filter(pk=kim.require_staff()).update(is_active=False)
    ceremony = passkeys.begin_sign_in(None)
    with pytest.raises(NotPermitted):
        check_passkey_alone(state=ceremony.state, answer=key.sign_in(ceremony.options))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
answers = st.one_of(
    st.text(max_size=200),
    json_values.map(json.dumps),
    st.fixed_dictionaries(
        {"id": json_values, "rawId": json_values, "type": st.just("public-key"), "response": json_values}
    ).map(json.dumps),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=answers)
def test_no_answer_of_any_shape_breaks_anything(answer: str, kim: Actor) -> None:
    ceremony, registration = passkeys.begin_sign_in(None), passkeys.begin_registration(staff_of(kim))
    for attempt in (
        lambda: check_passkey_alone(state=ceremony.state, answer=answer),
        lambda: add_passkey(actor=kim, name="x", state=registration.state, answer=answer),
    ):
        with pytest.raises(NotPermitted):
            attempt()


def test_a_damaged_answer_is_refused_wherever_the_damage_is(kim: Actor) -> None:
    key = enrol(kim)
    for place in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        damages: tuple[Any, ...] = ("", "AAAA", "!", None, 7, [], {})
        for damage in damages:
            ceremony = passkeys.begin_sign_in(None)
            told = json.loads(key.sign_in(ceremony.options))
            told["response"][place] = damage
            with pytest.raises(NotPermitted):
                check_passkey_alone(state=ceremony.state, answer=json.dumps(told))
    with pytest.raises(NotPermitted):
        check_passkey_alone(state=ceremony.state, answer=" " * 30_000)


@pytest.mark.parametrize(
    ("host", "offered"),
    [
        ("testserver", True), ("testserver:8001", True), ("inner.testserver", True), ("127.0.0.1:8001", False),
        ("eviltestserver", False), ("testserver.evil.example", False), ("", False),
    ],
)  # fmt: skip
def test_passkeys_are_offered_under_the_desks_own_name(host: str, offered: bool) -> None:
    assert passkeys.are_offered(host) is offered


def test_the_last_device_cannot_be_taken_away(ines: Actor) -> None:
    new_recovery_codes(actor=ines)  # recovery codes are no device
    (app,) = factors_of(ines).devices
    with pytest.raises(RuleBroken, match="last one"):
        remove_factor(actor=ines, factor_id=app.id)
    enrol(ines)
    remove_factor(actor=ines, factor_id=app.id)
    (left,) = factors_of(ines).devices
    assert (left.is_passkey, left.name) == (True, "phone")


def test_nobody_takes_a_colleagues_device_away_nor_recovery_codes_as_if_they_were_one(ines: Actor, sam: Actor) -> None:
    enrol(ines)
    new_recovery_codes(actor=ines)
    codes = Authenticator.objects.get(user_id=ines.staff_id, type=Authenticator.Type.RECOVERY_CODES)
    for actor, number in ((sam, factors_of(ines).devices[0].id), (ines, codes.pk), (ines, 0), (ines, 10**15)):
        with pytest.raises(Conflict):
            remove_factor(actor=actor, factor_id=number)
    assert len(factors_of(ines).devices) == 2


@pytest.mark.parametrize(("typed", "kept"), [("", "Passkey"), ("  a \n b ", "a b"), ("x" * 500, "x" * 60)])
def test_the_name_of_a_passkey_is_one_short_line(typed: str, kept: str, kim: Actor) -> None:
    enrol(kim, name=typed)
    assert factors_of(kim).devices[0].name == kept


def test_a_reset_takes_everything(ines: Actor, ada: Actor) -> None:
    enrol(ines)
    new_recovery_codes(actor=ines)
    reset_factors(actor=ada, staff=staff_of(ines))
    assert not Authenticator.objects.filter(user_id=ines.staff_id).exists()
    assert people_with_factor([ines.require_staff(), ada.require_staff()]) == {ada.require_staff()}


def test_codes_of_people_are_shown_in_a_demonstration_only(ines: Actor, kim: Actor, settings: Settings) -> None:
    for show in (give_app_to_everybody, codes_of_everybody, lambda: code_of(ines.require_staff())):
        with pytest.raises(NotPermitted, match="demonstration"):
            show()
    settings.TOCSIN_DEMO = True
    give_app_to_everybody()
    people = {each.username: each.code for each in codes_of_everybody()}
    assert check_code(actor=kim, code=people["kim"]) == Factor.PASSWORD_AND_APP
    assert check_code(actor=kim, code=code_of(kim.require_staff())) == Factor.PASSWORD_AND_APP  # the next one
    assert code_of(kim.require_staff()) == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_one_code_at_the_same_moment_one_comes_in(shared_database: None) -> None:
    ines = hire("ines", Role.INTAKE)
    code = shown(ines)
    results = in_threads([lambda: check_code(actor=ines, code=code)] * 3)
    assert [result for result in results if result == Factor.PASSWORD_AND_APP] == [Factor.PASSWORD_AND_APP]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_one_recovery_code_at_the_same_moment_one_comes_in(shared_database: None) -> None:
    ines = hire("ines", Role.INTAKE)
    code = new_recovery_codes(actor=ines)[0]
    results = in_threads([lambda: check_code(actor=ines, code=code)] * 3)
    assert [each for each in results if each == Factor.PASSWORD_AND_RECOVERY_CODE] == [
        Factor.PASSWORD_AND_RECOVERY_CODE
    ]


@pytest.mark.django_db(transaction=True)
def test_two_who_take_away_different_devices_leave_one(shared_database: None) -> None:
    ines = hire("ines", Role.INTAKE)
    enrol(ines)
    numbers = [device.id for device in factors_of(ines).devices]
    in_threads([lambda number=number: remove_factor(actor=ines, factor_id=number) for number in numbers])  # type: ignore[misc]  # a default binds the loop's value
    assert len(factors_of(ines).devices) == 1
