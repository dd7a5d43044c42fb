"""Each kind of mark in words: what it is called, and why somebody should look."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.cases.redaction_words import Kind


@dataclass(frozen=True)
class Why:
    """``label``: a word or two; ``reason``: a sentence for whoever looks."""

    label: str | Promise
    reason: str | Promise


WHY: dict[Kind, Why] = {
    Kind.FIRST_PERSON: Why(
        _("First person"), _("It sounds like the reporter speaking. Write what happened, not who tells it.")
    ),
    Kind.RELATION: Why(
        _("Relation"), _("Who is related to whom, or lives or works beside whom, leads to the reporter.")
    ),
    Kind.NAME: Why(_("Name"), _("It may be a name. Does the recipient need it? Is it perhaps the reporter’s?")),
    Kind.NUMBER: Why(_("Number"), _("A telephone, account, card or file number leads to one person.")),
    Kind.ADDRESS: Why(_("Address or account"), _("An e-mail, page or account leads to whoever uses it.")),
    Kind.PLATE: Why(_("Number plate"), _("It looks like a number plate. Few people may have seen it.")),
    Kind.TIME: Why(
        _("Exact time"), _("With an exact day or hour, those who were there can be counted. A week or month may do.")
    ),
    Kind.CIRCLE: Why(_("Few observers"), _("It says how few people could know this.")),
    Kind.WORKPLACE: Why(_("Workplace"), _("Where and when somebody works tells who they are.")),
    Kind.PLACE: Why(
        _("Exact place"), _("A house, floor or room shows from where it was seen. A district or town may do.")
    ),
    Kind.LANGUAGE: Why(_("Language"), _("Which language somebody speaks, or how, may leave only a few people.")),
    Kind.ONLY_ONE: Why(
        _("Known to one"), _("If only one person was told or was there, whoever reads this knows who it was.")
    ),
    Kind.RARE: Why(
        _("Rare detail"), _("An exact sum, a quotation or an unusual trait is recognised by whoever was part of it.")
    ),
    Kind.REPORTER: Why(_("About the reporter"), _("The recipient need not know that, or how, it was reported.")),
    Kind.FILE: Why(_("File name"), _("The name of a file from the report may name its maker or device.")),
    Kind.HIDDEN: Why(
        _("Invisible signs"), _("Here stand signs that nobody sees. They may carry a mark. Type the passage anew.")
    ),
    Kind.OVERLAP: Why(
        _("The reporter’s own words"), _("It is written as in the report. A way of writing can be recognised.")
    ),
}
