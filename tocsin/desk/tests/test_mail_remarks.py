"""Staff read in words what became of a mail."""

from __future__ import annotations

from tocsin.desk.tip_view import FLAGS
from tocsin.intake.channels.email.reading import REMARKS


def test_every_remark_about_a_mail_has_words_for_staff() -> None:
    assert set(REMARKS) <= set(FLAGS)
