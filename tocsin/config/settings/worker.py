"""The worker: signs and publishes the ledger, makes retention keys ahead. It opens no tip."""

from __future__ import annotations

import secrets

from tocsin.config.settings.installed import *  # noqa: F403  a settings module takes all names of its base
from tocsin.config.settings.installed import INSTANCE

SECRET_KEY = secrets.token_hex(32)  # the worker has no sessions; Django wants one all the same
TOCSIN_LEDGER_KEY = INSTANCE.worker_keys / "ledger.key"
TOCSIN_AUDIT_KEY = INSTANCE.worker_keys / "audit.key"
TOCSIN_RETENTION_KEYS = INSTANCE.desk_keys
