from __future__ import annotations

import hashlib
import hmac
from itertools import permutations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from tocsin.vault import blobs
from tocsin.vault.blobs import BUCKETS, CannotOpen, Place, bucket
from tocsin.vault.opening import finish_identity, half_open_identity, open_content, open_identity, open_message
from tocsin.vault.tests.known import ELSEWHERE, PLACE, cuts, flips, frozen, place_of, private, public, refuses

KEY = hashlib.sha256(b"a data key").digest()
FORMS = range(256)


def other_forms(blob: bytes) -> list[bytes]:
    return [bytes([form]) + blob[1:] for form in FORMS if form != blob[0]]


# Frozen vectors: what was sealed once opens for ever.


def test_a_data_blob_is_made_as_it_always_was() -> None:
    told = frozen("data")
    place = place_of(told)
    nonce = told["nonce"]
    assert blobs._encrypt_data(told["key"], told["plaintext"], place, nonce) == told["blob"]
    assert blobs.decrypt_data(told["key"], told["blob"], place) == told["plaintext"]


def test_a_data_blob_is_what_its_documentation_says() -> None:
    told = frozen("data")
    blob, text = told["blob"], told["plaintext"]
    assert blob[:13] == b"\x01" + told["nonce"]
    associated = b"\x01tocsin\0tips_tip\0row-7\x001"
    padded = len(text).to_bytes(4, "big") + text + bytes(1024 - 4 - len(text))
    assert AESGCM(told["key"]).decrypt(blob[1:13], blob[13:], associated) == padded


def test_a_frozen_key_box_opens() -> None:
    told = frozen("key_box")
    assert told["blob"][0] == 2
    assert blobs.unbox(told["private"], told["blob"], place_of(told)) == told["plaintext"]


def test_a_frozen_nested_box_opens_from_the_outside_in() -> None:
    told = frozen("nested_box")
    assert told["blob"][0] == 3
    assert blobs.unnest(told["outer"], told["inner"], told["blob"], place_of(told)) == told["plaintext"]
    with pytest.raises(CannotOpen):
        blobs.unnest(told["inner"], told["outer"], told["blob"], place_of(told))


@pytest.mark.parametrize("recipient", ["first", "second"])
def test_a_frozen_message_opens(recipient: str) -> None:
    told = frozen("message")
    assert told["blob"][:2] == b"\x04\x02"
    assert open_message(told[recipient], told["blob"], place_of(told)) == told["plaintext"]


@pytest.mark.parametrize(("one", "other"), [("kim", "lou"), ("max", "kim"), ("lou", "max")])
def test_a_frozen_identity_opens(one: str, other: str) -> None:
    told = frozen("identity")
    assert told["wrapped_keys"][:2] == b"\x05\x03"
    opened = open_identity(told[one], told[other], told["blob"], told["wrapped_keys"], place_of(told))
    assert opened == told["plaintext"]


@pytest.mark.parametrize(("one", "other"), list(permutations(("kim", "lou", "max"), 2)))
def test_a_frozen_identity_of_the_second_form_opens_in_any_order(one: str, other: str) -> None:
    told = frozen("identity_layers")
    assert told["wrapped_keys"][:2] == b"\x07\x03"
    half = half_open_identity(told[one], told["wrapped_keys"], place_of(told))
    assert half[0] == 2
    assert finish_identity(told[other], told["blob"], half, place_of(told)) == told["plaintext"]


def test_the_first_form_has_one_order_for_each_pair() -> None:
    told = frozen("identity")
    assert half_open_identity(told["kim"], told["wrapped_keys"], PLACE)[0] == 2
    half = half_open_identity(told["lou"], told["wrapped_keys"], PLACE)
    assert half[0] == 1
    assert finish_identity(told["max"], told["blob"], half, PLACE) == told["plaintext"]
    with pytest.raises(CannotOpen):
        half_open_identity(told["max"], told["wrapped_keys"], PLACE)


def test_frozen_content_opens() -> None:
    told = frozen("content")
    opened = open_content(told["unit"], told["retention"], told["blob"], told["wrapped_key"], place_of(told))
    assert opened == told["plaintext"]


def _labelled(suite: bytes, label: bytes, text: bytes) -> bytes:
    return b"HPKE-v1" + suite + label + text


def _expand(key: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
    message = length.to_bytes(2, "big") + _labelled(suite, label, info) + b"\x01"
    return hmac.new(key, message, hashlib.sha256).digest()[:length]


def _extract(salt: bytes, suite: bytes, label: bytes, text: bytes) -> bytes:
    return hmac.new(salt, _labelled(suite, label, text), hashlib.sha256).digest()


def test_a_key_box_is_hpke_as_rfc_9180_writes_it() -> None:
    """Decapsulation (4.1), key schedule (5.1) and single-shot opening (6.1) by hand, for suite 0x0020/0x0001/0x0002."""
    told = frozen("key_box")
    enc, sealed = told["blob"][1:33], told["blob"][33:]
    key = X25519PrivateKey.from_private_bytes(told["private"])
    shared = key.exchange(X25519PublicKey.from_public_bytes(enc))
    kem = b"KEM\x00\x20"
    context = enc + key.public_key().public_bytes_raw()
    secret = _expand(_extract(b"", kem, b"eae_prk", shared), kem, b"shared_secret", context, 32)
    suite = b"HPKE\x00\x20\x00\x01\x00\x02"
    info = b"\x02" + place_of(told).to_bytes()
    schedule = b"\0" + _extract(b"", suite, b"psk_id_hash", b"") + _extract(b"", suite, b"info_hash", info)
    base = _extract(secret, suite, b"secret", b"")
    aead = AESGCM(_expand(base, suite, b"key", schedule, 32))
    assert aead.decrypt(_expand(base, suite, b"base_nonce", schedule, 12), sealed, b"") == told["plaintext"]


# What was changed does not open.


def test_no_changed_data_blob_opens() -> None:
    told = frozen("data")

    def opening(blob: bytes) -> bytes:
        return blobs.decrypt_data(told["key"], blob, PLACE)

    refuses(opening, flips(told["blob"]))
    refuses(opening, cuts(told["blob"]))
    refuses(opening, iter(other_forms(told["blob"])))


def test_no_changed_key_box_opens() -> None:
    told = frozen("key_box")

    def opening(blob: bytes) -> bytes:
        return blobs.unbox(told["private"], blob, PLACE)

    refuses(opening, flips(told["blob"]))
    refuses(opening, cuts(told["blob"]))
    refuses(opening, iter(other_forms(told["blob"])))


def test_no_changed_nested_box_opens() -> None:
    told = frozen("nested_box")

    def opening(blob: bytes) -> bytes:
        return blobs.unnest(told["outer"], told["inner"], blob, PLACE)

    refuses(opening, flips(told["blob"]))
    refuses(opening, cuts(told["blob"]))
    refuses(opening, iter(other_forms(told["blob"])))


def test_no_changed_message_opens() -> None:
    """Every bit of the frame up to the recipient's own box; then the data, which is a data blob, byte by byte."""
    told = frozen("message")
    blob = told["blob"]
    frame = 2 + 2 * (2 + 81)

    def opening(changed: bytes) -> bytes:
        return open_message(told["first"], changed, PLACE)

    refuses(opening, flips(blob, range(8 * (2 + 2 + 81))))
    refuses(opening, (next(flips(blob, range(8 * at, 8 * at + 1))) for at in range(frame, len(blob))))
    refuses(opening, cuts(blob))
    refuses(opening, iter(other_forms(blob)))


@pytest.mark.parametrize("bit", range(16))
def test_each_recipient_finds_a_changed_length(bit: int) -> None:
    told = frozen("message")
    for at in (2, 2 + 2 + 81):
        changed = next(flips(told["blob"], range(8 * at + bit, 8 * at + bit + 1)))
        with pytest.raises(CannotOpen):
            open_message(told["second"], changed, PLACE)


def test_no_changed_identity_frame_opens() -> None:
    told = frozen("identity")
    frame, pair = told["wrapped_keys"], 8 + 8 + 2 + 1 + 32 + 16 + 81

    def opening(changed: bytes) -> bytes:
        return open_identity(told["kim"], told["lou"], told["blob"], changed, PLACE)

    assert len(frame) == 2 + 3 * pair
    refuses(opening, flips(frame, range(8 * (2 + pair))))
    refuses(opening, cuts(frame))
    refuses(opening, iter(other_forms(frame)))


def test_no_changed_identity_frame_of_the_second_form_opens() -> None:
    told = frozen("identity_layers")
    frame, layer = told["wrapped_keys"], 8 + 2 + 1 + 32 + 16 + (1 + 2 * (8 + 2 + 81))

    def opening(changed: bytes) -> bytes:
        half = half_open_identity(told["kim"], changed, PLACE)
        return finish_identity(told["lou"], told["blob"], half, PLACE)

    assert len(frame) == 2 + 3 * layer
    refuses(opening, flips(frame, range(8 * (2 + layer))))
    refuses(opening, cuts(frame))
    refuses(opening, iter(other_forms(frame)))


def test_no_changed_identity_opens() -> None:
    told = frozen("identity")

    def opening(changed: bytes) -> bytes:
        return open_identity(told["kim"], told["lou"], changed, told["wrapped_keys"], PLACE)

    blob = told["blob"]
    refuses(opening, (next(flips(blob, range(8 * at, 8 * at + 1))) for at in range(len(blob))))
    refuses(opening, iter([b"", blob[:-1], blob[:1], blob + b"\0"]))


@pytest.mark.parametrize("place", ELSEWHERE, ids=str)
def test_nothing_opens_in_another_place(place: Place) -> None:
    data, box, nested = frozen("data"), frozen("key_box"), frozen("nested_box")
    message, identity, content = frozen("message"), frozen("identity"), frozen("content")
    with pytest.raises(CannotOpen):
        blobs.decrypt_data(data["key"], data["blob"], place)
    with pytest.raises(CannotOpen):
        blobs.unbox(box["private"], box["blob"], place)
    with pytest.raises(CannotOpen):
        blobs.unnest(nested["outer"], nested["inner"], nested["blob"], place)
    with pytest.raises(CannotOpen):
        open_message(message["first"], message["blob"], place)
    with pytest.raises(CannotOpen):
        open_identity(identity["kim"], identity["lou"], identity["blob"], identity["wrapped_keys"], place)
    with pytest.raises(CannotOpen):
        open_content(content["unit"], content["retention"], content["blob"], content["wrapped_key"], place)


@pytest.mark.parametrize("key", [bytes(32), b"", bytes(16), bytes(31), bytes(33)], ids=len)
def test_a_wrong_key_of_any_size_is_one_and_the_same_error(key: bytes) -> None:
    with pytest.raises(CannotOpen):
        blobs.decrypt_data(key, frozen("data")["blob"], PLACE)
    with pytest.raises(CannotOpen):
        blobs.unbox(key, frozen("key_box")["blob"], PLACE)
    with pytest.raises(CannotOpen):
        open_message(key, frozen("message")["blob"], PLACE)
    identity = frozen("identity")
    with pytest.raises(CannotOpen):
        open_identity(key, identity["kim"], identity["blob"], identity["wrapped_keys"], PLACE)


def test_a_key_box_around_nothing_sensible_is_refused() -> None:
    """A low-order point as the sender's key would make a shared secret that everybody knows (RFC 7748, section 6.1)."""
    blob = frozen("key_box")["blob"]
    for point in (bytes(32), b"\x01" + bytes(31)):
        with pytest.raises(CannotOpen):
            blobs.unbox(private("unit"), blob[:1] + point + blob[33:], PLACE)


def test_a_nested_box_with_a_bare_key_inside_is_refused() -> None:
    blob = blobs.box(public("retention"), KEY, PLACE, form=blobs.NESTED_BOX)
    with pytest.raises(CannotOpen):
        blobs.unnest(private("retention"), private("unit"), blob, PLACE)


# Sizes.


@given(st.integers(0, 1 << 34))
def test_a_bucket_is_large_enough_and_little_larger(size: int) -> None:
    padded = bucket(size)
    assert padded >= size
    if size > BUCKETS[-1]:
        assert padded <= 1.12 * size
    else:
        assert padded in BUCKETS


@given(st.integers(0, 1 << 34), st.integers(0, 1 << 20))
def test_more_never_takes_less_room(size: int, more: int) -> None:
    assert bucket(size) <= bucket(size + more)
    assert bucket(bucket(size)) == bucket(size)


@pytest.mark.parametrize(
    ("size", "padded"),
    [(0, 1024), (1024, 1024), (1025, 4096), (4097, 16384), (16385, 65536), (65536, 65536), (65537, 69632)],
)
def test_buckets_begin_where_the_design_says(size: int, padded: int) -> None:
    assert bucket(size) == padded


def test_above_the_fixed_buckets_there_are_few_sizes() -> None:
    assert len({bucket(size) for size in range(1 << 20, 1 << 21, 997)}) <= 17


@given(st.binary(max_size=5000))
def test_padding_comes_off_again(plaintext: bytes) -> None:
    assert blobs.unpad(blobs.pad(plaintext)) == plaintext
    assert len(blobs.pad(plaintext)) == bucket(4 + len(plaintext))


@pytest.mark.parametrize("padded", [b"", b"\0\0\0", b"\0\0\0\1", b"\xff\xff\xff\xff" + bytes(1020)])
def test_impossible_padding_is_refused(padded: bytes) -> None:
    with pytest.raises(CannotOpen):
        blobs.unpad(padded)


@given(st.binary(max_size=1020), st.binary(max_size=1020))
def test_equal_buckets_make_equal_blobs(one: bytes, other: bytes) -> None:
    assert len(blobs.encrypt_data(KEY, one, PLACE)) == len(blobs.encrypt_data(KEY, other, PLACE))


def test_two_blobs_of_one_text_have_nothing_in_common() -> None:
    assert blobs.encrypt_data(KEY, b"x", PLACE)[1:] != blobs.encrypt_data(KEY, b"x", PLACE)[1:]
    assert blobs.box(public("unit"), KEY, PLACE)[1:33] != blobs.box(public("unit"), KEY, PLACE)[1:33]


@given(st.integers(0, 3), st.text("ab\0", max_size=4), st.text("ab\0", max_size=4))
def test_only_equal_places_have_equal_bytes_without_zero_bytes(version: int, table: str, row: str) -> None:
    here = Place(table.replace("\0", ""), row.replace("\0", ""), version)
    for other in (Place(here.row, here.table, version), Place(here.table + here.row, "", version)):
        assert (here.to_bytes() == other.to_bytes()) == (here == other)


def test_a_key_id_is_eight_bytes_and_never_changes() -> None:
    assert blobs.key_id(bytes(32)) == hashlib.sha256(b"tocsin/key-id\0" + bytes(32)).digest()[:8]


def test_new_private_keys_differ() -> None:
    assert len({blobs.new_private_key() for _key in range(50)}) == 50
