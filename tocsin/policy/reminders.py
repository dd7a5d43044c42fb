"""What is not wrong with a pack, but somebody should look at: dates that come near, texts that seem forgotten."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from tocsin.policy.calendar_file import public_holidays
from tocsin.policy.findings import Finding
from tocsin.policy.floors import PACK_FILE
from tocsin.policy.grounds import has_words_for
from tocsin.policy.model import Pack
from tocsin.policy.reading_age import LONGEST_SENTENCE, LONGEST_STRETCH, too_long
from tocsin.policy.shelf import Shelf
from tocsin.policy.written import Written, texts_in

EXPIRY_NEAR = timedelta(days=60)
HOLIDAYS_AHEAD = timedelta(days=365)
SAMPLE = re.compile(
    r"sample|example|示例|示範|样本|範例|exemple|échantillon|muestra|ejemplo|образец|пример|مثال|عينة", re.IGNORECASE
)
SAMPLE_HOSTS = (".example", "example.com", "example.net", "example.org")  # RFC 2606: nobody has them


def reminders_of_dates(shelf: Shelf, today: date) -> Iterator[tuple[Pack, Finding]]:
    """When the versions of a shelf begin and end, each with the version that the reminder is about."""
    last = shelf.on(today + EXPIRY_NEAR)
    if today < shelf.versions[0].valid_from:
        first = shelf.versions[0]
        yield first, _about("valid_from", f"is {first.valid_from}: no version is valid before.", "Begin earlier.")
    elif shelf.is_expired_on(today + EXPIRY_NEAR):
        told = "has passed" if last.expires_on < today else f"is in {(last.expires_on - today).days} days"
        problem = f"{last.expires_on} {told}, and no later version follows."
        remedy = "Have the rules looked through and add a version; until then reports are still taken under this one."
        yield last, _about("expires_on", problem, remedy)
    for before, after in pairwise(shelf.versions):
        if before.expires_on + timedelta(days=1) < after.valid_from and today < after.valid_from:
            problem = f"leaves a gap: {before.version} ends on {before.expires_on}."
            yield after, _about("valid_from", problem, "Let one begin on the day after the other ends.")


def reminders_of(pack: Pack, files: Mapping[str, bytes], today: date) -> Iterator[Finding]:
    """What to look at in one version; ``files`` are those that it was read from."""
    if today <= pack.expires_on:
        yield from _holidays(pack, max(today, pack.valid_from))
    yield from _useless_exceptions(pack, tomllib.loads(files[PACK_FILE].decode())["calendar"])
    yield from _samples(pack)
    yield from _no_script(pack)
    for n, language in enumerate(pack.languages):
        if not has_words_for(language):
            problem = f"no words are known by which a forbidden ground shows in “{language}”."
            yield _about(f"languages[{n}]", problem, "Let two people read the categories in it for that.")
    for written in texts_in(files, pack.languages):
        yield from _forgotten_translation(written)
        yield from _hard_to_read(written)


def _about(key: str, problem: str, remedy: str) -> Finding:
    return Finding(PACK_FILE, key, problem, remedy)


def _holidays(pack: Pack, start: date) -> Iterator[Finding]:
    known = pack.calendar.known_until
    if known < start + HOLIDAYS_AHEAD:
        problem = f"{known} is less than a year after {start}: later clocks count weekends only."
        yield _about("calendar.known_until", problem, "Add the holidays of the next year and move the date.")


def _useless_exceptions(pack: Pack, calendar: Mapping[str, object]) -> Iterator[Finding]:
    days = calendar.get("not_holidays")
    if not isinstance(days, list):
        return
    country, part = str(calendar["country"]), calendar.get("subdivision")
    first, last = date(pack.valid_from.year, 1, 1), pack.calendar.known_until
    closed = public_holidays(country, str(part) if part else None, first, last).closed
    for n, day in enumerate(days):
        if day not in closed:
            problem = f"{day} is no holiday in {country} anyway."
            yield _about(f"calendar.not_holidays[{n}]", problem, "Remove it, or correct the date.")


def _no_script(pack: Pack) -> Iterator[Finding]:
    for n, channel in enumerate(pack.channels):
        if channel.code == "hotline" and pack.hotline is None:
            problem = "there is no [hotline]: operators must find their own words."
            yield _about(f"channels[{n}]", problem, "Write greeting, safety and closing.")


def _samples(pack: Pack) -> Iterator[Finding]:
    for language, text in pack.mark.by_language:
        if SAMPLE.search(text):
            yield _about(f"mark.{language}", f"“{text}” stands on every page.", "Say whose rules these are.")
    for name, office in (("authority", pack.authority), ("oversight_body", pack.oversight_body)):
        host = urlsplit(office.website).hostname or ""
        if host.endswith(SAMPLE_HOSTS):
            yield _about(f"{name}.website", f"{host} is an address that nobody has.", "Write the real one.")


def _forgotten_translation(written: Written) -> Iterator[Finding]:
    # Shorter words (the Spanish “No”) are often alike.
    if written.text == written.same_as and sum(sign.isalpha() for sign in written.text) > 3:
        problem = f"“{_shortened(written.text)}” is the same as in the first language."
        yield Finding(written.file, written.key, problem, "Translate it, if that was forgotten.")


def _hard_to_read(written: Written) -> Iterator[Finding]:
    if written.is_public and (told := too_long(written.text, written.language)):
        most = f"{LONGEST_STRETCH} characters" if written.language.startswith("zh") else f"{LONGEST_SENTENCE} words"
        yield Finding(written.file, written.key, f"{told}.", f"Make two of it: at most {most}.")


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
