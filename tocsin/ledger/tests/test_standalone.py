"""The single-file verifier: alone, in its own process, with the same answers as the library."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from tocsin.ledger import event_words, leaf, standalone
from tocsin.ledger.ed25519 import SignatureInvalid
from tocsin.ledger.ed25519 import verify as verify_signature
from tocsin.ledger.receipt import PublicOpening, TlogProof, parse
from tocsin.ledger.tests.conftest import Load
from tocsin.ledger.tests.log_folder import LATE, NOW, SEED, LogFolder, own_leaf, put
from tocsin.ledger.verifier import Status, events_key, verify_code, verify_log, verify_receipt

FILE = Path(standalone.__file__).with_name("verify_tocsin.py")
KEY = events_key(SEED)
LEAF, OPENING = own_leaf(KEY, 0)


@pytest.fixture(scope="session")
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_tocsin", FILE)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    return LogFolder(tmp_path / "log").grow(LEAF, pads=299).grow(own_leaf(KEY, 1, "closed:already_known")[0], pads=7)


def run(*arguments: object, typed: str = "") -> tuple[int, str]:
    """Exit status and output, from a process that cannot see this project."""
    command = [sys.executable, "-I", str(FILE), *map(str, arguments)]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, cwd="/", timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def at(moment: datetime) -> str:
    return f"--now={moment:%Y-%m-%dT%H:%M:%SZ}"


def spelled(words: list[str]) -> str:
    """Nine words of ``SEED`` from a list of 2048."""
    value = int.from_bytes(SEED, "big") << 3 | hashlib.sha256(SEED).digest()[0] >> 5
    return " ".join(words[value >> 11 * place & 2047] for place in range(8, -1, -1))


def test_it_is_one_file_for_python_3_9_that_needs_cryptography_only() -> None:
    tree = ast.parse(FILE.read_text(encoding="utf-8"), feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
    assert foreign == {"cryptography", "mnemonic"}


def test_it_knows_the_words_that_the_library_knows(module: ModuleType) -> None:
    assert module.KINDS == event_words._WORDS
    assert tuple(module.KINDS) == leaf.KINDS
    assert (tuple(module.OUTCOMES), tuple(module.RULES), tuple(module.TIERS)) == (
        event_words.OUTCOMES,
        event_words.RULES,
        event_words.TIERS,
    )
    assert module.events_key(SEED) == KEY


def test_a_whole_log_and_its_receipt_hold(log: LogFolder, tmp_path: Path) -> None:
    assert run(log.path) == (0, run(log.path)[1])
    assert "307" not in run(log.path)[1]
    assert "308 entries" in run(log.path)[1]
    receipt = tmp_path / "receipt.tlog-proof"
    put(receipt, log.receipt(LEAF, OPENING))
    log.grow(pads=600)
    status, said = run(log.path, receipt)
    assert status == 0
    assert "2026-02: your report was received." in said
    assert "entry 0 of the log" in said


def test_a_promise_is_kept_waits_or_was_broken(log: LogFolder, tmp_path: Path) -> None:
    kept, open_one = tmp_path / "kept", tmp_path / "open"
    put(kept, log.promised(LEAF))
    put(open_one, log.promised(own_leaf(KEY, 9)[0]))
    assert run(log.path, kept, at(LATE))[0] == 0
    assert run(log.path, open_one, at(NOW))[0] == 3
    status, said = run(log.path, open_one, at(LATE))
    assert status == 4
    assert "evidence" in said
    (log.path / "checkpoint").unlink()
    assert run(log.path, open_one, at(NOW))[0] == 3
    assert run(log.path, open_one, at(LATE))[0] == 1


def test_a_code_is_read_from_a_key_file_or_from_words(log: LogFolder, tmp_path: Path) -> None:
    put(tmp_path / "code", KEY.hex().encode())
    status, said = run(log.path, "--code-file", tmp_path / "code")
    assert status == 0
    assert "Entry 300: 2026-02: your report was closed (already known)." in said
    words = [f"{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}ething" for n in range(2048)]
    put(tmp_path / "words", "\n".join(words).encode())
    assert run(log.path, "--words", "--word-list", tmp_path / "words", typed=spelled(words) + "\n") == (0, said)
    mistyped = " ".join([words[7], *spelled(words).split()[1:]])
    status, said = run(log.path, "--words", "--word-list", tmp_path / "words", typed=mistyped)
    assert status == 1
    assert "mistyped" in said
    put(tmp_path / "code", b"00" * 32)
    assert run(log.path, "--code-file", tmp_path / "code")[0] == 3


@pytest.mark.parametrize("language", ["english", "chinese_simplified", "french", "japanese"])
def test_words_of_any_list_are_read_when_mnemonic_is_there(module: ModuleType, language: str) -> None:
    from mnemonic import Mnemonic

    typed = spelled(list(Mnemonic(language).wordlist))
    assert SEED in module.seeds_of(typed.upper(), None)
    if language == "english":
        assert module.seeds_of(" ".join(word[:4] for word in typed.split()), None) == [SEED]
    if language == "chinese_simplified":
        assert SEED in module.seeds_of(typed.replace(" ", ""), None)


def test_wrong_usage_is_two_and_what_does_not_hold_is_one(log: LogFolder, tmp_path: Path) -> None:
    assert run()[0] == 2
    assert run(log.path, "--nonsense")[0] == 2
    assert run(log.path, log.path / "keys", "--words")[0] == 2
    assert run(tmp_path / "nothing")[0] == 1
    assert run(log.path, log.path / "keys")[0] == 1
    assert run(log.path, log.path)[0] == 1
    put(tmp_path / "code", b"nonsense")
    assert run(log.path, "--code-file", tmp_path / "code")[0] == 1


def test_it_agrees_with_the_library_on_damage(module: ModuleType, log: LogFolder, tmp_path: Path) -> None:
    receipt, promise = tmp_path / "receipt", tmp_path / "promise"
    put(receipt, log.receipt(LEAF, OPENING))
    put(promise, log.promised(LEAF))
    files = [path for path in log.path.rglob("*") if path.is_file()]
    assert len(files) == 9
    for path in [*files, receipt, promise]:
        good = path.read_bytes()
        middle = len(good) // 2
        for bad in (b"", good[:-1], good[:middle] + b"\xff" + good[middle + 1 :], b"\n\n" + good, b"9" * 5000):
            path.write_bytes(bad)
            for question, library in (
                ([], verify_log(log.path)),
                ([receipt], verify_receipt(receipt.read_bytes(), log.path)),
                ([promise], verify_receipt(promise.read_bytes(), log.path, now=LATE)),
            ):
                mine = module.main([str(log.path), *map(str, question), at(LATE)])
                assert mine == library.exit_code, (path.name, bad[:20], question, library)
        path.write_bytes(good)
    assert module.main([str(log.path)]) == 0
    assert verify_code(KEY, log.path).status is Status.OK


def test_it_refuses_a_receipt_with_a_second_spelling_of_the_key(log: LogFolder, tmp_path: Path) -> None:
    proof = parse(log.receipt(LEAF, OPENING))
    extra = PublicOpening(LEAF, OPENING.r_pub + b"\0", OPENING.event).to_extra()
    put(tmp_path / "receipt", TlogProof(proof.index, proof.hashes, proof.checkpoint, extra).to_text().encode())
    assert run(log.path, tmp_path / "receipt")[0] == 1


def test_it_refuses_a_proof_of_another_place(log: LogFolder, tmp_path: Path) -> None:
    proof = parse(log.receipt(LEAF, OPENING))
    stranger, opening = own_leaf(KEY, 5)
    extra = PublicOpening(stranger, opening.r_pub, opening.event).to_extra()
    for false in (
        TlogProof(1, proof.hashes, proof.checkpoint, proof.extra),
        TlogProof(0, proof.hashes[:-1], proof.checkpoint, proof.extra),
        TlogProof(0, (*proof.hashes, bytes(32)), proof.checkpoint, proof.extra),
        TlogProof(0, (bytes(32), *proof.hashes[1:]), proof.checkpoint, proof.extra),
        TlogProof(10**6, proof.hashes, proof.checkpoint, proof.extra),
        TlogProof(0, proof.hashes, proof.checkpoint, extra),
    ):
        put(tmp_path / "receipt", false.to_text().encode())
        assert run(log.path, tmp_path / "receipt")[0] == 1
        assert verify_receipt(false.to_text().encode(), log.path).status is Status.BAD


def test_it_refuses_entries_that_the_log_did_not_sign(log: LogFolder) -> None:
    signed = (log.path / "checkpoint").read_bytes()
    LogFolder(log.path).grow(*log.entries[:-1], own_leaf(KEY, 6)[0])
    assert run(log.path)[0] == 0
    put(log.path / "checkpoint", signed)
    status, said = run(log.path)
    assert status == 1
    assert "has signed" in said
    for size in (307, 309, 2**62):
        log.sign(size=size)
        assert run(log.path)[0] == 1


def test_it_refuses_another_history(log: LogFolder, tmp_path: Path) -> None:
    put(tmp_path / "receipt", log.receipt(LEAF, OPENING))
    shorter = LogFolder(tmp_path / "shorter").grow(*log.entries[:100])
    rewritten = LogFolder(tmp_path / "rewritten").grow(*log.entries[:307], own_leaf(KEY, 5)[0])
    renamed = LogFolder(tmp_path / "renamed", origin="other.example").grow(*log.entries)
    for folder, word in ((shorter, "shorter"), (rewritten, "REWRITTEN"), (renamed, "is of the log")):
        status, said = run(folder.path, tmp_path / "receipt")
        assert status == 1
        assert word in said


def test_its_signatures_are_as_strict(module: ModuleType, tlog_vectors: Load) -> None:
    for case in tlog_vectors("cctv-ed25519.json")["vectors"]:
        parts = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"]), case["msg"].encode()
        try:
            verify_signature(*parts)
        except SignatureInvalid:
            with pytest.raises(module.Bad):
                module.check_signature(*parts)
        else:
            module.check_signature(*parts)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[LogFolder, str]]:
    """A growing log on a web server of this machine."""
    published = LogFolder(tmp_path / "published").grow(LEAF, pads=599)
    handler = partial(QuietFiles, directory=str(published.path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield published, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_told: object) -> None:
        """Say nothing."""


def test_fetch_copies_a_published_log_and_checks_it(served: tuple[LogFolder, str], tmp_path: Path) -> None:
    published, address = served
    for _visit in range(2):
        status, said = run(tmp_path / "copy", "--fetch", address)
        assert (status, f"{len(published.entries)} entries" in said) == (0, True), said
        published.grow(pads=300)


def test_fetch_says_what_it_could_not_get(served: tuple[LogFolder, str], tmp_path: Path) -> None:
    published, address = served
    (published.path / "tile" / "entries" / "001").unlink()
    status, said = run(tmp_path / "copy", "--fetch", address)
    assert (status, "tile/entries/001" in said) == (1, True)
    for wrong in ("file:///etc", "ftp://example.org", "log", "http://127.0.0.1:1/"):
        assert run(tmp_path / "other", "--fetch", wrong)[0] == 1


def test_half_a_character_in_an_opening_is_refused_by_both(log: LogFolder, tmp_path: Path) -> None:
    receipt = log.receipt(LEAF, OPENING)
    proof = parse(receipt)
    spoilt = proof.extra.replace(b'"received"', b'"received\\ud800"').replace(b'"unit"', b'"\\ud800"')
    text = TlogProof(proof.index, proof.hashes, proof.checkpoint, spoilt).to_text()
    assert spoilt != proof.extra
    assert verify_receipt(text.encode(), log.path, now=NOW).status is Status.BAD
    put(tmp_path / "receipt", text.encode())
    code, said = run(log.path, tmp_path / "receipt", at(NOW))
    assert (code, "opening" in said) == (1, True)


def test_bytes_behind_the_last_entry_of_a_bundle_are_refused_by_both(log: LogFolder) -> None:
    bundle = next(path for path in (log.path / "tile" / "entries").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes() + b"\0")
    assert verify_log(log.path).status is Status.BAD
    assert run(log.path)[0] == 1
