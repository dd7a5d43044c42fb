"""Addresses of the public door. Pages begin with their language; no address ever holds a secret."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from tocsin.public import errors
from tocsin.public.views import guidance, guided, keeping, ledger_files, mailbox, pages, referral, report, verify

app_name = "public"

urlpatterns = [
    path("", pages.choose_language, name="root"),
    path("exit", pages.leave_site, name="exit"),
    path("healthz", pages.alive, name="alive"),
    path("verify_tocsin.py", ledger_files.standalone_verifier, name="standalone-verifier"),
    path("verify_tocsin.html", ledger_files.offline_page, name="offline-page"),
    path("log/<path:name>", ledger_files.ledger_file, name="ledger-file"),
    *i18n_patterns(
        path("", pages.start, name="start"),
        path("about", guidance.about, name="about"),
        path("guide", guidance.guide, name="guide"),
        path("report", report.report, name="report"),
        path("report/steps", guided.guided, name="guided"),
        path("report/keep", keeping.keep, name="keep-words"),
        path("mailbox", mailbox.sign_in, name="mailbox-sign-in"),
        path("mailbox/messages", mailbox.messages, name="mailbox"),
        path("mailbox/write", mailbox.write, name="mailbox-write"),
        path("mailbox/files", mailbox.files, name="mailbox-files"),
        path("mailbox/take-back", mailbox.take_back, name="mailbox-take-back"),
        path("mailbox/receipt", mailbox.receipt_file, name="mailbox-receipt"),
        path("mailbox/leave", mailbox.leave, name="mailbox-leave"),
        path("referral", referral.sign_in, name="referral-sign-in"),
        path("referral/text", referral.text, name="referral"),
        path("referral/answer", referral.answer, name="referral-answer"),
        path("referral/write", referral.write, name="referral-write"),
        path("referral/leave", referral.leave, name="referral-leave"),
        path("verify", verify.verify, name="verify"),
    ),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.fault
