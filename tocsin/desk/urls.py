"""Addresses of the desk. One module for each screen."""

from __future__ import annotations

from django.urls import path

from tocsin.desk import errors
from tocsin.desk.screens import (
    case,
    case_person,
    cases,
    custodians,
    home,
    identities,
    identity_opening,
    inbox,
    ledger,
    notices,
    overview,
    refer,
    referral,
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
    path("overview", overview.overview, name="overview"),
    path("inbox", inbox.inbox, name="inbox"),
    path("tips/<str:ref>", tip.tip, name="tip"),
    path("tips/<str:ref>/files/<str:file>", tip.safe_copy, name="tip-file"),
    path("tips/<str:ref>/identity", identities.ask, name="identity-ask"),
    path("tips/<str:ref>/case", tip_case.tip_case, name="tip-case"),
    path("tips/<str:ref>/<slug:action>", tip.act, name="tip-act"),
    path("cases/<str:ref>/refer", refer.refer, name="case-refer"),
    path("cases/<str:ref>/referrals", refer.log, name="case-referrals"),
    path("cases/<str:ref>/correct", refer.correct, name="case-correct"),
    path("referrals", referral.referrals, name="referrals"),
    path("referrals/<str:ref>", referral.referral, name="referral"),
    path("referrals/<str:ref>/text", refer.redraft, name="referral-draft"),
    path("referrals/<str:ref>/<slug:action>", referral.act, name="referral-act"),
    path("cases", cases.cases, name="cases"),
    path("cases/<str:ref>", case.case, name="case"),
    path("cases/<str:ref>/<slug:action>", case.act, name="case-act"),
    path("case-people/<str:ref>", case_person.person, name="case-person"),
    path("case-people/<str:ref>/<slug:action>", case_person.act, name="case-person-act"),
    path("waiting", waiting.waiting, name="waiting"),
    path("notices", notices.notices, name="notices"),
    path("notices/read", notices.read_notices, name="notices-read"),
    path("identities", identities.identities, name="identities"),
    path("identities/<str:ref>", identities.identity, name="identity"),
    path("identities/<str:ref>/open", identity_opening.open_identity, name="identity-open"),
    path("identities/<str:ref>/<slug:action>", identities.act, name="identity-act"),
    path("custodians", custodians.custodians, name="custodians"),
    path("custodians/<str:ref>", custodians.custodian, name="custodian"),
    path("custodians/<str:ref>/<slug:action>", custodians.act, name="custodian-act"),
    path("ledger", ledger.ledger, name="ledger"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.fault
