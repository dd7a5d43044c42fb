"""The floor of an upload: the same server, a body that is read and hashed with SHA-256, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

_PIECE = 64 * 1024


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A WSGI application: read, hash, answer."""
    body, left, digest = environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0), hashlib.sha256()
    while left > 0:
        piece = body.read(min(left, _PIECE))
        if not piece:
            break
        digest.update(piece)
        left -= len(piece)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "65")])
    return [digest.hexdigest().encode() + b"\n"]
