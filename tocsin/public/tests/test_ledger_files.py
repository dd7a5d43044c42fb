"""The published ledger through the door: the files of its layout, and not one byte of anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.installation import Installation
from tests.stories import send_report
from tocsin.ledger import standalone

CANARY = b"canary of a file that is not for the public"
pytestmark = pytest.mark.django_db


def ask(path: str, method: str = "GET") -> tuple[int, bytes, Any]:
    """Status, body and answer of a request whose path reaches the door exactly as it stands here."""
    answer = Client().generic(method, "/", PATH_INFO=path.encode().decode("latin-1"))
    body = b"".join(answer) if answer.streaming else answer.content
    answer.close()
    return answer.status_code, body, answer


@pytest.fixture
def log(installation: Installation) -> Path:
    """A published ledger, with files around and inside it that must stay where they are."""
    send_report()
    installation.publish()
    folder = installation.log_dir
    for name in ("secret", "keys.bak", ".keys", "tile/0/000.bak", "tile/notes", "checkpoint~", "previous/1/secret"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(CANARY)
    for name in ("checkpoint", "keys", "secret"):
        (folder.parent / name).write_bytes(CANARY)
    return folder


def test_every_published_file_is_served_as_it_lies_there(log: Path) -> None:
    served = 0
    for path in sorted(log.rglob("*")):
        if not path.is_file() or path.read_bytes() == CANARY:
            continue
        status, body, answer = ask(f"/log/{path.relative_to(log).as_posix()}")
        assert (status, body) == (200, path.read_bytes()), path
        tile = "tile" in path.parts
        assert answer.headers["Content-Type"] == ("application/octet-stream" if tile else "text/plain; charset=utf-8")
        assert int(answer.headers["Content-Length"]) == len(body)
        served += 1
    assert served >= 4  # checkpoint, keys, a tile of hashes, a tile of entries


@pytest.mark.parametrize("name", ["checkpoint", "keys", "handover", "tile/0/000", "tile/entries/x001/234.p/16"])
def test_the_files_of_an_earlier_origin_are_served_too(log: Path, name: str) -> None:
    path = log / "previous" / "1" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"earlier")
    assert ask(f"/log/previous/1/{name}")[:2] == (200, b"earlier")
    assert ask(f"/log/previous/2/{name}")[0] == 404


TRAVERSALS = [
    "../secret",
    "../keys",
    "../checkpoint",
    "tile/../../secret",
    "tile/../../keys",
    "tile/0/../../../checkpoint",
    "previous/1/../../../checkpoint",
    "previous/../../keys",
    "./checkpoint",
    "tile/./0/000",
    "/checkpoint",
    "//checkpoint",
    "tile//0/000",
    "checkpoint/",
    "checkpoint/.",
    "checkpoint/..",
    "..",
    ".",
    "",
    "..\\secret",
    "..\\..\\keys",
    "tile\\0\\000",
    "%2e%2e/secret",
    "%2e%2e%2fsecret",
    "..%2fsecret",
    "..%252fsecret",
    "..%c0%afsecret",
    "....//secret",
    "..;/secret",
    "checkpoint%00",
    "checkpoint\x00",
    "checkpoint\x00.txt",
    "\x00",
    "checkpoint\n",
    "\ncheckpoint",
    "checkpoint\r\n",
    "keys\u2028",
    "checkpoint ",
    " checkpoint",
    "checkpoint?",
    "/etc/passwd",
    "etc/passwd",
    "file:///etc/passwd",
    "C:/windows/win.ini",
    "~/.ssh/id_ed25519",
    "\u2025/secret",
    "．．/secret",
    "tile/0/００0",
    "tile/٠/000",
]
OUTSIDE_THE_LAYOUT = [
    "secret",
    "keys.bak",
    ".keys",
    "checkpoint~",
    "Checkpoint",
    "KEYS",
    "handover",
    "tile",
    "tile/",
    "tile/0",
    "tile/notes",
    "tile/0/000.bak",
    "tile/0/0000",
    "tile/0/00",
    "tile/0/x00/000",
    "tile/0/x0000/000",
    "tile/100/000",
    "tile/-1/000",
    "tile/entries",
    "tile/data/000",
    "tile/0/000.p",
    "tile/0/000.p/",
    "tile/0/000.p/0001",
    "previous",
    "previous/1",
    "previous/1/secret",
    "previous/12345/checkpoint",
    "previous/x/checkpoint",
    "previous/1/previous/1/checkpoint",
    "previous//checkpoint",
]


@pytest.mark.parametrize("name", TRAVERSALS, ids=ascii)
def test_no_way_leads_out_of_the_folder(log: Path, name: str) -> None:
    status, body, _answer = ask(f"/log/{name}")
    assert status == 404
    assert CANARY not in body
    assert b"root:" not in body


@pytest.mark.parametrize("name", OUTSIDE_THE_LAYOUT)
def test_a_name_outside_the_layout_is_not_here_even_if_the_file_is(log: Path, name: str) -> None:
    if not (log / name).exists():
        (log / name).parent.mkdir(parents=True, exist_ok=True)
        (log / name).write_bytes(CANARY)
    status, body, _answer = ask(f"/log/{name}")
    assert status == 404
    assert CANARY not in body


def test_a_file_that_is_not_there_and_one_that_may_not_be_asked_for_get_the_same_page(log: Path) -> None:
    missing, forbidden = ask("/log/tile/9/999"), ask("/log/secret")
    assert missing[:2] == forbidden[:2]
    assert missing[0] == 404


def test_a_folder_is_not_listed(log: Path) -> None:
    (log / "tile" / "5" / "000").mkdir(parents=True)
    assert ask("/log/tile/5/000")[0] == 404


def test_before_the_first_batch_there_is_nothing_to_serve(installation: Installation) -> None:
    for name in ("checkpoint", "keys", "tile/0/000"):
        assert ask(f"/log/{name}")[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_ledger_can_be_read_and_nothing_else(log: Path, method: str) -> None:
    before = {path: path.read_bytes() for path in log.rglob("*") if path.is_file()}
    assert ask("/log/checkpoint", method)[0] in (403, 405)
    assert {path: path.read_bytes() for path in log.rglob("*") if path.is_file()} == before


def test_asking_only_for_the_head_gives_length_and_no_body(log: Path) -> None:
    status, body, answer = ask("/log/checkpoint", "HEAD")
    assert (status, body) == (200, b"")
    assert int(answer.headers["Content-Length"]) == (log / "checkpoint").stat().st_size


@pytest.mark.parametrize("name", ["verify_tocsin.py", "verify_tocsin.html"])
def test_a_verifier_is_handed_out_unchanged_as_a_file_to_save_and_never_shown(name: str) -> None:
    status, body, answer = ask(f"/{name}")
    assert status == 200
    assert body == (Path(standalone.__file__).parent / name).read_bytes()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
