"""The line that a finding names is the line where the value stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.policy.category_file import read_category
from tocsin.policy.findings import Finding
from tocsin.policy.loader import placed
from tocsin.policy.pack_file import read_pack_file
from tocsin.policy.places import line_of, places_in
from tocsin.policy.tables import Table
from tocsin.policy.tests.conftest import PACKS
from tocsin.policy.text_file import read_texts

SHIPPED = sorted(PACKS.rglob("*.toml"))
QUOTED = re.compile(r'"[^"\n]*"')


def keys_of(value: object, path: str = "") -> Iterator[str]:
    """Every dotted key in parsed data."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, below in value.items():
            yield from keys_of(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for n, below in enumerate(value):
            yield from keys_of(below, f"{path}[{n}]")


def findings_in(path: Path, text: str) -> tuple[Finding, ...]:
    """What the reader of this kind of file notes about ``text``, with lines."""
    faults: list[Finding] = []
    pack = tomllib.loads((path if path.name == "pack.toml" else path.parents[1] / "pack.toml").read_text())
    table = Table(tomllib.loads(text), file=path.name, faults=faults)
    if path.name == "pack.toml":
        read_pack_file(table)
    elif path.parent.name == "texts":
        read_texts(table, path.stem, pack["legal_basis"])
    else:
        table.languages = tuple(pack["languages"])
        read_category(table, path.stem)
    return placed(faults, {path.name: text.encode()})


def test_the_shipped_packs_are_looked_at() -> None:
    assert {path.relative_to(PACKS).parts[0] for path in SHIPPED} >= {"seed", "eu-directive"}
    assert len(SHIPPED) > 30


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(PACKS).as_posix())
def test_every_key_of_a_shipped_file_has_a_line_and_nothing_else_has(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    places = places_in(text)
    assert set(places) == set(keys_of(tomllib.loads(text)))
    lines = text.splitlines()
    for key, line in places.items():
        name = re.sub(r"(\[\d+\])+$", "", key).rpartition(".")[2]
        if not key.endswith("]"):
            assert name in lines[line - 1], key


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(PACKS).as_posix())
def test_every_text_that_is_spoilt_is_named_on_the_line_where_it_stands(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert findings_in(path, text) == ()
    tried = 0
    for quoted in QUOTED.finditer(text):
        line = text.count("\n", 0, quoted.start()) + 1
        if text.splitlines()[line - 1].lstrip().startswith("#"):
            continue
        spoilt = text[: quoted.start()] + "7" + text[quoted.end() :]
        found = findings_in(path, spoilt)
        assert line in {finding.line for finding in found}, quoted.group()
        tried += 1
    assert tried > 20


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(PACKS).as_posix())
def test_the_lines_are_the_same_with_windows_line_ends(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert places_in(text.replace("\n", "\r\n")) == places_in(text)


def test_people_write_toml_in_many_ways() -> None:
    text = '''# a comment = "no key"
title = "a # is no comment here" # but here [it.is]
long = """
inside = 1
[neither] ""
""" # end
literal = \'\'\'
x = 2\'\'\'
site.name."two words" = "dotted"
'single quoted' = 3

[ a . "b.c" ] # spaces
days = [
  2026-01-01, # [one]
  2026-01-02 , 2026-01-03,

]
when = 1979-05-27 07:32:00
empty = []
none = {}

[[ list ]]
inline = { x = 1, y = { "z" = ["]", "}", '#'] } }
  [list.under]
  k = true
[[list.more]]
[[list.more]]
n = [[1, 2], [
  3]]
[[list]]
[list.under]
k = false
'''
    places = places_in(text)
    assert set(places) == set(keys_of(tomllib.loads(text)))
    expected = {
        "title": 2,
        "long": 3,
        "literal": 7,
        "site": 9,
        "site.name.two words": 9,
        "single quoted": 10,
        "a": 12,
        "a.b.c": 12,
        "a.b.c.days": 13,
        "a.b.c.days[0]": 14,
        "a.b.c.days[1]": 15,
        "a.b.c.days[2]": 15,
        "a.b.c.when": 18,
        "list": 22,
        "list[0]": 22,
        "list[0].inline.y.z[2]": 23,
        "list[0].under": 24,
        "list[0].under.k": 25,
        "list[0].more[0]": 26,
        "list[0].more[1].n[1]": 28,
        "list[0].more[1].n[1][0]": 29,
        "list[1]": 30,
        "list[1].under.k": 32,
    }
    assert {key: places[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("clocks.acknowledge_days", 4),
        ("clocks.missing", 3),  # the table that lacks it
        ("clocks.missing.deeper[3].en", 3),
        ("list[0].label.fr", 5),
        ("nothing", 1),
        ("", 1),
    ],
)
def test_what_is_missing_is_looked_for_where_it_belongs(key: str, line: int) -> None:
    assert line_of(key, places_in('\nid = "x"\n[clocks]\nacknowledge_days = 7\n[[list]]\n')) == line


@dataclass
class Writer:
    """Writes TOML line by line and knows on which line it put each key."""

    lines: list[str] = field(default_factory=list)
    written: dict[str, int] = field(default_factory=dict)

    def put(self, key: str, line: str) -> None:
        self.written.setdefault(key, len(self.lines) + 1)
        self.lines += line.split("\n")


NAMES = st.sampled_from(["a", "b-c", "d_1", "zh-hans", "7", '"quoted key"', "'k'", '"#"', '"="'])
BASIC = st.text(st.characters(exclude_characters='"\\\r', exclude_categories=["Cc", "Cs"]), max_size=12)
LITERAL = st.text(st.characters(exclude_characters="'\r", exclude_categories=["Cc", "Cs"]), max_size=12)
SCALARS = st.one_of(
    BASIC.map(lambda text: f'"{text}"'),
    LITERAL.map(lambda text: f"'{text}'"),
    st.lists(BASIC, max_size=3).map(lambda texts: '"""' + "\n".join(texts) + '"""'),
    st.lists(LITERAL, max_size=3).map(lambda texts: "'''" + "\n".join(texts) + "'''"),
    st.sampled_from(["1_000", "-3.5e7", "true", "2026-01-31", "2026-01-31 10:00:00Z", '"\\" ] } # \\\\"', "''"]),
)
COMMENTS = st.sampled_from(["", " # [x] = {", "   "])


def plain(name: str) -> str:
    return name.strip("\"'")


@st.composite
def documents(draw: st.DrawFn) -> Writer:
    """Headers, arrays of tables, pairs, dotted keys, inline tables and lists over several lines, with their lines."""
    writer = Writer()
    for n in range(draw(st.integers(0, 4))):
        prefix = ""
        if n or draw(st.booleans()):
            prefix = f"t{n}"
            writer.put(prefix, f"[{prefix}]{draw(COMMENTS)}")
        _pairs(draw, writer, prefix)
        for m in range(draw(st.integers(0, 2)) if prefix else 0):
            writer.put(f"{prefix}.many", f"[[ {prefix}.many ]]{draw(COMMENTS)}")
            writer.written.setdefault(f"{prefix}.many[{m}]", len(writer.lines))
            _pairs(draw, writer, f"{prefix}.many[{m}]")
    return writer


def _pairs(draw: st.DrawFn, writer: Writer, prefix: str) -> None:
    for name in draw(st.lists(NAMES, unique_by=plain, max_size=4)):
        writer.lines += [""] * draw(st.integers(0, 1))
        key = f"{prefix}.{plain(name)}" if prefix else plain(name)
        shape = draw(st.sampled_from(["scalar", "dotted", "inline", "list"]))
        if shape == "scalar":
            writer.put(key, f"{name} = {draw(SCALARS)}{draw(COMMENTS)}")
        elif shape == "dotted":
            line = len(writer.lines) + 1
            writer.put(key, f"{name} . under = {draw(SCALARS)}")
            writer.written[f"{key}.under"] = line
        elif shape == "inline":
            line = len(writer.lines) + 1
            writer.put(key, f"{name} = {{ x = 1, y.z = [ '}}', \"]\" ] }}{draw(COMMENTS)}")
            writer.written |= {f"{key}.{part}": line for part in ("x", "y", "y.z", "y.z[0]", "y.z[1]")}
        else:
            writer.put(key, f"{name} = [{draw(COMMENTS)}")
            for n, value in enumerate(draw(st.lists(SCALARS, max_size=3))):
                writer.put(f"{key}[{n}]", f"  {value},{draw(COMMENTS)}")
            writer.put(f"{key}", "]")


@given(documents())
def test_every_key_is_found_where_it_was_written(writer: Writer) -> None:
    text = "\n".join(writer.lines) + "\n"
    assert set(keys_of(tomllib.loads(text))) == set(writer.written)
    assert places_in(text) == writer.written
