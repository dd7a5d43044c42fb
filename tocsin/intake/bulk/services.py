"""``import_reports``: takes a file of reports in, in its order, each line once however often the file is given."""

from __future__ import annotations

import hmac
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import BinaryIO, TypeVar

from django.conf import settings
from django.db import IntegrityError

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Busy
from tocsin.common.stores import busy_when_store_fails
from tocsin.intake.attempts import Attempt
from tocsin.intake.bulk.line_format import LineRefused, Problem, ToldLine, parse_line, read_report
from tocsin.intake.bulk.lines import RawLine, in_batches, read_lines
from tocsin.intake.bulk.outputs import SecretLines, rejected
from tocsin.intake.bulk.sealing import Sealer, ToSeal
from tocsin.intake.prepare import PreparedTip
from tocsin.intake.store import Job, store
from tocsin.tips.models import Tip
from tocsin.vault.codes import SEED_BYTES, login_hash_of, words_of

Result = TypeVar("Result")
PATIENCE = (0.2, 1.0, 3.0, 10.0, 30.0)
"""Seconds to wait, one after the other, while the store takes nothing."""
_RACES = 3
BUSY = "The database takes nothing just now. Everything that was counted is stored; give the same command again later."
_OTHER_CONTENT = Problem(
    "id",
    "has been taken already, and that report says something else. If both are meant, give this one another id. "
    "(If it is the same, the door's secret.key has been changed since.)",
)
_NOT_STORABLE = Problem("line", "was refused by the database. Nothing of it was stored.")


@dataclass(frozen=True)
class Totals:
    """Where an import stands. ``bytes_read`` counts the bytes of all lines that are dealt with."""

    stored: int = 0
    known: int = 0
    rejected: int = 0
    bytes_read: int = 0

    @property
    def lines(self) -> int:
        """Lines that are dealt with."""
        return self.stored + self.known + self.rejected


@dataclass(frozen=True)
class Outputs:
    """Where rejected lines go, and the nine words if somebody wants them."""

    rejects: SecretLines
    words: SecretLines | None = None


@dataclass(frozen=True)
class _Named:
    """A line with the try that its id and content name."""

    raw: RawLine
    line: ToldLine
    attempt: Attempt


@dataclass
class _Batch:
    """Lines on their way: ``fresh`` are being sealed, ``known`` are stored, ``refused`` go to the rejects."""

    end: int
    fresh: list[_Named] = field(default_factory=list)
    known: list[_Named] = field(default_factory=list)
    refused: list[tuple[RawLine, Sequence[Problem]]] = field(default_factory=list)
    sealed: Future[list[PreparedTip]] | None = None


def import_reports(*, actor: Actor, file: BinaryIO, name: str, sealer: Sealer, outputs: Outputs) -> Iterator[Totals]:
    """Take in every line of ``file``; yields how far it is after each batch.

    ``name``: the system that gave the ids, so that two systems may use the same ones. Lines are stored in their order,
    hundreds in one durable transaction. A line that is stored already is passed over; one that says something else
    under an id that is stored goes to the rejects. Ends by itself or by ``Busy`` or ``OSError``: what was yielded is
    kept, and the same call goes on where it ended.
    """
    actor.require(Permission.TIP_RECEIVE)
    importing = _Import(actor, name, sealer, outputs)
    waiting: deque[_Batch] = deque()
    for lines in in_batches(read_lines(file)):
        waiting.append(importing.begin(lines))
        if len(waiting) > sealer.at_once:
            yield importing.finish(waiting.popleft())
    while waiting:
        yield importing.finish(waiting.popleft())


class _Import:
    """The steps of one import; batches are begun and finished in the order of the file."""

    def __init__(self, actor: Actor, name: str, sealer: Sealer, outputs: Outputs) -> None:
        self._actor, self._name, self._sealer, self._outputs = actor, name, sealer, outputs
        self._secret = hmac.digest(settings.SECRET_KEY.encode(), b"tocsin/import", "sha256")
        self._totals = Totals()

    def begin(self, lines: Sequence[RawLine]) -> _Batch:
        """Understand the lines, look up which are stored, let the others be sealed."""
        batch = _Batch(lines[-1].end)
        named = [each for line in lines if (each := self._named(line, batch)) is not None]
        stored = _patiently(lambda: _login_hashes(named))
        reports: list[ToSeal] = []
        for each in named:
            if each.attempt.key in stored:
                self._compare(each, stored, batch)
                continue
            try:
                report = read_report(each.line, clock.now())
            except LineRefused as refused:
                batch.refused.append((each.raw, refused.problems))
                continue
            batch.fresh.append(each)
            reports.append(ToSeal(report.submission, each.attempt, report.arrived_at))
        if reports:
            batch.sealed = self._sealer.seal(reports)
        return batch

    def finish(self, batch: _Batch) -> Totals:
        """Store what was sealed, write words and rejects, count."""
        new = self._store(batch, batch.sealed.result()) if batch.sealed else 0
        batch.refused.sort(key=lambda refused: refused[0].number)
        self._outputs.rejects.write(rejected(line, problems) for line, problems in batch.refused)
        if self._outputs.words is not None:
            handed = sorted([*batch.fresh, *batch.known], key=lambda each: each.line.number)
            self._outputs.words.write(_words(each) for each in handed)
        so_far = self._totals
        self._totals = Totals(
            so_far.stored + new,
            so_far.known + len(batch.known),
            so_far.rejected + len(batch.refused),
            batch.end,
        )
        return self._totals

    def _named(self, raw: RawLine, batch: _Batch) -> _Named | None:
        try:
            line = parse_line(raw)
        except LineRefused as refused:
            batch.refused.append((raw, refused.problems))
            return None
        source = f"import:{self._name}:{line.id}"
        # The same line gives the same words again: they can be handed out after a crash, and a changed line shows.
        seed = hmac.digest(self._secret, source.encode() + b"\0" + line.digest, "sha256")[:SEED_BYTES]
        return _Named(raw, line, replace(Attempt.of_source(source), seed=seed))

    def _compare(self, each: _Named, stored: Mapping[bytes, bytes], batch: _Batch) -> None:
        """A line whose id is stored: the same report, or another one under its id."""
        if stored[each.attempt.key] == login_hash_of(each.attempt.seed):
            batch.known.append(each)
        else:
            batch.refused.append((each.raw, [_OTHER_CONTENT]))

    def _store(self, batch: _Batch, sealed: Sequence[PreparedTip]) -> int:
        verdicts = _store_together([(self._actor, prepared) for prepared in sealed])
        fresh, batch.fresh = batch.fresh, []
        old = [each for each, verdict in zip(fresh, verdicts, strict=True) if verdict is False]
        stored = _patiently(lambda: _login_hashes(old)) if old else {}
        for each, verdict in zip(fresh, verdicts, strict=True):
            if verdict:
                batch.fresh.append(each)
            elif verdict is None:
                batch.refused.append((each.raw, [_NOT_STORABLE]))
            else:
                self._compare(each, stored, batch)
        return len(batch.fresh)


def _store_together(jobs: Sequence[Job]) -> Sequence[bool | None]:
    """For each tip whether it was new; ``None`` when the database does not take it."""
    for _attempt in range(_RACES):
        try:
            return _patiently(lambda: store(jobs))
        except IntegrityError:
            continue  # another import stored one of them between look and insert: the next look sees it
    return [_store_alone(job) for job in jobs]


def _store_alone(job: Job) -> bool | None:
    """Whether the tip was new; ``None`` when the database refuses this row whatever its neighbours are."""
    try:
        return _patiently(lambda: store([job]))[0]
    except IntegrityError:
        return None


def _login_hashes(lines: Sequence[_Named]) -> dict[bytes, bytes]:
    """Attempt key → login hash of those that are stored."""
    keys = [each.attempt.key for each in lines]
    with busy_when_store_fails(BUSY):
        rows = Tip.objects.filter(intake_key__in=keys).values_list("intake_key", "login_hash")
        return {bytes(key): bytes(login) for key, login in rows}


def _patiently(call: Callable[[], Result]) -> Result:
    """``call()``, once more after a while when the store was busy. Raises ``Busy`` when it stays so."""
    for seconds in PATIENCE:
        try:
            return call()
        except Busy:
            time.sleep(seconds)
    return call()


def _words(each: _Named) -> dict[str, str]:
    return {"id": each.line.id, "words": " ".join(words_of(each.attempt.seed, each.line.language))}
