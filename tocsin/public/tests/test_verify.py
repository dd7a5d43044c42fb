"""The page that checks a receipt: what it says about good, late, changed, foreign and broken ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.installation import ORIGIN, Installation, TestClock
from tests.stories import Reported, send_report
from tests.visitor import Page, Visitor
from tocsin.common import clock
from tocsin.ledger.note import Signer
from tocsin.ledger.promise import make_promise
from tocsin.ledger.selectors import place_of_leaf
from tocsin.ledger.spot_check import Answer, spot_check
from tocsin.public.receipts import receipt_of
from tocsin.tips.models import Tip

pytestmark = pytest.mark.django_db

IN_LEDGER = "Your report is in the public ledger."
PENDING = "Not yet: there is still time."
BROKEN = "This promise was broken."
CONTRADICTED = "The ledger contradicts your receipt."
UNAVAILABLE = "We cannot check this now."
NO_RECEIPT = "This is not one of our receipts, or it was changed."
VERDICTS = (IN_LEDGER, PENDING, BROKEN, CONTRADICTED, UNAVAILABLE, NO_RECEIPT)


def check(text: str | bytes) -> Page:
    """Paste ``text`` into the page and send it."""
    visitor = Visitor()
    page = visitor.get("verify")
    if isinstance(text, bytes):
        return visitor.send_raw(page, "/verify", typed={"receipt": text})
    return visitor.send(page, "/verify", typed={"receipt": text})


def verdict(text: str | bytes) -> str:
    page = check(text)
    assert page.status == 200
    (said,) = [known for known in VERDICTS if known in page.plain]
    return said


@pytest.fixture
def published(installation: Installation) -> Reported:
    """A report whose leaf is in the published ledger."""
    reported = send_report()
    installation.publish()
    return reported


@pytest.fixture
def proof(published: Reported) -> str:
    """The text of its proof."""
    return receipt_of(published.keys)[1].decode()


def test_the_page_says_nothing_before_anything_was_pasted(installation: Installation) -> None:
    for page in (Visitor().get("verify"), check(""), check("  \n\t ")):
        assert page.status == 200
        assert not [known for known in VERDICTS if known in page.plain]


def test_a_good_proof_is_found_good_and_its_place_is_named(published: Reported, proof: str) -> None:
    page = check(proof)
    assert IN_LEDGER in page.plain
    index = place_of_leaf_of(published)
    assert f"It is entry {index} of 16." in page.plain


def place_of_leaf_of(reported: Reported) -> int:
    from tocsin.ledger.merkle import leaf_hash

    place = place_of_leaf(leaf_hash(reported.leaf))
    assert place is not None
    return place


def test_a_kept_promise_is_found_kept(published: Reported) -> None:
    assert verdict(published.promise.decode()) == IN_LEDGER


def test_an_old_proof_is_good_in_a_grown_ledger(proof: str, installation: Installation) -> None:
    for number in range(20):
        send_report(f"later {number}")
    installation.publish()
    assert verdict(proof) == IN_LEDGER


def test_a_promise_is_pending_until_its_time_and_broken_afterwards(
    published: Reported, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock()
    late = send_report("never published")
    promise = late.promise.decode()
    assert verdict(promise) == PENDING
    time.forward(hours=23)
    assert verdict(promise) == PENDING
    time.forward(hours=2, minutes=1)
    assert verdict(promise) == BROKEN


def test_a_promise_may_be_kept_at_the_last_second(published: Reported, set_clock: Callable[..., TestClock]) -> None:
    late = send_report("never published").promise.decode()
    due = late.split("\n")[3]
    moment = datetime.fromisoformat(due.replace("Z", "+00:00"))
    time = set_clock(moment)
    assert verdict(late) == PENDING
    time.forward(seconds=1)
    assert verdict(late) == BROKEN


def test_a_receipt_is_understood_with_the_line_ends_that_browsers_send(published: Reported, proof: str) -> None:
    for text in (proof, published.promise.decode()):
        assert verdict(text.replace("\n", "\r\n")) == IN_LEDGER
        assert verdict("\r\n\r\n  " + text.replace("\n", "\r\n") + "\r\n\r\n") == IN_LEDGER


def every_change(text: str) -> list[str]:
    """``text`` with each character replaced, left out and doubled."""
    changed = []
    for place, letter in enumerate(text):
        other = next(each for each in ("A", "B", "1", "\n") if each != letter)
        changed += [text[:place] + new + text[place + 1 :] for new in (other, "", letter * 2)]
    return [each for each in changed if each.strip() != text.strip()]


@pytest.mark.parametrize("kind", ["proof", "promise"])
def test_a_receipt_with_any_one_character_changed_is_never_called_good(
    published: Reported, proof: str, kind: str, installation: Installation
) -> None:
    text = proof if kind == "proof" else published.promise.decode()
    changes = every_change(text)
    assert len(changes) > 3 * 200
    accepted = [each for each in changes if is_called_good(each, installation)]
    assert accepted == []


def is_called_good(text: str, installation: Installation) -> bool:
    told = spot_check(text.encode(), log_dir=installation.log_dir, place_of=place_of_leaf, now=clock.now())
    return told.answer in (Answer.IN_LEDGER, Answer.PENDING, Answer.OVERDUE)


def test_the_page_says_of_a_changed_receipt_that_it_is_none(published: Reported, proof: str) -> None:
    promise = published.promise.decode()
    other = "A" if promise[40] != "A" else "B"
    for changed in (proof.replace("index ", "index 1", 1), proof[:-10] + "\n", promise[:40] + other + promise[41:]):
        assert verdict(changed) in (NO_RECEIPT, CONTRADICTED)


def foreign_promise(origin: str) -> str:
    """A promise as another office would sign it."""
    signer = Signer.generate(origin)
    due = clock.now() + timedelta(days=1)
    return make_promise(origin=origin, leaf_hash=b"\x07" * 32, due=due, signer=signer).decode()


@pytest.mark.parametrize("origin", ["other.example/ledger", ORIGIN, f"{ORIGIN}/promises"])
def test_another_logs_receipt_is_none_of_ours_whatever_it_calls_itself(published: Reported, origin: str) -> None:
    assert verdict(foreign_promise(origin)) == NO_RECEIPT


def test_a_proof_under_a_checkpoint_that_we_did_not_sign_is_none_of_ours(proof: str) -> None:
    from tocsin.ledger.checkpoint import Checkpoint, sign_checkpoint

    head = proof.partition("\n\n")[0]
    stranger = Signer.generate(ORIGIN)
    forged = sign_checkpoint(Checkpoint(ORIGIN, 16, b"\x01" * 32), stranger).decode()
    assert verdict(f"{head}\n\n{forged}") == NO_RECEIPT


def test_a_genuine_receipt_that_the_log_has_dropped_is_called_contradicted(
    proof: str, installation: Installation
) -> None:
    from tocsin.ledger.checkpoint import Checkpoint, sign_checkpoint

    smaller = sign_checkpoint(Checkpoint(ORIGIN, 1, b"\x01" * 32), installation.ledger().signer)
    (installation.log_dir / "checkpoint").write_bytes(smaller)
    assert verdict(proof) == CONTRADICTED


def test_without_a_published_ledger_the_page_says_that_it_cannot_check(installation: Installation) -> None:
    assert verdict(send_report().promise.decode()) == UNAVAILABLE


def test_a_damaged_ledger_is_not_called_a_good_one(proof: str, installation: Installation) -> None:
    (installation.log_dir / "checkpoint").write_bytes(b"\xff\xfe not a checkpoint")
    assert verdict(proof) == UNAVAILABLE
    (installation.log_dir / "keys").unlink()
    assert verdict(proof) == UNAVAILABLE


NONSENSE = [
    "hello",
    "nine words that somebody typed into the wrong box here",
    "c2sp.org/tlog-proof@v1",
    "c2sp.org/tlog-proof@v1\nindex 0\n\n",
    "c2sp.org/tlog-proof@v1\nindex 99999999999999999999999999\n\nx\n",
    "tocsin-promise/v1",
    "tocsin-promise/v1\n\n\n\n",
    "\x00\x01\x02",
    "🚨" * 200,
    "\u202etsegid",
    "<script>alert(1)</script>",
    "-----BEGIN PGP MESSAGE-----",
    "— a line that looks signed",
]


@pytest.mark.parametrize("text", NONSENSE, ids=ascii)
def test_what_is_no_receipt_is_told_so_and_comes_back_as_text(published: Reported, text: str) -> None:
    page = check(text)
    assert page.status == 200
    assert NO_RECEIPT in page.plain
    assert page.form("/verify").fields["receipt"] == text


@pytest.mark.parametrize(
    "text", [b"\xff\xfe\x00\x80", b"\xed\xa0\x80", bytes(range(256)), b"c2sp.org/tlog-proof@v1\n\xff"]
)
def test_bytes_that_are_no_text_are_no_receipt(published: Reported, text: bytes) -> None:
    assert verdict(text) == NO_RECEIPT


def test_two_hundred_kilobytes_are_no_receipt_even_when_a_good_one_stands_in_front(proof: str) -> None:
    assert verdict("x" * 200_000) == NO_RECEIPT
    assert verdict(proof + "\n" * 200_000) == IN_LEDGER  # only white space behind it
    assert verdict(proof + "x" * 200_000) == NO_RECEIPT
    assert verdict("字" * 70_000) == NO_RECEIPT


def test_checking_a_receipt_stores_nothing_and_says_nothing_about_its_owner(published: Reported, proof: str) -> None:
    from tocsin.ledger.models import AuditRecord

    before = (Tip.objects.values().get(), AuditRecord.objects.count())
    page = check(proof)
    assert (Tip.objects.values().get(), AuditRecord.objects.count()) == before
    assert published.ref not in page.body.decode()
