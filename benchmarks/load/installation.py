"""A fresh installation without samples, for a benchmark to run or to load."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def make_installation(home: Path, part: str, *, settings: str = "", **more: Any) -> None:
    """Keys, tables and style sheets in ``home``; this process becomes ``part`` (``public`` or ``desk``) of it.

    ``settings``: lines for ``[public]``. ``more``: fields of ``tocsin.config.setup.Answers``.
    """
    from tocsin.config.boot import boot, collect_static, migrate
    from tocsin.config.demo_people import CUSTODIANS, UNIT_PASSPHRASE
    from tocsin.config.setup import Answers, make_home

    told: dict[str, Any] = {"unit": "bench", "origin": "bench.example/ledger", "pack": "seed", "mode": "demo"}
    told |= {"people": [], "unit_passphrase": UNIT_PASSPHRASE, "custodians": CUSTODIANS, "behind_tls": False}
    make_home(home, Answers(**{**told, **more}))
    file = home / "tocsin.toml"
    file.write_text(file.read_text().replace("[public]\n", f"[public]\n{settings}"))
    boot(part, home)
    migrate()
    collect_static()
