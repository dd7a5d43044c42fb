"""PostgreSQL with a role for each process, made by the commands that ``docs/operate/install.md`` prints."""

from __future__ import annotations

from tocsin.config.instance import ROOT

INSTALL = ROOT / "docs" / "operate" / "install.md"
ROLE_OF = {"public": "tocsin_door", "desk": "tocsin_desk", "worker": "tocsin_worker"}


def script() -> str:
    """The block of SQL in the guide."""
    return INSTALL.read_text().split("```sql\n", 1)[1].split("```", 1)[0]
