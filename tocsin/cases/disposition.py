"""What a recipient can answer, in the words of the page on which it does."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Disposition(models.TextChoices):
    """What the other body does with what was passed on to it."""

    TAKEN_UP = "taken_up", _("We take it up")
    NOT_TAKEN_UP = "not_taken_up", _("We do not take it up")
    ALREADY_KNOWN = "already_known", _("We knew it already")
    NEEDS_MORE = "needs_more", _("We need to know more")
    PASSED_ON = "passed_on", _("We passed it on to another body")


NEED_WORDS = frozenset({Disposition.NOT_TAKEN_UP, Disposition.NEEDS_MORE, Disposition.PASSED_ON})
"""Answers that say nothing without words: why not, what more, to whom."""
