"""Sound: one stream encoded anew; covers, lyrics and tags stay behind."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from tocsin.evidence.cleaners import ffmpeg
from tocsin.evidence.cleaners.contract import Asked, Made

_OPUS = ("libopus", "64k", "ogg", "audio/ogg")
_AAC = ("aac", "96k", "m4a", "audio/mp4")  # ffmpeg's own encoder, always built in


def clean(source: BinaryIO, asked: Asked) -> Made:
    """Ogg with Opus, or M4A where ffmpeg lacks it."""
    ffmpeg.take_in(source, asked)
    encoder, rate, container, media_type = _OPUS if _OPUS[0] in ffmpeg.encoders(asked) else _AAC
    target = Path(f"out.{container}")
    streams = ["-map", "0:a:0", "-vn", "-c:a", encoder, "-b:a", rate, "-ac", "2"]
    seconds = ffmpeg.encode(asked, streams, target)
    notes = ["end-left-out"] if ffmpeg.was_cut(asked, seconds, target) else []
    return Made(target.read_bytes(), media_type, [("duration", ffmpeg.in_words(seconds))], notes)
