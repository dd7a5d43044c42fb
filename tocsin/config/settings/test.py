"""Settings for tests and type checks: no installation, keys that the tests make, SQLite or PostgreSQL."""

from __future__ import annotations

import os
from pathlib import Path

from tocsin.config.databases import database
from tocsin.config.settings.base import *  # noqa: F403  a settings module takes all names of its base
from tocsin.config.settings.base import INSTALLED_APPS, ROOT
from tocsin.config.settings.second_factor import *  # noqa: F403  as above
from tocsin.config.settings.second_factor import SECOND_FACTOR_APPS

INSTALLED_APPS = [*INSTALLED_APPS, *SECOND_FACTOR_APPS]  # the tests are every door at once
# Django makes tables for an app without migrations before all others, here even those that point at tables to come.
MIGRATION_MODULES = {}

SECRET_KEY = "only-for-tests-0123456789-abcdefghij"  # noqa: S105  no secret: it exists in tests alone
DATABASES = {"default": database(os.environ.get("TOCSIN_TEST_DATABASE_URL", ""), ROOT / "build" / "test.sqlite3")}
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
ROOT_URLCONF = "tocsin.public.urls"
STATIC_ROOT = ROOT / "build" / "test-static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast: strength is tested with the real one

TOCSIN_DEMO = False
TOCSIN_PASSKEY_HOST = "testserver"
TOCSIN_UNIT = "test-unit"
TOCSIN_ORIGIN = "tips.example.org/ledger"
TOCSIN_PACK = ROOT / "packs" / "seed"
TOCSIN_LANGUAGES = ("en", "zh-hans")
TOCSIN_GROUP_COMMIT = False
TOCSIN_EVIDENCE_KEEP_FREE = 0
FILE_UPLOAD_HANDLERS = ["tocsin.public.uploads.SealFiles"]
TOCSIN_WRITE_LOCK = None
TOCSIN_BATCH_SECONDS = 3600
TOCSIN_MAIL_SECONDS = 0
# Tests make an installation of their own and set these to its folders.
_NOWHERE = ROOT / "build" / "no-installation"
TOCSIN_PUBLIC_KEYS = _NOWHERE / "keys" / "public"
TOCSIN_RETENTION_KEYS = _NOWHERE / "keys" / "desk"
TOCSIN_UNIT_KEY = _NOWHERE / "keys" / "desk" / "unit.key"
TOCSIN_UNATTENDED_KEY: Path | None = None
TOCSIN_LINE_KEY = _NOWHERE / "keys" / "desk" / "line.key"
TOCSIN_PROMISE_KEY = _NOWHERE / "keys" / "door" / "promise.key"
TOCSIN_LEDGER_KEY = _NOWHERE / "keys" / "worker" / "ledger.key"
TOCSIN_AUDIT_KEY = _NOWHERE / "keys" / "worker" / "audit.key"
TOCSIN_LOG_DIR = _NOWHERE / "log"
TOCSIN_EVIDENCE_DIR = _NOWHERE / "evidence"
TOCSIN_CHECKPOINT_COPY = _NOWHERE / "state" / "checkpoint"
TOCSIN_RULE_PAGE = "tocsin.public.errors.rule_page"
TOCSIN_EXIT_URL = "https://www.wikipedia.org/"

MIDDLEWARE = [
    "tocsin.ui.middleware.SecurityHeaders",
    "tocsin.public.onion.OnionLocation",
    "tocsin.ui.middleware.PlainErrors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
SESSION_ENGINE = "tocsin.public.sessions"
SESSION_COOKIE_NAME = "session"
SESSION_COOKIE_AGE = 30 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_FAILURE_VIEW = "tocsin.public.errors.csrf_failure"
