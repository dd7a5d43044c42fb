"""What all processes share and no installation changes."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext_lazy as _

ROOT = Path(__file__).resolve().parents[3]
DEBUG = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "tocsin.ui",
    "tocsin.ledger",
    "tocsin.access",
    "tocsin.policy",
    "tocsin.vault",
    "tocsin.clocks",
    "tocsin.workflow",
    "tocsin.staffing",
    "tocsin.tips",
    "tocsin.cases",
    "tocsin.intake",
    "tocsin.public",
    "tocsin.desk",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.Staff"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("zh-hans", "简体中文"),
    ("ar", "العربية"),
    ("fr", "Français"),
    ("ru", "Русский"),
    ("es", "Español"),
]
# The desk offers only languages in which every text is translated; the public door offers those of its pack.
TOCSIN_DESK_LANGUAGES = ("en", "zh-hans")
LOCALE_PATHS = [ROOT / "tocsin" / "locale"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.cached.Loader", ["django.template.loaders.app_directories.Loader"]),
            ],
            "context_processors": ["django.template.context_processors.request"],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "build" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# ``tocsin.public.pace``: whether a proxy in front says whose request it is, and the onion address that the public door
# offers to visitors of the clear web.
TOCSIN_BEHIND_PROXY = False
TOCSIN_ONION = ""

# When the desk ends sessions and locks the reports; ``tocsin.toml`` may change it in bounds (``config.desk_rules``).
TOCSIN_SESSION_IDLE_MINUTES = 30
TOCSIN_SESSION_HOURS = 8
TOCSIN_LOCK_IDLE_MINUTES = 30
TOCSIN_LOCK_AT = ""
TOCSIN_PASSKEY_HOST = ""

# Nothing that a visitor sends is ever written to disk in clear: no temporary upload files, small bodies only. The
# public door seals files while they arrive (``tocsin.public.uploads``).
TOCSIN_UPLOAD_SLOTS = 4
TOCSIN_EVIDENCE_KEEP_FREE = 1024**3
FILE_UPLOAD_HANDLERS = ["tocsin.ui.uploads.RefuseFiles"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
CSRF_USE_SESSIONS = True
SECURE_CONTENT_TYPE_NOSNIFF = True
# Nothing but our own style sheets and pictures: no script anywhere, no other host, no frame. ``data:`` is for the
# empty icon that keeps browsers from asking for one.
TOCSIN_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"quiet": {"()": "tocsin.config.logs.QuietFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "quiet"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Django's own request log names paths and is told of every 404: not needed to run the doors.
    "loggers": {"django.request": {"level": "ERROR", "handlers": ["stderr"], "propagate": False}},
}
