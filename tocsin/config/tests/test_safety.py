"""What Tocsin refuses to start with. Every refusal names the place and the remedy, and really stops the process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tocsin.common.errors import Unsafe
from tocsin.config.instance import load_instance
from tocsin.config.safety import faults, require_safe, same_place
from tocsin.config.tests.command import tocsin

PARTS = ("public", "desk", "worker")
HOSTS = 'hosts = ["localhost", "127.0.0.1"]'


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DEBUG", "DJANGO_DEBUG", "TOCSIN_DEBUG", "TOCSIN_BATCH_SECONDS"):
        monkeypatch.delenv(name, raising=False)


def told(home: Path, part: str = "public") -> list[str]:
    return list(faults(load_instance(home), part))


def write(home: Path, name: str, text: str) -> None:
    (home / name).write_text(text)
    (home / name).chmod(0o600)


def settings(home: Path, *changes: tuple[str, str]) -> None:
    """Change lines of ``tocsin.toml`` from the last door back to the first."""
    file = home / "tocsin.toml"
    for old, new in changes:
        before = file.read_text()
        assert old in before
        file.write_text(before.replace(old, new))


def unattended(home: Path, key: str) -> None:
    settings(home, ("[desk]", f'[desk]\nunattended_key = "{key}"'))
    if (home / key).parent.is_dir():
        (home / key).touch(mode=0o600)


class Refusal(NamedTuple):
    """A harm to a good installation, the part that must not start, and what the sentence must say."""

    harm: Callable[[Path], None]
    part: str
    where: str
    remedy: str


REFUSALS = {
    "no secret at the door": Refusal(
        lambda home: (home / "keys/door/secret.key").unlink(), "public", "keys/door/secret.key", "from your backup"
    ),
    "no secret at the desk": Refusal(
        lambda home: (home / "keys/desk/secret.key").unlink(), "desk", "keys/desk/secret.key", "from your backup"
    ),
    "no key of promises at the desk": Refusal(
        lambda home: (home / "keys/desk/promise.key").unlink(), "desk", "keys/desk/promise.key", "chmod 600"
    ),
    "short secret": Refusal(
        lambda home: write(home, "keys/door/secret.key", "a1b2c3d4e5f6g7h8"),
        "public",
        "keys/door/secret.key",
        "token_hex",
    ),
    "secret of one letter": Refusal(
        lambda home: write(home, "keys/desk/secret.key", "a" * 64), "desk", "keys/desk/secret.key", "token_hex"
    ),
    "Django's own example": Refusal(
        lambda home: write(home, "keys/door/secret.key", "django-insecure-0123456789abcdefghijklmnopqrst"),
        "public",
        "keys/door/secret.key",
        "token_hex",
    ),
    "secret that says to be changed": Refusal(
        lambda home: write(home, "keys/door/secret.key", "ChangeMe-0123456789abcdefghijklmnopqrst"),
        "public",
        "keys/door/secret.key",
        "token_hex",
    ),
    "key for the group": Refusal(
        lambda home: (home / "keys/door/promise.key").chmod(0o640), "public", "keys/door/promise.key", "chmod 600"
    ),
    "key for everybody": Refusal(
        lambda home: (home / "keys/desk/unit.key").chmod(0o604), "desk", "keys/desk/unit.key", "chmod 600"
    ),
    "key that others may write": Refusal(
        lambda home: (home / "keys/worker/ledger.key").chmod(0o602), "worker", "keys/worker/ledger.key", "chmod 600"
    ),
    "folder for the group": Refusal(
        lambda home: (home / "keys/worker").chmod(0o750), "worker", "keys/worker", "chmod 700"
    ),
    "folder of the months": Refusal(
        lambda home: (home / "keys/desk/retention").chmod(0o755), "worker", "keys/desk/retention", "chmod 700"
    ),
    "custodian's key for everybody": Refusal(
        lambda home: (home / "handover/kim.key").chmod(0o644), "worker", "handover/kim.key", "chmod 600"
    ),
    "unlock key beside the database": Refusal(
        lambda home: unattended(home, "db/unlock.key"), "desk", "db/unlock.key", "delete the line desk.unattended_key"
    ),
    "unlock key in the same tree": Refusal(
        lambda home: unattended(home, "unlock.key"), "worker", "unlock.key", "Move it to another device"
    ),
    "unlock key on the same disk": Refusal(
        lambda home: unattended(home, str(home.parent / "unlock.key")), "desk", "unlock.key", "unlock by passphrase"
    ),
    "unlock key whose device is not there": Refusal(
        lambda home: unattended(home, "/dev/no-such-device/unlock.key"),
        "desk",
        "/dev/no-such-device",
        "Attach its device",
    ),
    "database on a disk that is not mounted": Refusal(
        lambda home: (home / "db/tocsin.sqlite3").unlink(), "public", "db/tocsin.sqlite3", "Mount its disk"
    ),
    "door for every name": Refusal(
        lambda home: settings(home, (HOSTS, 'hosts = ["*"]')), "public", "[public] hosts", "List the names"
    ),
    "door for every name among others": Refusal(
        lambda home: settings(home, (HOSTS, 'hosts = ["localhost", "*"]')), "desk", "[desk] hosts", "List the names"
    ),
    "door for no name": Refusal(
        lambda home: settings(home, (HOSTS, "hosts = []")), "desk", "[desk] hosts", "List the names"
    ),
    "public name without TLS": Refusal(
        lambda home: settings(home, (HOSTS, 'hosts = ["a.onion", "tips.example"]'), ("tls = true", "tls = false")),
        "public",
        "[public] behind_tls",
        "set behind_tls = true",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_refusal_names_the_place_and_the_remedy(bare_home: Path, case: str) -> None:
    refusal = REFUSALS[case]
    assert told(bare_home, refusal.part) == []
    refusal.harm(bare_home)
    sentences = told(bare_home, refusal.part)
    assert len(sentences) == 1, sentences
    assert refusal.where in sentences[0]
    assert refusal.remedy in sentences[0]
    with pytest.raises(Unsafe) as refused:
        require_safe(load_instance(bare_home), refusal.part)
    assert str(refused.value) == sentences[0]


@pytest.mark.parametrize("name", ["DEBUG", "DJANGO_DEBUG", "TOCSIN_DEBUG"])
@pytest.mark.parametrize("part", PARTS)
def test_no_part_starts_while_debugging_is_on(
    bare_home: Path, monkeypatch: pytest.MonkeyPatch, name: str, part: str
) -> None:
    for off in ("", "0", "false", "no"):
        monkeypatch.setenv(name, off)
        assert told(bare_home, part) == []
    for on in ("1", "true", "True", "YES", "on"):
        monkeypatch.setenv(name, on)
        (sentence,) = told(bare_home, part)
        assert f"Unset {name}" in sentence


@pytest.mark.parametrize("hosts", ['"abc.onion"', '"localhost"', '"127.0.0.1", "[::1]", "x.onion"'])
@pytest.mark.parametrize("part", ["public", "desk"])
def test_onion_and_loopback_names_need_no_tls(bare_home: Path, hosts: str, part: str) -> None:
    settings(bare_home, (HOSTS, f"hosts = [{hosts}]"), ("behind_tls = true", "behind_tls = false"))
    assert told(bare_home, part) == []


def test_a_name_that_only_looks_like_an_onion_needs_tls(bare_home: Path) -> None:
    settings(bare_home, (HOSTS, 'hosts = ["onion.example.org"]'), ("behind_tls = true", "behind_tls = false"))
    assert "travel in clear" in told(bare_home)[0]


def test_a_demonstration_may_be_reached_under_any_name_but_its_keys_are_held_to_the_same_rules(bare_home: Path) -> None:
    settings(
        bare_home, ('"production"', '"demo"'), (HOSTS, 'hosts = ["*"]'), ("behind_tls = true", "behind_tls = false")
    )
    assert [told(bare_home, part) for part in PARTS] == [[], [], []]
    (bare_home / "keys/desk/unit.key").chmod(0o644)
    assert all("chmod 600" in told(bare_home, part)[0] for part in PARTS)


def test_with_postgresql_the_unlock_key_may_lie_here_but_nobody_else_may_read_it(bare_home: Path) -> None:
    key = bare_home.parent / "unlock.key"
    unattended(bare_home, str(key))
    settings(bare_home, ("[worker]", '[database]\nurl = "postgresql://tocsin@/tocsin"\n[worker]'))
    assert told(bare_home, "desk") == []
    key.chmod(0o640)
    assert told(bare_home, "desk") == [f"Other users of this machine can read {key}. Run: chmod 600 {key}"]
    assert told(bare_home, "public") == []  # it does not hold that key, and may not even see it


def test_a_store_that_cannot_be_named_is_refused_without_its_password(
    bare_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://tocsin:the-password@host/name")
    (sentence,) = told(bare_home)
    assert "DATABASE_URL" in sentence
    assert "the-password" not in sentence


def test_two_places_are_the_same_by_folder_by_tree_and_by_disk(tmp_path: Path) -> None:
    database = tmp_path / "home" / "db" / "tocsin.sqlite3"
    database.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for key in ("home/db/u.key", "home/u.key", "home/keys/desk/u.key", "elsewhere/u.key"):
        assert same_place(tmp_path / key, database), key
    assert not same_place(Path("/dev/u.key"), database)
    assert not same_place(tmp_path / "not-mounted" / "u.key", database)


def test_a_link_does_not_hide_that_a_key_lies_beside_the_database(tmp_path: Path) -> None:
    database = tmp_path / "db" / "tocsin.sqlite3"
    database.parent.mkdir()
    (tmp_path / "stick").symlink_to(database.parent)
    assert same_place(tmp_path / "stick" / "u.key", database)


@pytest.mark.parametrize(
    ("part", "harm", "variables", "word"),
    [
        ("public", REFUSALS["short secret"].harm, {}, "secret.key"),
        ("desk", REFUSALS["door for every name"].harm, {}, "[desk] hosts"),
        ("worker", REFUSALS["key that others may write"].harm, {}, "chmod 600"),
        ("public", lambda _home: None, {"DEBUG": "1"}, "Unset DEBUG"),
        ("all", REFUSALS["unlock key beside the database"].harm, {}, "lies beside the database"),
    ],
)
def test_serve_ends_with_code_2_and_the_sentence(
    bare_home: Path, part: str, harm: Callable[[Path], None], variables: dict[str, str], word: str
) -> None:
    harm(bare_home)
    ended = tocsin("serve", part, home=bare_home, **variables)
    assert ended.code == 2
    assert "Not started:" in ended.words
    assert word in ended.words
    assert "Traceback" not in ended.words
