"""The source tree as syntax trees, read once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file: ``name`` is its path below the repository with forward slashes."""

    name: str
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        """Tests may be longer and use what product code may not."""
        return "/tests/" in self.name or self.name.startswith("tests/") or self.name == "conftest.py"

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


@cache
def sources() -> tuple[Source, ...]:
    """All Python files of ours but migrations, which Django writes."""
    found = [path for folder in ("tocsin", "tools", "benchmarks", "tests") for path in (ROOT / folder).rglob("*.py")]
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), text := path.read_text(encoding="utf-8"), ast.parse(text))
        for path in sorted(found)
        if "migrations" not in path.parts
    )


def product() -> tuple[Source, ...]:
    """The files of the program itself."""
    return tuple(source for source in sources() if source.name.startswith("tocsin/") and not source.is_test)


def is_public(name: str) -> bool:
    """Whether a name is meant for others."""
    return not name.startswith("_")
