"""Notes for colleagues: added, corrected beside the earlier version, sealed with the report, never changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.databases import in_threads
from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, send_report
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.tips.content import note_place
from tocsin.tips.models import Tip, TipNote
from tocsin.tips.notes import OpenNote, add_note, correct_note, notes_of
from tocsin.tips.selectors import reader_of
from tocsin.tips.taking import LONGEST_MESSAGE
from tocsin.tips.workflow import State
from tocsin.vault.opening import CannotOpen
from tocsin.vault.unlocked import Locked, lock_now, opener

pytestmark = pytest.mark.django_db
TipIn = Callable[[State], Reported]


def read(tip: Tip) -> list[OpenNote]:
    return notes_of(tip, reader_of(tip))


def test_a_note_is_read_by_colleagues_with_its_author(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    add_note(actor=cast.ines, tip=reported.tip, text=" The lorry was seen\r\nin May too.\x00 ")
    (note,) = read(reported.tip)
    assert (note.text, note.author, note.version) == ("The lorry was seen\nin May too.", "Ines", 1)
    line = AuditRecord.objects.get(action="tip.note.add")
    assert (line.actor, line.role, line.subject) == (cast.ines.name, "intake", f"tip:{reported.ref}")


def test_a_correction_is_a_further_version_and_the_first_stays(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    first = add_note(actor=cast.ines, tip=reported.tip, text="In May.")
    blob = bytes(first.blob)
    correct_note(actor=cast.ines, tip=reported.tip, note_ref=first.note_ref, version=1, text="In June.")
    (note,) = read(reported.tip)
    assert (note.text, note.version, [old.text for old in note.earlier]) == ("In June.", 2, ["In May."])
    assert bytes(TipNote.objects.get(pk=first.pk).blob) == blob
    assert AuditRecord.objects.filter(action="tip.note.correct").count() == 1


def test_only_its_author_corrects_a_note(cast: Cast, reported: Reported, unlocked_desk: Installation) -> None:
    first = add_note(actor=cast.ines, tip=reported.tip, text="In May.")
    for actor in (cast.tara, cast.sam, cast.ada):
        with pytest.raises(NotPermitted):
            correct_note(actor=actor, tip=reported.tip, note_ref=first.note_ref, version=1, text="In June.")
    with pytest.raises(NotPermitted):
        correct_note(actor=cast.ines, tip=reported.tip, note_ref="NOSUCHNOTE", version=1, text="In June.")
    assert TipNote.objects.count() == 1


def test_a_note_of_another_report_is_not_corrected_from_here(cast: Cast, tip_in: TipIn) -> None:
    one, other = tip_in(State.RECEIVED), tip_in(State.RECEIVED)
    first = add_note(actor=cast.ines, tip=one.tip, text="In May.")
    with pytest.raises(NotPermitted):
        correct_note(actor=cast.ines, tip=other.tip, note_ref=first.note_ref, version=1, text="In June.")


def test_a_correction_of_an_old_version_is_refused(cast: Cast, reported: Reported, unlocked_desk: Installation) -> None:
    first = add_note(actor=cast.ines, tip=reported.tip, text="In May.")
    correct_note(actor=cast.ines, tip=reported.tip, note_ref=first.note_ref, version=1, text="In June.")
    for version in (1, 0, 3):
        with pytest.raises(Conflict, match="corrected in the meantime"):
            correct_note(actor=cast.ines, tip=reported.tip, note_ref=first.note_ref, version=version, text="In July.")
    assert TipNote.objects.count() == 2


@pytest.mark.parametrize(
    "text", ["", " \n", "\x00\x07", "x" * (LONGEST_MESSAGE + 1)], ids=["no", "white", "odd", "long"]
)
def test_nothing_and_too_much_is_no_note(
    text: str, cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    with pytest.raises(RuleBroken):
        add_note(actor=cast.ines, tip=reported.tip, text=text)
    assert not TipNote.objects.exists()


def test_hostile_text_is_kept_as_it_was_written(cast: Cast, reported: Reported, unlocked_desk: Installation) -> None:
    text = "<script>alert(1)</script> {{ 7*7 }} %s \u202e 完 😀"
    add_note(actor=cast.ines, tip=reported.tip, text=text)
    assert read(reported.tip)[0].text == text


def test_who_reads_no_reports_and_who_has_an_interest_writes_none(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.RECEIVED)
    services.declare_interest(actor=cast.tara, tip=reported.tip, has_interest=True)
    for actor in (cast.ada, cast.tara):
        with pytest.raises(NotPermitted):
            add_note(actor=actor, tip=reported.tip, text="x")
    assert not TipNote.objects.exists()


def test_a_note_opens_with_its_report_alone_and_not_at_a_locked_desk(
    cast: Cast, reported: Reported, unlocked_desk: Installation
) -> None:
    row = add_note(actor=cast.ines, tip=reported.tip, text="In May.")
    with pytest.raises(CannotOpen):
        opener().open_sealed(bytes(row.blob), note_place(row.ref))
    assert b"May" not in bytes(row.blob)
    lock_now()
    with pytest.raises(Locked):
        read(reported.tip)


def test_many_notes_cost_one_query(cast: Cast, reported: Reported, unlocked_desk: Installation) -> None:
    def queries() -> int:
        reader = reader_of(reported.tip)
        tip = reported.tip
        with CaptureQueriesContext(connection) as caught:
            notes_of(tip, reader)
        return len(caught)

    add_note(actor=cast.ines, tip=reported.tip, text="One.")
    few = queries()
    for text in ("two", "three", "four"):
        add_note(actor=cast.sam, tip=reported.tip, text=text)
    assert queries() == few == 1


@pytest.mark.usefixtures("shared_database")
def test_of_two_corrections_at_once_one_is_kept(cast: Cast, unlocked_desk: Installation) -> None:
    reported = send_report()
    first = add_note(actor=cast.ines, tip=reported.tip, text="In May.")
    tip = reported.tip
    done = in_threads(
        [
            lambda text=text: correct_note(actor=cast.ines, tip=tip, note_ref=first.note_ref, version=1, text=text)  # type: ignore[misc]  # bound by default
            for text in ("In June.", "In July.")
        ]
    )
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "TipNote"]
    assert TipNote.objects.count() == 2


def test_pressing_twice_keeps_one_note(cast: Cast, reported: Reported, unlocked_desk: Installation) -> None:
    attempt = new_ref()
    one = add_note(actor=cast.ines, tip=reported.tip, text="The lorry is known.", attempt=attempt)
    again = add_note(actor=cast.ines, tip=reported.tip, text="The lorry is known.", attempt=attempt)
    assert one.pk == again.pk
    with pytest.raises(Conflict):
        add_note(actor=cast.tara, tip=reported.tip, text="Another word.", attempt=attempt)
    for bad in ("", "x", "' OR 1=1", "B" * 500):
        add_note(actor=cast.ines, tip=reported.tip, text="Again.", attempt=bad)
    assert TipNote.objects.count() == 5
