from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.vault.blobs import CannotOpen, decrypt_data, unbox, unnest
from tocsin.vault.opening import (
    finish_identity,
    half_fits,
    half_open_identity,
    open_content,
    open_identity,
    open_message,
    open_sealed,
    open_small,
)
from tocsin.vault.sealing import (
    MOST_CUSTODIANS,
    SealedIdentity,
    seal_content,
    seal_identity,
    seal_message,
    seal_small,
    seal_to,
)
from tocsin.vault.tests.known import ELSEWHERE, PLACE, private, public

NAMES = ("kim", "lou", "max", "ned")
TEXTS = st.one_of(st.just(b""), st.binary(max_size=200), st.just(bytes(70_000)))


def sealed_identity(text: bytes = b"Ada", names: tuple[str, ...] = NAMES) -> SealedIdentity:
    return seal_identity(text, custodians={name: public(name) for name in names}, place=PLACE)


@given(TEXTS)
def test_content_opens_with_both_keys(text: bytes) -> None:
    sealed = seal_content(text, unit=public("unit"), retention=public("2026-11"), place=PLACE)
    assert open_content(private("unit"), private("2026-11"), sealed.blob, sealed.wrapped_key, PLACE) == text


@pytest.mark.parametrize(
    ("unit", "retention"),
    [
        ("unit", "2026-12"),
        ("unit", "unit"),
        ("2026-11", "2026-11"),
        ("2026-11", "unit"),
        ("reporter", "2026-11"),
        ("reporter", "2026-12"),
    ],
)
def test_content_needs_the_unit_and_the_retention_key(unit: str, retention: str) -> None:
    sealed = seal_content(b"text", unit=public("unit"), retention=public("2026-11"), place=PLACE)
    with pytest.raises(CannotOpen):
        open_content(private(unit), private(retention), sealed.blob, sealed.wrapped_key, PLACE)
    for form in (2, 3):
        with pytest.raises(CannotOpen):
            unbox(private("unit"), bytes([form]) + sealed.wrapped_key[1:], PLACE, form=form)


def test_content_of_one_tip_does_not_open_as_another() -> None:
    keys = {"unit": public("unit"), "retention": public("2026-11")}
    one = seal_content(b"one", place=PLACE, **keys)
    two = seal_content(b"two", place=ELSEWHERE[1], **keys)
    for blob, wrapped in ((one.blob, two.wrapped_key), (two.blob, one.wrapped_key), (two.blob, two.wrapped_key)):
        with pytest.raises(CannotOpen):
            open_content(private("unit"), private("2026-11"), blob, wrapped, PLACE)


def test_every_tip_has_a_data_key_of_its_own() -> None:
    keys = {"unit": public("unit"), "retention": public("2026-11")}
    found = set()
    for _tip in range(5):
        sealed = seal_content(b"same", place=PLACE, **keys)
        key = unnest(private("2026-11"), private("unit"), sealed.wrapped_key, PLACE)
        assert decrypt_data(key, sealed.blob, PLACE) == b"same"
        found.add(key)
    assert len(found) == 5


@pytest.mark.parametrize("count", [2, 3, 4])
def test_any_pair_of_custodians_opens_an_identity_in_any_order(count: int) -> None:
    sealed = sealed_identity(names=NAMES[:count])
    for one, other in itertools.permutations(NAMES[:count], 2):
        opened = open_identity(private(one), private(other), sealed.blob, sealed.wrapped_keys, PLACE)
        assert opened == b"Ada"


@pytest.mark.parametrize("name", NAMES)
def test_no_custodian_opens_an_identity_alone(name: str) -> None:
    sealed = sealed_identity()
    for second in (private(name), private("unit"), private("stranger"), bytes(32)):
        with pytest.raises(CannotOpen):
            open_identity(private(name), second, sealed.blob, sealed.wrapped_keys, PLACE)
        with pytest.raises(CannotOpen):
            open_identity(second, private(name), sealed.blob, sealed.wrapped_keys, PLACE)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_either_of_a_pair_goes_first_and_what_is_left_opens_for_the_others_alone(count: int) -> None:
    names = NAMES[:count]
    sealed = sealed_identity(names=names)
    for first in names:
        half = half_open_identity(private(first), sealed.wrapped_keys, PLACE)
        for second in names:
            assert half_fits(private(second), half) is (second != first)
            if second != first:
                assert finish_identity(private(second), sealed.blob, half, PLACE) == b"Ada"
        for nobody in (first, "unit", "stranger"):
            with pytest.raises(CannotOpen):
                finish_identity(private(nobody), sealed.blob, half, PLACE)
        with pytest.raises(CannotOpen):
            half_open_identity(private(first), half, PLACE)


def test_one_custodian_cannot_reach_the_key_inside_any_box() -> None:
    """Each box is tried directly with each key alone: the frame's key ids are no protection, the boxes are."""
    sealed = sealed_identity(names=NAMES[:3])
    outer = 8 + 2 + 1 + 32 + 16 + (1 + 2 * (8 + 2 + 81))
    assert len(sealed.wrapped_keys) == 2 + 3 * outer
    boxes = [sealed.wrapped_keys[at + 10 : at + outer] for at in range(2, len(sealed.wrapped_keys), outer)]
    for nested, name in itertools.product(boxes, [*NAMES[:3], "unit"]):
        with pytest.raises(CannotOpen):
            unnest(private(name), private(name), nested, PLACE)
        with pytest.raises(CannotOpen):
            unbox(private(name), nested, PLACE)


def test_neither_unit_nor_retention_key_opens_an_identity() -> None:
    sealed = sealed_identity()
    with pytest.raises(CannotOpen):
        open_identity(private("unit"), private("2026-11"), sealed.blob, sealed.wrapped_keys, PLACE)


def test_the_keys_of_one_identity_do_not_open_another() -> None:
    one, two = sealed_identity(b"Ada"), sealed_identity(b"Bea")
    with pytest.raises(CannotOpen):
        open_identity(private("kim"), private("lou"), one.blob, two.wrapped_keys, PLACE)


def test_an_empty_identity_looks_like_a_full_one() -> None:
    sizes = {(len(s.blob), len(s.wrapped_keys)) for s in map(sealed_identity, (b"", b"A", b"x" * 700))}
    assert len(sizes) == 1


def test_the_order_of_custodians_in_a_keyring_does_not_show() -> None:
    one = seal_identity(b"", custodians={"a": public("kim"), "b": public("lou")}, place=PLACE)
    two = seal_identity(b"", custodians={"b": public("lou"), "a": public("kim")}, place=PLACE)
    assert one.wrapped_keys[:10] == two.wrapped_keys[:10]


@pytest.mark.parametrize(
    "custodians",
    [
        {},
        {"kim": public("kim")},
        {"kim": public("kim"), "kim again": public("kim")},
        {str(number): public(str(number)) for number in range(MOST_CUSTODIANS + 1)},
    ],
    ids=len,
)
def test_fewer_than_two_different_custodians_or_too_many_are_refused(custodians: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="two or more"):
        seal_identity(b"Ada", custodians=custodians, place=PLACE)


ENDS = (b"", b"\x00", b"\xff", b"\x01" + bytes(10), b"\x01" + bytes(18))


@given(st.binary(max_size=300))
def test_a_malformed_half_is_refused(half: bytes) -> None:
    for changed in (half, b"\x01" + half, b"\x01" + bytes(8) + b"\x00\x51" + half):
        with pytest.raises(CannotOpen):
            finish_identity(private("kim"), sealed_identity().blob, changed, PLACE)


def test_an_identity_frame_without_pairs_is_refused() -> None:
    sealed = sealed_identity()
    for frame in (b"", *(form + end for form in (b"\x05", b"\x07") for end in ENDS)):
        with pytest.raises(CannotOpen):
            open_identity(private("kim"), private("lou"), sealed.blob, frame, PLACE)


@given(TEXTS, st.integers(1, 4))
def test_each_recipient_opens_a_message_and_nobody_else(text: bytes, count: int) -> None:
    blob = seal_message(text, recipients=[public(name) for name in NAMES[:count]], place=PLACE)
    for name in NAMES[:count]:
        assert open_message(private(name), blob, PLACE) == text
    for name in (*NAMES[count:], "unit"):
        with pytest.raises(CannotOpen):
            open_message(private(name), blob, PLACE)


@pytest.mark.parametrize("count", [0, 256])
def test_a_message_has_one_to_255_recipients(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 255"):
        seal_message(b"x", recipients=[public("unit")] * count, place=PLACE)


@given(st.binary(max_size=3000))
def test_malformed_messages_are_refused(blob: bytes) -> None:
    for changed in (blob, b"\x04" + blob, b"\x04\x01\x00\x51" + blob):
        with pytest.raises(CannotOpen):
            open_message(private("unit"), changed, PLACE)


@given(st.binary(max_size=300))
def test_a_short_text_opens_with_its_key_in_its_place_only(text: bytes) -> None:
    blob = seal_to(public("unit"), text, info=PLACE)
    assert open_sealed(private("unit"), blob, PLACE) == text
    for key, place in ((private("kim"), PLACE), (private("unit"), ELSEWHERE[0])):
        with pytest.raises(CannotOpen):
            open_sealed(key, blob, place)


@given(st.binary(max_size=300))
def test_a_small_text_opens_with_its_key_in_its_place_only(text: bytes) -> None:
    blob = seal_small(bytes(32), text, PLACE)
    assert open_small(bytes(32), blob, PLACE) == text
    for key, place in ((b"\1" * 32, PLACE), (bytes(32), ELSEWHERE[2])):
        with pytest.raises(CannotOpen):
            open_small(key, blob, place)


@pytest.mark.parametrize("public_key", [b"", bytes(31), bytes(33)], ids=len)
def test_nothing_is_sealed_to_a_key_of_the_wrong_size(public_key: bytes) -> None:
    with pytest.raises(ValueError):
        seal_to(public_key, b"x", info=PLACE)
    with pytest.raises(ValueError):
        seal_content(b"x", unit=public("unit"), retention=public_key, place=PLACE)


@pytest.mark.parametrize("module", ["sealing", "keyring"])
def test_sealing_brings_in_nothing_that_opens_key_files(module: str) -> None:
    script = (
        f"import sys, tocsin.vault.{module}; print(*[m for m in sys.modules if m.startswith(('tocsin', 'argon2'))])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(run.stdout.split())
    assert f"tocsin.vault.{module}" in loaded
    unwanted = {f"tocsin.vault.{name}" for name in ("opening", "keyfiles", "unlocked", "retention")} | {"argon2"}
    assert not loaded & unwanted
