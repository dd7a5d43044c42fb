"""The desk: staff sign in here. Holds the unit's private key in memory once somebody has unlocked it."""

from __future__ import annotations

from tocsin.config.settings.installed import *  # noqa: F403  a settings module takes all names of its base
from tocsin.config.settings.installed import INSTALLED_APPS, INSTANCE, LANGUAGES, TOCSIN_CSP, TOCSIN_DESK_LANGUAGES
from tocsin.config.settings.second_factor import *  # noqa: F403  as above
from tocsin.config.settings.second_factor import SECOND_FACTOR_APPS
from tocsin.vault.keyfiles import read_secret

INSTALLED_APPS = [*INSTALLED_APPS, *SECOND_FACTOR_APPS]
SECRET_KEY = read_secret(INSTANCE.desk_keys / "secret.key").decode().strip()
ALLOWED_HOSTS = list(INSTANCE.desk.hosts)
ROOT_URLCONF = "tocsin.desk.urls"
WSGI_APPLICATION = "tocsin.config.wsgi_desk.application"
TOCSIN_UNIT_KEY = INSTANCE.desk_keys / "unit.key"
TOCSIN_RETENTION_KEYS = INSTANCE.desk_keys
TOCSIN_UNATTENDED_KEY = INSTANCE.unattended_key
TOCSIN_LINE_KEY = INSTANCE.desk_keys / "line.key"
TOCSIN_PROMISE_KEY = INSTANCE.desk_keys / "promise.key"  # a copy: the desk does not look into the keys of the door

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
# A custodian brings a key file along: it stays in memory. Scans of letters are sealed while they arrive. No other file
# is taken, and uploads never hold all of the few threads.
FILE_UPLOAD_HANDLERS = ["tocsin.ui.uploads.KeyFileInMemory", "tocsin.desk.uploads.SealScans"]
TOCSIN_UPLOAD_SLOTS = 2
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "desk"
TOCSIN_PASSKEY_HOST = INSTANCE.rules.passkey_host
TOCSIN_SESSION_IDLE_MINUTES = INSTANCE.rules.session_idle_minutes
TOCSIN_SESSION_HOURS = INSTANCE.rules.session_hours
TOCSIN_LOCK_IDLE_MINUTES = INSTANCE.rules.lock_idle_minutes
TOCSIN_LOCK_AT = INSTANCE.rules.lock_at
SESSION_COOKIE_AGE = TOCSIN_SESSION_HOURS * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = INSTANCE.desk.behind_tls
SESSION_COOKIE_SAMESITE = "Strict"
# Small scripts of our own: passkeys cannot be asked for without one, and keys move about the inbox. The public door
# allows none.
TOCSIN_CSP = f"{TOCSIN_CSP}; script-src 'self'"
CSRF_FAILURE_VIEW = "tocsin.desk.errors.csrf_failure"
TOCSIN_RULE_PAGE = "tocsin.desk.errors.rule_page"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if INSTANCE.desk.behind_tls else None
LANGUAGE_COOKIE_NAME = "desk-language"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # a text that goes out has a box for each mark in it and each report of the case
LANGUAGES = [(code, name) for code, name in LANGUAGES if code in TOCSIN_DESK_LANGUAGES]
TOCSIN_LANGUAGES = tuple(code for code in INSTANCE.languages if code in TOCSIN_DESK_LANGUAGES) or ("en",)
