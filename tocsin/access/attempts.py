"""How often a sign-in may be tried: buckets in memory, by sign-in name and never by network address."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict

from django.utils.translation import gettext as _

from tocsin.common.errors import NotPermitted

_MOST_NAMES = 10_000


class Attempts:
    """Token buckets: ``burst`` tries at once, then one every ``seconds``. Names are kept as keyed hashes only."""

    def __init__(self, *, burst: int, seconds: float) -> None:
        self._burst, self._seconds = burst, seconds
        self._key = secrets.token_bytes(32)
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def _id(self, name: str) -> bytes:
        return hashlib.blake2b(name.casefold().encode(), key=self._key, digest_size=16).digest()

    def take(self, name: str) -> None:
        """Use up one try. Raises ``NotPermitted`` when none is left."""
        key, moment = self._id(name), time.monotonic()
        with self._lock:
            tokens, since = self._buckets.pop(key, (float(self._burst), moment))
            tokens = min(float(self._burst), tokens + (moment - since) / self._seconds)
            allowed = tokens >= 1
            self._buckets[key] = (tokens - 1 if allowed else tokens, moment)
            while len(self._buckets) > _MOST_NAMES:
                self._buckets.popitem(last=False)
        if not allowed:
            raise NotPermitted(_("Too many attempts for this name. Wait a few minutes, then try again."))

    def forget(self, name: str) -> None:
        """Give all tries back after a success."""
        with self._lock:
            self._buckets.pop(self._id(name), None)

    def forget_all(self) -> None:
        """Give everybody all tries back."""
        with self._lock:
            self._buckets.clear()


sign_in_attempts = Attempts(burst=10, seconds=60)
# By person, after the right password. Three codes of a million are right at a time: at this pace a thief with the
# password needs months, and every refusal stands in the log of sign-ins.
factor_attempts = Attempts(burst=5, seconds=120)
