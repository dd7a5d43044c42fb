"""Opening: for the desk while unlocked, for custodians in pairs, and for the reporter with the words.

Every function raises ``CannotOpen`` for every reason alike.
"""

from __future__ import annotations

from tocsin.vault.blobs import (
    IDENTITY_KEYS,
    IDENTITY_LAYERS,
    MESSAGE,
    NESTED_BOX,
    CannotOpen,
    Place,
    decrypt_data,
    key_id,
    public_of,
    unbox,
    unnest,
)

__all__ = [
    "CannotOpen",
    "finish_identity",
    "half_fits",
    "half_open_identity",
    "open_content",
    "open_identity",
    "open_key",
    "open_message",
    "open_sealed",
    "open_small",
]

_KEY_ID = 8  # bytes


def open_content(unit: bytes, retention: bytes, blob: bytes, wrapped_key: bytes, place: Place) -> bytes:
    """What ``seal_content`` sealed, with the unit's and the retention private key (32 bytes each)."""
    return decrypt_data(unnest(retention, unit, wrapped_key, place), blob, place)


def open_key(unit: bytes, retention: bytes, wrapped_key: bytes, place: Place) -> bytes:
    """What ``seal_key`` sealed: a data key of 32 bytes."""
    return unnest(retention, unit, wrapped_key, place)


def open_identity(first: bytes, second: bytes, blob: bytes, wrapped_keys: bytes, place: Place) -> bytes:
    """What ``seal_identity`` sealed, with the private keys of two custodians in any order."""
    for outer, inner in ((first, second), (second, first)):
        try:
            return finish_identity(inner, blob, half_open_identity(outer, wrapped_keys, place), place)
        except CannotOpen:
            continue
    raise CannotOpen


def half_open_identity(private: bytes, wrapped_keys: bytes, place: Place) -> bytes:
    """Take off the outer layer with the key of the custodian who comes first.

    The answer (count ‖ for each other custodian: key id, length, key box) opens for one of the others and for nobody
    else. Identities of the earlier form ``0x05`` have one order for each pair: there this raises ``CannotOpen`` for a
    key that is nobody's outer one.
    """
    own, form = _own_id(private), wrapped_keys[:1]
    if form == bytes([IDENTITY_KEYS]):
        return _half_of_pairs(private, own, wrapped_keys, place)
    if form != bytes([IDENTITY_LAYERS]):
        raise CannotOpen
    for custodian, sealed in _entries(wrapped_keys[1:]):
        if custodian == own:
            return unbox(private, sealed, place, form=NESTED_BOX)
    raise CannotOpen


def half_fits(private: bytes, half_opened: bytes) -> bool:
    """Whether ``half_opened`` holds a box for this key, found without opening anything."""
    return any(custodian == _own_id(private) for custodian, _sealed in _entries(half_opened))


def finish_identity(private: bytes, blob: bytes, half_opened: bytes, place: Place) -> bytes:
    """The identity, from what ``half_open_identity`` left and the private key of the custodian who comes second."""
    own = _own_id(private)
    for custodian, sealed in _entries(half_opened):
        if custodian == own:
            return decrypt_data(unbox(private, sealed, place), blob, place)
    raise CannotOpen


def _own_id(private: bytes) -> bytes:
    try:
        return key_id(public_of(private))
    except ValueError as wrong:
        raise CannotOpen from wrong


def _entries(framed: bytes) -> list[tuple[bytes, bytes]]:
    """``(key id, sealed bytes)`` of every entry; refuses a frame with anything left over."""
    if not framed:
        raise CannotOpen
    at, found = 1, []
    for _entry in range(framed[0]):
        start = at + _KEY_ID + 2
        end = start + int.from_bytes(framed[start - 2 : start], "big")
        found.append((framed[at : at + _KEY_ID], framed[start:end]))
        at = end
    if at != len(framed):
        raise CannotOpen
    return found


def _half_of_pairs(private: bytes, own: bytes, framed: bytes, place: Place) -> bytes:
    halves = [
        (inner, unbox(private, nested, place, form=NESTED_BOX))
        for outer, inner, nested in _pairs(framed)
        if outer == own and inner != own
    ]
    if not halves:
        raise CannotOpen
    return bytes([len(halves)]) + b"".join(inner + len(half).to_bytes(2, "big") + half for inner, half in halves)


def _pairs(framed: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """``(outer key id, inner key id, nested key box)`` of every pair; refuses a frame with anything left over."""
    if len(framed) < 2 or framed[0] != IDENTITY_KEYS:
        raise CannotOpen
    at, pairs = 2, []
    for _pair in range(framed[1]):
        start = at + 2 * _KEY_ID + 2
        end = start + int.from_bytes(framed[start - 2 : start], "big")
        pairs.append((framed[at : at + _KEY_ID], framed[at + _KEY_ID : start - 2], framed[start:end]))
        at = end
    if at != len(framed):
        raise CannotOpen
    return pairs


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
