from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from tocsin.common import clock
from tocsin.common.errors import Unsafe
from tocsin.vault import installed
from tocsin.vault.keyring import FILE, PublicKeyring, write_keyring
from tocsin.vault.retention import make_month_keys, private_key
from tocsin.vault.tests.known import public

CUSTODIANS = {name: public(name) for name in ("kim", "lou", "max")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_keyring(tmp_path / "public", unit_id="unit-1", unit_public=public("unit"), custodians=CUSTODIANS)
    make_month_keys(tmp_path / "public", tmp_path / "private", months=["2026-11"])
    return tmp_path / "public"


def test_a_keyring_is_read_as_it_was_written(folder: Path) -> None:
    keyring = PublicKeyring.load(folder, "2026-11")
    assert (keyring.unit_id, keyring.unit_public) == ("unit-1", public("unit"))
    assert keyring.retention_id == "2026-11"
    assert len(keyring.retention_public) == 32
    assert keyring.custodians == CUSTODIANS


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.just(public("kim"))))
def test_any_name_survives(tmp_path_factory: pytest.TempPathFactory, custodians: dict[str, bytes]) -> None:
    folder = tmp_path_factory.mktemp("keyring")
    name = next(iter(custodians), 'a "quoted" \\ name')
    write_keyring(folder, unit_id=name, unit_public=public("unit"), custodians=custodians)
    make_month_keys(folder, folder / "private", months=["2026-11"])
    keyring = PublicKeyring.load(folder, "2026-11")
    assert keyring.unit_id == name
    assert keyring.custodians == custodians


def test_a_keyring_is_never_overwritten(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    with pytest.raises(FileExistsError):
        write_keyring(folder, unit_id="unit-2", unit_public=public("other"), custodians={})
    assert (folder / FILE).read_bytes() == before


def test_a_missing_keyring_says_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(Unsafe, match=r"keyring\.toml is missing\. Copy the folder"):
        PublicKeyring.load(tmp_path, "2026-11")


def test_a_missing_retention_key_is_told(tmp_path: Path) -> None:
    write_keyring(tmp_path, unit_id="unit-1", unit_public=public("unit"), custodians=CUSTODIANS)
    with pytest.raises(Unsafe, match="no retention key"):
        PublicKeyring.load(tmp_path, "2026-11")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[unit",
        b"\xff\xfe",
        b"unit = 3\ncustodians = 4",
        b'unit = "x"\n[custodians]',
        b'[unit]\nid = "u"\npublic = "AAAA"\n[custodians]',
        b'[unit]\nid = "u"\npublic = 7\n[custodians]',
        b'[unit]\nid = "u"\npublic = "??"\n[custodians]',
        b'[unit]\nid = "u"\npublic = "' + b"A" * 43 + b'="',
        b'custodians = ["kim"]\n[unit]\nid = "u"\npublic = "' + b"A" * 43 + b'="',
        b'[unit]\npublic = "' + b"A" * 43 + b'="\n[custodians]\n',
    ],
    ids=repr,
)
def test_a_damaged_keyring_is_told(folder: Path, content: bytes) -> None:
    (folder / FILE).write_bytes(content)
    with pytest.raises(Unsafe, match=r"keyring\.toml cannot be read"):
        PublicKeyring.load(folder, "2026-11")


def test_a_custodians_damaged_key_is_told_before_a_tip_arrives(folder: Path) -> None:
    text = (folder / FILE).read_text()
    (folder / FILE).write_text(text.replace('"kim" = "', '"kim" = "A'))
    with pytest.raises(Unsafe, match="cannot be read"):
        PublicKeyring.load(folder, "2026-11")


def test_no_private_key_lies_in_the_public_folder(folder: Path) -> None:
    secret = private_key(folder.parent / "private", "2026-11")
    for path in folder.rglob("*.*"):
        if path.is_file():
            assert secret not in path.read_bytes()
    assert sorted(path.name for path in folder.rglob("*.*")) == ["2026-11.pub", FILE]


def test_the_installations_keyring_turns_with_the_month(
    folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TOCSIN_PUBLIC_KEYS = folder
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    first = installed.keyring()
    assert first.retention_id == "2026-11"
    assert installed.keyring() is first
    make_month_keys(folder, folder.parent / "private", months=["2026-12"])
    assert installed.keyring() is first
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
    assert installed.keyring().retention_id == "2026-12"
