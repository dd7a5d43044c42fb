"""Android apps, made by hand: binary XML, signing blocks, and the tricks that are played with their headers."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

ANDROID = "http://schemas.android.com/apk/res/android"
PERMISSIONS = ("android.permission.ACCESS_FINE_LOCATION", "android.permission.READ_CONTACTS")
_STRING, _NUMBER = 3, 16
# Attribute → its number in Android's own resources.
_KNOWN = {"versionCode": 0x0101021B, "versionName": 0x0101021C, "minSdkVersion": 0x0101020C, "name": 0x01010003}
_KNOWN["targetSdkVersion"] = 0x01010270
Attribute = tuple[str, str | int]


class BinaryXml:
    """Android's binary XML (``ResourceTypes.h`` of the Android sources): a string pool, then a chunk for each tag."""

    def __init__(self) -> None:
        self._strings = [*_KNOWN]  # those with a resource number come first
        self._body = b""

    def _text(self, text: str) -> int:
        if text not in self._strings:
            self._strings.append(text)
        return self._strings.index(text)

    def _node(self, kind: int, content: bytes) -> None:
        self._body += struct.pack("<HHIII", kind, 16, 16 + len(content), 1, 0xFFFFFFFF) + content

    def namespace(self) -> None:
        """Declare ``android:``."""
        self._node(0x0100, struct.pack("<II", self._text("android"), self._text(ANDROID)))

    def start(self, tag: str, *attributes: Attribute) -> None:
        """``<tag android:name="value">``; ``package`` has no namespace."""
        told = b""
        for name, value in attributes:
            space = 0xFFFFFFFF if name == "package" else self._text(ANDROID)
            if isinstance(value, str):
                raw = self._text(value)
                told += struct.pack("<IIIHBBI", space, self._text(name), raw, 8, 0, _STRING, raw)
            else:
                told += struct.pack("<IIIHBBI", space, self._text(name), 0xFFFFFFFF, 8, 0, _NUMBER, value)
        head = struct.pack("<IIHHHHHH", 0xFFFFFFFF, self._text(tag), 20, 20, len(attributes), 0, 0, 0)
        self._node(0x0102, head + told)

    def end(self, tag: str) -> None:
        """``</tag>``."""
        self._node(0x0103, struct.pack("<II", 0xFFFFFFFF, self._text(tag)))

    def to_bytes(self) -> bytes:
        """The file."""
        texts = b"".join(struct.pack("<H", len(text)) + text.encode("utf-16-le") + b"\0\0" for text in self._strings)
        offsets, at = b"", 0
        for text in self._strings:
            offsets += struct.pack("<I", at)
            at += 4 + 2 * len(text)
        texts += bytes(-len(texts) % 4)
        start = 28 + len(offsets)
        pool = struct.pack("<HHIIIIII", 1, 28, start + len(texts), len(self._strings), 0, 0, start, 0) + offsets + texts
        numbers = b"".join(struct.pack("<I", number) for number in _KNOWN.values())
        resources = struct.pack("<HHI", 0x0180, 8, 8 + len(numbers)) + numbers
        content = pool + resources + self._body
        return struct.pack("<HHI", 3, 8, 8 + len(content)) + content


def manifest(package: str = "org.example.birds", permissions: tuple[str, ...] = PERMISSIONS) -> bytes:
    """A manifest with everything that the facts tell."""
    xml = BinaryXml()
    xml.namespace()
    xml.start("manifest", ("package", package), ("versionCode", 7), ("versionName", "1.2"))
    xml.start("uses-sdk", ("minSdkVersion", 21), ("targetSdkVersion", 34))
    xml.end("uses-sdk")
    for permission in permissions:
        xml.start("uses-permission", ("name", permission))
        xml.end("uses-permission")
    xml.end("manifest")
    return xml.to_bytes()


@cache
def signer() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate that names its owner."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bird Watch")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(start).not_valid_after(start.replace(year=2036))
    return built.sign(key, hashes.SHA256()), key


def jar_signature() -> bytes:
    """``META-INF/CERT.EC``."""
    certificate, key = signer()
    built = pkcs7.PKCS7SignatureBuilder().set_data(b"x").add_signer(certificate, key, hashes.SHA256())
    return built.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature])


def _long(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content


def signing_block(scheme: int = 0x7109871A) -> bytes:
    """An APK signing block with one signer whose signatures are nonsense."""
    certificate = signer()[0].public_bytes(serialization.Encoding.DER)
    signed = _long(_long(struct.pack("<I", 0x0103) + _long(bytes(32)))) + _long(_long(certificate)) + _long(b"")
    value = _long(_long(_long(signed) + _long(b"") + _long(b"")))
    pairs = struct.pack("<QI", 4 + len(value), scheme) + value
    pairs = struct.pack("<QI", 4 + 10, 0x42726577) + bytes(10) + pairs  # padding comes first in real files
    size = struct.pack("<Q", len(pairs) + 24)
    return size + pairs + size + b"APK Sig Block 42"


DEX = (
    b"dex\n035\0"
    b"\0https://api.birds.example/v1/report\0http://10.1.2.3:8080/\0"
    b"https://API.birds.example/other\0http://schemas.android.com/apk/res/android\0"
)
TABLE = bytes(9) + "wss://live.birds.example/socket".encode("utf-16-le")


def apk(
    *, signed: tuple[str, ...] = ("v1", "v2"), first: bytes | None = None, parts: dict[str, bytes] | None = None
) -> bytes:
    """A whole app. ``signed``: which signatures it carries. ``first``: another manifest."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("AndroidManifest.xml", manifest() if first is None else first)
        archive.writestr("classes.dex", DEX)
        archive.writestr("resources.arsc", TABLE)
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
        if "v1" in signed:
            archive.writestr("META-INF/CERT.EC", jar_signature())
    data = out.getvalue()
    for scheme, number in (("v2", 0x7109871A), ("v3", 0xF05368C0), ("v3.1", 0x1B93AD61)):
        if scheme in signed:
            data = with_block(data, signing_block(number))
    return data


def with_block(data: bytes, block: bytes) -> bytes:
    """``data`` with ``block`` before its central directory."""
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", data, end + 16)[0]
    moved = data[:start] + block + data[start:]
    end += len(block)
    return moved[: end + 16] + struct.pack("<I", start + len(block)) + moved[end + 20 :]


def tampered() -> bytes:
    """As malware does it: a method that does not exist, the encryption flag, another name in the local header."""
    data = bytearray(apk(signed=("v2",)))
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, local + 8, 0x4242)
    struct.pack_into("<H", data, central + 10, 0x4242)
    struct.pack_into("<H", data, local + 6, 1)
    struct.pack_into("<H", data, central + 8, 1)
    return bytes(data)
