"""Two keys of two people open an identity: any two, in any order, once, after everything stands in the logs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.identities import allow, ask, hire_custodian, hire_officer, key_of, stored, turn
from tests.installation import CUSTODIANS, Installation, TestClock
from tests.people import hire, staff_of
from tests.stories import CONTACT, Reported
from tocsin.access.actors import SETUP, WORKER, Actor
from tocsin.access.models import RoleGrant
from tocsin.access.permissions import NOT_FOR_STAFF, Permission, Role
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import custodians, identity_opening, identity_requests, mailbox
from tocsin.tips.content import contact_text, identity_place
from tocsin.tips.deadlines import local_today
from tocsin.tips.identity_life import half_place
from tocsin.tips.identity_notice import end_requests
from tocsin.tips.identity_opening import KeyDoesNotFit
from tocsin.tips.identity_requests import Order
from tocsin.tips.models import Identity, IdentityRequest, RequestState
from tocsin.tips.tests.test_identity_requests import declare, kinds_found_by, trail
from tocsin.vault import opening, unlocked
from tocsin.vault.blobs import CannotOpen
from tocsin.vault.keyfiles import WrongPassphrase
from tocsin.vault.tests.known import frozen
from tocsin.vault.unlocked import Locked
from tocsin.workflow.selectors import waiting_for

pytestmark = pytest.mark.usefixtures("unlocked_desk")
SetClock = Callable[..., TestClock]


def notices(reported: Reported) -> list[str]:
    """What the reporter's mailbox holds."""
    return [message.text or "" for message in mailbox.read_mailbox(reported.keys).messages if message.kind == "notice"]


def everything_stored() -> bytes:
    """Every value of every table."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for value in (value for row in cursor.fetchall() for value in row):
                found.append(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode())
    return b"\n".join(found)


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(("kim", "lou", "max"), 2)))
def test_any_two_custodians_open_it_in_any_order(
    one: str, other: str, allowed: IdentityRequest, reported: Reported, unlocked_desk: Installation
) -> None:
    first, second = hire_custodian(one), hire_custodian(other)
    assert turn(first, allowed, unlocked_desk, one) is None
    assert (stored(allowed).state, stored(allowed).first_id) == (RequestState.ALLOWED, first.staff_id)
    assert turn(second, allowed, unlocked_desk, other) == CONTACT
    now = stored(allowed)
    assert (now.state, bytes(now.half_opened), now.second_id) == (RequestState.OPENED, b"", second.staff_id)
    assert kinds_found_by(reported) == ["received", "transition", "identity-opened"]
    assert len(notices(reported)) == 1


def test_it_is_shown_once(allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    assert turn(lou, allowed, unlocked_desk, "lou") == CONTACT
    leaves = Pending.objects.count()
    for actor, name in ((lou, "lou"), (kim, "kim")):
        with pytest.raises(Conflict):
            turn(actor, allowed, unlocked_desk, name)
    assert Pending.objects.count() == leaves


def test_everything_is_committed_before_the_second_key_touches_the_identity(
    allowed: IdentityRequest,
    kim: Actor,
    lou: Actor,
    reported: Reported,
    unlocked_desk: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []
    depth = len(connection.savepoint_ids)

    def watched(*told: bytes) -> bytes:
        seen.append((stored(allowed).state, kinds_found_by(reported)[-1], trail(allowed)[-1], len(notices(reported))))
        assert len(connection.savepoint_ids) == depth, "the opening was not committed yet"
        return opening.finish_identity(*told)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(identity_opening, "finish_identity", watched)
    turn(kim, allowed, unlocked_desk, "kim")
    assert seen == []
    turn(lou, allowed, unlocked_desk, "lou")
    assert seen == [(RequestState.OPENED, "identity-opened", "identity.open", 1)]


def test_the_trail_names_everybody(
    allowed: IdentityRequest, kim: Actor, lou: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    turn(lou, allowed, unlocked_desk, "lou")
    assert trail(allowed) == [
        "identity.ask",
        "identity.allow.propose",
        "identity.allow.approve",
        "identity.allow",
        "identity.open.propose",
        "identity.open.approve",
        "identity.first_key",
        "identity.open.approve",
        "identity.open",
    ]
    assert AuditRecord.objects.filter(subject=f"tip:{reported.ref}", action="tip.identity_opened").count() == 1


def test_neither_identity_nor_key_nor_passphrase_stands_anywhere(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    identity = Identity.objects.get(ref=allowed.tip.identity_ref)
    turn(kim, allowed, unlocked_desk, "kim")
    half = opening.half_open_identity(
        unlocked_desk.custodian_private("kim"), bytes(identity.wrapped_keys), identity_place(identity.ref)
    )
    turn(lou, allowed, unlocked_desk, "lou")
    kept = everything_stored() + caplog.text.encode()
    secrets = [CONTACT.encode(), half, *(each.encode() for each in CUSTODIANS.values())]
    secrets += [unlocked_desk.custodian_private(name) for name in CUSTODIANS]
    assert not [secret for secret in secrets if secret in kept]


def test_between_the_two_keys_nothing_lies_there_that_one_custodian_opens_alone(
    allowed: IdentityRequest, kim: Actor, unlocked_desk: Installation
) -> None:
    """With a stolen database the second custodian's key is not enough: the unit's is needed as well."""
    turn(kim, allowed, unlocked_desk, "kim")
    sealed = bytes(stored(allowed).half_opened)
    identity = Identity.objects.get(ref=allowed.tip.identity_ref)
    place = identity_place(identity.ref)
    for name in ("kim", "lou", "max"):
        for half in (sealed, sealed[1:]):
            with pytest.raises(CannotOpen):
                opening.finish_identity(unlocked_desk.custodian_private(name), bytes(identity.blob), half, place)
    half = unlocked.opener().open_sealed(sealed, half_place(allowed.ref))
    for nobody in (unlocked_desk.custodian_private("kim"), unlocked_desk.unit_private):
        with pytest.raises(CannotOpen):
            opening.finish_identity(nobody, bytes(identity.blob), half, place)


def test_a_custodian_with_a_colleagues_file_and_passphrase_does_not_act_twice(
    allowed: IdentityRequest, kim: Actor, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    with pytest.raises(WrongPassphrase):
        turn(kim, allowed, unlocked_desk, "lou")
    with pytest.raises(Conflict):
        turn(kim, allowed, unlocked_desk, "kim")
    assert stored(allowed).state == RequestState.ALLOWED


def test_a_colleague_with_somebody_elses_file_does_not_act_at_all(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    for name in ("kim", "max"):
        with pytest.raises(WrongPassphrase):
            turn(lou, allowed, unlocked_desk, name)
    assert stored(allowed).state == RequestState.ALLOWED


def test_a_custodian_without_a_recorded_key_does_not_act(allowed: IdentityRequest, unlocked_desk: Installation) -> None:
    with pytest.raises(NotPermitted):
        turn(hire("nina", Role.CUSTODIAN), allowed, unlocked_desk, "kim")


def test_a_custodian_whose_office_ended_counts_no_more(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    RoleGrant.objects.filter(staff_id=kim.require_staff()).delete()
    with pytest.raises(NotPermitted):
        turn(lou, allowed, unlocked_desk, "lou")
    assert stored(allowed).state == RequestState.ALLOWED


def test_nobody_who_reads_reports_opens_an_identity(allowed: IdentityRequest, unlocked_desk: Installation) -> None:
    reader = hire("reader", Role.CUSTODIAN, Role.TRIAGE)
    custodians.appoint_custodian(actor=SETUP, staff=staff_of(reader), slot="kim")
    with pytest.raises(NotPermitted):
        turn(reader, allowed, unlocked_desk, "kim")
    with pytest.raises(NotPermitted):
        identity_opening.refuse_to_open(actor=reader, request=allowed, reason="x")


def test_the_officer_who_allowed_it_is_not_one_of_the_two(
    asked: IdentityRequest, lou: Actor, unlocked_desk: Installation
) -> None:
    both = hire("both", Role.LEGAL_OFFICER, Role.CUSTODIAN)
    custodians.appoint_custodian(actor=SETUP, staff=staff_of(both), slot="kim")
    allow(both, asked)
    with pytest.raises(NotPermitted):
        turn(both, asked, unlocked_desk, "kim")
    turn(lou, asked, unlocked_desk, "lou")
    with pytest.raises(NotPermitted):
        turn(both, asked, unlocked_desk, "kim")
    assert stored(asked).state == RequestState.ALLOWED


def test_whoever_asked_and_changed_office_since_is_not_one_of_the_two(
    allowed: IdentityRequest, ivo: Actor, kim: Actor, unlocked_desk: Installation
) -> None:
    person = staff_of(ivo)
    person.grants.update(role=Role.CUSTODIAN.value)
    custodians.appoint_custodian(actor=SETUP, staff=person, slot="lou")
    asker = person.as_actor()
    assert not waiting_for(asker).filter(subject_ref=allowed.ref).exists()
    with pytest.raises(NotPermitted):
        turn(asker, allowed, unlocked_desk, "lou")
    turn(kim, allowed, unlocked_desk, "kim")
    with pytest.raises(NotPermitted):
        turn(asker, allowed, unlocked_desk, "lou")
    assert stored(allowed).state == RequestState.ALLOWED


@pytest.mark.parametrize("pair", list(itertools.combinations(("requester", "officer", "first", "second"), 2)))
def test_the_database_itself_refuses_one_person_in_two_parts(
    pair: tuple[str, str], allowed: IdentityRequest, sam: Actor
) -> None:
    same = {f"{part}_id": sam.staff_id for part in pair}
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityRequest.objects.filter(pk=allowed.pk).update(**same)


def test_the_database_itself_refuses_a_half_opened_key_after_the_end(asked: IdentityRequest, leo: Actor) -> None:
    identity_requests.refuse_request(actor=leo, request=asked, reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityRequest.objects.filter(pk=asked.pk).update(half_opened=b"x")


def test_without_the_legal_check_no_key_helps(asked: IdentityRequest, kim: Actor, unlocked_desk: Installation) -> None:
    with pytest.raises(Conflict):
        turn(kim, asked, unlocked_desk, "kim")
    assert bytes(stored(asked).half_opened) == b""


def test_nobody_with_an_interest_brings_a_key(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    identity_requests.declare_interest(actor=kim, request=allowed, has_interest=True)
    assert not waiting_for(kim).filter(subject_ref=allowed.ref).exists()
    with pytest.raises(NotPermitted):
        turn(kim, allowed, unlocked_desk, "kim")
    turn(lou, allowed, unlocked_desk, "lou")


def test_a_first_custodian_who_turns_out_to_have_an_interest_stops_it(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    declare(kim, allowed)
    with pytest.raises(Conflict):
        turn(lou, allowed, unlocked_desk, "lou")
    refused = identity_opening.refuse_to_open(actor=lou, request=allowed, reason="Kim has an interest.")
    assert (refused.state, bytes(refused.half_opened)) == (RequestState.REFUSED, b"")


@pytest.mark.parametrize("role", [role for role in Role if role not in NOT_FOR_STAFF and role != Role.CUSTODIAN])
def test_no_other_office_reaches_an_identity(role: Role, allowed: IdentityRequest, unlocked_desk: Installation) -> None:
    person = hire("person", role)
    assert not person.may(Permission.IDENTITY_AGREE)
    custodians.appoint_custodian(actor=SETUP, staff=staff_of(person), slot="kim")
    with pytest.raises(NotPermitted):
        turn(person, allowed, unlocked_desk, "kim")
    with pytest.raises(NotPermitted):
        identity_opening.refuse_to_open(actor=person, request=allowed, reason="x")


def test_a_wrong_passphrase_leaves_a_trace_and_changes_nothing(
    allowed: IdentityRequest, kim: Actor, unlocked_desk: Installation
) -> None:
    with pytest.raises(WrongPassphrase):
        turn(kim, allowed, unlocked_desk, "kim", "not the right one")
    assert trail(allowed)[-1] == "identity.key_refused"
    assert stored(allowed).first_id is None


def test_tries_are_limited_for_each_person(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    for _time in range(5):
        with pytest.raises(WrongPassphrase):
            turn(kim, allowed, unlocked_desk, "kim", "not the right one")
    with pytest.raises(NotPermitted, match="Too many"):
        turn(kim, allowed, unlocked_desk, "kim")
    assert turn(lou, allowed, unlocked_desk, "lou") is None


def test_a_custodian_refuses_with_a_reason(
    allowed: IdentityRequest, kim: Actor, lou: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    with pytest.raises(RuleBroken):
        identity_opening.refuse_to_open(actor=lou, request=allowed, reason=" ")
    refused = identity_opening.refuse_to_open(actor=lou, request=allowed, reason="The order names another report.")
    assert (refused.state, bytes(refused.half_opened)) == (RequestState.REFUSED, b"")
    assert trail(allowed)[-2:] == ["identity.open.refuse", "identity.refuse_key"]
    assert kinds_found_by(reported) == ["received", "transition"]
    assert notices(reported) == []
    with pytest.raises(Conflict):
        turn(lou, allowed, unlocked_desk, "lou")


def test_the_first_custodian_may_still_refuse(
    allowed: IdentityRequest, kim: Actor, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    refused = identity_opening.refuse_to_open(actor=kim, request=allowed, reason="I read it again.")
    assert (refused.state, bytes(refused.half_opened)) == (RequestState.REFUSED, b"")


def test_on_a_locked_desk_no_key_is_used(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    unlocked.lock_now()
    with pytest.raises(Locked):
        turn(lou, allowed, unlocked_desk, "lou")
    assert stored(allowed).state == RequestState.ALLOWED
    unlocked_desk.unlock()
    assert turn(lou, allowed, unlocked_desk, "lou") == CONTACT


def test_a_report_without_a_name_looks_the_same_until_it_is_opened(
    ivo: Actor, leo: Actor, kim: Actor, lou: Actor, report: Callable[..., Reported], unlocked_desk: Installation
) -> None:
    sizes = []
    for contact in ("", CONTACT):
        reported = report(contact=contact)
        request = allow(leo, ask(ivo, reported))
        turn(kim, request, unlocked_desk, "kim")
        sizes.append(len(bytes(stored(request).half_opened)))
        assert turn(lou, request, unlocked_desk, "lou") == contact
        assert len(notices(reported)) == 1
    assert sizes[0] == sizes[1]


def test_a_key_that_is_nobodys_outer_one_is_told_to_wait(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    """An identity that was sealed to other people, or in the earlier form, says so and nothing happened."""
    other = frozen("identity")
    Identity.objects.filter(ref=allowed.tip.identity_ref).update(wrapped_keys=other["wrapped_keys"])
    with pytest.raises(KeyDoesNotFit):
        turn(kim, allowed, unlocked_desk, "kim")
    assert trail(allowed)[-1] == "identity.key_does_not_fit"
    assert stored(allowed).first_id is None


def test_a_second_key_that_does_not_fit_opens_and_counts_nothing(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    leaves = Pending.objects.count()
    monkeypatch.setattr(identity_opening, "half_fits", lambda *_told: False)
    with pytest.raises(KeyDoesNotFit):
        turn(lou, allowed, unlocked_desk, "lou")
    assert (stored(allowed).state, Pending.objects.count()) == (RequestState.ALLOWED, leaves)


def test_a_damaged_identity_counts_as_opened_and_says_so(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    Identity.objects.filter(ref=allowed.tip.identity_ref).update(blob=b"\1" + bytes(60))
    with pytest.raises(RuleBroken, match="damaged"):
        turn(lou, allowed, unlocked_desk, "lou")
    assert stored(allowed).state == RequestState.OPENED
    assert trail(allowed)[-1] == "identity.damaged"


def test_a_page_from_before_the_first_key_still_meets_the_rules(
    allowed: IdentityRequest, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    stale = stored(allowed)
    turn(kim, allowed, unlocked_desk, "kim")
    with pytest.raises(Conflict):
        turn(kim, stale, unlocked_desk, "kim")
    assert turn(lou, stale, unlocked_desk, "lou") == CONTACT


# The notice


def test_the_notice_speaks_every_language_of_the_door_and_names_the_day(
    allowed: IdentityRequest,
    kim: Actor,
    lou: Actor,
    reported: Reported,
    set_clock: SetClock,
    unlocked_desk: Installation,
) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    turn(lou, allowed, unlocked_desk, "lou")
    told = notices(reported)[0]
    assert "two custodians of this office opened" in told
    assert str(local_today().year) in told
    assert "written order" not in told
    assert stored(allowed).told_on == local_today()


def test_a_written_order_defers_the_notice_until_its_last_day_is_over(
    ivo: Actor, leo: Actor, kim: Actor, lou: Actor, reported: Reported, set_clock: SetClock, unlocked_desk: Installation
) -> None:
    now = set_clock()
    request = allow(leo, ask(ivo, reported, Order("12/2031", local_today() + timedelta(days=9))))
    turn(kim, request, unlocked_desk, "kim")
    turn(lou, request, unlocked_desk, "lou")
    # The ledger has it all the same: nobody can order it away.
    assert kinds_found_by(reported)[-1] == "identity-opened"
    assert (notices(reported), end_requests(actor=WORKER), stored(request).told_on) == ([], 0, None)
    now.forward(days=9)
    assert (end_requests(actor=WORKER), notices(reported)) == (0, [])
    now.forward(days=1)
    assert (end_requests(actor=WORKER), end_requests(actor=WORKER)) == (1, 0)
    assert "A written order did not allow us to tell you sooner." in notices(reported)[0]
    assert (stored(request).told_on, trail(request)[-1]) == (local_today(), "identity.tell")


def test_only_the_worker_ends_requests(leo: Actor, ada: Actor) -> None:
    for actor in (leo, ada):
        with pytest.raises(NotPermitted):
            end_requests(actor=actor)


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (CONTACT, CONTACT),
        ("", ""),
        (json.dumps({"name": "Mia", "phone": "", "reach": "by post"}), "name: Mia\nreach: by post"),
        ('["Mia"]', '["Mia"]'),
        ("+43 1 234", "+43 1 234"),
        ("12345", "12345"),
        ("[" * 2_000, "[" * 2_000),
    ],
)
def test_what_was_left_is_shown_as_text_to_read(left: str, shown: str) -> None:
    assert contact_text(left.encode()) == shown


def test_the_key_file_is_what_was_handed_over(unlocked_desk: Installation) -> None:
    assert json.loads(key_of(unlocked_desk, "kim"))["slots"][0]["name"] == "kim"


def test_two_officers_cannot_allow_it_twice(asked: IdentityRequest, leo: Actor) -> None:
    allow(leo, asked)
    with pytest.raises((Conflict, NotPermitted)):
        allow(hire_officer("lars"), asked)
