"""``python -m tocsin`` is the command ``tocsin``."""

from tocsin.config.cli import main

main()
