"""Nobody is added, given a role or helped back in by one person alone, and nobody acts about themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.databases import in_threads
from tests.people import PASSWORD, Cast, code_of, hire, staff_of
from tocsin.access.actors import SETUP, WORKER, Actor
from tocsin.access.factors.selectors import has_factor
from tocsin.access.factors.services import check_code
from tocsin.access.models import Ending, Factor, Staff
from tocsin.access.permissions import ALLOWED, NOT_FOR_STAFF, Permission, Role
from tocsin.access.services import check_password
from tocsin.access.sessions import begin_session, why_it_ended
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord
from tocsin.staffing.models import Member
from tocsin.staffing.selectors import history_of, members, members_others_than, waiting_about
from tocsin.staffing.services import (
    Decided,
    decide_about,
    leave_decision_about,
    note_first_sign_in,
    propose_change,
    propose_person,
    register_member,
    suspend,
)
from tocsin.staffing.workflow import MEMBER_LIFE, MemberState
from tocsin.workflow.models import Proposal, ProposalState, StepRecord
from tocsin.workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(cast: Cast) -> Cast:
    """The cast, each with a life on file, and a second administrator called abe."""
    for actor in (cast.ines, cast.tara, cast.ivo, cast.sam, cast.lea, cast.ada, hire("abe", Role.ADMINISTRATOR)):
        register_member(actor=SETUP, staff=staff_of(actor))
    return cast


def named(username: str) -> Actor:
    return Staff.objects.get(username=username).as_actor()


def member_of(actor: Actor) -> Member:
    return Member.objects.get(staff_id=actor.require_staff())


def propose(by: Actor, about: Actor, step: str, role: str = "") -> Proposal:
    return propose_change(actor=by, member=member_of(about), step=step, reason="Needed.", role=role)


def decide(by: Actor, about: Member, proposal: Proposal, *, approve: bool = True) -> Decided:
    return decide_about(actor=by, member=about, proposal=proposal, approve=approve, reason="Because.")


def agree(team: Cast, about: Actor, step: str, role: str = "") -> Decided:
    return decide(team.sam, member_of(about), propose(team.ada, about, step, role))


def roles_of(actor: Actor) -> frozenset[Role]:
    return staff_of(actor).as_actor().roles


def test_two_people_add_a_third_who_works_here_from_the_first_sign_in(team: Cast) -> None:
    proposal = propose_person(
        actor=team.ada, username="nora", display_name="Nora  New", roles=["triage", "intake"], reason="More reports."
    )
    member = Member.objects.get(ref=proposal.subject_ref)
    assert not Staff.objects.filter(username="nora").exists()
    done = decide(team.sam, member, proposal)
    staff = check_password(username="nora", password=done.password)
    assert (staff.display_name, staff.password_is_temporary) == ("Nora New", True)
    assert staff.as_actor().roles == {Role.TRIAGE, Role.INTAKE}
    assert done.member.state == MemberState.INVITED
    note_first_sign_in(actor=staff.as_actor())
    note_first_sign_in(actor=staff.as_actor())
    assert [record.step for record in history_of(team.ada, member)] == ["add", "begin"]
    assert member_of(staff.as_actor()).state == MemberState.ACTIVE
    record = StepRecord.objects.get(subject_kind="member", step="add")
    assert (record.actor, record.proposed_by) == (team.sam.name, team.ada.name)


def test_the_password_of_the_first_day_is_kept_nowhere(team: Cast) -> None:
    done = agree(team, team.ines, "reset_password")
    assert done.password
    for model in (AuditRecord, StepRecord, Proposal, Member):
        assert done.password not in str(list(model.objects.values()))
    assert check_password(username="ines", password=done.password).password_is_temporary


def test_a_refused_newcomer_has_no_account_and_the_name_is_free_again(team: Cast) -> None:
    told: dict[str, Any] = {"username": "nora", "display_name": "Nora", "roles": ["triage"], "reason": "x"}
    proposal = propose_person(actor=team.ada, **told)
    with pytest.raises(RuleBroken, match="already somebody"):
        propose_person(actor=named("abe"), **told)
    member = Member.objects.get(ref=proposal.subject_ref)
    assert decide(team.sam, member, proposal, approve=False).member.state == MemberState.DROPPED
    again = propose_person(actor=team.ada, **told)
    leave_decision_about(actor=team.ada, member=Member.objects.get(ref=again.subject_ref), proposal=again, reason="")
    assert Member.objects.filter(username="nora", state=MemberState.DROPPED).count() == 2
    assert not Staff.objects.filter(username="nora").exists()
    assert "nora" not in [member.username for member in members(team.ada).members]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": ""}, "sign-in name"),
        ({"username": "Nora"}, "small letters"),
        ({"username": "n" * 65}, "sign-in name"),
        ({"username": "no ra"}, "sign-in name"),
        ({"username": "nora\x00"}, "sign-in name"),
        ({"username": "ines"}, "already somebody"),
        ({"display_name": " "}, "person’s name"),
        ({"display_name": "x" * 121}, "person’s name"),
        ({"roles": []}, "at least one role"),
        ({"roles": ["boss"]}, "one of the roles"),
        ({"roles": ["worker"]}, "one of the roles"),
        ({"reason": " \n"}, "Write down the reason"),
        ({"reason": "x" * 2001}, "too long"),
    ],
    ids=lambda told: str(told)[:30],
)
def test_an_unfit_newcomer_is_refused_and_nothing_waits(changes: dict[str, Any], sentence: str, team: Cast) -> None:
    told: dict[str, Any] = {"username": "nora", "display_name": "Nora", "roles": ["triage"], "reason": "x", **changes}
    before = Member.objects.count()
    with pytest.raises(RuleBroken, match=sentence):
        propose_person(actor=team.ada, **told)
    assert (Member.objects.count(), Proposal.objects.count()) == (before, 0)


def test_a_role_is_given_by_two_and_not_before(team: Cast) -> None:
    proposal = propose(team.ada, team.ines, "grant", "triage")
    assert roles_of(team.ines) == {Role.INTAKE}
    decide(named("abe"), member_of(team.ines), proposal)
    assert roles_of(team.ines) == {Role.INTAKE, Role.TRIAGE}


def test_taking_a_role_away_ends_the_sessions_at_once(team: Cast) -> None:
    begin_session(actor=team.ines, key="browser", factor=Factor.PASSKEY)
    agree(team, team.ines, "withdraw", "intake")
    assert roles_of(team.ines) == frozenset()
    assert why_it_ended("browser") == Ending.RIGHTS


def test_a_lost_device_is_replaced_by_two(team: Cast) -> None:
    begin_session(actor=team.ines, key="browser", factor=Factor.PASSKEY)
    agree(team, team.ines, "reset_factor")
    assert not has_factor(team.ines.require_staff())
    assert why_it_ended("browser") == Ending.FACTOR


def test_who_leaves_cannot_sign_in_and_may_come_back_by_two(team: Cast) -> None:
    agree(team, team.ines, "deactivate")
    with pytest.raises(NotPermitted):
        check_password(username="ines", password=PASSWORD)
    agree(team, team.ines, "reactivate")
    assert check_password(username="ines", password=PASSWORD).as_actor().roles == {Role.INTAKE}
    assert check_code(actor=team.ines, code=code_of("ines")) == Factor.PASSWORD_AND_APP


def test_one_administrator_suspends_at_once_and_two_end_it(team: Cast) -> None:
    begin_session(actor=team.sam, key="browser", factor=Factor.PASSKEY)
    suspend(actor=team.ada, member=member_of(team.sam), reason="The account is in strange hands.")
    assert not staff_of(team.sam).is_active
    assert why_it_ended("browser") == Ending.LEFT
    with pytest.raises(RuleBroken, match="reason"):
        suspend(actor=team.ada, member=member_of(team.lea), reason=" ")
    proposal = propose(team.ada, team.sam, "reactivate")
    with pytest.raises(NotPermitted, match="proposed this"):
        decide(team.ada, member_of(team.sam), proposal)
    decide(team.lea, member_of(team.sam), proposal)
    assert staff_of(team.sam).is_active
    assert member_of(team.sam).state == MemberState.ACTIVE


SELF = ["grant", "withdraw", "reset_factor", "reset_password", "deactivate", "reactivate"]


@pytest.mark.parametrize("step", SELF)
def test_nobody_proposes_about_themselves(step: str, team: Cast) -> None:
    with pytest.raises(NotPermitted, match="about yourself"):
        propose(team.ada, team.ada, step, "triage")
    with pytest.raises(NotPermitted, match="about yourself"):
        suspend(actor=team.ada, member=member_of(team.ada), reason="x")


def test_nobody_decides_about_themselves_nor_finds_it_in_their_queue(team: Cast) -> None:
    proposal = propose(team.ada, team.sam, "grant", "custodian")
    assert proposal not in waiting_for(team.sam)
    assert proposal in waiting_for(team.lea)
    for approve in (True, False):
        with pytest.raises(NotPermitted, match="about yourself"):
            decide(team.sam, member_of(team.sam), proposal, approve=approve)
    decide(team.lea, member_of(team.sam), proposal)
    assert Role.CUSTODIAN in roles_of(team.sam)


def test_only_administrators_propose_and_only_administrators_and_supervisors_decide(team: Cast) -> None:
    for actor in (team.ines, team.tara, team.ivo, team.sam, team.lea):
        with pytest.raises(NotPermitted):
            propose(actor, team.ines if actor is not team.ines else team.tara, "grant", "custodian")
        with pytest.raises(NotPermitted):
            propose_person(actor=actor, username="nora", display_name="N", roles=["triage"], reason="x")
        with pytest.raises(NotPermitted):
            suspend(actor=actor, member=member_of(team.ada), reason="x")
    assert not Member.objects.filter(username="nora").exists()
    proposal = propose(team.ada, team.ines, "grant", "triage")
    for actor in (team.ada, team.tara, team.ivo):
        with pytest.raises(NotPermitted):
            decide(actor, member_of(team.ines), proposal)
    assert roles_of(team.ines) == {Role.INTAKE}


def test_two_administrators_remain(team: Cast) -> None:
    ada, abe = team.ada, named("abe")
    for step, role in (("withdraw", "administrator"), ("deactivate", "")):
        with pytest.raises(RuleBroken, match="fewer than two administrators"):
            propose(ada, abe, step, role)
    third = hire("ann", Role.ADMINISTRATOR)
    register_member(actor=SETUP, staff=staff_of(third))
    proposal = propose(ada, abe, "withdraw", "administrator")
    suspend(actor=ada, member=member_of(third), reason="x")
    with pytest.raises(RuleBroken, match="fewer than two"):  # it was right when it was proposed
        decide(team.sam, member_of(abe), proposal)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.OPEN
    assert Role.ADMINISTRATOR in roles_of(abe)


def test_of_two_administrators_one_may_suspend_the_other_but_never_the_last(team: Cast) -> None:
    ada, abe = team.ada, named("abe")
    suspend(actor=ada, member=member_of(abe), reason="x")
    with pytest.raises(NotPermitted):
        suspend(actor=staff_of(abe).as_actor(), member=member_of(ada), reason="revenge")
    assert staff_of(ada).is_active


@pytest.mark.parametrize(
    ("step", "role", "sentence"),
    [
        ("grant", "intake", "holds that role already"),
        ("withdraw", "triage", "does not hold"),
        ("grant", "worker", "one of the roles"),
        ("grant", "", "one of the roles"),
        ("add", "", "cannot be proposed"),
        ("suspend", "", "cannot be proposed"),
        ("register", "", "cannot be proposed"),
        ("nonsense\x00", "", "cannot be proposed"),
    ],
)
def test_what_makes_no_sense_is_not_proposed(step: str, role: str, sentence: str, team: Cast) -> None:
    with pytest.raises(RuleBroken, match=sentence):
        propose(team.ada, team.ines, step, role)
    assert waiting_about(team.ada, member_of(team.ines)) is None


def test_a_proposal_about_one_person_decides_nothing_about_another(team: Cast) -> None:
    proposal = propose(team.ada, team.ines, "grant", "triage")
    with pytest.raises(Conflict, match="somebody else"):
        decide(team.sam, member_of(team.ivo), proposal)
    assert roles_of(team.ivo) == {Role.INVESTIGATOR}


def test_a_second_proposal_about_the_same_person_waits_its_turn(team: Cast) -> None:
    first = propose(team.ada, team.ines, "grant", "triage")
    with pytest.raises(Conflict, match="already waiting"):
        propose(named("abe"), team.ines, "grant", "custodian")
    decide(team.sam, member_of(team.ines), first)
    propose(named("abe"), team.ines, "grant", "custodian")


def test_who_was_suspended_meanwhile_is_not_given_anything(team: Cast) -> None:
    proposal = propose(team.ada, team.ines, "grant", "triage")
    suspend(actor=team.ada, member=member_of(team.ines), reason="x")
    with pytest.raises(Conflict):
        decide(team.sam, member_of(team.ines), proposal)
    assert roles_of(team.ines) == frozenset()


def test_every_step_is_in_the_audit_log_with_both_names(team: Cast) -> None:
    agree(team, team.ines, "grant", "triage")
    lines = AuditRecord.objects.filter(action__startswith="member.grant").order_by("id")
    assert [(line.actor, line.action) for line in lines] == [
        (team.ada.name, "member.grant.propose"),
        (team.sam.name, "member.grant.approve"),
        (team.sam.name, "member.grant"),
    ]


def test_the_list_is_for_those_who_run_and_watch_the_desk(team: Cast) -> None:
    assert len(members(team.ada).members) == 7
    for actor in (team.ines, team.tara, team.ivo, WORKER):
        with pytest.raises(NotPermitted):
            members(actor)
    assert not members_others_than(team.ines).exists()
    assert members_others_than(team.sam).count() == 6


def test_the_administrators_office_reaches_no_content() -> None:
    theirs = ALLOWED[Role.ADMINISTRATOR]
    content = {
        each for each in Permission
        if each.value.split(".")[0] in ("tip", "case", "person", "mailbox", "outcome", "remit", "feedback", "evidence")
    }  # fmt: skip
    assert not theirs & (content | {Permission.DESK_UNLOCK})


def test_nobody_but_two_steps_of_one_person_changes_somebodys_rights() -> None:
    alone = {step.name for step in MEMBER_LIFE.steps if not step.four_eyes}
    assert alone == {"drop", "register", "begin", "suspend"}
    for role in frozenset(Role) - NOT_FOR_STAFF:
        assert Permission.STAFF_REGISTER not in ALLOWED[role]
    proposing = {role for role in Role if Permission.STAFF_PROPOSE in ALLOWED[role]}
    assert proposing == {Role.ADMINISTRATOR}


def test_a_step_about_staff_is_never_public() -> None:
    assert all(step.public_kind is None for step in MEMBER_LIFE.steps)


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_the_same_moment_add_one_person(shared_database: None) -> None:
    ada, sam, lea = hire("ada", Role.ADMINISTRATOR), hire("sam", Role.SUPERVISOR), hire("lea", Role.SUPERVISOR)
    proposal = propose_person(actor=ada, username="nora", display_name="Nora", roles=["triage"], reason="x")
    member = Member.objects.get(ref=proposal.subject_ref)
    calls: list[Callable[[], object]] = [lambda by=by: decide(by, member, proposal) for by in (sam, lea)]  # type: ignore[misc]  # a default binds the loop's value
    results = in_threads(calls)
    assert len([result for result in results if isinstance(result, Decided)]) == 1
    assert Staff.objects.filter(username="nora").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_go_at_the_same_moment_do_not_leave_one(shared_database: None) -> None:
    people = [hire(name, Role.ADMINISTRATOR) for name in ("ada", "abe", "ann")]
    sam = hire("sam", Role.SUPERVISOR)
    for actor in people:
        register_member(actor=SETUP, staff=staff_of(actor))
    first = propose(people[2], people[0], "deactivate")
    second = propose(people[2], people[1], "deactivate")
    in_threads(
        [
            lambda: decide(sam, member_of(people[0]), first),
            lambda: decide(sam, member_of(people[1]), second),
        ]
    )
    assert Staff.objects.filter(is_active=True, grants__role="administrator").count() == 2
