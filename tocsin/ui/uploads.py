"""Refuses files in forms that have no file field, before a byte of them reaches memory or disk."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class RefuseFiles(FileUploadHandler):
    """An upload handler that takes nothing. Evidence has an encrypting handler of its own."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Read past the file; the fields of the form before and behind it stay valid."""
        raise SkipFile

    def receive_data_chunk(self, _raw_data: bytes, _start: int) -> None:
        """Never reached: ``new_file`` skips before."""

    def file_complete(self, _file_size: int) -> None:
        """There is no file."""
