"""Addresses of the desk. One module for each screen."""

from __future__ import annotations

from django.urls import path

from tocsin.desk import errors
from tocsin.desk.screens import (
    case,
    case_person,
    cases,
    ending,
    holds,
    home,
    inbox,
    ledger,
    sign_in,
    tip,
    tip_case,
    unlock,
    waiting,
)

urlpatterns = [
    path("healthz", sign_in.alive, name="alive"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("language", sign_in.choose_language, name="language"),
    path("unlock", unlock.unlock, name="unlock"),
    path("lock", unlock.lock, name="lock"),
    path("", home.home, name="home"),
    path("inbox", inbox.inbox, name="inbox"),
    path("tips/<str:ref>", tip.tip, name="tip"),
    path("tips/<str:ref>/files/<str:file>", tip.safe_copy, name="tip-file"),
    path("tips/<str:ref>/case", tip_case.tip_case, name="tip-case"),
    path("tips/<str:ref>/<slug:action>", tip.act, name="tip-act"),
    path("cases", cases.cases, name="cases"),
    path("cases/<str:ref>", case.case, name="case"),
    path("cases/<str:ref>/<slug:action>", case.act, name="case-act"),
    path("case-people/<str:ref>", case_person.person, name="case-person"),
    path("case-people/<str:ref>/<slug:action>", case_person.act, name="case-person-act"),
    path("waiting", waiting.waiting, name="waiting"),
    path("holds", holds.holds, name="holds"),
    path("holds/<str:ref>", holds.hold, name="hold"),
    path("holds/<str:ref>/<slug:action>", holds.act, name="hold-act"),
    path("ending", ending.ending, name="ending"),
    path("ledger", ledger.ledger, name="ledger"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.fault
