"""Addresses of the desk. One module for each screen."""

from __future__ import annotations

from django.urls import path

from tocsin.desk import errors
from tocsin.desk.screens import home, inbox, ledger, sign_in, tip, unlock, writing

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
    path("tips/<str:ref>/<slug:action>", tip.act, name="tip-act"),
    path("calls/new", writing.write, {"road": "call"}, name="call"),
    path("visits/new", writing.write, {"road": "visit"}, name="visit"),
    path("letters/new", writing.write, {"road": "letter"}, name="letter"),
    path("written-down", writing.after, name="written-down"),
    path("ledger", ledger.ledger, name="ledger"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.fault
