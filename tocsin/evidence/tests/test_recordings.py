from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.evidence import installed
from tocsin.evidence.cleaners import ffmpeg, video
from tocsin.evidence.cleaners.contract import Asked, Refused
from tocsin.evidence.limits import Limits
from tocsin.evidence.safe_copy import Reason
from tocsin.evidence.tests import samples
from tocsin.evidence.tests.copying import attempt, copied, fact, kept
from tocsin.evidence.tests.samples import carries, frame_of, tags_of


def shows_red_above_blue(film: bytes) -> bool:
    image = frame_of(film)
    above, below = image.getpixel((image.width // 2, 5)), image.getpixel((image.width // 2, image.height - 5))
    assert isinstance(above, tuple)
    assert isinstance(below, tuple)
    return above[0] > 200 > 60 > above[2] and below[2] > 200 > 60 > below[0]


FILMS: list[Callable[[], bytes]] = [samples.mp4, samples.mov_with_place, samples.webm]
SOUNDS: list[Callable[[], bytes]] = [samples.mp3, samples.wav, samples.ogg]


@pytest.mark.parametrize("make", FILMS, ids=lambda make: make.__name__)
def test_a_film_is_copied_with_its_picture_and_sound_and_without_what_it_tells(make: Callable[[], bytes]) -> None:
    assert carries(make())
    made = copied(make())
    assert made.media_type in ("video/mp4", "video/webm")
    assert not carries(made.data)
    for word in ("2026-01-01", "12.3456", "location"):
        assert not carries(made.data, word)
    assert "=" not in tags_of(made.data).replace("encoder=", "").replace("major_brand=", "").replace(
        "minor_version=", ""
    ).replace("compatible_brands=", "")
    assert shows_red_above_blue(made.data)
    assert fact(made, "duration") == ["0:02"]
    assert made.notes == ()


@pytest.mark.parametrize("make", SOUNDS, ids=lambda make: make.__name__)
def test_a_sound_is_copied_without_what_it_tells(make: Callable[[], bytes]) -> None:
    assert carries(make())
    made = copied(make())
    assert (made.media_type, made.extension) in (("audio/ogg", "ogg"), ("audio/mp4", "m4a"))
    assert not carries(made.data)
    assert fact(made, "duration") == ["0:02"]


def test_a_film_held_sideways_comes_out_upright() -> None:
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    sideways = samples.recorded("film.mp4", *options, rotate=90)
    image = frame_of(copied(sideways).data)
    assert image.size == (120, 320)


def test_a_long_film_is_cut_and_that_is_said() -> None:
    made = copied(samples.recorded("film.mp4", "-c:v", "mpeg4", "-c:a", "aac", seconds=6), duration_seconds=3)
    assert fact(made, "duration") == ["0:03"]
    assert made.notes == ("end-left-out",)


def test_a_cover_in_a_song_does_not_make_it_a_film_and_stays_behind() -> None:
    made = copied(samples.mp3())
    assert not made.data.startswith(b"ID3")
    assert b"image/" not in made.data


def test_the_first_encoder_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(**Limits().for_cleaner(), ffmpeg="x", may_write=True)
    used: list[str] = []
    monkeypatch.setattr(ffmpeg, "take_in", lambda *_told: None)

    def encode(_asked: object, streams: list[str], target: object) -> float:
        used.append(f"{streams[streams.index('-c:v') + 1]} {target}")
        raise InterruptedError

    monkeypatch.setattr(ffmpeg, "encode", encode)
    for known in ({"libx264", "libvpx"}, {"libopenh264"}, {"libvpx", "libvpx-vp9"}, {"libvpx"}):
        monkeypatch.setattr(ffmpeg, "encoders", lambda _asked, known=known: known)
        with pytest.raises(InterruptedError):
            video.clean(io.BytesIO(b"x"), asked)
    assert used == ["libx264 out.mp4", "libopenh264 out.mp4", "libvpx-vp9 out.webm", "libvpx out.webm"]
    monkeypatch.setattr(ffmpeg, "encoders", lambda _asked: {"mpeg4"})
    with pytest.raises(Refused):
        video.clean(io.BytesIO(b"x"), asked)


def test_without_ffmpeg_a_film_is_kept_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "ffmpeg", lambda: None)
    assert kept(b"\0\0\0\x18ftypisom\0\0\0\0isommp42") is Reason.NO_CLEANER


def test_only_containers_are_named_to_ffmpeg_and_none_that_opens_other_files() -> None:
    named = set(ffmpeg.CONTAINERS.split(","))
    assert not named & {
        "hls",
        "dash",
        "concat",
        "image2",
        "lavfi",
        "sdp",
        "rtsp",
        "tty",
        "avisynth",
        "ffmetadata",
        "srt",
    }
    assert {"mov", "matroska", "mp3"} <= named


def test_every_call_of_ffmpeg_names_protocol_containers_and_limits_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = tmp_path / "told"
    program = tmp_path / "ffmpeg"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\necho x > out.mp4\necho out_time_us=1000000\n')
    program.chmod(0o755)
    asked = Asked(**Limits().for_cleaner(), ffmpeg=str(program), may_write=True)
    assert ffmpeg.encode(asked, ["-map", "0:v:0"], Path("out.mp4")) == 1.0
    words = told.read_text().splitlines()
    before, after = words[: words.index("-i")], words[words.index("-i") :]
    for option, value in (("-protocol_whitelist", "file"), ("-format_whitelist", ffmpeg.CONTAINERS), ("-t", "900")):
        assert before[before.index(option) + 1] == value
    assert after[1] == "file:in"
    assert after[after.index("-fs") + 1] == str(asked.output_bytes)
    assert {"-map_metadata", "-map_chapters", "-sn", "-dn"} <= set(after)


@pytest.mark.parametrize("make", [*FILMS, *SOUNDS], ids=lambda make: make.__name__)
def test_a_recording_that_was_cut_off_ends_in_a_copy_or_is_kept(make: Callable[[], bytes]) -> None:
    data = make()
    for size in (30, len(data) // 2):
        made = attempt(data[:size])
        assert not carries(getattr(made, "data", b""))
