#!/usr/bin/env python3
"""Check a Tocsin receipt, your nine words, or a whole public log: offline, in one file that you can read.

Needs Python 3.9 or newer and the package ``cryptography`` (for Ed25519), nothing of Tocsin. Usage:

    verify_tocsin.py LOG_FOLDER --fetch URL        copy the published log into the folder (the only use of a network)
    verify_tocsin.py LOG_FOLDER                    is the log whole?
    verify_tocsin.py LOG_FOLDER RECEIPT            is my promise or proof true, and still in the log?
    verify_tocsin.py LOG_FOLDER --words            what happened to my report? (asks for the nine words)
    verify_tocsin.py LOG_FOLDER --code-file FILE   the same, from 64 hexadecimal digits of the events key

Words need their list: the package ``mnemonic`` if it is installed, or ``--word-list FILE`` (a BIP-39 list
with 2048 words, one a line). Keys come from ``LOG_FOLDER/keys`` unless ``--keys FILE`` names ones you trust
more. Exit status: 0 holds, 1 does not hold, 2 wrong usage, 3 not yet (still in time), 4 a promise was broken.
One file on purpose, so that it can be copied and read alone; it shares no code with Tocsin itself. Formats:
RFC 6962 tree; https://c2sp.org/ signed-note, tlog-checkpoint, tlog-tiles, tlog-proof.
"""

from __future__ import annotations

import argparse
import base64
import calendar
import getpass
import hashlib
import hmac
import itertools
import json
import re
import sys
import time
import unicodedata
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

OK, BAD, PENDING, OVERDUE = 0, 1, 3, 4
Key = tuple[str, bytes, int, bytes]
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
Y8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
OUTCOMES = [
    "substantiated",
    "partly_substantiated",
    "unsubstantiated_good_faith",
    "insufficient_information",
    "not_within_remit",
    "already_known",
    "duplicate_of",
    "refused_protected_activity",
    "withdrawn",
]
RULES = ["withdrawn", "retention", "expired", "erased"]
TIERS = ["certain", "important", "major", "special"]
KINDS = {
    "received": "your report was received",
    "transition": "somebody worked on your report: it moved to another stage",
    "answered": "you were given the result",
    "closed": "your report was closed",
    "award": "an award was decided",
    "award-paid": "an award was paid out",
    "identity-opened": "YOUR NAME WAS OPENED by two people",
    "exported": "your report was given out or exported",
    "deleted": "your report was deleted",
    "audit-head": "the state of the private audit log was written down",
    "key-change": "a key was changed",
    "config-change": "the settings of the log were changed",
    "pad": "filler without meaning",
}


class Bad(Exception):
    """Something does not hold; the message says what, for everybody."""


def need(holds: Any, sentence: str) -> None:
    """Go on only if it holds."""
    if not holds:
        raise Bad(sentence)


def read(path: Path, most: int) -> bytes:
    """A regular file of at most ``most`` bytes."""
    try:
        need(path.is_file(), f"The file {path} is missing.")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError):
        raise Bad(f"The file {path} cannot be read.") from None
    need(len(data) <= most, f"The file {path} is too large.")
    return data


def text_of(data: bytes) -> str:
    """UTF-8 only."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("A file is not written in UTF-8.") from None


def unbase64(text: str) -> bytes:
    """Base64 in its one canonical spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Bad("A file holds malformed base64.") from None
    need(base64.b64encode(data).decode() == text, "A file holds base64 that is not canonical.")
    return data


def number(text: str) -> int:
    """A decimal number below 2**63 without leading zeros."""
    need(re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) < 2**63, "A file holds a malformed number.")
    return int(text)


# --- signatures and notes -------------------------------------------------------------------------------------------


def strong(y: int) -> bool:
    """Whether a point with this y is canonical and not of small order."""
    return y < P and y not in (0, 1, P - 1, Y8, P - Y8)


def check_signature(public: bytes, signature: bytes, message: bytes) -> None:
    """Strict Ed25519: no small-order or non-canonical point, no number S above the group order."""
    need(len(public) == 32 and len(signature) == 64, "A signature has the wrong length.")
    for point in (public, signature[:32]):
        need(strong(int.from_bytes(point, "little") % 2**255), "A signature or key is of a weak form.")
    need(int.from_bytes(signature[32:], "little") < L, "A signature is of a weak form.")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Bad("A signature is wrong: the text was changed, or it is by another key.") from None


def open_note(data: bytes, keys: Sequence[Key]) -> tuple[str, list[str]]:
    """The text of a signed note and the names of the known keys that signed it well (at least one)."""
    whole = text_of(data)
    body, blank, block = whole.rpartition("\n\n")
    need(blank and block.endswith("\n") and not re.search("[\0-\t\x0b-\x1f]", whole), "A note is malformed.")
    known = {(key[0], key[1]): key for key in keys}
    need(len(known) == len(set(keys)), "Two known keys share a name and an id.")
    names: dict[str, None] = {}
    need(block.count("\n") <= 100, "A note has too many signatures.")
    for line in block[:-1].split("\n"):
        parts = line.split(" ")
        named = len(parts) == 3 and parts[0] == "\u2014" and parts[1] and not re.search(r"[+\s]", parts[1])
        need(named, "A signature line is malformed.")
        raw = unbase64(parts[2])
        need(len(raw) > 4, "A signature line is malformed.")
        key = known.get((parts[1], raw[:4]))
        if key is not None and key[0] not in names:  # a line said twice counts once
            message, raw = (body + "\n").encode(), raw[4:]
            if key[2] == 4:  # a witness signs the time too
                stamp, raw = int.from_bytes(raw[:8], "big"), raw[8:]
                message = b"cosignature/v1\ntime %d\n" % stamp + message
            check_signature(key[3], raw, message)
            names[key[0]] = None
    need(names, "A note is not signed by a key that you trust.")
    return body + "\n", list(names)


class Keys:
    """The ``keys`` file: ``log``, ``promise`` and ``witness`` keys, and words to read events with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[str, list[str]] = {}
        for line in text_of(read(path, 200_000)).splitlines():
            word, _, rest = line.strip().partition(" ")
            self.lines.setdefault(word, []).append(rest.strip())
        self.log, self.promise, self.witness = (self.parse(kind) for kind in ("log", "promise", "witness"))
        need(self.log, f"{path} names no key of the log.")

    def parse(self, kind: str) -> list[Key]:
        """Keys of one kind, each once."""
        found: dict[Key, None] = {}
        for vkey in self.lines.get(kind, []):
            parts = vkey.split("+", 2)
            need(len(parts) == 3 and parts[0], f"A key in {self.path} is malformed.")
            raw = unbase64(parts[2])
            key_id = hashlib.sha256(parts[0].encode() + b"\n" + raw).digest()[:4]
            y = int.from_bytes(raw[1:], "little") % 2**255
            sound = len(raw) == 33 and raw[0] in (1, 4) and key_id.hex() == parts[1] and strong(y)
            need(sound, f"A key in {self.path} is malformed.")
            found[parts[0], key_id, raw[0], raw[1:]] = None
        return list(found)


# --- the tree and the log -------------------------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 section 2.1."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 section 2.1."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Root of a tree; an unpaired node moves up as it is."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        odd = list(hashes[-1:]) if len(hashes) % 2 else []
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes) - 1, 2)] + odd
    return hashes[0]


def root_by_proof(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (the recursion of RFC 6962 section 2.1.1, backwards)."""
    if size == 1:
        need(not proof, "The proof is too long.")
        return leaf
    need(proof, "The proof is too short.")
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return node_hash(root_by_proof(index, half, leaf, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_by_proof(index - half, size - half, leaf, proof[:-1]))


def parse_checkpoint(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root."""
    lines = text.split("\n")
    need(len(lines) >= 4 and all(lines[:-1]) and not lines[-1], "A checkpoint is malformed.")
    root = unbase64(lines[2])
    need(len(root) == 32, "A checkpoint is malformed.")
    return lines[0], number(lines[1]), root


class Log:
    """A log folder, checked whole: every hash computed again from the entries up to the signed root."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self.folder, self.keys = folder, keys
        note = read(folder / "checkpoint", 1_000_000)
        self.origin, self.size, root = parse_checkpoint(open_note(note, keys.log)[0])
        self.entries: list[bytes] = []
        for first in range(0, self.size, 256):
            self.entries += self.bundle(first // 256, min(256, self.size - first))
        self.hashes = list(map(leaf_hash, self.entries))
        level, above = 0, self.hashes
        while above:
            tiles = [above[at : at + 256] for at in range(0, len(above), 256)]
            for index, tile in enumerate(tiles):
                stored, exact = self.tile(str(level), index, len(tile), 8192)
                fits = len(stored) == 32 * len(tile) or len(tile) == 256 or not exact
                need(fits, f"{tile_name(str(level), index)}.p/{len(tile)} has the wrong length.")
                stored = stored if exact else stored[: 32 * len(tile)]
                need(stored == b"".join(tile), f"Tile {index} at level {level} is not what the entries give.")
            level, above = level + 1, [root_of(tile) for tile in tiles if len(tile) == 256]
        need(root_of(self.hashes) == root, "The entries do not give the root that the log has signed.")
        self.witnesses: list[str] = []
        for witness in keys.witness:
            try:
                self.witnesses += open_note(note, [witness])[1]
            except Bad:
                continue

    def tile(self, level: str, index: int, width: int, most: int) -> tuple[bytes, bool]:
        """A tile file, and whether it is of exactly this width: a full one may stand in for a partial one."""
        full = self.folder / tile_name(level, index)
        partial = full.parent / f"{full.name}.p" / str(width)
        exact = width == 256 or partial.is_file() or not full.is_file()
        return read(partial if exact and width < 256 else full, most), exact

    def bundle(self, index: int, width: int) -> list[bytes]:
        """The first ``width`` entries of a bundle."""
        (data, exact), at, entries = self.tile("entries", index, width, 256 * 65537), 0, []
        for _ in range(width):
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            need(start <= len(data) and at <= len(data), "A bundle of entries is cut off.")
            entries.append(data[start:at])
        need(at == len(data) or not exact, "A bundle of entries has something left over.")
        return entries


def tile_name(level: str, index: int) -> str:
    """Where a full tile lies below the log folder."""
    path = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03d}/{path}"
    return f"tile/{level}/{path}"


def fetch(url: str, folder: Path) -> None:
    """Copy a published log. Files that are there stay, except the checkpoint and the keys; the check comes after."""
    need(url.startswith(("http://", "https://")), "The address must begin with https:// (or http:// for an onion).")
    head = {name: _get(url, name, 1_000_000) for name in ("checkpoint", "keys")}
    size = parse_checkpoint(text_of(head["checkpoint"]).partition("\n\n")[0] + "\n")[1]
    need(size <= 1 << 40, "The checkpoint names a log of impossible size.")
    for level in ("entries", *map(str, range(8))):
        nodes = size if level == "entries" else size >> 8 * int(level)
        for index in range(-(-nodes // 256)):
            width = min(256, nodes - 256 * index)
            name = tile_name(level, index) + (f".p/{width}" if width < 256 else "")
            if not (folder / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(_get(url, name, 256 * 65537))
    for name, data in head.items():
        (folder / name).write_bytes(data)


def _get(url: str, name: str, most: int) -> bytes:
    try:
        with urllib.request.urlopen(url.rstrip("/") + "/" + name, timeout=60) as answer:  # noqa: S310  scheme checked
            data: bytes = answer.read(most + 1)
    except OSError as error:
        raise Bad(f"{name} could not be fetched: {error}") from error
    need(len(data) <= most, f"{name} is too large.")
    return data


def folders(log_folder: Path) -> list[Path]:
    """The log and its earlier origins below ``previous``, newest first."""
    earlier = [path for path in (log_folder / "previous").glob("*") if re.fullmatch("[0-9]{1,9}", path.name)]
    return [log_folder, *sorted(earlier, key=lambda path: -int(path.name))]


# --- events ---------------------------------------------------------------------------------------------------------


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.new(key, message, "sha256").digest()


def in_words(event: Sequence[str]) -> str:
    """An event (kind, month, tier, unit) for people."""
    name, _, detail = event[0].partition(":")
    said = KINDS.get(name, "unknown event") + (f" ({detail.replace('_', ' ')})" if detail else "")
    return f"{event[1]}: {said}" + (f", tier {event[2]}" if event[2] else "")


def all_events(keys: Keys) -> Iterator[tuple[str, str, str, str]]:
    """Everything that a leaf could say, the newest month first."""
    lines, today = keys.lines, time.gmtime()
    tiers, rules = [*TIERS, *lines.get("tier", [])], [*RULES, *lines.get("rule", [])]
    details = {"closed": [*OUTCOMES, *lines.get("outcome", [])], "award": tiers, "deleted": rules}
    kinds = [f"{k}:{d}" for k in details for d in details[k]] + [k for k in KINDS if k not in details]
    months = [f"{y}-{m:02d}" for y in range(today.tm_year, 2019, -1) for m in range(12, 0, -1)]
    for tier, month, unit in itertools.product(["", *tiers], months, [*lines.get("unit", []), ""]):
        for kind in kinds:
            yield kind, month, tier, unit


def read_leaf(leaf: bytes, r_pub: bytes, keys: Keys) -> str:
    """What an own leaf says, found by trying everything that it could say."""
    for event in all_events(keys):
        if mac(r_pub, "|".join(event).encode()) == leaf[33:65]:
            return in_words(event)
    return "an event that this program has no word for"


def seeds_of(typed: str, word_list: Path | None) -> list[bytes]:
    """The seeds that nine typed words can mean (checksum right), over all word lists at hand."""
    if word_list is not None:
        lists = [text_of(read(word_list, 100_000)).split()]
    else:
        try:
            from mnemonic import Mnemonic
        except ImportError:
            raise Bad("No word list: give --word-list FILE, install “mnemonic”, or use --code-file.") from None
        lists = [list(Mnemonic(language).wordlist) for language in Mnemonic.list_languages()]
    typed = unicodedata.normalize("NFKD", typed.strip().lower())
    words = typed.split() if len(typed.split()) > 1 else list(typed)
    seeds = []
    for listed in lists:
        names = [unicodedata.normalize("NFKD", word) for word in listed]
        found = [[at for at, name in enumerate(names) if name == word] for word in words]
        for place, word in enumerate(words):
            if not found[place] and len(word) >= 4:  # four letters are enough
                found[place] = [at for at, name in enumerate(names) if name[:4] == word[:4]]
        if len(names) == 2048 and len(words) == 9 and all(len(hits) == 1 for hits in found):
            value = 0
            for hits in found:
                value = value << 11 | hits[0]
            seed = (value >> 3).to_bytes(12, "big")
            if hashlib.sha256(seed).digest()[0] >> 5 == value & 7:
                seeds.append(seed)
    need(seeds, "These are not nine words of a code: one of them is mistyped.")
    return list(dict.fromkeys(seeds))


def events_key(seed: bytes) -> bytes:
    """HKDF-SHA-256 with salt ``tocsin/code/v1`` and info ``events``."""
    return mac(mac(b"tocsin/code/v1", seed), b"events\1")


# --- the questions --------------------------------------------------------------------------------------------------


def say(line: str) -> None:
    """One sentence to the reader."""
    sys.stdout.write(line + "\n")


def open_log(folder: Path, chosen: Path | None) -> Log:
    """Check one folder and say so."""
    log = Log(folder, Keys(chosen or folder / "keys"))
    say(f"The log {log.origin} was checked whole: {log.size} entries fit their hashes and the signed root.")
    say(f"Keys: read from {log.keys.path}. Compare them with the keys printed elsewhere.")
    signed = ", ".join(log.witnesses)
    say(f"Witnesses who signed too: {signed}." if signed else "No outside witness signed this state.")
    return log


def same_house(one: str, other: str) -> bool:
    """Whether two origins are one log before and after a recovery (``/2``, ``/3`` at the end)."""
    return re.sub("/[0-9]+$", "", one) == re.sub("/[0-9]+$", "", other)


def check_promise(data: bytes, arguments: argparse.Namespace) -> int:
    """A promise: kept, still in time, or broken."""
    keys = Keys(arguments.keys or arguments.log_folder / "keys")
    lines = open_note(data, keys.promise)[0].split("\n")
    try:
        due = calendar.timegm(time.strptime(lines[3], "%Y-%m-%dT%H:%M:%SZ"))
    except (IndexError, ValueError):
        raise Bad("The promise is malformed.") from None
    wanted = unbase64(lines[1])
    need(len(lines) == 5 and len(wanted) == 32, "The promise is malformed.")
    say(f"The office promised to write your report into the log {lines[2]} by {lines[3]}.")
    homes = [path for path in folders(arguments.log_folder) if (path / "checkpoint").is_file()]
    need(homes or arguments.now <= due, "This folder holds no log: the file checkpoint is missing.")
    logs = [open_log(folder, arguments.keys) for folder in homes]
    logs = [log for log in logs if same_house(log.origin, lines[2])]
    need(logs or not homes, "This folder is not the log for which the promise was given.")
    for log in logs:
        if wanted in log.hashes:
            say(f"The promise was kept: it is entry {log.hashes.index(wanted)} of the log {log.origin}.")
            return OK
    if arguments.now <= due:
        say("It is not in the log yet, and there is still time. Ask again later.")
        return PENDING
    say("THIS PROMISE WAS BROKEN: your report is not in the log. Keep this file, it is evidence.")
    say("(If you fetched the log folder before that time, fetch it again first.)")
    return OVERDUE


def check_proof(data: bytes, arguments: argparse.Namespace) -> int:
    """A proof: true, and the log today still begins with the tree that it speaks of."""
    head, blank, checkpoint = text_of(data).partition("\n\n")
    lines = head.split("\n")
    need(
        blank and len(lines) >= 3 and lines[1].startswith("extra ") and lines[2].startswith("index "),
        "The proof is malformed.",
    )
    index, proof = number(lines[2][6:]), [unbase64(line) for line in lines[3:67]]
    try:
        extra = json.loads(unbase64(lines[1][6:]))
        leaf, r_pub = unbase64(extra["leaf"]), unbase64(extra["r_pub"])
        event = [str(part) for part in extra["event"]]
        said = "|".join(event).encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Bad("The receipt does not hold a leaf and its opening.") from None
    opened = len(leaf) == 97 and leaf[:1] == b"\1" and len(r_pub) == 32 and mac(r_pub, said) == leaf[33:65]
    opened = opened and len(event) == 4 and said.count(b"|") == 3
    need(opened, "The receipt does not hold a leaf and its opening.")
    origin = checkpoint.split("\n")[0]
    homes = [path for path in folders(arguments.log_folder) if (path / "checkpoint").is_file()]
    claims = [text_of(read(path / "checkpoint", 1_000_000)).split("\n")[0] for path in homes]
    need(origin in claims, f"This receipt is of the log {origin!r}; the folder holds {claims}.")
    log = open_log(homes[claims.index(origin)], arguments.keys)
    origin, size, root = parse_checkpoint(open_note(checkpoint.encode(), log.keys.log)[0])
    need(origin == log.origin and index < size and all(len(item) == 32 for item in proof), "The proof is malformed.")
    need(root_by_proof(index, size, leaf_hash(leaf), proof) == root, "The proof is wrong.")
    need(size <= log.size, "The log is shorter than your receipt says. Fetch it again; if it stays so: evidence.")
    need(root_of(log.hashes[:size]) == root, "THE LOG WAS REWRITTEN. Keep both files, they are evidence.")
    say(f"Your receipt says: {in_words(event)}.")
    say(f"It is entry {index} of the log {origin}, and it is still there.")
    return OK


def check_code(keys_of_events: Sequence[bytes], arguments: argparse.Namespace) -> int:
    """All events of one code."""
    found = 0
    names = {}
    for k_events, n in itertools.product(keys_of_events, range(65536)):
        names[mac(k_events, b"id" + n.to_bytes(8, "big"))] = (k_events, n)
    for log in [open_log(folder, arguments.keys) for folder in folders(arguments.log_folder)]:
        for index, entry in enumerate(log.entries):
            if len(entry) == 97 and entry[:1] == b"\1" and entry[1:33] in names:
                k_events, n = names[entry[1:33]]
                found += 1
                say(f"Entry {index}: {read_leaf(entry, mac(k_events, b'r-pub' + n.to_bytes(8, 'big')), log.keys)}.")
    if not found:
        say("The log holds nothing for this code yet. A new report appears with the next batch.")
        return PENDING
    say(f"The log holds {found} event(s) for this code, listed above.")
    return OK


def answer(arguments: argparse.Namespace) -> int:
    """Ask the question that the arguments stand for."""
    if arguments.receipt:
        data = read(arguments.receipt, 2_000_000)
        if data.startswith(b"c2sp.org/tlog-proof@v1\n"):
            return check_proof(data, arguments)
        need(data.startswith(b"tocsin-promise/v1\n"), "This file is neither a promise nor a proof.")
        return check_promise(data, arguments)
    if arguments.code_file:
        text = text_of(read(arguments.code_file, 1000)).strip()
        need(re.fullmatch("[0-9a-fA-F]{64}", text), "The code file must hold 64 hexadecimal digits.")
        return check_code([bytes.fromhex(text)], arguments)
    if arguments.words:
        typed = (
            getpass.getpass("Your nine words (they are not shown): ") if sys.stdin.isatty() else sys.stdin.readline()
        )
        return check_code([events_key(seed) for seed in seeds_of(typed, arguments.word_list)], arguments)
    open_log(arguments.log_folder, arguments.keys)
    say("The log is whole.")
    return OK


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, answer, and give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log_folder", type=Path)
    parser.add_argument("receipt", type=Path, nargs="?")
    parser.add_argument("--fetch", metavar="URL")
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--word-list", type=Path)
    parser.add_argument("--code-file", type=Path)
    parser.add_argument("--keys", type=Path)
    parser.add_argument("--now", type=lambda text: calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")))
    given = parser.parse_args(arguments)
    if sum(map(bool, (given.receipt, given.words, given.code_file))) > 1:
        parser.error("give one of: RECEIPT, --words, --code-file")
    given.now = int(time.time()) if given.now is None else given.now
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # an old console must not stop the answer
    try:
        if given.fetch:
            given.log_folder.mkdir(parents=True, exist_ok=True)
            fetch(given.fetch, given.log_folder)
        return answer(given)
    except (Bad, RecursionError) as error:
        say(f"DOES NOT HOLD: {error}")
        return BAD


if __name__ == "__main__":
    sys.exit(main())
