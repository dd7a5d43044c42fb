"""Every mail becomes a report exactly once, without its sender, and leaves the mailbox only when it is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.installation import Installation, TestClock
from tests.people import Cast
from tocsin.access.actors import MAIL, Actor
from tocsin.common.errors import Busy, NotPermitted, RuleBroken
from tocsin.intake.channels.email import services
from tocsin.intake.channels.email.boxes import MailboxFault, Waiting
from tocsin.intake.channels.email.maildir import MaildirBox
from tocsin.intake.channels.email.reading import REMARKS, read_mail
from tocsin.intake.channels.email.services import Round, take_mails
from tocsin.intake.channels.email.tests.mails import CANARIES, SENDER, mail, nested, with_file
from tocsin.intake.files import IncomingFile
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.policy.model import UnknownCategory
from tocsin.tips.content import TipContent, content_place, evidence_about_place, evidence_place, identity_place
from tocsin.tips.evidence import EvidenceAbout, path_of
from tocsin.tips.identities import wrapped_keys_of
from tocsin.tips.models import Evidence, Identity, Tip
from tocsin.vault.opening import open_identity, open_small
from tocsin.vault.unlocked import Opener

pytestmark = pytest.mark.django_db


class Postbox(MaildirBox):
    """A maildir to which tests deliver; ``breaks`` makes its next calls of that name fail."""

    def __init__(self, path: Path) -> None:
        for name in ("new", "cur", "tmp"):
            (path / name).mkdir(parents=True)
        super().__init__(path, "aside")
        self.path, self.breaks = path, {"read": 0, "remove": 0}
        self._count = 0

    def deliver(self, *mails: Any) -> None:
        for one in mails:
            self._count += 1
            data = one if isinstance(one, bytes) else one.as_bytes()
            (self.path / "new" / f"{self._count:05}.host").write_bytes(data)

    def read(self, mail: Waiting, most: int) -> bytes:
        self._perhaps("read")
        return super().read(mail, most)

    def remove(self, mail: Waiting) -> None:
        self._perhaps("remove")
        super().remove(mail)

    def _perhaps(self, name: str) -> None:
        if self.breaks[name]:
            self.breaks[name] -= 1
            raise MailboxFault("The mailbox is away.")

    @property
    def left(self) -> int:
        return len(list(self.waiting()))

    @property
    def aside(self) -> list[bytes]:
        folder = self.path / ".aside" / "cur"
        return [path.read_bytes() for path in folder.iterdir()] if folder.exists() else []


@pytest.fixture
def box(installation: Installation, tmp_path: Path) -> Postbox:
    return Postbox(tmp_path / "Maildir")


def take(box: Postbox, *, actor: Actor = MAIL, category: str = "other", largest_mb: int = 50) -> Round:
    return take_mails(actor=actor, box=box, category=category, largest_mb=largest_mb)


class Opened:
    """A stored report as the unit reads it."""

    def __init__(self, tip: Tip, installation: Installation) -> None:
        self.tip, self._installation = tip, installation
        self._opener = Opener(installation.unit_private, installation.home / "keys" / "desk")
        sealed = (bytes(tip.content), bytes(tip.wrapped_key), tip.retention_id)
        self.content = TipContent.from_bytes(self._opener.open_content(*sealed, content_place(tip.ref)))

    @property
    def what(self) -> str:
        return self.content.answers["what"]

    @property
    def contact(self) -> str:
        row = Identity.objects.get(ref=self.tip.identity_ref)
        kim, lou = (self._installation.custodian_private(name) for name in ("kim", "lou"))
        return open_identity(kim, lou, bytes(row.blob), wrapped_keys_of(row), identity_place(row.ref)).decode()

    @property
    def files(self) -> list[tuple[str, int]]:
        return [(about.name, about.size) for about in self._abouts()]

    def _abouts(self) -> list[EvidenceAbout]:
        abouts = []
        for row in Evidence.objects.filter(tip=self.tip).order_by("id"):
            place = evidence_about_place(row.ref)
            key = self._opener.open_key(bytes(row.wrapped_key), row.retention_id, place)
            abouts.append(EvidenceAbout.from_bytes(open_small(key, bytes(row.about), place)))
            assert path_of(row.ref).is_file()
            assert evidence_place(row.ref)
        return abouts


@pytest.fixture
def opened(installation: Installation) -> Callable[[], list[Opened]]:
    """All stored reports in order of arrival."""
    return lambda: [Opened(tip, installation) for tip in Tip.objects.order_by("id")]


AllOpened = Callable[[], list[Opened]]


def test_a_mail_becomes_a_report_and_leaves_the_mailbox(box: Postbox, opened: AllOpened) -> None:
    box.deliver(mail("Contact: Mia, 0100 555\nDead birds on the shore."))
    assert take(box) == Round(taken=1)
    (report,) = opened()
    assert (report.what, report.contact) == ("Birds\n\nDead birds on the shore.", "Mia, 0100 555")
    assert (report.tip.channel, report.tip.category, report.tip.state) == ("email", "other", "received")
    assert report.content.identity_given
    assert (box.left, box.aside) == (0, [])
    line = AuditRecord.objects.get(action="tip.receive")
    assert (line.actor, line.detail, line.at.minute) == ("program:mail", {"channel": "email"}, 0)


def test_the_sender_is_nowhere(box: Postbox, opened: AllOpened, installation: Installation) -> None:
    box.deliver(mail(), with_file(number=2), nested(150))
    take(box)
    for report in opened():
        assert report.contact == ""
        for canary in CANARIES:
            assert canary not in report.content.to_bytes().decode()
    for model in (Tip, Identity, Evidence, AuditRecord, Pending):
        for row in model.objects.values():
            assert SENDER not in str(row)
            assert "private.example" not in str(row)
    stored = [path.read_bytes() for path in installation.files.rglob("*") if path.is_file()]
    assert not [data for data in stored if b"private.example" in data or b"Dead birds" in data]


def test_files_are_sealed_as_those_of_the_public_door(box: Postbox, opened: AllOpened) -> None:
    box.deliver(with_file(b"\xff\xd8\xff\xe0 a picture", "birds.jpg"))
    take(box)
    (report,) = opened()
    assert report.files == [("birds.jpg", 14)]


def test_the_same_mail_again_is_removed_and_stores_nothing(box: Postbox, opened: AllOpened) -> None:
    raw = with_file().as_bytes()
    box.deliver(raw)
    take(box)
    box.deliver(b"Received: by another road\n" + raw)
    assert take(box) == Round(known=1)
    assert (len(opened()), Evidence.objects.count(), box.left) == (1, 1, 0)


def test_another_mail_under_the_same_id_takes_nothing_away(box: Postbox, opened: AllOpened) -> None:
    box.deliver(mail("Dead birds.", number=1), mail("Something else.", number=1))
    assert take(box) == Round(taken=2)
    assert [report.what for report in opened()] == ["Birds\n\nDead birds.", "Birds\n\nSomething else."]


def test_mails_without_an_id_are_told_apart(box: Postbox) -> None:
    box.deliver(b"Subject: a\n\nDead birds.", b"Subject: b\n\nDead birds.", b"Subject: a\n\nDead birds.")
    assert take(box) == Round(taken=2, known=1)


def test_a_mail_that_could_not_be_removed_is_not_stored_again(box: Postbox, opened: AllOpened) -> None:
    box.deliver(mail(number=1), mail(number=2))
    box.breaks["remove"] = 1
    assert take(box) == Round(taken=1, left=1)
    assert take(box) == Round(known=1)
    assert (len(opened()), box.left) == (2, 0)


def test_nothing_is_removed_when_the_store_takes_nothing(box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_: Any) -> None:
        raise Busy("later")

    box.deliver(mail(), with_file(number=2))
    with monkeypatch.context() as patch:
        patch.setattr(services, "accept_tip", busy)
        with pytest.raises(Busy):
            take(box)
    assert (box.left, Tip.objects.count()) == (2, 0)
    assert take(box) == Round(taken=2)


def test_one_mail_that_fails_does_not_hold_up_the_others(
    box: Postbox, opened: AllOpened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:

    def fails(raw: bytes) -> Any:
        if b"SECRET" in raw:
            raise ZeroDivisionError
        return read_mail(raw)

    monkeypatch.setattr(services, "read_mail", fails)
    box.deliver(mail("One."), mail("SECRET", number=2), mail("Three.", number=3))
    assert take(box) == Round(taken=2, left=1)
    assert [report.what for report in opened()] == ["Birds\n\nOne.", "Birds\n\nThree."]
    assert box.left == 1
    assert "SECRET" not in caplog.messages


def test_a_mailbox_that_is_away_ends_the_round_and_a_single_fault_does_not(box: Postbox) -> None:
    box.deliver(*[mail(f"Number {n}.", number=n) for n in range(4)])
    box.breaks["read"] = 1
    assert take(box) == Round(taken=3, left=1)
    box.deliver(*[mail(f"Number {n}.", number=n) for n in range(4, 8)])
    box.breaks["read"] = 2
    with pytest.raises(MailboxFault):
        take(box)
    assert take(box) == Round(taken=5)


def test_a_mail_that_is_too_large_is_put_aside_and_the_desk_is_told(box: Postbox, opened: AllOpened) -> None:
    large = with_file(b"x" * 1_100_000)
    box.deliver(large, mail(number=2))
    assert take(box, largest_mb=1) == Round(taken=2, aside=1)
    told, other = opened()
    assert told.content.flags == ("mail_too_large",)
    assert told.files == []
    assert "no text" in told.what
    assert other.what == "Birds\n\nDead birds on the shore."
    assert box.aside == [large.as_bytes()]
    box.deliver(large)
    assert take(box, largest_mb=1) == Round(known=1, aside=1)
    assert len(opened()) == 2


def test_more_files_than_a_report_may_have_are_put_aside_with_their_mail(box: Postbox, opened: AllOpened) -> None:
    message = mail()
    for number in range(23):
        message.add_attachment(b"%d" % number, maintype="image", subtype="jpeg", filename=f"{number}.jpg")
    box.deliver(message)
    assert take(box) == Round(taken=1, aside=1)
    (report,) = opened()
    assert [name for name, _size in report.files] == [f"{number}.jpg" for number in range(20)]
    assert report.content.flags == ("mail_in_part",)
    assert box.aside == [message.as_bytes()]


def test_a_mail_that_cannot_be_read_is_a_report_with_a_file(box: Postbox, opened: AllOpened) -> None:
    box.deliver(nested(150))
    assert take(box) == Round(taken=1)
    (report,) = opened()
    assert report.content.flags == ("mail_unreadable",)
    assert [name for name, _size in report.files] == ["message.eml"]
    assert (box.left, box.aside) == (0, [])


@pytest.mark.parametrize("raw", [b"", b"\n", b"Subject:\n\n\n", b"From: x\n\n\xe2\x80\x8b"])
def test_an_empty_mail_is_a_report_that_says_so(raw: bytes, box: Postbox, opened: AllOpened) -> None:
    box.deliver(raw)
    assert take(box) == Round(taken=1)
    assert "no text" in opened()[0].what


def test_what_became_of_a_mail_is_told_with_it(box: Postbox, opened: AllOpened) -> None:
    page = mail(None)
    page.set_content("<p>Dead birds.</p>", subtype="html")
    box.deliver(page, mail("x" * 300_000, number=2), nested(150))
    take(box)
    told = [flag for report in opened() for flag in report.content.flags]
    assert told == ["mail_html", "mail_cut", "mail_unreadable"]
    assert {*told, "mail_in_part", "mail_too_large"} == set(REMARKS)


def test_no_room_leaves_mails_where_they_are(
    box: Postbox, settings: Any, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver(with_file())
    settings.TOCSIN_EVIDENCE_KEEP_FREE = 2**62
    with pytest.raises(Busy):
        take(box)
    settings.TOCSIN_EVIDENCE_KEEP_FREE = 0
    with monkeypatch.context() as patch:

        def full(_self: IncomingFile) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(IncomingFile, "finish", full)
        with pytest.raises(Busy):
            take(box)
    assert (box.left, Tip.objects.count()) == (1, 0)
    assert [path for path in (installation.files / "evidence").rglob("*") if path.is_file()] == []
    assert take(box) == Round(taken=1)


def test_clocks_count_from_the_arrival_in_the_mailbox_and_never_from_the_future(
    box: Postbox, set_clock: Callable[..., TestClock]
) -> None:
    import os

    now = set_clock(datetime(2026, 11, 25, 12, 30, tzinfo=UTC)).now()
    for number, days in ((1, -3), (2, 40)):
        box.deliver(mail(number=number))
        stamp = (now + timedelta(days=days)).timestamp()
        os.utime(box.path / "new" / f"{number:05}.host", (stamp, stamp))
    take(box)
    hours = list(Tip.objects.order_by("id").values_list("received_hour", flat=True))
    assert hours == [datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2026, 11, 25, 12, tzinfo=UTC)]


def test_only_who_may_receive_reports_takes_mails(box: Postbox, cast: Cast) -> None:
    box.deliver(mail())
    with pytest.raises(NotPermitted):
        take(box, actor=cast.ada)
    assert box.left == 1


def test_rules_that_know_no_e_mail_take_none(box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.deliver(mail())
    with pytest.raises(UnknownCategory):
        take(box, category="witchcraft")
    monkeypatch.setattr(services, "CHANNEL", "pigeon")
    with pytest.raises(RuleBroken, match="no channel"):
        take(box)
    assert (box.left, Tip.objects.count()) == (1, 0)


def test_nothing_is_ever_sent() -> None:
    folder = Path(services.__file__).parent
    for file in folder.glob("*.py"):
        assert "smtp" not in file.read_text().lower()
