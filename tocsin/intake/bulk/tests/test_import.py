"""Every line of a file once, in its order, whatever is in the file and however often it is given."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from tests.databases import in_threads
from tests.installation import Installation
from tests.people import Cast
from tocsin.access.actors import IMPORT, Actor
from tocsin.common.errors import Busy, NotPermitted, RuleBroken
from tocsin.intake.bulk import lines as reading
from tocsin.intake.bulk import services
from tocsin.intake.bulk.outputs import SecretLines
from tocsin.intake.bulk.sealing import OwnSealer, ToSeal, seal_all
from tocsin.intake.bulk.services import Outputs, Totals, import_reports
from tocsin.intake.prepare import PreparedTip
from tocsin.intake.store import Job, store
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips.content import TipContent, content_place, identity_place
from tocsin.tips.identities import wrapped_keys_of
from tocsin.tips.mailbox import find_tip, read_mailbox
from tocsin.tips.models import Identity, Tip
from tocsin.vault.codes import CodeKeys, candidate_seeds
from tocsin.vault.opening import open_identity
from tocsin.vault.unlocked import Opener

pytestmark = pytest.mark.django_db


def line(number: int, **change: Any) -> dict[str, Any]:
    told = {
        "id": f"register/{number}",
        "channel": "letter",
        "category": "other",
        "answers": {"what": f"Letter {number}"},
    }
    return {**told, **change}


def in_a_file(*lines: object) -> bytes:
    return b"".join((told if isinstance(told, bytes) else json.dumps(told).encode()) + b"\n" for told in lines)


class Office:
    """Somebody who imports files in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.rejects_file, self.words_file, self._source = folder / "rejects", folder / "words", folder / "source"
        self.sealer: Any = OwnSealer()

    def imports(self, *lines: object, name: str = "", words: bool = False, actor: Actor = IMPORT) -> Totals:
        rejects = SecretLines(self.rejects_file, first="line", source=self._source)
        handed = SecretLines(self.words_file, first="id", source=self._source) if words else None
        totals = Totals()
        with rejects:
            outputs, file = Outputs(rejects, handed), io.BytesIO(in_a_file(*lines))
            steps = import_reports(actor=actor, file=file, name=name, sealer=self.sealer, outputs=outputs)
            *_earlier, totals = [totals, *steps]
            rejects.finish()
        if handed:
            with handed:
                handed.finish()
        return totals

    @property
    def rejects(self) -> list[dict[str, Any]]:
        return _json_lines(self.rejects_file)

    @property
    def words(self) -> dict[str, str]:
        return {told["id"]: told["words"] for told in _json_lines(self.words_file)}


def _json_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(told) for told in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def office(installation: Installation, tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def three_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_LINES", 3)


def opened(tip: Tip, installation: Installation) -> TipContent:
    opener = Opener(installation.unit_private, installation.home / "keys" / "desk")
    place = content_place(tip.ref)
    return TipContent.from_bytes(
        opener.open_content(bytes(tip.content), bytes(tip.wrapped_key), tip.retention_id, place)
    )


def texts(installation: Installation) -> list[str]:
    """What the stored reports say, in order of arrival."""
    return [opened(tip, installation).answers["what"] for tip in Tip.objects.order_by("id")]


def counts(totals: Totals) -> tuple[int, int, int]:
    return totals.stored, totals.known, totals.rejected


def test_reports_are_stored_in_the_order_of_the_file(
    office: Office, installation: Installation, three_a_batch: None
) -> None:
    assert counts(office.imports(*[line(n) for n in range(11)])) == (11, 0, 0)
    assert texts(installation) == [f"Letter {n}" for n in range(11)]
    assert Pending.objects.count() == Identity.objects.count() == 11


def test_a_stored_report_says_what_its_line_said(office: Office, installation: Installation) -> None:
    answers = {"what": "Birds\u0000 died.\r\nMany.", "where": "Lake", "think": "Poison?", "day": "2026-05"}
    told = line(1, answers=answers, contact="Mia Example", flags=["protection"], received_on="2026-05-03", award="yes")
    office.imports(told)
    tip = Tip.objects.get()
    content = opened(tip, installation)
    assert content.answers == {**answers, "what": "Birds died.\nMany."}
    assert (content.flags, content.identity_given, content.particulars.award) == (("protection",), True, "yes")
    assert (tip.channel, tip.category, tip.state) == ("letter", "other", "received")
    assert tip.received_hour == datetime(2026, 5, 2, 16, tzinfo=UTC)
    assert tip.acknowledge_by.isoformat() == "2026-05-10"
    identity = Identity.objects.get(ref=tip.identity_ref)
    kim, lou = (installation.custodian_private(name) for name in ("kim", "lou"))
    place = identity_place(identity.ref)
    assert open_identity(kim, lou, bytes(identity.blob), wrapped_keys_of(identity), place) == b"Mia Example"


def test_nothing_that_was_written_stands_in_a_clear_column(office: Office) -> None:
    office.imports(line(1, answers={"what": "CANARY"}, contact="CANARY"))
    for model in (Tip, Identity, AuditRecord, Pending):
        for row in model.objects.values():
            assert "CANARY" not in str(row)
            assert "register/1" not in str(row)


def test_the_audit_log_says_that_a_program_imported_it_and_how_it_had_come(office: Office) -> None:
    office.imports(line(1), line(2, channel="hotline"))
    told = AuditRecord.objects.order_by("id").values_list("actor", "action", "detail")
    assert list(told) == [
        ("program:import", "tip.receive", {"channel": "letter"}),
        ("program:import", "tip.receive", {"channel": "hotline"}),
    ]


def test_the_same_file_again_stores_nothing(office: Office, installation: Installation, three_a_batch: None) -> None:
    told = [line(n) for n in range(7)]
    office.imports(*told)
    assert counts(office.imports(*told)) == (0, 7, 0)
    assert texts(installation) == [f"Letter {n}" for n in range(7)]
    assert Pending.objects.count() == 7


def test_a_file_that_overlaps_adds_only_what_is_new(office: Office, installation: Installation) -> None:
    office.imports(*[line(n) for n in range(4)])
    assert counts(office.imports(*[line(n) for n in range(2, 6)])) == (2, 2, 0)
    assert texts(installation) == [f"Letter {n}" for n in range(6)]


def test_two_systems_may_number_alike(office: Office) -> None:
    office.imports(line(1), name="old")
    assert counts(office.imports(line(1), name="new")) == (1, 0, 0)


def test_a_line_that_is_there_twice_is_stored_once(office: Office, three_a_batch: None) -> None:
    assert counts(office.imports(line(1), line(1), line(2), line(3), line(1))) == (3, 2, 0)


@pytest.mark.parametrize("between", [0, 1, 7])
def test_another_report_under_an_id_that_is_taken_is_refused_and_never_lost(
    between: int, office: Office, installation: Installation, three_a_batch: None
) -> None:
    told = [line(1), *[line(n) for n in range(2, 2 + between)], line(1, answers={"what": "Something else"})]
    assert counts(office.imports(*told)) == (1 + between, 0, 1)
    (rejected,) = office.rejects
    assert (rejected["line"], rejected["problems"][0]["field"]) == (len(told), "id")
    assert json.loads(rejected["original"])["answers"]["what"] == "Something else"
    assert texts(installation)[0] == "Letter 1"
    assert "Something else" not in texts(installation)


def test_a_changed_line_is_refused_in_a_later_file_too(office: Office) -> None:
    office.imports(line(1))
    assert counts(office.imports(line(1, contact="Mia Example"))) == (0, 0, 1)


def test_lines_that_cannot_be_taken_do_not_hold_up_the_others(
    office: Office, installation: Installation, three_a_batch: None
) -> None:
    bad = [b"\xff\xfe\xfa", b"{", line(2, category="witchcraft", channel="pigeon"), b"[" * 9999]
    totals = office.imports(line(0), bad[0], line(1), bad[1], bad[2], bad[3], line(3))
    assert counts(totals) == (3, 0, 4)
    assert texts(installation) == ["Letter 0", "Letter 1", "Letter 3"]
    told = office.rejects
    assert [one["line"] for one in told] == [2, 4, 5, 6]
    assert told[0]["original_base64"] == "//76"
    assert {problem["field"] for problem in told[2]["problems"]} == {"category", "channel"}
    assert json.loads(told[2]["original"]) == bad[2]
    assert stat.S_IMODE(office.rejects_file.stat().st_mode) == 0o600


def test_rejects_are_gone_when_the_lines_were_mended(office: Office) -> None:
    office.imports(line(1), line(2, category="x"))
    assert office.rejects
    assert counts(office.imports(line(1), line(2))) == (1, 1, 0)
    assert not office.rejects_file.exists()


def test_the_words_that_are_handed_out_open_the_mailbox(office: Office) -> None:
    office.imports(line(1), line(2, language="zh-hans"), words=True)
    for number in (1, 2):
        found = find_tip([CodeKeys.derive(seed) for seed in candidate_seeds(office.words[f"register/{number}"])])
        assert found is not None
        assert read_mailbox(found[1]).promise
    assert any("\u4e00" <= letter <= "\u9fff" for letter in office.words["register/2"])
    assert stat.S_IMODE(office.words_file.stat().st_mode) == 0o600


def test_words_that_were_missed_are_the_same_when_the_file_is_given_again(office: Office) -> None:
    office.imports(line(1))
    assert not office.words_file.exists()
    assert counts(office.imports(line(1), line(2), line(1, contact="x"), words=True)) == (1, 1, 1)
    first = office.words
    office.words_file.unlink()
    office.imports(line(2), line(1), words=True)
    assert office.words == first
    assert set(first) == {"register/1", "register/2"}


def test_without_the_secret_of_the_door_nobody_makes_the_words(office: Office, settings: Any) -> None:
    office.imports(line(1), words=True)
    first = office.words
    settings.SECRET_KEY = "another secret, as long as it must be, of another door"
    assert counts(office.imports(line(1), words=True)) == (0, 0, 1)
    assert office.words == {}
    assert first


def test_a_file_that_is_not_ours_is_not_overwritten(tmp_path: Path) -> None:
    diary, source = tmp_path / "diary", tmp_path / "source"
    diary.write_text("Dear diary")
    source.write_text('{"line": 1}')
    with pytest.raises(RuleBroken, match="something else"):
        SecretLines(diary, first="line", source=source)
    with pytest.raises(RuleBroken, match="the file to import"):
        SecretLines(source, first="line", source=source)
    assert (diary.read_text(), source.read_text()) == ("Dear diary", '{"line": 1}')


def test_a_full_disk_under_the_rejects_stops_the_import_and_keeps_what_was_stored(
    office: Office, installation: Installation, three_a_batch: None
) -> None:
    rejects = SecretLines(Path("/dev/full"), first="line", source=office.rejects_file)
    told = [line(0), line(1), b"{", *[line(n) for n in range(3, 9)]]
    moving = import_reports(
        actor=IMPORT, file=io.BytesIO(in_a_file(*told)), name="", sealer=OwnSealer(), outputs=Outputs(rejects)
    )
    with pytest.raises(OSError, match="No space left"), rejects:
        list(moving)
    assert texts(installation) == ["Letter 0", "Letter 1"]
    assert counts(office.imports(*told)) == (6, 2, 1)


def test_an_import_needs_somebody_who_may_receive_reports(office: Office, cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        office.imports(line(1), actor=cast.ada)
    assert not Tip.objects.exists()
    assert counts(office.imports(line(1), actor=cast.ines)) == (1, 0, 0)


class TimesOut:
    """``store`` that fails ``times`` times first."""

    def __init__(self, fault: Exception, times: int) -> None:
        self.fault, self.left, self.real = fault, times, store

    def __call__(self, jobs: Sequence[Job]) -> list[bool]:
        if self.left:
            self.left -= 1
            raise self.fault
        return self.real(jobs)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PATIENCE", (0.0, 0.0))


def test_a_store_that_is_busy_for_a_moment_is_waited_for(
    office: Office, no_waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "store", TimesOut(Busy("later"), 2))
    assert counts(office.imports(line(1), line(2))) == (2, 0, 0)


def test_a_store_that_stays_busy_ends_the_import_and_nothing_is_counted(
    office: Office, no_waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "store", TimesOut(Busy("later"), 99))
    with pytest.raises(Busy):
        office.imports(line(1))
    assert not Tip.objects.exists()


def test_a_row_that_the_database_refuses_is_rejected_alone(
    office: Office, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(jobs: Sequence[Job]) -> list[bool]:
        if any(job[1].tip.channel == "hotline" for job in jobs):
            raise IntegrityError
        return store(jobs)

    monkeypatch.setattr(services, "store", refuses)
    assert counts(office.imports(line(1), line(2, channel="hotline"), line(3))) == (2, 0, 1)
    assert texts(installation) == ["Letter 1", "Letter 3"]
    assert [one["line"] for one in office.rejects] == [2]


def test_looking_up_what_is_stored_is_one_question_a_batch(
    office: Office, three_a_batch: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    told = [line(n) for n in range(9)]
    office.imports(*told)
    with django_assert_num_queries(3):
        office.imports(*told)


class InThreads:
    """Seals several batches at once, as a pool does."""

    at_once = 3

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def seal(self, reports: Sequence[ToSeal]) -> Future[list[PreparedTip]]:
        return self._pool.submit(seal_all, reports)


def test_batches_that_are_under_way_together_are_stored_in_order_and_each_line_once(
    office: Office, installation: Installation, three_a_batch: None
) -> None:
    told = [line(n % 13) for n in range(26)]
    with ThreadPoolExecutor(3) as pool:
        office.sealer = InThreads(pool)
        assert counts(office.imports(*told)) == (13, 13, 0)
    assert texts(installation) == [f"Letter {n}" for n in range(13)]


def test_two_imports_of_one_file_at_once_store_every_line_once(
    shared_database: None, installation: Installation, tmp_path: Path, three_a_batch: None
) -> None:
    told = [line(n) for n in range(40)]

    def one(name: str) -> Callable[[], Totals]:
        folder = tmp_path / name
        folder.mkdir()
        return lambda: Office(folder).imports(*told, words=True)

    results = in_threads([one("a"), one("b"), one("c")])
    assert all(isinstance(result, Totals) for result in results), results
    totals = [counts(result) for result in results if isinstance(result, Totals)]
    assert sum(stored for stored, _known, _rejected in totals) == Tip.objects.count() == 40
    assert all(stored + known == 40 for stored, known, _rejected in totals)
    words = [Path(tmp_path / name / "words").read_text() for name in "abc"]
    assert words[0] == words[1] == words[2]


def test_a_lost_database_is_waited_for_and_then_told(
    office: Office, no_waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Mapping[bytes, bytes]:
        raise OperationalError("gone")

    monkeypatch.setattr(Tip.objects, "filter", gone)
    with pytest.raises(Busy):
        office.imports(line(1))
