"""Reading ``categories/<code>.toml``: one file is one category, and adding a file is all it takes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.policy.category import About, Category, Option, Question, QuestionType
from tocsin.policy.languages import Localised
from tocsin.policy.tables import Table

CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")


def read_code(table: Table, name: str = "code") -> str:
    """A code: it is stored with tips and appears in addresses, so it is short, lower-case ASCII."""
    code = table.text(name)
    if code and not CODE.fullmatch(code):
        table.note(name, f"“{code}” is no code.", "Use 2 to 40 of a–z, 0–9 and _, a letter first.")
    return code


def note_repeated(entries: Sequence[Table], codes: Sequence[str]) -> None:
    """Note each entry of a list whose code stood there before."""
    for n, (entry, code) in enumerate(zip(entries, codes, strict=True)):
        if code and code in codes[:n]:
            entry.note("code", f"the code “{code}” stands twice.", "Give each entry its own code.")


def read_category(table: Table, stem: str) -> Category:
    """A category out of its file; ``stem`` is the file's name without ``.toml``. Faults go into the table's list."""
    with table:
        code = read_code(table)
        if code and code != stem:
            table.note("code", f"is “{code}” in a file called “{stem}”.", "Make the two the same.")
        lawful = table.flag("lawful_unless_more", default=False)
        category = Category(
            code=stem,  # so that a category with a wrong code is still named by its file
            order=table.number("order"),
            sector=read_code(table, "sector"),
            about=table.one_of("about", About),
            behaviour=table.localised("behaviour"),
            rule=table.localised("rule"),
            facts=_localised_list(table, "facts"),
            labels=table.localised("label"),
            hints=table.localised("hint"),
            examples=_localised_list(table, "examples"),
            urgent_hints=table.localised("urgent_hint"),
            suggests_urgent=table.flag("suggests_urgent"),
            questions=_questions(table),
            lawful_unless_more=lawful,
            extra_fact=table.text("extra_fact") if lawful else None,
            lawful_note=table.localised("lawful_note") if lawful else None,
        )
        _check_extra_fact(table, category)
        return category


def _localised_list(table: Table, name: str) -> tuple[Localised, ...]:
    return tuple(entry.as_localised() for entry in table.tables(name))


def _questions(table: Table) -> tuple[Question, ...]:
    entries = table.tables("questions")
    questions = tuple(_question(entry) for entry in entries)
    note_repeated(entries, [question.code for question in questions])
    return questions


def _question(table: Table) -> Question:
    with table:
        kind = table.one_of("type", QuestionType)
        choice = kind is QuestionType.CHOICE
        return Question(
            code=read_code(table),
            type=kind,
            label=table.localised("label"),
            help=table.localised("help") if "help" in table else None,
            options=_options(table) if choice else (),
            several=table.flag("several", default=False) if choice else False,
            blurred=table.flag("blurred", default=False) if kind is QuestionType.PLACE else False,
        )


def _options(table: Table) -> tuple[Option, ...]:
    entries = table.tables("options", at_least=2)
    options = tuple(_option(entry) for entry in entries)
    note_repeated(entries, [option.code for option in options])
    return options


def _option(table: Table) -> Option:
    with table:
        return Option(code=read_code(table), label=table.localised("label"))


def _check_extra_fact(table: Table, category: Category) -> None:
    asked = {question.code for question in category.questions}
    if category.extra_fact and category.extra_fact not in asked:
        table.note(
            "extra_fact",
            f"names the question “{category.extra_fact}”, which the category does not ask.",
            "Add the question or correct the name.",
        )
