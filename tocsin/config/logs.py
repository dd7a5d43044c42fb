"""Logs that say where something broke and never what was typed."""

from __future__ import annotations

import logging
import traceback

from tocsin.common.errors import RuleBroken, Unsafe


class QuietFormatter(logging.Formatter):
    """Writes level, logger, the unfilled message and, for an error, its type and the places in the code.

    Messages of exceptions and arguments of log calls are left out: they may hold what a person typed, a database
    row or a path somebody asked for. Our own errors are shown: their sentences never hold a secret.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line, plus the places of the traceback."""
        lines = [f"{self.formatTime(record)} {record.levelname} {record.name}: {record.msg}"]
        if record.exc_info and record.exc_info[1] is not None:
            fault = record.exc_info[1]
            told = f": {fault}" if isinstance(fault, (RuleBroken, Unsafe)) else ""
            lines.append(f"  {type(fault).__module__}.{type(fault).__qualname__}{told}")
            lines += [
                f"    {frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(fault.__traceback__)
            ]
        return "\n".join(lines)
