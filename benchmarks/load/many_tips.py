"""A store with a million tips, of which a hundred thousand are open: made once, kept, and used again.

Every content, message and proposal is sealed as the doors do it and opens. What only a reporter opens (the promise in
``receipt``) and the mailbox keys are random bytes of the usual size, and no identities are stored: the desk never reads
them. Dates run over five years; the text of a tip is 120 random words.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from benchmarks.load.columns import TABLES, TIP

CHUNK = 2_000
YEARS = 5
RECENT = 0.12  # share of the stored tips that counts as new: most open ones are among them
OPEN_STATES = {
    "received": 0.38, "acknowledged": 0.09, "in_triage": 0.17, "need_info": 0.08, "linked": 0.08,
    "under_verification": 0.10, "referred": 0.02, "outcome_set": 0.05, "feedback_given": 0.03,
}  # fmt: skip
CATEGORIES = (
    "other", "violence_threat", "animal_deaths", "illness_cluster", "facility_tampering", "system_intrusion",
    "plant_pest", "biotech_unsafe", "invasive_species", "illegal_weapons", "data_without_permit", "agent_misuse",
    "secrets_approach", "secrets_passed", "agent_lost",
)  # fmt: skip
CHANNELS = {"web": 0.70, "hotline": 0.18, "letter": 0.06, "in_person": 0.03, "other_body": 0.03}
STAGE_OF = {
    "received": "intake", "outcome_set": "intake", "acknowledged": "triage", "in_triage": "triage",
    "need_info": "triage", "linked": "triage", "under_verification": "checking", "referred": "deciding",
    "feedback_given": "deciding",
}  # fmt: skip
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Plan:
    """What to make: numbers, public keys by month, the people who hold, propose and declare, and the present moment."""

    stored: int
    opened: int
    unit_public: bytes
    retention: Mapping[str, bytes]
    staff: Sequence[int]
    pack_version: str
    now: datetime
    seed: int = 23
    words: Sequence[str] = field(default=())

    def open_ids(self) -> frozenset[int]:
        """The primary keys of the open tips: most of them among the newest, the rest anywhere before."""
        luck, recent = random.Random(self.seed), int(self.stored * RECENT)
        newest = min(int(self.opened * 0.84), recent)
        border = self.stored - recent
        among_new = luck.sample(range(border + 1, self.stored + 1), newest)
        return frozenset([*among_new, *luck.sample(range(1, border + 1), self.opened - newest)])

    def received(self, pk: int) -> datetime:
        """When the tip ``pk`` came, by the hour."""
        back = timedelta(days=365 * YEARS) * (1 - pk / self.stored)
        return (self.now - back).replace(minute=0, second=0, microsecond=0)


def months(now: datetime) -> list[str]:
    """The months whose retention keys are needed."""
    return sorted({f"{now - timedelta(days=days):%Y-%m}" for days in range(0, 365 * YEARS + 31, 7)} | {f"{now:%Y-%m}"})


def all_rows(plan: Plan) -> Iterator[tuple[int, Rows]]:
    """``(tips made so far, rows by table)``, chunk by chunk, sealed by two processes."""
    chosen = plan.open_ids()
    starts = range(1, plan.stored + 1, CHUNK)
    with ProcessPoolExecutor(2) as pool:
        chunks = [
            (start, frozenset(pk for pk in range(start, min(start + CHUNK, plan.stored + 1)) if pk in chosen))
            for start in starts
        ]
        for start, rows in zip(starts, pool.map(_chunk, [plan] * len(chunks), chunks, chunksize=4), strict=True):
            yield min(start + CHUNK - 1, plan.stored), rows


def _chunk(plan: Plan, told: tuple[int, frozenset[int]]) -> Rows:
    start, opened = told
    luck = random.Random(plan.seed * 1_000_003 + start)
    rows: Rows = {table: [] for table in TABLES}
    made = [_Made(plan, luck, pk, is_open=pk in opened) for pk in range(start, min(start + CHUNK, plan.stored + 1))]
    for each in made:
        each.into(rows)
    for state, share in (("linked", 1.0), ("referred", 1.0), ("closed", 0.1)):
        _cases(plan, luck, [each for each in made if each.state == state and luck.random() < share], rows)
    return rows


def _cases(plan: Plan, luck: random.Random, tips: Sequence[_Made], rows: Rows) -> None:
    """Put tips of one state into cases of three, each with two people."""
    from tocsin.cases.papers import seal_text
    from tocsin.common.refs import new_ref

    state_of = {"linked": "open", "referred": "referred", "closed": "closed"}
    for at in range(0, len(tips), 3):
        members, ref = tips[at : at + 3], new_ref()
        pk, when, opener = members[0].pk, members[0].when, luck.choice(plan.staff)
        about = seal_text("about", ref, {"title": "The old dairy", "summary": "Cages by night."})
        outcome = "substantiated" if members[0].state == "closed" else ""
        rows["cases_case"].append((
            pk, ref, state_of[members[0].state], outcome, "other", plan.pack_version, "bench", about, False,
            False, when.date(), opener,
        ))  # fmt: skip
        rows["cases_casetip"] += [(pk, member.pk, when, opener) for member in members]
        lead, other = luck.sample(list(plan.staff), 2)
        rows["cases_assignment"] += [(pk, lead, "lead", when), (pk, other, "investigator", when)]


def _one_of(luck: random.Random, weights: Mapping[str, float]) -> str:
    return luck.choices(list(weights), list(weights.values()))[0]


class _Made:
    """One tip with what belongs to it."""

    def __init__(self, plan: Plan, luck: random.Random, pk: int, *, is_open: bool) -> None:
        from tocsin.common.refs import new_ref

        self.plan, self.luck, self.pk, self.ref = plan, luck, pk, new_ref()
        self.when = plan.received(pk)
        if is_open:
            self.state = _one_of(luck, OPEN_STATES)
        else:
            self.state = "withdrawn" if luck.random() < 0.03 else "closed"
        self.is_open = is_open

    def into(self, rows: Rows) -> None:
        """Add the rows of this tip."""
        rows["tips_tip"].append(self._tip())
        rows["clocks_deadline"] += self._clocks()
        rows["workflow_steprecord"] += self._steps()
        if self.state != "received" and self.luck.random() < 0.05:
            rows["tips_tipmessage"] += self._messages()
        if self.state == "under_verification" and self.luck.random() < 0.06:
            rows["workflow_proposal"].append(self._proposal())
        if self.luck.random() < 0.003:
            interest = self.luck.random() < 0.5
            rows["tips_declaration"].append((self.pk, self.luck.choice(self.plan.staff), interest, self.when))

    def _sealed(self) -> tuple[bytes, bytes]:
        from tocsin.tips.content import TipContent, content_place
        from tocsin.vault.sealing import seal_content

        text = " ".join(self.luck.choices(self.plan.words, k=120))
        content = TipContent({"what": text, "where": "Old dairy"}, secrets.token_bytes(32))
        sealed = seal_content(
            content.to_bytes(),
            unit=self.plan.unit_public,
            retention=self.plan.retention[f"{self.when:%Y-%m}"],
            place=content_place(self.ref),
        )
        return sealed.blob, sealed.wrapped_key

    def _tip(self) -> tuple[Any, ...]:
        luck, blob_and_key = self.luck, self._sealed()
        weights_of = [1 / (place + 1) for place in range(len(CATEGORIES))]
        acknowledge_by, acknowledged_on, feedback_by, paused_on = self._dates()
        self.dates = acknowledge_by, acknowledged_on, feedback_by, paused_on
        held = self.is_open and luck.random() < 0.3
        done = self.state in ("outcome_set", "feedback_given", "closed")
        ended = None if self.is_open else self.when.date() + timedelta(days=3)
        told = {
            "id": self.pk, "ref": self.ref, "intake_key": secrets.token_bytes(32), "state": self.state,
            "outcome": "substantiated" if done else "", "channel": _one_of(luck, CHANNELS),
            "category": luck.choices(CATEGORIES, weights_of)[0], "pack_version": self.plan.pack_version,
            "unit": "bench", "received_hour": self.when, "content": blob_and_key[0], "wrapped_key": blob_and_key[1],
            "retention_id": f"{self.when:%Y-%m}", "identity_ref": self.ref[::-1],
            "login_hash": secrets.token_bytes(32), "mail_public": secrets.token_bytes(32),
            "receipt": secrets.token_bytes(420), "event_count": 2, "acknowledge_by": acknowledge_by,
            "acknowledged_on": acknowledged_on, "feedback_by": feedback_by, "paused_on": paused_on,
            "unread_replies": int(luck.random() < 0.03), "in_case": self.state in ("linked", "referred"),
            "urgent": luck.random() < 0.01, "drill": luck.random() < 0.003, "destroyed_on": None,
            "holder_id": luck.choice(self.plan.staff) if held else None,
            "held_for": STAGE_OF[self.state] if held else "", "events_key": b"", "papers_public": b"",
            "legal_hold": False, "ended_on": ended, "expires_on": ended and ended + timedelta(days=5 * 365),
        }  # fmt: skip
        return tuple(told[name] for name in TIP)

    def _dates(self) -> tuple[date, date | None, date | None, date | None]:
        """Open ones are due in the days around today, about one in ten is overdue; closed ones long ago."""
        today, day = self.plan.now.date(), self.when.date()
        if not self.is_open:
            return day + timedelta(days=7), day + timedelta(days=2), day + timedelta(days=92), None
        due = today + timedelta(
            days=self.luck.randint(-9, 85) if self.state != "received" else self.luck.randint(-1, 7)
        )
        if self.state == "received":
            return due, None, None, None
        return day, day, due, today - timedelta(days=3) if self.state == "need_info" else None

    def _clocks(self) -> list[tuple[Any, ...]]:
        """The runs of its clocks: what is met, and what runs still."""
        acknowledge_by, acknowledged_on, feedback_by, paused_on = self.dates
        read = self.when + timedelta(days=1)

        def run(clock: str, start: datetime, due: date, *, ends: bool, paused: date | None = None) -> tuple[Any, ...]:
            midnight = datetime.combine(due + timedelta(days=1), time(), UTC) - timedelta(hours=8)
            until = datetime.combine(paused + timedelta(days=30), time(), UTC) if paused else None
            return ("tip", self.ref, clock, start, midnight, due, paused, until, read if ends else None, ends)

        if acknowledged_on is None or feedback_by is None:
            return [run("acknowledge", self.when, acknowledge_by, ends=False)]
        over = self.state in ("feedback_given", "closed", "withdrawn")
        runs = [
            run("acknowledge", self.when, acknowledge_by, ends=True),
            run("feedback", read, feedback_by, ends=over, paused=paused_on),
        ]
        if self.state == "acknowledged":
            runs.append(run("triage", read, self.plan.now.date() + timedelta(days=2), ends=False))
        return runs

    def _steps(self) -> list[tuple[Any, ...]]:
        road = {"received": 0, "acknowledged": 1, "withdrawn": 1}.get(self.state, 2 if self.is_open else 3)
        steps = (
            ("acknowledge", "received", "acknowledged", "intake", "clocks.acknowledge"),
            ("begin_triage", "acknowledged", "in_triage", "triage", "conflict_of_interest"),
            ("close", "feedback_given", "closed", "supervisor", "close"),
        )
        return [
            ("tip", self.ref, step, source, target, f"staff:{self.luck.choice(self.plan.staff)}", role, "", b"", rule,
             self.when + timedelta(days=number + 1))
            for number, (step, source, target, role, rule) in enumerate(steps[:road])
        ]  # fmt: skip

    def _messages(self) -> list[tuple[Any, ...]]:
        from tocsin.common.refs import new_ref
        from tocsin.tips.content import message_place
        from tocsin.vault.sealing import seal_message

        rows = []
        for kind, staff in (("question", self.luck.choice(self.plan.staff)), ("answer", None)):
            ref = new_ref()
            text = " ".join(self.luck.choices(self.plan.words, k=20)).encode()
            blob = seal_message(text, recipients=[self.plan.unit_public], place=message_place(ref))
            rows.append((self.pk, ref, kind, blob, self.when + timedelta(days=4), staff))
        return rows

    def _proposal(self) -> tuple[Any, ...]:
        from tocsin.common.refs import new_ref
        from tocsin.tips.papers import reason_place
        from tocsin.vault.sealing import seal_to

        payload = json.dumps({"outcome": "substantiated", "reason": "The cages were found."}).encode()
        sealed = seal_to(self.plan.unit_public, payload, info=reason_place(self.ref))
        now = self.plan.now
        return (
            new_ref(), "tip", self.ref, "set_outcome", sealed, "open", self.luck.choice(self.plan.staff),
            now - timedelta(days=1), now + timedelta(days=13), "outcome.decide",
        )  # fmt: skip


def plan_of(*, stored: int, opened: int, staff: Sequence[int]) -> Plan:
    """The plan for the installation that this process runs as."""
    from django.conf import settings

    from tocsin.policy.active import get_pack
    from tocsin.vault.installed import keyring
    from tocsin.vault.keyring import public_key_for
    from tocsin.vault.retention import make_month_keys
    from tocsin.vault.words import word_list

    now = datetime.now(UTC)
    wanted = months(now)
    make_month_keys(settings.TOCSIN_PUBLIC_KEYS, settings.TOCSIN_RETENTION_KEYS, months=wanted)
    return Plan(
        stored=stored,
        opened=opened,
        unit_public=keyring().unit_public,
        retention={month: public_key_for(settings.TOCSIN_PUBLIC_KEYS, month)[1] for month in wanted},
        staff=staff,
        pack_version=get_pack().version,
        now=now,
        words=word_list("english").words,
    )
