"""The recipe for the onion service: Tor reads its lines, the header goes where it may, "safest" is enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.architecture.source import ROOT
from tests.hygiene.doors import PUBLIC, ListeningVisitor, address, names
from tests.installation import Installation
from tests.visitor import ENOUGH, Guided
from tocsin.common.errors import Unsafe
from tocsin.config.instance import load_instance
from tocsin.config.safety import faults

RECIPE = (ROOT / "docs" / "operate" / "onion.md").read_text(encoding="utf-8")
TOR = shutil.which("tor")
ONION = "http://abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion"
# From tor(1) of 0.4.8, "HIDDEN SERVICE OPTIONS", "DENIAL OF SERVICE MITIGATION OPTIONS" and "CLIENT OPTIONS".
KNOWN_TO_TOR = {
    "HiddenServiceDir",
    "HiddenServicePort",
    "HiddenServicePoWDefensesEnabled",
    "HiddenServicePoWQueueRate",
    "HiddenServicePoWQueueBurst",
    "HiddenServiceMaxStreams",
    "HiddenServiceMaxStreamsCloseCircuit",
    "SocksPort",
}


def block(kind: str) -> str:
    """A block of the document, as an operator would copy it."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", RECIPE, re.MULTILINE | re.DOTALL)
    return str(found)


def read_by_tor(torrc: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What Tor says of a configuration; services and state lie below ``folder``."""
    assert TOR is not None
    file = folder / "torrc"
    file.write_text(torrc.replace("/var/lib/tor/", f"{folder}/"))
    line = [TOR, "--verify-config", "-f", str(file), "--DataDirectory", str(folder / "data")]
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("kind", ["torrc", "torrc-desk"])
def test_tor_reads_the_lines_of_the_document(kind: str, tmp_path: Path) -> None:
    """Without ``tor``, names of options are held against its manual: that finds slips, not wrong values."""
    torrc = block(kind)
    options = {line.split()[0] for line in torrc.splitlines() if line and not line.startswith("#")}
    assert options <= KNOWN_TO_TOR, f"Tor's manual does not have {sorted(options - KNOWN_TO_TOR)}."
    if TOR is None:
        sys.stderr.write("tor is not installed here: only the names of the options were checked\n")
        return
    said = read_by_tor(torrc, tmp_path)
    assert said.returncode == 0, said.stdout
    assert "Configuration was valid" in said.stdout
    assert not re.search(r"\[warn\](?!.*running Tor as root)", said.stdout), said.stdout


@pytest.mark.parametrize("slip", ["HiddenServicePoWDefenseEnabled 1", "HiddenServicePoWQueueRate many"])
def test_a_slip_in_those_lines_would_be_found(slip: str, tmp_path: Path) -> None:
    if TOR is None:
        assert slip.split()[0] not in KNOWN_TO_TOR or "many" in slip
        return
    assert read_by_tor(block("torrc") + slip + "\n", tmp_path).returncode != 0


def test_the_recipe_defends_by_proof_of_work_and_never_gives_up_hiding() -> None:
    assert "HiddenServicePoWDefensesEnabled 1" in block("torrc")
    assert "SingleHop" not in block("torrc") + block("torrc-desk")
    assert "NonAnonymous" not in block("torrc") + block("torrc-desk")


def test_the_port_of_the_recipe_is_that_of_its_own_door() -> None:
    port = re.search(r"HiddenServicePort 80 127\.0\.0\.1:(\d+)", block("torrc"))
    assert port is not None
    assert f"port = {port[1]}" in RECIPE


# A second door from a linked folder


def onion_home(home: Path, folder: Path, mode: str = "production") -> Path:
    """What section 1 of the recipe makes."""
    folder.mkdir()
    for part in ("db", "evidence", "keys", "log", "state"):
        (folder / part).symlink_to(home / part)
    told = (home / "tocsin.toml").read_text().replace('mode = "demo"', f'mode = "{mode}"')
    head, _public, rest = told.partition("[public]")
    desk = rest[rest.index("[desk]") :]
    public = f'[public]\nport = 8002\nhosts = ["{ONION.removeprefix("http://")}"]\nbehind_tls = false\n\n'
    (folder / "tocsin.toml").write_text(head + public + desk)
    return folder


def test_a_second_door_from_a_linked_folder_is_safe_to_start_and_shares_everything(
    made_home: tuple[Path, bytes], tmp_path: Path
) -> None:
    home = made_home[0]
    clear, onion = load_instance(home), load_instance(onion_home(home, tmp_path / "onion"))
    (home / "db" / "tocsin.sqlite3").touch()
    assert list(faults(onion, "public")) == []
    for path in ("database", "door_keys", "log", "evidence", "checkpoint_copy"):
        assert getattr(onion, path).resolve() == getattr(clear, path).resolve(), path
    assert (onion.unit, onion.origin) == (clear.unit, clear.origin)


def test_the_same_door_under_a_name_of_the_clear_web_is_refused(made_home: tuple[Path, bytes], tmp_path: Path) -> None:
    folder = onion_home(made_home[0], tmp_path / "onion")
    file = folder / "tocsin.toml"
    file.write_text(file.read_text().replace(ONION.removeprefix("http://"), "tips.example.org"))
    assert any("behind_tls" in fault for fault in faults(load_instance(folder), "public"))


@pytest.mark.parametrize(
    "wrong",
    [
        "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion",
        ONION + "/",
        ONION.replace("abc", "ab", 1),
        ONION.replace("a", "1", 1),
        "https://tips.example.org",
        ONION + ".example.org",
    ],
)
def test_an_address_that_is_no_onion_is_refused_at_the_start(
    wrong: str, made_home: tuple[Path, bytes], tmp_path: Path
) -> None:
    text = (made_home[0] / "tocsin.toml").read_text()
    (tmp_path / "tocsin.toml").write_text(text.replace("[public]\n", f'[public]\nonion = "{wrong}"\n'))
    with pytest.raises(Unsafe, match=r"public\.onion must be"):
        load_instance(tmp_path)
    (tmp_path / "tocsin.toml").write_text(text.replace("[public]\n", f'[public]\nonion = "{ONION}"\n'))
    assert load_instance(tmp_path).onion == ONION


# Onion-Location


def asked(path: str, *, host: str = "testserver", secure: bool = True, method: str = "GET") -> str | None:
    """The header of one answer."""
    browser = Client(SERVER_NAME=host, raise_request_exception=False)
    answer = browser.generic(method, path, secure=secure)
    found: str | None = answer.headers.get("Onion-Location")
    return found


def test_pages_of_the_clear_web_lead_to_the_same_page_on_the_onion(
    installation: Installation, settings: Settings
) -> None:
    settings.TOCSIN_ONION = ONION
    settings.ALLOWED_HOSTS = ["testserver", ONION.removeprefix("http://")]
    for path in ("/en/", "/zh-hans/report", "/en/report/steps", "/en/mailbox", "/en/verify"):
        assert asked(path) == ONION + path
    assert asked("/en/report", method="HEAD") == ONION + "/en/report"
    assert asked("/en/?secret=canary") == ONION + "/en/"


def test_the_header_is_sent_nowhere_else(installation: Installation, settings: Settings) -> None:
    onion = ONION.removeprefix("http://")
    settings.ALLOWED_HOSTS = ["testserver", onion]
    assert asked("/en/") is None, "nothing is configured"
    settings.TOCSIN_ONION = ONION
    assert asked("/en/", host=onion) is None
    assert asked("/en/", host=onion, secure=False) is None
    assert asked("/en/", secure=False) is None
    assert asked("/en/no-such-page/canary") is None
    assert asked("/en/report", method="POST") is None
    assert asked("/healthz") is None
    assert asked("/exit") is None


# Tor Browser at "safest"

RUNS_OR_LOADS = re.compile(
    rb"<\s*(script|svg|math|iframe|object|embed|video|audio|canvas|template|style|img|noscript)\b|<[^>]*\son[a-z]+\s*=|"
    rb"javascript:|@font-face|<link[^>]+(preload|modulepreload|font)",
    re.IGNORECASE,
)
NEEDS_MORE = re.compile(
    r"@font-face|@import|\.svg|\.woff2?|\.[to]tf\b|image/svg|url\((?!['\"]?(data:,|#))", re.IGNORECASE
)


def test_the_search_finds_what_safest_would_refuse() -> None:
    for refused in (b"<script>", b"<SVG >", b'<p onclick = "x">', b"<link rel=preload>", b'<a href="javascript:x">'):
        assert RUNS_OR_LOADS.search(refused), refused
    assert NEEDS_MORE.search("src: url(/static/a.woff2)")
    assert not RUNS_OR_LOADS.search(b'<p class="once" data-on="x">only one = two</p>')


@pytest.mark.django_db
def test_no_page_on_the_whole_way_of_a_reporter_needs_script_svg_or_a_font(unlocked_desk: Installation) -> None:
    mia = ListeningVisitor(defaults={"HTTP_ORIGIN": "null"})
    walk = Guided.open(mia)
    walk.finish({**ENOUGH, "contact": {"contact": "Mia"}})
    receipt = mia.tell("Two men at the quay.")
    unlocked_desk.publish()
    box = mia.open_mailbox(receipt.words)
    mia.write(box, "One thing more.")
    for name in names(PUBLIC):
        mia.read(address(PUBLIC, name))
    mia.open_mailbox("abandon abandon")
    mia.tell("")
    mia.send(mia.get("verify"), "/verify", typed={"receipt": receipt.preformatted[0]})
    mia.open_mailbox(receipt.words)  # leaving through "/exit" has closed it
    mia.send(mia.get("mailbox/take-back"), "/mailbox/take-back")
    pages = [heard for heard in mia.heard if heard.is_page]
    assert len(pages) >= 30
    for heard in pages:
        if heard.address != "/verify_tocsin.html":  # made to be saved and opened without us
            found = RUNS_OR_LOADS.search(heard.body)
            assert found is None, f"{heard.method} {heard.address}: {found and found[0]!r}"


def test_no_style_sheet_of_the_reporter_pages_asks_for_a_font_or_a_picture() -> None:
    styles = [path for path in (ROOT / "tocsin").rglob("static/**/*.css") if "desk" not in path.parts]
    assert styles
    for path in styles:
        found = NEEDS_MORE.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name}: {found and found[0]}"
