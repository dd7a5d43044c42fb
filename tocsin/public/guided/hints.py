"""What the check page points out before sending: words that may tell who the reporter is, or that are no ground.

Hints only: nothing is refused or changed for them. Found by plain patterns, so they miss much; the page says "may".
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext as _

from tocsin.policy.grounds import forbidden_grounds_in
from tocsin.public.guided.draft import Draft
from tocsin.public.guided.screens import gives_identity, question_screens
from tocsin.public.page import language

# Each begins at something rare and never looks back further than that: a story has up to 200,000 characters, in
# Chinese without a space.
_MAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]{2,}")
_TELEPHONE = re.compile(r"\d(?<!\d\d)(?:[ ()/-]?\d){7,14}(?!\d)")
_DAY = re.compile(r"\d(?<!\d\d)(?:\d{3}([-/ ])\d\d?\1\d\d?|\d?([-/ ])\d\d?\2\d{4})(?!\d)")
_MYSELF = {
    "en": r"\b(?:my (?:name|address|boss|wife|husband|flat|house|office|colleague)|I work (?:at|for|in))\b",
    "zh": r"我(?:叫|是(?![看听在从昨今前去想说怎如不否为因当通由])|的(?:名字|同事|领导|老板|单位|家|妻子|丈夫|邻居))",
    "fr": r"\b(?:je (?:m['’]appelle|travaille|vis|habite)"
    r"|m(?:on|a) (?:nom|adresse|chef|patron|femme|mari|maison|bureau|collègue))\b",
    "es": r"\b(?:me llamo|(?:trabajo|vivo) (?:en|para)"
    r"|mi (?:nombre|dirección|jefe|jefa|esposa|marido|casa|oficina|compañer[oa]))\b",
    "ru": r"\b(?:меня зовут|я (?:работаю|живу)|моё имя"
    r"|мо(?:й|я|его|ей|им) (?:имя|адрес|начальник\w*|жен\w*|муж\w*|дом\w*|коллег\w*))\b",
    "ar": r"\b(?:اسمي|أنا (?:أعمل|أسكن|موظف|موظفة)|(?:أعمل|أسكن) (?:في|لدى)"
    r"|عنواني|مديري|مديرتي|زوجتي|زوجي|بيتي|منزلي|مكتبي|زميلي|زميلتي)\b",
}
_STORY = (("what", "what"), ("told", "heard"), ("told", "think"), ("where", "where"), ("who", "who"), ("how", "how"))


@cache
def _myself(language: str) -> re.Pattern[str]:
    return re.compile(_MYSELF[language], re.IGNORECASE)


def _tells_of_oneself(story: str) -> bool:
    """In the language of the page, in English or in Chinese: people write in another than they read."""
    spoken = {"en", "zh", language().split("-")[0]} & _MYSELF.keys()
    return any(_myself(one).search(story) for one in spoken)


def hints(draft: Draft) -> list[str]:
    """Sentences for the reporter, each at most once."""
    asked = ((screen.name, "answer") for screen in question_screens(draft))
    story = "\n".join(draft.first(screen, name) for screen, name in (*_STORY, *asked))
    found = []
    if not gives_identity(draft) and (_MAIL.search(story) or _TELEPHONE.search(_DAY.sub("", story))):
        found.append(
            _("Your text may hold a telephone number or an e-mail address. If it is your own, it tells who you are.")
        )
    if not gives_identity(draft) and _tells_of_oneself(story):
        found.append(_("Your text may tell who you are: where you work, where you live, or who you are to somebody."))
    if next(forbidden_grounds_in(story, language()), None) is not None:
        found.append(
            _(
                "Your text speaks of what people are, believe or lawfully do. That is no reason for a report. What "
                "counts is what somebody did; take the rest out if it is not needed."
            )
        )
    return found
