"""Logs say where something broke, and never what was typed."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator

import pytest

from tocsin.common.errors import Busy, RuleBroken, Unsafe
from tocsin.config.logs import QuietFormatter
from tocsin.config.settings import base

CANARY = "canary: my neighbour of number 7 did it"


@pytest.fixture
def written() -> Iterator[Callable[[str], tuple[logging.Logger, io.StringIO]]]:
    """``written("django.db")`` is that logger and what it writes through our formatter."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(QuietFormatter())
    touched = []

    def listen(name: str) -> tuple[logging.Logger, io.StringIO]:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        touched.append(logger)
        return logger, stream

    yield listen
    for logger in touched:
        logger.removeHandler(handler)


Listen = Callable[[str], tuple[logging.Logger, io.StringIO]]


@pytest.mark.parametrize(
    "name", ["django.db.backends", "django.security.DisallowedHost", "asyncio", "root.of.somebody"]
)
def test_messages_and_arguments_of_libraries_are_left_out(written: Listen, name: str) -> None:
    logger, stream = written(name)
    logger.error("Invalid header: %r", CANARY)
    logger.error(f"row {CANARY} cannot be stored")  # noqa: G004  as careless libraries do
    said = stream.getvalue()
    assert "canary" not in said
    assert "header" not in said
    assert said.count(f"ERROR {name}") == 2


def test_arguments_of_our_own_calls_are_left_out_and_the_sentence_is_not(written: Listen) -> None:
    logger, stream = written("tocsin.worker")
    logger.warning("The round of %s failed.", CANARY)
    assert "The round of %s failed." in stream.getvalue()
    assert "canary" not in stream.getvalue()


def broken(fault: Exception) -> Callable[[], None]:
    def deep_inside() -> None:
        secret = CANARY
        raise fault from ValueError(secret)

    return deep_inside


@pytest.mark.parametrize(
    "fault", [ValueError(CANARY), KeyError(CANARY), RuntimeError({"what": CANARY}), OSError(5, CANARY)]
)
@pytest.mark.parametrize("name", ["tocsin.intake", "django.request"])
def test_of_an_exception_only_its_type_and_the_places_are_shown(written: Listen, fault: Exception, name: str) -> None:
    logger, stream = written(name)
    try:
        broken(fault)()
    except type(fault):
        logger.exception("It broke.")
    said = stream.getvalue()
    assert "canary" not in said
    assert type(fault).__name__ in said
    assert "test_logs.py:" in said
    assert "deep_inside" in said


@pytest.mark.parametrize("kind", [RuleBroken, Unsafe, Busy])
def test_our_own_sentences_are_shown_and_what_caused_them_is_not(written: Listen, kind: type[Exception]) -> None:
    logger, stream = written("django.request")
    try:
        broken(kind("Put the key back."))()
    except kind:
        logger.exception("Internal error: %s", CANARY)
    assert f"{kind.__name__}: Put the key back." in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_a_record_without_an_exception_is_one_line(written: Listen) -> None:
    logger, stream = written("tocsin.worker")
    logger.error("The ledger is read-only.", stack_info=True, exc_info=True)
    assert len(stream.getvalue().splitlines()) == 1


def test_every_handler_of_every_process_uses_this_formatter() -> None:
    told = base.LOGGING
    handlers = told["handlers"]
    assert isinstance(handlers, dict)
    assert {handler["formatter"] for handler in handlers.values()} == {"quiet"}
    assert told["formatters"] == {"quiet": {"()": "tocsin.config.logs.QuietFormatter"}}
    assert told["root"] == {"handlers": ["stderr"], "level": "WARNING"}
