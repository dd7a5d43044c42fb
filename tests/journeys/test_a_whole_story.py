"""From the first word to the closed case and the public proof, as the people in it live through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.installation import Installation
from tests.people import Cast, staff_of
from tests.stories import waiting
from tests.visitor import Page, Visitor
from tocsin.ledger.audit import verify_audit
from tocsin.ledger.leaf import find_own
from tocsin.ledger.models import AuditRecord, Entry, Pending
from tocsin.ledger.standalone import verify_tocsin
from tocsin.ledger.tiles import read_entries
from tocsin.ledger.verifier import Status, verify_code, verify_log, verify_receipt
from tocsin.tips import selectors, services
from tocsin.tips.models import Tip, TipMessage
from tocsin.tips.workflow import State
from tocsin.vault.codes import CodeKeys, candidate_seeds
from tocsin.workflow.models import StepRecord

pytestmark = [pytest.mark.journey, pytest.mark.django_db]

WHAT = "The pump at the north basin ran at night although the plant was closed."
ANSWER = "It was the night before the holiday."
FEEDBACK = "Thank you. The pump was found and stopped."


def own_keys(words: list[str]) -> CodeKeys:
    (seed,) = candidate_seeds(" ".join(words))
    return CodeKeys.derive(seed)


def promise_on(page: Page) -> bytes:
    """The signed note on a receipt page, as somebody would copy it."""
    (note,) = page.preformatted
    return note.encode()


def the_only_tip() -> Tip:
    return Tip.objects.get()


def test_a_report_is_read_questioned_checked_decided_answered_closed_and_proven(
    cast: Cast, unlocked_desk: Installation, tmp_path: Path
) -> None:
    mia = Visitor()
    receipt = mia.tell(WHAT, contact="Mia Example")
    assert receipt.status == 200
    assert len(receipt.words) == 9
    keys, promise = own_keys(receipt.words), promise_on(receipt)

    services.acknowledge(actor=cast.ines, tip=the_only_tip())
    services.begin_triage(actor=cast.tara, tip=the_only_tip(), has_interest=False)
    services.ask_reporter(actor=cast.tara, tip=the_only_tip(), text="Which night was it?")

    box = mia.open_mailbox(receipt.words)
    assert "We have a question" in box.plain
    assert "Which night was it?" in box.plain
    assert WHAT not in box.body.decode()
    mia.write(box, ANSWER)
    opened = selectors.read_tip(cast.tara, the_only_tip().ref)
    assert opened.content is not None
    assert opened.content.answers["what"] == WHAT
    assert [message.text for message in opened.messages] == ["Which night was it?", ANSWER]
    assert opened.tip.state == State.IN_TRIAGE

    services.start_verification(actor=cast.sam, tip=the_only_tip(), legal_basis="Sample water law, section 9")
    services.propose_outcome(actor=cast.ivo, tip=the_only_tip(), outcome="substantiated", reason="The meter shows it.")
    proposal = waiting(the_only_tip())
    services.decide_proposal(actor=cast.sam, tip=the_only_tip(), proposal=proposal, approve=True, reason="")
    services.give_feedback(actor=cast.ines, tip=the_only_tip(), text=FEEDBACK)
    services.close(actor=cast.sam, tip=the_only_tip(), reason="Dealt with.")

    box = mia.get("mailbox/messages")
    assert FEEDBACK in box.plain
    assert "Confirmed" in box.plain

    size = unlocked_desk.publish()
    assert size == Entry.objects.count()
    assert size % 16 == 0
    assert Pending.objects.count() == 0
    log = unlocked_desk.log_dir
    assert verify_log(log).status is Status.OK
    assert verify_receipt(promise, log).status is Status.OK
    told = verify_code(keys.events, log)
    assert told.status is Status.OK
    assert len(find_own(keys.events, read_entries(log, size))) == StepRecord.objects.count() + 1

    proof = mia.browser.get("/en/mailbox/receipt").content
    assert proof.startswith(b"c2sp.org/tlog-proof")
    assert verify_receipt(proof, log).status is Status.OK
    saved = tmp_path / "receipt"
    saved.write_bytes(proof)
    assert verify_tocsin.main([str(log), str(saved)]) == 0
    page = mia.send(mia.get("verify"), "/verify", typed={"receipt": proof.decode()})
    assert "entry" in page.plain.lower()

    assert verify_audit(verifier=unlocked_desk.ledger().audit_signer.verifier).holds
    actions = set(AuditRecord.objects.values_list("action", flat=True))
    assert {"tip.receive", "tip.read", "tip.set_outcome.propose", "tip.set_outcome.approve", "tip.close"} <= actions


def test_the_public_ledger_and_the_audit_log_hold_no_word_and_no_name(cast: Cast, unlocked_desk: Installation) -> None:
    Visitor().tell(WHAT, contact="Mia Example", where="north basin")
    services.acknowledge(actor=cast.ines, tip=the_only_tip())
    services.ask_reporter(
        actor=cast.tara,
        tip=services.begin_triage(actor=cast.tara, tip=the_only_tip(), has_interest=False),
        text="Which night was it?",
    )
    unlocked_desk.publish()
    public = b"".join(path.read_bytes() for path in unlocked_desk.log_dir.rglob("*") if path.is_file())
    audit = "".join(f"{line.subject}{line.detail}{line.action}" for line in AuditRecord.objects.all()).encode()
    stored = b"".join(
        bytes(value) for row in Tip.objects.values_list("content", "wrapped_key", "receipt") for value in row
    ) + b"".join(map(bytes, TipMessage.objects.values_list("blob", flat=True)))
    for secret in (WHAT, "Mia Example", "north basin", "Which night"):
        for place in (public, audit, stored):
            assert secret.encode() not in place
    assert the_only_tip().ref.encode() not in public


def test_a_promise_is_pending_until_the_worker_has_published(installation: Installation) -> None:
    receipt = Visitor().tell(WHAT)
    promise = promise_on(receipt)
    Visitor().tell("another report")
    installation.publish()
    assert verify_receipt(promise, installation.log_dir).status is Status.OK
    late = Visitor().tell("a third report")
    assert verify_receipt(promise_on(late), installation.log_dir).status is Status.PENDING
    proof_so_far = Visitor()
    proof_so_far.open_mailbox(late.words)
    assert proof_so_far.browser.get("/en/mailbox/receipt").content == promise_on(late)


def test_a_chinese_reader_gets_nine_characters_that_open_the_mailbox_in_english_too(
    installation: Installation,
) -> None:
    receipt = Visitor("zh-hans").tell("昨晚有人把桶倒进了河里")
    assert [len(word) for word in receipt.words] == [1] * 9
    box = Visitor("en").open_mailbox("".join(receipt.words))
    assert box.status == 200
    assert "Your mailbox" in box.plain


def test_the_tip_is_handed_over_whole_whatever_was_answered(cast: Cast, unlocked_desk: Installation) -> None:
    Visitor().tell(WHAT, where="north basin", when="in May", how="I heard it", category="other", contact="Mia")
    content = selectors.content_of(the_only_tip())
    assert content.answers == {"what": WHAT, "where": "north basin", "when": "in May", "how": "I heard it"}
    assert content.identity_given
    assert "Mia" not in str(content)
    assert staff_of(cast.ines).username == "ines"
