"""Written-out sample tips for the demonstration and for tests. All of them are fictional; see README.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

LANGUAGES = ("en", "zh-hans")


@dataclass(frozen=True)
class Sample:
    """One sample tip; README.md explains the fields that are not kept here."""

    id: str
    language: str
    category: str
    channel: str
    answers: dict[str, str]
    contact: str
    told_at: datetime
    group: str | None
    kind: str
    tier: str


def load_samples() -> list[Sample]:
    """All samples of both languages in the order in which they were told."""
    samples = []
    for language in LANGUAGES:
        for line in (Path(__file__).parent / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            answers = {name: told[name] for name in ("what", "where", "when", "how") if told.get(name)}
            samples.append(
                Sample(
                    id=told["id"],
                    language=told["lang"],
                    category=told["category"],
                    channel=told["channel"],
                    answers=answers,
                    contact=told.get("contact") or "",
                    told_at=_moment(told["told_at"]),
                    group=told.get("group"),
                    kind=told["kind"],
                    tier=told["tier"],
                )
            )
    return sorted(samples, key=lambda sample: sample.told_at)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.astimezone()
