"""Looks for a secret wherever something may have been kept: every column of every table, files, logs."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from django.contrib.sessions.models import Session
from django.db import connection

Place = tuple[str, bytes]


def in_the_database() -> Iterator[Place]:
    """Every value of every table, as bytes; what Django packs once more is unpacked too."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield f"{table}.{column}", _as_bytes(value)
    for session in Session.objects.all():
        yield "a session, opened", repr(session.get_decoded()).encode()
    yield from _pages_of_sqlite()


def _pages_of_sqlite() -> Iterator[Place]:
    """The whole embedded store as it would lie on disk, with what was deleted and not overwritten."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        yield "the pages of the store", connection.connection.serialize()


def _as_bytes(value: object) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode()


def in_files(*folders: Path) -> Iterator[Place]:
    """Every file below these folders, its name included."""
    for folder in folders:
        for path in folder.rglob("*"):
            name = str(path.relative_to(folder)).encode()
            yield f"{path}", name + b"\n" + (path.read_bytes() if path.is_file() else b"")


def forms(secret: bytes) -> set[bytes]:
    """The ways in which bytes may stand in a text: as they are, hexadecimal, base 64 at any offset."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode(), repr(secret)[2:-1].encode()}
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * offset + secret).rstrip(b"=")
            found.add(text[(offset * 8 + 5) // 6 : len(text) - 1])
    return found


def phrases(words: Sequence[str]) -> set[bytes]:
    """Neighbouring words of a code, however they are joined; one word alone is everybody's."""
    joints = (" ", ",", ", ", "\n", "+", "%20", "-", "', '", '", "', "\\n", "\r\n")
    joined = {f"{one}{joint}{other}" for one, other in pairwise(words) for joint in joints}
    joined |= {"".join(words[at : at + 3]) for at in range(len(words) - 2)}
    return {each.encode() for each in joined}


def found(secrets: Mapping[str, Iterable[bytes]], places: Iterable[Place]) -> list[str]:
    """Which secret stands where; empty when there is nothing."""
    needles = [(name, needle) for name, known in secrets.items() for needle in known]
    assert all(len(needle) >= 6 for _name, needle in needles), "too short a needle is found everywhere"
    hits = set()
    for place, data in places:
        for layer in (data, *_unpacked(data)):
            hits |= {f"{name} in {place}" for name, needle in needles if needle in layer}
    return sorted(hits)


def _unpacked(data: bytes) -> Iterator[bytes]:
    """What a compressed value holds."""
    try:
        yield zlib.decompress(data)
    except zlib.error:
        return
