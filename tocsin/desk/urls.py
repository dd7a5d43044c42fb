"""Addresses of the desk. One module for each screen."""

from __future__ import annotations

from django.urls import path

from tocsin.desk import errors
from tocsin.desk.screens import (
    case,
    case_person,
    cases,
    demo_codes,
    enrol,
    home,
    inbox,
    ledger,
    sign_in,
    sign_in_log,
    staff,
    tip,
    tip_case,
    unlock,
    waiting,
    your_sign_in,
)

urlpatterns = [
    path("healthz", sign_in.alive, name="alive"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/passkey", sign_in.sign_in_with_passkey, name="sign-in-with-passkey"),
    path("sign-in/second-factor", sign_in.second_factor, name="second-factor"),
    path("sign-in/own-password", sign_in.own_password, name="own-password"),
    path("sign-in/enrol", enrol.enrol, name="enrol"),
    path("sign-in/enrol/app", enrol.enrol_app, name="enrol-app"),
    path("sign-in/enrol/passkey", enrol.enrol_passkey, name="enrol-passkey"),
    path("sign-in/stop", sign_in.stop, name="stop-sign-in"),
    path("demo-codes", demo_codes.demo_codes, name="demo-codes"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("language", sign_in.choose_language, name="language"),
    path("your-sign-in", your_sign_in.your_sign_in, name="your-sign-in"),
    path("your-sign-in/confirm", your_sign_in.confirm, name="confirm"),
    path("your-sign-in/app", your_sign_in.add_app, name="add-app"),
    path("your-sign-in/passkey", your_sign_in.add_passkey, name="add-passkey"),
    path("your-sign-in/remove/<str:factor>", your_sign_in.remove, name="remove-factor"),
    path("your-sign-in/recovery-codes", your_sign_in.recovery_codes, name="recovery-codes"),
    path("your-sign-in/password", your_sign_in.password, name="password"),
    path("your-sign-in/end-sessions", your_sign_in.end_all_sessions, name="end-sessions"),
    path("staff", staff.staff, name="staff"),
    path("staff/new", staff.new_person, name="staff-new"),
    path("staff/<str:ref>", staff.member, name="staff-member"),
    path("staff/<str:ref>/<slug:action>", staff.act, name="staff-act"),
    path("sign-ins", sign_in_log.sign_in_log, name="sign-in-log"),
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
    path("ledger", ledger.ledger, name="ledger"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.fault
