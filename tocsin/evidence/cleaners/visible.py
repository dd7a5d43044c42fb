"""Strangers' text made harmless to look at: what would be invisible, or would reorder the line, is written out."""

from __future__ import annotations

import re
from collections.abc import Iterable

# C0 and C1 controls but tab and line feed; marks that override or isolate direction (the same line then reads as
# another one: CVE-2021-42574); zero-width space, word joiners, byte order mark; tags; line and paragraph separators.
# Joiners and the plain left-to-right and right-to-left marks stay: Persian, Indic scripts and Arabic need them.
_HIDDEN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u180e\\u200b\\u2028-\\u202e\\u2060-\\u206f"
    "\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e0fff\\ud800-\\udfff]"
)


def shown(text: str) -> tuple[str, bool]:
    """``text`` with line ends as line feeds and hidden characters written as ``[U+202E]``; whether there were any."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    made, count = _HIDDEN.subn(lambda found: f"[U+{ord(found[0]):04X}]", lines)
    return made, count > 0


def in_one_line(text: str, longest: int = 300) -> str:
    """For lists: no line breaks, not too long."""
    made, _hidden = shown(text[: longest + 1])
    made = made.replace("\n", "[U+000A]").replace("\t", " ")
    return made if len(made) <= longest else made[: longest - 1] + "…"


def as_table(rows: Iterable[tuple[str, str]]) -> list[str]:
    """``code: text`` lines."""
    return [f"{code}: {in_one_line(text)}" for code, text in rows]
