"""A small mail server for tests: IMAP over TLS with one account, folders in memory. Speaks what our client says."""

from __future__ import annotations

import datetime
import ipaddress
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "tips", 'a "quoted" password'


@dataclass
class Stored:
    """One mail on the server."""

    data: bytes
    deleted: bool = False


@dataclass
class Account:
    """What the server holds, and switches for what it can do. ``told``: every command, but no password."""

    folders: dict[str, dict[int, Stored]] = field(default_factory=lambda: {"INBOX": {}})
    capabilities: str = "IMAP4rev1 UIDPLUS MOVE"
    told: list[str] = field(default_factory=list)
    next_uid: int = 1
    lies_about_size: int | None = None
    breaks_at: str = ""
    refuses: str = ""

    def deliver(self, data: bytes, folder: str = "INBOX") -> int:
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        self.folders.setdefault(folder, {})[uid] = Stored(data)
        return uid

    def texts(self, folder: str = "INBOX") -> list[bytes]:
        return [mail.data for mail in self.folders.get(folder, {}).values()]


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        account: Account = self.server.account  # type: ignore[attr-defined]  # set below, by serve
        self.folder = "INBOX"
        self.say(b"* OK ready")
        for line in self.rfile:
            tag, _space, command = line.decode().rstrip("\r\n").partition(" ")
            account.told.append(command if "LOGIN" not in command else "LOGIN")
            if account.breaks_at and account.breaks_at in command:
                return
            if account.refuses and account.refuses in command:
                self.say(f"{tag} NO not now".encode())
                continue
            answer = self.answer(account, command)
            self.say(f"{tag} {answer}".encode())
            if command.upper().startswith("LOGOUT"):
                return

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def answer(self, account: Account, command: str) -> str:
        name = command.upper()
        if name.startswith("CAPABILITY"):
            self.say(f"* CAPABILITY {account.capabilities}".encode())
        elif name.startswith("LOGIN"):
            given = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', command)[1:]
            told = [re.sub(r"\\(.)", r"\1", quoted or plain) for quoted, plain in given]
            return "OK in" if told == [USER, PASSWORD] else "NO wrong"
        elif name.startswith("SELECT"):
            folder = command.split(" ", 1)[1].strip('"')
            if folder not in account.folders:
                return "NO no such folder"
            self.folder = folder
            self.say(f"* {len(account.folders[folder])} EXISTS".encode())
        elif name.startswith("LIST"):
            wanted = command.rsplit(" ", 1)[1].strip('"')
            if wanted in account.folders:
                self.say(f'* LIST () "/" "{wanted}"'.encode())
        elif name.startswith("CREATE"):
            account.folders[command.split(" ", 1)[1].strip('"')] = {}
        elif name.startswith("UID "):
            return self.by_uid(account, command[4:])
        return "OK done"

    def by_uid(self, account: Account, command: str) -> str:
        mails = account.folders[self.folder]
        name, _space, rest = command.partition(" ")
        if name == "SEARCH":
            found = " ".join(str(uid) for uid, mail in mails.items() if not mail.deleted)
            self.say(f"* SEARCH {found}".rstrip().encode())
            return "OK done"
        uids = [int(uid) for uid in rest.split(" ")[0].split(",") if int(uid) in mails]
        for uid in uids:
            if name == "FETCH":
                self.fetch(account, uid, rest)
            elif name == "STORE":
                mails[uid].deleted = True
            elif name == "EXPUNGE" and mails[uid].deleted:
                del mails[uid]
            elif name in ("MOVE", "COPY"):
                folder = rest.split(" ", 1)[1].strip('"')
                if folder not in account.folders:
                    return "NO [TRYCREATE] no such folder"
                account.folders[folder][uid] = Stored(mails[uid].data)
                if name == "MOVE":
                    del mails[uid]
        return "OK done"

    def fetch(self, account: Account, uid: int, rest: str) -> None:
        data, number = account.folders[self.folder][uid].data, list(account.folders[self.folder]).index(uid) + 1
        if "RFC822.SIZE" in rest:
            size = len(data) if account.lies_about_size is None else account.lies_about_size
            when = '"24-Nov-2026 08:30:00 +0100"'
            self.say(f"* {number} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE {when})".encode())
            return
        part = re.search(r"<(\d+)\.(\d+)>", rest)
        assert part is not None
        first, count = int(part[1]), int(part[2])
        piece = data[first : first + count]
        head = f"* {number} FETCH (UID {uid} BODY[]<{first}> {{{len(piece)}}}\r\n".encode()
        self.wfile.write(head + piece + b")\r\n")


class Server(socketserver.ThreadingTCPServer):
    """Ends its connections with it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, account: Account, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.account, self._context = account, context

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        connection, address = self.socket.accept()
        return self._context.wrap_socket(connection, server_side=True), address

    def handle_error(self, *_: object) -> None:
        """Broken connections are what some tests are about."""


@contextmanager
def serve(account: Account, certificate: Path) -> Iterator[int]:
    """The port of a running server whose certificate is in ``certificate``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(account, context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def write_certificate(file: Path, name: str = "127.0.0.1") -> None:
    """A key and a certificate that is its own authority, for one address."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
