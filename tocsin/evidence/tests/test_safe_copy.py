from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tocsin.evidence import installed, sandbox, sentences
from tocsin.evidence.confinement import Confinement
from tocsin.evidence.kinds import Family, Kind, kind_of
from tocsin.evidence.limits import Limits
from tocsin.evidence.pipes import Ending
from tocsin.evidence.safe_copy import KeptSealed, Reason, SafeCopy, make_safe_copy
from tocsin.evidence.sandbox import Ran
from tocsin.evidence.tests import samples
from tocsin.evidence.tests.copying import ANY_WALLS, copied, kind
from tocsin.vault.blobs import CannotOpen, Place
from tocsin.vault.frames import FrameSealer, open_frames

ROOT = Path(__file__).resolve().parents[3]
TEXT = Kind(Family.TEXT, "text/plain")
IMAGE = Kind(Family.IMAGE, "image/jpeg")
KEY, PLACE = bytes(range(32)), Place("evidence_file", "file-7", 1)


def test_from_the_sealed_frames_to_the_copy_and_no_farther() -> None:
    sealer = FrameSealer(KEY, PLACE)
    sealed = sealer.update(samples.jpeg()) + sealer.finish()
    made = make_safe_copy(open_frames(KEY, PLACE, [sealed]), kind(samples.jpeg()), ANY_WALLS)
    assert isinstance(made, SafeCopy)
    assert made.confinement is sandbox.strongest()


def test_a_sealed_file_that_was_changed_gives_no_copy_but_its_own_error() -> None:
    sealer = FrameSealer(KEY, PLACE)
    sealed = bytearray(sealer.update(samples.jpeg()) + sealer.finish())
    sealed[-1] ^= 1
    with pytest.raises(CannotOpen):
        make_safe_copy(open_frames(KEY, PLACE, [bytes(sealed)]), IMAGE, ANY_WALLS)


@pytest.mark.parametrize("walls", list(Confinement), ids=str)
def test_every_result_says_which_walls_stood(walls: Confinement) -> None:
    if not sandbox.works(walls):
        pytest.skip(f"{walls} cannot be built here")
    for data, expected in ((samples.jpeg(), SafeCopy), (samples.jpeg()[:100], KeptSealed)):
        made = make_safe_copy([data], IMAGE, ANY_WALLS, confinement=walls)
        assert isinstance(made, expected)
        assert made.confinement is walls


@pytest.mark.parametrize("walls", list(Confinement), ids=str)
@pytest.mark.parametrize(
    "make",
    [samples.jpeg, samples.pdf, samples.docx, samples.archive, samples.ogg, samples.mp4],
    ids=lambda make: make.__name__,
)
def test_every_cleaner_works_behind_every_wall(walls: Confinement, make: Any) -> None:
    if not sandbox.works(walls):
        pytest.skip(f"{walls} cannot be built here")
    made = make_safe_copy([make()], kind(make()), ANY_WALLS, confinement=walls)
    assert isinstance(made, SafeCopy), made
    assert not samples.carries(made.data)


def test_walls_weaker_than_asked_for_let_no_file_be_decoded() -> None:
    def untouched() -> Iterator[bytes]:
        yield from (pytest.fail("the file was read") for _piece in range(1))

    made = make_safe_copy(untouched(), IMAGE, Limits(), confinement=Confinement.LIMITS)
    assert made == KeptSealed(Reason.NO_WALLS)
    for weakest in Confinement:
        for walls in Confinement:
            if walls.strength < weakest.strength:
                refused = make_safe_copy(untouched(), IMAGE, Limits(weakest=weakest), confinement=walls)
                assert refused == KeptSealed(Reason.NO_WALLS)


def test_limits_alone_are_never_enough_unless_the_operator_says_so(settings: Any) -> None:
    assert installed.limits().weakest is Confinement.LANDLOCK
    settings.TOCSIN_WEAKEST_CONFINEMENT = "limits"
    assert installed.limits().weakest is Confinement.LIMITS


def test_an_unknown_kind_is_kept_without_being_read() -> None:
    made = make_safe_copy(iter(()), Kind(Family.OTHER, "application/octet-stream"), Limits())
    assert made == KeptSealed(Reason.UNKNOWN_KIND)


def test_nothing_is_written_to_a_disk_where_no_memory_is_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_memory_is_writable", lambda: False)
    film = Kind(Family.VIDEO, "video/mp4")
    for walls in (Confinement.LIMITS, Confinement.LANDLOCK):
        assert make_safe_copy([samples.mp4()], film, ANY_WALLS, confinement=walls) == KeptSealed(Reason.NO_CLEANER)


def test_an_empty_file_is_kept_sealed() -> None:
    for family in (Family.TEXT, Family.IMAGE, Family.PDF, Family.ARCHIVE, Family.APK, Family.OFFICE, Family.VIDEO):
        made = make_safe_copy([], Kind(family, "application/zip"), ANY_WALLS)
        assert isinstance(made, KeptSealed)
        assert made.reason in (Reason.MALFORMED, Reason.NO_CLEANER)


def test_a_file_above_the_limit_is_not_read_to_its_end() -> None:
    read = 0

    def large() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield bytes(65536)

    made = make_safe_copy(large(), TEXT, replace(ANY_WALLS, input_bytes=1_000_000))
    assert isinstance(made, KeptSealed)
    assert made.reason is Reason.TOO_LARGE
    assert read < 1_200_000


# What comes back is not believed.


def answered(monkeypatch: pytest.MonkeyPatch, output: bytes, findings: bytes, ending: Ending = Ending.FINISHED) -> Any:
    """What is made of such an answer by a cleaner for a picture."""
    monkeypatch.setattr(sandbox, "run", lambda *_told: Ran(ending, output, findings, Confinement.LIMITS))
    return make_safe_copy([], IMAGE, ANY_WALLS)


def says(**told: Any) -> bytes:
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    "findings",
    [
        b"",
        b"nonsense",
        b"[1, 2]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        says(),
        says(media_type="text/html"),
        says(media_type="image/svg+xml"),
        says(media_type="image/png"),
        says(media_type=["image/jpeg"]),
        says(refused="because"),
        says(refused=None),
    ],
    ids=lambda told: repr(told[:30]),
)
def test_an_answer_that_makes_no_sense_is_no_copy(monkeypatch: pytest.MonkeyPatch, findings: bytes) -> None:
    made = answered(monkeypatch, b"\xff\xd8\xff\xe0", findings)
    assert made == KeptSealed(Reason.MALFORMED, Confinement.LIMITS)


@pytest.mark.parametrize("output", [b"", b"<html><script>", b"\x89PNG\r\n\x1a\n", b" \xff\xd8\xff"])
def test_a_copy_that_is_not_what_its_type_says_is_none(monkeypatch: pytest.MonkeyPatch, output: bytes) -> None:
    made = answered(monkeypatch, output, says(media_type="image/jpeg"))
    assert made == KeptSealed(Reason.MALFORMED, Confinement.LIMITS)


def test_a_cleaner_for_one_family_cannot_answer_for_another() -> None:
    from tocsin.evidence.safe_copy import _MAY_BE

    assert set(_MAY_BE) == set(Family) - {Family.OTHER}
    assert "text/html" not in {media for pairs in _MAY_BE.values() for media, _extension in pairs}


def test_facts_and_notes_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = says(
        media_type="image/jpeg",
        facts=[["size", "x" * 9999], ["bad"], "size", [1, 2], ["ümlaut", "x"], ["c" * 41, "x"], *[["f", "x"]] * 999],
        notes=["damaged", "<script>", 7, "damaged"],
    )
    made = answered(monkeypatch, b"\xff\xd8\xff", findings)
    assert isinstance(made, SafeCopy)
    assert made.facts[0] == ("size", "x" * 500)
    assert len(made.facts) <= 400
    assert {code for code, _text in made.facts} == {"size", "f"}
    assert made.notes == ("damaged",)


def test_text_with_controls_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for output in (b"a\x1b[2J", b"\xff", b"a\0b"):
        monkeypatch.setattr(
            sandbox,
            "run",
            lambda *_told, out=output: Ran(Ending.FINISHED, out, says(media_type="text/plain"), Confinement.LIMITS),
        )
        assert make_safe_copy([], TEXT, ANY_WALLS) == KeptSealed(Reason.MALFORMED, Confinement.LIMITS)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (Ending.CRASHED, Reason.MALFORMED),
        (Ending.TOO_LONG, Reason.TAKES_TOO_LONG),
        (Ending.INPUT_TOO_LARGE, Reason.TOO_LARGE),
        (Ending.OUTPUT_TOO_LARGE, Reason.TOO_LARGE),
        (Ending.NO_WALLS, Reason.NO_WALLS),
    ],
)
def test_an_ending_that_is_none_is_no_copy_even_with_a_fine_answer(
    monkeypatch: pytest.MonkeyPatch, ending: Ending, reason: Reason
) -> None:
    made = answered(monkeypatch, b"\xff\xd8\xff", says(media_type="image/jpeg"), ending)
    assert made == KeptSealed(reason, Confinement.LIMITS)


# Words.


def test_every_reason_is_told_in_words() -> None:
    told = [str(KeptSealed(reason).why) for reason in Reason]
    assert len(set(told)) == len(Reason)
    assert str(KeptSealed(Reason.MALFORMED).sentence) == "This file is kept sealed; no safe copy could be made."


def test_every_note_that_a_cleaner_makes_has_a_sentence() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tocsin/evidence/cleaners").glob("*.py"))
    known = [code for code in sentences._NOTES if f'"{code}"' in source]
    assert set(known) == set(sentences._NOTES), "a note that no cleaner makes"
    import re

    made = set(re.findall(r'notes(?:\.append\(| = \[| \+= \[|\.notes = \[)"([a-z-]+)"', source))
    made |= set(re.findall(r'\["([a-z-]+)"\] if', source)) | set(re.findall(r'return \["([a-z-]+)"\]', source))
    assert made
    assert made <= set(sentences._NOTES)
    assert copied(samples.gif(6), frames=2).note_sentences == (sentences.of_note("frames-left-out"),)


# What the public door loads.


def loaded_by(code: str) -> set[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "django.conf.global_settings"}
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('\\n'.join(sys.modules))"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


HEAVY = {"PIL", "pypdfium2", "apkInspector", "defusedxml", "imageio_ffmpeg", "subprocess", "exifread", "puremagic"}


def test_the_public_door_loads_no_decoder() -> None:
    loaded = loaded_by("import tocsin.vault.frames, tocsin.evidence.kinds, tocsin.evidence.traces")
    assert "tocsin.evidence.traces" in loaded
    assert not loaded & (HEAVY - {"subprocess"})
    assert not {name for name in loaded if name.startswith(("tocsin.evidence.cleaners", "tocsin.evidence.sandbox"))}


def test_reading_kinds_and_traces_of_photos_and_papers_loads_no_decoder() -> None:
    code = (
        "from tocsin.evidence.kinds import kind_of\nfrom tocsin.evidence.traces import traces_in\n"
        "photo = b'\\xff\\xd8\\xff\\xe1\\0\\x20Exif\\0\\0II*\\0\\x08\\0\\0\\0'\n"
        "for head in (photo, b'%PDF-1.4 /Author(x)', b'PK\\x03\\x04'):\n"
        "    traces_in(head, kind_of(head))\n"
    )
    loaded = loaded_by(code)
    assert "exifread" in loaded, "EXIF is read by its library, which decodes no picture"
    assert not loaded & {"PIL", "pypdfium2", "apkInspector", "defusedxml"}


def test_a_cleaner_loads_no_django_and_only_its_own_libraries() -> None:
    loaded = loaded_by(
        "import tocsin.evidence.cleaners.text, tocsin.evidence.confined.entry, tocsin.evidence.cleaners.__main__"
    )
    assert not {name for name in loaded if name.startswith("django")}
    assert not loaded & HEAVY - {"subprocess"}
    for family in ("image", "pdf", "office", "audio", "video", "archive", "apk"):
        named = {name for name in loaded_by(f"import tocsin.evidence.cleaners.{family}") if name.startswith("django")}
        assert not named, family


def test_the_kind_of_a_file_decides_which_cleaner_and_a_lie_about_it_is_only_malformed() -> None:
    made = make_safe_copy([samples.pdf()], IMAGE, ANY_WALLS)
    assert isinstance(made, KeptSealed)
    assert made.reason is Reason.MALFORMED
    assert kind_of(samples.pdf()).family is Family.PDF
