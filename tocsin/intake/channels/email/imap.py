"""Mails on a mail server: IMAP (RFC 9051) over TLS, by the library IMAPClient."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from imapclient import DELETED, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from tocsin.intake.channels.email.boxes import MailboxFault, Waiting
from tocsin.intake.channels.email.settings import MailSettings
from tocsin.vault.keyfiles import read_secret

_PIECE = 1024 * 1024
_AT_ONCE = 200
_CONNECT, _ANSWER = 20, 60  # seconds


class ImapBox:
    """One folder of one account; a context, at whose end the connection is closed.

    The server's certificate is checked, against ``ca_file`` if there is one; there is no way to do without.
    """

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def __enter__(self) -> Self:
        told = self._settings
        password = read_secret(told.password_file or Path()).decode().strip()
        with _told(told):
            context = ssl.create_default_context(cafile=told.ca_file)
            self._client: Any = IMAPClient(
                told.host, told.port, ssl=True, ssl_context=context, timeout=SocketTimeout(_CONNECT, _ANSWER)
            )
            try:
                self._client.normalise_times = False
                self._client.login(told.user, password)
                self._client.select_folder(told.folder)
            except BaseException:
                self._client.shutdown()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._client.logout()
        except (IMAPClientError, OSError):  # broken off already; the socket is still ours to close
            with suppress(IMAPClientError, OSError):
                self._client.shutdown()

    def waiting(self) -> Iterator[Waiting]:
        """See ``Box.waiting``. Mails that somebody has marked as deleted are passed over."""
        with _told(self._settings):
            uids = sorted(self._client.search(["UNDELETED"]))
        for first in range(0, len(uids), _AT_ONCE):
            some = uids[first : first + _AT_ONCE]
            with _told(self._settings):
                found = self._client.fetch(some, ["RFC822.SIZE", "INTERNALDATE"])
            for uid in some:
                if uid in found:  # else another program has just moved it
                    yield Waiting(str(uid), int(found[uid][b"RFC822.SIZE"]), _moment(found[uid]))

    def read(self, mail: Waiting, most: int) -> bytes:
        """See ``Box.read``. Read in pieces, so that a server cannot fill the memory."""
        uid, data = int(mail.handle), bytearray()
        while len(data) < most:
            wanted = min(_PIECE, most - len(data))
            with _told(self._settings):
                answer = self._client.fetch([uid], [f"BODY.PEEK[]<{len(data)}.{wanted}>"])
            piece = answer.get(uid, {}).get(f"BODY[]<{len(data)}>".encode())
            if piece is None:
                raise MailboxFault("The mail server did not give a mail that it had told of. It will be tried again.")
            data += piece
            if len(piece) < wanted:
                break
        return bytes(data[:most])

    def remove(self, mail: Waiting) -> None:
        """See ``Box.remove``. A server without UIDPLUS only marks it: expunging would remove what others marked."""
        with _told(self._settings):
            self._client.add_flags([int(mail.handle)], [DELETED], silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge([int(mail.handle)])

    def put_aside(self, mail: Waiting) -> None:
        """See ``Box.put_aside``."""
        with _told(self._settings):
            if not self._client.folder_exists(self._settings.aside):
                self._client.create_folder(self._settings.aside)
            if self._client.has_capability("MOVE"):
                self._client.move([int(mail.handle)], self._settings.aside)
                return
            self._client.copy([int(mail.handle)], self._settings.aside)
        self.remove(mail)


def _moment(told: dict[bytes, Any]) -> datetime | None:
    moment = told.get(b"INTERNALDATE")
    return moment if isinstance(moment, datetime) and moment.tzinfo else None


@contextmanager
def _told(settings: MailSettings) -> Iterator[None]:
    """Every fault of connection and server as one sentence; never with what the server or a mail said."""
    place = f"{settings.host}:{settings.port}"
    try:
        yield
    except LoginError:
        told = f"{place} refused the sign-in of mail.user with the password in {settings.password_file}."
        raise MailboxFault(told) from None
    except ssl.SSLError as fault:
        told = f"The connection to {place} is not safe ({fault.reason or type(fault).__name__}); nothing was sent."
        raise MailboxFault(f"{told} Has the certificate ended, or does mail.ca_file miss?") from None
    except OSError as fault:
        raise MailboxFault(f"{place} does not answer ({fault.strerror or type(fault).__name__}).") from None
    except IMAPClientError as fault:
        told = f"{place} refused what was asked of it ({type(fault).__name__}). Is there a folder {settings.folder}?"
        raise MailboxFault(told) from None
