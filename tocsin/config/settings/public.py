"""The public door: public keys, the promise signer and its own cookie secret. Nothing here opens a stored tip."""

from __future__ import annotations

from tocsin.config.settings.installed import *  # noqa: F403  a settings module takes all names of its base
from tocsin.config.settings.installed import INSTANCE
from tocsin.vault.keyfiles import read_secret

SECRET_KEY = read_secret(INSTANCE.door_keys / "secret.key").decode().strip()
ALLOWED_HOSTS = list(INSTANCE.public.hosts)
ROOT_URLCONF = "tocsin.public.urls"
WSGI_APPLICATION = "tocsin.config.wsgi_public.application"
TOCSIN_GROUP_COMMIT = not INSTANCE.database_url
TOCSIN_BEHIND_PROXY = INSTANCE.public.behind_tls
TOCSIN_ONION = INSTANCE.onion
FILE_UPLOAD_HANDLERS = ["tocsin.public.uploads.SealFiles"]

MIDDLEWARE = [
    "tocsin.ui.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
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
SESSION_COOKIE_SECURE = INSTANCE.public.behind_tls
CSRF_FAILURE_VIEW = "tocsin.public.errors.csrf_failure"
TOCSIN_RULE_PAGE = "tocsin.public.errors.rule_page"
TOCSIN_EXIT_URL = "https://www.wikipedia.org/"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if INSTANCE.public.behind_tls else None
# The language comes from the address alone; no cookie remembers it.
LANGUAGE_COOKIE_NAME = "language-is-not-kept"
