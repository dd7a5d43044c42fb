"""Reading numbers and base64 so that each value has one spelling: signed text must not mean two things."""

from __future__ import annotations

import base64
import binascii
import re

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
LARGEST = 2**63 - 1


def decode_base64(text: str) -> bytes:
    """Standard base64 of RFC 4648 section 4, with padding, canonical. Raises ``ValueError``."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("not base64") from error
    if encode_base64(data) != text:
        raise ValueError("not canonical base64")
    return data


def encode_base64(data: bytes) -> str:
    """The inverse of ``decode_base64``."""
    return base64.b64encode(data).decode("ascii")


def decode_number(text: str) -> int:
    """A decimal number from 0 to 2**63 - 1 without leading zeros, in ASCII. Raises ``ValueError``."""
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST:
        raise ValueError("not a number from 0 to 2**63 - 1 without leading zeros")
    return int(text)


def first_line(text: str) -> str:
    """The text before the first newline."""
    return text.split("\n", 1)[0]
