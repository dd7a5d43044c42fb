"""Documents that say what is true: links lead somewhere, commands exist, recipes work."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tocsin.policy.category import QuestionType
from tocsin.policy.loader import check_files, load_pack

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
MAKE = re.compile(r"(?:`|\n) *make ([a-z-]+)")
TOCSIN = re.compile(r"(?:`|\n *)(?:\S*bin/|TOCSIN_HOME=\S+ (?:\S*bin/)?)?tocsin ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*))?")
GROUPS = {"serve", "ledger", "keys", "bench", "pack", "mail", "staff"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(document.read_text(encoding="utf-8")):
        if not link.startswith(("http:", "https:", "mailto:", "#")):
            target = document.parent / link.partition("#")[0]
            assert target.exists(), f"{document.name} links to {link}, which is not there."


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(MAKE.findall(document.read_text(encoding="utf-8")))
    assert named <= targets, f"{document.name} names {sorted(named - targets)}; the Makefile does not have it."


def test_every_test_that_the_map_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (ROOT / "docs" / "map.md").read_text(encoding="utf-8"))
    assert len(named) >= 8
    for file, name in named:
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {name}"


def commands() -> set[str]:
    """``demo``, ``serve public``, …: every command of ``tocsin``."""
    from tocsin.config.cli import app

    names = {each.name or each.callback.__name__ for each in app.registered_commands if each.callback}
    for group in app.registered_groups:
        assert group.typer_instance is not None
        told = group.typer_instance.registered_commands
        names |= {f"{group.name} {each.name or each.callback.__name__}" for each in told if each.callback}
    return names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_that_is_named_exists(document: Path) -> None:
    known = commands()
    for first, second in TOCSIN.findall(document.read_text(encoding="utf-8")):
        named = f"{first} {second}".strip() if first in GROUPS and second else first
        assert named in known or named in GROUPS, f"{document.name} names “tocsin {named}”, which does not exist."


def test_the_search_for_commands_finds_some() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"verify", "ledger"} <= {first for first, _second in TOCSIN.findall(readme)}
    assert {"demo", "test"} <= set(MAKE.findall(readme))


def test_decisions_are_numbered_without_gaps_and_tell_their_bad_sides() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        told = path.read_text(encoding="utf-8")
        for part in ("## Context", "## Decision", "## Consequences"):
            assert part in told, f"{path.name} has no part “{part}”."


def test_the_recipe_for_a_category_takes_one_new_file_and_no_edit_but_the_version(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(ROOT / "packs" / "seed", pack)
    nearest = (pack / "categories" / "animal_deaths.toml").read_text(encoding="utf-8")
    new = nearest.replace('code = "animal_deaths"', 'code = "bee_deaths"', 1)
    (pack / "categories" / "bee_deaths.toml").write_text(new, encoding="utf-8")
    before, after = load_pack(ROOT / "packs" / "seed"), load_pack(pack)
    assert {each.code for each in after.categories} - {each.code for each in before.categories} == {"bee_deaths"}
    assert after.fingerprint != before.fingerprint


def test_the_check_that_the_recipe_for_a_category_names_runs() -> None:
    told = (ROOT / "docs" / "recipes" / "add-a-category.md").read_text(encoding="utf-8")
    command = re.search(r"^ *tocsin (pack lint \S+)$", told, re.MULTILINE)
    assert command is not None
    line = [sys.executable, "-m", "tocsin", *command[1].split()]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "categories" in done.stdout


def test_the_recipe_for_a_category_names_every_kind_of_question() -> None:
    told = (ROOT / "docs" / "recipes" / "add-a-category.md").read_text(encoding="utf-8")
    for kind in QuestionType:
        assert f"`{kind.value}`" in told


def test_the_fault_that_the_recipes_quote_is_what_the_linter_says(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(ROOT / "packs" / "seed", pack)
    other, texts = pack / "categories" / "other.toml", pack / "pack.toml"
    other.write_text(other.read_text(encoding="utf-8").replace('{ en = "does', '{ en = "foreigners do', 1))
    texts.write_text(texts.read_text(encoding="utf-8").replace('languages = ["en"', 'languages = ["it", "en"', 1))
    told = " ".join(
        " ".join(path.read_text(encoding="utf-8").split()) for path in (ROOT / "docs" / "recipes").glob("*.md")
    )
    quoted = {"behaviour.en": other, "title.it": texts}
    for finding in check_files(
        {path.relative_to(pack).as_posix(): path.read_bytes() for path in pack.rglob("*.toml")}
    ).findings:
        if finding.key in quoted:
            file = quoted.pop(finding.key)
            assert f"{finding.key}: {finding.problem} {finding.remedy}" in told
            assert finding.file == file.relative_to(pack).as_posix()
    assert quoted == {}


def test_the_recipe_for_a_state_names_what_is_there() -> None:
    told = (ROOT / "docs" / "recipes" / "add-a-state.md").read_text(encoding="utf-8")
    for path in re.findall(r"`(tocsin/[a-z_/]+\.py)`", told):
        assert (ROOT / path).is_file(), path
    workflow = (ROOT / "tocsin" / "tips" / "workflow.py").read_text(encoding="utf-8")
    for name in ("class State", "FACES", "TIP_LIFE", "OPEN", "def _from"):
        assert name in workflow
