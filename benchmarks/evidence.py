"""Sealing files while they arrive, and making safe copies, beside baselines.

    python benchmarks/evidence.py [--megabytes 100] [--runs 5] [--json]

Sealing: ``FrameSealer`` in pieces of 64 KiB, as an upload handler gets them, against the floor: SHA-256 and AES-256-GCM
of the same pieces and nothing else. Median of ``--runs`` runs with minimum and maximum, in MB (10^6 bytes) a second of
wall time, and the CPU time of one run.

Cleaners: a photo of 12 megapixels, a PDF of 20 pages, a film of 60 seconds (720p, drawn by ffmpeg), each from its bytes
to the safe copy, behind the strongest walls of this machine: median wall time; CPU time and largest memory of a child.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from tocsin.evidence import installed, sandbox
from tocsin.evidence.confinement import Confinement
from tocsin.evidence.kinds import HEAD_BYTES, TAIL_BYTES, kind_of
from tocsin.evidence.limits import Limits
from tocsin.evidence.safe_copy import SafeCopy, make_safe_copy
from tocsin.vault.blobs import Place
from tocsin.vault.frames import FrameSealer, open_frames

PIECE = 64 * 1024
KEY, PLACE = os.urandom(32), Place("evidence_file", "benchmark", 1)


@dataclass(frozen=True)
class Row:
    """One measured thing. ``rate``: MB a second, 0 for cleaners. Times in seconds, ``memory_mib`` of the child."""

    what: str
    rate: float
    seconds: float
    lowest: float
    highest: float
    cpu_seconds: float
    memory_mib: float = 0.0
    note: str = ""


def measure(what: str, runs: int, work: Callable[[], object], megabytes: float = 0.0) -> Row:
    """Run ``work`` so often; wall and CPU time of this process, after one run that does not count."""
    work()
    walls, cpus = [], []
    for _run in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    rate = megabytes / median(walls) if megabytes else 0.0
    return Row(what, rate, median(walls), min(walls), max(walls), median(cpus))


def sealing(megabytes: int, runs: int) -> list[Row]:
    """The floor, the sealer, and opening."""
    pieces = [os.urandom(PIECE)] * (megabytes * 1_000_000 // PIECE)

    def floor() -> None:
        digest, cipher = hashlib.sha256(), AESGCM(KEY)
        for number, piece in enumerate(pieces):
            digest.update(piece)
            cipher.encrypt(number.to_bytes(12, "big"), piece, b"place")

    def seal() -> None:
        sealer = FrameSealer(KEY, PLACE)
        for piece in pieces:
            sealer.update(piece)
        for _last in sealer.closing():
            pass

    sealer = FrameSealer(KEY, PLACE)
    sealed = [sealer.update(piece) for piece in pieces] + list(sealer.closing())

    def unseal() -> None:
        for _data in open_frames(KEY, PLACE, sealed):
            pass

    size = len(pieces) * PIECE / 1e6
    return [
        measure("floor: SHA-256 + AES-256-GCM", runs, floor, size),
        measure("FrameSealer", runs, seal, size),
        measure("open_frames", runs, unseal, size),
    ]


def photo() -> bytes:
    """4000 × 3000, as noisy as a camera's."""
    from PIL import Image

    small = Image.effect_noise((1000, 750), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    Image.merge("RGB", (small, small.rotate(90).resize(small.size), small)).save(out, "JPEG", quality=92)
    return out.getvalue()


def paper() -> bytes:
    """20 pages of text."""
    from tocsin.evidence.tests.samples import pdf

    return pdf(20, box="0 0 595 842", text="Seen at the river, at night, when a bell rang, and again the day after")


def film() -> bytes:
    """60 seconds of a test picture with a tone."""
    program = installed.ffmpeg()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "film.mp4")
        command = [str(program), "-v", "error", "-f", "lavfi", "-i", "testsrc=size=1280x720:rate=30"]
        command += ["-f", "lavfi", "-i", "sine", "-t", "60", "-c:v", "libx264", "-preset", "veryfast"]
        subprocess.run([*command, "-pix_fmt", "yuv420p", "-c:a", "aac", str(target)], check=True)
        return target.read_bytes()


def cleaning(path: Path, runs: int) -> Row:
    """One file to its safe copy, read in pieces: the memory of this process would count as the child's otherwise.

    Behind bubblewrap nobody is told what a child used; the same namespaces made through libc tell it.
    """
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES), tail=path.read_bytes()[-TAIL_BYTES:])
    counted = Confinement.NAMESPACES if sandbox.works(Confinement.NAMESPACES) else sandbox.strongest()
    walls = []
    made: object = None
    for _run in range(runs):
        wall = time.perf_counter()
        made = make_safe_copy(_pieces(path), kind, Limits(weakest=Confinement.LIMITS))
        walls.append(time.perf_counter() - wall)
    copied = len(made.data) if isinstance(made, SafeCopy) else 0
    del made
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    make_safe_copy(_pieces(path), kind, Limits(weakest=Confinement.LIMITS), confinement=counted)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    note = f"{path.stat().st_size:,} → {copied:,} bytes"
    return Row(path.name, 0.0, median(walls), min(walls), max(walls), cpu, after.ru_maxrss / 1024, note)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def own_process(name: str, data: bytes, runs: int) -> Row:
    """Measured in a process of its own, which holds nothing but the interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        command = [sys.executable, __file__, "--only", str(path), "--runs", str(runs)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Row(**json.loads(done.stdout))


FILES: dict[str, Callable[[], bytes]] = {
    "text, 1 line (what a child costs)": lambda: b"seen at the river",
    "photo, 12 megapixels": photo,
    "PDF, 20 pages": paper,
    "film, 60 s of 720p": film,
}


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    told = parser.parse_args()
    settings.configure()
    if told.only:
        print(json.dumps(asdict(cleaning(Path(told.only), told.runs))))
        return
    rows = [
        *sealing(told.megabytes, told.runs),
        *(own_process(name, make(), min(3, told.runs)) for name, make in FILES.items()),
    ]
    if told.json:
        print(json.dumps({"walls": sandbox.strongest(), "rows": [asdict(row) for row in rows]}, indent=1))
        return
    print(f"walls: {sandbox.strongest()}")
    for row in rows:
        rate = f"{row.rate:8.0f} MB/s" if row.rate else f"{row.memory_mib:8.0f} MiB "
        spread = f"{row.seconds:7.3f} s ({row.lowest:.3f}–{row.highest:.3f})"
        print(f"{row.what:36} {rate}  {spread}  CPU {row.cpu_seconds:.3f} s  {row.note}")


if __name__ == "__main__":
    main()
