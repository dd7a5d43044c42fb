"""The public folder: tiles, entry bundles, keys and the checkpoint, as static files anyone may mirror.

Everything is written from the database, so publishing again after a crash heals the folder and gives the
same bytes. The checkpoint moves last: a reader who sees it finds every tile that it needs. Work grows with
the batch: only tiles at or right of the published edge are touched. Format: C2SP tlog-tiles, height 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.common.errors import Unsafe
from tocsin.ledger import selectors
from tocsin.ledger.checkpoint import Checkpoint
from tocsin.ledger.checkpoint_copy import keep_copy, origin_line, read_checkpoint
from tocsin.ledger.durable_files import flush_directory, make_folder, only_one_writer, write_durably
from tocsin.ledger.merkle import root_at
from tocsin.ledger.models import PUBLIC, TreeHead
from tocsin.ledger.note import Verifier
from tocsin.ledger.origins import origin_of_era, split_origin
from tocsin.ledger.startup import LedgerReadOnly, LedgerState, check
from tocsin.ledger.tiles import ENTRIES, WIDTH, TileError, TileReader, tile_path, write_tiles

_HEADS_TO_CLEAN = 8


class TileConflict(Exception):
    """Folder and database do not describe one tree. Never overwritten: the public may hold the other."""


@dataclass(frozen=True)
class LogKeys:
    """What the ``keys`` file says: vkeys of the log and of promises, newest first, and the unit's name."""

    log: Sequence[str]
    promise: Sequence[str]
    unit: str

    def to_bytes(self) -> bytes:
        """One line a key: ``log <vkey>``, ``promise <vkey>``, then ``unit <name>``."""
        lines = [*(f"log {vkey}" for vkey in self.log), *(f"promise {vkey}" for vkey in self.promise)]
        return ("\n".join([*lines, f"unit {self.unit}"]) + "\n").encode()


def publish(*, log_dir: Path, keys: LogKeys, verifier: Verifier, whole: bool = False) -> int:
    """Bring ``log_dir`` to the newest signed head in the database; returns its size.

    ``whole`` compares and rewrites every tile instead of those at the edge (for a folder that lost files).
    Raises ``LedgerReadOnly`` when the folder holds a newer or another tree than the database,
    ``TileConflict`` when a finished tile would have to be given other bytes, ``OSError``; the published
    checkpoint is then as it was.
    """
    with only_one_writer(log_dir):
        head = selectors.latest_head(PUBLIC)
        if head is None:
            _replace(log_dir / "keys", keys.to_bytes())
            return 0
        _set_earlier_origin_aside(log_dir, head)
        published = _published(log_dir, head, verifier)
        start = published.size if published and not whole else 0
        _write_tree(log_dir, head, start)
        _replace(log_dir / "keys", keys.to_bytes())
        # A checkpoint of the same size stays as it is: it may carry a witness's signature by now.
        if published is None or published.size < head.size:
            write_durably(log_dir / "checkpoint", bytes(head.note))
            flush_directory(log_dir)
        _remove_superseded(log_dir, head, published.size if published else head.size)
        return head.size


def catch_up(*, checkpoint_copy: Path, log_dir: Path, keys: LogKeys, verifier: Verifier) -> LedgerState:
    """At each start: the full check, then whatever a crash after the last commit kept from being written.

    Returns the state that was found; nothing is written when it is read-only. Raises as ``publish`` does.
    """
    state = check(checkpoint_copy=checkpoint_copy, log_dir=log_dir, verifier=verifier)
    head = selectors.latest_head(PUBLIC)
    if state.to_publish and head is not None:
        keep_copy(checkpoint_copy, bytes(head.note), verifier)
        publish(log_dir=log_dir, keys=keys, verifier=verifier)
    return state


def _write_tree(log_dir: Path, head: TreeHead, start: int) -> None:
    """Write what a tree of ``start`` leaves had not, then see that the folder gives the signed root.

    Hashes above level 0 are read back from the folder at its edge. Should that edge be lost or wrong, the
    whole tree is written again, which repairs partial tiles and refuses to touch full ones.
    """
    touched: set[Path] = set()

    def put(path: Path, data: bytes) -> None:
        if path.exists():
            if path.read_bytes() == data:
                return
            if not path.parent.name.endswith(".p"):
                raise TileConflict(f"{path} is finished and holds other bytes than the database.")
        folder = path.parent
        while not folder.exists():  # the name of a new folder must be made durable as well
            folder = folder.parent
            touched.add(folder)
        write_durably(path, data)
        touched.add(path.parent)

    aligned = start - start % WIDTH
    leaves = (leaf for _, leaf, _ in selectors.leaves_between(head.era, aligned, head.size))
    try:
        write_tiles(log_dir, leaves, start=aligned, write=put)
        whole = root_at(head.size, TileReader(log_dir, head.size)) == bytes(head.root)
    except TileError:
        whole = False
    if whole:
        for folder in touched:
            flush_directory(folder)
    elif start:
        _write_tree(log_dir, head, 0)
    else:
        raise TileConflict(f"The leaves in the database do not give the signed root of {head.size} entries.")


def _published(log_dir: Path, head: TreeHead, verifier: Verifier) -> Checkpoint | None:
    """The checkpoint in the folder, when it is of a tree that this database continues."""
    path = log_dir / "checkpoint"
    if not path.exists():
        return None
    published = read_checkpoint(path, verifier)
    if published is None:
        raise LedgerReadOnly(f"{path} is not signed with the key of this ledger; nothing was published.")
    ours = TreeHead.objects.filter(log=PUBLIC, era=head.era, size=published.size).first()
    if published.origin != head.origin or ours is None or bytes(ours.root) != published.root:
        raise LedgerReadOnly(f"{path} shows a tree that this database does not continue; nothing was published.")
    return published


def _replace(path: Path, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        write_durably(path, data)
        flush_directory(path.parent)


def _set_earlier_origin_aside(log_dir: Path, head: TreeHead) -> None:
    """After a recovery: move the old origin's files to ``previous/<era>``; a crash between two moves is
    continued.

    The ``handover`` file beside them names the new origin and the month that ``recovery.handover_leaf``
    needs.
    """
    checkpoint = log_dir / "checkpoint"
    if not checkpoint.exists():
        return
    base, era = split_origin(origin_line(checkpoint.read_bytes()))
    if era >= head.era or origin_of_era(base, head.era) != head.origin:
        return
    aside = log_dir / "previous" / str(era)
    make_folder(aside)
    first = TreeHead.objects.filter(log=PUBLIC, era=head.era).earliest("size")
    handover = f"next {head.origin}\nmonth {first.signed_at_hour:%Y-%m}\n"
    _replace(aside / "handover", handover.encode())
    for name in ("tile", "keys", "checkpoint"):  # the checkpoint last: its absence says that all were moved
        source, target = log_dir / name, aside / name
        if source.exists():
            if target.exists():
                raise Unsafe(f"{target} exists already. Look which of the two is right and move the other away.")
            source.rename(target)
    flush_directory(aside)
    flush_directory(log_dir / "previous")
    flush_directory(log_dir)


def _edges(size: int) -> dict[str, int]:
    """The partial tiles of a tree: folder of the partials → width."""
    edges: dict[str, int] = {}
    level = 0
    while size:
        index, part = divmod(size, WIDTH)
        if part:
            edges[f"{tile_path(level, index)}.p"] = part
            if level == 0:
                edges[f"{tile_path(ENTRIES, index)}.p"] = part
        level, size = level + 1, index
    return edges


def _remove_superseded(log_dir: Path, head: TreeHead, published: int) -> None:
    """Remove partial tiles that neither this checkpoint nor the one before needs (readers may still hold
    that one).
    """
    heads = TreeHead.objects.filter(log=PUBLIC, era=head.era, size__lt=head.size).order_by("-size")
    earlier = list(heads.values_list("size", flat=True)[:_HEADS_TO_CLEAN])
    keep = {head.size, published, *earlier[:1]}
    needed = {(edge, width) for size in keep for edge, width in _edges(size).items()}
    for edge in {edge for size in [*earlier, *keep] for edge in _edges(size)}:
        folder = log_dir / edge
        for partial in folder.glob("*"):
            if not partial.name.isdigit() or (edge, int(partial.name)) not in needed:
                partial.unlink()  # also what a crash left beside
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
