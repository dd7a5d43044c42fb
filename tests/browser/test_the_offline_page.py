"""The static page that checks a receipt without us: opened from disk, with the verdicts of the Python verifier."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from mnemonic import Mnemonic
from playwright.sync_api import Page

from tests.browser.offline_page import (
    KEY,
    LEAF,
    Answer,
    AskPython,
    LogFiles,
    OpenPage,
    Published,
    Signed,
    ask_page,
    ask_python,
    damages,
    odd_signatures,
    open_page,
    published,
    spelled,
)
from tocsin.ledger import ed25519
from tocsin.ledger.note import COSIGNATURE, Signer, add_signature, sign
from tocsin.ledger.receipt import TlogProof, parse
from tocsin.ledger.recovery import handover_leaf
from tocsin.ledger.tests.conftest import Load, tlog_vectors
from tocsin.ledger.tests.log_folder import LATE, NOW, ORIGIN, SEED, LogFolder, own_leaf, put
from tocsin.ledger.verifier import Status, verify_log

pytestmark = pytest.mark.browser
__all__ = ["ask_python", "open_page", "published", "tlog_vectors"]  # fixtures, known to pytest by being here
WORDS = {name: spelled(Mnemonic(name).wordlist) for name in ("english", "chinese_simplified")}


def same(page: Answer, python: Answer) -> None:
    """One category and the same sentences; only the page tells the time of its clock."""
    assert page.status == python.status
    assert [line for line in page.lines if not line.startswith("By the clock")] == list(python.lines)


def test_it_says_what_the_python_verifier_says(
    open_page: OpenPage, published: Published, ask_python: AskPython
) -> None:
    page = open_page()
    for receipt, now, status in (
        (None, LATE, "ok"),
        (published.proof, LATE, "ok"),
        (published.kept, NOW, "ok"),
        (published.waiting, NOW, "pending"),
        (published.waiting, LATE, "overdue"),
        (b"hello", LATE, "bad"),
        (b"", LATE, "bad"),
    ):
        said = ask_page(page, published.files, receipt=receipt, now=now)
        assert said.status == status
        same(said, ask_python(published.files, receipt=receipt, now=now))


def test_an_old_receipt_holds_while_the_log_grows(open_page: OpenPage, published: Published) -> None:
    published.log.grow(pads=900)
    said = ask_page(open_page(), LogFiles(published.log.path).read(), receipt=published.proof)
    assert said.status == "ok"
    assert "2026-02: your report was received." in said
    assert "1210 entries" in said


def test_one_changed_byte_is_judged_as_by_the_python_verifier(
    open_page: OpenPage, published: Published, ask_python: AskPython
) -> None:
    page = open_page()
    tried = refused = 0
    for name, good in published.files.items():
        for bad in [*damages(good, count=6, seed=name), good[:-1], b"", b"\n\n" + good]:
            files = {**published.files, name: bad}
            for receipt in (None, published.proof, published.kept):
                mine = ask_page(page, files, receipt=receipt)
                theirs = ask_python(files, receipt=receipt)
                assert mine.status == theirs.status, (name, bad[:40], mine, theirs)
                tried, refused = tried + 1, refused + (mine.status == "bad")
            if name != "keys":  # there a letter of the unit's name may change unseen, in both programs
                assert mine.status == "bad", (name, bad[:40])
    for good in (published.proof, published.kept, published.waiting):
        for bad in [*damages(good, count=24, seed="receipt"), good[:-1], good[: len(good) // 2], good + b"x"]:
            mine = ask_page(page, published.files, receipt=bad)
            theirs = ask_python(published.files, receipt=bad)
            assert mine.status == theirs.status == "bad", (bad, mine, theirs)
            tried, refused = tried + 1, refused + 1
    assert tried >= 200
    assert refused >= 200


def test_damage_with_a_purpose_is_judged_as_by_the_python_verifier(
    open_page: OpenPage, published: Published, ask_python: AskPython, tmp_path: Path
) -> None:
    page, log, files = open_page(), published.log, published.files
    foreign = LogFolder(tmp_path / "foreign", origin="other.example").grow(*log.entries[:-1], own_leaf(KEY, 6)[0])
    unsigned = {**LogFiles(foreign.path).read(), "checkpoint": files["checkpoint"]}
    text = files["checkpoint"].decode().partition("\n\n")[0]
    second_spelling = sign(f"{text[:-2]}{chr(ord(text[-2]) + 1)}=\n", log.log)  # the root with other unused bits
    key_id = log.log.key_id.hex().encode()
    for changed, receipt, sentence in (
        (unsigned, None, "The entries do not give the root that the log has signed."),
        ({"checkpoint": second_spelling}, None, "base64 that is not canonical"),
        ({"keys": files["keys"].replace(key_id, key_id[::-1])}, None, "A key in keys is malformed."),
        *(
            ({name: files[name] + b"x"}, None, "has the wrong length")
            for name in files
            if re.match("tile/[01]/.*p/", name)
        ),
        *(
            ({name: bad}, None, sentence)
            for name, data in files.items()
            if re.match("tile/entries/.*p/", name)
            for bad, sentence in (
                (data + b"x", "A bundle of entries has something left over."),
                (data[:-1], "A bundle of entries is cut off."),
            )
        ),
        ({"tile/0/000": files["tile/0/000"] + b"x"}, None, "is too large"),
        ({}, foreign.promised(LEAF), "This folder is not the log for which the promise was given."),
    ):
        mine = ask_page(page, {**files, **changed}, receipt=receipt, now=NOW)
        assert (mine.status, sentence in mine) == ("bad", True), mine
        same(mine, ask_python({**files, **changed}, receipt=receipt, now=NOW))


def test_missing_files_are_named(open_page: OpenPage, published: Published, ask_python: AskPython) -> None:
    page = open_page()
    for name in published.files:
        rest = {other: data for other, data in published.files.items() if other != name}
        same(ask_page(page, rest), ask_python(rest))
    assert ask_page(page, {}, receipt=published.waiting).status == "bad"


def test_hostile_files_get_a_verdict(open_page: OpenPage, published: Published) -> None:
    page = open_page()
    proof = parse(published.proof)
    opening = json.loads(proof.extra)
    half_a_pair = ["received", "2026-02", "", "\ud800"]
    events: list[object] = [half_a_pair, half_a_pair[:3], "abcd", [1, 2, 3, 4], {}, None]
    extras = [json.dumps({**opening, "event": event}).encode() for event in events]
    extras += [b"", b"[]", b"null", b"[" * 70_000, json.dumps({**opening, "leaf": 7}).encode()]
    texts = [TlogProof(proof.index, proof.hashes, proof.checkpoint, extra).to_text() for extra in extras]
    heads = (b"c2sp.org/tlog-proof@v1\n", b"tocsin-promise/v1\n")
    bombs = [b"x" * 2_000_001, *(head + filler * 1_900_000 for head in heads for filler in (b"A", b"\n", b" "))]
    for receipt in (*(text.encode() for text in texts), *bombs, bytes(range(256)) * 10, b"\xff\xfe"):
        assert ask_page(page, published.files, receipt=receipt).status == "bad"
    published.log.sign(size=2**62)
    endless = {**published.files, "checkpoint": (published.log.path / "checkpoint").read_bytes()}
    blanks = published.files["keys"] + b"tier" + b" " * 100_000 + b"x\n" + b"tier \n" * 10_000
    for files, status in (
        (endless, "bad"),
        ({**published.files, "checkpoint": b"\n" * 1_000_001}, "bad"),
        ({**published.files, "keys": b"log x\n" * 40_000}, "bad"),
        ({**published.files, "keys": blanks}, "ok"),
    ):
        assert ask_page(page, files).status == status


def test_where_the_programs_differ_it_is_as_strict_as_the_stricter(open_page: OpenPage, published: Published) -> None:
    page = open_page()
    longer = {**published.files, "tile/entries/000": published.files["tile/entries/000"] + b"x"}
    LogFiles(published.log.path).replace(longer)
    assert verify_log(published.log.path).status is Status.BAD
    assert ask_page(page, longer).status == "bad"
    strange = published.files["checkpoint"] + "— some+body AAAAAAAA\n".encode()
    assert ask_page(page, {**published.files, "checkpoint": strange}).status == "bad"


def test_own_keys_stand_above_those_of_the_folder(open_page: OpenPage, published: Published) -> None:
    page = open_page()
    said = ask_page(page, {**published.files, "keys": b"nonsense"}, keys=published.files["keys"])
    assert said.status == "ok"
    assert "read from your file printed" in said
    stranger = f"log {Signer(ORIGIN, bytes(range(32))).vkey}\n".encode()
    assert ask_page(page, published.files, keys=stranger, receipt=published.proof).status == "bad"


def test_witnesses_are_named(open_page: OpenPage, published: Published) -> None:
    witness = Signer("witness.example", bytes(range(32)), kind=COSIGNATURE)
    note, text = published.files["checkpoint"], published.files["checkpoint"].decode().partition("\n\n")[0] + "\n"
    signed = add_signature(note, witness.sign_text(text, at=1_700_000_000))
    files = {**published.files, "keys": published.files["keys"] + f"witness {witness.vkey}\n".encode()}
    page = open_page()
    assert "No outside witness" in ask_page(page, files)
    assert "signed too: witness.example" in ask_page(page, {**files, "checkpoint": signed})


def test_another_history_is_found(open_page: OpenPage, published: Published, tmp_path: Path) -> None:
    page, entries = open_page(), published.log.entries
    for name, leaves, word in (
        ("shorter", entries[:100], "shorter"),
        ("rewritten", [*entries[:-1], own_leaf(KEY, 5)[0]], "REWRITTEN"),
    ):
        LogFolder(tmp_path / name).grow(*leaves)
        said = ask_page(page, LogFiles(tmp_path / name).read(), receipt=published.proof)
        assert (said.status, word in said) == ("bad", True)
    renamed = LogFolder(tmp_path / "renamed", origin="other.example").grow(*entries)
    said = ask_page(page, LogFiles(renamed.path).read(), receipt=published.proof)
    assert (said.status, "This receipt is of the log “tips.example/log”" in said) == ("bad", True)


def test_receipts_of_an_earlier_origin_are_found_below_previous(
    open_page: OpenPage, published: Published, tmp_path: Path
) -> None:
    origin = f"{ORIGIN}/2"
    first, _ = handover_leaf(published.files["checkpoint"], "2026-03")
    new = LogFolder(tmp_path / "new", origin=origin, log=Signer(origin, bytes(31) + b"\x02")).grow(first, pads=15)
    for name, data in published.files.items():
        put(new.path / "previous" / "1" / name, data)
    put(new.path / "previous" / "1" / "handover", f"next {origin}\nmonth 2026-03\n".encode())
    files, page = LogFiles(new.path).read(), open_page()
    assert "names the last state of the log before it" in ask_page(page, files)
    assert ask_page(page, files, receipt=published.proof).status == "ok"
    assert f"entry 0 of the log {ORIGIN}." in ask_page(page, files, receipt=published.kept)
    assert ask_page(page, files, receipt=published.waiting).status == "overdue"
    found = ask_page(page, files, words=" ".join(WORDS["english"]))
    assert "The log holds 2 event(s)" in found
    other = {**files, "previous/1/handover": files["previous/1/handover"].replace(b"03", b"04")}
    assert "does not name the last published state" in ask_page(page, other)


def test_nine_words_find_all_own_events(open_page: OpenPage, published: Published) -> None:
    page = open_page()
    for typed in (
        " ".join(WORDS["english"]),
        ", ".join(f"{n}. {word[:4].upper()}" for n, word in enumerate(WORDS["english"], 1)),
        "".join(WORDS["chinese_simplified"]),
    ):
        said = ask_page(page, published.files, words=typed)
        assert said.status == "ok"
        assert "Entry 0: 2026-02: your report was received." in said.lines
        assert "Entry 1: 2026-02: your report was closed (already known)." in said.lines
    stranger = spelled(Mnemonic("english").wordlist, bytes(12))
    assert ask_page(page, published.files, words=" ".join(stranger)).status == "pending"
    for typed in ("", "abandon", " ".join([*WORDS["english"][:-1], "zoo"]), "☃" * 5000):
        assert "one of them is mistyped" in ask_page(page, published.files, words=typed)
    assert page.evaluate("TocsinVerify.WORD_LISTS") == [list(Mnemonic(name).wordlist) for name in WORDS]
    assert bytes(page.evaluate(f"Array.from(TocsinVerify.eventsKey(new Uint8Array({list(SEED)})))")) == KEY


def agree(page: Page, cases: list[Signed]) -> None:
    """Both ways of the page and the library give one answer to each of ``cases``."""
    told = page.evaluate(
        """async (cases) => {
            const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
            const { byThisPage, byBrowser } = TocsinVerify.ed25519;
            const both = async (parts) => [byThisPage(...parts), await byBrowser(...parts)];
            return Promise.all(cases.map((parts) => both(parts.map(bytes))));
        }""",
        [[part.hex() for part in case] for case in cases],
    )
    for case, (own, browser) in zip(cases, told, strict=True):
        try:
            ed25519.verify(*case)
        except ed25519.SignatureInvalid:
            assert (own, browser) in ((False, False), (False, None)), case
        else:
            assert (own, browser) in ((True, True), (True, None)), case


def test_its_signatures_are_as_strict_by_its_own_code_and_by_the_browser(open_page: OpenPage) -> None:
    cases = odd_signatures()
    agree(open_page(), cases)
    assert len(cases) > 500


def test_it_agrees_on_the_published_signatures(open_page: OpenPage, tlog_vectors: Load) -> None:
    vectors = tlog_vectors("cctv-ed25519.json")["vectors"]
    agree(open_page(), [(bytes.fromhex(v["key"]), bytes.fromhex(v["sig"]), v["msg"].encode()) for v in vectors])


def test_its_hashes_are_sha_2(open_page: OpenPage) -> None:
    page = open_page()
    for length in (0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000):
        data = bytes(range(256)) * 4
        for name in ("sha256", "sha512"):
            told = page.evaluate(f"Array.from(TocsinVerify.hashes.{name}(new Uint8Array({list(data[:length])})))")
            assert bytes(told) == hashlib.new(name, data[:length]).digest()
