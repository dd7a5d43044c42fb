from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tocsin.common.errors import Unsafe
from tocsin.vault import retention
from tocsin.vault.blobs import CannotOpen, public_of
from tocsin.vault.opening import open_content
from tocsin.vault.sealing import SealedContent, seal_content
from tocsin.vault.tests.known import PLACE, private, public


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "public", tmp_path / "private"


def sealed_in(folder: Path, month: str) -> tuple[str, SealedContent]:
    key_id, key = retention.public_key_for(folder, month)
    return key_id, seal_content(b"a tip", unit=public("unit"), retention=key, place=PLACE)


def test_each_month_gets_a_key_of_its_own(folders: tuple[Path, Path]) -> None:
    made = retention.make_month_keys(*folders, months=["2026-11", "2026-12"])
    assert made == ["2026-11", "2026-12"]
    keys = {month: retention.private_key(folders[1], month) for month in made}
    assert keys["2026-11"] != keys["2026-12"]
    for month, key in keys.items():
        assert retention.public_key_for(folders[0], month) == (month, public_of(key))


def test_making_again_changes_nothing(folders: tuple[Path, Path]) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    before = retention.private_key(folders[1], "2026-11"), retention.public_key_for(folders[0], "2026-11")
    assert retention.make_month_keys(*folders, months=["2026-11", "2026-12"]) == ["2026-12"]
    assert retention.make_month_keys(*folders, months=["2026-11", "2026-12"]) == []
    assert (retention.private_key(folders[1], "2026-11"), retention.public_key_for(folders[0], "2026-11")) == before


def test_an_interrupted_making_goes_on_with_the_same_key(folders: tuple[Path, Path]) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    key = retention.private_key(folders[1], "2026-11")
    (folders[0] / "retention" / "2026-11.pub").unlink()
    assert retention.make_month_keys(*folders, months=["2026-11"]) == ["2026-11"]
    assert retention.private_key(folders[1], "2026-11") == key
    assert retention.public_key_for(folders[0], "2026-11") == ("2026-11", public_of(key))


def test_a_half_written_private_key_is_told_before_anything_is_sealed_to_it(folders: tuple[Path, Path]) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    (folders[0] / "retention" / "2026-11.pub").unlink()
    (folders[1] / "retention" / "2026-11.key").write_bytes(b"half")
    with pytest.raises(Unsafe, match="2026-11 is damaged"):
        retention.make_month_keys(*folders, months=["2026-11"])
    with pytest.raises(Unsafe, match="no retention key"):
        retention.public_key_for(folders[0], "2026-11")


def test_the_private_half_is_for_the_owner_and_the_public_half_for_all(folders: tuple[Path, Path]) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    assert (folders[1] / "retention" / "2026-11.key").stat().st_mode & 0o777 == 0o600
    assert (folders[0] / "retention" / "2026-11.pub").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in (folders[0] / "retention").iterdir()] == ["2026-11.pub"]


def test_a_private_half_that_others_can_read_is_refused(folders: tuple[Path, Path]) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    (folders[1] / "retention" / "2026-11.key").chmod(0o640)
    with pytest.raises(Unsafe, match="chmod 600"):
        retention.private_key(folders[1], "2026-11")


@pytest.mark.parametrize(
    ("month", "used"),
    [("2026-11", "2026-11"), ("2026-12", "2026-11"), ("2027-01", "2027-01"), ("2031-05", "2027-01")],
)
def test_the_newest_earlier_key_serves_until_the_month_has_its_own(
    folders: tuple[Path, Path], month: str, used: str
) -> None:
    retention.make_month_keys(*folders, months=["2026-09", "2026-11", "2027-01"])
    assert retention.public_key_for(folders[0], month)[0] == used


def test_a_later_key_never_serves_an_earlier_month(folders: tuple[Path, Path]) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    with pytest.raises(Unsafe, match=r"no retention key.*Start the worker"):
        retention.public_key_for(folders[0], "2026-10")


def test_no_key_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unsafe, match="no retention key"):
        retention.public_key_for(tmp_path, "2026-11")


def test_unfinished_and_foreign_files_are_not_taken_for_keys(folders: tuple[Path, Path]) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    for name in ("2026-11.ab12cd34.new", "notes.pub", "2026-11.pub~"):
        (folders[0] / "retention" / name).write_text("x")
    assert retention.public_key_for(folders[0], "2026-12")[0] == "2026-11"


@pytest.mark.parametrize("content", ["", "AAAA", "not base64!", "é" * 44])
def test_a_damaged_public_half_is_told_and_not_sealed_to(folders: tuple[Path, Path], content: str) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    (folders[0] / "retention" / "2026-11.pub").write_text(content, encoding="utf-8")
    with pytest.raises(Unsafe, match=r"2026-11\.pub cannot be read"):
        retention.public_key_for(folders[0], "2026-11")


def test_destroying_the_key_makes_copies_of_a_tip_dead_text(folders: tuple[Path, Path], tmp_path: Path) -> None:
    retention.make_month_keys(*folders, months=["2026-11", "2026-12"])
    key_id, sealed = sealed_in(folders[0], "2026-11")
    later_id, later = sealed_in(folders[0], "2026-12")
    copy = SealedContent(bytes(sealed.blob), bytes(sealed.wrapped_key))  # what a backup of the database holds
    opened = open_content(
        private("unit"), retention.private_key(folders[1], key_id), copy.blob, copy.wrapped_key, PLACE
    )
    assert opened == b"a tip"

    retention.destroy(*folders, key_id)
    with pytest.raises(Unsafe, match="cannot be made again"):
        retention.private_key(folders[1], key_id)
    assert retention.make_month_keys(*folders, months=["2026-11"]) == ["2026-11"]  # the same name, another key
    for remaining in ("2026-11", "2026-12"):
        with pytest.raises(CannotOpen):
            open_content(
                private("unit"), retention.private_key(folders[1], remaining), copy.blob, copy.wrapped_key, PLACE
            )
    other = retention.private_key(folders[1], later_id)
    assert open_content(private("unit"), other, later.blob, later.wrapped_key, PLACE) == b"a tip"


def test_destroying_overwrites_before_it_deletes(folders: tuple[Path, Path], tmp_path: Path) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    path, kept = folders[1] / "retention" / "2026-11.key", tmp_path / "second name"
    key = path.read_bytes()
    kept.hardlink_to(path)  # the same bytes on the disk
    retention.destroy(*folders, "2026-11")
    assert not path.exists()
    assert len(kept.read_bytes()) == len(key)
    assert kept.read_bytes() != key


def test_nothing_is_sealed_to_a_destroyed_key(folders: tuple[Path, Path]) -> None:
    retention.make_month_keys(*folders, months=["2026-10", "2026-11"])
    retention.destroy(*folders, "2026-11")
    assert retention.public_key_for(folders[0], "2026-11")[0] == "2026-10"


def test_an_interrupted_destruction_can_be_finished(folders: tuple[Path, Path], tmp_path: Path) -> None:
    retention.make_month_keys(*folders, months=["2026-11"])
    shutil.copytree(folders[0], tmp_path / "copy")
    retention.destroy(*folders, "2026-11")
    shutil.copytree(tmp_path / "copy", folders[0], dirs_exist_ok=True)  # the public half came back
    retention.destroy(*folders, "2026-11")
    with pytest.raises(Unsafe, match="no retention key"):
        retention.public_key_for(folders[0], "2026-11")


def test_the_public_half_goes_first(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in between, a public half alone would go on sealing tips that nobody can open."""
    retention.make_month_keys(*folders, months=["2026-11"])

    def crash(_path: Path, _mode: str) -> None:
        raise OSError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", crash)
        with pytest.raises(OSError, match="crash"):
            retention.destroy(*folders, "2026-11")
    with pytest.raises(Unsafe, match="no retention key"):
        retention.public_key_for(folders[0], "2026-11")
    retention.destroy(*folders, "2026-11")
    assert not (folders[1] / "retention" / "2026-11.key").exists()
