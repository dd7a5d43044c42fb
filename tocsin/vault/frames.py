"""Files sealed as a stream of 64 KiB frames: form ``0x06``. Neither side ever holds more than one frame.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", CRYPTO 2015, section 6) over AES-256-GCM: the nonce of a frame holds a random prefix of the file,
the frame's number and whether it is the last one. So a frame opens only in its own file, at its own place, and a file
that was cut off at a frame's border does not open to the end.

====================  ============================================================================================
bytes                 what
====================  ============================================================================================
1                     ``0x06``
7                     random prefix of this file
65,536 + 16 each      frames: AES-256-GCM of a frame's plaintext; the last frame may be shorter
====================  ============================================================================================

A frame's plaintext: how many bytes of the file it holds (4, big endian), these bytes, zero bytes. Nonce: prefix (7) ‖
number of the frame (4, big endian, from 0) ‖ 1 for the last frame, otherwise 0. Associated data: ``0x06`` ‖ the place.
The plaintexts of all frames together are as long as ``blobs.bucket`` says, so the size on disk tells only the bucket.

The key must be new for each file. (Two files under one key would still be safe until two prefixes of 56 random bits
meet, but nothing is gained by it.)
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tocsin.vault.blobs import NONCE_BYTES, CannotOpen, Place, bucket

FRAMES: Final = 0x06
FRAME_BYTES: Final = 65536
PREFIX_BYTES: Final = 7
TAG_BYTES: Final = 16
_COUNT = 4  # bytes that say how much of a frame is the file
_HOLDS = FRAME_BYTES - _COUNT  # bytes of the file in a full frame
_HEADER = 1 + PREFIX_BYTES
_NUMBER = NONCE_BYTES - PREFIX_BYTES - 1
MOST_FRAMES: Final = 1 << (8 * _NUMBER)


def padded_size(size: int) -> int:
    """Bytes of all frames' plaintexts together for a file of ``size`` bytes."""
    frames = max(1, -(-size // _HOLDS))
    return bucket(size + frames * _COUNT)


def sealed_size(size: int) -> int:
    """Bytes on disk for a file of ``size`` bytes."""
    padded = padded_size(size)
    return _HEADER + padded + TAG_BYTES * -(-padded // FRAME_BYTES)


class FrameSealer:
    """Seals one file as it arrives: ``update`` with chunks of any size, then ``finish`` once.

    ``key``: 32 bytes, new for each file. ``place``: where the file belongs; it opens nowhere else. What ``update`` and
    ``finish`` return, one after the other, is the sealed file. Not for use by several threads at once.
    """

    def __init__(self, key: bytes, place: Place) -> None:
        self._frames = _Frames(key, place, secrets.token_bytes(PREFIX_BYTES))
        self._out = bytes([FRAMES]) + self._frames.prefix
        self._buffer = bytearray()
        self._hash = hashlib.sha256()
        self._finished = False
        self.size = 0

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the plaintext so far, 32 bytes."""
        return self._hash.digest()

    def update(self, data: bytes | bytearray | memoryview) -> bytes:
        """The next sealed bytes, often none. Raises ``ValueError`` after ``finish`` and beyond ``MOST_FRAMES``."""
        if self._finished:
            raise ValueError("this file is finished")
        view = memoryview(data).cast("B")
        self._hash.update(view)
        self.size += len(view)
        sealed = [self._take_header()]
        # One byte more than a frame holds must be there: only then is that frame surely not the last one.
        while len(self._buffer) + len(view) > _HOLDS:
            missing = _HOLDS - len(self._buffer)
            self._buffer += view[:missing]
            view = view[missing:]
            sealed.append(self._frames.seal(self._plaintext(FRAME_BYTES), last=False))
        self._buffer += view
        return b"".join(sealed)

    def finish(self) -> bytes:
        """The rest of the sealed bytes at once: with the padding up to a sixteenth of the file, see ``closing``.

        Raises ``ValueError`` when called twice.
        """
        return b"".join(self.closing())

    def closing(self) -> Iterator[bytes]:
        """What ``finish`` gives, frame by frame: for large files. Raises ``ValueError`` when called twice."""
        if self._finished:
            raise ValueError("this file is finished")
        self._finished = True
        return self._closing()

    def _closing(self) -> Iterator[bytes]:
        yield self._take_header()
        left = padded_size(self.size) - self._frames.number * FRAME_BYTES
        while left > FRAME_BYTES:
            yield self._frames.seal(self._plaintext(FRAME_BYTES), last=False)
            left -= FRAME_BYTES
        yield self._frames.seal(self._plaintext(left), last=True)

    def _take_header(self) -> bytes:
        header, self._out = self._out, b""
        return header

    def _plaintext(self, length: int) -> bytes:
        """A frame of ``length`` bytes with all that the buffer holds."""
        held = len(self._buffer)
        plaintext = b"".join((held.to_bytes(_COUNT, "big"), self._buffer, bytes(length - _COUNT - held)))
        self._buffer.clear()
        return plaintext

    def __repr__(self) -> str:
        """Says nothing, so that no log or traceback can show a key."""
        return "FrameSealer(…)"


class _Frames:
    """The cipher of one file: counts frames and makes their nonces."""

    def __init__(self, key: bytes, place: Place, prefix: bytes) -> None:
        self.prefix = prefix
        self.number = 0
        self._cipher = AESGCM(key)
        self._associated = bytes([FRAMES]) + place.to_bytes()

    def seal(self, plaintext: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), plaintext, self._associated)

    def open(self, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(last=last), sealed, self._associated)
        except (InvalidTag, ValueError) as wrong:
            raise CannotOpen from wrong

    def _nonce(self, *, last: bool) -> bytes:
        if self.number >= MOST_FRAMES:
            raise ValueError("too large: a nonce would repeat")
        nonce = self.prefix + self.number.to_bytes(_NUMBER, "big") + bytes([last])
        self.number += 1
        return nonce


def open_frames(key: bytes, place: Place, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The file, frame by frame, from sealed ``chunks`` of any size. Empty frames are not handed out.

    Raises ``CannotOpen`` on another key or place and on any change: bits, order, frames missing, doubled or added,
    an end that is missing. What was handed out before is the true beginning of the file; that it is the whole file is
    known only when the iterator ends without an error.
    """
    pieces = _cut(chunks)
    prefix, _last = next(pieces)
    try:
        frames = _Frames(key, place, prefix)
    except ValueError as wrong:  # a key of another size
        raise CannotOpen from wrong
    full = True
    for sealed, last in pieces:
        data = _content(frames.open(sealed, last=last), after_full=full)
        full = len(data) == _HOLDS
        if data:
            yield data


def _cut(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """First the prefix, then each sealed frame with whether it is the last. ``CannotOpen`` when there is none."""
    buffer = bytearray()
    begun = False
    for chunk in chunks:
        buffer += chunk
        if not begun and len(buffer) >= _HEADER:
            if buffer[0] != FRAMES:
                raise CannotOpen
            yield bytes(buffer[1:_HEADER]), False
            del buffer[:_HEADER]
            begun = True
        while begun and len(buffer) > FRAME_BYTES + TAG_BYTES:
            yield bytes(buffer[: FRAME_BYTES + TAG_BYTES]), False
            del buffer[: FRAME_BYTES + TAG_BYTES]
    if not begun or len(buffer) < TAG_BYTES + _COUNT:
        raise CannotOpen
    yield bytes(buffer), True


def _content(plaintext: bytes, *, after_full: bool) -> bytes:
    """What a frame holds of the file. There is one way only to write a file: no gaps, nothing hidden in the padding."""
    held = int.from_bytes(plaintext[:_COUNT], "big")
    data, padding = plaintext[_COUNT : _COUNT + held], plaintext[_COUNT + held :]
    if held > len(plaintext) - _COUNT or (held and not after_full) or padding.count(0) != len(padding):
        raise CannotOpen
    return data
