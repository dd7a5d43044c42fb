"""Maildir and mail server: mails come in order, leave only when told to, and nothing else of the mailbox changes."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.common.errors import Unsafe
from tocsin.intake.channels.email.boxes import MailboxFault
from tocsin.intake.channels.email.imap import ImapBox
from tocsin.intake.channels.email.maildir import MaildirBox
from tocsin.intake.channels.email.settings import MailSettings
from tocsin.intake.channels.email.tests.imap_server import PASSWORD, USER, Account, serve, write_certificate


def make_maildir(path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (path / name).mkdir(parents=True)
    return path


def put(path: Path, name: str, data: bytes, when: float) -> None:
    (path / name).write_bytes(data)
    os.utime(path / name, (when, when))


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    path = make_maildir(tmp_path / "Maildir")
    put(path, "new/2.host", b"second", 2_000_000_000)
    put(path, "cur/1.host:2,S", b"first", 1_000_000_000)
    (path / "new" / ".hidden").write_bytes(b"x")
    (path / "new" / "link").symlink_to("/etc/hostname")
    (path / "tmp" / "half").write_bytes(b"half a mail")
    os.mkfifo(path / "new" / "pipe")
    return path


def test_mails_of_a_maildir_come_in_the_order_of_their_arrival_and_plain_files_only(maildir: Path) -> None:
    box = MaildirBox(maildir, "aside")
    told = list(box.waiting())
    assert [(mail.handle, mail.size) for mail in told] == [("cur/1.host:2,S", 5), ("new/2.host", 6)]
    assert told[0].arrived_at == datetime.fromtimestamp(1_000_000_000, UTC)
    assert [box.read(mail, 3) for mail in told] == [b"fir", b"sec"]
    assert len(list(box.waiting())) == 2


def test_a_mail_of_a_maildir_is_removed_or_put_aside_and_the_others_stay(maildir: Path) -> None:
    box = MaildirBox(maildir, "aside")
    first, second = box.waiting()
    box.remove(first)
    box.remove(first)  # somebody else was faster
    box.put_aside(second)
    assert list(box.waiting()) == []
    assert [path.read_bytes() for path in (maildir / ".aside" / "cur").iterdir()] == [b"second"]
    assert (maildir / "tmp" / "half").exists()


def test_what_is_no_maildir_is_told(tmp_path: Path, maildir: Path) -> None:
    with pytest.raises(MailboxFault, match="no maildir"):
        MaildirBox(tmp_path / "nowhere", "aside")
    box = MaildirBox(maildir, "aside")
    first, _second = box.waiting()
    (maildir / first.handle).unlink()
    with pytest.raises(MailboxFault, match="cannot be used"):
        box.read(first, 10)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    write_certificate(file)
    return file


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def settings_of(account: Account, certificate: Path, tmp_path: Path) -> Iterator[MailSettings]:
    password = tmp_path / "mail.key"
    password.write_text(f"{PASSWORD}\n")
    password.chmod(0o600)
    with serve(account, certificate) as port:
        yield MailSettings(
            "imap", host="127.0.0.1", port=port, user=USER, password_file=password, ca_file=certificate, aside="aside"
        )


def test_mails_of_a_server_come_in_order_with_the_moment_at_which_the_server_got_them(
    account: Account, settings_of: MailSettings
) -> None:
    for text in (b"first", b"second"):
        account.deliver(text)
    account.folders["INBOX"][2].deleted = True
    account.deliver(b"third")
    with ImapBox(settings_of) as box:
        told = list(box.waiting())
        assert [box.read(mail, 100) for mail in told] == [b"first", b"third"]
    assert told[0].arrived_at == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    assert len(account.texts()) == 3
    assert all("BODY[" not in command for command in account.told), "reading would mark mails as seen"


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])
def test_a_mail_is_read_in_pieces_whatever_the_server_says_of_its_size(
    size: int, account: Account, settings_of: MailSettings
) -> None:
    account.lies_about_size = 7
    data = os.urandom(size)
    account.deliver(data)
    with ImapBox(settings_of) as box:
        (mail,) = box.waiting()
        assert box.read(mail, 10_000_000) == data
        assert box.read(mail, 1_500_000) == data[:1_500_000]


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 UIDPLUS MOVE", "IMAP4rev1 UIDPLUS", "IMAP4rev1"])
def test_a_mail_of_a_server_is_removed_or_put_aside_and_the_others_stay(
    capabilities: str, account: Account, settings_of: MailSettings
) -> None:
    account.capabilities = capabilities
    for text in (b"first", b"second", b"third"):
        account.deliver(text)
    account.folders["INBOX"][3].deleted = True  # by somebody else, who may think again
    with ImapBox(settings_of) as box:
        first, second = box.waiting()
        box.remove(first)
        box.put_aside(second)
        assert list(box.waiting()) == []
    assert account.texts("aside") == [b"second"]
    assert b"third" in account.texts()
    assert (b"first" in account.texts()) == ("UIDPLUS" not in capabilities)


def test_no_mail_is_no_fault(settings_of: MailSettings) -> None:
    with ImapBox(settings_of) as box:
        assert list(box.waiting()) == []


def test_a_server_whose_certificate_is_not_known_gets_no_password(account: Account, settings_of: MailSettings) -> None:
    with pytest.raises(MailboxFault, match="not safe"), ImapBox(replace(settings_of, ca_file=None)):
        pass
    with pytest.raises(MailboxFault, match="not safe"), ImapBox(replace(settings_of, host="localhost")):
        pass
    assert account.told == []


def test_a_wrong_password_is_told_without_it(settings_of: MailSettings) -> None:
    assert settings_of.password_file is not None
    settings_of.password_file.write_text("another password")
    with pytest.raises(MailboxFault, match="refused the sign-in") as caught, ImapBox(settings_of):
        pass
    assert "another password" not in str(caught.value)


def test_a_password_that_others_can_read_is_not_used(account: Account, settings_of: MailSettings) -> None:
    assert settings_of.password_file is not None
    settings_of.password_file.chmod(0o644)
    with pytest.raises(Unsafe, match="chmod 600"), ImapBox(settings_of):
        pass
    assert account.told == []


def test_a_folder_that_is_not_there_is_told(settings_of: MailSettings) -> None:
    with pytest.raises(MailboxFault, match="folder Tips"), ImapBox(replace(settings_of, folder="Tips")):
        pass


@pytest.mark.parametrize("where", ["SEARCH", "SIZE", "BODY"])
def test_a_connection_that_breaks_is_told_and_nothing_is_gone(
    where: str, account: Account, settings_of: MailSettings
) -> None:
    account.deliver(b"first")
    account.breaks_at = where
    with pytest.raises(MailboxFault), ImapBox(settings_of) as box:
        [box.read(mail, 10) for mail in box.waiting()]
    assert account.texts() == [b"first"]


def test_a_server_that_is_not_there_is_told(settings_of: MailSettings) -> None:
    with pytest.raises(MailboxFault, match="does not answer"), ImapBox(replace(settings_of, port=1)):
        pass


def test_a_server_that_does_not_speak_tls_is_told(settings_of: MailSettings) -> None:
    import socket
    import threading

    def hang_up(listening: socket.socket) -> None:
        connection, _address = listening.accept()
        connection.sendall(b"* OK come in\r\n")
        connection.recv(1000)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as plain:
        thread = threading.Thread(target=hang_up, args=(plain,))
        thread.start()
        with pytest.raises(MailboxFault), ImapBox(replace(settings_of, port=plain.getsockname()[1])):
            pass
        thread.join()
    assert ssl.HAS_TLSv1_2
