"""Reading ``texts/<language>.toml``: the plain texts that every pack has in each of its languages."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from tocsin.policy.findings import Finding
from tocsin.policy.rules import Pair, Texts, TextValue
from tocsin.policy.tables import Table

LINES = (
    "emergency.text",
    "purpose.title",
    "purpose.intro",
    "not_for.title",
    "not_for.intro",
    "refused.protected",
    "refused.elsewhere",
    "protection.title",
    "involved.title",
    "involved.text",
    "statement.text",
    "honest_mistake.text",
    "next_steps.title",
    "withdraw.text",
    "status.received",
    "status.received_help",
    "status.being_read",
    "status.being_read_help",
    "status.question",
    "status.question_help",
    "status.checked_or_passed_on",
    "status.checked_or_passed_on_help",
    "status.finished",
    "status.finished_help",
    "feedback.minimal",
    "retention.title",
    "retention.text",
    "complaint.title",
    "complaint.text",
    "award.title",
    "award.text",
)
LISTS = ("protection.paragraphs", "next_steps.steps")
PAIRS = {"purpose.behaviours": ("act", "rule"), "not_for.doors": ("what", "door")}
BEHAVIOURS = range(5, 8)  # more than seven is a list that nobody reads on a telephone


def required_keys(legal_basis: Sequence[str]) -> tuple[str, ...]:
    """Every dotted key that a text file must have, and the only ones it may have."""
    return (*LINES, *LISTS, *PAIRS, *(f"legal_basis.{name}" for name in legal_basis))


def read_texts(table: Table, language: str, legal_basis: Sequence[str]) -> Texts:
    """All texts of one language, with empty ones where faults were noted in the table's list.

    Without ``legal_basis`` (pack.toml does not say which) the keys that stand there are taken.
    """
    legal = table.section("legal_basis")
    keys = required_keys(legal_basis or legal.names())
    sections = {"legal_basis": legal}
    values: dict[str, TextValue] = {}
    for key in keys:
        section, _, name = key.partition(".")
        if section not in sections:
            sections[section] = table.section(section)
        values[key] = _value(sections[section], key, name)
    for here in (*sections.values(), table):
        with here:  # what nobody asked for is unknown
            pass
    return Texts(language, _nested(values))


def same_shape(texts: Sequence[Texts], files: Sequence[str]) -> list[Finding]:
    """Lists that are longer in one language than in the first: somebody forgot to translate an entry.

    Empty ones are left out: a fault was noted for them.
    """
    findings = []
    for key in (*LISTS, *PAIRS):
        section, _, name = key.partition(".")
        expected = len(texts[0][section][name])
        for other, file in zip(texts[1:], files[1:], strict=True):
            count = len(other[section][name])
            if expected and count and count != expected:
                problem = f"has {count} entries, {files[0]} has {expected}."
                findings.append(Finding(file, key, problem, "Give every language the same entries."))
    return findings


def _value(table: Table, key: str, name: str) -> TextValue:
    if key in PAIRS:
        return _pairs(table, key, name)
    return table.words(name) if key in LISTS else table.text(name)


def _pairs(table: Table, key: str, name: str) -> tuple[Pair, ...]:
    pairs = []
    for entry in table.tables(name):
        with entry:
            pairs.append(MappingProxyType({part: entry.text(part) for part in PAIRS[key]}))
    if key == "purpose.behaviours" and pairs and len(pairs) not in BEHAVIOURS:
        table.note(name, f"names {len(pairs)} behaviours.", "Name five to seven.")
    return tuple(pairs)


def _nested(values: dict[str, TextValue]) -> MappingProxyType[str, MappingProxyType[str, TextValue]]:
    sections: dict[str, dict[str, TextValue]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    return MappingProxyType({section: MappingProxyType(texts) for section, texts in sections.items()})
