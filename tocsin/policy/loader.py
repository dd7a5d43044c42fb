"""From a folder to a ``Pack``: read once, check everything, refuse what breaks a floor."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType

from tocsin.policy.category import Category
from tocsin.policy.category_file import read_category
from tocsin.policy.findings import Finding, PackInvalid
from tocsin.policy.floors import PACK_FILE, check_floors
from tocsin.policy.model import Pack
from tocsin.policy.pack_file import PackFile, read_pack_file
from tocsin.policy.rules import Texts
from tocsin.policy.tables import Table
from tocsin.policy.text_file import read_texts, same_shape

CATEGORIES = "categories"
TEXTS = "texts"


def load_pack(path: Path) -> Pack:
    """The pack in the folder ``path``.

    Raises ``PackInvalid`` (an ``Unsafe``) that names file, key and remedy of each fault: unknown or missing
    keys, wrong types, a text missing in a declared language, a broken floor, a file that belongs to no pack.
    Each file is read once, so the fingerprint is that of the very bytes that were checked.
    """
    files = _read_files(path)
    pack_file = read_pack_file(_parse(PACK_FILE, files), PACK_FILE)
    findings = _misplaced(files, pack_file.languages)
    categories = _categories(files, pack_file, findings)
    findings += _undeclared_sectors(categories, pack_file)
    texts = _texts(files, pack_file, findings)
    if findings:
        raise PackInvalid(sorted(findings))
    pack = Pack(
        **{field.name: getattr(pack_file, field.name) for field in fields(PackFile)},
        categories=categories,
        fingerprint=fingerprint_of(files),
        all_texts=MappingProxyType(texts),
    )
    if broken := check_floors(pack):
        raise PackInvalid(broken)
    return pack


def fingerprint_of(files: dict[str, bytes]) -> str:
    """SHA-256, in hex, over paths (with ``/``, sorted) and contents, each led by its length in 8 bytes."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _read_files(path: Path) -> dict[str, bytes]:
    """All files below ``path`` but hidden ones, which editors and file managers leave behind."""
    try:
        found = {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    except OSError as error:
        raise PackInvalid([_fault(str(path), "", f"cannot be read ({error.strerror}).")]) from error
    files = {name: data for name, data in found.items() if not name.startswith(".") and "/." not in name}
    if PACK_FILE not in files:
        raise PackInvalid(
            [Finding(PACK_FILE, "", f"there is none in {path}.", "Give the folder that holds pack.toml.")]
        )
    return files


def _parse(name: str, files: dict[str, bytes]) -> dict[str, object]:
    try:
        return tomllib.loads(files[name].decode())
    except UnicodeDecodeError as error:
        raise PackInvalid([Finding(name, "", "is not UTF-8.", "Save it as UTF-8.")]) from error
    except tomllib.TOMLDecodeError as error:
        raise PackInvalid([Finding(name, "", f"is no TOML: {error}.", "Correct that line.")]) from error


def _misplaced(files: dict[str, bytes], languages: tuple[str, ...]) -> list[Finding]:
    texts = {f"{TEXTS}/{language}.toml" for language in languages}
    return [
        Finding(name, "", "does not belong to a pack.", "Remove it, or declare its language in pack.toml.")
        for name in files
        if name != PACK_FILE and name not in texts and not _is_category(name)
    ]


def _is_category(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder == CATEGORIES and rest.endswith(".toml") and "/" not in rest


def _categories(files: dict[str, bytes], pack_file: PackFile, findings: list[Finding]) -> tuple[Category, ...]:
    categories = []
    for name in filter(_is_category, sorted(files)):
        try:
            table = Table(_parse(name, files), file=name, languages=pack_file.languages)
            categories.append(read_category(table, Path(name).stem))
        except PackInvalid as invalid:
            findings += invalid.findings
    if not categories and not findings:
        findings.append(Finding(CATEGORIES, "", "holds no category.", "Add a file for each kind of tip."))
    return tuple(sorted(categories, key=lambda category: (category.order, category.code)))


def _undeclared_sectors(categories: tuple[Category, ...], pack_file: PackFile) -> list[Finding]:
    declared = {sector.code for sector in pack_file.sectors}
    return [
        Finding(
            f"{CATEGORIES}/{category.code}.toml",
            "sector",
            f"“{category.sector}” is not declared.",
            "Use a sector of pack.toml, or add it there.",
        )
        for category in categories
        if category.sector not in declared
    ]


def _texts(files: dict[str, bytes], pack_file: PackFile, findings: list[Finding]) -> dict[str, Texts]:
    texts: dict[str, Texts] = {}
    names = [f"{TEXTS}/{language}.toml" for language in pack_file.languages]
    for language, name in zip(pack_file.languages, names, strict=True):
        if name not in files:
            findings.append(Finding(name, "", "is missing.", "Translate the texts, or drop the language."))
            continue
        try:
            texts[language] = read_texts(Table(_parse(name, files), file=name), language, pack_file.legal_basis)
        except PackInvalid as invalid:
            findings += invalid.findings
    if len(texts) == len(names):
        findings += same_shape(list(texts.values()), names)
    return texts


def _fault(file: str, key: str, problem: str) -> Finding:
    return Finding(file, key, problem, "Check the path and its permissions.")
