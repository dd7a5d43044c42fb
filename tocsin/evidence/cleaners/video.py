"""Films: picture and sound encoded anew, upright, at most full HD."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from tocsin.evidence.cleaners import ffmpeg
from tocsin.evidence.cleaners.contract import Asked, Made, Refusal, Refused

_SMALLER = "scale=w='min(1920,iw)':h='min(1920,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2"
# (encoder, container, media type, how). The first that this ffmpeg has is taken; all play in a browser.
_WAYS = (
    ("libx264", "mp4", "video/mp4", ("-preset", "veryfast", "-crf", "23", "-x264-params", "threads=2")),
    ("libopenh264", "mp4", "video/mp4", ("-b:v", "2500k")),
    ("libvpx-vp9", "webm", "video/webm", ("-deadline", "realtime", "-cpu-used", "8", "-crf", "33", "-b:v", "0")),
    ("libvpx", "webm", "video/webm", ("-deadline", "realtime", "-cpu-used", "8", "-b:v", "2500k")),
)
_SOUND = {"mp4": ("aac", "128k"), "webm": ("libopus", "96k")}


def clean(source: BinaryIO, asked: Asked) -> Made:
    """MP4, or WebM where ffmpeg lacks an encoder for H.264."""
    ffmpeg.take_in(source, asked)
    known = ffmpeg.encoders(asked)
    way = next((way for way in _WAYS if way[0] in known), None)
    if way is None:
        raise Refused(Refusal.NO_CLEANER)
    encoder, container, media_type, how = way
    sound, rate = _SOUND[container]
    streams = ["-map", "0:v:0", "-map", "0:a:0?", "-vf", _SMALLER, "-pix_fmt", "yuv420p", "-c:v", encoder, *how]
    streams += ["-c:a", sound, "-b:a", rate, "-ac", "2"]
    if container == "mp4":
        streams += ["-movflags", "+faststart"]
    target = Path(f"out.{container}")
    seconds = ffmpeg.encode(asked, streams, target)
    notes = ["end-left-out"] if ffmpeg.was_cut(asked, seconds, target) else []
    return Made(target.read_bytes(), media_type, [("duration", ffmpeg.in_words(seconds))], notes)
