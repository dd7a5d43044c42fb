"""One report from the first click to the public proof, by browsers that carry canaries in everything they send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from tests.hygiene.doors import Heard, Listening, ListeningVisitor
from tests.installation import PASSPHRASE, Installation
from tests.people import PASSWORD
from tests.visitor import Page
from tocsin.desk.tests.conftest import DESK_DOOR, Desk
from tocsin.public.views import report
from tocsin.tips.models import Tip
from tocsin.vault.codes import CodeKeys, candidate_seeds

# What a browser sends by itself. None of it may be kept, by the public door or by the desk.
NETWORK = {
    "REMOTE_ADDR": "203.0.113.213",
    "REMOTE_HOST": "canary-host.example",
    "HTTP_X_FORWARDED_FOR": "198.51.100.177, 192.0.2.199",
    "HTTP_X_REAL_IP": "198.51.100.178",
    "HTTP_FORWARDED": 'for="[2001:db8::c0ff:ee]";by=canary-proxy',
    "HTTP_VIA": "1.1 canary-via",
    "HTTP_USER_AGENT": "CanaryBrowser/31.7 (canary-device)",
    "HTTP_SEC_CH_UA": '"CanaryHint";v="31"',
    "HTTP_REFERER": "http://testserver/canary-referrer",
    "HTTP_ACCEPT_LANGUAGE": "x-canarytongue, en;q=0.5",
    "HTTP_FROM": "canary-sender@example.org",
    "HTTP_AUTHORIZATION": "Basic canary-authorization",
    "HTTP_X_REQUEST_ID": "canary-request-id",
}
NETWORK_CANARIES = [
    "203.0.113.213",
    "198.51.100.17",
    "192.0.2.199",
    "2001:db8::c0ff:ee",
    "canary",
    "Canary",
]
COOKIE = "canary-cookie-junk"
# What people type. It may be kept sealed only.
TYPED = {
    "what": "Kestrelfold saw barrels.",
    "where": "at Quillhaven",
    "contact": "Mirabel Osterwind",
    "again": "It was Thornwick again.",
    "question": "Was it near Larchmere?",
    "reason": "Because of Pellworm.",
    "feedback": "Thank you, said Ambervale.",
    "wrong password": "Grimsdottir was here",
    "unknown": "Unbekanntz",
}


@dataclass
class Told:
    """What the story leaves behind: the reporter's code, the tip's handle, every answer of both doors."""

    words: list[str]
    ref: str
    promise: str
    public: list[Heard]
    desk: list[Heard]
    form_values: set[str] = field(default_factory=set)

    @property
    def seed(self) -> bytes:
        """The 12 bytes behind the words."""
        (seed,) = candidate_seeds(" ".join(self.words))
        return seed

    @property
    def keys(self) -> CodeKeys:
        """What follows from the seed."""
        return CodeKeys.derive(self.seed)


def reporter() -> ListeningVisitor:
    """A browser that tells the door more than it should."""
    visitor = ListeningVisitor(defaults=dict(NETWORK))
    visitor.browser.cookies["junk"] = COOKIE
    return visitor


def get_everything_wrong(mia: ListeningVisitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way in which a report can fail, each with the text in it."""
    mia.tell("", where=TYPED["where"])
    mia.tell(TYPED["what"], category=TYPED["unknown"])
    mia.send(mia.open_form(), typed={"what": TYPED["what"], "csrfmiddlewaretoken": "canary"})
    mia.send(mia.open_form(), typed={"what": TYPED["what"], "ticket": "canary"})
    mia.tell(TYPED["what"] * 20_000)
    mia.tell(TYPED["what"] * 200_000)
    mia.send(mia.open_form(), typed={f"canary{number}": TYPED["what"] for number in range(300)})
    mia.read(f"/en/{TYPED['unknown']}?q=canary")
    mia.read(f"/log/{TYPED['unknown']}")
    mia.browser.get("/en/verify", HTTP_HOST="canary-name-of-host.example")
    mia.browser.post("/en/report", {"what": TYPED["what"]}, HTTP_ORIGIN="http://canary-origin.example")
    form = mia.open_form().form("/report")
    file = SimpleUploadedFile("canary-name.pdf", b"canary-content")
    mia.browser.post(form.action, {**form.fields, "what": "", "file": file})
    with monkeypatch.context() as patch:
        patch.setattr(report, "accept_tip", break_with_everything)
        assert mia.tell(TYPED["what"], contact=TYPED["contact"]).status == 500


def break_with_everything(*, actor: Any, submission: Any, attempt: Any) -> None:
    """Our own fault, with an exception that holds all that nobody may read."""
    local = dict(submission.answers)
    raise RuntimeError(f"canary {local} {submission.contact} {attempt.seed!r} {attempt.seed.hex()}", attempt)


def write_a_report(mia: ListeningVisitor) -> Page:
    """The report that is kept, sent twice as by a double click; its words as a picture and as a file."""
    mia.read("/")
    mia.get("")
    form = mia.open_form()
    typed = {name: TYPED[name] for name in ("what", "where", "contact")}
    mia.send(form, typed=typed)
    receipt = mia.send(form, typed=typed)
    for kind in ("picture", "file"):
        mia.send(receipt, "/report/keep", typed={"as": kind})
    mia.send(receipt, "/report/keep", typed={"as": "file", "day": TYPED["unknown"]})
    return receipt


def come_back(mia: ListeningVisitor, words: list[str]) -> None:
    """Into the mailbox with slips of the pen, answer, fetch the receipt, leave."""
    mia.open_mailbox([*words[:8], TYPED["unknown"]])
    mia.open_mailbox(words[::-1])
    mia.open_mailbox(words[:8])
    box = mia.open_mailbox(words)
    mia.write(box, "")
    mia.write(box, TYPED["again"])
    mia.write(box, TYPED["again"])
    mia.read("/en/mailbox/receipt")
    mia.get("mailbox/take-back")
    mia.send(mia.get("mailbox/messages"), "/mailbox/leave")
    mia.read("/exit")
    mia.get("mailbox/messages")


@contextmanager
def at_the_desk(username: str) -> Iterator[Desk]:
    """Somebody of the desk in a browser that tells as much as the reporter's."""
    with override_settings(**DESK_DOOR):
        staff = Desk()
        staff.browser = Listening(**NETWORK)
        staff.browser.cookies["junk"] = COOKIE
        staff.sign_in(username, TYPED["wrong password"], at="/sign-in")
        staff.sign_in(TYPED["unknown"], TYPED["wrong password"], at="/sign-in")
        staff.sign_in(username, PASSWORD, at="/sign-in?next=/inbox")
        yield staff
        staff.send(staff.get("/inbox"), "/sign-out")


def opened(staff: Desk, ref: str) -> Page:
    """The page of the report; outside the own queue only after a reason."""
    page = staff.get(f"/tips/{ref}")
    if any(form.action == f"/why/{ref}" for form in page.forms):
        return staff.send(page, f"/why/{ref}", reason=TYPED["reason"])
    return page


def work(username: str, ref: str, *acts: tuple[str, dict[str, str]]) -> list[Heard]:
    """Unlock, read, do these things, lock, sign out."""
    with at_the_desk(username) as staff:
        staff.send(staff.get("/unlock"), "/unlock", passphrase=TYPED["wrong password"])
        staff.send(staff.get("/unlock"), "/unlock", passphrase=PASSPHRASE)
        for act, typed in acts:
            done = staff.send(opened(staff, ref), f"/{act}", **typed)
            assert done.status == 200, (act, done.plain)
        staff.send(opened(staff, ref), "/lock")
    assert isinstance(staff.browser, Listening)
    return staff.browser.heard


def tell_the_story(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Told:
    """From the form to the proof. The cast must be there; the desk is locked before and after."""
    mia = reporter()
    get_everything_wrong(mia, monkeypatch)
    receipt = write_a_report(mia)
    ref, reason = Tip.objects.get().ref, {"reason": TYPED["reason"]}
    desk = work("ines", ref, ("acknowledge", {}))
    desk += work("tara", ref, ("begin-triage", {"interest": "no"}), ("ask", {"text": TYPED["question"]}))
    come_back(mia, receipt.words)
    desk += work("sam", ref, ("start-verification", reason))
    desk += work("ivo", ref, ("propose-outcome", {"outcome": "substantiated", **reason}))
    desk += work("sam", ref, ("approve", {}))
    desk += work("ines", ref, ("give-feedback", {"text": TYPED["feedback"]}))
    desk += work("sam", ref, ("close", reason), ("reopen", reason))
    installation.publish()
    mia.send(mia.get("verify"), "/verify", typed={"receipt": receipt.preformatted[0]})
    come_back(mia, receipt.words)
    return Told(receipt.words, ref, receipt.preformatted[0], mia.heard, desk)
