"""What django-allauth is told. Only the desk has it (and the tests): its multi-factor library, none of its pages.

No sign-up, no e-mail, no reset by mail, no accounts elsewhere: none of allauth's views has an address here. Its table
of e-mail addresses is not even made; the app is loaded because the multi-factor library imports it.
"""

from __future__ import annotations

SECOND_FACTOR_APPS = ["tocsin.access.factors.allauth_apps.AccountWithoutPages", "allauth.mfa"]
MIGRATION_MODULES: dict[str, str | None] = {"account": None}

ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"

MFA_ADAPTER = "tocsin.access.factors.adapter.DeskAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_COUNT = 10
MFA_RECOVERY_CODE_DIGITS = 10
