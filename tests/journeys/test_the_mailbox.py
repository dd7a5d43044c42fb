"""Coming back with nine words: what a wrong code tells (nothing), answering, adding, taking back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation, TestClock
from tests.people import Cast
from tests.stories import CONTACT, TOLD, Reported, write_to_staff
from tests.visitor import Page, Visitor
from tocsin.ledger.leaf import find_own, opens, public_key_of_event
from tocsin.ledger.models import AuditRecord, Entry, Pending
from tocsin.ledger.verifier import Status, verify_code
from tocsin.tips import mailbox, selectors, services
from tocsin.tips.models import Identity, Tip, TipMessage
from tocsin.tips.papers import public_event
from tocsin.tips.workflow import Outcome, State
from tocsin.vault.codes import CodeKeys, new_seed, words_of
from tocsin.vault.opening import CannotOpen, open_identity
from tocsin.workflow.models import ProposalState

pytestmark = [pytest.mark.journey, pytest.mark.django_db]


def try_words(words: str) -> tuple[int, int, dict[str, str], int]:
    """Status, length, headers (but the random cookie) and number of queries of one sign-in."""
    visitor = Visitor()
    form = visitor.get("mailbox").form("/mailbox").fields
    with CaptureQueriesContext(connection) as queries:
        response = visitor.browser.post("/en/mailbox", {**form, "words": words})
    return response.status_code, len(response.content), dict(response.headers), len(queries)


def seed_beside(seed: bytes) -> bytes:
    """A good code that differs from ``seed`` in one bit."""
    return bytes([seed[0] ^ 1]) + seed[1:]


def test_unknown_near_and_long_gone_words_get_the_same_answer(reported: Reported) -> None:
    strange = try_words(" ".join(words_of(new_seed(), "en")))
    near = try_words(" ".join(words_of(seed_beside(reported.seed), "en")))
    chinese = try_words("".join(words_of(new_seed(), "zh-hans")))
    for status, length, headers, queries in (strange, near):
        assert (status, queries) == (422, 1)
        assert headers == strange[2]
        assert length == strange[1]
    assert chinese[0] == 422
    assert chinese[3] == 1


def test_right_words_cost_the_same_query_as_wrong_ones(reported: Reported) -> None:
    assert try_words(reported.words)[3] == try_words(" ".join(words_of(new_seed(), "en")))[3]


def test_the_cookie_of_a_wrong_and_of_a_right_code_are_alike_in_size(reported: Reported) -> None:
    sizes = set()
    for words in (reported.words, " ".join(words_of(new_seed(), "en"))):
        visitor = Visitor()
        visitor.open_mailbox(words)
        sizes.add(len(visitor.browser.cookies["session"].value))
    assert len(sizes) == 1


def test_a_slip_of_the_pen_is_found_without_asking_the_database(reported: Reported) -> None:
    first, *rest = reported.words.split()
    assert try_words(" ".join(["xylophonist", *rest]))[3] == 0
    assert try_words(" ".join(rest))[3] == 0
    assert try_words("")[3] == 0
    assert first


@pytest.mark.parametrize(
    "style",
    [
        str.upper,
        lambda words: "  ".join(words.split()),
        lambda words: ", ".join(words.split()),
        lambda words: " ".join(word[:4] for word in words.split()),
        lambda words: "\n".join(f"{n}. {word}" for n, word in enumerate(words.split(), 1)),
    ],
)
def test_words_open_the_mailbox_however_they_are_typed(reported: Reported, style: Callable[[str], str]) -> None:
    page = Visitor().open_mailbox(style(reported.words))
    assert page.status == 200
    assert "Your mailbox" in page.plain


def test_nobody_without_words_sees_a_mailbox(reported: Reported) -> None:
    for path in ("mailbox/messages", "mailbox/receipt", "mailbox/take-back"):
        page = Visitor().get(path)
        assert page.status == 403, path
        assert "Your nine words" in page.plain


def test_closing_the_mailbox_forgets_the_words(reported: Reported) -> None:
    visitor = Visitor()
    page = visitor.open_mailbox(reported.words)
    visitor.send(page, "/mailbox/leave")
    assert visitor.get("mailbox/messages").status == 403


def test_the_quick_exit_forgets_the_words_too(reported: Reported) -> None:
    visitor = Visitor()
    visitor.open_mailbox(reported.words)
    gone = visitor.browser.get("/exit")
    assert gone.status_code == 302
    assert visitor.get("mailbox/messages").status == 403


def test_an_answer_sent_twice_is_stored_once(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.NEED_INFO)
    visitor = Visitor()
    page = visitor.open_mailbox(reported.words)
    for _ in range(2):
        assert visitor.write(page, "On Monday.").status == 200
    assert [message.text for message in selectors.read_tip(cast.tara, reported.ref).messages][1:] == ["On Monday."]
    assert reported.tip.unread_replies == 1
    assert reported.tip.state == State.IN_TRIAGE


def test_an_empty_or_endless_answer_is_refused_and_kept(tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.NEED_INFO)
    visitor = Visitor()
    page = visitor.open_mailbox(reported.words)
    for text in ("   ", "x" * 200_001):
        refused = visitor.write(page, text)
        assert refused.status == 422
        assert refused.form("/mailbox/write").fields["text"] == text
    assert reported.tip.state == State.NEED_INFO
    assert visitor.write(refused, "short").status == 200


@pytest.mark.parametrize("text", ["🚨 سيارة", "nul \x00 here", "<script>", "a\r\nb", "\x1b[31m"])
def test_any_script_can_be_answered_in(cast: Cast, tip_in: Callable[[State], Reported], text: str) -> None:
    reported = tip_in(State.NEED_INFO)
    visitor = Visitor()
    assert visitor.write(visitor.open_mailbox(reported.words), text).status == 200
    *_, last = selectors.read_tip(cast.tara, reported.ref).messages
    kept = text.replace("\x00", "").replace("\x1b", "").replace("\r\n", "\n")
    assert last.text == kept


def test_silence_is_not_held_against_the_reporter(
    cast: Cast, tip_in: Callable[[State], Reported], set_clock: Callable[..., TestClock]
) -> None:
    clock = set_clock()
    plain = tip_in(State.IN_TRIAGE).tip.feedback_by
    reported = tip_in(State.NEED_INFO)
    assert plain is not None
    assert reported.tip.feedback_by == plain + timedelta(days=30)
    clock.forward(days=45)
    services.resume_triage(actor=cast.tara, tip=reported.tip, reason="No answer came.")
    assert reported.tip.feedback_by == plain + timedelta(days=30)


def take_back(visitor: Visitor) -> Page:
    return visitor.send(visitor.get("mailbox/take-back"), "/mailbox/take-back")


def test_a_report_that_nobody_read_is_destroyed_when_it_is_taken_back(
    reported: Reported, installation: Installation
) -> None:
    write_to_staff(reported, "one thing more")
    visitor = Visitor()
    visitor.open_mailbox(reported.words)
    page = take_back(visitor)
    assert "Its text and the keys to it were destroyed" in page.plain
    tip, identity = reported.tip, Identity.objects.get()
    assert [bytes(blob) for blob in (tip.content, tip.wrapped_key, identity.blob, identity.wrapped_keys)] == [b""] * 4
    assert TipMessage.objects.count() == 0
    assert (tip.state, tip.outcome) == (State.WITHDRAWN, Outcome.WITHDRAWN)
    assert tip.destroyed_on is not None
    assert Pending.objects.count() == 3  # received, added to, taken back: nothing disappears unseen
    box = visitor.get("mailbox/messages")
    assert box.status == 200
    assert "Taken back by the reporter" in box.plain
    with pytest.raises(StopIteration):
        box.form("/mailbox/write")


def test_the_ledger_shows_that_a_report_was_destroyed_and_only_its_owner_knows_whose(
    reported: Reported, installation: Installation
) -> None:
    mailbox.withdraw(keys=reported.keys)
    installation.publish()
    leaves = [bytes(leaf) for leaf in Entry.objects.order_by("index").values_list("leaf", flat=True)]
    own = find_own(reported.keys.events, leaves)
    assert [n for _index, n in sorted(own, key=lambda pair: pair[1])] == [0, 1]
    place = next(index for index, n in own if n == 1)
    said = public_event("deleted:withdrawn", reported.tip.received_hour, "test-unit")
    assert opens(leaves[place], public_key_of_event(reported.keys.events, 1), said)
    assert find_own(CodeKeys.derive(new_seed()).events, leaves) == []
    assert verify_code(reported.keys.events, installation.log_dir).status is Status.OK


def test_a_report_that_somebody_read_is_kept_but_nobody_writes_any_more(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    visitor = Visitor()
    visitor.open_mailbox(reported.words)
    assert "Somebody had already read it" in take_back(visitor).plain
    assert selectors.content_of(reported.tip).answers["what"] == TOLD
    again = take_back(visitor)
    assert again.status == 409
    assert reported.tip.state == State.WITHDRAWN


def test_what_was_proposed_falls_away_when_the_report_is_taken_back(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    proposal = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    mailbox.withdraw(keys=reported.keys)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.OVERTAKEN


def test_a_name_opens_to_two_custodians_and_to_nobody_alone(reported: Reported, installation: Installation) -> None:
    from tocsin.tips.content import identity_place

    row = Identity.objects.get(ref=reported.tip.identity_ref)
    blob, keys, place = bytes(row.blob), bytes(row.wrapped_keys), identity_place(row.ref)
    kim, lou = (installation.custodian_private(name) for name in ("kim", "lou"))
    assert open_identity(lou, kim, blob, keys, place).decode() == CONTACT
    for pair in ((kim, kim), (kim, installation.unit_private), (installation.unit_private,) * 2):
        with pytest.raises(CannotOpen):
            open_identity(*pair, blob, keys, place)


def test_a_report_with_and_without_a_name_look_alike_in_the_database(report: Callable[..., Reported]) -> None:
    def shape(reported: Reported) -> list[Any]:
        row = Identity.objects.get(ref=reported.tip.identity_ref)
        tip = reported.tip
        return [len(row.blob), len(row.wrapped_keys), len(tip.content), len(tip.wrapped_key), len(tip.receipt)]

    assert shape(report(contact="")) == shape(report(contact="Mia Example, bell 7"))


def test_what_reporters_do_is_logged_by_the_hour_and_under_no_name(reported: Reported) -> None:
    write_to_staff(reported, "one thing more")
    mailbox.withdraw(keys=reported.keys)
    lines = AuditRecord.objects.filter(subject=f"tip:{reported.ref}")
    assert {line.actor for line in lines} == {"reporter"}
    assert {(line.at.minute, line.at.second) for line in lines} == {(0, 0)}
    assert Tip.objects.count() == 1


def test_a_mailbox_cookie_of_another_browser_opens_nothing_after_a_change(reported: Reported) -> None:
    visitor = Visitor()
    visitor.open_mailbox(reported.words)
    cookie = visitor.browser.cookies["session"].value
    thief = Client()
    for changed in (cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB"), cookie[2:], "", "x"):
        thief.cookies["session"] = changed
        assert thief.get("/en/mailbox/messages").status_code == 403
