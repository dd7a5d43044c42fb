"""A thousand reports at once, and people who are slow on purpose: text still comes in, once each, and is promised."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.crash.conftest import python, until_published
from tests.crash.reporter import Form, Receipt, Reporter
from tocsin.config.instance import Instance
from tocsin.config.servers import PARTS, Processes, wait_until_ready
from tocsin.config.settings.base import TOCSIN_UPLOAD_SLOTS

SUBMISSIONS, CONNECTIONS = 1_000, 100
EACH = SUBMISSIONS // CONNECTIONS
BURSTING = 5  # every fifth connection sends all its forms without waiting for an answer

pytestmark = pytest.mark.crash


@pytest.fixture
def running(instance: Instance) -> Iterator[Processes]:
    """Both doors and the worker."""
    processes = Processes(instance.home)
    for part in PARTS:
        processes.start(part)
    try:
        wait_until_ready(instance, processes)
        yield processes
    finally:
        processes.stop()


class Crowd:
    """Reporters who all press Send at the same moment, and the receipts that they got."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._together = threading.Barrier(CONNECTIONS)
        self.receipts: list[Receipt] = []
        self.busy = self.broken = 0

    def hand_in(self, connection: int) -> None:
        """One connection's share: forms first, then all at once; what was refused honestly is sent again."""
        reporter = Reporter(self._port)
        texts = [f"Report {connection}-{number}: a van at the gate. 灰色的车" for number in range(EACH)]
        forms = [reporter.open_form() for _text in texts]
        self._together.wait(timeout=120)
        if connection % BURSTING == 0:
            send_without_waiting(self._port, forms, texts)
        self.receipts += [reporter.send(form, text) for form, text in zip(forms, texts, strict=True)]
        reporter.close()
        self.busy += reporter.refused
        self.broken += reporter.broken


def send_without_waiting(port: int, forms: list[Form], texts: list[str]) -> None:
    """All forms down one connection before the first answer is read, then gone without reading: a phone in a lift."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        for form, text in zip(forms, texts, strict=True):
            line.sendall(posted(form, text))
        line.recv(1)


def posted(form: Form, text: str) -> bytes:
    """The request that a browser would send for the short form."""
    body = urlencode({"csrfmiddlewaretoken": form.check, "ticket": form.ticket, "what": text}).encode()
    head = (
        "POST /en/report HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nCookie: {form.cookie}\r\n\r\n"
    )
    return head.encode() + body


def test_a_thousand_reports_at_once_are_each_stored_once_and_stand_in_the_ledger(
    instance: Instance, running: Processes, tmp_path: Path
) -> None:
    crowd = Crowd(instance.public.port)
    with ThreadPoolExecutor(CONNECTIONS) as together:
        for share in [together.submit(crowd.hand_in, connection) for connection in range(CONNECTIONS)]:
            share.result()
    assert crowd.broken == 0, "a surge is answered with a receipt or with an honest page, never with nothing"
    assert len({receipt.words for receipt in crowd.receipts}) == SUBMISSIONS
    until_published(instance, running)
    running.stop()

    receipts = tmp_path / "receipts.json"
    receipts.write_text(json.dumps([asdict(receipt) for receipt in crowd.receipts]))
    told = python(instance.home, "-m", "tests.crash.inspection", str(receipts))
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["wrong"] == []
    assert (found["tips"], found["identities"], found["received"], found["pending"]) == (*[SUBMISSIONS] * 3, 0)


class Drip:
    """One upload that never ends: a byte now and then."""

    def __init__(self, port: int) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=30)
        part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
        head = (
            "POST /en/report/steps HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50000000\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        )
        self.line.sendall(head.encode() + part + b"\0" * 200_000)

    def is_held(self) -> bool:
        """Send one more byte; whether the door still takes this upload and has not answered it."""
        self.line.setblocking(False)
        try:
            self.line.send(b"\0")
            self.line.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False  # an answer, or the end


@contextmanager
def dripping(drips: list[Drip]) -> Iterator[None]:
    """A byte of each upload, five times a second, until the block ends."""
    over = threading.Event()

    def feed() -> None:
        while not over.wait(0.2):
            for drip in drips:
                drip.is_held()

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for drip in drips:
            drip.line.close()


def fifty_reports(port: int) -> set[str]:
    """Fifty people one after the other, each on a connection of their own; the words that they got."""
    words = set()
    for number in range(50):
        reporter = Reporter(port, patience=60)
        words.add(reporter.send(reporter.open_form(), f"Report {number}: a van at the gate.").words)
        reporter.close()
    return words


def test_somebody_who_uploads_slowly_on_every_slot_does_not_keep_others_from_sending_text(
    instance: Instance, running: Processes
) -> None:
    # More than there are slots, because the kernel deals connections out to processes; and fewer than one process
    # has threads, so that this holds however it deals.
    count = TOCSIN_UPLOAD_SLOTS * instance.public.workers * 3 // 2
    assert count < instance.public.threads
    drips = [Drip(instance.public.port) for _ in range(count)]
    time.sleep(1)
    with dripping(drips):
        assert len(fifty_reports(instance.public.port)) == 50
        assert all(drip.is_held() for drip in drips), "the uploads were under way all the time"


def test_people_who_do_not_read_their_page_do_not_keep_others_from_sending_text(
    instance: Instance, running: Processes
) -> None:
    asked = b"GET /en/report HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    slow = []
    for _ in range(4 * instance.public.threads):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", instance.public.port))
        line.sendall(asked * 50)
        slow.append(line)
    assert len(fifty_reports(instance.public.port)) == 50
    for line in slow:
        line.close()
