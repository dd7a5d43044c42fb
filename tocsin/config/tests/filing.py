"""Run as ``python -m tocsin.config.tests.filing NUMBER``: files reports in the installation that TOCSIN_HOME names."""

from __future__ import annotations

import sys

from tocsin.config.boot import boot


def main(number: int) -> None:
    """File ``number`` reports as the public door does."""
    boot("public")
    from tocsin.access.actors import REPORTER
    from tocsin.intake.attempts import Attempt
    from tocsin.intake.services import accept_tip
    from tocsin.intake.submission import clean

    for count in range(number):
        told = clean(channel="web", category="other", answers={"what": f"report {count}"}, contact="")
        accept_tip(actor=REPORTER, submission=told, attempt=Attempt.fresh())


if __name__ == "__main__":
    main(int(sys.argv[1]))
