"""From a folder to a ``Pack``: read once, check everything, refuse what breaks a floor."""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType

from tocsin.policy.category import Category
from tocsin.policy.category_file import read_category
from tocsin.policy.findings import Finding, PackInvalid
from tocsin.policy.floors import PACK_FILE, check_floors
from tocsin.policy.model import Pack
from tocsin.policy.pack_file import PackFile, read_pack_file
from tocsin.policy.places import line_of, places_in
from tocsin.policy.rules import Texts
from tocsin.policy.tables import Table
from tocsin.policy.text_file import read_texts, same_shape

CATEGORIES = "categories"
TEXTS = "texts"
TOML_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True)
class Reading:
    """A folder as it was read. ``pack`` is ``None`` if and only if there are ``findings``."""

    pack: Pack | None
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes]


def load_pack(path: Path) -> Pack:
    """The pack in the folder ``path``.

    Raises ``PackInvalid`` (an ``Unsafe``) that names file, line, key and remedy of each fault: unknown or missing
    keys, wrong types, a text missing in a declared language, a broken floor, a file that belongs to no pack.
    Each file is read once, so the fingerprint is that of the very bytes that were checked.
    """
    reading = read_pack(path)
    if reading.pack is None:
        raise PackInvalid(reading.findings)
    return reading.pack


def read_pack(path: Path) -> Reading:
    """As ``load_pack``, with the faults as a value; used where several packs are told about at once."""
    try:
        files = _read_files(path)
    except PackInvalid as invalid:
        return Reading(None, invalid.findings, {})
    return check_files(files)


def check_files(files: Mapping[str, bytes]) -> Reading:
    """The pack that these files make: names relative to its folder, with ``/``."""
    faults: list[Finding] = []
    data = {name: _parse(name, content, faults) for name, content in files.items() if _is_read(name)}
    first = data[PACK_FILE]
    if first is None:
        return Reading(None, placed(faults, files), files)
    pack_file = read_pack_file(Table(first, file=PACK_FILE, faults=faults))
    pack = _joined(pack_file, data, files, faults)
    faults += check_floors(pack, faults)
    return Reading(None if faults else pack, placed(faults, files), files)


def fingerprint_of(files: Mapping[str, bytes]) -> str:
    """SHA-256, in hex, over paths (with ``/``, sorted) and contents, each led by its length in 8 bytes."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def placed(findings: Iterable[Finding], files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """The findings, sorted, with the lines on which their keys stand in ``files``."""
    places: dict[str, dict[str, int]] = {}
    found = []
    for finding in findings:
        if finding.key and finding.file in files:
            if finding.file not in places:
                places[finding.file] = places_in(files[finding.file].decode())
            finding = replace(finding, line=line_of(finding.key, places[finding.file]))
        found.append(finding)
    return tuple(sorted(found, key=lambda finding: (finding.file, finding.line, finding.key, finding.problem)))


def _read_files(path: Path) -> dict[str, bytes]:
    """All files below ``path`` but hidden ones, which editors and file managers leave behind."""
    try:
        if not (path / PACK_FILE).is_file():  # looked for first: a wrong path may hold anything, of any size
            remedy = "Give the folder that holds pack.toml."
            raise PackInvalid([Finding(PACK_FILE, "", f"there is none in {path}.", remedy)])
        found = {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    except OSError as error:
        problem = f"cannot be read ({error.strerror})."
        raise PackInvalid([Finding(str(path), "", problem, "Check the path and its permissions.")]) from error
    return {name: data for name, data in found.items() if not name.startswith(".") and "/." not in name}


def _is_read(name: str) -> bool:
    return name == PACK_FILE or _is_category(name) or (name.startswith(f"{TEXTS}/") and name.endswith(".toml"))


def _parse(name: str, content: bytes, faults: list[Finding]) -> dict[str, object] | None:
    """The file's data, or ``None`` with its fault noted."""
    try:
        if content.startswith(codecs.BOM_UTF8):
            faults.append(Finding(name, "", "begins with a byte order mark.", "Save it as UTF-8 without one.", 1))
            return None
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.append(Finding(name, "", "is not UTF-8.", "Save it as UTF-8.", line))
    except tomllib.TOMLDecodeError as error:
        told = TOML_LINE.search(str(error))
        line = int(told[1]) if told else content.count(b"\n") + 1  # without a line: the end came too early
        faults.append(Finding(name, "", f"is no TOML: {error}.", "Correct that line.", line))
    return None


def _joined(
    pack_file: PackFile,
    data: Mapping[str, dict[str, object] | None],
    files: Mapping[str, bytes],
    faults: list[Finding],
) -> Pack:
    """Everything as one pack; with stand-ins where ``faults`` say so."""
    categories: tuple[Category, ...] = ()
    texts: dict[str, Texts] = {}
    if pack_file.languages:  # without them nobody can say which texts there must be
        faults += _misplaced(files, pack_file.languages)
        categories = _categories(data, pack_file, faults)
        texts = _texts(data, pack_file, faults)
    return Pack(
        **{field.name: getattr(pack_file, field.name) for field in fields(PackFile)},
        categories=categories,
        fingerprint=fingerprint_of(files),
        all_texts=MappingProxyType(texts),
    )


def _misplaced(files: Mapping[str, bytes], languages: tuple[str, ...]) -> list[Finding]:
    texts = {f"{TEXTS}/{language}.toml" for language in languages}
    return [
        Finding(name, "", "does not belong to a pack.", "Remove it, or declare its language in pack.toml.")
        for name in files
        if name != PACK_FILE and name not in texts and not _is_category(name)
    ]


def _is_category(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder == CATEGORIES and rest.endswith(".toml") and "/" not in rest


def _categories(
    data: Mapping[str, dict[str, object] | None], pack_file: PackFile, faults: list[Finding]
) -> tuple[Category, ...]:
    declared = {sector.code for sector in pack_file.sectors}
    named = [name for name in sorted(data) if _is_category(name)]
    if not named:
        faults.append(Finding(CATEGORIES, "", "holds no category.", "Add a file for each kind of tip."))
    categories = []
    for name in named:
        told = data[name]
        if told is None:
            continue
        table = Table(told, file=name, faults=faults)
        table.languages = pack_file.languages
        category = read_category(table, Path(name).stem)
        if category.sector and declared and category.sector not in declared:
            problem, remedy = f"“{category.sector}” is not declared.", "Use a sector of pack.toml, or add it there."
            table.note("sector", problem, remedy)
        categories.append(category)
    return tuple(sorted(categories, key=lambda category: (category.order, category.code)))


def _texts(
    data: Mapping[str, dict[str, object] | None], pack_file: PackFile, faults: list[Finding]
) -> dict[str, Texts]:
    texts: dict[str, Texts] = {}
    names = {language: f"{TEXTS}/{language}.toml" for language in pack_file.languages}
    for language, name in names.items():
        if name not in data:
            faults.append(Finding(name, "", "is missing.", "Translate the texts, or drop the language."))
        elif (told := data[name]) is not None:
            texts[language] = read_texts(Table(told, file=name, faults=faults), language, pack_file.legal_basis)
    if texts:
        faults += same_shape(list(texts.values()), [names[language] for language in texts])
    return texts
