"""The receipt file of a mailbox: the promise until the leaf is published, afterwards the proof."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.installation import Installation
from tests.stories import Reported, send_report
from tests.visitor import Visitor
from tocsin.common.errors import NotPermitted
from tocsin.ledger.checkpoint import parse
from tocsin.ledger.models import Entry
from tocsin.ledger.note import split_note
from tocsin.ledger.receipt import parse as parse_proof
from tocsin.ledger.verifier import Status, verify_receipt
from tocsin.public.receipts import PROMISE_NAME, PROOF_NAME, receipt_of
from tocsin.tips import mailbox
from tocsin.vault.codes import CodeKeys, new_seed

pytestmark = pytest.mark.django_db


def published_size(log: Path) -> int:
    return parse(split_note((log / "checkpoint").read_bytes())[0]).size


def test_before_the_first_batch_the_receipt_is_the_promise_that_was_given(installation: Installation) -> None:
    reported = send_report()
    assert not (installation.log_dir / "checkpoint").exists()
    assert receipt_of(reported.keys) == (PROMISE_NAME, reported.promise)


def test_while_the_leaf_waits_the_receipt_stays_the_promise(installation: Installation) -> None:
    send_report("published before")
    installation.publish()
    reported = send_report("still waiting")
    assert receipt_of(reported.keys) == (PROMISE_NAME, reported.promise)


def test_after_the_batch_the_receipt_is_a_proof_of_this_very_leaf(installation: Installation) -> None:
    reported, other = send_report("mine"), send_report("somebody else's")
    installation.publish()
    name, data = receipt_of(reported.keys)
    assert name == PROOF_NAME
    assert verify_receipt(data, installation.log_dir).status is Status.OK
    place = parse_proof(data).index
    assert bytes(Entry.objects.get(index=place).leaf) == reported.leaf
    assert parse_proof(receipt_of(other.keys)[1]).index != place


def test_an_old_proof_stays_good_and_a_new_one_speaks_of_the_grown_log(installation: Installation) -> None:
    reported = send_report()
    installation.publish()
    old = receipt_of(reported.keys)[1]
    for number in range(3):
        send_report(f"later {number}")
    installation.publish()
    new = receipt_of(reported.keys)[1]
    assert old != new
    assert parse_proof(old).index == parse_proof(new).index
    for data in (old, new):
        assert verify_receipt(data, installation.log_dir).status is Status.OK


def test_a_leaf_that_is_signed_but_not_yet_published_gives_the_promise(
    installation: Installation, tmp_path: Path
) -> None:
    send_report("in the first batch")
    installation.publish()
    earlier = tmp_path / "log-of-the-hour-before"
    shutil.copytree(installation.log_dir, earlier)
    reported = send_report("in the second batch")
    installation.publish()
    shutil.rmtree(installation.log_dir)
    shutil.copytree(earlier, installation.log_dir)
    assert Entry.objects.count() > published_size(installation.log_dir)
    assert Entry.objects.get(leaf=reported.leaf).index >= published_size(installation.log_dir)
    assert receipt_of(reported.keys) == (PROMISE_NAME, reported.promise)


def test_the_first_leaf_beyond_the_published_log_gives_the_promise_and_the_last_within_gives_the_proof(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin.public import receipts

    reported = send_report()
    installation.publish()
    size = published_size(installation.log_dir)
    monkeypatch.setattr(receipts, "place_of_leaf", lambda _leaf: size)
    assert receipt_of(reported.keys)[0] == PROMISE_NAME
    monkeypatch.setattr(receipts, "place_of_leaf", lambda _leaf: size - 1)
    assert receipt_of(reported.keys)[0] == PROOF_NAME


def test_the_receipt_is_made_from_what_was_published_and_not_from_the_database(installation: Installation) -> None:
    reported = send_report()
    installation.publish()
    _name, data = receipt_of(reported.keys)
    assert (installation.log_dir / "checkpoint").read_bytes() in data


def test_a_receipt_holds_no_secret_of_its_owner(installation: Installation) -> None:
    reported = send_report()
    installation.publish()
    for data in (reported.promise, receipt_of(reported.keys)[1]):
        told = data.decode()
        keys = reported.keys
        secrets = [reported.seed, keys.login, keys.events, keys.mail_private, keys.receipt]
        assert not [secret for secret in secrets if secret.hex() in told or secret in data]
        assert reported.ref not in told


def test_a_report_that_was_taken_back_still_has_its_receipt(installation: Installation) -> None:
    reported = send_report()
    mailbox.withdraw(keys=reported.keys)
    assert receipt_of(reported.keys) == (PROMISE_NAME, reported.promise)
    installation.publish()
    name, data = receipt_of(reported.keys)
    assert name == PROOF_NAME
    assert verify_receipt(data, installation.log_dir).status is Status.OK


def test_words_of_nobody_give_no_receipt(installation: Installation) -> None:
    send_report()
    with pytest.raises(NotPermitted):
        receipt_of(CodeKeys.derive(new_seed()))


@pytest.mark.parametrize("published", [False, True])
def test_the_file_is_saved_and_not_shown_and_its_name_tells_what_it_is(
    reported: Reported, installation: Installation, published: bool
) -> None:
    if published:
        installation.publish()
    visitor = Visitor()
    visitor.open_mailbox(reported.words)
    answer = visitor.browser.get("/en/mailbox/receipt")
    name = PROOF_NAME if published else PROMISE_NAME
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content == receipt_of(reported.keys)[1]
