"""What a running process takes from its installation (``TOCSIN_HOME``). The doors build on it."""

from __future__ import annotations

from tocsin.config.databases import database
from tocsin.config.instance import load_instance
from tocsin.config.settings.base import *  # noqa: F403  a settings module takes all names of its base

INSTANCE = load_instance()
DATABASES = {"default": database(INSTANCE.database_url, INSTANCE.database)}

TOCSIN_DEMO = INSTANCE.demo
TOCSIN_UNIT = INSTANCE.unit
TOCSIN_ORIGIN = INSTANCE.origin
TOCSIN_PACK = INSTANCE.pack
TOCSIN_LANGUAGES = INSTANCE.languages
TOCSIN_PUBLIC_KEYS = INSTANCE.public_keys
TOCSIN_LOG_DIR = INSTANCE.log
TOCSIN_EVIDENCE_DIR = INSTANCE.evidence
TOCSIN_CHECKPOINT_COPY = INSTANCE.checkpoint_copy
TOCSIN_WRITE_LOCK = None if INSTANCE.database_url else INSTANCE.state / "write.lock"
TOCSIN_GROUP_COMMIT = False
TOCSIN_PROMISE_KEY = INSTANCE.door_keys / "promise.key"
# In a demonstration the ledger is published every few seconds, so that a visitor can see it happen.
TOCSIN_BATCH_SECONDS = INSTANCE.batch_seconds
TOCSIN_MAIL_SECONDS = INSTANCE.mail.every_seconds if INSTANCE.mail else 0
