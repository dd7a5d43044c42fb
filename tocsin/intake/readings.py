"""Reading what people type for a number or a position: forgiving in form, strict in meaning.

What could mean two things is refused, and the sentence shows how to write it: a wrong number in a report is worse than
none.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tocsin.common.errors import RuleBroken

_MOST = 10**12
_LONGEST = 500  # characters; nobody needs more for a number, and the patterns below need not be fast
_MARKS = " .,'’٬"  # between thousands; wider spaces have become plain ones
_NUMBER = rf"[0-9][0-9{_MARKS}]*"
_COUNT = re.compile(
    rf"(?P<low>{_NUMBER})(?:\s*(?:[-‐–—~〜至到]|\b(?:to|a)\b|(?<=\s)(?:à|до|إلى|الى)(?=\s))\s*(?P<high>{_NUMBER}))?",
    re.ASCII,
)
_WHOLE = re.compile(rf"[0-9]+|[1-9][0-9]{{0,2}}(?:([{_MARKS}])[0-9]{{3}})(?:\1[0-9]{{3}})*")
_TIMES = re.compile(
    r"[0-9]\s*(?:[多余餘几幾来來]?[十百千万萬亿億]|(?:k|dozens?|hundreds?|thousands?|millions?|billions?"
    r"|douzaines?|cents?|centaines?|mille|milliers?|milliards?|docenas?|cientos|mil|miles|mill[oó]n(?:es)?"
    r"|десят\w*|сот\w*|тыс\w*|млн|миллион\w*|ألف|ألفا|آلاف|مئات|مليون|ملايين)\b)",
    re.IGNORECASE,
)
_DEGREES = r"[-+]?[0-9]{1,3}(?:[.][0-9]{1,20})?"
_POINT = re.compile(
    rf"(?P<lat>{_DEGREES})\s*°?\s*(?P<ns>[NS])?(?P<between>\s*[,;、،؛\s]\s*)(?P<lon>{_DEGREES})\s*°?\s*(?P<ew>[EW])?",
    re.IGNORECASE,
)


class Unreadable(RuleBroken):
    """What was typed cannot be read; the sentence says what to write instead."""


@dataclass(frozen=True)
class Count:
    """A number of things, as exact as it was told: ``low`` to ``high``, the same for one number."""

    low: int
    high: int


def read_count(typed: str) -> Count:
    """``30``, ``20-30``, ``about 1,200``: whole numbers in the digits of any script. Raises ``Unreadable``.

    Numbers in words (三十, ``2 million``, 3万), parts (``2.5``, ``1/2``) and several numbers are refused.
    """
    plain = _plain(typed)
    found = list(_COUNT.finditer(plain))
    if len(found) != 1 or plain.startswith("-"):
        raise Unreadable(_("Write a number such as 30, or a range such as 20–30."))
    if _TIMES.search(plain):
        raise Unreadable(_("Write whole numbers, such as 30."))
    low = _whole(found[0]["low"])
    high = _whole(found[0]["high"]) if found[0]["high"] else low
    if low > high:
        raise Unreadable(_("Write the smaller number first, such as 20–30."))
    return Count(low, high)


def _whole(text: str) -> int:
    """Digits with or without one kind of mark between thousands; ``1.500`` and ``1,500`` are both 1500."""
    digits = text.strip(_MARKS)
    number = int(re.sub(r"[^0-9]", "", digits)) if _WHOLE.fullmatch(digits) else _MOST + 1
    if number > _MOST:
        raise Unreadable(_("Write whole numbers, such as 30."))
    return number


def read_point(typed: str) -> tuple[float, float]:
    """Latitude and longitude in degrees (WGS 84): ``39.90, 116.40`` or ``39.90 N 116.40 E``. Raises ``Unreadable``.

    ``39,9`` is refused: it may be two numbers, and it may be one.
    """
    wrong = _("Write two numbers, such as 39.90, 116.40, or leave this empty.")
    match = _POINT.fullmatch(_plain(typed))
    if match is None or (match["between"] == "," and "." not in match["lat"] + match["lon"]):
        raise Unreadable(wrong)
    lat, lon = float(match["lat"]), float(match["lon"])
    if (match["ns"] or "").upper() == "S":
        lat = -abs(lat)
    if (match["ew"] or "").upper() == "W":
        lon = -abs(lon)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Unreadable(wrong)
    return lat, lon


def _plain(text: str) -> str:
    """Digits of any script, full-width marks, wide spaces and minus signs as their plain forms; no outer spaces.

    Nothing for raised and circled digits, which mean something else than the digits beside them, and for more than
    anybody needs.
    """
    if len(text) > _LONGEST or any(c.isdigit() and not c.isdecimal() for c in text):
        return ""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("٫", ".")
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain).strip()
