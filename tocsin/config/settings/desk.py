"""The desk: staff sign in here. Holds the unit's private key in memory once somebody has unlocked it."""

from __future__ import annotations

from tocsin.config.settings.installed import *  # noqa: F403  a settings module takes all names of its base
from tocsin.config.settings.installed import INSTANCE, LANGUAGES, TOCSIN_CSP, TOCSIN_DESK_LANGUAGES
from tocsin.vault.keyfiles import read_secret

SECRET_KEY = read_secret(INSTANCE.desk_keys / "secret.key").decode().strip()
ALLOWED_HOSTS = list(INSTANCE.desk.hosts)
ROOT_URLCONF = "tocsin.desk.urls"
WSGI_APPLICATION = "tocsin.config.wsgi_desk.application"
TOCSIN_UNIT_KEY = INSTANCE.desk_keys / "unit.key"
TOCSIN_RETENTION_KEYS = INSTANCE.desk_keys
TOCSIN_UNATTENDED_KEY = INSTANCE.unattended_key
TOCSIN_LINE_KEY = INSTANCE.desk_keys / "line.key"
# Scans of letters are sealed while they arrive. Of the few threads of the desk uploads never hold all.
FILE_UPLOAD_HANDLERS = ["tocsin.desk.uploads.SealScans"]
TOCSIN_UPLOAD_SLOTS = 2
# Small scripts of our own make the desk quicker; every page works without them. The public door has none.
TOCSIN_CSP = f"{TOCSIN_CSP}; script-src 'self'"

MIDDLEWARE = [
    "tocsin.ui.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "tocsin.ui.middleware.PlainErrors",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tocsin.desk.doors.StaffOnly",
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "desk"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = INSTANCE.desk.behind_tls
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "tocsin.desk.errors.csrf_failure"
TOCSIN_RULE_PAGE = "tocsin.desk.errors.rule_page"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if INSTANCE.desk.behind_tls else None
LANGUAGE_COOKIE_NAME = "desk-language"
LANGUAGES = [(code, name) for code, name in LANGUAGES if code in TOCSIN_DESK_LANGUAGES]
TOCSIN_LANGUAGES = tuple(code for code in INSTANCE.languages if code in TOCSIN_DESK_LANGUAGES) or ("en",)
