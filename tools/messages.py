"""Interface texts: collect them from code and templates, merge them into each translation, compile what is translated.

``python tools/messages.py`` collects and compiles; with ``--check`` it changes nothing and fails when a text was not
collected, is not translated, lost a placeholder, or was not compiled. Works with Babel alone: no GNU gettext needed.
"""

from __future__ import annotations

import argparse
import ast
import gettext
import io
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "tocsin"
LOCALES = SOURCE / "locale"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# Languages of the desk have every text; the others have what a reporter can meet, and the rest stays English.
EVERYTHING = frozenset({"zh_Hans"})
PUBLIC = (
    "tocsin/public/",
    "tocsin/ui/",
    "tocsin/intake/",
    "tocsin/common/",
    "tocsin/evidence/traces/",
    "tocsin/policy/model.py",
    "tocsin/tips/identity_notice.py",
    "tocsin/cases/disposition.py",
    "tocsin/cases/recipient.py",
    "tocsin/tips/mailbox.py",
    "tocsin/tips/workflow.py",
    "tocsin/vault/codes.py",
    "tocsin/workflow/services.py",
    "tocsin/config/settings/base.py",
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def main() -> int:
    """Do what the arguments ask; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail when something is left to do")
    told = parser.parse_args()
    collected = collect()
    if told.check:
        faults = [*hidden_texts(), *(fault for locale in locales() for fault in faults_of(locale, collected))]
        for fault in faults:
            print(fault, file=sys.stderr)
        return 1 if faults else 0
    for locale in locales():
        merged = merge(locale, collected)
        left = sum(1 for message in merged if message.id and not is_translated(message))
        print(f"{locale}: {len(merged)} texts, {left} not translated yet")
    return 0


def hidden_texts() -> Iterator[str]:
    """Marked texts inside an f-string: nobody collects them, so nobody translates them."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                called = (part.func for part in ast.walk(node) if isinstance(part, ast.Call))
                if any(isinstance(function, ast.Name) and function.id in KEYWORDS for function in called):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}: a text to be translated hides in an f-string."


def locales() -> list[str]:
    """The locales of every interface language but English, which is written in the code."""
    from tocsin.config.settings.base import LANGUAGES

    return [to_locale(code) for code, _name in LANGUAGES if code != "en"]


def collect() -> Catalog:
    """Every text that the code and the templates mark for translation, with its places."""
    if not settings.configured:
        settings.configure(USE_I18N=True)  # ``templatize`` asks for the default charset
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in (".py", ".html") and not {"tests", "migrations", "static"} & set(path.parts):
            place = path.relative_to(ROOT).as_posix()
            for line, text, context in _texts_in(path):
                catalog.add(text, locations=[(place, line)], context=context)
    return catalog


def _texts_in(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # What is no text becomes rows of X and B; without their indentation they read as Python.
        source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).split("\n"))
    found = extract_python(io.BytesIO(source.encode()), KEYWORDS, (), {"encoding": "utf-8"})
    for line, function, arguments, _comments in found:
        given: Any = arguments  # a text or a tuple of texts, whatever Babel's annotations say
        texts: list[str] = [text for text in (given if isinstance(given, tuple) else (given,)) if text is not None]
        context = texts[0] if function in ("pgettext", "pgettext_lazy", "npgettext") else None
        plain = tuple(texts[1:] if context is not None else texts)
        if "ngettext" in function or function == "npgettext":
            yield line, plain[:2], context
        elif plain:
            yield line, plain[0], context


def wanted_in(locale: str, collected: Catalog) -> Catalog:
    """Those of the collected texts that ``locale`` must have."""
    if locale in EVERYTHING:
        return collected
    chosen = Catalog(charset="utf-8", fuzzy=False)
    for message in collected:
        if message.id and any(str(place).startswith(PUBLIC) for place, _line in message.locations):
            chosen.add(message.id, locations=message.locations, context=message.context, flags=message.flags)
    return chosen


def merge(locale: str, collected: Catalog) -> Catalog:
    """Bring the collected texts into the translation of ``locale``, keep what is translated, compile it."""
    folder = LOCALES / locale / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    catalog = _translation(locale) if (folder / "django.po").exists() else _empty(locale)
    catalog.update(wanted_in(locale, collected), no_fuzzy_matching=True, keep_user_comments=True)
    catalog.obsolete.clear()
    (folder / "django.po").write_bytes(_as_po(catalog))
    (folder / "django.mo").write_bytes(_as_mo(catalog))
    return catalog


def faults_of(locale: str, collected: Catalog) -> Iterator[str]:
    """What is left to do in the translation of ``locale``, each with the remedy."""
    folder = LOCALES / locale / "LC_MESSAGES"
    if not (folder / "django.po").exists():
        yield f"{folder / 'django.po'} is missing. Run: make messages"
        return
    catalog = _translation(locale)
    wanted = {_key(each) for each in wanted_in(locale, collected) if each.id}
    known = {_key(each) for each in catalog if each.id}
    for _context, text in sorted(wanted - known, key=str):
        yield f"{locale}: {text!r} was not collected. Run: make messages, then translate it."
    for _context, text in sorted(known - wanted, key=str):
        yield f"{locale}: {text!r} is used nowhere. Run: make messages"
    for message in catalog:
        if message.id:
            yield from _faults_of_message(locale, message, _forms_of_one_number(catalog))
    if not (folder / "django.mo").exists() or (folder / "django.mo").read_bytes() != _as_mo(catalog):
        yield f"{locale}: django.mo is not what django.po says. Run: make messages"


def _forms_of_one_number(catalog: Catalog) -> frozenset[int]:
    """The plural forms that stand for one number only, as Arabic has one for two: the word says the number."""
    form_of = gettext.c2py(str(catalog.plural_expr))
    used = Counter(form_of(number) for number in range(1000))
    return frozenset(form for form, times in used.items() if times == 1)


def _faults_of_message(locale: str, message: Message, of_one_number: frozenset[int]) -> Iterator[str]:
    if message.fuzzy or not is_translated(message):
        yield f"{locale}: {message.id!r} is not translated. Write it into django.po, then run: make messages"
        return
    told = str(message.id[-1] if isinstance(message.id, (tuple, list)) else message.id)
    has_forms = isinstance(message.id, (tuple, list))
    for form, translation in enumerate(_strings(message)):
        number_is_told = has_forms and form in of_one_number and not _placeholders(translation)
        if _placeholders(told) != _placeholders(translation) and not number_is_told:
            yield f"{locale}: {told!r} and its translation {translation!r} do not have the same placeholders."


def is_translated(message: Message) -> bool:
    """Whether every form of ``message`` has a translation."""
    return all(text.strip() for text in _strings(message))


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (str(message.string or ""),)


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, str(message.id[0] if isinstance(message.id, (tuple, list)) else message.id)


def _placeholders(text: str) -> Iterable[str]:
    return sorted(PLACEHOLDER.findall(text))


def _empty(locale: str) -> Catalog:
    return Catalog(
        locale=locale, charset="utf-8", fuzzy=False, project="Tocsin", header_comment="# Interface of Tocsin."
    )


def _translation(locale: str) -> Catalog:
    with (LOCALES / locale / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=locale)


def _as_po(catalog: Catalog) -> bytes:
    """The text file, sorted by text and without line numbers, so that moving code changes nothing in it."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, sort_output=True, include_lineno=False)
    return b"\n".join(line for line in out.getvalue().split(b"\n") if not line.startswith(_CHANGING))


_CHANGING = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By', b'"Last-Translator', b'"Report-Msgid')


def _as_mo(catalog: Catalog) -> bytes:
    """Compiled from the very text file and with a fixed date: the same texts give the same bytes, whenever."""
    out = io.BytesIO()
    plain = read_po(io.BytesIO(_as_po(catalog)), locale=str(catalog.locale))
    plain.creation_date = plain.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    write_mo(out, plain)
    return out.getvalue()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
