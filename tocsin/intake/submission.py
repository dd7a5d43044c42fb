"""What a channel hands over, cleaned and checked: the same rules for web, telephone, letter and import."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from tocsin.common.errors import RuleBroken
from tocsin.intake.files import ReceivedFile
from tocsin.policy.active import get_pack
from tocsin.tips.content import Particulars, clean_text

QUESTIONS = ("what", "where", "when", "how")
"""The questions of the short form; all others are in ``questions.COMMON_QUESTIONS`` and in the pack."""
LONGEST_WHAT = 200_000
LONGEST_OTHER = 20_000
LONGEST_CONTACT = 700  # an identity blob is one size for everybody, so that its size tells nothing


class SubmissionInvalid(RuleBroken):
    """Some answers cannot be taken as they are. ``errors`` maps field names to sentences with the remedy."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(_("There is a problem with your report. Nothing was sent yet; your text is still here."))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Submission:
    """One report as a channel delivers it. Build it with ``clean``."""

    channel: str
    category: str
    answers: Mapping[str, str]
    contact: str
    flags: tuple[str, ...] = ()
    particulars: Particulars = field(default_factory=Particulars)
    files: tuple[ReceivedFile, ...] = ()

    def digest(self) -> bytes:
        """SHA-256 over everything that was written: two submissions with the same digest say the same."""
        told = [self.channel, self.category, dict(self.answers), self.contact, list(self.flags)]
        told += [self.particulars.to_json(), sorted(file.digest for file in self.files)]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).digest()


def clean(
    *,
    channel: str,
    category: str,
    answers: Mapping[str, str],
    contact: str,
    flags: tuple[str, ...] = (),
    particulars: Particulars | None = None,
) -> Submission:
    """A checked ``Submission``. Raises ``SubmissionInvalid`` with one sentence for each field that needs mending."""
    texts = {name: clean_text(text) for name, text in answers.items()}
    texts = {name: text for name, text in texts.items() if shows_something(text)}
    contact = clean_text(contact)
    contact = contact if shows_something(contact) else ""
    errors: dict[str, str] = {}
    if category not in {known.code for known in get_pack().categories}:
        errors["category"] = _("We do not have this kind of report. Please choose one from the list.")
    if "what" not in texts:
        errors["what"] = _("Write what the person did, in your own words. A few words are enough.")
    for name, text in texts.items():
        most = LONGEST_WHAT if name == "what" else LONGEST_OTHER
        if len(text) > most:
            errors[name] = _(
                "This answer is longer than %(most)s characters (it has %(has)s). Shorten it, or send the rest later "
                "through your mailbox."
            ) % {
                "most": number_format(most, force_grouping=True),
                "has": number_format(len(text), force_grouping=True),
            }
    if len(contact.encode()) > LONGEST_CONTACT:
        errors["contact"] = _("This is too long. One name and one way to reach you are enough.")
    if errors:
        raise SubmissionInvalid(errors)
    return Submission(channel, category, texts, contact, flags, particulars or Particulars())


def shows_something(text: str) -> bool:
    """Whether a reader would see anything: white space, controls and zero-width marks alone are no answer."""
    return any(unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp", "Zs") for character in text)
