"""Words that must never be the ground of a category: who people are, think or lawfully do.

A plain word test. It cannot tell every bad category, but it stops the honest mistake and makes the
dishonest one visible. The words come from the design's list, with the forms in which they are written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tocsin.policy.category import Category
from tocsin.policy.languages import Localised

# Not \b: a Chinese character counts as part of a word, and would hide an English one beside it. With accents: a
# French «réunions» is no union.
_LETTER = "[a-zà-öø-ÿœ]"


@dataclass(frozen=True, slots=True)
class ForbiddenGround:
    """A ground and how it is written.

    ``everywhere`` is looked for in texts of every language: English words whole, Chinese ones anywhere.
    ``by_language`` holds the words of other languages, looked for only there: a French *manifestation* is a protest,
    an English one may be that of an illness.
    """

    name: str
    everywhere: re.Pattern[str]
    by_language: Mapping[str, re.Pattern[str]]


def _forbid(name: str, *, english: str, chinese: str, french: str) -> ForbiddenGround:
    return ForbiddenGround(
        name,
        re.compile(rf"(?<!{_LETTER})(?:{english})(?!{_LETTER})|{chinese}"),
        MappingProxyType({"fr": re.compile(rf"(?<!{_LETTER})(?:{french})(?!{_LETTER})")}),
    )


FORBIDDEN_GROUNDS = (
    _forbid(
        "nationality",
        english=r"nationalit\w+|citizenship|foreigners?|foreign nationals?",
        chinese="国籍|國籍|外国人|外國人|外籍|老外",
        # «à l’étranger» is a place; «un étranger» is somebody.
        french=r"nationalités?|citoyennetés?|ressortissante?s?|(?:une?|les|des|aux|ces) étrang(?:ers?|ères?)",
    ),
    _forbid(
        "ethnicity",
        english=r"ethnic\w*|races?|racial|tribes?|tribal",
        chinese="民族|种族|種族|族裔",
        french=r"ethni\w+|raciales?|raciaux|racial|tribus?|tribales?",
    ),
    _forbid(
        "religion",
        english=r"religio\w+|religious faith",
        chinese="宗教|信仰|信徒",
        french=r"religi\w+|confessions? religieuses?|croyances?|croyante?s?",
    ),
    _forbid(
        "sect",
        english=r"sects?|sectarian\w*|cults?",
        chinese="教派|邪教|异端|異端",
        french=r"sectes?|sectaires?|cultes?",
    ),
    _forbid(
        "political opinion",
        english=r"political (?:\w+ )?(?:opinions?|views?|beliefs?)|politics|dissidents?|ideolog\w+",
        chinese="政治(?:观点|觀點|见解|見解|立场|立場|倾向|傾向)|政见|政見|意识形态|意識形態",
        french=r"(?:opinions?|idées?|convictions?) politiques?|dissidente?s?|idéolog\w+",
    ),
    _forbid(
        "hostile forces",
        english=r"hostile (?:\w+ )?(?:forces?|elements?)|subversives?",
        chinese="敌对(?:势力|分子)|敵對(?:勢力|分子)|反动(?:分子|言论|思想)",
        french=r"(?:forces?|éléments?) hostiles?|subversi(?:fs?|ves?)",
    ),
    _forbid(
        "extremist views",
        english=r"extremis\w+|radicali\w+|radical (?:views?|ideas?)",
        chinese="极端(?:主义|思想|观点|言论)|極端(?:主義|思想|觀點|言論)",
        french=r"extrémis\w+|radicalis\w+|idées radicales",
    ),
    _forbid(
        "petitioning",
        english=r"petition\w*",
        chinese="上访|上訪|信访|信訪|请愿|請願",
        french=r"pétition\w*",
    ),
    _forbid(
        "protest",
        english=r"protest\w*|demonstrators?|public demonstrations?|rall(?:y|ies)",
        chinese="抗议|抗議|示威(?![胁脅力])|集会|集會|游行|遊行",
        french=r"manifestante?s?|manifestations?(?! (?:cliniques?|sportives?|culturelles?))|protest\w+",
    ),
    _forbid(
        "strike",
        english=r"strikes?|strikers?|striking workers",
        chinese="罢工|罷工|罢课|罷課|罢市|罷市",
        french=r"grèves?|grévistes?",
    ),
    _forbid(
        "journalism",
        english=r"journalis\w+|news reporters?|bloggers?|newspapers?",
        chinese="记者|記者|新闻(?:报道|采访|工作)|新聞(?:報道|採訪|工作)|媒体人|博主",
        french=r"journalis\w+|blogueu(?:rs?|ses?)",
    ),
    _forbid(
        "union",
        # The European Union is a place, and its money is what somebody may have taken.
        english=r"(?<!european )(?<!customs )(?:trade |labou?r )?unions?(?! europ)(?! douani)|unioni[sz]\w+",
        chinese="工会|工會",
        french=r"syndicats?|syndicalis\w+|syndiquée?s?|syndica(?:le?s?|ux)",
    ),
    _forbid(
        "migration status",
        english=r"(?:im)?migrants?|immigration|migration status|refugees?|asylum"
        r"|undocumented (?:people|persons?|workers?)",
        chinese="移民|难民|難民|偷渡|居留身份|非法居留",
        french=r"(?:im)?migrante?s?|(?:im|é)migrée?s?|immigration|réfugiée?s?"
        r"|demandeu(?:rs?|ses?) d.asile|sans papiers",
    ),
    _forbid(
        "sexuality",
        english=r"sexualit\w+|sexual orientation|gays?|lesbians?|homosexual\w*",
        chinese="性取向|性倾向|性傾向|同性恋|同性戀",
        french=r"sexualités?|orientations? sexuelles?|lesbiennes?|homosexu\w+",
    ),
)
LANGUAGES_WITH_WORDS = frozenset({"en", "zh-hans", "zh-hant", "fr"})

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")


def forbidden_grounds_in(text: str, language: str = "en") -> Iterator[tuple[str, str]]:
    """Each forbidden ground that ``text`` mentions, with the words that show it, in lower case.

    ``language`` is that of the text. English and Chinese words are found in any of them.
    """
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
    plain = _BETWEEN_HAN.sub("", re.sub(r"[\s\-\u2010-\u2015]+", " ", plain))
    for ground in FORBIDDEN_GROUNDS:
        own = ground.by_language.get(language)
        if found := ground.everywhere.search(plain) or (own and own.search(plain)):
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
