from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin.common.errors import Unsafe
from tocsin.evidence import installed
from tocsin.evidence.antivirus import Answer, Clamd, Missing, Verdict, scan

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeClamd:
    """Speaks INSTREAM as clamd does, and misbehaves on request. ``limit``: of bytes in one stream."""

    def __init__(self, listening: socket.socket, limit: int = 1 << 30) -> None:
        self._listening = listening
        self._limit = limit
        self.reply: bytes | None = None
        self.behave: Callable[[socket.socket], None] = self._answer
        self.received = b""
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listening.accept()
            except OSError:
                return
            with connection:
                try:
                    self.behave(connection)
                except OSError:
                    continue
                finally:
                    self.done.set()

    def _exactly(self, connection: socket.socket, size: int) -> bytes:
        got = b""
        while len(got) < size:
            piece = connection.recv(size - len(got))
            if not piece:
                raise ConnectionResetError
            got += piece
        return got

    def _answer(self, connection: socket.socket) -> None:
        assert self._exactly(connection, 10) == b"zINSTREAM\0"
        self.received = b""
        while size := struct.unpack(">I", self._exactly(connection, 4))[0]:
            if len(self.received) + size > self._limit:
                connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return  # closes with bytes unread, as clamd does
            self.received += self._exactly(connection, size)
        if self.reply is not None:
            connection.sendall(self.reply)
        else:
            found = EICAR in self.received
            connection.sendall(b"stream: Eicar-Test-Signature FOUND\0" if found else b"stream: OK\0")


@pytest.fixture(params=["unix", "tcp"])
def clamd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FakeClamd, Clamd]]:
    if request.param == "unix":
        import tempfile

        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
            path = str(Path(folder, "clamd.ctl"))
            listening.bind(path)
            listening.listen()
            yield FakeClamd(listening), Clamd(f"unix:{path}", seconds=20.0)
    else:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            yield FakeClamd(listening), Clamd(f"tcp:127.0.0.1:{listening.getsockname()[1]}", seconds=20.0)


def test_a_harmless_file_is_clean_and_arrives_whole(clamd: tuple[FakeClamd, Clamd]) -> None:
    server, address = clamd
    assert scan([b"", b"river " * 50_000, b"end"], address) == Verdict(Answer.CLEAN)
    assert server.received == b"river " * 50_000 + b"end"


def test_what_is_known_is_found_by_name(clamd: tuple[FakeClamd, Clamd]) -> None:
    verdict = scan([EICAR[:20], EICAR[20:]], clamd[1])
    assert verdict == Verdict(Answer.FOUND, name="Eicar-Test-Signature")
    assert "harmful" in str(verdict.sentence)


def test_an_empty_file_can_be_asked_about(clamd: tuple[FakeClamd, Clamd]) -> None:
    assert scan([], clamd[1]).answer is Answer.CLEAN


def missing(verdict: Verdict) -> Missing | None:
    assert verdict.answer is Answer.UNAVAILABLE
    assert verdict.name == ""
    return verdict.missing


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"stream: OK",
        b"stream: Something FOU",
        b"\0",
        b"OK\0",
        b"stream: OKAY\0",
        b"stream:  FOUND\0",
        b"stream: two words FOUND\0",
        b"stream: a\nstream: OK\0",
        b"UNKNOWN COMMAND\0",
        b"stream: \xff\xfe FOUND\0",
        b"stream: " + b"x" * 5000 + b" FOUND\0",
        b"x" * 100_000,
        b"INSTREAM: Can't allocate memory ERROR\0",
    ],
    ids=lambda reply: repr(reply[:24]),
)
def test_an_answer_that_is_cut_off_or_nonsense_is_no_verdict(clamd: tuple[FakeClamd, Clamd], reply: bytes) -> None:
    server, address = clamd
    server.reply = reply
    assert missing(scan([b"x"], address)) is Missing.NOT_UNDERSTOOD


def test_a_scanner_that_hangs_up_in_the_middle_gives_no_verdict(clamd: tuple[FakeClamd, Clamd]) -> None:
    server, address = clamd
    server.behave = lambda connection: connection.close()
    assert missing(scan([bytes(65536)] * 200, address)) is Missing.NOT_UNDERSTOOD


def test_a_scanner_that_says_nothing_gives_no_verdict_in_time(clamd: tuple[FakeClamd, Clamd]) -> None:
    server, address = clamd
    hold = threading.Event()
    server.behave = lambda _connection: (hold.wait(30), None)[1]
    try:
        assert missing(scan([b"x"], Clamd(address.address, seconds=0.3))) is Missing.TOO_SLOW
        assert missing(scan([bytes(65536)] * 1000, Clamd(address.address, seconds=0.3))) is Missing.TOO_SLOW
    finally:
        hold.set()


def test_a_scanner_that_answers_drop_by_drop_gives_no_verdict_in_time(clamd: tuple[FakeClamd, Clamd]) -> None:
    server, address = clamd

    def drip(connection: socket.socket) -> None:
        for _drop in range(200):
            connection.sendall(b"s")
            threading.Event().wait(0.05)

    server.behave = drip
    assert missing(scan([b"x"], Clamd(address.address, seconds=0.4))) is Missing.TOO_SLOW


def test_a_file_above_the_scanners_limit_is_told_so(clamd: tuple[FakeClamd, Clamd]) -> None:
    server, address = clamd
    server._limit = 100_000
    verdict = scan([bytes(50_000)] * 400, address)
    assert missing(verdict) in (Missing.TOO_LARGE, Missing.NOT_UNDERSTOOD)
    assert missing(scan([bytes(100_001)], address)) is Missing.TOO_LARGE


def test_a_file_above_our_own_limit_is_not_sent_to_the_end(clamd: tuple[FakeClamd, Clamd]) -> None:
    _server, address = clamd
    read = 0

    def large() -> Iterator[bytes]:
        nonlocal read
        for _piece in range(1000):
            read += 10_000
            yield bytes(10_000)

    verdict = scan(large(), Clamd(address.address, seconds=20.0, most_bytes=50_000))
    assert missing(verdict) is Missing.TOO_LARGE
    assert "too large" in str(verdict.sentence)
    assert read <= 60_000


def test_an_error_of_the_source_is_the_callers_own(clamd: tuple[FakeClamd, Clamd]) -> None:
    class Lost(OSError):
        pass

    def broken() -> Iterator[bytes]:
        yield b"x"
        raise Lost

    with pytest.raises(Lost):
        scan(broken(), clamd[1])


def test_without_a_scanner_there_is_no_verdict_and_the_file_is_not_read() -> None:
    def untouched() -> Iterator[bytes]:
        yield from (pytest.fail("the file was read") for _piece in range(1))

    assert installed.clamd_address() == ""
    assert missing(scan(untouched(), Clamd(""))) is Missing.NOT_SET_UP
    assert missing(scan(untouched(), Clamd("unix:/no/such/socket"))) is Missing.NOT_REACHED
    assert missing(scan(untouched(), Clamd("tcp:127.0.0.1:1"))) is Missing.NOT_REACHED


@pytest.mark.parametrize(
    "address", ["unix:/run/clamd.ctl", "tcp:127.0.0.1:3310", "tcp:[::1]:3310", "tcp:localhost:3310", ""]
)
def test_an_address_on_this_machine_is_accepted(address: str) -> None:
    assert Clamd(address).address == address


@pytest.mark.parametrize(
    "address",
    [
        "tcp:clamav.example:3310",
        "tcp:10.0.0.5:3310",
        "tcp:0.0.0.0:3310",
        "tcp:127.0.0.1.evil.example:1",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:x",
        "tcp:127.0.0.1:99999",
        "unix:relative",
        "unix:",
        "http://127.0.0.1:3310",
    ],
)
def test_a_file_in_clear_is_never_sent_to_another_machine(address: str) -> None:
    with pytest.raises(Unsafe, match="this machine"):
        Clamd(address)


def test_every_verdict_has_its_sentence() -> None:
    told = {str(Verdict(answer).sentence) for answer in Answer}
    assert len(told) == len(Answer)
