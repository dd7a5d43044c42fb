"""Words that must never be the ground of a category: who people are, think or lawfully do.

A plain word test. It cannot tell every bad category, but it stops the honest mistake and makes the
dishonest one visible. The words come from the design's list, with the forms in which they are written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.policy.category import Category
from tocsin.policy.languages import Localised


@dataclass(frozen=True, slots=True)
class ForbiddenGround:
    """A ground and how it is written; English words are matched whole, Chinese ones anywhere."""

    name: str
    pattern: re.Pattern[str]


def _forbid(name: str, english: str, chinese: str) -> ForbiddenGround:
    # Not \b: a Chinese character counts as part of a word, and would hide an English one beside it.
    return ForbiddenGround(name, re.compile(rf"(?<![a-z])(?:{english})(?![a-z])|{chinese}"))


FORBIDDEN_GROUNDS = (
    _forbid(
        "nationality",
        r"nationalit\w+|citizenship|foreigners?|foreign nationals?",
        "国籍|國籍|外国人|外國人|外籍|老外",
    ),
    _forbid("ethnicity", r"ethnic\w*|races?|racial|tribes?|tribal", "民族|种族|種族|族裔"),
    _forbid("religion", r"religio\w+|religious faith", "宗教|信仰|信徒"),
    _forbid("sect", r"sects?|sectarian\w*|cults?", "教派|邪教|异端|異端"),
    _forbid(
        "political opinion",
        r"political (?:\w+ )?(?:opinions?|views?|beliefs?)|politics|dissidents?|ideolog\w+",
        "政治(?:观点|觀點|见解|見解|立场|立場|倾向|傾向)|政见|政見|意识形态|意識形態",
    ),
    _forbid(
        "hostile forces",
        r"hostile (?:\w+ )?(?:forces?|elements?)|subversives?",
        "敌对(?:势力|分子)|敵對(?:勢力|分子)|反动(?:分子|言论|思想)",
    ),
    _forbid(
        "extremist views",
        r"extremis\w+|radicali\w+|radical (?:views?|ideas?)",
        "极端(?:主义|思想|观点|言论)|極端(?:主義|思想|觀點|言論)",
    ),
    _forbid("petitioning", r"petition\w*", "上访|上訪|信访|信訪|请愿|請願"),
    _forbid(
        "protest",
        r"protest\w*|demonstrators?|public demonstrations?|rall(?:y|ies)",
        "抗议|抗議|示威(?![胁脅力])|集会|集會|游行|遊行",
    ),
    _forbid("strike", r"strikes?|strikers?|striking workers", "罢工|罷工|罢课|罷課|罢市|罷市"),
    _forbid(
        "journalism",
        r"journalis\w+|news reporters?|bloggers?|newspapers?",
        "记者|記者|新闻(?:报道|采访|工作)|新聞(?:報道|採訪|工作)|媒体人|博主",
    ),
    _forbid("union", r"(?:trade |labou?r )?unions?|unioni[sz]\w+", "工会|工會"),
    _forbid(
        "migration status",
        r"(?:im)?migrants?|immigration|migration status|refugees?|asylum"
        r"|undocumented (?:people|persons?|workers?)",
        "移民|难民|難民|偷渡|居留身份|非法居留",
    ),
    _forbid(
        "sexuality",
        r"sexualit\w+|sexual orientation|gays?|lesbians?|homosexual\w*",
        "性取向|性倾向|性傾向|同性恋|同性戀",
    ),
)

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")


def forbidden_grounds_in(text: str) -> Iterator[tuple[str, str]]:
    """Each forbidden ground that ``text`` mentions, with the words that show it, in lower case."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
    plain = _BETWEEN_HAN.sub("", re.sub(r"[\s\-\u2010-\u2015]+", " ", plain))
    for ground in FORBIDDEN_GROUNDS:
        found = ground.pattern.search(plain)
        if found:
            yield ground.name, found.group()


def grounds_of(category: Category) -> Iterator[tuple[str, Localised]]:
    """The texts by which a category is chosen and judged, with their keys.

    ``rule`` and ``lawful_note`` are left out: titles of laws and the words that set limits may name what
    must not be a ground.
    """
    yield "label", category.labels
    yield "behaviour", category.behaviour
    yield "hint", category.hints
    yield "urgent_hint", category.urgent_hints
    for n, fact in enumerate(category.facts):
        yield f"facts[{n}]", fact
    for n, example in enumerate(category.examples):
        yield f"examples[{n}]", example
    for n, question in enumerate(category.questions):
        key = f"questions[{n}]"
        yield f"{key}.label", question.label
        if question.help is not None:
            yield f"{key}.help", question.help
        for m, option in enumerate(question.options):
            yield f"{key}.options[{m}].label", option.label
