"""What becomes of files in forms: a small key file stays in memory, all others are refused before a byte is kept."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopFutureHandlers


class RefuseFiles(FileUploadHandler):
    """An upload handler that takes nothing. Evidence has an encrypting handler of its own."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Read past the file; the fields of the form before and behind it stay valid."""
        raise SkipFile

    def receive_data_chunk(self, _raw_data: bytes, _start: int) -> None:
        """Never reached: ``new_file`` skips before."""

    def file_complete(self, _file_size: int) -> None:
        """There is no file."""


class KeyFileInMemory(FileUploadHandler):
    """Takes the one file of the field ``key_file``, up to ``LARGEST`` bytes, and keeps it in memory only.

    A larger one arrives empty, which no key file is. Other fields are left to the next handler.
    """

    FIELD = "key_file"
    LARGEST = 16 * 1024

    def new_file(self, *told: Any, **more: Any) -> None:
        """Take the file of our field alone."""
        super().new_file(*told, **more)
        self._held: bytearray | None = None
        if self.field_name == self.FIELD:
            self._held = bytearray()
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, _start: int) -> bytes | None:
        """Keep a piece; what is too much is read past."""
        if self._held is None:
            return raw_data
        room = self.LARGEST + 1 - len(self._held)
        self._held += raw_data[:room]
        return None

    def file_complete(self, _file_size: int) -> SimpleUploadedFile | None:
        """The file in memory."""
        if self._held is None:
            return None
        held, self._held = self._held, None
        return SimpleUploadedFile("key", bytes(held) if len(held) <= self.LARGEST else b"")
