"""The proxy's recipe: uploads are not written to its disk, and their addresses are those that take files."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from tests.architecture.source import ROOT
from tests.hygiene.doors import PUBLIC, address, names
from tocsin.config.instance import PUBLIC_THREADS
from tocsin.policy.loader import load_pack
from tocsin.public.uploads import WELCOME

RECIPE = (ROOT / "docs" / "operate" / "proxy.md").read_text(encoding="utf-8")
MIB = 1024 * 1024


def block(kind: str) -> str:
    """The block as an operator would copy it."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", RECIPE, re.MULTILINE | re.DOTALL)
    return str(found)


def upload_location() -> str:
    """What nginx does for the addresses that take files."""
    found = re.search(r"location ~ (\S+) \{(.*?)\}", block("nginx"), re.DOTALL)
    assert found is not None
    return found[2]


@pytest.mark.parametrize("pattern", [r"location ~ (\S+) \{", r"path_regexp (\S+)"], ids=["nginx", "caddy"])
def test_exactly_the_addresses_that_take_files_are_passed_on_as_they_come(pattern: str) -> None:
    found = re.search(pattern, block("nginx" if "location" in pattern else "caddy"))
    assert found is not None
    for name in names(PUBLIC):
        for language, _own_name in settings.LANGUAGES:
            path = address(PUBLIC, name, language=language)
            assert bool(re.search(found[1], path)) == (name in WELCOME), path


def test_a_file_is_not_written_to_the_proxys_disk_and_a_text_fits_into_its_memory() -> None:
    assert "proxy_request_buffering off;" in upload_location()
    whole = block("nginx").replace(upload_location(), "")
    body = re.search(r"client_max_body_size (\d+)m;", whole)
    buffer = re.search(r"client_body_buffer_size (\d+)m;", whole)
    assert body is not None
    assert buffer is not None
    assert int(buffer[1]) >= int(body[1])
    assert int(body[1]) * MIB >= settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_the_proxy_lets_as_much_through_as_the_pack_allows() -> None:
    most = load_pack(ROOT / "packs" / "seed").evidence.largest_total_mb
    limit = re.search(r"client_max_body_size (\d+)m;", upload_location())
    assert limit is not None
    assert most * 1_000_000 + settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= int(limit[1]) * MIB


def test_slow_uploads_never_hold_every_thread_of_a_process() -> None:
    limit = re.search(r"limit_conn tocsin_uploads (\d+);", upload_location())
    assert limit is not None
    assert settings.TOCSIN_UPLOAD_SLOTS < int(limit[1]) < PUBLIC_THREADS


def test_a_visitors_own_word_about_the_address_does_not_pass() -> None:
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in block("nginx")
    assert "proxy_set_header X-Forwarded-Proto https;" in block("nginx")
    assert "proxy_add_x_forwarded_for" not in block("nginx")
