"""Does the time of an answer at the mailbox's door tell what is stored? Sign-ins over real HTTP, interleaved.

    python benchmarks/equal_answers.py [--each 500] [--json]

Codes that ask the database: unknown ones of two word lists, and the code of a report that exists, with the last word of
its code replaced so that the checksum still holds. One that does not: a checksum slip. Each pair is compared with a
two-sided Mann-Whitney U test. A low p means that the times differ, not that a difference can be seen over the internet.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.intake import tocsin_server
from benchmarks.load.browser import Browser


@dataclass(frozen=True)
class Found:
    """Milliseconds by kind of code (median), and p of each pair."""

    median_ms: dict[str, float]
    p: dict[str, float]


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided p that both come from one distribution.

    Normal approximation with the correction for ties and for continuity: Mann and Whitney, Annals of Mathematical
    Statistics 18 (1947) 50-60; ties after Hollander and Wolfe, Nonparametric Statistical Methods, section 4.1.
    """
    first, second, both = len(one), len(other), sorted([*one, *other])
    counts = Counter(both)
    ranks, passed = {}, 0
    for value in sorted(counts):
        ranks[value] = passed + (counts[value] + 1) / 2  # the middle of the ranks that the tied values share
        passed += counts[value]
    u = sum(ranks[value] for value in one) - first * (first + 1) / 2
    total = first + second
    ties = sum(count**3 - count for count in counts.values()) / (total * (total - 1))
    deviation = math.sqrt(first * second / 12 * (total + 1 - ties))
    if deviation == 0:
        return 1.0
    z = max(0.0, abs(u - first * second / 2) - 0.5) / deviation
    return math.erfc(z / math.sqrt(2))


def unknown(language: str) -> Callable[[], str]:
    """Makes well-formed codes that nobody has."""
    from tocsin.vault.codes import new_seed, words_of

    return lambda: " ".join(words_of(new_seed(), language))


def neighbour_of(words: str) -> Callable[[], str]:
    """Makes codes that share the first eight words with one that exists, and whose checksum holds."""
    from tocsin.vault.codes import CodeMistyped, candidate_seeds
    from tocsin.vault.words import word_list

    found = []
    for last in word_list("english").words:
        near = " ".join([*words.split()[:8], last])
        try:
            candidate_seeds(near)
        except CodeMistyped:
            continue
        found += [near] if near != words else []
    return lambda: random.choice(found)


def slip() -> Callable[[], str]:
    """Makes codes with one wrong word, found by the checksum without asking the database."""
    from tocsin.vault.codes import CodeMistyped, candidate_seeds
    from tocsin.vault.words import word_list

    make, every = unknown("en"), word_list("english").words

    def one() -> str:
        while True:
            typed = " ".join([*make().split()[:8], random.choice(every)])
            try:
                candidate_seeds(typed)
            except CodeMistyped:
                return typed

    return one


def sign_in(connection: http.client.HTTPConnection, head: dict[str, str], check: str, words: str) -> float:
    """Milliseconds of one sign-in that is refused."""
    body = urlencode({"csrfmiddlewaretoken": check, "words": words})
    begun = time.perf_counter()
    connection.request("POST", "/en/mailbox", body, head)
    answer = connection.getresponse()
    answer.read()
    taken = 1000 * (time.perf_counter() - begun)
    if answer.status != 422:
        raise RuntimeError(f"the door answered {answer.status}")
    return taken


def run(told: argparse.Namespace) -> Found:
    """Everything: ``told.each`` sign-ins of each kind in random order over one connection."""
    with (
        tempfile.TemporaryDirectory(dir=told.folder) as name,
        tocsin_server(Path(name) / "home", 1, 4) as (_group, port),
    ):
        browser = Browser(port)
        for _ in range(50):
            browser.post("/en/report/steps", browser.walk_to_the_last_page())
        kinds = {
            "unknown": unknown("en"),
            "unknown once more": unknown("en"),  # the same against itself: what the method finds where nothing is
            "eight words right": neighbour_of(browser.words),
            "unknown, Chinese list": unknown("zh-hans"),
            "checksum slip": slip(),
        }
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        browser.get("/en/mailbox")
        check, cookie = browser.hidden["csrfmiddlewaretoken"], browser.cookie
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        head = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        for warm in (True, False):
            order = [kind for kind in kinds for _ in range(50 if warm else told.each)]
            random.shuffle(order)
            for kind in order:
                taken = sign_in(connection, head, check, kinds[kind]())
                times[kind] += [] if warm else [taken]
    pairs = {f"{one} / {other}": mann_whitney(times[one], times[other]) for one, other in combinations(kinds, 2)}
    return Found({kind: median(taken) for kind, taken in times.items()}, pairs)


def table(found: Found) -> str:
    """The figures for a terminal or a document."""
    lines = [f"{kind:<28}{taken:>9.3f} ms" for kind, taken in found.median_ms.items()]
    lines += [f"{pair:<56}p = {p:.3g}" for pair, p in found.p.items()]
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=500)
    parser.add_argument("--folder", default=None, help="where to write")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    found = run(told)
    print(json.dumps(asdict(found), indent=1) if told.json else table(found))


if __name__ == "__main__":
    main()
