"""Ed25519 (RFC 8032) with the strict verification rule of this ledger.

Libraries disagree on odd signatures (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", 2020).
Evidence that one program accepts and another refuses is worth nothing, so a signature is good here only when
all of these hold:

* the key A and the point R are canonical: the y coordinate is below p = 2**255 - 19;
* neither is one of the eight points of small order, in any encoding;
* the number S is below the order L of the group;
* the equation holds without the cofactor, [S]B = R + [k]A, compared as bytes, with k over the bytes as sent.

This is the rule of libsodium's classic ``crypto_sign_verify_detached``. A and R of mixed order (a large point
plus a small one) pass only where the equation without cofactor holds, exactly as there; an honest key never
is of that kind.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_Y_OF_ORDER_8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
# The sign of x is no part of y: five values of y cover all eight points and every encoding of them.
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


class SignatureInvalid(Exception):
    """A signature is not good under the strict rule."""


def verify(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Check ``signature`` (64 bytes) of ``message`` by ``public_key`` (32 bytes). Raises
    ``SignatureInvalid``.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureInvalid("a signature has 64 bytes")
    require_sound_point(public_key)
    require_sound_point(signature[:32])
    if int.from_bytes(signature[32:], "little") >= _L:
        raise SignatureInvalid("the number in the signature is too large")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid("the signature does not fit the text and the key") from error


def require_sound_point(encoded: bytes) -> None:
    """Raise ``SignatureInvalid`` unless ``encoded`` is 32 bytes, canonical and not of small order."""
    if len(encoded) != KEY_BYTES:
        raise SignatureInvalid("a point has 32 bytes")
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    if y >= _P:
        raise SignatureInvalid("a point is not written in the canonical way")
    if y in _SMALL_ORDER_Y:
        raise SignatureInvalid("a point is of small order")


def sign(private_key: bytes, message: bytes) -> bytes:
    """Signature of ``message`` with the 32-byte seed ``private_key``."""
    return Ed25519PrivateKey.from_private_bytes(private_key).sign(message)


def public_key_of(private_key: bytes) -> bytes:
    """The 32-byte public key that belongs to the 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()
