"""The one small file that the desk takes stays in memory; all others are read past."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from tocsin.desk.tests.conftest import DESK_DOOR
from tocsin.ui.uploads import KeyFileInMemory

LARGEST = KeyFileInMemory.LARGEST


@pytest.fixture(autouse=True)
def desk_handlers(settings: Settings) -> None:
    settings.FILE_UPLOAD_HANDLERS = DESK_DOOR["FILE_UPLOAD_HANDLERS"]


def content(request: HttpRequest) -> bytes:
    """What arrived of the key file."""
    file = request.FILES["key_file"]
    assert isinstance(file, UploadedFile)
    assert not hasattr(file, "temporary_file_path")
    return bytes(file.read())


def sent(*files: tuple[str, bytes]) -> HttpRequest:
    """A form with these files and one field behind each."""
    told: dict[str, object] = {}
    for number, (field, content) in enumerate(files):
        told[field] = SimpleUploadedFile("name.bin", content)
        told[f"word{number}"] = f"said {number}"
    return RequestFactory().post("/", told)


@pytest.mark.parametrize("size", [1, 700, LARGEST])
def test_a_key_file_arrives_whole(size: int) -> None:
    request = sent(("key_file", b"x" * size))
    assert content(request) == b"x" * size
    assert request.POST["word0"] == "said 0"


@pytest.mark.parametrize("size", [LARGEST + 1, 3_000_000])
def test_a_larger_one_arrives_empty_and_the_form_stays_whole(size: int) -> None:
    request = sent(("key_file", b"x" * size), ("other", b"y"))
    assert content(request) == b""
    assert (request.POST["word0"], request.POST["word1"]) == ("said 0", "said 1")


def test_other_fields_bring_no_file() -> None:
    request = sent(("other", b"y" * 100), ("key_file", b"x"), ("third", b"z" * 200_000))
    assert set(request.FILES) == {"key_file"}
    assert content(request) == b"x"
    assert request.POST["word2"] == "said 2"


def test_nothing_is_written_to_disk(tmp_path: Path, settings: Settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    content(sent(("key_file", b"x" * 3_000_000)))
    assert list(tmp_path.iterdir()) == []
