"""What to say when the database is locked, full or gone: busy, not broken, and never a promise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection

from tocsin.common.errors import Busy, type_of_sentence

STORE_FAULTS = (OperationalError, InterfaceError)


@contextmanager
def busy_when_store_fails(sentence: type_of_sentence) -> Iterator[None]:
    """Turn a store that does not take or give anything just now into ``Busy`` with ``sentence``.

    Put it around the whole transaction, so that nothing of it was kept. The connection is closed: the next request
    begins with a new one.
    """
    try:
        yield
    except STORE_FAULTS as fault:
        connection.close()
        raise Busy(sentence) from fault
