"""The onion address, for those who came without Tor."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import iri_to_uri


class OnionLocation:
    """Tells Tor Browser of the onion address (``[public] onion``) on pages of the clear web that came over TLS.

    https://community.torproject.org/onion-services/advanced/onion-location/: only over HTTPS, never on the onion
    itself. An address that is none of our pages is not repeated.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next, self._onion = get_response, settings.TOCSIN_ONION

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, then add the header where it belongs."""
        response = self._next(request)
        is_page = response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/html")
        if self._onion and is_page and request.method in ("GET", "HEAD") and _is_clear_web(request):
            response.headers["Onion-Location"] = self._onion + iri_to_uri(request.path)
        return response


def _is_clear_web(request: HttpRequest) -> bool:
    return request.is_secure() and not request.get_host().partition(":")[0].endswith(".onion")
