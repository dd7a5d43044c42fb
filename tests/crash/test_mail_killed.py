"""What fetches mails is killed wherever it hurts: every mail is one report, and none is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tocsin.config.instance import ROOT

MAILS = 120
SEED = 20_261_127

pytestmark = pytest.mark.crash

# Killed instead of call number argv[3] of a function: before a mail is stored, between store and removal, after it.
_DYING = """
import sys
from tocsin.config.boot import boot
boot("public")
from tests.crash.dying_worker import dies
from importlib import import_module
place = import_module(sys.argv[1])
owner = place
*path, name = sys.argv[2].split(".")
for part in path:
    owner = getattr(owner, part)
setattr(owner, name, dies(getattr(owner, name), int(sys.argv[3])))
sys.argv = ["tocsin", "mail", "fetch"]
from tocsin.config.cli import main
main()
"""
_LOOK = """
import json
from tocsin.config.boot import boot
boot("desk")
from django.conf import settings
from tests.installation import PASSPHRASE
from tocsin.ledger.models import Pending
from tocsin.tips.content import TipContent, content_place
from tocsin.tips.evidence import path_of
from tocsin.tips.models import Evidence, Tip
from tocsin.vault.keyfiles import LockedKey
from tocsin.vault.unlocked import Opener
opener = Opener(LockedKey(settings.TOCSIN_UNIT_KEY).open_with_passphrase(PASSPHRASE), settings.TOCSIN_RETENTION_KEYS)
texts = []
for tip in Tip.objects.order_by("id"):
    sealed = opener.open_content(bytes(tip.content), bytes(tip.wrapped_key), tip.retention_id, content_place(tip.ref))
    texts.append(TipContent.from_bytes(sealed).answers["what"])
refs = list(Evidence.objects.values_list("ref", flat=True))
whole = sum(path_of(ref).is_file() for ref in refs)
print(json.dumps({"texts": texts, "files": len(refs), "whole": whole, "pending": Pending.objects.count()}))
"""
_SERVICES = "tocsin.intake.channels.email.services"
PLACES = (
    (_SERVICES, "accept_tip"),
    ("tocsin.intake.store", "record_audits"),
    ("tocsin.intake.files", "ReceivedFile.keep"),
    ("tocsin.intake.channels.email.maildir", "MaildirBox.remove"),
    ("tocsin.intake.channels.email.maildir", "flush_folder"),
)


@pytest.fixture
def maildir(store: dict[str, str], tmp_path: Path) -> Path:
    """A mailbox with numbered mails, each with a file; the settings of the installation name it."""
    from tocsin.intake.channels.email.tests.mails import with_file

    path = tmp_path / "Maildir"
    for name in ("new", "cur", "tmp"):
        (path / name).mkdir(parents=True)
    for number in range(MAILS):
        message = with_file(b"picture %d" % number, number=number)
        message.replace_header("Subject", f"Mail {number}")
        (path / "new" / f"{number:05}.host").write_bytes(message.as_bytes())
    settings = Path(store["TOCSIN_HOME"]) / "tocsin.toml"
    settings.write_text(f'{settings.read_text()}\n[mail]\nkind = "maildir"\nmaildir = "{path}"\nevery_seconds = 0\n')
    return path


def run(store: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=store, capture_output=True, text=True, check=False, timeout=120)


def test_mails_are_stored_once_whatever_is_killed_and_when(store: dict[str, str], maildir: Path) -> None:
    chance = Random(SEED)
    for module, name in PLACES * 2:
        done = run(store, "-c", _DYING, module, name, str(chance.randrange(1, 9)))
        assert done.returncode == -signal.SIGKILL, f"{name} was not called: {done.stdout}{done.stderr}"
    left = len(list((maildir / "new").iterdir()))
    assert 0 < left < MAILS, "nothing was killed while it mattered"

    done = run(store, "-m", "tocsin", "mail", "fetch")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(run(store, "-c", _LOOK).stdout)
    texts = [f"Mail {number}\n\nDead birds on the shore." for number in range(MAILS)]
    assert found["texts"] == texts, "a mail is missing, is there twice, or the order is another"
    assert found["files"] == found["whole"] == found["pending"] == MAILS
    assert list((maildir / "new").iterdir()) == []
