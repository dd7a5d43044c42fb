"""``python -m tocsin`` is the command ``tocsin``."""

from __future__ import annotations

from tocsin.config.cli import main

main()
