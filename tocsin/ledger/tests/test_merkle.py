"""The tree against the recursion of RFC 6962, published vectors, and everything that must be refused."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofInvalid,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from tocsin.ledger.tests.conftest import Load

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(2000)]
BIG = Tree(LEAVES)


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, literally, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, literally."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2, literally."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def flips(value: bytes) -> Iterator[bytes]:
    """Every change of one bit."""
    for place in range(len(value) * 8):
        changed = bytearray(value)
        changed[place // 8] ^= 1 << place % 8
        yield bytes(changed)


def from_base64(text: str) -> bytes:
    return base64.b64decode(text)


def test_hashes_are_those_of_the_rfc() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert node_hash(b"N" * 3, b"x") == hashlib.sha256(b"\x01NNNx").digest()


@pytest.mark.parametrize("size", [*range(70), 127, 128, 129, 255, 256, 257, 300])
def test_root_and_proofs_are_those_of_the_recursion(size: int) -> None:
    leaves = LEAVES[:size]
    assert root(leaves) == mth(leaves) == root_at(size, BIG) == Tree(leaves).root()
    frontier = Frontier.empty()
    frontier.extend(leaves)
    assert frontier.root() == mth(leaves)
    for index in range(size):
        assert inclusion_proof(index, size, BIG) == path(index, leaves)
    for old in range(1, size + 1):
        assert consistency_proof(old, size, BIG) == subproof(old, leaves, True)


@given(size=st.integers(1, 2000))
@settings(max_examples=25, deadline=None)
def test_every_index_of_any_tree_proves_and_no_other_place_does(size: int) -> None:
    top = root_at(size, BIG)
    for index in range(size):
        proof = inclusion_proof(index, size, BIG)
        verify_inclusion(LEAVES[index], index, size, proof, top)
        if size > 1:
            with pytest.raises(ProofInvalid):
                verify_inclusion(LEAVES[index], (index + 1) % size, size, proof, top)


@given(new=st.integers(1, 2000))
@settings(max_examples=10, deadline=None)
def test_every_old_size_of_any_tree_is_consistent_and_with_another_root_is_not(new: int) -> None:
    top = root_at(new, BIG)
    for old in range(1, new + 1):
        old_root = root_at(old, BIG)
        proof = consistency_proof(old, new, BIG)
        verify_consistency(old, new, proof, old_root, top)
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, proof, LEAVES[-1] if old > 1 else EMPTY_ROOT, top)
        if 1 < old < new:
            with pytest.raises(ProofInvalid):
                verify_consistency(old - 1, new, proof, old_root, top)


@given(size=st.integers(1, 2000), data=st.data())
@settings(max_examples=8, deadline=None)
def test_no_single_bit_of_an_inclusion_proof_can_change(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    top, proof = root_at(size, BIG), inclusion_proof(index, size, BIG)
    for leaf in flips(LEAVES[index]):
        with pytest.raises(ProofInvalid):
            verify_inclusion(leaf, index, size, proof, top)
    for changed in flips(top):
        with pytest.raises(ProofInvalid):
            verify_inclusion(LEAVES[index], index, size, proof, changed)
    for at, item in enumerate(proof):
        for changed in flips(item):
            with pytest.raises(ProofInvalid):
                verify_inclusion(LEAVES[index], index, size, [*proof[:at], changed, *proof[at + 1 :]], top)


@given(new=st.integers(2, 2000), data=st.data())
@settings(max_examples=8, deadline=None)
def test_no_single_bit_of_a_consistency_proof_can_change(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    old_root, top, proof = root_at(old, BIG), root_at(new, BIG), consistency_proof(old, new, BIG)
    for changed in flips(old_root):
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, proof, changed, top)
    for changed in flips(top):
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, proof, old_root, changed)
    for at, item in enumerate(proof):
        for changed in flips(item):
            with pytest.raises(ProofInvalid):
                verify_consistency(old, new, [*proof[:at], changed, *proof[at + 1 :]], old_root, top)


@given(size=st.integers(1, 300), index=st.integers(-3, 303), cut=st.integers(0, 9), extra=st.integers(0, 2))
@settings(max_examples=200, deadline=None)
def test_a_proof_of_the_wrong_length_or_place_is_refused(size: int, index: int, cut: int, extra: int) -> None:
    right = inclusion_proof(index, size, BIG) if 0 <= index < size else []
    proof = right[: max(0, len(right) - cut)] + [LEAVES[0]] * extra
    if 0 <= index < size and proof == right:
        return
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[index % 300], index, size, proof, root_at(size, BIG))


@pytest.mark.parametrize("proof", [[b""], [b"x" * 31], [b"x" * 33], [b"x" * 32] * 1000])
def test_what_is_no_proof_is_refused(proof: list[bytes]) -> None:
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[0], 0, 2, proof, BIG.root())
    with pytest.raises(ProofInvalid):
        verify_consistency(1, 2, proof, LEAVES[0], BIG.root())


def test_huge_sizes_are_refused_without_delay() -> None:
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[0], 10**4000, 10**4000 + 1, [LEAVES[1]] * 256, LEAVES[2])
    with pytest.raises(ProofInvalid):
        verify_consistency(3, 2**4000, [LEAVES[1]] * 256, LEAVES[2], LEAVES[3])


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (-1, 5), (6, 5)])
def test_nothing_is_consistent_with_an_empty_or_larger_tree(old: int, new: int) -> None:
    with pytest.raises(ProofInvalid):
        verify_consistency(old, new, [], EMPTY_ROOT, root_at(max(new, 0), BIG))
    with pytest.raises(ValueError, match="no consistency proof"):
        consistency_proof(old, new, BIG)


def test_equal_sizes_need_equal_roots_and_an_empty_proof() -> None:
    top = root_at(7, BIG)
    verify_consistency(7, 7, [], top, top)
    for proof, other in ([[LEAVES[0]], top], [[], LEAVES[0]]):
        with pytest.raises(ProofInvalid):
            verify_consistency(7, 7, proof, top, other)  # type: ignore[arg-type]  # one loop over two shapes


@given(parts=st.lists(st.integers(0, 40), max_size=12))
@settings(max_examples=50, deadline=None)
def test_a_tree_grown_in_any_steps_is_the_same_tree(parts: list[int]) -> None:
    tree, frontier, done = Tree(), Frontier.empty(), []
    for part in parts:
        more = LEAVES[tree.size : tree.size + part]
        tree.extend(more)
        frontier = Frontier.from_bytes(frontier.to_bytes())
        done += frontier.extend(more)
    assert tree.root() == frontier.root() == mth(LEAVES[: sum(parts)])
    assert tree.size == frontier.size == sum(parts)
    assert all(tree.node(level, index) == digest for level, index, digest in done)
    assert len(done) == sum(sum(parts) >> level for level in range(10))


def test_a_tree_finds_leaves_and_refuses_what_it_has_not() -> None:
    tree = Tree(LEAVES[:9])
    assert [tree.place_of(leaf) for leaf in (LEAVES[0], LEAVES[8], LEAVES[9])] == [0, 8, None]
    across = LEAVES[3][16:] + LEAVES[4][:16]
    assert tree.place_of(across) is None
    with pytest.raises(IndexError):
        tree.node(0, 9)
    with pytest.raises(IndexError):
        tree.node(2, 2)
    with pytest.raises(ValueError, match="32 bytes"):
        tree.extend([b"short"])
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(9, 9, tree)


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 7, b"\x00" * 8 + b"x" * 32, b"\xff" * 40, b"\x00" * 7 + b"\x03" + b"x" * 32]
)
def test_a_damaged_frontier_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="frontier"):
        Frontier.from_bytes(data)


def test_a_frontier_takes_only_hashes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Frontier.empty().append(b"entry")


def test_published_inclusion_proofs(tlog_vectors: Load) -> None:
    cases = tlog_vectors("merkle-inclusion.json")["cases"]
    assert len(cases) == 98
    for case in cases:
        proof = [from_base64(item) for item in case["proof"] or ()]
        leaf, top = from_base64(case["leafHash"] or ""), from_base64(case["root"] or "")
        if case["wantErr"]:
            with pytest.raises(ProofInvalid):
                verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, top)
        else:
            verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, top)


def test_published_consistency_proofs(tlog_vectors: Load) -> None:
    cases = tlog_vectors("merkle-consistency.json")["cases"]
    assert len(cases) == 98
    for case in cases:
        proof = [from_base64(item) for item in case["proof"] or ()]
        roots = from_base64(case["root1"] or ""), from_base64(case["root2"] or "")
        if case["wantErr"]:
            with pytest.raises(ProofInvalid):
                verify_consistency(case["size1"], case["size2"], proof, *roots)
        else:
            verify_consistency(case["size1"], case["size2"], proof, *roots)


def test_published_tree_of_certificate_transparency(tlog_vectors: Load) -> None:
    vectors = tlog_vectors("rfc6962-tree.json")
    leaves = [leaf_hash(bytes.fromhex(data)) for data in vectors["leaves_hex"]]
    roots = [bytes.fromhex(item) for item in vectors["roots_hex_by_size"]]
    assert [root(leaves[:size]) for size in range(9)] == roots
    for case in vectors["inclusion_all"]:
        proof = inclusion_proof(case["index"], case["size"], leaves)
        assert [item.hex() for item in proof] == case["proof"]
        verify_inclusion(leaves[case["index"]], case["index"], case["size"], proof, roots[case["size"]])
    for case in vectors["consistency_all"]:
        old, new = case["size1"], case["size2"]
        proof = consistency_proof(old, new, leaves)
        assert [item.hex() for item in proof] == case["proof"]
        verify_consistency(old, new, proof, roots[old], roots[new])
    for case in vectors["hasher"]:
        if case["op"] == "leaf":
            assert leaf_hash(bytes.fromhex(case["data"])).hex() == case["want"]


def test_accumulated_vectors_over_130_leaves(tlog_vectors: Load) -> None:
    vectors = tlog_vectors("merkle-accumulated.json")
    tree = Tree([leaf_hash(bytes([number])) for number in range(130)])

    def digest(lines: Iterator[str]) -> str:
        return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()

    def line(head: str, hashes: list[bytes]) -> str:
        return " ".join([head, *(item.hex() for item in hashes)])

    roots = (line(f"[0, {n})", [root_at(n, tree)]) for n in range(1, 131))
    assert digest(roots) == vectors["own_roots"]["want"]
    included = (line(f"{index} [0, {n})", inclusion_proof(index, n, tree)) for n in range(1, 131) for index in range(n))
    assert digest(included) == vectors["own_inclusion"]["want"]
    consistent = (line(f"[0, {m}) {n}", consistency_proof(m, n, tree)) for n in range(1, 131) for m in range(1, n + 1))
    assert digest(consistent) == vectors["own_consistency"]["want"]


def test_an_entry_is_not_taken_for_its_hash() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        root([b"an entry that nobody hashed"])
    with pytest.raises(ValueError, match="32 bytes"):
        inclusion_proof(0, 2, [b"one", b"two"])
