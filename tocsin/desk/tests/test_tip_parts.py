"""The parts of a tip's page: what was told, what a program suggested, notes, recusals, one history with filters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import Reported, bring_to, send_report, write_to_staff
from tests.visitor import Page
from tocsin.access.actors import RETENTION, Actor
from tocsin.access.permissions import Role
from tocsin.cases.opening import open_case
from tocsin.desk.machine_hints import GROUNDS
from tocsin.desk.tests.conftest import Desk
from tocsin.desk.tip_actions import BY_NAME
from tocsin.ledger.models import AuditRecord
from tocsin.policy.grounds import FORBIDDEN_GROUNDS
from tocsin.tips import mailbox, notes, services
from tocsin.tips.content import Particulars
from tocsin.tips.deadlines import local_today
from tocsin.tips.handoff import hand_off
from tocsin.tips.last_days import expire_with_key
from tocsin.tips.models import LegalHold, Tip
from tocsin.tips.workflow import State
from tocsin.vault.unlocked import lock_now

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
TipIn = Callable[[State], Reported]


def at(browser: Desk, reported: Reported, query: str = "") -> Page:
    """The page of a report; outside the own queue after a reason."""
    page = browser.get(f"/tips/{reported.ref}{query}")
    if not any(form.action == f"/why/{reported.ref}" for form in page.forms):
        return page
    page = browser.send(page, f"/why/{reported.ref}", reason="For the story of this test.")
    return browser.get(f"/tips/{reported.ref}{query}") if query else page


# What was told


def test_facts_hearsay_and_conclusions_stand_apart_and_an_empty_one_is_seen(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    page = at(desk(ines), send_report("A lorry without plates.")).plain
    first, second, third = (
        page.index(heading)
        for heading in (
            "Seen, heard or read by the reporter",
            "Told to the reporter by others",
            "What the reporter thinks it means",
        )
    )  # fmt: skip
    assert first < page.index("A lorry without plates.") < second < third
    assert page.count("Nothing was told under this heading.") == 2


def test_the_language_of_the_reporters_page_is_named_and_marked(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    told = send_report("一辆没有牌照的货车。", particulars=Particulars(language="zh-hans"))
    page = at(desk(ines), told)
    assert "Written on a page in" in page.plain
    assert "简体中文" in page.plain
    assert '<div class="tocsin-told" lang="zh-Hans">' in page.body.decode()
    before = at(desk(ines), send_report("Before languages were kept."))
    assert "Written on a page in" not in before.plain


def test_other_reports_of_the_same_case_are_linked_and_nothing_is_made_up(
    desk: OpenDesk, cast: Cast, tip_in: TipIn
) -> None:
    from tocsin.cases.models import CaseTip

    one, other = tip_in(State.IN_TRIAGE), tip_in(State.IN_TRIAGE)
    assert "Related reports" not in at(desk(cast.tara), one).plain
    case = open_case(actor=cast.tara, tip=one.tip, title="The dairy", reason="More to come.")
    CaseTip.objects.create(case=case, tip=other.tip, **_linked(cast))
    page = at(desk(cast.tara), one)
    assert "In the same case:" in page.plain
    assert f'href="/tips/{other.ref}"' in page.body.decode()
    services.declare_interest(actor=cast.ivo, tip=other.tip, has_interest=True)
    assert other.ref not in at(desk(cast.ivo), one).body.decode()


def _linked(cast: Cast) -> dict[str, object]:
    """The other columns of a membership, whatever they are called."""
    from tocsin.cases.models import CaseTip

    sample = CaseTip.objects.get()
    names = [field.name for field in CaseTip._meta.concrete_fields if field.name not in ("id", "case", "tip")]
    return {name: getattr(sample, name) for name in names}


# What a program suggested


def test_a_suggestion_is_marked_as_one_and_a_person_confirms_it(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report(flags=("protection",))
    browser = desk(cast.ines)
    page = at(browser, told)
    assert "Suggested by a program" in page.plain
    assert "It may be wrong. A person decides." in page.plain
    assert not Tip.objects.filter(urgent=True).exists()
    assert browser.send(page, "/confirm-urgent", reason=" ").status == 422
    done = browser.send(at(browser, told), "/confirm-urgent", reason="I called: a child is alone.")
    assert told.tip.urgent
    assert "Suggested by a program" not in done.plain
    assert "Mark as urgent, as a program suggested" in done.plain


def test_kinds_of_report_that_are_often_urgent_suggest_it_and_others_do_not(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    assert "are often urgent" in at(desk(cast.ines), send_report(category="violence_threat")).plain
    assert "are often urgent" not in at(desk(cast.ines), send_report(category="other")).plain
    seen = at(desk(cast.sam), send_report(category="violence_threat"))
    assert "are often urgent" in seen.plain
    assert "confirm-urgent" not in seen.body.decode(), "a supervisor marks nothing as urgent"


def test_words_about_what_people_lawfully_are_are_pointed_out(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    page = at(desk(cast.tara), send_report("They hold a protest and one is a journalist."))
    assert "is about protest." in page.plain
    assert "is about journalism." in page.plain
    chinese = send_report("他在那里上访。", particulars=Particulars(language="zh-hans"))
    assert "is about complaints to offices." in at(desk(cast.tara), chinese).plain
    assert "Suggested by a program" not in at(desk(cast.tara), send_report("A lorry.")).plain


def test_every_ground_of_the_rules_has_a_name_for_people() -> None:
    assert set(GROUNDS) == {ground.name for ground in FORBIDDEN_GROUNDS}


def test_every_action_has_its_own_template() -> None:
    from django.template.loader import get_template

    for action in BY_NAME.values():
        if action.name not in ("approve", "refuse", "step-aside"):
            assert get_template(action.template)


# Marks


def test_every_mark_is_shown_in_words(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    stopped = set_clock()
    told = send_report(flags=("protection", "self_involved", "second_hand", "media_pending"))
    services.flag_urgent(actor=cast.ines, tip=told.tip, reason="Danger.")
    services.declare_interest(actor=cast.tara, tip=told.tip, has_interest=True)
    Tip.objects.update(legal_hold=True, drill=True)
    browser = desk(cast.ines)
    page = at(browser, told).plain
    for word in (
        "Urgent", "Legal hold", "Interest declared", "Drill", "Danger", "Reporter took part", "Second hand",
        "Files to come", "Hand-off of an urgent report",
    ):  # fmt: skip
        assert word in page
    stopped.forward(minutes=61)
    browser = desk(cast.ines)
    late = at(browser, told).plain
    assert "Hand-over overdue" in late
    assert "minutes overdue" in late or "minute overdue" in late
    hand_off(actor=cast.ines, tip=told.tip, body="000-0001", said="Help.")
    after = at(browser, told).plain
    assert "Handed over" in after
    assert "overdue" not in after
    lock_now()
    locked = at(browser, told).plain
    assert "Legal hold" in locked
    assert "Second hand" not in locked, "what the reporter said is sealed"


def test_handing_over_from_the_page(desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    told = send_report()
    browser = desk(cast.ines)
    page = browser.send(at(browser, told), "/hand-off", said="Children in the dairy.")
    assert page.status == 422
    assert page.form("/hand-off").fields["said"] == "Children in the dairy."
    done = browser.send(page, "/hand-off", body="000-0001", said="Children in the dairy.")
    assert "The hand-over is noted." in done.plain
    assert "Police (sample number) (000-0001)" in done.plain


# Refusing


def test_refusing_lawful_activity_from_the_page(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    browser = desk(cast.tara)
    page = at(browser, reported)
    assert "Opinions, beliefs or where someone comes from" in page.plain
    assert "reason" not in page.form("/refuse-protected").fields, "a field could repeat what was reported"
    assert browser.send(page, "/refuse-protected").status == 422
    done = browser.send(at(browser, reported), "/refuse-protected", ground="0")
    assert done.status == 200
    assert "was about lawful activity. Its text was destroyed" in done.plain
    assert "cages" not in done.plain
    assert "Opinions, beliefs or where someone comes from" in done.plain, "the ground stays in the history"
    assert "These words were destroyed with the report." not in done.plain


def test_a_second_person_sees_what_is_proposed_in_words(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report(flags=("protection",))
    bring_to(State.IN_TRIAGE, reported=told, cast=cast)
    browser = desk(cast.tara)
    assert "a second person must agree" in at(browser, told).plain
    browser.send(at(browser, told), "/refuse-protected", ground="1")
    page = at(desk(cast.sam), told)
    assert "A peaceful protest, a strike or a complaint to an office" in page.plain
    assert "door:" not in page.plain


def test_a_report_whose_time_is_over_shows_its_tombstone(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.EXPIRED)
    page = at(desk(cast.sam), reported)
    assert page.status == 200
    for told in (
        "Its time is over",
        "Month of arrival",
        "Days until it ended",
        "Destroy: its time is over",
        "a program",
    ):
        assert told in page.plain
    assert "declare-interest" not in page.body.decode()


# Notes


def test_a_note_is_written_corrected_and_both_versions_stand_there(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    browser = desk(cast.ines)
    assert browser.send(at(browser, told), "/add-note", text=" ").status == 422
    page = browser.send(at(browser, told), "/add-note", text="Seen in May.")
    assert "Your note is kept." in page.plain
    page = browser.send(page, "/correct-note", text="Seen in June.")
    assert "Seen in June." in page.plain
    assert "Seen in May." in page.plain
    assert "version 2" in page.plain
    other = at(desk(cast.sam), told)
    assert "Seen in June." in other.plain
    assert "correct-note" not in other.body.decode()


def test_a_correction_from_an_old_page_comes_back_with_its_text(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    browser = desk(cast.ines)
    page = browser.send(at(browser, told), "/add-note", text="Seen in May.")
    browser.send(page, "/correct-note", text="Seen in June.")
    late = browser.send(page, "/correct-note", text="Seen in July.")
    assert late.status == 409
    assert "Seen in July." in late.plain


# Recusal


def test_anybody_who_reads_can_step_out_and_sees_it_no_more(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    for actor in (cast.ivo, cast.ines):
        browser = desk(actor)
        unsure = browser.send(at(browser, reported), "/declare-interest")
        assert unsure.status == 422
        gone = browser.send(unsure, "/declare-interest", sure="yes")
        assert "Inbox" in gone.plain
        assert at(browser, reported).status == 404


def test_the_supervisor_sees_the_recusal_and_lifts_a_mistake_with_another(
    desk: OpenDesk, cast: Cast, tip_in: TipIn
) -> None:
    reported, sam, lea = tip_in(State.ACKNOWLEDGED), desk(cast.sam), desk(cast.lea)
    hire("tom", Role.TRIAGE)
    services.declare_interest(actor=cast.tara, tip=reported.tip, has_interest=True)
    page = at(sam, reported)
    assert "Tara declared an interest" in page.plain
    assert "Who else can take the next step: Tom" in page.plain
    assert "Interests declared" not in at(desk(cast.ines), reported).plain
    sam.send(page, "/lift-interest", staff=cast.tara.ref, reason="Another person of that name.")
    waiting = at(lea, reported)
    assert "Lift a declared interest – Tara" in waiting.plain
    done = lea.send(waiting, "/approve")
    assert done.status == 200
    assert at(desk(cast.tara), reported).status == 200
    assert "Lift a declared interest" in at(sam, reported, "?history=steps").plain


# History


def test_one_history_with_filters_tells_everything_that_happened(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    write_to_staff(reported, "One more thing.")
    notes.add_note(actor=cast.ivo, tip=reported.tip, text="Look at the plates.")
    proposal = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="The cages.")
    services.decide_proposal(actor=cast.sam, tip=reported.tip, proposal=proposal, approve=False, reason="Show me.")
    at(desk(cast.lea), reported)
    browser = desk(cast.sam)
    everything = at(browser, reported).plain
    history = everything[everything.index("Parts of the history") if "Parts of the history" in everything else 0 :]
    for told in (
        "Start verification", "Message: Addition", "Note", "Proposed: Set the outcome – Confirmed", "The cages.",
        "Refused: Set the outcome – Confirmed", "Show me.", "Declared no own interest", "Read 1 time",
    ):  # fmt: skip
        assert told in history, told
    for sort, inside, outside in (
        ("steps", "Start verification", "Look at the plates."),
        ("decisions", "Show me.", "Start verification"),
        ("readings", "Read 1 time", "Show me."),
    ):
        page = at(browser, reported, f"?history={sort}").body.decode()
        timeline = page[page.index('class="moj-timeline"') :]
        timeline = timeline[: timeline.index("govuk-grid-column-one-third")]
        assert inside in timeline
        assert outside not in timeline
    assert at(browser, reported, "?history=%00<script>").status == 200


def test_a_page_costs_the_same_queries_for_a_short_and_a_long_history(
    desk: OpenDesk, cast: Cast, tip_in: TipIn
) -> None:
    reported, browser = tip_in(State.UNDER_VERIFICATION), desk(cast.sam)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert at(browser, reported).status == 200
        return len(caught)

    def more() -> None:
        write_to_staff(reported, "More.")
        notes.add_note(actor=cast.ivo, tip=reported.tip, text="A note.")
        proposal = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="already_known", reason="r")
        services.decide_proposal(actor=cast.lea, tip=reported.tip, proposal=proposal, approve=False, reason="no")
        services.declare_interest(
            actor=hire(f"r{AuditRecord.objects.count()}", Role.INTAKE), tip=reported.tip, has_interest=False
        )
        services.mark_replies_read(actor=cast.sam, tip=reported.tip)

    more()
    queries()
    few = queries()
    for _again in range(4):
        more()
    assert queries() == few


def test_thousands_of_readings_stay_a_short_list(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    from tocsin.ledger.audit import AuditRow
    from tocsin.ledger.services import record_audits

    rows = [AuditRow(cast.ines.name, "intake", "tip.read", f"tip:{reported.ref}") for _ in range(2000)]
    record_audits(rows)
    page = at(desk(cast.sam), reported, "?history=readings")
    assert "Read 2000 times" in page.plain
    assert len(page.body) < 200_000


# Legal holds and ends


def test_rights_officer_and_supervisor_meet_on_the_page_of_an_order(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    reported, rosa = tip_in(State.CLOSED), hire("rosa", Role.RIGHTS_OFFICER)
    browser = desk(rosa)
    home = browser.get("/")
    assert "Legal holds" in home.plain
    day = local_today().replace(year=local_today().year + 1, day=1).isoformat()
    typed = {"handle": reported.ref.lower(), "order": "17 Gs 4/31", "ends_on": day, "reason": "The court asked."}
    wrong = browser.send(home, "/holds", **{**typed, "ends_on": "soon"})
    assert wrong.status == 422
    assert wrong.form("/holds").fields["order"] == "17 Gs 4/31"
    asked = browser.send(wrong, "/holds", **typed)
    assert "Waiting for a second person" in asked.plain
    assert "cages" not in asked.plain
    assert f"/tips/{reported.ref}" not in asked.body.decode()
    sam = desk(cast.sam)
    waiting = sam.get("/waiting")
    ref = LegalHold.objects.get().ref
    assert f'href="/holds/{ref}"' in waiting.body.decode()
    done = sam.send(sam.get(f"/holds/{ref}"), "/approve")
    assert "In force" in done.plain
    assert "Legal hold" in at(sam, reported).plain
    assert "Put under a legal hold" in at(sam, reported).plain, "the report's own history says so"
    ended = sam.send(sam.get(f"/holds/{ref}"), "/end", reason="The case is over.")
    assert "Propose to end it" not in ended.plain
    browser.send(browser.get(f"/holds/{ref}"), "/approve")
    assert not reported.tip.legal_hold


def test_orders_are_for_two_offices(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    for actor in (cast.ines, cast.tara, cast.ivo, cast.ada):
        assert desk(actor).get("/holds").status == 403
    assert desk(cast.sam).get("/holds/NOSUCH").status == 404
    assert desk(cast.sam).get("/holds/" + "B" * 20).status == 404
    rosa = hire("rosa", Role.RIGHTS_OFFICER)
    assert at(desk(rosa), tip_in(State.CLOSED)).status == 403


def test_what_ends_soon_is_listed_and_can_be_kept(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    from datetime import timedelta

    reported, browser = tip_in(State.CLOSED), desk(cast.sam)
    assert "Nothing ends within thirty days." in browser.get("/ending").plain
    Tip.objects.update(expires_on=local_today() + timedelta(days=20))
    assert f'href="/tips/{reported.ref}"' in browser.get("/ending").body.decode()
    until = (local_today() + timedelta(days=300)).isoformat()
    page = browser.send(at(browser, reported), "/keep-longer", until="never", reason="The appeal.")
    assert page.status == 422
    browser.send(page, "/keep-longer", until=until, reason="The appeal.")
    assert reported.tip.expires_on is not None
    assert reported.tip.expires_on.isoformat() == until
    assert desk(cast.ines).get("/ending").status == 403


def test_a_withdrawn_and_a_destroyed_report_say_which_is_which(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    mailbox.withdraw(keys=told.keys)
    assert "took this back before anybody had read it" in at(desk(cast.ines), told).plain
    Tip.objects.update(expires_on=local_today())
    expire_with_key(actor=RETENTION)
    assert "Its time is over" in at(desk(cast.ines), told).plain
