"""Tiles and bundles: paths, growth in any steps, damage by name, and real logs of other programs."""

from __future__ import annotations

import base64
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.ledger.checkpoint import Checkpoint, open_checkpoint, parse
from tocsin.ledger.merkle import (
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from tocsin.ledger.note import Verifier
from tocsin.ledger.tests.conftest import Load
from tocsin.ledger.tiles import (
    ENTRIES,
    TileError,
    TileInvalid,
    TileMissing,
    TileReader,
    decode_bundle,
    encode_bundle,
    entries_path,
    read_entries,
    read_tile,
    tile_path,
    tile_root,
    write_tiles,
)

ENTRY = [b"entry %d" % number for number in range(70_000)]


def put(path: Path, data: bytes) -> None:
    """Write without flushing: these tests are not about power cuts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write(directory: Path, entries: list[bytes], start: int = 0) -> list[str]:
    return [str(path.relative_to(directory)) for path in write_tiles(directory, entries, start=start, write=put)]


@pytest.mark.parametrize(
    ("index", "path"),
    [(0, "000"), (5, "005"), (999, "999"), (1000, "x001/000"), (57500, "x057/500"), (1234067, "x001/x234/067")],
)
def test_paths_are_those_of_the_format(index: int, path: str) -> None:
    assert tile_path(0, index) == f"tile/0/{path}"
    assert tile_path(3, index, 17) == f"tile/3/{path}.p/17"
    assert entries_path(index, 255) == tile_path(ENTRIES, index, 255) == f"tile/entries/{path}.p/255"


def test_a_log_of_70000_has_the_files_that_the_format_names(tmp_path: Path) -> None:
    written = write(tmp_path, ENTRY)
    full = {level: sum(f"tile/{level}/" in path and ".p/" not in path for path in written) for level in "012"}
    assert full == {"0": 273, "1": 1, "2": 0}
    partial = sorted(path for path in written if ".p/" in path)
    assert partial == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"]
    reader, tree = TileReader(tmp_path, 70_000), Tree(map(leaf_hash, ENTRY))
    assert root_at(70_000, reader) == tree.root()
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        proof = inclusion_proof(index, 70_000, reader)
        assert proof == inclusion_proof(index, 70_000, tree)
        verify_inclusion(leaf_hash(ENTRY[index]), index, 70_000, proof, tree.root())
    assert list(read_entries(tmp_path, 70_000, start=69_000)) == ENTRY[69_000:]
    assert tile_root(read_tile(tmp_path, 70_000, 0, 3)) == tree.node(8, 3)


def test_a_log_of_256_has_one_full_tile_and_one_above(tmp_path: Path) -> None:
    assert write(tmp_path, ENTRY[:256]) == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


@given(steps=st.lists(st.integers(0, 700), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_growing_in_steps_gives_the_same_files(steps: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    grown, whole = tmp_path_factory.mktemp("grown"), tmp_path_factory.mktemp("whole")
    size = 0
    for step in steps:
        write(grown, ENTRY[size : size + step], start=size)
        size += step
        assert root_at(size, TileReader(grown, size)) == Tree(map(leaf_hash, ENTRY[:size])).root()
    for path in write(whole, ENTRY[:size]):
        assert (grown / path).read_bytes() == (whole / path).read_bytes()
    assert list(read_entries(grown, size)) == ENTRY[:size]


def test_growing_needs_what_was_there_before(tmp_path: Path) -> None:
    with pytest.raises(TileMissing):
        write(tmp_path, ENTRY[300:310], start=300)


def test_a_full_tile_stands_in_for_a_partial_one(tmp_path: Path) -> None:
    write(tmp_path, ENTRY[:300])
    write(tmp_path, ENTRY[300:600], start=300)
    for path in ("tile/0/001.p/44", "tile/entries/001.p/44"):  # a log may remove them by now
        (tmp_path / path).unlink()
    assert root_at(300, TileReader(tmp_path, 300)) == Tree(map(leaf_hash, ENTRY[:300])).root()
    assert list(read_entries(tmp_path, 300)) == ENTRY[:300]


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


@given(data=st.binary(max_size=50), count=st.integers(0, 10))
def test_any_bytes_are_a_bundle_or_refused_by_name(data: bytes, count: int) -> None:
    try:
        entries = decode_bundle(data, count)
    except TileInvalid:
        return
    assert encode_bundle(entries) == data


def test_an_entry_that_is_too_long_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"65,535"):
        write(tmp_path, [b"x" * 65_536])


def test_damaged_files_are_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path, ENTRY[:300])
    reader = TileReader(tmp_path, 300)
    with pytest.raises(TileMissing):
        reader.node(0, 300)
    with pytest.raises(TileMissing):
        reader.node(0, -1)
    tile = tmp_path / "tile/0/001.p/44"
    good = tile.read_bytes()
    for bad in (b"", good[:-1], good + b"x", good * 300):
        tile.write_bytes(bad)
        with pytest.raises(TileInvalid):
            TileReader(tmp_path, 300).node(0, 299)
    tile.unlink()
    tile.mkdir()
    with pytest.raises(TileMissing):
        TileReader(tmp_path, 300).node(0, 299)
    bundle = tmp_path / "tile/entries/001.p/44"
    for bad in (b"", bundle.read_bytes()[:-1], bundle.read_bytes() + b"x", b"\xff" * 20_000_000):
        bundle.write_bytes(bad)
        with pytest.raises(TileInvalid):
            list(read_entries(tmp_path, 300))


def test_a_size_beyond_all_files_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(TileError):
        root_at(2**62 + 1, TileReader(tmp_path, 2**62 + 1))


def unpack(files: dict[str, dict[str, str]], folder: Path, strip: str = "") -> None:
    for name, file in files.items():
        if name.startswith(strip):
            (form, value), *_ = file.items()
            decode = {"text": str.encode, "hex": bytes.fromhex, "base64": base64.b64decode}[form]
            put(folder / name.removeprefix(strip), decode(value))


def test_a_log_grown_by_another_program_is_whole_at_every_size(tlog_vectors: Load, tmp_path: Path) -> None:
    vectors = tlog_vectors("tessera-testlog.json")
    unpack(vectors["files"], tmp_path)
    key = next(line for line in vectors["build_log_sh"].splitlines() if "LOG_PUBLIC_KEY" in line).split('"')[1]
    verifier = Verifier.from_vkey(key)
    heads: list[Checkpoint] = []
    for size in range(16):
        head = open_checkpoint((tmp_path / f"checkpoint.{size}").read_bytes(), verifier, origin=verifier.name)
        assert head.size == size
        entries = list(read_entries(tmp_path, size))
        assert len(entries) == size
        assert root_at(size, TileReader(tmp_path, size)) == head.root == Tree(map(leaf_hash, entries)).root()
        heads.append(head)
    assert entries[-1] == b"fivten"
    for old, new in combinations(heads[1:], 2):
        proof = consistency_proof(old.size, new.size, TileReader(tmp_path, new.size))
        verify_consistency(old.size, new.size, proof, old.root, new.root)
    written = write(tmp_path / "own", entries)
    assert all((tmp_path / path).read_bytes() == (tmp_path / "own" / path).read_bytes() for path in written)


def test_tiles_of_a_mirror_give_the_root_that_it_signed(tlog_vectors: Load, tmp_path: Path) -> None:
    files = tlog_vectors("sunlight-witness.json")["files"]
    folder = next(name for name in files if "/mirror/" in name and name.endswith("/tile/0/000"))[: -len("tile/0/000")]
    unpack(files, tmp_path, folder)
    head = parse((tmp_path / "checkpoint").read_text().partition("\n\n")[0] + "\n")
    assert head.size == 300
    assert root_at(300, TileReader(tmp_path, 300)) == head.root
    assert tile_root(read_tile(tmp_path, 300, 0, 0)) == read_tile(tmp_path, 300, 1, 0)


def test_tiles_of_a_certificate_log_are_read(tlog_vectors: Load, tmp_path: Path) -> None:
    unpack(tlog_vectors("sunlight-navigli-tiles.json")["files"], tmp_path, "testdata/navigli2025h2/")
    partial, full = (tmp_path / "tile/0/003.p/10").read_bytes(), (tmp_path / "tile/0/003").read_bytes()
    assert full.startswith(partial)
    leaves = [(tmp_path / f"tile/0/00{index}").read_bytes() for index in range(4)]
    flat = b"".join(leaves)
    tree = Tree([flat[at : at + 32] for at in range(0, len(flat), 32)])
    assert root_at(778, tree) != root_at(1024, tree)
    reader = TileReader(tmp_path, 778)
    assert [reader.node(0, index) for index in (0, 511, 777)] == [tree.node(0, index) for index in (0, 511, 777)]
    assert reader.node(5, 9) == tree.node(5, 9)
