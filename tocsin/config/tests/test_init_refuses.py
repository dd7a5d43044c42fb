"""Bad answers: each is refused with a sentence, and nothing is left behind that would look like an installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.installation import answers_for_tests
from tocsin.common.errors import RuleBroken, Unsafe
from tocsin.config import setup
from tocsin.config.cli import demo, initialise
from tocsin.config.instance import PACKS, load_instance
from tocsin.config.setup import Person, make_home
from tocsin.config.tests.command import ANSWERS, SECRETS, Operator, everything_in, tocsin
from tocsin.policy.tests.conftest import two_versions
from tocsin.vault.keyfiles import Stretching

LOU_AND_MAX = 'lou = "lou alone knows of this"\nmax = "max alone knows of this"\n'
NOT_DONE, NOT_STARTED = 1, 2


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (LOU_AND_MAX, "", "at least two custodians"),
        ("lou alone knows", "kim alone knows", "a passphrase of their own"),
        ("quiet river under glass", "short", "at least 12 characters"),
        ("max alone knows of this", "max", "at least 12 characters"),
        ('"seed"', '"no-such-pack"', "Give the folder that holds pack.toml"),
        ('unit_passphrase = "quiet river under glass"\n', "", "unit_passphrase"),
        ("unit =", "unti =", "unti"),
        ("[[people]]", "[[peeple]]", "peeple"),
        ("roles =", "rolls =", "rolls"),
        ("[custodians]", "[custodian]", "custodians"),
        ('unit = "intake"', "unit = 7", "unit must be a text in"),
        ('["tips.example.org"]', '"tips.example.org"', "public_hosts must be a list"),
        ('pack = "seed"', 'pack = "seed"\npublic_port = "8000"', "public_port must be a number"),
        ('pack = "seed"', 'pack = "seed"\nbehind_tls = "no"', "behind_tls must be true or false"),
        ('pack = "seed"', 'pack = "seed"\nmode = "prod"', "production or demo"),
        ('pack = "seed"', 'pack = "seed"\nbatch_seconds = 0', "from 1 to 86400"),
        ('pack = "seed"', 'pack = "seed"\nbatch_seconds = 90000', "from 1 to 86400"),
        ('unit = "intake"', 'unit = "a|b"', "cannot stand in the ledger"),
        ('unit = "intake"', 'unit = " "', "The unit needs a name"),
        ("tips.example.org/ledger", "tips of example", "cannot stand in the ledger"),
        ("tips.example.org/ledger", "tips.example.org/2", "must not end in / and a number"),
        ("kim = ", '"../kim" = ', "letters, digits, hyphens"),
        ("kim = ", "key-file = ", "kept for the unattended unlock key"),
        ('"administrator"', '"boss"', "A role is not known"),
        ('"administrator"', '"public_door"', "A role is not known or not for people"),
        ('unit = "intake"', "unit = ", "Invalid value (at line 1"),
    ],
)
def test_a_bad_answer_is_refused_with_a_sentence(
    operator: Operator, tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    assert old in ANSWERS
    answers, home = tmp_path / "answers.toml", tmp_path / "home"
    answers.write_text(ANSWERS.replace(old, new, 1))
    told = operator.at(home).runs("init", "--answers", str(answers))
    assert told.code in (NOT_DONE, NOT_STARTED)
    assert sentence in told.words
    assert "Traceback" not in told.words
    assert not home.exists()
    assert not [secret for secret in SECRETS if secret in told.words]


@pytest.mark.parametrize("data", [b"\xff\xfe unit", b"unit = 'a' 'b'", b""])
def test_a_file_that_is_no_answers_file_is_refused(operator: Operator, tmp_path: Path, data: bytes) -> None:
    answers, home = tmp_path / "answers.toml", tmp_path / "home"
    answers.write_bytes(data)
    told = operator.at(home).runs("init", "--answers", str(answers))
    assert told.code == NOT_DONE
    assert "Nothing was made" in told.words
    assert not home.exists()


@pytest.mark.parametrize("name", ["nowhere.toml", "folder"])
def test_a_file_that_cannot_be_read_is_named(operator: Operator, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    home = tmp_path / "home"
    told = operator.at(home).runs("init", "--answers", str(tmp_path / name))
    assert told.code == NOT_DONE
    assert name in told.words
    assert not home.exists()


def test_an_answers_file_cannot_make_passphrases_cheap_to_try(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('cost = "none"\n' + ANSWERS)
    assert initialise._from_file(answers).cost == Stretching()


def test_a_password_that_everybody_uses_is_refused_after_all_and_everything_is_removed(tmp_path: Path) -> None:
    answers, home = tmp_path / "answers.toml", tmp_path / "home"
    answers.write_text(ANSWERS.replace("ada types this each day", "administrator"))
    told = tocsin("init", "--answers", str(answers), home=home)
    assert told.code == NOT_DONE
    assert "password is too common" in told.words
    assert not home.exists()


def full_disk(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device", "/somewhere/full")


@pytest.mark.parametrize("step", ["boot", "migrate", "collect_static", "add_people"])
def test_a_failure_in_the_middle_removes_what_was_made(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    answers, home = tmp_path / "answers.toml", tmp_path / "home"
    answers.write_text(ANSWERS)
    for name in ("boot", "migrate", "collect_static", "add_people"):
        monkeypatch.setattr(initialise, name, full_disk if name == step else lambda *_: None)
    told = operator.at(home).runs("init", "--answers", str(answers))
    assert told.code == NOT_DONE
    assert "No space left on device (/somewhere/full)" in told.words
    assert not home.exists()


@pytest.mark.parametrize("step", ["write_keyring", "make_month_keys", "write_secret", "_settings"])
def test_keys_that_could_not_all_be_written_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(setup, step, full_disk)
    with pytest.raises(OSError, match="No space left"):
        make_home(tmp_path / "home", answers_for_tests())
    assert everything_in(tmp_path) == {}


def test_what_somebody_else_put_there_meanwhile_is_not_removed(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"

    def slow_typist() -> setup.Answers:
        home.mkdir()
        (home / "tocsin.toml").write_text("of a colleague")
        return answers_for_tests()

    monkeypatch.setattr(initialise, "_ask", slow_typist)
    assert operator.at(home).runs("init").code == NOT_DONE
    assert everything_in(home) == {"tocsin.toml": b"of a colleague"}


def test_a_demonstration_that_was_interrupted_while_it_was_made_begins_anew(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("migrate", "add_people", "collect_static"):
        monkeypatch.setattr(demo, name, lambda *_: None)
    monkeypatch.setattr(demo, "_file_samples", interrupted)
    home = tmp_path / "demo"
    assert operator.runs("demo", "--home", str(home), "--prepare-only").code != 0
    assert not home.exists()


def test_demo_starts_no_real_installation(operator: Operator, bare_home: Path) -> None:
    before = everything_in(bare_home)
    told = operator.runs("demo", "--home", str(bare_home))
    assert told.code == NOT_DONE
    assert "is a real installation" in told.words
    assert everything_in(bare_home) == before


def test_a_shelf_of_versions_is_a_pack_like_any_other(tmp_path: Path) -> None:
    shelf = two_versions(tmp_path / "shelf")
    make_home(tmp_path / "home", answers_for_tests(pack=str(shelf.path)))
    assert str(shelf.path) in (tmp_path / "home" / "tocsin.toml").read_text()


def test_a_pack_given_as_a_path_is_found_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "our-pack").symlink_to(PACKS / "seed")
    monkeypatch.chdir(tmp_path)
    make_home(tmp_path / "home", answers_for_tests(pack="our-pack"))
    monkeypatch.chdir("/")
    assert (load_instance(tmp_path / "home").pack / "pack.toml").is_file()


@pytest.mark.parametrize("unit", ['say "intake"', "back\\slash", "café 情报", "#1 = intake"])
def test_names_with_quotes_and_signs_are_read_back_as_they_were_told(tmp_path: Path, unit: str) -> None:
    make_home(tmp_path / "home", answers_for_tests(unit=unit))
    assert load_instance(tmp_path / "home").unit == unit


def test_a_custodians_name_never_leads_out_of_its_folder(tmp_path: Path) -> None:
    with pytest.raises(RuleBroken, match="name of a key file"):
        make_home(
            tmp_path / "home", answers_for_tests(custodians={"../x": "a long passphrase", "kim": "another one, long"})
        )
    assert everything_in(tmp_path) == {}


def test_an_unknown_pack_is_unsafe(tmp_path: Path) -> None:
    with pytest.raises(Unsafe, match=r"pack\.toml"):
        make_home(tmp_path / "home", answers_for_tests(pack="nowhere"))


TOO_MANY = {f"name-{number}": f"the passphrase of number {number}" for number in range(21)}


def person(seat: str, *roles: str) -> Person:
    return Person(seat or "ada", seat, "twelve characters or more", roles, seat=seat)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"custodians": TOO_MANY}, "at most 20 custodians"),
        ({"people": [person("nobody", "custodian")]}, "one of the custodians"),
        ({"people": [person("kim", "custodian"), person("kim", "custodian")]}, "only one person"),
        ({"people": [person("kim", "administrator")]}, "needs the role custodian"),
        ({"people": [person("kim", "custodian", "triage")]}, "none that reads reports"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_key_for_two_people_or_for_a_reader_of_reports_is_refused(
    changes: dict[str, object], told: str, tmp_path: Path
) -> None:
    with pytest.raises(RuleBroken, match=told):
        make_home(tmp_path / "home", answers_for_tests(**changes))
    assert not (tmp_path / "home").exists()
