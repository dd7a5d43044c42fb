"""Says in one sentence what is missing before anything is installed. Runs on any Python 3."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  older Pythons are exactly who this file speaks to
    sys.exit(f"Tocsin needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11 demo")
try:
    import ensurepip  # noqa: F401  only to see whether it is there
    import venv  # noqa: F401  as above
except ImportError:
    sys.exit("This Python has no venv module. On Debian or Ubuntu: sudo apt install python3-venv")
