"""Logs that say where something broke and never what was typed."""

from __future__ import annotations

import logging
import traceback

from tocsin.common.errors import RuleBroken, Unsafe


class QuietFormatter(logging.Formatter):
    """Writes level, logger and, for an error, its type and the places in the code.

    Messages of libraries and exceptions are left out, and so are the arguments of log calls: they may hold what a
    person typed, a database row or a path somebody asked for. Our own sentences are shown: they never hold a secret.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line, plus the places of the traceback."""
        said = str(record.msg) if record.name.startswith("tocsin") else ""
        lines = [f"{self.formatTime(record)} {record.levelname} {record.name} {said}".rstrip()]
        if record.exc_info and record.exc_info[1] is not None:
            fault = record.exc_info[1]
            told = f": {fault}" if isinstance(fault, (RuleBroken, Unsafe)) else ""
            lines.append(f"  {type(fault).__module__}.{type(fault).__qualname__}{told}")
            lines += [
                f"    {frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(fault.__traceback__)
            ]
        return "\n".join(lines)
