"""A caller's line without its number: the digits in one writing, under a key of the desk, cut to a hash.

The number itself is never stored, shown again or logged. Whoever holds the key can try all numbers there are, so the
key lies beside the other secrets of the desk and never in the database; with another key earlier calls are strangers.
"""

from __future__ import annotations

import hmac
import unicodedata
from functools import cache

import phonenumbers
from django.conf import settings

from tocsin.vault.fresh_keys import read_or_make_secret

LINE_BYTES = 32
SHORTEST, LONGEST = 3, 15  # digits; E.164 allows 15, house telephones have three
_MOST_TYPED = 40  # characters, with spaces and brackets
_BETWEEN = frozenset(" -./()\t")


class NumberUnreadable(ValueError):
    """What was typed is no telephone number."""


@cache
def line_key() -> bytes:
    """The key of lines (32 bytes), made at the first start that finds none."""
    return read_or_make_secret(settings.TOCSIN_LINE_KEY)


def line_of(typed: str, *, country: str) -> bytes:
    """The line behind a number as a telephone shows it: 32 bytes, or none for an empty number.

    ``country``: two letters of ISO 3166-1 for numbers without a country code, or nothing. Raises ``NumberUnreadable``.
    """
    written = one_writing(typed, country=country)
    return hmac.digest(line_key(), b"tocsin/line/v1\0" + written.encode(), "sha256") if written else b""


def one_writing(typed: str, *, country: str) -> str:
    """The same text for every way in which one number is written: E.164 where its country is known, else its digits."""
    plain = _plain(typed)
    if not plain:
        return ""
    if not country and plain.startswith("00"):
        plain = "+" + plain[2:]  # what most countries dial before a country code
    try:
        parsed = phonenumbers.parse(plain, country or None)
    except phonenumbers.NumberParseException:
        return _digits(plain)
    if not phonenumbers.is_possible_number(parsed):
        return _digits(plain)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _plain(typed: str) -> str:
    """Plain digits, with or without a plus in front. Letters are refused: "withheld" is no line that many share."""
    if len(typed) > _MOST_TYPED:
        raise NumberUnreadable
    shown = (c for c in unicodedata.normalize("NFKC", typed) if unicodedata.category(c) not in ("Cf", "Zs", "Pd"))
    text = "".join(c for c in shown if c not in _BETWEEN)
    sign, digits = ("+", text[1:]) if text.startswith("+") else ("", text)
    if not digits.isdecimal() and text:
        raise NumberUnreadable
    digits = "".join(str(unicodedata.decimal(c)) for c in digits)
    if digits and not SHORTEST <= len(digits) <= LONGEST + len("00"):
        raise NumberUnreadable
    return sign + digits


def _digits(plain: str) -> str:
    return "local:" + plain.lstrip("+")
