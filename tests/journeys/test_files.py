"""Files of a reporter: from the form to a safe copy on the desk, and everything that may go wrong on the way."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, incoming, send_report
from tests.visitor import Page, Visitor
from tocsin.access.actors import SAFE_COPIES
from tocsin.common.errors import Busy, Conflict, RuleBroken
from tocsin.intake import services as intake
from tocsin.intake import store, uploads
from tocsin.intake.files import remove_left_over
from tocsin.policy import active
from tocsin.tips import mailbox
from tocsin.tips.evidence import copy_path_of, path_of
from tocsin.tips.models import CopyVerdict, Evidence, Tip
from tocsin.tips.safe_copies import evidence_of, make_copy, read_copy, waiting_evidence

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tocsin.public.urls")]
CANARY = b"CANARY-IN-A-FILE"


def picture() -> bytes:
    """A small JPEG that says where it was taken, with a canary in its comment."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "CameraMaker", "CameraModel"
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (39.0, 54.0, 0.0)
    Image.new("RGB", (64, 48), (200, 30, 30)).save(out, "JPEG", exif=exif, comment=CANARY)
    return out.getvalue()


def upload(data: bytes, name: str = "lake.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def stored_files(installation: Installation) -> list[Path]:
    return [path for path in (installation.files / "evidence").rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.fixture
def last_page(installation: Installation) -> Callable[..., tuple[Client, dict[str, str]]]:
    """Walks the guided form up to its last page; the browser and the fields of that page."""

    def walk(answer: str = "now") -> tuple[Client, dict[str, str]]:
        browser = Client(raise_request_exception=False)
        page = Page(browser.get("/en/report/steps"))
        typed = {"risk": {"risk": "no"}, "category": {"category": "animal_deaths"}, "what": {"what": "Dead birds."}}
        typed["files"] = {"evidence": answer}
        while page.forms[0].fields["at"] != "send":
            fields = page.forms[0].fields
            page = Page(browser.post("/en/report/steps", {**fields, **typed.get(fields["at"], {}), "go": "next"}))
            assert page.status == 200
        return browser, {**page.forms[0].fields, "go": "send"}

    return walk


def test_a_file_is_sealed_on_its_way_and_staff_get_a_clean_copy(
    last_page: Callable[..., tuple[Client, dict[str, str]]], installation: Installation, cast: Cast
) -> None:
    browser, fields = last_page()
    data = picture()
    page = Page(browser.post("/en/report/steps", {**fields, "files": [upload(data), upload(b"notes", "n.txt")]}))
    assert len(page.words) == 9
    assert "lake.jpg" in page.plain
    lying = [path.read_bytes() for path in stored_files(installation)]
    assert len(lying) == 2
    assert not any(CANARY in sealed or data[:64] in sealed or b"lake" in sealed for sealed in lying)
    installation.unlock()
    tip = Tip.objects.get()
    first, second = evidence_of(tip)
    assert (first.about.name, first.about.media_type, first.about.size) == ("lake.jpg", "image/jpeg", len(data))
    assert second.about.family == "text"
    assert first.verdict is CopyVerdict.WAITING
    row = waiting_evidence(SAFE_COPIES)
    assert row is not None
    assert make_copy(actor=SAFE_COPIES, row=row) is CopyVerdict.MADE
    opened, pieces = read_copy(cast.ines, tip.ref, first.ref)
    copy = b"".join(pieces)
    assert CANARY not in copy
    assert opened.copy is not None
    assert Image.open(io.BytesIO(copy)).size == (64, 48)
    assert not Image.open(io.BytesIO(copy)).getexif()


def test_sending_the_last_page_twice_stores_each_file_once(
    last_page: Callable[..., tuple[Client, dict[str, str]]], installation: Installation
) -> None:
    browser, fields = last_page()
    pages = [Page(browser.post("/en/report/steps", {**fields, "files": [upload(picture())]})) for _ in range(2)]
    assert pages[0].words == pages[1].words
    assert (Tip.objects.count(), Evidence.objects.count(), len(stored_files(installation))) == (1, 1, 1)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"most_files": 1}, uploads.Reason.TOO_MANY),
        ({"largest_file_mb": 0}, uploads.Reason.TOO_LARGE),
        ({"largest_total_mb": 0}, uploads.Reason.TOO_MUCH),
    ],
    ids=str,
)
def test_a_file_that_is_refused_never_stops_the_text(
    spoil: dict[str, int],
    reason: uploads.Reason,
    last_page: Callable[..., tuple[Client, dict[str, str]]],
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser, fields = last_page()
    pack = active.get_pack()
    for name, value in spoil.items():
        object.__setattr__(pack.evidence, name, value)  # the pack is frozen; this test's copy is dropped afterwards
    page = Page(browser.post("/en/report/steps", {**fields, "files": [upload(picture()), upload(b"more", "more.txt")]}))
    assert len(page.words) == 9
    assert str(reason.value) in page.plain
    assert len(stored_files(installation)) == Evidence.objects.count() < 2


def test_when_all_uploads_are_taken_or_the_disk_is_full_the_text_still_comes_in(
    last_page: Callable[..., tuple[Client, dict[str, str]]], installation: Installation, settings: object
) -> None:
    browser, fields = last_page()
    while uploads.slots().acquire(blocking=False):
        pass
    try:
        page = Page(browser.post("/en/report/steps", {**fields, "files": [upload(picture())]}))
    finally:
        uploads.slots.cache_clear()
    assert len(page.words) == 9
    assert str(uploads.Reason.BUSY.value) in page.plain
    settings.TOCSIN_EVIDENCE_KEEP_FREE = 1 << 62  # type: ignore[attr-defined]  # pytest-django's settings
    browser, fields = last_page()
    page = Page(browser.post("/en/report/steps", {**fields, "files": [upload(picture())]}))
    assert len(page.words) == 9
    assert str(uploads.Reason.NO_ROOM.value) in page.plain
    assert stored_files(installation) == []


def test_files_of_a_form_that_was_not_taken_are_removed(
    last_page: Callable[..., tuple[Client, dict[str, str]]], installation: Installation
) -> None:
    browser, fields = last_page()
    for spoilt in ({"ticket": "x"}, {"draft": "x"}, {"go": "back"}):
        browser.post("/en/report/steps", {**fields, **spoilt, "files": [upload(picture())]})
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    assert strict.post("/en/report/steps", {**fields, "files": [upload(picture())]}).status_code == 403
    for address in ("/en/report", "/en/verify", "/en/mailbox"):
        browser.post(address, {"files": [upload(picture())]})
    assert stored_files(installation) == []
    assert Tip.objects.count() == 0
    with pytest.raises(ValueError, match="released too many"):
        uploads.slots().release()  # none is held any more


def test_files_of_a_form_that_is_too_old_are_removed(
    last_page: Callable[..., tuple[Client, dict[str, str]]],
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser, fields = last_page()
    monkeypatch.setattr("tocsin.intake.attempts.TICKET_LIFETIME", -1)
    page = Page(browser.post("/en/report/steps", {**fields, "files": [upload(picture())]}))
    assert page.status == 403
    assert Tip.objects.count() == 0
    assert stored_files(installation) == []


def test_files_can_follow_through_the_mailbox_once_each(installation: Installation) -> None:
    reported, visitor = send_report(), Visitor()
    page = visitor.open_mailbox(reported.words)
    assert "We have no files of yours." in page.plain
    for _try in range(2):
        form = page.form("/mailbox/files")
        answer = Page(visitor.browser.post(form.action, {**form.fields, "files": [upload(picture()), upload(b"x")]}))
        assert answer.status == 200
        assert "received and sealed" in answer.plain
    assert "We have 2 files of yours." in visitor.get("mailbox/messages").plain
    assert len(stored_files(installation)) == 2
    assert reported.tip.unread_replies == 1
    empty = Page(visitor.browser.post(form.action, form.fields))
    assert (empty.status, "Choose at least one file" in empty.plain) == (422, True)


def test_taking_an_unread_report_back_destroys_its_files(
    installation: Installation, django_capture_on_commit_callbacks: Callable[..., Iterator[object]]
) -> None:
    reported = send_report()
    assert intake.add_files(keys=reported.keys, files=[incoming(picture())]) == 1
    assert len(stored_files(installation)) == 1
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        assert mailbox.withdraw(keys=reported.keys)
    assert stored_files(installation) == []
    assert Evidence.objects.count() == 0
    with pytest.raises(Conflict):
        intake.add_files(keys=reported.keys, files=[incoming()])
    assert stored_files(installation) == []


def test_a_store_that_is_busy_keeps_the_files_for_a_day_since_the_report_may_still_be_stored(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = send_report()

    def busy(**_told: object) -> list[str]:
        raise Busy(store.BUSY)

    monkeypatch.setattr(mailbox, "add_files", busy)
    with pytest.raises(Busy):
        intake.add_files(keys=reported.keys, files=[incoming()])
    (left,) = stored_files(installation)
    assert remove_left_over() == 0
    monkeypatch.setattr("tocsin.intake.files.time.time", lambda: left.stat().st_mtime + 25 * 3600)
    assert remove_left_over() == 1
    assert stored_files(installation) == []


def test_the_worker_removes_what_a_crash_left_and_nothing_that_belongs_to_a_report(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: Reported = send_report()
    intake.add_files(keys=reported.keys, files=[incoming(b"belongs")])
    incoming(b"its browser died")
    row = Evidence.objects.get()
    copy_path_of(row.ref).write_bytes(b"sealed copy")
    assert len(stored_files(installation)) == 3
    later = path_of(row.ref).stat().st_mtime + 25 * 3600
    monkeypatch.setattr("tocsin.intake.files.time.time", lambda: later)
    assert remove_left_over() == 1
    assert sorted(stored_files(installation)) == sorted([path_of(row.ref), copy_path_of(row.ref)])


def test_a_hostile_file_is_kept_sealed_and_the_desk_says_so(
    installation: Installation, cast: Cast, unlocked_desk: Installation
) -> None:
    reported = send_report()
    broken = picture()[:200] + b"\x00" * 50
    intake.add_files(keys=reported.keys, files=[incoming(broken, "broken.jpg"), incoming(b"\x7fELF" + bytes(99), "x")])
    for row in Evidence.objects.order_by("id"):
        assert make_copy(actor=SAFE_COPIES, row=row) is CopyVerdict.NONE
    for file in evidence_of(reported.tip):
        assert file.why
        with pytest.raises(RuleBroken):
            read_copy(cast.ines, reported.ref, file.ref)


def test_a_sealed_file_that_was_changed_on_disk_gives_no_copy(
    installation: Installation, unlocked_desk: Installation
) -> None:
    reported = send_report()
    intake.add_files(keys=reported.keys, files=[incoming(picture())])
    row = Evidence.objects.get()
    sealed = bytearray(path_of(row.ref).read_bytes())
    sealed[100] ^= 1
    path_of(row.ref).write_bytes(bytes(sealed))
    assert make_copy(actor=SAFE_COPIES, row=row) is CopyVerdict.NONE
