"""The sealed identity beside a tip, as the custodians meet it."""

from __future__ import annotations

from django.conf import settings

from tocsin.tips.content import identity_place
from tocsin.tips.models import Identity
from tocsin.vault.opening import open_sealed
from tocsin.vault.retention import private_key


def wrapped_keys_of(identity: Identity) -> bytes:
    """The keys of every pair of custodians, from under the month's retention key.

    Raises ``Unsafe`` when that key was destroyed with the last report of its month, ``CannotOpen`` for damaged bytes.
    """
    keys = bytes(identity.wrapped_keys)
    if not identity.retention_id:
        return keys
    month = private_key(settings.TOCSIN_RETENTION_KEYS, identity.retention_id)
    return open_sealed(month, keys, identity_place(identity.ref))
