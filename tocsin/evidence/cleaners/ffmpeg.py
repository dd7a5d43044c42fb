"""ffmpeg on one file in the working folder, told to trust nothing.

Only the file protocol, so that a play list inside the file leads nowhere; only demuxers of real containers, so that
none opens other files (``concat``, ``hls``, ``image2``); one picture and one sound stream, decoded and encoded anew; no
metadata, chapters, subtitles, data or attachments.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from tocsin.evidence.cleaners.contract import Asked, Refusal, Refused

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,live_flv,mpeg,mpegts,mpegvideo,ogg,wav,w64,mp3,flac,aac,ac3,"
    "amr,amrnb,amrwb,aiff,caf,au,ape,wv,h264,hevc"
)
SOURCE = Path("in")
_BARE = ("-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1", "-sn", "-dn")
_REPRODUCIBLE = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")


def take_in(source: BinaryIO, asked: Asked) -> None:
    """Write the file into the working folder. Raises ``Refused`` where there is no ffmpeg or no folder in memory."""
    if not asked.ffmpeg or not asked.may_write:
        raise Refused(Refusal.NO_CLEANER)
    with SOURCE.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    if SOURCE.stat().st_size == 0:
        raise Refused(Refusal.MALFORMED)


def encoders(asked: Asked) -> set[str]:
    """Names of the encoders that this ffmpeg was built with."""
    told = subprocess.run(  # noqa: S603 - the operator's ffmpeg
        [asked.ffmpeg, "-v", "quiet", "-encoders"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return {words[1] for line in told.stdout.decode("ascii", "ignore").splitlines() if len(words := line.split()) > 1}


def encode(asked: Asked, streams: Sequence[str], target: Path) -> float:
    """Encode ``SOURCE`` to ``target``; seconds that were encoded. Raises ``Refused`` when nothing came out.

    ``streams``: which streams and how to encode them.
    """
    command = [asked.ffmpeg, "-nostdin", "-hide_banner", "-v", "error", "-threads", "2", "-filter_threads", "2"]
    command += ["-protocol_whitelist", "file", "-format_whitelist", CONTAINERS]
    command += ["-t", str(asked.duration_seconds), "-i", f"file:{SOURCE}", *streams]
    command += [*_BARE, *_REPRODUCIBLE, "-fs", str(asked.output_bytes), "-progress", "pipe:1", "-y", f"file:{target}"]
    done = subprocess.run(  # noqa: S603 - the operator's ffmpeg
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, check=False
    )
    if not target.is_file() or target.stat().st_size == 0:
        raise Refused(Refusal.MALFORMED)
    seconds = _seconds_of(done.stdout)
    if seconds <= 0:
        raise Refused(Refusal.MALFORMED)
    return seconds


def was_cut(asked: Asked, seconds: float, target: Path) -> bool:
    """Whether the copy ended because of a limit, not because the file did. A second's doubt counts as cut."""
    return seconds > asked.duration_seconds - 1 or target.stat().st_size > 0.97 * asked.output_bytes


def _seconds_of(progress: bytes) -> float:
    times = [line[12:] for line in progress.splitlines() if line.startswith(b"out_time_us=")]
    return max((int(time) / 1e6 for time in times if time.isdigit()), default=0.0)


def in_words(seconds: float) -> str:
    """``m:ss``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
