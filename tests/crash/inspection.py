"""Run as ``python -m tests.crash.inspection RECEIPTS.json``: holds an installation against what reporters were told.

Prints one JSON object: ``wrong``, a list of sentences, and numbers.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tocsin.config.boot import boot

boot("desk")

from django.conf import settings  # noqa: E402  the settings are chosen above

from tests.installation import PASSPHRASE  # noqa: E402  as above
from tocsin.ledger.leaf import Opening, opens  # noqa: E402  as above
from tocsin.ledger.log_check import CheckedLog, check_log  # noqa: E402  as above
from tocsin.ledger.merkle import leaf_hash  # noqa: E402  as above
from tocsin.ledger.models import PUBLIC, Entry, Pending, TreeHead  # noqa: E402  as above
from tocsin.ledger.note import Verifier  # noqa: E402  as above
from tocsin.ledger.promise import open_promise  # noqa: E402  as above
from tocsin.ledger.trust import Trust  # noqa: E402  as above
from tocsin.ledger.verifier import verify_code  # noqa: E402  as above
from tocsin.tips.content import TipContent, content_place  # noqa: E402  as above
from tocsin.tips.mailbox import read_mailbox  # noqa: E402  as above
from tocsin.tips.models import Identity, Tip  # noqa: E402  as above
from tocsin.tips.papers import opening_place  # noqa: E402  as above
from tocsin.vault.codes import CodeKeys, candidate_seeds  # noqa: E402  as above
from tocsin.vault.keyfiles import LockedKey  # noqa: E402  as above
from tocsin.vault.unlocked import Opener  # noqa: E402  as above

_CHECKED_LIKE_A_REPORTER = 3


def main(receipts: list[dict[str, str]]) -> dict[str, Any]:
    """All that is wrong, and how many of everything there are."""
    private = LockedKey(settings.TOCSIN_UNIT_KEY).open_with_passphrase(PASSPHRASE)
    opener = Opener(private, settings.TOCSIN_RETENTION_KEYS)
    log = check_log(settings.TOCSIN_LOG_DIR, Trust.load(settings.TOCSIN_LOG_DIR / "keys"))
    published = list(log.entries())
    kinds, wrong = _open_all(opener)
    wrong += [fault for receipt in receipts for fault in _check(receipt, opener, log)]
    for receipt in receipts[:_CHECKED_LIKE_A_REPORTER]:
        verdict = verify_code(_keys(receipt).events, settings.TOCSIN_LOG_DIR)
        wrong += [] if verdict.exit_code == 0 else list(verdict.lines)
    if published != [bytes(leaf) for leaf in Entry.objects.order_by("index").values_list("leaf", flat=True)]:
        wrong.append("the published ledger is not the one in the database")
    if len(set(published)) != len(published):
        wrong.append("a leaf stands in the ledger twice")
    return {
        "wrong": wrong,
        "tips": Tip.objects.count(),
        "identities": Identity.objects.count(),
        "received": kinds["received"],
        "pending": Pending.objects.count(),
        "batches": TreeHead.objects.filter(log=PUBLIC).count(),
    }


def _keys(receipt: dict[str, str]) -> CodeKeys:
    """The keys of the words; where two word lists share all nine, those of the one that a tip has."""
    found = [CodeKeys.derive(seed) for seed in candidate_seeds(receipt["words"])]
    return next((keys for keys in found if Tip.objects.filter(login_hash=keys.login_hash).exists()), found[0])


def _open_all(opener: Opener) -> tuple[Counter[str], list[str]]:
    """How many entries of each kind there are, once every one was opened with the unit's key."""
    kinds: Counter[str] = Counter()
    wrong = []
    for index, leaf, sealed in Entry.objects.order_by("index").values_list("index", "leaf", "opening").iterator():
        opening = Opening.from_bytes(opener.open_sealed(bytes(sealed), opening_place()))
        kinds[opening.event.kind] += 1
        if not opens(bytes(leaf), opening.r_pub, opening.event):
            wrong.append(f"entry {index} does not say what its opening says")
    return kinds, wrong


def _check(receipt: dict[str, str], opener: Opener, log: CheckedLog) -> Iterator[str]:
    keys = _keys(receipt)
    tips = list(Tip.objects.filter(login_hash=keys.login_hash))
    if len(tips) != 1:
        yield f"{receipt['text']}: stored {len(tips)} times"
        return
    (tip,) = tips
    place = content_place(tip.ref)
    opened = opener.open_content(bytes(tip.content), bytes(tip.wrapped_key), tip.retention_id, place)
    content = TipContent.from_bytes(opened)
    if content.answers != {"what": receipt["text"]} or content.k_events != keys.events:
        yield f"{receipt['text']}: the text that was stored is another one"
    box = read_mailbox(keys)
    if box.promise.decode() != receipt["promise"]:
        yield f"{receipt['text']}: the mailbox holds another promise than the page showed"
    signer = Verifier.from_vkey((settings.TOCSIN_PUBLIC_KEYS / "promise.vkey").read_text().strip())
    promised = open_promise(receipt["promise"].encode(), signer).leaf_hash
    if promised != leaf_hash(box.leaf) or log.tree.place_of(promised) is None:
        yield f"{receipt['text']}: its promise was not kept"


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))  # noqa: T201  the answer to the test
