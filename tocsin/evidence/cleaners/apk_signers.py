"""Who signed an Android app: certificates of the v1 (JAR) and v2, v3, v3.1 signatures.

Sources: "APK Signature Scheme v2" and "v3" at source.android.com. The signatures are not verified: the facts say which
certificates the file names, which is what two copies of an app are compared by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

if TYPE_CHECKING:
    from tocsin.evidence.cleaners.apk import Package

_MAGIC = b"APK Sig Block 42"
_SCHEMES = {0x7109871A: "v2", 0xF05368C0: "v3", 0x1B93AD61: "v3.1"}
_MOST_BLOCK = 16 * 1024 * 1024
_MOST_SIGNERS = 20


@dataclass(frozen=True)
class Signer:
    """``fingerprint``: SHA-256 of the certificate, hexadecimal. ``subject``: as RFC 4514 writes it."""

    scheme: str
    fingerprint: str
    subject: str


def signers_of(data: bytes, package: Package) -> list[Signer]:
    """Signers in the order v1, v2, v3, v3.1, each once, at most twenty."""
    found: list[Signer] = []
    for scheme, certificate in [*_of_jar(package), *_of_block(data, package.directory_offset)]:
        signer = Signer(scheme, hashlib.sha256(certificate).hexdigest(), _subject(certificate))
        if signer not in found:
            found.append(signer)
    return found[:_MOST_SIGNERS]


def _subject(certificate: bytes) -> str:
    with suppress(ValueError, TypeError):
        return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
    return ""


def _of_jar(package: Package) -> Iterator[tuple[str, bytes]]:
    names = [name for name in package.names if name.startswith("META-INF/") and name.endswith((".RSA", ".DSA", ".EC"))]
    for name in names[:_MOST_SIGNERS]:
        with suppress(ValueError, KeyError, OSError):
            for certificate in pkcs7.load_der_pkcs7_certificates(package.read(name)):
                yield "v1", certificate.public_bytes(Encoding.DER)


def _of_block(data: bytes, directory_offset: int) -> Iterator[tuple[str, bytes]]:
    """The signing block stands right before the central directory: size (8) ‖ pairs ‖ size (8) ‖ magic (16)."""
    end = directory_offset
    if not 32 <= end <= len(data) or data[end - 16 : end] != _MAGIC:
        return
    size = int.from_bytes(data[end - 24 : end - 16], "little")
    if not 24 <= size <= min(end, _MOST_BLOCK):
        return
    block = data[end - size : end - 24]
    while len(block) >= 12:
        length = int.from_bytes(block[:8], "little")
        scheme = _SCHEMES.get(int.from_bytes(block[8:12], "little"))
        if length < 4:
            return
        if scheme:
            for signer in _pieces(next(_pieces(block[12 : 8 + length]), b"")):
                yield from ((scheme, certificate) for certificate in _certificates(signer))
        block = block[8 + length :]


def _certificates(signer: bytes) -> Iterator[bytes]:
    """signer = signed data ‖ …; signed data = digests ‖ certificates ‖ …; each with its length before it."""
    parts = list(_pieces(next(_pieces(signer), b"")))
    if len(parts) > 1:
        yield from _pieces(parts[1])


def _pieces(sequence: bytes) -> Iterator[bytes]:
    """The parts of a sequence in which each has its length (4, little endian) before it; stops at nonsense."""
    at = 0
    while at + 4 <= len(sequence):
        length = int.from_bytes(sequence[at : at + 4], "little")
        if at + 4 + length > len(sequence):
            return
        yield sequence[at + 4 : at + 4 + length]
        at += 4 + length
