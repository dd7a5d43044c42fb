"""Opening: for the desk while unlocked, for custodians in pairs, and for the reporter with the words.

Every function raises ``CannotOpen`` for every reason alike.
"""

from __future__ import annotations

from tocsin.vault.blobs import (
    IDENTITY_KEYS,
    MESSAGE,
    CannotOpen,
    Place,
    decrypt_data,
    key_id,
    public_of,
    unbox,
    unnest,
)

__all__ = ["CannotOpen", "open_content", "open_identity", "open_message", "open_sealed", "open_small"]


def open_content(unit: bytes, retention: bytes, blob: bytes, wrapped_key: bytes, place: Place) -> bytes:
    """What ``seal_content`` sealed, with the unit's and the retention private key (32 bytes each)."""
    return decrypt_data(unnest(retention, unit, wrapped_key, place), blob, place)


def open_identity(first: bytes, second: bytes, blob: bytes, wrapped_keys: bytes, place: Place) -> bytes:
    """What ``seal_identity`` sealed, with the private keys of two custodians in any order."""
    by_id = {key_id(public_of(private)): private for private in (first, second)}
    rest = memoryview(wrapped_keys)
    if len(by_id) != 2 or bytes(rest[:1]) != bytes([IDENTITY_KEYS]):
        raise CannotOpen
    rest = rest[2:]
    while len(rest) >= 18:
        outer, inner = bytes(rest[:8]), bytes(rest[8:16])
        length = int.from_bytes(rest[16:18], "big")
        nested, rest = bytes(rest[18 : 18 + length]), rest[18 + length :]
        if outer in by_id and inner in by_id:
            return decrypt_data(unnest(by_id[outer], by_id[inner], nested, place), blob, place)
    raise CannotOpen


def open_message(private: bytes, blob: bytes, place: Place) -> bytes:
    """What ``seal_message`` sealed, with the private key of one recipient."""
    if len(blob) < 2 or blob[0] != MESSAGE:
        raise CannotOpen
    at, boxes = 2, []
    for _recipient in range(blob[1]):
        length = int.from_bytes(blob[at : at + 2], "big")
        boxes.append(blob[at + 2 : at + 2 + length])
        at += 2 + length
    for sealed in boxes:
        try:
            key = unbox(private, sealed, place)
        except CannotOpen:
            continue
        return decrypt_data(key, blob[at:], place)
    raise CannotOpen


def open_sealed(private: bytes, blob: bytes, info: Place) -> bytes:
    """What ``seal_to`` sealed."""
    return unbox(private, blob, info)


def open_small(key: bytes, blob: bytes, place: Place) -> bytes:
    """What ``seal_small`` sealed."""
    return decrypt_data(key, blob, place)
