"""Puts the command ``tocsin`` into the virtual environment, pointing at this source tree.

A path file and a three-line script do what an editable install would, without a build step that has to fetch a build
tool whose hash nobody has pinned.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write the path file and the script."""
    packages = Path(sysconfig.get_paths()["purelib"])
    (packages / "tocsin-source.pth").write_text(f"{ROOT}\n")
    script = Path(sysconfig.get_paths()["scripts"]) / "tocsin"
    script.write_text(f"#!{sys.executable}\nfrom tocsin.config.cli import main\n\nmain()\n")
    script.chmod(0o755)


if __name__ == "__main__":
    main()
