"""The house rules that a machine can check; each failure names the culprit and what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT, Function, Source, is_public, product, sources
from tocsin.policy.loader import load_pack
from tocsin.policy.model import Pack

LONGEST_FILE, LONGEST_FUNCTION, MOST_ARGUMENTS = 300, 40, 6

# A stated exception beats a bad split. Each says why; an exception that is no longer needed must go.
LONG_FILES = {
    "tocsin/ledger/standalone/verify_tocsin.py": "one file on purpose: people download and read it on its own",
}
LONG_FUNCTIONS = {
    "tocsin/intake/prepare.py:prepare": "one row of the tip, named field by field: cut in two it would be read twice",
}
MANY_ARGUMENTS = {
    "tocsin/workflow/services.py:_write_history": "all that a trace must name",
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "misc", "manager", "managers", "base", "core", "common_utils"}
NAMED_ANYWAY = {"tocsin/config/settings/base.py": "Django's own word for what settings share"}
CLOCKS = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|timezone\.now|localtime|utcnow)\s*\(")


def length(node: Function) -> int:
    """Lines from the signature to the end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def argument_count(node: Function) -> int:
    """Arguments but ``self`` and ``cls``."""
    told = node.args
    names = [argument.arg for argument in (*told.posonlyargs, *told.args, *told.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def product_and_tools() -> tuple[Source, ...]:
    """Everything with a budget: tests may be longer."""
    return tuple(source for source in sources() if not source.is_test)


def too_many_lines() -> set[str]:
    return {source.name for source in product_and_tools() if len(source.text.splitlines()) > LONGEST_FILE}


def too_long() -> set[str]:
    return {
        f"{source.name}:{node.name}"
        for source in product_and_tools()
        if source.name not in LONG_FILES
        for node in source.functions()
        if length(node) > LONGEST_FUNCTION
    }


def too_many_arguments() -> set[str]:
    return {
        f"{source.name}:{node.name}"
        for source in product_and_tools()
        if source.name not in LONG_FILES
        for node in source.functions()
        if argument_count(node) > MOST_ARGUMENTS
    }


@pytest.mark.parametrize(
    ("found", "stated", "what"),
    [
        (too_many_lines, LONG_FILES, f"more than {LONGEST_FILE} lines: a module above that becomes a folder"),
        (too_long, LONG_FUNCTIONS, f"more than {LONGEST_FUNCTION} lines: the function has two jobs"),
        (too_many_arguments, MANY_ARGUMENTS, f"more than {MOST_ARGUMENTS} arguments: some of them are one thing"),
    ],
    ids=["files", "functions", "arguments"],
)
def test_files_functions_and_arguments_keep_their_budgets(found, stated, what) -> None:  # type: ignore[no-untyped-def]  # the table above types them
    over = found()
    assert over <= set(stated), f"{sorted(over - set(stated))}: {what}. Split it, or state the exception here and why."
    assert set(stated) <= over, f"{sorted(set(stated) - over)} no longer need their exception: take it out."


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_no_module_has_a_name_that_says_nothing(source: Source) -> None:
    stem = source.name.rsplit("/", 1)[-1].removesuffix(".py")
    folders = source.name.split("/")[:-1]
    if source.name not in NAMED_ANYWAY:
        found = {stem, *folders} & FORBIDDEN_NAMES
        assert not found, f"{source.name}: name it for what it does, not “{found.pop()}”."


def docstringless(source: Source) -> Iterator[str]:
    """Public functions, methods and classes without a docstring, and a module without one."""
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield "the module"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Module | ast.ClassDef) and (isinstance(node, ast.Module) or is_public(node.name)):
            for child in node.body:
                if not isinstance(child, Function | ast.ClassDef) or not is_public(child.name):
                    continue
                hidden = isinstance(node, ast.ClassDef) and child.name in ("Meta",)
                if not hidden and not ast.get_docstring(child):
                    yield child.name


@pytest.mark.parametrize("source", product(), ids=lambda source: source.name)
def test_every_public_name_says_what_it_is_for(source: Source) -> None:
    missing = list(docstringless(source))
    assert not missing, f"{source.name}: {missing} need a docstring: what it gives, units, errors raised."


@pytest.mark.parametrize("source", product(), ids=lambda source: source.name)
def test_nobody_but_the_clock_asks_for_the_time(source: Source) -> None:
    if source.name != "tocsin/common/clock.py":
        found = CLOCKS.search(source.text)
        assert not found, (
            f"{source.name}: {found and found.group()}…) – use tocsin.common.clock.now(), which tests can set."
        )


@pytest.mark.parametrize("source", product(), ids=lambda source: source.name)
def test_annotations_are_never_evaluated_by_surprise(source: Source) -> None:
    if source.tree.body[1:] or (source.tree.body and not ast.get_docstring(source.tree)):
        first = next((node for node in source.tree.body if isinstance(node, ast.ImportFrom)), None)
        assert first is None or first.module == "__future__" or source.name.endswith("apps.py"), (
            f"{source.name}: begin with “from __future__ import annotations”."
        )


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_every_switched_off_check_says_why(source: Source) -> None:
    for number, line in enumerate(source.text.splitlines(), 1):
        for mark in ("# type: ignore", "# noqa"):
            if mark in line and "startswith" not in line and f'"{mark}"' not in line:
                rest = re.sub(r"^(\[[^\]]*\]|: ?[A-Z0-9, ]+)", "", line.split(mark, 1)[1]).strip(" #")
                assert len(rest) >= 8, f"{source.name}:{number}: write the reason after “{mark}” on the same line."


STATE_NAMES = {"state"}


def state_settings(source: Source) -> Iterator[int]:
    """Lines that set a ``state``: by assignment, setattr, update, create or a dictionary of changes."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            flat = [leaf for target in targets for leaf in ast.walk(target)]
            if any(isinstance(leaf, ast.Attribute) and leaf.attr in STATE_NAMES for leaf in flat):
                yield node.lineno
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            second = node.args[1] if len(node.args) > 1 else None
            if name == "setattr" and isinstance(second, ast.Constant) and second.value in STATE_NAMES:
                yield node.lineno
            writes = name in ("update", "create", "update_or_create", "get_or_create", "bulk_update", "Tip", "Proposal")
            if writes and any(keyword.arg in STATE_NAMES for keyword in node.keywords):
                yield node.lineno
        elif isinstance(node, ast.Dict):
            changes = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            if STATE_NAMES & set(changes) and source.name.startswith("tocsin/tips/"):
                yield node.lineno


def test_only_take_step_sets_a_state() -> None:
    culprits = [
        f"{source.name}:{line}"
        for source in product()
        if source.name not in ("tocsin/workflow/services.py", "tocsin/workflow/proposals.py")
        for line in state_settings(source)
    ]
    assert not culprits, f"{culprits}: a state is set by workflow.services.take_step alone; add a Step instead."


def test_the_search_for_set_states_finds_them() -> None:
    text = (
        "tip.state = 'closed'\ntip.state += 'x'\na, tip.state = 1, 2\nsetattr(tip, 'state', 1)\n"
        "Tip.objects.update(state=1)\nx = {'state': 1}\ntip.stated = 1\nTip.objects.filter(state=1)"
    )
    fake = Source("tocsin/tips/fake.py", text, ast.parse(text))
    assert sorted(state_settings(fake)) == [1, 2, 3, 4, 5, 6]
    services = next(source for source in product() if source.name == "tocsin/workflow/services.py")
    assert list(state_settings(services)), "take_step is gone?"


PACKS = sorted(path.parent for path in (ROOT / "packs").glob("*/pack.toml"))
CATEGORY_FILES = sorted((ROOT / "packs").glob("*/categories/*.toml"))


@pytest.fixture(scope="module")
def packs() -> dict[str, Pack]:
    return {path.name: load_pack(path) for path in PACKS}


@pytest.mark.parametrize("file", CATEGORY_FILES, ids=lambda path: path.stem)
def test_every_category_file_is_a_category_with_a_label_and_examples_in_every_language(
    file: object, packs: dict[str, Pack]
) -> None:
    assert hasattr(file, "stem")
    pack = packs[file.parent.parent.name]  # type: ignore[attr-defined]  # a Path, as pytest hands it on
    category = next((known for known in pack.categories if known.code == file.stem), None)
    assert category is not None, f"{file} was not loaded"
    for language in pack.languages:
        assert category.label(language).strip()


def test_there_is_a_pack_and_it_has_a_door_for_everything_else() -> None:
    assert PACKS
    for path in PACKS:
        assert (path / "categories" / "other.toml").is_file(), f"{path.name}: “Something else” must always be there."
