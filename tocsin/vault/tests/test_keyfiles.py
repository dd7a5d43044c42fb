from __future__ import annotations

import errno
import json
import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tocsin.common.errors import RuleBroken, Unsafe
from tocsin.vault import keyfiles
from tocsin.vault.keyfiles import LockedKey, Stretching, WrongPassphrase, read_secret, write_secret
from tocsin.vault.tests.known import private, public

CHEAP = Stretching(memory_kib=8, passes=1, lanes=1)
PASSPHRASE = "ring the old bell"
OTHER = "quiet river stones"


@pytest.fixture
def locked(tmp_path: Path) -> LockedKey:
    return LockedKey.create(tmp_path / "desk" / "unit.key", private("unit"), PASSPHRASE, slot="unit", cost=CHEAP)


def change(locked: LockedKey, **changes: Any) -> None:
    told = json.loads(locked.path.read_bytes())
    locked.path.write_text(json.dumps({**told, **changes}))


def change_slot(locked: LockedKey, **changes: Any) -> None:
    told = json.loads(locked.path.read_bytes())
    change(locked, slots=[{**told["slots"][0], **changes}])


def test_the_passphrase_opens_the_key(locked: LockedKey) -> None:
    assert locked.open_with_passphrase(PASSPHRASE) == private("unit")
    assert locked.public == public("unit")
    assert locked.slots == ["unit"]


def test_the_file_opens_again_in_another_process(locked: LockedKey) -> None:
    assert LockedKey(locked.path).open_with_passphrase(PASSPHRASE) == private("unit")


@pytest.mark.parametrize(
    "typed", ["", "ring the old bel", "Ring the old bell", PASSPHRASE + " ", "\0" * 20, "x" * 9999]
)
def test_a_wrong_passphrase_does_not_open_it(locked: LockedKey, typed: str) -> None:
    with pytest.raises(WrongPassphrase, match="Check it and try again") as told:
        locked.open_with_passphrase(typed)
    assert told.value.status == 403
    assert not typed or typed not in str(told.value)


def test_a_passphrase_opens_from_any_keyboard(tmp_path: Path) -> None:
    composed = unicodedata.normalize("NFC", "déjà vu à l'été")
    locked = LockedKey.create(tmp_path / "k", private("unit"), composed, slot="unit", cost=CHEAP)
    assert locked.open_with_passphrase(unicodedata.normalize("NFD", composed)) == private("unit")


def test_every_slot_opens_the_same_key(locked: LockedKey) -> None:
    locked.add_passphrase(private("unit"), OTHER, slot="deputy", cost=CHEAP)
    assert locked.slots == ["unit", "deputy"]
    assert locked.open_with_passphrase(PASSPHRASE) == locked.open_with_passphrase(OTHER) == private("unit")


def test_a_removed_slot_no_longer_opens(locked: LockedKey) -> None:
    locked.add_passphrase(private("unit"), OTHER, slot="deputy", cost=CHEAP)
    locked.remove_slot("unit")
    assert locked.slots == ["deputy"]
    assert locked.open_with_passphrase(OTHER) == private("unit")
    with pytest.raises(WrongPassphrase):
        locked.open_with_passphrase(PASSPHRASE)


def test_the_last_slot_stays(locked: LockedKey) -> None:
    with pytest.raises(RuleBroken, match="last way to unlock"):
        locked.remove_slot("unit")
    assert locked.open_with_passphrase(PASSPHRASE) == private("unit")


def test_an_unknown_slot_cannot_be_removed(locked: LockedKey) -> None:
    with pytest.raises(RuleBroken, match="no such slot"):
        locked.remove_slot("deputy")


def test_a_slot_name_is_used_once(locked: LockedKey) -> None:
    with pytest.raises(RuleBroken, match="already a slot"):
        locked.add_passphrase(private("unit"), OTHER, slot="unit", cost=CHEAP)
    with pytest.raises(WrongPassphrase):
        locked.open_with_passphrase(OTHER)


def test_another_key_gets_no_slot(locked: LockedKey) -> None:
    with pytest.raises(RuleBroken, match="another key"):
        locked.add_passphrase(private("kim"), OTHER, slot="deputy", cost=CHEAP)
    assert locked.slots == ["unit"]


def test_a_short_passphrase_is_refused(tmp_path: Path, locked: LockedKey) -> None:
    with pytest.raises(RuleBroken, match="at least 12"):
        LockedKey.create(tmp_path / "k", private("unit"), "elevenchars", slot="unit", cost=CHEAP)
    assert not (tmp_path / "k").exists()
    with pytest.raises(RuleBroken, match="at least 12"):
        locked.add_passphrase(private("unit"), "elevenchars", slot="deputy", cost=CHEAP)


def test_no_passphrase_takes_the_name_of_the_key_file(tmp_path: Path, locked: LockedKey) -> None:
    """Such a slot would never be tried with a passphrase: the key would be lost."""
    with pytest.raises(RuleBroken, match="kept for"):
        LockedKey.create(tmp_path / "k", private("unit"), PASSPHRASE, slot="key-file", cost=CHEAP)
    assert not (tmp_path / "k").exists()
    with pytest.raises(RuleBroken, match="kept for"):
        locked.add_passphrase(private("unit"), OTHER, slot="key-file", cost=CHEAP)


def test_a_key_file_opens_unattended(locked: LockedKey, tmp_path: Path) -> None:
    key_file = tmp_path / "usb" / "start.key"
    locked.add_key_file(private("unit"), key_file)
    assert locked.slots == ["unit", "key-file"]
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert locked.open_with_key_file(key_file) == private("unit")
    assert locked.open_with_passphrase(PASSPHRASE) == private("unit")
    locked.remove_slot("unit")
    assert locked.open_with_key_file(key_file) == private("unit")


def test_a_second_key_file_is_refused_and_leaves_nothing_behind(locked: LockedKey, tmp_path: Path) -> None:
    locked.add_key_file(private("unit"), tmp_path / "one.key")
    with pytest.raises(RuleBroken, match="already a slot"):
        locked.add_key_file(private("unit"), tmp_path / "two.key")
    assert not (tmp_path / "two.key").exists()
    assert locked.open_with_key_file(tmp_path / "one.key") == private("unit")


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(32), bytes(33)], ids=len)
def test_a_wrong_key_file_does_not_open_it(locked: LockedKey, tmp_path: Path, content: bytes) -> None:
    locked.add_key_file(private("unit"), tmp_path / "right.key")
    write_secret(tmp_path / "wrong.key", content)
    with pytest.raises(WrongPassphrase, match="key file"):
        locked.open_with_key_file(tmp_path / "wrong.key")


def test_a_key_file_opens_nothing_without_its_slot(locked: LockedKey, tmp_path: Path) -> None:
    locked.add_key_file(private("unit"), tmp_path / "start.key")
    locked.remove_slot("key-file")
    with pytest.raises(WrongPassphrase):
        locked.open_with_key_file(tmp_path / "start.key")


def test_a_key_is_never_overwritten(locked: LockedKey, tmp_path: Path) -> None:
    before = locked.path.read_bytes()
    with pytest.raises(FileExistsError):
        LockedKey.create(locked.path, private("kim"), OTHER, slot="unit", cost=CHEAP)
    with pytest.raises(FileExistsError):
        locked.add_key_file(private("unit"), locked.path)
    assert locked.path.read_bytes() == before
    write_secret(tmp_path / "k", b"one")
    with pytest.raises(FileExistsError):
        write_secret(tmp_path / "k", b"two")
    assert read_secret(tmp_path / "k") == b"one"


def test_key_files_are_for_their_owner_only(locked: LockedKey) -> None:
    old = os.umask(0)
    try:
        locked.add_passphrase(private("unit"), OTHER, slot="deputy", cost=CHEAP)
        write_secret(locked.path.parent / "new" / "k", b"x")
    finally:
        os.umask(old)
    assert locked.path.stat().st_mode & 0o777 == 0o600
    assert (locked.path.parent / "new" / "k").stat().st_mode & 0o777 == 0o600
    assert (locked.path.parent / "new").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in locked.path.parent.glob("unit*")] == ["unit.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o777])
def test_a_key_that_others_can_reach_is_refused_with_the_remedy(locked: LockedKey, mode: int) -> None:
    locked.path.chmod(mode)
    for attempt in (lambda: locked.public, lambda: locked.open_with_passphrase(PASSPHRASE), lambda: locked.slots):
        with pytest.raises(Unsafe) as told:
            attempt()
        assert str(told.value) == f"Other users of this machine can read {locked.path}. Run: chmod 600 {locked.path}"
    locked.path.chmod(0o600)
    assert locked.open_with_passphrase(PASSPHRASE) == private("unit")


def test_an_unattended_key_that_others_can_read_is_refused(locked: LockedKey, tmp_path: Path) -> None:
    locked.add_key_file(private("unit"), tmp_path / "start.key")
    (tmp_path / "start.key").chmod(0o644)
    with pytest.raises(Unsafe, match="chmod 600"):
        locked.open_with_key_file(tmp_path / "start.key")


def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unsafe, match=r"missing\. Restore it"):
        LockedKey(tmp_path / "none.key").open_with_passphrase(PASSPHRASE)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"7", b'"x"', b"{}", b"\xff\xfe", b'{"version": 1}', bytes(100)], ids=repr
)
def test_a_damaged_file_is_told_from_a_wrong_passphrase(locked: LockedKey, content: bytes) -> None:
    locked.path.write_bytes(content)
    with pytest.raises(Unsafe, match=r"damaged\. Restore it from your backup"):
        locked.open_with_passphrase(PASSPHRASE)


def test_a_file_cut_off_anywhere_is_damaged(locked: LockedKey) -> None:
    whole = locked.path.read_bytes()
    for end in range(len(whole)):
        locked.path.write_bytes(whole[:end])
        with pytest.raises(Unsafe, match="damaged"):
            locked.open_with_passphrase(PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [
        {"wrapped": "AAAA"},
        {"wrapped": "??"},
        {"wrapped": 5},
        {"salt": ""},
        {"salt": None},
        {"passes": 0},
        {"memory_kib": "8"},
        {"lanes": -1},
        {"lanes": None},
    ],
    ids=str,
)
def test_a_damaged_slot_is_told(locked: LockedKey, changes: dict[str, Any]) -> None:
    change_slot(locked, **changes)
    with pytest.raises(Unsafe, match="damaged"):
        locked.open_with_passphrase(PASSPHRASE)


@pytest.mark.parametrize("changes", [{"public": "AAAA"}, {"public": None}, {"slots": []}, {"slots": 3}], ids=str)
def test_a_file_that_lacks_a_part_is_told(locked: LockedKey, changes: dict[str, Any]) -> None:
    change(locked, **changes)
    with pytest.raises(Unsafe, match="damaged"):
        locked.open_with_passphrase(PASSPHRASE)


def test_another_version_is_not_guessed_at(locked: LockedKey) -> None:
    change(locked, version=2, slots="in a form of its own")
    with pytest.raises(Unsafe, match="another version"):
        locked.open_with_passphrase(PASSPHRASE)


def test_a_changed_salt_or_cost_or_wrapped_key_opens_nothing(locked: LockedKey) -> None:
    whole = locked.path.read_bytes()
    slot = json.loads(whole)["slots"][0]
    wrapped = slot["wrapped"]
    for changes in (
        {"salt": "A" * 22 + "=="},
        {"passes": 2},
        {"memory_kib": 16},
        {"wrapped": ("B" if wrapped[0] == "A" else "A") + wrapped[1:]},
        {"wrapped": wrapped[:40] + ("B" if wrapped[40] == "A" else "A") + wrapped[41:]},
    ):
        change_slot(locked, **changes)
        with pytest.raises(WrongPassphrase):
            locked.open_with_passphrase(PASSPHRASE)
        locked.path.write_bytes(whole)


def test_neither_key_nor_passphrase_lies_in_the_file(locked: LockedKey) -> None:
    content = locked.path.read_bytes()
    for secret in (private("unit"), keyfiles._text(private("unit")).encode(), PASSPHRASE.encode()):
        assert secret not in content


def test_two_files_of_one_key_have_different_salts(locked: LockedKey, tmp_path: Path) -> None:
    other = LockedKey.create(tmp_path / "k", private("unit"), PASSPHRASE, slot="unit", cost=CHEAP)
    one, two = (json.loads(each.path.read_bytes())["slots"][0] for each in (locked, other))
    assert one["salt"] != two["salt"]
    assert one["wrapped"] != two["wrapped"]


def test_the_usual_cost_is_the_one_of_rfc_9106() -> None:
    assert Stretching() == Stretching(memory_kib=64 * 1024, passes=3, lanes=4)


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_secret(tmp_path / "k", b"secret")
    assert list(tmp_path.iterdir()) == []
    write_secret(tmp_path / "k", b"secret")
    assert read_secret(tmp_path / "k") == b"secret"


def test_a_crash_while_a_slot_is_added_keeps_the_old_file(locked: LockedKey, monkeypatch: pytest.MonkeyPatch) -> None:
    before = locked.path.read_bytes()

    def fail(_path: Path, _data: bytes) -> None:
        raise OSError(errno.EIO, "crash")

    monkeypatch.setattr(keyfiles, "write_secret", fail)
    with pytest.raises(OSError, match="crash"):
        locked.add_passphrase(private("unit"), OTHER, slot="deputy", cost=CHEAP)
    assert locked.path.read_bytes() == before
