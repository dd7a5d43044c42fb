"""Marks in a text what could give the person away who reported. A machine only marks; a person looks and decides.

Pure functions over texts: no table, no key, nothing of anybody's identity. Every step reads the text once, so the time
grows with its length alone. A mark lies inside the text; marks may overlap.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tocsin.cases.redaction_words import LONGEST_HAN, LONGEST_PHRASE, Kind, lexicon

OVERLAP_WORDS = 8
"""As many words in a row as in the report, or so many times 1.5 Han characters, are taken for the reporter's own."""
_HAN_WEIGHT = 2 / 3
# A word, with inner hyphens and apostrophes; a Han character is a word of its own.
_TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:['’-][^\W_\u3400-\u9fff]+)*")
_HAN_SIGN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_SENTENCE_END = frozenset(".!?。！？:：\n…;；•")
_A_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")


@dataclass(frozen=True, order=True)
class Mark:
    """``text[start:end]`` could identify somebody, for the reason that ``kind`` names."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True)
class Finding:
    """All marks of one kind on the same words: what a person looks at once. ``key`` names it, whatever stands around.

    ``places``: how often it stands there.
    """

    key: str
    kind: Kind
    words: str
    places: int
    first: int


@dataclass(frozen=True)
class _Word:
    """A word as it stands (``start``, ``end``) and folded for looking up."""

    start: int
    end: int
    folded: str
    is_han: bool


def marks_in(text: str, *, originals: Sequence[str] = (), files: Sequence[str] = ()) -> list[Mark]:
    """Every mark in ``text``, in order. ``originals``: the words of the reports; ``files``: names of their files."""
    told = _words_of(text)
    found = {
        *_by_shape(text),
        *_by_word(told),
        *_by_han_word(text),
        *_names(text, told),
        *_han_names(text),
        *_languages(told),
        *_file_names(text, files),
        *_overlaps(told, originals),
    }
    return list(_without_inner(mark for mark in found if 0 <= mark.start < mark.end <= len(text)))


def _without_inner(found: Iterable[Mark]) -> Iterator[Mark]:
    """The marks in order, without those that lie inside another one of their kind."""
    reach: dict[Kind, int] = {}
    for mark in sorted(found, key=lambda each: (each.start, -each.end, each.kind)):
        if mark.end > reach.get(mark.kind, 0):
            reach[mark.kind] = mark.end
            yield mark


def findings_in(text: str, marks: Iterable[Mark]) -> list[Finding]:
    """The marks, one finding for each kind and wording, in the order in which they first stand in the text."""
    first: dict[tuple[Kind, str], Mark] = {}
    places: Counter[tuple[Kind, str]] = Counter()
    for mark in marks:
        name = (mark.kind, _folded(text[mark.start : mark.end]))
        first.setdefault(name, mark)
        places[name] += 1
    return [
        Finding(key_of(*name), mark.kind, text[mark.start : mark.end], places[name], mark.start)
        for name, mark in first.items()
    ]


def key_of(kind: Kind, folded: str) -> str:
    """A short name for one wording of one kind."""
    return hashlib.sha256(f"{kind}\0{folded}".encode("utf-8", "replace")).hexdigest()[:16]


def pieces_of(text: str, marks: Sequence[Mark]) -> list[tuple[str, tuple[Mark, ...]]]:
    """``text`` cut at every edge of a mark, each piece with the marks that lie over it; joined it is the text again."""
    edges = sorted({0, len(text), *(mark.start for mark in marks), *(mark.end for mark in marks)})
    waiting, over, cut = iter(sorted(marks)), list[Mark](), list[tuple[str, tuple[Mark, ...]]]()
    coming = next(waiting, None)
    for start, end in pairwise(edges):
        over = [mark for mark in over if mark.end > start]
        while coming is not None and coming.start <= start:
            over.append(coming)
            coming = next(waiting, None)
        cut.append((text[start:end], tuple(over)))
    return cut


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())


def _words_of(text: str) -> list[_Word]:
    return [
        _Word(found.start(), found.end(), _folded(found.group()), bool(_HAN_SIGN.match(found.group())))
        for found in _TOKEN.finditer(text)
    ]


def _by_shape(text: str) -> Iterator[Mark]:
    for kind, shape in lexicon().shapes:
        for found in shape.finditer(text):
            if kind is not Kind.NUMBER or not _A_DATE.fullmatch(found.group()):
                yield Mark(found.start(), found.end(), kind)


def _by_word(told: Sequence[_Word]) -> Iterator[Mark]:
    phrases = lexicon().phrases
    for place, word in enumerate(told):
        if word.is_han:
            continue
        for length in range(1, LONGEST_PHRASE + 1):
            phrase = told[place : place + length]
            kind = phrases.get(tuple(each.folded for each in phrase)) if len(phrase) == length else None
            if kind is not None:
                yield Mark(word.start, phrase[-1].end, kind)


def _by_han_word(text: str) -> Iterator[Mark]:
    known = lexicon().han
    for found in _HAN_SIGN.finditer(text):
        start = found.start()
        for length in range(LONGEST_HAN, 0, -1):
            word = text[start : start + length]
            kind = known.get(word)
            if kind is not None and not text.startswith("我国", start):
                yield Mark(start, start + len(word), kind)
                break


def _names(text: str, told: Sequence[_Word]) -> Iterator[Mark]:
    """Capital letters where no sentence begins, two capital words in a row, and what follows "Mr" or "called"."""
    beside = lexicon().called | lexicon().titles
    capital = [not word.is_han and _is_capital(word, text) for word in told]
    place = 0
    while place < len(told):
        run = place
        while run < len(told) and capital[run] and (run == place or _is_gap(text[told[run - 1].end : told[run].start])):
            run += 1
        if run > place:
            first = place + (told[place].folded in lexicon().titles)
            announced = place > 0 and told[place - 1].folded in beside
            if first < run and (announced or first > place or run - first > 1 or not _begins(text, told[place].start)):
                yield from _name(told[first:run])
        place = max(run, place + 1)


def _is_capital(word: _Word, text: str) -> bool:
    has_digit = any(sign.isdigit() for sign in word.folded)
    return text[word.start].isupper() and not has_digit and word.folded not in lexicon().no_names


def _is_gap(between: str) -> bool:
    return len(between) <= 3 and between.strip(" .\u00a0") == "" and ". " not in between


def _name(run: Sequence[_Word]) -> Iterator[Mark]:
    """One mark for the run, unless it is only the word "I" or a word that another kind has."""
    if any(len(word.folded) > 1 and (word.folded,) not in lexicon().phrases for word in run):
        yield Mark(run[0].start, run[-1].end, Kind.NAME)


def _begins(text: str, start: int) -> bool:
    before = text[max(0, start - 12) : start].rstrip(" \t\"'“”‘’(«»-–—*")
    return not before or before[-1] in _SENTENCE_END


def _han_names(text: str) -> Iterator[Mark]:
    """A surname before a title, after 老 or 小, or after 叫 and 姓."""
    surnames = lexicon().han_surnames
    for found in _HAN_SIGN.finditer(text):
        start = found.start()
        if found.group() in surnames:
            for length in (1, 2, 3):
                title = next((each for each in lexicon().han_titles if text.startswith(each, start + length)), None)
                if title is not None:
                    yield Mark(start, start + length + len(title), Kind.NAME)
                    break
        elif found.group() in "老小阿" and text[start + 1 : start + 2] in surnames:
            yield Mark(start, start + 2, Kind.NAME)
        elif found.group() in "叫姓" and text[start + 1 : start + 2] in surnames:
            yield Mark(start + 1, min(len(text), start + 4), Kind.NAME)


def _languages(told: Sequence[_Word]) -> Iterator[Mark]:
    for before, word in pairwise(told):
        if word.folded in lexicon().language_names and before.folded in lexicon().speaking:
            yield Mark(before.start, word.end, Kind.LANGUAGE)


def _file_names(text: str, files: Sequence[str]) -> Iterator[Mark]:
    for name in {each for each in files if len(each) > 3}:
        start = text.find(name)
        while start >= 0:
            yield Mark(start, start + len(name), Kind.FILE)
            start = text.find(name, start + len(name))


def _overlaps(told: Sequence[_Word], originals: Sequence[str]) -> Iterator[Mark]:
    """Stretches that stand in a report in the same words."""
    known = {window for original in originals for window in _windows(_words_of(original))}
    if not known:
        return
    start: int | None = None
    end = 0
    for place, window in enumerate(_windows(told)):
        if window not in known:
            continue
        if start is not None and place > end:
            yield from _overlap(told[start:end])
            start = None
        start = place if start is None else start
        end = place + OVERLAP_WORDS
    if start is not None:
        yield from _overlap(told[start:end])


def _windows(told: Sequence[_Word]) -> Iterator[int]:
    folded = [word.folded for word in told]
    for place in range(len(folded) - OVERLAP_WORDS + 1):
        yield hash(tuple(folded[place : place + OVERLAP_WORDS]))


def _overlap(run: Sequence[_Word]) -> Iterator[Mark]:
    if sum(_HAN_WEIGHT if word.is_han else 1.0 for word in run) >= OVERLAP_WORDS:
        yield Mark(run[0].start, run[-1].end, Kind.OVERLAP)
