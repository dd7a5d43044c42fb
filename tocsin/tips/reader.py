"""Opens what was written about one tip: with the tip's own key, or with the unit's where it was sealed to that."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.tips.content import TipContent, message_place, note_place
from tocsin.tips.models import Tip
from tocsin.tips.papers import reason_place
from tocsin.vault import opening, unlocked
from tocsin.vault.opening import CannotOpen
from tocsin.vault.sealing import Place


class TipReader:
    """Reads reasons, messages and notes of one tip while the desk is unlocked.

    Every method gives ``None`` for what can never be opened again because the tip's text was destroyed, and raises
    ``CannotOpen`` for what should open and does not, ``Locked`` while the desk is locked.
    """

    def __init__(self, tip: Tip, content: TipContent | None) -> None:
        self._ref, self._key = tip.ref, content.papers_key if content else b""
        self._destroyed = tip.destroyed_on is not None

    def reason(self, blob: bytes) -> str | None:
        """A sealed reason or payload; empty stays empty."""
        return self._sealed(blob, reason_place(self._ref)) if blob else ""

    def note(self, blob: bytes, ref: str) -> str | None:
        """One version of a note."""
        return self._sealed(blob, note_place(ref))

    def message(self, blob: bytes, ref: str) -> str | None:
        """A message of the mailbox."""
        place = message_place(ref)
        return self._opened(
            lambda: opening.open_message(self._key, blob, place), lambda: unlocked.opener().open_message(blob, place)
        )

    def _sealed(self, blob: bytes, place: Place) -> str | None:
        return self._opened(
            lambda: opening.open_sealed(self._key, blob, place), lambda: unlocked.opener().open_sealed(blob, place)
        )

    def _opened(self, with_own: Callable[[], bytes], with_unit: Callable[[], bytes]) -> str | None:
        if self._key:
            try:
                return with_own().decode()
            except CannotOpen:
                pass  # from before tips had keys of their own, or what is meant to outlive the text
        try:
            return with_unit().decode()
        except CannotOpen:
            if self._destroyed:
                return None
            raise
