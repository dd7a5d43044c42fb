"""At the way in: how much one network may send at once.

The pace is generous to thirty people behind one address and slow for a flood. Buckets live in the memory of one
process, under BLAKE2b of the network (IPv4 /24, IPv6 /48) with a key that is drawn anew every hour. An address is never
kept, logged or stored, and after the hour nobody can ask whether it was here. Reading is never slowed. Whoever comes
from this machine itself has no network: an onion service and local tests are not slowed here at all, for all of Tor
would be one sender. Tor's own proof of work is there for that (``docs/operate/onion.md``).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

BURST = 600  # thirty people, each: a report with files, two sign-ins, five messages, a receipt checked
A_SECOND = 2.0  # the same thirty people once more every five minutes, without end
MOST_NETWORKS = 20_000
KEY_LASTS = 3600.0  # seconds
Address = IPv4Address | IPv6Address
# RFC 1918 and RFC 4193: where a proxy on another machine of the same house stands.
_INNER = tuple(ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


class Cost(IntEnum):
    """What each kind of sending takes from the bucket of its network."""

    MESSAGE = 1
    SIGN_IN = 1
    VERIFY = 1
    REPORT = 2
    FILES = 10
    REPORT_WITH_FILES = 12


class Pace:
    """Token buckets that may owe: whoever has anything left goes on, and what it costs is paid off later.

    So the text of a report is never refused because its files were large.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic, most: int = MOST_NETWORKS) -> None:
        self._now, self._most = now, most
        self._lock = threading.Lock()
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._key, self._drawn = secrets.token_bytes(32), now()

    def allows(self, network: bytes, cost: int) -> bool:
        """Whether this network may send; if so, ``cost`` is taken from its bucket."""
        with self._lock:
            moment = self._now()
            if moment - self._drawn >= KEY_LASTS:
                self._buckets.clear()
                self._key, self._drawn = secrets.token_bytes(32), moment
            name = hashlib.blake2b(network, key=self._key, digest_size=16).digest()
            tokens, since = self._buckets.pop(name, (float(BURST), moment))
            tokens = min(float(BURST), tokens + (moment - since) * A_SECOND)
            allowed = tokens >= 1
            self._buckets[name] = (tokens - cost if allowed else tokens, moment)
            while len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
            return allowed

    def forget_all(self) -> None:
        """Fill every bucket again."""
        with self._lock:
            self._buckets.clear()


pace = Pace()


def slowed(request: HttpRequest, cost: Cost, again: Callable[[str], HttpResponse]) -> HttpResponse | None:
    """``None`` when the request may go on; else the page that ``again`` draws with our sentence, as a 429.

    It is asked before anything is looked up, so a refusal tells nothing about what is stored.
    """
    network = network_of(request)
    if network is None or pace.allows(network, cost):
        return None
    answer = again(_no_files_now() if cost is Cost.FILES else _not_now())
    answer.status_code = 429  # RFC 6585, section 4
    answer.headers["Retry-After"] = "60"
    return answer


def network_of(request: HttpRequest) -> bytes | None:
    """The first three bytes of an IPv4 address, six of an IPv6 address, or ``None`` where there is no telling.

    A visitor can write anything into ``X-Forwarded-For``; only its last entry is the proxy's own, and only a proxy on
    this machine (``behind_tls``) is believed. A proxy elsewhere in the house is nobody's network: counting it would
    slow everybody for one.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    if peer is not None and settings.TOCSIN_BEHIND_PROXY:
        if peer.is_loopback:
            peer = _address(request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2])
        elif any(peer in inner for inner in _INNER):
            return None
    if peer is None or peer.is_loopback:
        return None
    return peer.packed[: 3 if peer.version == 4 else 6]


def _address(told: str) -> Address | None:
    try:
        address = ip_address(told.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _not_now() -> str:
    return _(
        "Too much came from your network just now. Nothing was sent; your text is still here. Wait a minute and press "
        "the button again."
    )


def _no_files_now() -> str:
    return _(
        "Too much came from your network just now. Nothing was sent. Wait a minute, choose the files once more and "
        "press the button again."
    )
