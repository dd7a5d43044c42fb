"""Static files of a log after https://c2sp.org/tlog-tiles: tiles of 256 hashes and bundles of 256 entries.

``tile/<level>/<index>`` holds hashes: at level 0 of leaves, at level l of full tiles of level l - 1.
``tile/entries/<index>`` holds the entries, each after its length in 2 bytes (big endian). ``.p/<width>`` at
the end marks a tile that is not full. A path never changes its content, so the files can be cached for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Final

from tocsin.ledger.durable_files import write_durably
from tocsin.ledger.merkle import leaf_hash, parents_of

WIDTH: Final = 256
ENTRIES: Final = "entries"
LONGEST_ENTRY = 0xFFFF

_HASH = 32
_FULL = WIDTH * _HASH
_HEIGHT = 8
_KEPT_TILES = 256


class TileError(Exception):
    """The files of a log cannot be used."""


class TileMissing(TileError):
    """A file that the tree needs is not there."""


class TileInvalid(TileError):
    """A file has the wrong length or form."""


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Path below the log's folder. ``level`` is 0 to 63 or ``ENTRIES``; ``width`` below 256 gives a partial
    tile.
    """
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """Path of the bundle of entries beside tile ``index`` of level 0."""
    return tile_path(ENTRIES, index, width)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each after its length. Raises ``ValueError`` above 65,535 bytes."""
    parts = []
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise ValueError("an entry has at most 65,535 bytes")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(data: bytes, count: int, *, exact: bool = True) -> list[bytes]:
    """The first ``count`` entries. Raises ``TileInvalid`` when there are fewer, or with ``exact`` more."""
    entries, at = [], 0
    for _ in range(count):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise TileInvalid("a bundle of entries is cut off")
        entries.append(data[start:at])
    if exact and at != len(data):
        raise TileInvalid("a bundle of entries has something left over")
    return entries


class TileReader:
    """A ``merkle.HashReader`` over the tiles of a tree of ``size`` leaves. Keeps a few tiles in memory.

    It believes the files: compare the root with a signed checkpoint. Raises ``TileMissing`` and
    ``TileInvalid``.
    """

    def __init__(self, directory: Path, size: int) -> None:
        self.directory = directory
        self.size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def tile(self, level: int, index: int) -> bytes:
        """Hashes of one tile as they stand in its file, as many as the tree of ``size`` has."""
        return self._with_parents(level, index)[0]

    def node(self, level: int, index: int, /) -> bytes:
        """See ``merkle.HashReader``."""
        tile_level, inside = divmod(level, _HEIGHT)
        tile_index, at = divmod(index, WIDTH >> inside)
        found = self._with_parents(tile_level, tile_index)[inside][at * _HASH : (at + 1) * _HASH]
        if index < 0 or len(found) != _HASH:
            raise TileMissing(f"the tree has no complete node {index} at level {level}")
        return found

    def _with_parents(self, level: int, index: int) -> list[bytes]:
        known = self._tiles.get((level, index))
        if known is None:
            known = [read_tile(self.directory, self.size, level, index)]
            for _ in range(_HEIGHT - 1):
                known.append(parents_of(known[-1][: len(known[-1]) // (2 * _HASH) * (2 * _HASH)]))
            if len(self._tiles) >= _KEPT_TILES:
                self._tiles.pop(next(iter(self._tiles)))
            self._tiles[level, index] = known
        return known


def read_tile(directory: Path, size: int, level: int, index: int) -> bytes:
    """Hashes of one tile of a tree of ``size`` leaves. Raises ``TileMissing`` and ``TileInvalid``."""
    return _read_tile(directory, level, index, min(WIDTH, (size >> _HEIGHT * level) - index * WIDTH))


def read_entries(directory: Path, size: int, *, start: int = 0) -> Iterator[bytes]:
    """Entries ``start`` to ``size - 1`` in order, read lazily. Raises ``TileMissing`` and ``TileInvalid``."""
    for index in range(start // WIDTH, -(-size // WIDTH)):
        yield from read_bundle(directory, size, index)[max(0, start - index * WIDTH) :]


def read_bundle(directory: Path, size: int, index: int) -> list[bytes]:
    """Entries of bundle ``index`` of a tree of ``size``. Raises ``TileMissing`` and ``TileInvalid``."""
    width = min(WIDTH, size - index * WIDTH)
    data, exact = _read_file(directory, ENTRIES, index, width)
    return decode_bundle(data, width, exact=exact)


def write_tiles(
    directory: Path,
    entries: Iterable[bytes],
    *,
    start: int = 0,
    write: Callable[[Path, bytes], None] = write_durably,
) -> list[Path]:
    """Write all files that change when ``entries`` are appended to a log of ``start`` leaves in
    ``directory``.

    With ``start`` 0 everything is written afresh. Entries and low levels come first, so that a reader never
    finds a tile without what lies below it; put the checkpoint there last, after flushing the folders.
    Returns the paths written. Raises ``TileMissing`` when the files of the first ``start`` leaves are not
    there.
    """
    written: list[Path] = []

    def put(level: int | str, index: int, width: int, data: bytes) -> None:
        path = directory / tile_path(level, index, width)
        write(path, data)
        written.append(path)

    begin, hashes = start - start % WIDTH, bytearray()
    stream = chain(read_bundle(directory, start, start // WIDTH) if start % WIDTH else (), entries)
    index = begin // WIDTH
    while bundle := list(islice(stream, WIDTH)):
        put(ENTRIES, index, len(bundle), encode_bundle(bundle))
        hashes += b"".join(map(leaf_hash, bundle))
        index += 1
    level, fresh = 0, bytes(hashes)
    while fresh:
        tiles = [fresh[at : at + _FULL] for at in range(0, len(fresh), _FULL)]
        for index, tile in enumerate(tiles, begin // WIDTH):
            put(level, index, len(tile) // _HASH, tile)
        above = [tile_root(tile) for tile in tiles if len(tile) == _FULL]
        level, place = level + 1, begin // WIDTH
        begin = place - place % WIDTH
        old = _read_tile(directory, level, place // WIDTH, place % WIDTH) if above and place % WIDTH else b""
        fresh = old + b"".join(above) if above else b""
    return written


def tile_root(tile: bytes) -> bytes:
    """Root of a full tile: the hash that stands for it one level up."""
    while len(tile) > _HASH:
        tile = parents_of(tile)
    return tile


def _read_tile(directory: Path, level: int, index: int, width: int) -> bytes:
    data, exact = _read_file(directory, level, index, width)
    if len(data) < width * _HASH or (exact and len(data) != width * _HASH):
        raise TileInvalid(f"{tile_path(level, index, width)} has the wrong length")
    return data[: width * _HASH]


def _read_file(directory: Path, level: int | str, index: int, width: int) -> tuple[bytes, bool]:
    """Bytes of a tile, and whether they are of exactly this width (a full tile may stand in for a partial
    one).
    """
    if not 1 <= width <= WIDTH or index < 0:
        raise TileMissing(f"the tree has no tile {index} at level {level}")
    largest = WIDTH * (2 + LONGEST_ENTRY) if level == ENTRIES else _FULL
    for given in dict.fromkeys((width, WIDTH)):
        path = directory / tile_path(level, index, given)
        try:
            if path.is_file():
                with path.open("rb") as file:
                    data = file.read(largest + 1)
                if len(data) > largest:
                    raise TileInvalid(f"{path} is too large")
                return data, given == width
        except OSError as error:
            raise TileInvalid(f"{path} cannot be read: {error.strerror}") from error
    raise TileMissing(f"{tile_path(level, index, width)} is missing")
