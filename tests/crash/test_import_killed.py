"""An import is killed in the middle, again and again: given once more, every report is stored exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tocsin.config.instance import ROOT

REPORTS = 4_000
KILLS = 3
SEED = 20_261_126

pytestmark = pytest.mark.crash

_LOOK = """
import json, sys
from tocsin.config.boot import boot
boot("desk")
from django.conf import settings
from tests.installation import PASSPHRASE
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips.content import TipContent, content_place
from tocsin.tips.models import Identity, Tip
from tocsin.vault.keyfiles import LockedKey
from tocsin.vault.unlocked import Opener
if sys.argv[1] == "count":
    print(Tip.objects.count())
    sys.exit()
opener = Opener(LockedKey(settings.TOCSIN_UNIT_KEY).open_with_passphrase(PASSPHRASE), settings.TOCSIN_RETENTION_KEYS)
texts, events = [], {}
for tip in Tip.objects.order_by("id").iterator():
    sealed = opener.open_content(bytes(tip.content), bytes(tip.wrapped_key), tip.retention_id, content_place(tip.ref))
    content = TipContent.from_bytes(sealed)
    texts.append(content.answers["what"])
    events[content.answers["what"]] = content.k_events.hex()
found = {"texts": texts, "events": events, "identities": Identity.objects.count()}
found |= {"pending": Pending.objects.count(), "audits": AuditRecord.objects.filter(action="tip.receive").count()}
print(json.dumps(found))
"""


def look(store: dict[str, str], what: str) -> Any:
    command = [sys.executable, "-c", _LOOK, what]
    done = subprocess.run(command, cwd=ROOT, env=store, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def write_letters(file: Path) -> list[str]:
    """A file of numbered letters, some of them twice, some not to be taken; the texts that are to be stored."""
    texts = [f"Letter {n}: a grey van at gate {n % 7}. 灰色的车 " + "x" * 300 for n in range(REPORTS)]
    with file.open("w", encoding="utf-8") as lines:
        for n, text in enumerate(texts):
            one = {"id": f"register/{n}", "channel": "letter", "category": "other", "answers": {"what": text}}
            lines.write(json.dumps(one) + "\n")
            if n % 500 == 7:
                lines.write(json.dumps(one) + "\n" + '{"id": "bad"}\n')
    return texts


def start(store: dict[str, str], file: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tocsin", "import", str(file), "--processes", "2"]
    command += ["--words", str(file.with_name("words.jsonl"))]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=store,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def processes_of(group: int) -> list[int]:
    shown = subprocess.run(["pgrep", "-g", str(group)], capture_output=True, text=True, check=False).stdout
    return [int(process) for process in shown.split()]


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def kill_after(running: subprocess.Popen[str], words: Path, seconds: float) -> None:
    """End the import without warning some time after it has stored something; wait for the processes that seal."""
    until(lambda: (words.exists() and words.stat().st_size > 0) or running.poll() is not None)
    time.sleep(seconds)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    until(lambda: not processes_of(running.pid), 20)


def test_an_import_that_is_killed_again_and_again_stores_every_report_once(
    store: dict[str, str], tmp_path: Path
) -> None:
    file, words, chance = tmp_path / "letters.jsonl", tmp_path / "words.jsonl", Random(SEED)
    texts = write_letters(file)
    for _kill in range(KILLS):
        kill_after(start(store, file), words, seconds=chance.uniform(0.1, 1.0))
    between = look(store, "count")
    assert 0 < between < REPORTS, "nothing was killed while it mattered"

    running = start(store, file)
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 1, said  # the lines that are not to be taken
    found = look(store, "all")
    assert found["texts"] == texts, "a report is missing, is there twice, or the order is another"
    assert found["identities"] == found["audits"] == REPORTS
    assert found["pending"] == REPORTS
    rejects = (tmp_path / "letters.rejected.jsonl").read_text().splitlines()
    assert len(rejects) == len(range(7, REPORTS, 500))
    check_words(words, found["events"], texts)


def check_words(words: Path, events: dict[str, str], texts: list[str]) -> None:
    """The words of every report are there and right, also of those that were stored before a kill."""
    from tocsin.vault.codes import CodeKeys, candidate_seeds

    handed = {one["id"]: one["words"] for one in map(json.loads, words.read_text().splitlines())}
    assert set(handed) == {f"register/{n}" for n in range(REPORTS)}
    for n in range(0, REPORTS, 50):
        seeds = candidate_seeds(handed[f"register/{n}"])
        assert events[texts[n]] in {CodeKeys.derive(seed).events.hex() for seed in seeds}
