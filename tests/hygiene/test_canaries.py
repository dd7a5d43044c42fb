"""Where a reporter is and who they are is kept nowhere: not in the database, not in a file, not in a log."""

from __future__ import annotations

import base64
import io
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils.module_loading import import_string

from tests.hygiene.story import COOKIE, NETWORK_CANARIES, TYPED, Told, reporter, tell_the_story, work
from tests.hygiene.traces import Place, forms, found, in_files, in_the_database, phrases
from tests.installation import CUSTODIANS, PASSPHRASE, Installation
from tests.people import PASSWORD, Cast, staff_of
from tocsin.access.models import SignInEvent, SignInRecord
from tocsin.common.errors import RuleBroken
from tocsin.ledger.models import AuditRecord
from tocsin.tips.models import Identity, Tip, TipMessage
from tocsin.workflow.models import StepRecord

pytestmark = [pytest.mark.django_db, pytest.mark.journey]
LOGGERS = ("", "django.request")  # those to which the settings give a handler


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What an installation would write to its log: our loggers, our formatter, our levels."""
    told: dict[str, Any] = settings.LOGGING
    assert {"", *told["loggers"]} == set(LOGGERS)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(import_string(told["formatters"]["quiet"]["()"])())
    for name in LOGGERS:
        logging.getLogger(name).addHandler(handler)
    yield written
    for name in LOGGERS:
        logging.getLogger(name).removeHandler(handler)


def secrets_of(told: Told) -> dict[str, set[bytes]]:
    """Everything that must have left no trace."""
    keys = told.keys
    network = {name: forms(name.encode()) if len(name) > 8 else {name.encode()} for name in NETWORK_CANARIES}
    typed = {name: {text.encode(), text[:12].encode()} for name, text in TYPED.items()}
    return {
        **network,
        **typed,
        "cookie": forms(COOKIE.encode()),
        "words": phrases(told.words),
        "seed": forms(told.seed),
        "login": forms(keys.login),
        "mail key": forms(keys.mail_private),
        "receipt key": forms(keys.receipt),
        "event key": forms(keys.events),
        "password": {PASSWORD.encode()},
        "passphrase": {PASSPHRASE.encode(), *(each.encode() for each in CUSTODIANS.values())},
    }


def all_places(installation: Installation, log: io.StringIO, shown: tuple[str, str]) -> Iterator[Place]:
    yield from in_the_database()
    yield from in_files(installation.home, installation.files)
    yield "the log", log.getvalue().encode()
    yield "standard output", shown[0].encode()
    yield "standard error", shown[1].encode()


def test_a_whole_story_leaves_no_address_no_browser_no_word_of_the_code_and_no_text_in_clear(
    cast: Cast,
    installation: Installation,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = tell_the_story(installation, monkeypatch)
    shown = capfd.readouterr()
    assert TipMessage.objects.count() >= 3
    assert StepRecord.objects.exclude(reason=b"").exists()
    assert AuditRecord.objects.filter(action="sign-in.refused").exists()
    assert "RuntimeError" in log.getvalue()
    assert {heard.status for heard in told.public} >= {200, 302, 400, 403, 404, 413, 422, 500}
    places = list(all_places(installation, log, (shown.out, shown.err)))
    assert len({place.split(".")[0] for place, _data in places if "_" in place}) >= 10
    assert found(secrets_of(told), places) == []
    own = [f"{record.getMessage()} {record.args}" for record in caplog.records if record.name.startswith("tocsin")]
    assert found(secrets_of(told), [("a log call of ours", line.encode()) for line in own]) == []


def hide(where: str, secret: str, installation: Installation, log: io.StringIO) -> None:
    """Keep ``secret`` as a careless program would."""
    if where == "text column":
        Tip.objects.update(channel=secret[:16])
    elif where == "bytes column":
        Identity.objects.update(blob=b"\x00\x01" + secret.encode() + b"\xff")
    elif where == "file":
        (installation.log_dir / "trace").write_text(secret)
    elif where == "file name":
        (installation.files / f"upload-{secret}").touch()
    elif where == "log":
        logging.getLogger("tocsin.test").warning(secret)
    elif where == "traceback":
        logging.getLogger("tocsin.test").error("x", exc_info=RuleBroken(secret))


@pytest.mark.parametrize("where", ["text column", "bytes column", "file", "file name", "log", "traceback"])
def test_the_same_search_finds_what_a_careless_program_would_keep(
    where: str, tip: Tip, cast: Cast, installation: Installation, log: io.StringIO
) -> None:
    secret = "canary-kept"
    assert found({"it": forms(secret.encode())}, all_places(installation, log, ("", ""))) == []
    hide(where, secret, installation, log)
    assert found({"it": forms(secret.encode())}, all_places(installation, log, ("", "")))


@pytest.mark.parametrize("offset", range(3))
def test_a_seed_is_found_in_every_usual_writing(offset: int, tmp_path: Path) -> None:
    seed = bytes(range(200, 212))
    for text in (
        seed,
        seed.hex().encode(),
        seed.hex().upper().encode(),
        base64.b64encode(b"x" * offset + seed + b"y" * 5),
        base64.urlsafe_b64encode(b"x" * offset + seed + b"y" * 5),
        repr(seed).encode(),
    ):
        assert found({"seed": forms(seed)}, [("here", b"before " + text + b" after")]), text
    assert found({"words": phrases(["one", "two", "three"])}, [("here", b"it was two three")])
    (tmp_path / "empty").touch()
    assert found({"seed": forms(seed)}, in_files(tmp_path)) == []


def test_what_staff_send_along_is_not_kept_either(cast: Cast, tip: Tip, installation: Installation) -> None:
    work("ines", tip.ref, ("acknowledge", {}))
    assert SignInRecord.objects.filter(staff=staff_of(cast.ines), event=SignInEvent.SIGNED_IN).exists()
    network = {name: {name.encode()} for name in NETWORK_CANARIES}
    assert found(network, [*in_the_database(), *in_files(installation.files)]) == []


def test_an_upload_that_is_refused_touches_neither_disk_nor_database(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    mia = reporter()
    form = mia.open_form().form("/report")
    file = ContentFile(b"canary-content" * 400_000, name="canary-name.pdf")
    mia.browser.post(form.action, {**form.fields, "what": "", "file": file})
    assert list(scratch.iterdir()) == []
    assert found({"file": {b"canary-content", b"canary-name"}}, in_the_database()) == []
