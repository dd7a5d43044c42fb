"""Reading ``texts/<language>.toml``: the plain texts that every pack has in each of its languages."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from tocsin.policy.findings import Finding, PackInvalid
from tocsin.policy.rules import Pair, Texts, TextValue
from tocsin.policy.tables import Table

LINES = (
    "emergency.text",
    "purpose.title",
    "purpose.intro",
    "not_for.title",
    "not_for.intro",
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
    """All texts of one language. Raises ``PackInvalid`` with every missing, unknown or wrong key at once."""
    keys = required_keys(legal_basis)
    findings: list[Finding] = []
    values: dict[str, TextValue] = {}
    sections: dict[str, Table] = {}
    for name in table.names():
        try:
            sections[name] = table.table(name)
        except PackInvalid as invalid:
            findings += invalid.findings
    for key in keys:
        section, _, name = key.partition(".")
        here = sections.setdefault(section, Table({}, file=table.file, key=section))
        try:
            values[key] = _value(here, key, name)
        except PackInvalid as invalid:
            findings += invalid.findings
    findings += _unknown(sections, keys)
    if findings:
        raise PackInvalid(findings)
    return Texts(language, _nested(values))


def same_shape(texts: Sequence[Texts], files: Sequence[str]) -> list[Finding]:
    """Lists that are longer in one language than in the first: somebody forgot to translate an entry."""
    findings = []
    for key in (*LISTS, *PAIRS):
        section, _, name = key.partition(".")
        expected = len(texts[0][section][name])
        for other, file in zip(texts[1:], files[1:], strict=True):
            if len(other[section][name]) != expected:
                problem = f"has {len(other[section][name])} entries, {files[0]} has {expected}."
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
    if key == "purpose.behaviours" and len(pairs) not in BEHAVIOURS:
        table.refuse(name, f"names {len(pairs)} behaviours.", "Name five to seven.")
    return tuple(pairs)


def _unknown(sections: dict[str, Table], keys: Sequence[str]) -> list[Finding]:
    return [
        Finding(table.file, table.path(name), "unknown key.", "Remove it or correct its spelling.")
        for table in sections.values()
        for name in table.names()
        if table.path(name) not in keys
    ]


def _nested(values: dict[str, TextValue]) -> MappingProxyType[str, MappingProxyType[str, TextValue]]:
    sections: dict[str, dict[str, TextValue]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    return MappingProxyType({section: MappingProxyType(texts) for section, texts in sections.items()})
