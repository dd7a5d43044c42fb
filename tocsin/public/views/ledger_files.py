"""The public ledger as static files, and two verifiers to download. A web server in front may serve them instead."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from tocsin import ledger
from tocsin.public.doors import for_everybody

_STANDALONE = Path(ledger.__file__).parent / "standalone"
# Nothing but the names of the C2SP layout: no path can leave the folder.
_NAMES = re.compile(
    r"checkpoint|keys|tile/(?:[0-9]{1,2}|entries)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?"
    r"|previous/[0-9]{1,4}/(?:checkpoint|keys|handover|tile/(?:[0-9]{1,2}|entries)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?)"
)


@for_everybody
@require_safe
def ledger_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """One published file of the ledger."""
    path = settings.TOCSIN_LOG_DIR / name
    if not _NAMES.fullmatch(name) or not path.is_file():
        raise Http404
    kind = "application/octet-stream" if "tile/" in name else "text/plain; charset=utf-8"
    return FileResponse(path.open("rb"), content_type=kind)


@for_everybody
@require_safe
def standalone_verifier(request: HttpRequest) -> HttpResponseBase:
    """The single-file verifier."""
    return _to_save("verify_tocsin.py")


@for_everybody
@require_safe
def offline_page(request: HttpRequest) -> HttpResponseBase:
    """The verifier as a page. To be saved, never shown: opened from here it would be the word of this site."""
    return _to_save("verify_tocsin.html")


def _to_save(name: str) -> FileResponse:
    return FileResponse((_STANDALONE / name).open("rb"), as_attachment=True, filename=name)
