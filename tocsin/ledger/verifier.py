"""Is this receipt true? Is this log whole? What happened to my report? Answers in plain words, made offline.

Nothing here trusts the folder: signatures are checked, every hash is computed again from the entries, and a
file that is missing, cut off or hostile gives a verdict and never a crash. Sentences are English; the
program's pages say the same in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.common import clock
from tocsin.ledger import promise as promises
from tocsin.ledger import receipt as receipts
from tocsin.ledger.checkpoint import Checkpoint
from tocsin.ledger.event_words import plain_words, read_event
from tocsin.ledger.leaf import find_own, public_key_of_event
from tocsin.ledger.log_check import (
    CheckedLog,
    LogInvalid,
    LogMissing,
    check_log,
    log_folders,
    names_its_past,
    read_note,
)
from tocsin.ledger.note import NoteInvalid
from tocsin.ledger.origins import split_origin
from tocsin.ledger.trust import Trust, TrustInvalid

LARGEST_RECEIPT = 2_000_000


class Status(StrEnum):
    """``OVERDUE`` is a broken promise, proven by the file; ``BAD`` is anything that does not hold."""

    OK = "ok"
    PENDING = "pending"
    OVERDUE = "overdue"
    BAD = "bad"


_EXIT_CODES = {Status.OK: 0, Status.BAD: 1, Status.PENDING: 3, Status.OVERDUE: 4}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, and sentences for people."""

    status: Status
    lines: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 ok, 1 bad, 3 pending, 4 overdue (2 is for wrong usage of a program)."""
        return _EXIT_CODES[self.status]


def events_key(seed: bytes) -> bytes:
    """``k_events`` of a code's 12-byte seed: HKDF-SHA256, salt ``tocsin/code/v1``, info ``events``."""
    return HKDF(algorithm=SHA256(), length=32, salt=b"tocsin/code/v1", info=b"events").derive(seed)


def verify_receipt(
    text: bytes, log_dir: Path | None, trust: Trust | None = None, *, now: datetime | None = None
) -> Verdict:
    """Check a promise or a proof against the log in ``log_dir`` (``None``: signatures and the proof only).

    Without ``trust`` the keys in the folder are used, and the verdict says so.
    """
    try:
        if len(text) > LARGEST_RECEIPT:
            return _bad("This file is too large for a receipt.")
        if trust is None and log_dir is None:
            return _bad("Give the log folder or the keys: without them nothing can be checked.")
        if text.startswith(receipts.HEADER.encode()):
            return _verify_proof(text, log_dir, trust)
        if text.startswith(promises.HEADER.encode()):
            return _verify_promise(text, log_dir, trust, now or clock.now())
        return _bad("This file is not a receipt: it is neither a promise nor a proof.")
    except (LogInvalid, TrustInvalid, receipts.ReceiptInvalid, NoteInvalid) as error:
        return _bad(_sentence(error))


def verify_code(k_events: bytes, log_dir: Path, trust: Trust | None = None, *, now: datetime | None = None) -> Verdict:
    """Check the log and list all events of one code; ``k_events`` of 32 bytes comes from ``events_key``."""
    if len(k_events) != 32:
        return _bad("The key made from your words must have 32 bytes.")
    today = (now or clock.now()).date()
    lines: list[str] = []
    found = 0
    try:
        for folder in log_folders(log_dir):
            keys = trust or Trust.load(folder / "keys")
            log = check_log(folder, keys)
            lines += _about_log(log, keys)
            for index, n in find_own(k_events, log.entries()):
                event = read_event(log.entry(index), public_key_of_event(k_events, n), keys, today)
                said = plain_words(event) if event else "an event that this program has no word for"
                lines.append(f"Entry {index}: {said}.")
                found += 1
    except (LogInvalid, TrustInvalid) as error:
        return Verdict(Status.BAD, (*lines, _sentence(error)))
    if not found:
        told = "The log holds nothing for these words yet. A new report appears with the next batch."
        return Verdict(Status.PENDING, (*lines, told))
    return Verdict(Status.OK, (*lines, f"The log holds {found} event(s) for these words, listed above."))


def verify_log(log_dir: Path, trust: Trust | None = None, *, previous: Checkpoint | None = None) -> Verdict:
    """Check a whole log, and that it still begins with what ``previous`` (a checkpoint kept earlier) says."""
    try:
        keys = trust or Trust.load(log_dir / "keys")
        log = check_log(log_dir, keys)
        lines = _about_log(log, keys)
        past = names_its_past(log)
        if past is not None:
            lines.append(
                "Its first entry names the last state of the log before it."
                if past
                else "Its first entry does not name the last published state of the log before it: ask why."
            )
        if previous is not None:
            _require_continued(log, previous)
            lines.append(f"It still begins with the {previous.size} entries that you have seen before.")
    except (LogInvalid, TrustInvalid) as error:
        return _bad(_sentence(error))
    return Verdict(Status.OK, (*lines, "The log is whole."))


def _verify_proof(text: bytes, log_dir: Path | None, trust: Trust | None) -> Verdict:
    proof = receipts.parse(text)
    opening = receipts.PublicOpening.from_extra(proof.extra)
    claimed = proof.checkpoint.split(b"\n", 1)[0].decode("utf-8", "replace")
    folder, keys = _folder_of(claimed, log_dir, trust)
    checkpoint, _ = receipts.verify_own(proof, keys.log)
    lines = [f"Your receipt says: {plain_words(opening.event)}.", _about_keys(keys)]
    if folder is None:
        told = "The proof is good. It was not compared with the log, because no log folder was given."
        return Verdict(Status.OK, (*lines, told))
    log = check_log(folder, keys)
    _require_continued(log, checkpoint)
    told = f"It is entry {proof.index} of the log {checkpoint.origin}, and it is still there."
    return Verdict(Status.OK, (*lines, *_about_log(log, keys)[:-1], told))


def _verify_promise(text: bytes, log_dir: Path | None, trust: Trust | None, now: datetime) -> Verdict:
    folders = log_folders(log_dir) if log_dir else []
    keys = trust or Trust.load(folders[0] / "keys")
    promise = promises.open_promise(text, *keys.promise)
    due = f"{promise.due:%Y-%m-%d %H:%M} UTC"
    lines = [f"The office promised to write your report into the log by {due}.", _about_keys(keys)]
    found = searched = False
    try:
        for folder in folders:
            log = check_log(folder, trust or Trust.load(folder / "keys"))
            found = True
            searched = searched or _same_house(log.checkpoint.origin, promise.origin)
            place = log.tree.place_of(promise.leaf_hash)
            if place is not None and _same_house(log.checkpoint.origin, promise.origin):
                told = f"The promise was kept: it is entry {place} of the log {log.checkpoint.origin}."
                return Verdict(Status.OK, (*lines, told))
    except LogMissing as error:
        if now > promise.due:
            return Verdict(Status.BAD, (*lines, _sentence(error)))
    if found and not searched:
        return _bad(f"This folder is not the log {promise.origin}, for which the promise was given.")
    if now <= promise.due:
        told = "It is not in the log yet, and there is still time. Ask again later."
        return Verdict(Status.PENDING, (*lines, told))
    if not folders:
        told = "The time is over. Give the log folder to see whether the promise was kept."
        return Verdict(Status.PENDING, (*lines, told))
    broken = "THIS PROMISE WAS BROKEN: your report is not in the log. Keep this file, it is evidence."
    again = f"(If you fetched the log folder before {due}, fetch it again first.)"
    return Verdict(Status.OVERDUE, (*lines, broken, again))


def _folder_of(origin: str, log_dir: Path | None, trust: Trust | None) -> tuple[Path | None, Trust]:
    """The folder, current or earlier, that says it is of ``origin``, and the keys to check it with."""
    if log_dir is None:
        if trust is None:
            raise TrustInvalid("there is neither a log folder nor a keys file")
        return None, trust
    seen = []
    for folder in log_folders(log_dir):
        try:
            seen.append(read_note(folder / "checkpoint").split(b"\n", 1)[0].decode("utf-8", "replace"))
        except LogMissing:
            continue
        if seen[-1] == origin:
            return folder, trust or Trust.load(folder / "keys")
    if not seen:
        raise LogMissing("This folder holds no log: the file “checkpoint” is missing.")
    raise LogInvalid(f"This receipt is of the log {origin!r}, but the folder holds {seen[0]!r}.")


def _require_continued(log: CheckedLog, earlier: Checkpoint) -> None:
    """Raise ``LogInvalid`` unless ``log`` begins with the tree of ``earlier``, which its key has signed."""
    now = log.checkpoint
    if now.origin != earlier.origin:
        raise LogInvalid(f"These are two logs: {earlier.origin} and {now.origin}.")
    if now.size < earlier.size:
        raise LogInvalid(
            f"The log has {now.size} entries, but its key once signed {earlier.size}. Entries were taken "
            "out, or the folder is an old copy: fetch it again. If it stays so, keep both files: evidence."
        )
    if log.root_at(earlier.size) != earlier.root:
        raise LogInvalid(
            "THE LOG WAS REWRITTEN: its key has signed two different histories. Keep both files, they are evidence."
        )


def _about_log(log: CheckedLog, trust: Trust) -> list[str]:
    size, origin = log.checkpoint.size, log.checkpoint.origin
    lines = [f"The log {origin} was checked whole: {size} entries fit their hashes and the signed root."]
    if log.witnesses:
        lines.append(f"Witnesses outside the office who signed it too: {', '.join(log.witnesses)}.")
    else:
        lines.append("No witness outside the office signed this state; it proves changes after the fact only.")
    return [*lines, _about_keys(trust)]


def _about_keys(trust: Trust) -> str:
    return f"Keys: {trust.source}. Compare them with the keys printed elsewhere."


def _same_house(one: str, other: str) -> bool:
    return split_origin(one)[0] == split_origin(other)[0]


def _sentence(error: Exception) -> str:
    said = str(error)
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")


def _bad(sentence: str) -> Verdict:
    return Verdict(Status.BAD, (sentence,))
