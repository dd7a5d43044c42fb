"""The two files that an import writes: lines that were not taken, and nine words to hand out. Both are secret."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Self

from tocsin.common.errors import RuleBroken
from tocsin.intake.bulk.line_format import Problem
from tocsin.intake.bulk.lines import RawLine


class SecretLines:
    """A file of JSON lines that only its owner can read, written anew by each run.

    ``first`` is the field with which every line begins: a file that begins otherwise is not ours and is not touched.
    Raises ``RuleBroken`` for such a file and for one that is also the source, ``OSError`` when it cannot be written.
    """

    def __init__(self, path: Path, *, first: str, source: Path) -> None:
        self.path = path
        if path.exists():
            _refuse_strangers(path, f'{{"{first}":'.encode(), source)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file: IO[str] = os.fdopen(handle, "w", encoding="utf-8")
        if self._is_file():
            os.fchmod(handle, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self._file.close()
        except OSError:
            if kind is None:
                raise

    def write(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Add lines and hand them to the system. Raises ``OSError``."""
        for one in told:
            self._file.write(json.dumps(one, ensure_ascii=False) + "\n")
        self._file.flush()

    def finish(self) -> None:
        """Make it durable; an empty file goes again. Raises ``OSError``."""
        if not self._is_file():
            return
        os.fsync(self._file.fileno())
        if not os.fstat(self._file.fileno()).st_size:
            self.path.unlink(missing_ok=True)

    def _is_file(self) -> bool:
        return stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)


def _refuse_strangers(path: Path, begins: bytes, source: Path) -> None:
    if source.exists() and path.samefile(source):
        raise RuleBroken(f"{path} is the file to import. Name another one for what is written.")
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(len(begins))
        if head and head != begins:
            raise RuleBroken(f"{path} is there already and holds something else. Nothing was written; name another.")


def rejected(line: RawLine, problems: Iterable[Problem]) -> dict[str, Any]:
    """What the file of rejects says of a line: number, problems, and the line as it came."""
    told: dict[str, Any] = {
        "line": line.number,
        "problems": [{"field": problem.field, "reason": problem.reason} for problem in problems],
    }
    try:
        told["original"] = line.data.decode("utf-8")
    except UnicodeDecodeError:
        told["original_base64"] = base64.b64encode(line.data).decode()
    return {**told, "cut_off": True} if line.too_long else told
