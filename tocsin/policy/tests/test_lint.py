"""What ``tocsin pack lint`` says: refusals with their lines, and what somebody should look at."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.policy.findings import Finding
from tocsin.policy.floors import AWARD_LIMITS, LIMITS
from tocsin.policy.lint import Verdict, lint
from tocsin.policy.tests.conftest import EU, PACKS, SEED, Draft, ShelfDraft

SPRING = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER = "categories/other.toml"


def said(verdict: Verdict) -> set[tuple[str, str]]:
    assert all(finding.problem and finding.remedy for finding in (*verdict.findings, *verdict.warnings))
    return {(finding.file, finding.key) for finding in (*verdict.findings, *verdict.warnings)}


def only(verdict: Verdict) -> Finding:
    """The one warning that is not about the sample's own marks."""
    (warning,) = [
        each for each in verdict.warnings if each.key.partition(".")[2] != "website" and "mark" not in each.key
    ]
    return warning


@pytest.mark.parametrize("path", [SEED, EU], ids=lambda path: path.name)
def test_the_shipped_packs_are_clean_but_for_being_samples(path: Path) -> None:
    verdict = lint(path, SPRING)
    assert verdict.findings == ()
    marks = {f"mark.{language}" for language in verdict.versions[0].languages}
    assert said(verdict) == {("pack.toml", key) for key in (*marks, "authority.website", "oversight_body.website")}


def test_a_pack_without_the_marks_of_a_sample_is_clean(draft: Draft) -> None:
    draft.replace("pack.toml", "Sample – not legal advice", "Rules of the Ministry, 2026")
    draft.replace("pack.toml", "示例，不构成法律意见", "主管部门2026年规则")
    draft.replace("pack.toml", "authority.example", "authority.gov.test")
    draft.replace("pack.toml", "oversight.example", "oversight.gov.test")
    verdict = lint(draft.path, SPRING)
    assert verdict.warnings == ()
    assert [pack.version for pack in verdict.versions] == ["seed-2026.1"]


def test_every_fault_of_every_file_is_named_with_its_line(draft: Draft) -> None:
    draft.replace("pack.toml", "acknowledge_days = 7", "acknowledge_days = 8")
    draft.replace("pack.toml", "feedback_months = 3", "feedback_month = 3")
    draft.replace("pack.toml", "smallest_cell = 5", 'smallest_cell = "5"')
    draft.replace(OTHER, "Harm to people", "Harm by foreigners")
    draft.replace(OTHER, "order = 900", 'order = "last"')
    draft.replace("texts/en.toml", "[withdraw]\ntext", "[withdraw]\ntxt")
    draft.replace("texts/zh-hans.toml", "[award]", "award]")
    verdict = lint(draft.path, SPRING)
    assert {(finding.file, finding.key): finding.line for finding in verdict.findings} == {
        (OTHER, "order"): line_with(draft, OTHER, 'order = "last"'),
        (OTHER, "questions[1].options[0].label.en"): line_with(draft, OTHER, "foreigners"),
        ("pack.toml", "clocks.acknowledge_days"): line_with(draft, "pack.toml", "acknowledge_days"),
        ("pack.toml", "clocks.feedback_month"): line_with(draft, "pack.toml", "feedback_month ="),
        ("pack.toml", "clocks.feedback_months"): line_with(draft, "pack.toml", "[clocks]"),
        ("pack.toml", "statistics.smallest_cell"): line_with(draft, "pack.toml", "smallest_cell"),
        ("texts/en.toml", "withdraw.text"): line_with(draft, "texts/en.toml", "[withdraw]"),
        ("texts/en.toml", "withdraw.txt"): line_with(draft, "texts/en.toml", "txt"),
        ("texts/zh-hans.toml", ""): line_with(draft, "texts/zh-hans.toml", "award]"),
    }
    assert verdict.warnings == ()
    places = [(finding.file, finding.line) for finding in verdict.findings]
    assert places == sorted(places)  # as somebody reads them


def line_with(draft: Draft, file: str, text: str) -> int:
    lines = (draft.path / file).read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


def test_a_misspelled_key_is_told_what_was_meant(draft: Draft) -> None:
    draft.replace("pack.toml", "feedback_months = 3", "feedback_month = 3")
    (unknown,) = [each for each in lint(draft.path, SPRING).findings if "unknown" in each.problem]
    assert unknown.remedy == "Did you mean “feedback_months”?"


def test_a_fault_hides_no_floor_that_is_broken_beside_it_and_invents_none(draft: Draft) -> None:
    draft.replace("pack.toml", "[clocks]", "[clock]")
    draft.replace("pack.toml", "unfounded_days = 90", "unfounded_days = 91")
    assert said(lint(draft.path, SPRING)) == {
        ("pack.toml", "clock"),
        ("pack.toml", "clocks"),
        ("pack.toml", "retention.unfounded_days"),
    }


def test_a_misspelled_way_to_report_is_not_held_for_a_missing_one(draft: Draft) -> None:
    draft.replace("pack.toml", 'code = "anonymous"', 'code = "anonimous"')
    draft.replace("pack.toml", "pay_without_identity = true", "pay_without_identity = 1")
    assert said(lint(draft.path, SPRING)) == {
        ("pack.toml", "identity_modes[0].code"),
        ("pack.toml", "awards.pay_without_identity"),
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('languages = ["en", "zh-hans"]', "languages = []"),
        ('languages = ["en", "zh-hans"]', "tongues = 1"),
        ("[authority]", "[autority]"),
        ("[evidence]", "[proof]"),
        ("legal_basis = [", "law = ["),
    ],
)
def test_one_fault_is_not_told_a_hundred_times(draft: Draft, old: str, new: str) -> None:
    draft.replace("pack.toml", old, new)
    assert 1 <= len(lint(draft.path, SPRING).findings) <= 2


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2027, 11, 1, 12, tzinfo=UTC), ""),
        (datetime(2027, 11, 2, 12, tzinfo=UTC), "is in 59 days"),
        (datetime(2027, 12, 31, 12, tzinfo=UTC), "is in 0 days"),
        (datetime(2028, 1, 1, 12, tzinfo=UTC), "has passed"),
    ],
)
def test_a_pack_that_ends_soon_is_pointed_out(moment: datetime, told: str) -> None:
    warnings = [each for each in lint(SEED, moment).warnings if each.key == "expires_on"]
    assert [told in each.problem for each in warnings] == ([True] if told else [])


def test_a_pack_that_has_not_begun_is_pointed_out() -> None:
    assert ("pack.toml", "valid_from") in said(lint(SEED, datetime(2025, 12, 1, tzinfo=UTC)))


def test_a_version_that_ends_needs_no_reminder_when_the_next_one_is_there(shelf_draft: ShelfDraft) -> None:
    old = Draft(shelf_draft.path / "old")
    old.replace("pack.toml", "known_until = 2027-12-31", "known_until = 2025-12-31")
    keys = {(finding.file, finding.key) for finding in lint(shelf_draft.path, SPRING).warnings}
    assert not any(key in ("expires_on", "valid_from", "calendar.known_until") for _, key in keys)
    assert {file for file, _ in keys} == {"old/pack.toml", "new/pack.toml"}


def test_a_gap_between_versions_is_pointed_out_while_it_can_be_closed(shelf_draft: ShelfDraft) -> None:
    verdict = lint(shelf_draft.path, datetime(2025, 2, 1, tzinfo=UTC))
    assert ("new/pack.toml", "valid_from") in said(verdict)
    (gap,) = [each for each in verdict.warnings if each.key == "valid_from"]
    assert "seed-2024.1 ends on 2025-06-30" in gap.problem
    assert (shelf_draft.path / gap.file).read_text().splitlines()[gap.line - 1] == "valid_from = 2026-01-01"


@pytest.mark.parametrize(("until", "warned"), [("2027-02-28", True), ("2027-03-01", False)])
def test_holidays_should_be_known_for_a_year(draft: Draft, until: str, warned: bool) -> None:
    draft.replace("pack.toml", "known_until = 2027-12-31", f"known_until = {until}")
    assert (("pack.toml", "calendar.known_until") in said(lint(draft.path, SPRING))) is warned


def test_an_exception_from_a_holiday_that_is_none_is_pointed_out(draft: Draft) -> None:
    draft.replace("pack.toml", "time_zone =", 'country = "CN"\nnot_holidays = [2026-05-01, 2026-03-03]\ntime_zone =')
    assert only(lint(draft.path, SPRING)).key == "calendar.not_holidays[1]"


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        (OTHER, "在哪里？", "Where?", "questions[2].label.zh-hans"),
        ("texts/zh-hans.toml", "已办结", "Finished", "status.finished"),
        ("pack.toml", "信件", "Letter", "channels[2].label.zh-hans"),
    ],
)
def test_a_forgotten_translation_is_pointed_out(draft: Draft, file: str, old: str, new: str, key: str) -> None:
    draft.replace(file, f'"{old}"', f'"{new}"')
    warning = only(lint(draft.path, SPRING))
    assert (warning.file, warning.key) == (file, key)
    assert warning.line == line_with(draft, file, new if file != OTHER else 'label = { en = "Where?"')


def test_a_number_is_the_same_in_every_language(draft: Draft) -> None:
    draft.replace(OTHER, '{ en = "Where?", zh-hans = "在哪里？" }', '{ en = "112", zh-hans = "112" }')
    assert not any("first language" in each.problem for each in lint(draft.path, SPRING).warnings)


LONG = "We would like to know from you " + "and from you " * 10 + "what you saw."


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (OTHER, "Choose this if nothing else fits.", LONG),
        (OTHER, "如果都不合适", "如果都不合适" * 9),
        ("texts/en.toml", "Read our answer below.", LONG),
        ("pack.toml", "They must pass your report on to us.", LONG),
    ],
)
def test_a_sentence_that_is_too_long_for_the_public_door_is_pointed_out(
    draft: Draft, file: str, old: str, new: str
) -> None:
    draft.replace(file, old, new)
    warning = only(lint(draft.path, SPRING))
    assert (warning.file, warning.line) == (file, line_with(draft, file, new))


@pytest.mark.parametrize(
    ("file", "old"),
    [
        (OTHER, "The person who reads your report looks for the rule"),
        ("texts/en.toml", "Everyone may"),
        ("texts/en.toml", "Guarding State Secrets Law"),
    ],
)
def test_texts_for_jurists_may_be_long(draft: Draft, file: str, old: str) -> None:
    draft.replace(file, old, LONG.replace(".", "") + old)
    assert len(lint(draft.path, SPRING).warnings) == 4


def test_a_language_whose_forbidden_words_nobody_listed_is_pointed_out(draft: Draft) -> None:
    for path in draft.path.rglob("*.toml"):
        path.write_text(path.read_text(encoding="utf-8").replace("zh-hans", "ja"), encoding="utf-8")
    (draft.path / "texts" / "zh-hans.toml").rename(draft.path / "texts" / "ja.toml")
    assert only(lint(draft.path, SPRING)).key == "languages[1]"


@pytest.mark.parametrize(
    "text", ["", "x", "id = 1", "[[channels]]", "languages = []", "a = {}", "languages = ['../x']"]
)
def test_whatever_stands_in_the_files_the_linter_says_so_and_does_not_break(tmp_path: Path, text: str) -> None:
    (tmp_path / "categories").mkdir()
    (tmp_path / "texts").mkdir()
    for name in ("pack.toml", "categories/other.toml", "texts/en.toml"):
        (tmp_path / name).write_text(text)
    assert lint(tmp_path, SPRING).findings


@pytest.mark.parametrize("path", sorted(SEED.rglob("*.toml")), ids=lambda path: path.relative_to(SEED).as_posix())
@pytest.mark.parametrize("spoilt", ["7", "[]", "{}", '""', "[{}]", "true"])
def test_values_of_the_wrong_kind_are_findings_and_never_a_crash(draft: Draft, path: Path, spoilt: str) -> None:
    file = path.relative_to(SEED).as_posix()
    text = path.read_text(encoding="utf-8")
    (draft.path / file).write_text(re.sub(r"(?m)^([a-z_-]+) = .*[^\[]$", rf"\1 = {spoilt}", text), encoding="utf-8")
    assert {finding.file for finding in lint(draft.path, SPRING).findings} >= {file}


def run(*arguments: object, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command as somebody types it, into a pipe."""
    command = [sys.executable, "-m", "tocsin", "pack", "lint", *map(str, arguments)]
    env = {**os.environ, "TOCSIN_HOME": str(home or PACKS / "no-installation"), "COLUMNS": "40"}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=PACKS.parent, check=False)


def test_the_command_prints_plain_lines_that_an_editor_can_follow(draft: Draft) -> None:
    draft.replace("pack.toml", "acknowledge_days = 7", "acknowledge_days = 8")
    done = run(draft.path)
    line = line_with(draft, "pack.toml", "acknowledge_days")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{draft.path}/pack.toml:{line}: clocks.acknowledge_days: is 8; the core allows 7 at most. Write 7 or less.",
        "1 finding: this pack is refused. Warnings are looked for when nothing is refused.",
    ]
    assert "\x1b" not in done.stdout


def test_warnings_change_the_exit_code_only_if_somebody_wants_it() -> None:
    relaxed, strict = run("packs/seed"), run("packs/seed", "--strict")
    assert (relaxed.returncode, strict.returncode) == (0, 1)
    assert re.search(r"packs/seed/pack\.toml:\d+: warning: mark\.en: ", relaxed.stdout)
    assert "seed-2026.1: valid 2026-01-01 to 2027-12-31, 15 categories, en, zh-hans" in relaxed.stdout
    assert relaxed.stdout == strict.stdout


def test_without_a_path_the_pack_of_the_installation_is_looked_at(tmp_path: Path) -> None:
    told = (
        f'[site]\nunit = "u"\norigin = "o.example/log"\nmode = "production"\npack = "{EU}"\nlanguages = ["en"]\n'
        '[public]\nport = 1\nhosts = ["localhost"]\n[desk]\nport = 2\nhosts = ["localhost"]\n'
    )
    (tmp_path / "tocsin.toml").write_text(told)
    assert "eu-2026.1: valid" in run(home=tmp_path).stdout


def test_without_an_installation_it_says_what_to_do() -> None:
    done = run()
    assert done.returncode == 2
    assert "TOCSIN_HOME" in done.stderr


def test_a_folder_without_a_pack_is_a_finding(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert "Give the folder that holds pack.toml." in done.stdout


GUIDE = PACKS.parent / "docs" / "guides" / "pack-author.md"


def test_the_guide_shows_what_the_linter_really_says() -> None:
    told = GUIDE.read_text(encoding="utf-8")
    verdict = lint(EU, SPRING)
    for each in verdict.warnings:
        assert f"\npacks/eu-directive/{each.place}: warning: {each.key}: {each.problem} {each.remedy}\n" in told
    assert f"No findings, {len(verdict.warnings)} warnings." in told


def test_the_guide_shows_what_a_draft_with_mistakes_is_told(tmp_path: Path) -> None:
    shutil.copytree(EU, tmp_path / "pack")
    draft = Draft(tmp_path / "pack")
    draft.replace("pack.toml", "acknowledge_days = 7", "acknowledge_days = 8")
    draft.replace("pack.toml", "feedback_months = 3", "feedback_month = 3")
    draft.replace("pack.toml", '"BE"', '"BX"')
    draft.replace(OTHER, "The safety or health of people", "The safety of foreigners")
    draft.cut(OTHER, ', fr = "Quelqu’un est en danger maintenant', " }")
    draft.replace("texts/fr.toml", 'question = "Nous avons une question"', 'question = "Nous')
    told = GUIDE.read_text(encoding="utf-8")
    findings = lint(draft.path, SPRING).findings
    for finding in findings:
        assert f"\ndraft/{finding}\n" in told
    assert f"\n{len(findings)} findings: this pack is refused." in told


def test_the_guide_names_every_limit() -> None:
    told = GUIDE.read_text(encoding="utf-8")
    for limit in (*LIMITS, *AWARD_LIMITS):
        assert f"{limit.key.rpartition('.')[2]}`" in told, limit.key
