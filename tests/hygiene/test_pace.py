"""Thirty people behind one address always get through, a flood does not, and no address is kept for it."""

from __future__ import annotations

import io
import logging
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from tests.hygiene.doors import PUBLIC, Listening, ListeningVisitor, address, names
from tests.hygiene.traces import forms, found, in_files, in_the_database
from tests.installation import Installation
from tests.visitor import ENOUGH, Guided, Page, Visitor
from tocsin.public import pace as way_in
from tocsin.public.pace import A_SECOND, BURST, KEY_LASTS, Cost, Pace, network_of
from tocsin.tips.models import Tip, TipMessage
from tocsin.vault.codes import new_seed, words_of

HERE, NEXT_DOOR, ELSEWHERE = "203.0.113.77", "203.0.113.200", "198.51.100.9"
IPV6 = "2001:db8:7:1::c0ff:ee"
TYPED = "Somebody empties barrels into the brook behind the tannery."


@dataclass
class Watch:
    """A clock of our own: it stands still until a test moves it."""

    moment: float = 1000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, watch: Watch) -> Pace:
    """A process in which nobody has sent anything."""
    made = Pace(now=watch)
    monkeypatch.setattr(way_in, "pace", made)
    return made


def visitor(at: str, **more: Any) -> ListeningVisitor:
    return ListeningVisitor(defaults={"REMOTE_ADDR": at, **more})


def flood(at: str, fresh: Pace, rf: RequestFactory) -> None:
    """Empty the bucket of this address' network, as thousands of forms would."""
    network = network_of(rf.post("/", REMOTE_ADDR=at))
    assert network is not None
    while fresh.allows(network, Cost.FILES):
        pass


def assert_held_back(page: Page, typed: str) -> None:
    assert (page.status, page.response.headers["Retry-After"]) == (429, "60")
    assert "Too much came from your network just now. Nothing was sent" in page.plain
    assert typed in [value for form in page.forms for value in form.fields.values()]


@pytest.mark.django_db
def test_thirty_people_behind_one_address_all_get_through(installation: Installation) -> None:
    for person in range(30):
        mia = visitor(HERE if person % 2 else NEXT_DOOR)
        receipt = mia.tell(f"{TYPED} {person}")
        box = mia.open_mailbox(receipt.words)
        for number in range(5):
            box = mia.write(box, f"One thing more: {number}.")
        mia.open_mailbox(receipt.words)
        mia.send(mia.get("verify"), "/verify", typed={"receipt": receipt.preformatted[0]})
        assert {heard.status for heard in mia.heard} <= {200, 302}
    assert (Tip.objects.count(), TipMessage.objects.count()) == (30, 150)


def test_thirty_people_with_files_fit_into_the_burst_and_come_back_every_five_minutes(
    fresh: Pace, watch: Watch
) -> None:
    each = (Cost.REPORT_WITH_FILES, *[Cost.SIGN_IN] * 2, *[Cost.MESSAGE] * 5, Cost.VERIFY)
    for _time in range(20):
        assert all(fresh.allows(b"net", cost) for _person in range(30) for cost in each)
        watch.moment += 300


@pytest.mark.django_db
@pytest.mark.parametrize("at", [HERE, IPV6])
def test_a_flood_is_refused_with_its_text_kept_and_others_are_not(
    at: str, fresh: Pace, watch: Watch, rf: RequestFactory, installation: Installation
) -> None:
    mia = visitor(at)
    receipt = mia.tell(TYPED)
    box, form = mia.open_mailbox(receipt.words), mia.open_form()
    walk = Guided.open(mia)
    walk.walk("send", {**ENOUGH, "contact": {"contact": "ring twice at number 7"}})
    flood(at, fresh, rf)

    assert_held_back(refused := mia.send(form, typed={"what": TYPED}), TYPED)
    assert_held_back(mia.write(box, "At the mill."), "At the mill.")
    assert_held_back(mia.open_mailbox(" ".join(["abandon"] * 9)), " ".join(["abandon"] * 9))
    assert_held_back(mia.send(mia.get("verify"), "/verify", typed={"receipt": "pasted"}), "pasted")
    assert walk.press("send").status == 429
    assert (Tip.objects.count(), TipMessage.objects.count()) == (1, 0)
    assert visitor(ELSEWHERE).tell(TYPED).words
    assert Visitor().tell(TYPED).words

    watch.moment += 60  # "wait a minute and press the button again"
    again = mia.send(refused)
    assert again.words
    assert walk.press("send").words
    assert mia.send(refused).words == again.words, "the kept ticket makes it the same try"


@pytest.mark.django_db
def test_reading_is_never_slowed(fresh: Pace, rf: RequestFactory, installation: Installation) -> None:
    mia = visitor(HERE)
    mia.open_mailbox(mia.tell(TYPED).words)
    flood(HERE, fresh, rf)
    for name in names(PUBLIC):
        for ask in (mia.browser.get, mia.browser.head):
            assert ask(address(PUBLIC, name)).status_code != 429, name
    screen = Guided.open(mia)
    assert screen.walk("what"), "going from screen to screen sends nothing"


@pytest.mark.django_db
def test_files_are_refused_with_a_sentence_of_their_own_and_leave_nothing_behind(
    fresh: Pace, rf: RequestFactory, installation: Installation
) -> None:
    mia = visitor(HERE)
    box = mia.open_mailbox(mia.tell(TYPED).words)
    flood(HERE, fresh, rf)
    form = box.form("/mailbox/files")
    page = Page(mia.browser.post(form.action, {**form.fields, "files": SimpleUploadedFile("a.txt", b"notes")}))
    assert page.status == 429
    assert "choose the files once more" in page.plain
    assert "text is still here" not in page.plain
    assert not [path for path in (installation.files / "evidence").rglob("*") if path.is_file() and path.stat().st_size]


def test_a_text_is_never_refused_because_its_files_cost_much(fresh: Pace) -> None:
    while fresh.allows(b"net", 1) and len(fresh._buckets) and next(iter(fresh._buckets.values()))[0] > 1:
        pass
    assert fresh.allows(b"net", Cost.REPORT_WITH_FILES), "whoever has anything left goes on"
    assert not fresh.allows(b"net", Cost.MESSAGE)


@pytest.mark.django_db
def test_a_sign_in_that_is_held_back_is_the_same_page_for_every_code(
    fresh: Pace, rf: RequestFactory, installation: Installation
) -> None:
    known = Visitor().tell(TYPED).words
    unknown, slip = list(words_of(new_seed(), "en")), [*known[:8], "abandon"]
    flood(HERE, fresh, rf)
    bare = []
    for words in (known, unknown, slip):
        mia = visitor(HERE)
        page = mia.open_mailbox(words)
        assert "sessionid" not in page.response.cookies
        assert page.response.status_code == 429
        token = page.form("/mailbox").fields["csrfmiddlewaretoken"]
        bare.append(page.body.decode().replace(" ".join(words), "").replace(token, ""))
    assert bare[0] == bare[1] == bare[2]


# Whose request it is


@pytest.mark.parametrize(
    ("proxy", "peer", "told", "network"),
    [
        (False, HERE, "", "203.0.113"),
        (False, HERE, ELSEWHERE, "203.0.113"),  # nothing in front: the header is the visitor's own
        (False, "127.0.0.1", ELSEWHERE, None),  # onion service or a local test
        (False, "::1", ELSEWHERE, None),
        (False, "", "", None),
        (True, "127.0.0.1", HERE, "203.0.113"),
        (True, "::1", HERE, "203.0.113"),
        (True, "127.0.0.1", f"{ELSEWHERE}, {HERE}", "203.0.113"),  # all but the last entry can be made up
        (True, "127.0.0.1", f"127.0.0.1, {HERE}", "203.0.113"),
        (True, "127.0.0.1", f"::ffff:{HERE}", "203.0.113"),
        (True, "127.0.0.1", "", None),
        (True, "127.0.0.1", "unknown", None),
        (True, "127.0.0.1", f"{HERE}, 127.0.0.1", None),  # the onion service through the proxy
        (True, HERE, ELSEWHERE, "203.0.113"),  # somebody who goes around the proxy
        (True, "10.1.2.3", ELSEWHERE, None),  # the proxy on another machine of the house is nobody's network
        (True, "fd00::7", ELSEWHERE, None),
        (False, "10.1.2.3", "", "10.1.2"),
    ],
)
def test_an_address_is_believed_only_from_the_peer_or_from_a_proxy_on_this_machine(
    proxy: bool, peer: str, told: str, network: str | None, settings: Settings, rf: RequestFactory
) -> None:
    settings.TOCSIN_BEHIND_PROXY = proxy
    header: dict[str, Any] = {"HTTP_X_FORWARDED_FOR": told} if told else {}
    wanted = None if network is None else bytes(int(part) for part in network.split("."))
    assert network_of(rf.post("/", REMOTE_ADDR=peer, **header)) == wanted


def test_an_ipv6_network_is_what_one_customer_gets(rf: RequestFactory) -> None:
    same = {network_of(rf.post("/", REMOTE_ADDR=each)) for each in (IPV6, "2001:db8:7:ffff::1")}
    assert same == {ip_address(IPV6).packed[:6]}
    assert network_of(rf.post("/", REMOTE_ADDR="2001:db8:8::1")) not in same


@pytest.mark.django_db
def test_made_up_headers_neither_save_a_flood_nor_harm_others(
    fresh: Pace, rf: RequestFactory, installation: Installation, settings: Settings
) -> None:
    settings.TOCSIN_BEHIND_PROXY = True
    flood(HERE, fresh, rf)
    for number in range(5):
        told = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": f"127.0.0.1, 192.0.2.{number}, {HERE}"}
        more = {"HTTP_FORWARDED": f"for=192.0.2.{number}", "HTTP_X_REAL_IP": f"192.0.2.{number}"}
        assert ListeningVisitor(defaults={**told, **more}).tell(TYPED).status == 429
    for victim in (ELSEWHERE, HERE):
        for _time in range(700):  # blaming somebody else costs the sender, not the one who is named
            fresh.allows(network_of(rf.post("/", REMOTE_ADDR=HERE, HTTP_X_FORWARDED_FOR=victim)) or b"", Cost.REPORT)
    assert visitor(ELSEWHERE).tell(TYPED).words


@pytest.mark.django_db
def test_whoever_comes_from_this_machine_is_not_slowed_at_all(fresh: Pace, installation: Installation) -> None:
    tor = Visitor()
    form = tor.get("mailbox").form("/mailbox")
    for _time in range(BURST + 50):
        answer = tor.browser.post(form.action, {**form.fields, "words": "abandon"})
        assert answer.status_code == 422
    assert not fresh._buckets


# What is kept


@pytest.mark.parametrize("at", [HERE, IPV6])
def test_no_address_and_no_network_stands_in_the_memory_of_the_buckets(
    at: str, fresh: Pace, rf: RequestFactory
) -> None:
    network = network_of(rf.post("/", REMOTE_ADDR=at)) or b""
    fresh.allows(network, 1)
    state = {name: value for name, value in vars(fresh).items() if name not in ("_lock", "_now")}
    kept = repr(state).encode() + pickle.dumps(state)
    assert len(fresh._buckets) == 1
    assert at.encode() not in kept
    assert network.hex().encode() not in kept
    assert network not in b"".join(fresh._buckets)
    assert network not in pickle.dumps(list(fresh._buckets.values()))


def test_two_processes_call_the_same_network_by_different_names(fresh: Pace) -> None:
    other = Pace()
    fresh.allows(b"net", 1)
    other.allows(b"net", 1)
    assert set(fresh._buckets).isdisjoint(other._buckets)


def test_a_new_key_every_hour_forgets_who_was_here(fresh: Pace, watch: Watch) -> None:
    while fresh.allows(b"net", Cost.FILES):
        pass
    before, key = dict(fresh._buckets), fresh._key
    watch.moment += KEY_LASTS - 1
    fresh.allows(b"another", 1)
    assert fresh._key == key
    watch.moment += 1
    fresh.allows(b"a third", 1)
    assert fresh._key != key
    assert len(fresh._buckets) == 1
    assert fresh.allows(b"net", 1)
    assert before.keys().isdisjoint(fresh._buckets)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says, down to the smallest."""
    written, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(written), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.django_db
@pytest.mark.parametrize("at", [HERE, IPV6])
def test_an_address_that_is_held_back_stands_in_no_answer_log_file_or_table(
    at: str, fresh: Pace, rf: RequestFactory, installation: Installation, log: io.StringIO
) -> None:
    mia = visitor(at)
    mia.tell(TYPED)
    flood(at, fresh, rf)
    assert mia.tell(TYPED).status == 429
    secrets = {"address": {at.encode()}, "network": {at.rpartition("." if "." in at else "::")[0].encode()}}
    secrets |= {"as bytes": forms(ip_address(at).packed) - {ip_address(at).packed[:4]}} if ":" in at else {}
    answers = [("an answer", heard.body + repr(heard.headers).encode()) for heard in mia.heard]
    assert isinstance(mia.browser, Listening)
    log_line = [("the log", log.getvalue().encode())]
    places = [*answers, *log_line, *in_the_database(), *in_files(installation.home, installation.files)]
    assert found(secrets, places) == []


# Bounds


def test_a_million_networks_need_no_more_room_than_the_bound() -> None:
    small = Pace(most=1_000)
    for number in range(1_000_000):
        small.allows(number.to_bytes(6, "big"), 1)
    assert len(small._buckets) == 1_000


@given(st.lists(st.tuples(st.binary(min_size=3, max_size=6), st.sampled_from(Cost), st.floats(0, 5000)), max_size=60))
def test_no_order_of_events_breaks_the_bounds(events: list[tuple[bytes, Cost, float]]) -> None:
    watch = Watch()
    kept = Pace(now=watch, most=5)
    for network, cost, passing in events:
        watch.moment += passing
        before = {name: tokens for name, (tokens, _since) in kept._buckets.items()}
        allowed = kept.allows(network, cost)
        assert len(kept._buckets) <= 5
        assert all(1 - max(Cost) <= tokens <= BURST for tokens, _since in kept._buckets.values())
        assert allowed or before, "somebody who has sent nothing yet is never refused"


@given(st.lists(st.floats(0, 2), min_size=1, max_size=200))
def test_over_any_time_a_flood_gets_no_more_than_its_burst_and_its_rate(pauses: list[float]) -> None:
    watch = Watch()
    kept = Pace(now=watch)
    begun, sent = watch.moment, 0
    for pause in pauses:
        watch.moment += pause
        while kept.allows(b"net", Cost.REPORT):
            sent += 1
    assert sent * Cost.REPORT <= BURST + (watch.moment - begun) * A_SECOND + Cost.REPORT
