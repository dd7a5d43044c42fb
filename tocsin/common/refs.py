"""Handles that reveal nobody: random, never derived from content, order or time."""

from __future__ import annotations

import secrets

_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no vowels (no words), no 0/O, 1/I/L


def new_ref(length: int = 20) -> str:
    """A random handle of ``length`` characters of 4.8 bits each (20 characters: 96 bits)."""
    number, letters = secrets.randbelow(len(_ALPHABET) ** length), ""  # one call: each asks the kernel
    for _place in range(length):
        number, rest = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[rest]
    return letters


def is_ref(text: str) -> bool:
    """Whether ``text`` could be a handle; what cannot be one need not be looked for, whatever it holds."""
    return bool(text) and len(text) <= 32 and set(text) <= set(_ALPHABET)


def fresh_ref(attempt: str) -> str:
    """The handle that a form brings along to name its try, so that sending twice is seen; a new one for none."""
    ref = new_ref()
    return attempt if is_ref(attempt) and len(attempt) == len(ref) else ref
