"""The errors that people read: their status, and a sentence in the language of whoever reads it."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext_lazy, override

from tocsin.common.errors import Busy, Conflict, NotPermitted, RuleBroken, Unsafe

KINDS = {RuleBroken: 422, NotPermitted: 403, Conflict: 409, Busy: 503}


def raised(fault: Exception) -> Exception:
    with pytest.raises(type(fault)) as caught:
        raise fault
    return caught.value


@pytest.mark.parametrize(("kind", "status"), KINDS.items(), ids=lambda each: getattr(each, "__name__", str(each)))
def test_each_error_has_its_status_and_says_its_sentence_as_it_stands(kind: type[RuleBroken], status: int) -> None:
    fault = raised(kind("Write down the reason <first>. 100 % sure."))
    assert isinstance(fault, RuleBroken)
    assert fault.status == status
    assert str(fault) == fault.sentence == "Write down the reason <first>. 100 % sure."


@pytest.mark.parametrize("kind", [NotPermitted, Conflict, Busy])
def test_whoever_catches_a_broken_rule_catches_them_all(kind: type[RuleBroken]) -> None:
    assert issubclass(kind, RuleBroken)
    others = [other for other in KINDS if other not in (kind, RuleBroken)]
    assert not any(issubclass(kind, other) for other in others), "one of them would be answered as another"


def test_an_unsafe_configuration_is_no_broken_rule_and_becomes_no_page() -> None:
    assert not issubclass(Unsafe, RuleBroken)
    assert str(raised(Unsafe("Run: chmod 600 key"))) == "Run: chmod 600 key"


def test_a_sentence_is_translated_when_it_is_read_and_not_when_it_is_raised() -> None:
    with override("en"):
        fault = raised(Busy(gettext_lazy("Yes")))  # one of Django's own words, which every installation can translate
    told = {}
    for language in ("en", "zh-hans", "de"):
        with override(language):
            told[language] = str(fault)
    assert told == {"en": "Yes", "zh-hans": "是", "de": "Ja"}
