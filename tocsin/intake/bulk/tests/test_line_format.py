"""What a line may say, and how it is told what is wrong with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.intake.bulk.line_format import (
    ANSWERS,
    FIELDS,
    FLAGS,
    ImportedReport,
    LineRefused,
    Problem,
    ToldLine,
    parse_line,
    read_report,
)
from tocsin.intake.bulk.lines import RawLine
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.policy.active import get_pack
from tocsin.tips.content import clean_text

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LINE: dict[str, Any] = {
    "id": "register/2026/17",
    "channel": "letter",
    "category": "animal_deaths",
    "answers": {"what": "Dead birds on the shore.", "where": "Lake", "day": "2026-05", "often": "several"},
}


def raw(told: object) -> RawLine:
    data = told if isinstance(told, bytes) else json.dumps(told).encode()
    return RawLine(1, data, len(data))


def read(told: object) -> ImportedReport:
    return read_report(parse_line(raw(told)), NOW)


def refused(told: object) -> dict[str, str]:
    """What is wrong with a line, by field."""
    with pytest.raises(LineRefused) as caught:
        read(told)
    return {problem.field: problem.reason for problem in caught.value.problems}


def problems_of(told: object) -> tuple[Problem, ...]:
    """Nothing for a line that is taken; at least one for any other."""
    try:
        read(told)
    except LineRefused as wrong:
        return wrong.problems or (Problem("", ""),)
    return ()


def test_a_line_becomes_a_report_by_the_rules_of_every_channel() -> None:
    told = read({**LINE, "contact": " Mia Example ", "flags": ["second_hand", "protection"], "award": "yes"})
    report = told.submission
    assert (report.channel, report.category, report.contact) == ("letter", "animal_deaths", "Mia Example")
    assert report.answers == LINE["answers"]
    assert report.flags == ("protection", "second_hand")
    assert report.particulars.award == "yes"
    assert told.arrived_at is None


def test_empty_fields_are_as_good_as_none() -> None:
    empty = dict.fromkeys(("contact", "flags", "language", "award", "received_on", "received_at"))
    assert read({**LINE, **empty, "answers": {**LINE["answers"], "who": None, "how": ""}}) == read(LINE)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"channel": None}, "channel"),
        ({"channel": ["letter"]}, "channel"),
        ({"category": "witchcraft"}, "category"),
        ({"category": {"x": 1}}, "category"),
        ({"answers": None}, "answers"),
        ({"answers": "Dead birds"}, "answers"),
        ({"answers": {}}, "answers.what"),
        ({"answers": {"what": "\u200b \n"}}, "answers.what"),
        ({"answers": {"what": 7}}, "answers.what"),
        ({"answers": {"what": "x", "weather": "rain"}}, "answers.weather"),
        ({"answers": {"what": "x", "risk": "yes"}}, "answers.risk"),
        ({"answers": {"what": "x" * 200_001}}, "answers.what"),
        ({"answers": {"what": "x", "where": "y" * 20_001}}, "answers.where"),
        ({"answers": {"what": "x", "often": "daily"}}, "answers.often"),
        ({"answers": {"what": "x", "day": "2026-02-30"}}, "answers.day"),
        ({"answers": {"what": "x", "day": "yesterday"}}, "answers.day"),
        ({"answers": {"what": "x", "point": "north"}}, "answers.point"),
        ({"contact": "x" * 701}, "contact"),
        ({"contact": {"name": "Mia"}}, "contact"),
        ({"flags": "protection"}, "flags"),
        ({"flags": [["protection"]]}, "flags"),
        ({"flags": ["urgent"]}, "flags"),
        ({"language": "klingon"}, "language"),
        ({"award": "maybe"}, "award"),
        ({"state": "closed"}, "state"),
        ({"urgent": True}, "urgent"),
        ({"id": ""}, "id"),
        ({"id": 17}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"id": "a\x00b"}, "id"),
        ({"id": "\ud800"}, "id"),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_field(change: dict[str, Any], field: str) -> None:
    assert list(refused({**LINE, **change})) == [field]


def test_every_problem_of_a_line_is_told_at_once() -> None:
    told = {**LINE, "channel": "x", "category": "y", "flags": 1, "surname": "Example", "received_on": "soon"}
    assert set(refused(told)) == {"channel", "category", "flags", "surname", "received_on"}


def test_a_reason_says_what_is_possible_and_never_repeats_what_was_written() -> None:
    reasons = refused({**LINE, "channel": "SECRET-1", "category": "SECRET-2", "flags": ["SECRET-3"], "award": "SECRET"})
    assert "hotline" in reasons["channel"]
    assert "animal_deaths" in reasons["category"]
    assert "SECRET" not in str(reasons.values())
    assert "a person decides" in refused({**LINE, "flags": ["urgent"]})["flags"]


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b'"a text"',
        b"[1]",
        b"7",
        b"null",
        b'{"id": NaN}',
        b'{"id": -Infinity}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"id": "a\x00b"}',
        b"\x00\x00\x00",
        b'{"id": "x"',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"\xff\xfe{\x00",
        '{"id": "ä"}'.encode("latin-1"),
        b'{"id": "x"} {"id": "y"}',
    ],
    ids=lambda line: repr(line[:12]),
)
def test_what_is_no_object_is_refused_as_a_line(line: bytes) -> None:
    assert list(refused(line)) == ["line"]


def test_a_field_that_is_there_twice_is_refused_because_one_of_both_would_be_lost() -> None:
    assert list(refused(b'{"id": "1", "channel": "web", "channel": "letter"}')) == ["channel"]
    assert list(refused(b'{"id": "1", "answers": {"what": "a", "what": "b"}}')) == ["what"]


def test_a_line_that_was_too_long_says_so() -> None:
    with pytest.raises(LineRefused) as caught:
        parse_line(RawLine(1, b"{", 10**9, too_long=True))
    assert "longer" in caught.value.problems[0].reason


DAYS = [
    ("received_on", "2026-05-03", datetime(2026, 5, 2, 16, tzinfo=UTC)),  # midnight in the pack's zone
    ("received_at", "2026-05-03T14:30+02:00", datetime(2026, 5, 3, 12, 30, tzinfo=UTC)),
    ("received_at", "2026-05-03T14:30", datetime(2026, 5, 3, 6, 30, tzinfo=UTC)),
    ("received_at", "2026-11-25T12:04:00Z", NOW),  # a clock that is a little fast
]


@pytest.mark.parametrize(("field", "told", "moment"), DAYS)
def test_clocks_count_from_the_day_on_which_a_report_reached_the_office(
    field: str, told: str, moment: datetime
) -> None:
    assert read({**LINE, field: told}).arrived_at == moment


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("received_on", "2026-11-27"),
        ("received_on", "1950-01-01"),
        ("received_on", "0001-01-01"),
        ("received_on", "9999-12-31"),
        ("received_on", "2026-02-30"),
        ("received_on", "20260503"),
        ("received_on", "２０２６-05-03"),
        ("received_on", 20260503),
        ("received_on", ["2026-05-03"]),
        ("received_at", "2026-11-25T13:00:00Z"),
        ("received_at", "0001-01-01T00:00:00+14:00"),
        ("received_at", "9999-12-31T23:59:59-14:00"),
        ("received_at", "2026-05-03"),
        ("received_at", 1746280200),
    ],
)
def test_days_that_cannot_be_are_refused(field: str, told: object) -> None:
    assert list(refused({**LINE, field: told})) == [field]


def test_two_days_of_arrival_are_one_too_many() -> None:
    assert "received_at" in refused({**LINE, "received_on": "2026-05-03", "received_at": "2026-05-03T14:30Z"})


def line_of(told: dict[str, Any]) -> ToldLine:
    return parse_line(raw(told))


def test_a_digest_tells_content_apart_and_not_the_way_it_is_written() -> None:
    turned = dict(reversed(list(LINE.items())))
    assert line_of(LINE).digest == line_of({**turned, "contact": "", "flags": [], "award": None}).digest
    for change in ({"contact": "Mia"}, {"received_on": "2026-05-03"}, {"answers": {**LINE["answers"], "where": "Sea"}}):
        assert line_of({**LINE, **change}).digest != line_of(LINE).digest


TEXTS = st.text(min_size=1, max_size=60).filter(lambda text: any(c.isalnum() for c in text))
PLAIN = [name for name in ANSWERS if name not in ("what", "day", "point") and len(COMMON_QUESTIONS[name].options) < 2]
LINES = st.fixed_dictionaries(
    {
        "id": st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=200),
        "channel": st.sampled_from(["web", "letter", "hotline"]),
        "category": st.sampled_from(["other", "animal_deaths"]),
        "answers": st.fixed_dictionaries({"what": TEXTS}, optional=dict.fromkeys(PLAIN, TEXTS)),
    },
    optional={
        "contact": TEXTS,
        "flags": st.lists(st.sampled_from(FLAGS), unique=True),
        "language": st.sampled_from(["en", "zh-hans", "ar"]),
        "award": st.sampled_from(["yes", "no"]),
        "received_at": st.datetimes(datetime(2000, 1, 1), NOW.replace(tzinfo=None)).map(  # noqa: DTZ001  made aware below
            lambda moment: moment.replace(tzinfo=UTC).isoformat()
        ),
    },
)


@given(LINES)
def test_what_is_written_as_a_line_is_read_as_it_was_meant(told: dict[str, Any]) -> None:
    for escaped in (True, False):
        try:
            data = json.dumps(told, ensure_ascii=escaped).encode()
        except UnicodeEncodeError:
            continue  # half characters can only be written as escapes
        line = parse_line(raw(data))
        report = read_report(line, NOW)
        assert line.id == told["id"]
        assert line.digest == line_of(told).digest
        assert report.submission.answers == {name: clean_text(text) for name, text in told["answers"].items()}
        assert report.submission.contact == clean_text(told.get("contact", ""))
        assert set(report.submission.flags) == set(told.get("flags", ()))
        if "received_at" in told:
            assert report.arrived_at == datetime.fromisoformat(told["received_at"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS) | st.text(), inner),
    )
)
def test_any_json_is_taken_or_refused_and_nothing_else(told: object) -> None:
    assert all(problem.field and problem.reason for problem in problems_of(told))


@given(st.binary())
def test_any_bytes_are_taken_or_refused_and_nothing_else(data: bytes) -> None:
    assert all(problem.field and problem.reason for problem in problems_of(data))


def test_the_fields_of_the_guide_are_those_of_the_program() -> None:
    from tests.architecture.source import ROOT

    guide = (ROOT / "docs" / "guides" / "import.md").read_text(encoding="utf-8")
    for name in (*FIELDS, *ANSWERS, *FLAGS):
        assert f"`{name}`" in guide, f"docs/guides/import.md does not tell of {name}"


def test_the_channels_in_these_tests_are_those_of_the_sample_pack() -> None:
    assert {"web", "letter", "hotline"} <= {channel.code for channel in get_pack().channels}
    assert NOW - timedelta(days=365 * 50) < datetime(2000, 1, 1, tzinfo=UTC)
