"""Takes files of reports: each chunk is sealed as it arrives. Text is never refused because of a file.

Django hands every part of a form to this handler. Fields come first in our forms, so when a file is refused (too many,
too large, no room, too many uploads at once) the report itself is whole already; what was refused is told afterwards.
Each door says by a class of its own which of its forms have a place for files, and who may use it.
"""

from __future__ import annotations

import shutil
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

from tocsin.intake.files import IncomingFile, ReceivedFile
from tocsin.policy.active import get_pack

_MB = 1_000_000
_LOOK_EVERY = 16 * 1024 * 1024


class Reason(Enum):
    """Why a file was not taken, in words."""

    TOO_MANY = _("More files than one report can have. Send it with another report, or put several files into one.")
    TOO_LARGE = _("This file is too large. Send a shorter or smaller version.")
    TOO_MUCH = _("The files together are too large. Send the rest later through your mailbox.")
    NO_ROOM = _("We have no room for files just now. Send it later through your mailbox.")
    BUSY = _("Too many files are arriving just now. Send it later through your mailbox.")
    EMPTY = _("This file is empty.")


@dataclass(frozen=True)
class Refused:
    """One file that was not taken."""

    name: str
    reason: Reason


class ReceivedUpload(UploadedFile):  # type: ignore[type-arg]  # Django's own class cannot be given one
    """What stands in ``request.FILES``: a file that was sealed already; its content cannot be read here."""

    def __init__(self, received: ReceivedFile) -> None:
        super().__init__(None, received.about.name, "application/octet-stream", received.about.size)
        self.received = received
        self.is_taken = False


@cache
def slots() -> threading.BoundedSemaphore:
    """How many uploads this process takes at once; the other threads stay free for text."""
    return threading.BoundedSemaphore(settings.TOCSIN_UPLOAD_SLOTS)


class SealFiles(FileUploadHandler, ABC):
    """Seals the files that ``is_welcome`` and reads past all others."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._incoming: IncomingFile | None = None
        self._done: list[ReceivedFile] = []
        self._holds_slot = False
        self._next_look = 0

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803  Django names it so
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Note which form this is."""
        self._takes_files = self.request is not None and self.is_welcome(self.request)

    @abstractmethod
    def is_welcome(self, request: HttpRequest) -> bool:
        """Whether files of this request are taken. Asked before the first byte of them is read."""

    def new_file(self, *args: Any, **more: Any) -> None:
        """Begin a file, or read past it."""
        super().new_file(*args, **more)
        if not self._takes_files:
            raise SkipFile
        limits = get_pack().evidence
        if len(self._done) >= limits.most_files:
            self._refuse(Reason.TOO_MANY)
        if not self._holds_slot and not slots().acquire(blocking=False):
            self._refuse(Reason.BUSY)
        self._holds_slot, self._next_look = True, 0
        self._require_room()
        try:
            self._incoming = IncomingFile(self.file_name or "")
        except OSError:
            self._refuse(Reason.NO_ROOM)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Seal a chunk; ``None`` says that no other handler gets it."""
        incoming, limits = self._incoming, get_pack().evidence
        if incoming is None:
            raise SkipFile
        size = incoming.size + len(raw_data)
        if size > limits.largest_file_mb * _MB:
            self._refuse(Reason.TOO_LARGE)
        if size + sum(file.about.size for file in self._done) > limits.largest_total_mb * _MB:
            self._refuse(Reason.TOO_MUCH)
        if size >= self._next_look:
            self._next_look += _LOOK_EVERY
            self._require_room()
        try:
            incoming.write(raw_data)
        except OSError:
            self._refuse(Reason.NO_ROOM)

    def file_complete(self, file_size: int) -> ReceivedUpload | None:
        """The sealed file, or nothing when it was refused."""
        incoming = self._incoming
        if incoming is None:
            return None
        if incoming.size == 0:
            self._note(Reason.EMPTY)
            return None
        try:
            received = incoming.finish()
        except OSError:
            self._note(Reason.NO_ROOM)
            return None
        self._incoming = None
        self._done.append(received)
        upload = ReceivedUpload(received)
        if self.request is not None:
            _uploads(self.request).append(upload)
        return upload

    def upload_complete(self) -> None:
        """Let the next one in."""
        self._release()

    def upload_interrupted(self) -> None:
        """The connection broke, or the last file was refused: Django calls this for both.

        Files that came in whole before are noted on the request and removed with it unless its view takes them.
        """
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None
        self._release()

    def _release(self) -> None:
        if self._holds_slot:
            self._holds_slot = False
            slots().release()

    def _require_room(self) -> None:
        if shutil.disk_usage(settings.TOCSIN_EVIDENCE_DIR).free < settings.TOCSIN_EVIDENCE_KEEP_FREE:
            self._refuse(Reason.NO_ROOM)

    def _refuse(self, reason: Reason) -> None:
        self._note(reason)
        raise SkipFile

    def _note(self, reason: Reason) -> None:
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None
        if self.request is not None:
            refused_files(self.request).append(Refused(self.file_name or "", reason))


def name_of(request: HttpRequest) -> str | None:
    """The name of the address that was asked for."""
    try:
        return resolve(request.path_info).url_name
    except Resolver404:
        return None


def refused_files(request: HttpRequest) -> list[Refused]:
    """What was not taken of this request."""
    noted: list[Refused] = vars(request).setdefault("tocsin_refused", [])
    return noted


def _uploads(request: HttpRequest) -> list[ReceivedUpload]:
    """What came in whole, also where the request broke off afterwards."""
    noted: list[ReceivedUpload] = vars(request).setdefault("tocsin_uploads", [])
    return noted


def take_files(request: HttpRequest) -> tuple[ReceivedFile, ...]:
    """The files of this request; from now on the caller sees to them."""
    uploads = _uploads(request)
    for upload in uploads:
        upload.is_taken = True
    return tuple(upload.received for upload in uploads)


def untaken_files(request: HttpRequest) -> list[ReceivedFile]:
    """The files of this request that no view has taken yet."""
    return [upload.received for upload in _uploads(request) if not upload.is_taken]


def discard_untaken(request: HttpRequest) -> None:
    """Remove the files of a request that its view did not take: a wrong answer, a failed check."""
    for upload in _uploads(request):
        if not upload.is_taken:
            upload.received.discard()
