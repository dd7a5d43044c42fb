"""Android apps are never installed or run. The copy is a list of facts: signer, permissions, hosts."""

from __future__ import annotations

import html
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from apkInspector.axml import get_manifest
from apkInspector.headers import CentralDirectory, EndOfCentralDirectoryRecord, LocalHeaderRecord

from tocsin.evidence.cleaners.apk_signers import Signer, signers_of
from tocsin.evidence.cleaners.contract import Asked, Made, Refusal, Refused, joined, read_all
from tocsin.evidence.cleaners.visible import as_table, in_one_line

MANIFEST = "AndroidManifest.xml"
_MEMBER_BYTES = 64 * 1024 * 1024
_ALL_BYTES = 256 * 1024 * 1024
_MANIFEST_BYTES = 4 * 1024 * 1024
_MOST_HOSTS, _MOST_PERMISSIONS = 200, 150
_STORED, _DEFLATED = 0, 8
# Names in string tables that are identifiers of XML namespaces and the like, not places that an app calls.
_NO_PLACES = {"schemas.android.com", "www.w3.org", "ns.adobe.com", "xml.org", "schemas.microsoft.com", "xmlpull.org"}
_ADDRESS = re.compile(
    rb"(?:https?|wss?|ftp|mqtts?|tcp)://([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?)(:\d{1,5})?"
)
_STRINGS_IN = re.compile(r"(?:classes\d*\.dex|resources\.arsc|assets/.{1,200}|res/raw/.{1,200}|lib/.{1,200}\.so)")


def clean(source: BinaryIO, asked: Asked) -> Made:
    """The facts, as text and as facts. Raises whatever the parsers raise where not even a manifest can be found."""
    data = read_all(source, asked)
    package = Package(data)
    manifest = get_manifest(io.BytesIO(package.read(MANIFEST, _MANIFEST_BYTES)))
    signers = signers_of(data, package)
    facts = [*_of_manifest(manifest), *_of_signers(signers)]
    hosts, more = package.hosts()
    facts += [("host", host) for host in hosts]
    notes = ["tampered"] if package.tampered else []
    if more:
        notes.append("entries-left-out")
    if not signers:
        notes.append("no-signature")
    return Made(joined(as_table(facts)), "text/plain", facts, notes)


class Package:
    """The zip inside an APK, read as Android reads it: the central directory rules, odd headers are put up with.

    Raises ``ValueError`` or ``struct.error`` when there is no directory at all.
    """

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self._left = _ALL_BYTES
        end = EndOfCentralDirectoryRecord.parse(self._file)
        self.directory_offset: int = end.offset_of_start_of_central_directory
        self._entries = CentralDirectory.parse(self._file, end).entries
        self.tampered = False

    @property
    def names(self) -> list[str]:
        """Names in the central directory."""
        return list(self._entries)

    def read(self, name: str, most: int = _MEMBER_BYTES) -> bytes:
        """At most ``most`` bytes of a member. Raises ``KeyError`` when there is none, ``zlib.error`` when damaged.

        A method that is neither "stored" nor "deflated" is a trick against tools: Android then takes the member as
        stored when the sizes agree, otherwise as deflated.
        """
        entry = self._entries[name]
        header = LocalHeaderRecord.parse(self._file, entry)
        if header is None:
            raise KeyError(name)
        method = header.compression_method
        if (
            method not in (_STORED, _DEFLATED)
            or method != entry.compression_method
            or entry.general_purpose_bit_flag & 1
        ):
            self.tampered = True
        self._file.seek(entry.relative_offset_of_local_file_header + 30 + header.file_name_length)
        self._file.seek(header.extra_field_length, io.SEEK_CUR)
        packed = self._file.read(min(entry.compressed_size, len(self._file.getbuffer())))
        if method == _STORED or (method != _DEFLATED and entry.compressed_size == entry.uncompressed_size):
            data = packed[:most]
        else:
            data = zlib.decompressobj(-15).decompress(packed, most)
        self._left -= len(data)
        if self._left < 0:
            raise Refused(Refusal.TOO_LARGE)
        return data

    def hosts(self) -> tuple[list[str], bool]:
        """Hosts named in code, resources and assets, in the order of first sight; whether there were more."""
        found: dict[str, None] = {}
        for name in filter(_STRINGS_IN.fullmatch, self.names):
            with suppress(KeyError, ValueError, zlib.error):
                for host in _hosts_in(self.read(name)):
                    found.setdefault(host)
                    if len(found) > _MOST_HOSTS:
                        return list(found)[:_MOST_HOSTS], True
        return list(found), False


def _hosts_in(data: bytes) -> Iterator[str]:
    """Hosts in addresses that stand in ``data`` as UTF-8, or as UTF-16 as resource tables may have them."""
    for text in (data, data[::2], data[1::2]):
        for name, port in _ADDRESS.findall(text):
            host = name.decode("ascii").lower()
            if host not in _NO_PLACES and ("." in host or port):
                yield host + port.decode("ascii")


def _of_manifest(manifest: str) -> list[tuple[str, str]]:
    facts = []
    for code, pattern in (
        ("package", r'<manifest [^>]*?\bpackage="([^"]*)"'),
        ("version", r'<manifest [^>]*?\bversionName="([^"]*)"'),
        ("version-code", r'<manifest [^>]*?\bversionCode="([^"]*)"'),
        ("min-sdk", r'<uses-sdk [^>]*?\bminSdkVersion="([^"]*)"'),
        ("target-sdk", r'<uses-sdk [^>]*?\btargetSdkVersion="([^"]*)"'),
    ):
        found = re.search(pattern, manifest)
        if found:
            facts.append((code, in_one_line(html.unescape(found[1]))))
    asked = re.findall(r'<uses-permission(?:-sdk-\d+)? [^>]*?\bname="([^"]*)"', manifest)
    permissions = list(dict.fromkeys(in_one_line(html.unescape(name)) for name in asked))
    return facts + [("permission", name) for name in permissions[:_MOST_PERMISSIONS]]


def _of_signers(signers: list[Signer]) -> list[tuple[str, str]]:
    return [
        ("signer", f"{signer.scheme} SHA-256 {signer.fingerprint} {in_one_line(signer.subject)}".rstrip())
        for signer in signers
    ]
