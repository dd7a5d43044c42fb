"""The public door with the whole database and all its own secrets opens nothing that was stored before."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from tests.identities import allow, ask, hire_custodian, hire_officer, turn
from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, write_to_staff
from tocsin.ledger.note import Signer
from tocsin.tips import services
from tocsin.tips.content import content_place, identity_place, message_place, receipt_place
from tocsin.tips.identity_life import half_place, paper_place
from tocsin.tips.models import Identity, Tip, TipMessage
from tocsin.tips.papers import opening_place, reason_place
from tocsin.tips.selectors import content_of
from tocsin.tips.workflow import State
from tocsin.vault.blobs import (
    IDENTITY_LAYERS,
    MESSAGE,
    NESTED_BOX,
    CannotOpen,
    Place,
    decrypt_data,
    unbox,
)
from tocsin.vault.keyfiles import read_secret
from tocsin.vault.opening import open_content, open_identity, open_message
from tocsin.workflow.models import StepRecord

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
_TOKEN = re.compile(rb"[A-Za-z0-9+/_=-]{32,}")


def keys_in(data: bytes) -> Iterator[bytes]:
    """Everything in ``data`` that could be a key of 32 bytes, in clear, in hexadecimal or in base 64."""
    candidates = [data, data.strip()]
    for token in _TOKEN.findall(data):
        candidates.append(token)
        for decode in (binascii.unhexlify, base64.b64decode, base64.urlsafe_b64decode):
            try:
                candidates.append(decode(token))
            except (binascii.Error, ValueError):
                continue
    for found in candidates:
        yield from {found[:32], found[-32:]}
        if len(found) <= 256:
            yield from (found[at : at + 32] for at in range(max(0, len(found) - 31)))


def keys_below(*folders: Path) -> set[bytes]:
    """All key-like values in the files of these folders."""
    found = {
        key for folder in folders for path in folder.rglob("*") if path.is_file() for key in keys_in(path.read_bytes())
    }
    return {key for key in found if len(key) == 32}


def blobs(model: type[models.Model]) -> Iterator[tuple[Any, bytes]]:
    """Every sealed value of a table with its row."""
    names = [field.name for field in model._meta.get_fields() if isinstance(field, models.BinaryField)]
    for row in model._default_manager.all():
        for name in names:
            value = bytes(getattr(row, name) or b"")
            if len(value) > 48:
                yield row, value


def places(row: Any) -> list[Place]:
    """Where a blob of this row may belong."""
    refs = [getattr(row, name) for name in ("ref", "subject_ref", "identity_ref") if hasattr(row, name)]
    makers = (content_place, identity_place, message_place, receipt_place, reason_place, paper_place, half_place)
    return [opening_place(), *(maker(ref) for maker in makers for ref in refs)]


def boxes_in(blob: bytes) -> Iterator[bytes]:
    """The key boxes inside a message or identity blob; else the blob itself."""
    if blob[:1] == bytes([MESSAGE]):
        at = 2
        for _ in range(blob[1]):
            length = int.from_bytes(blob[at : at + 2], "big")
            yield blob[at + 2 : at + 2 + length]
            at += 2 + length
    elif blob[:1] == bytes([IDENTITY_LAYERS]):
        at = 2
        for _ in range(blob[1]):
            length = int.from_bytes(blob[at + 8 : at + 10], "big")
            yield blob[at + 10 : at + 10 + length]
            at += 10 + length
    else:
        yield blob


def opens(key: bytes, blob: bytes, place: Place) -> bool:
    """Whether ``key`` opens ``blob``, or the outer layer of a nested box, in any form that we have."""
    for form in (None, NESTED_BOX):
        for part in boxes_in(blob):
            try:
                unbox(key, part, place, **({} if form is None else {"form": form}))
            except CannotOpen:
                continue
            return True
    try:
        decrypt_data(key, blob, place)
    except CannotOpen:
        return False
    return True


def opened_with(keys: Sequence[bytes]) -> list[str]:
    """Tables with a value that one of ``keys`` opens."""
    stored = [
        (model.__name__, row, blob)
        for model in apps.get_models()
        if model._meta.app_label in ("tips", "workflow", "ledger")
        for row, blob in blobs(model)
    ]
    assert {name for name, _row, _blob in stored} >= {"Tip", "Identity", "TipMessage", "StepRecord", "Pending"}
    return sorted(
        {name for name, row, blob in stored for place in places(row) for key in keys if opens(key, blob, place)}
    )


@pytest.fixture
def worked_on(tip_in: Callable[[State], Reported], cast: Cast, installation: Installation) -> Reported:
    """A tip with a name, messages both ways, reasons, ledger openings and a name that is half opened."""
    reported = tip_in(State.NEED_INFO)
    write_to_staff(reported, "On Monday.")
    services.start_verification(actor=cast.sam, tip=reported.tip, legal_basis="Section 4")
    request = allow(hire_officer(), ask(cast.ivo, reported))
    turn(hire_custodian("kim"), request, installation, "kim")
    return reported


def test_no_value_that_the_public_door_holds_opens_anything_stored(
    worked_on: Reported, installation: Installation
) -> None:
    assert StepRecord.objects.exclude(reason=b"").exists()
    signer = Signer.from_skey(read_secret(settings.TOCSIN_PROMISE_KEY).decode().strip())
    own = keys_below(installation.home / "keys" / "public", installation.home / "keys" / "door")
    own |= set(keys_in(signer.skey.encode())) | set(keys_in(settings.SECRET_KEY.encode()))
    assert len(own) > 20
    assert opened_with([key for key in own if len(key) == 32]) == []


def test_the_same_search_finds_what_the_desk_and_the_reporter_can_open(
    worked_on: Reported, installation: Installation
) -> None:
    """The search above is worth something: with the right keys it opens every table."""
    desk = {installation.unit_private} | keys_below(installation.home / "keys" / "desk" / "retention")
    assert {"TipMessage", "Pending", "IdentityRequest"} <= set(opened_with(list(desk)))
    assert "Tip" in opened_with([key for key in desk if key != installation.unit_private])  # the outer layer
    assert "Identity" in opened_with([installation.custodian_private(name) for name in ("kim", "lou", "max")])
    assert {"Tip", "TipMessage"} <= set(opened_with([worked_on.keys.receipt, worked_on.keys.mail_private]))


def test_the_desk_needs_both_its_keys_and_reaches_no_name(worked_on: Reported, installation: Installation) -> None:
    tip = worked_on.tip
    retention = (installation.home / "keys" / "desk" / "retention" / f"{tip.retention_id}.key").read_bytes()
    blob, wrapped, place = bytes(tip.content), bytes(tip.wrapped_key), content_place(tip.ref)
    unit = installation.unit_private
    assert b"cages" in open_content(unit, retention, blob, wrapped, place)
    for pair in ((unit, unit), (retention, retention), (retention, unit)):
        with pytest.raises(CannotOpen):
            open_content(*pair, blob, wrapped, place)
    row = Identity.objects.get(ref=tip.identity_ref)
    for pair in itertools.permutations((unit, retention), 2):
        with pytest.raises(CannotOpen):
            open_identity(*pair, bytes(row.blob), bytes(row.wrapped_keys), identity_place(row.ref))


def test_a_blob_does_not_open_in_another_rows_place(
    worked_on: Reported, report: Callable[..., Reported], installation: Installation
) -> None:
    other = report("Something else entirely.")
    message = TipMessage.objects.filter(tip=worked_on.tip).first()
    assert message is not None
    assert open_message(installation.unit_private, bytes(message.blob), message_place(message.ref))
    with pytest.raises(CannotOpen):
        open_message(installation.unit_private, bytes(message.blob), message_place(other.ref))
    Tip.objects.filter(ref=other.ref).update(content=bytes(worked_on.tip.content))
    installation.unlock()
    with pytest.raises(CannotOpen):
        content_of(other.tip)


def test_one_reporters_words_open_nothing_of_another(worked_on: Reported, report: Callable[..., Reported]) -> None:
    stranger = report("Something else entirely.").keys
    keys = [stranger.mail_private, stranger.receipt, stranger.login, stranger.events]
    mine = [
        key for key in keys if any(opens(key, blob, place) for row, blob in blobs(TipMessage) for place in places(row))
    ]
    assert mine == []
