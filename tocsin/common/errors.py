"""The few errors that Tocsin raises on purpose. One middleware turns them into pages."""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise

type_of_sentence = str | Promise


class RuleBroken(Exception):
    """A request that cannot be done, with a sentence for the person who asked.

    ``sentence`` says what happened and what to do; it is shown as it stands, so it never holds a secret
    or anything that was typed.
    """

    status: ClassVar[int] = 422

    def __init__(self, sentence: type_of_sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


class NotPermitted(RuleBroken):
    """The actor may not do this; nothing was changed."""

    status = 403


class Conflict(RuleBroken):
    """Somebody else was faster, or the thing is no longer in the state that the step needs."""

    status = 409


class Busy(RuleBroken):
    """Nothing was accepted because a store or a queue is full or locked; the same request may be sent again."""

    status = 503


class Unsafe(Exception):
    """A configuration that Tocsin refuses to start with. The message says what to do about it."""
