"""``python -m tocsin.evidence.cleaners FAMILY ASKED``: standard input → copy on standard output, findings on pipe 3.

Whatever goes wrong here is an answer, not an error: exit code 0 and a reason on the pipe. Only a file that takes the
process down with it leaves no answer.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

from tocsin.evidence.cleaners.contract import Asked, Made, Refusal, Refused
from tocsin.evidence.confined.entry import FINDINGS

FAMILIES = ("image", "pdf", "office", "audio", "video", "archive", "apk", "text")


def main() -> None:
    """Clean what comes in."""
    family, asked = sys.argv[1], Asked.from_json(sys.argv[2])
    if family not in FAMILIES:
        _answer({"refused": Refusal.NO_CLEANER.value})
        return
    try:
        made = _made(family, asked)
    except Refused as refused:
        _answer({"refused": refused.reason.value})
    except (MemoryError, RecursionError):
        _answer({"refused": Refusal.TOO_LARGE.value})
    except Exception:
        _answer({"refused": Refusal.MALFORMED.value})
    else:
        sys.stdout.buffer.write(made.output)
        sys.stdout.buffer.flush()
        _answer(made.findings())


def _made(family: str, asked: Asked) -> Made:
    made: Made = import_module(f"tocsin.evidence.cleaners.{family}").clean(sys.stdin.buffer, asked)
    if len(made.output) > asked.output_bytes:
        raise Refused(Refusal.TOO_LARGE)
    return made


def _answer(findings: dict[str, object]) -> None:
    with os.fdopen(FINDINGS, "w", encoding="utf-8", errors="replace") as pipe:
        json.dump(findings, pipe)


if __name__ == "__main__":
    main()
