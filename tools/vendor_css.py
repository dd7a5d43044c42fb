"""Make the stylesheets in ``tocsin/ui/static/ui/vendor`` from the built files of the two npm packages.

Run it once for each new version, from the top of the project:

    npm pack govuk-frontend@6.6.0 @ministryofjustice/frontend@11.1.0   (and unpack both)
    python tools/vendor_css.py GOVUK_PACKAGE_FOLDER MOJ_PACKAGE_FOLDER

What it changes, and why:

* no ``@font-face`` and no ``GDS Transport``: that font is licensed for gov.uk alone, and we load no fonts;
* no ``url(...)``: no image, crest or icon is ever requested;
* no source map line: it would name a file that we do not ship;
* left and right become start and end, so that pages in Arabic are mirrored.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "tocsin" / "ui" / "static" / "ui" / "vendor"
SOURCES = {
    "govuk-frontend.css": "dist/govuk/govuk-frontend.min.css",
    "moj-frontend.css": "moj/moj-frontend.min.css",
}
FONT = "var(--tocsin-font,sans-serif)"

# Physical name → logical name. Longhands alone: `mirror_shorthands` sees to shorthands with four values.
LOGICAL = {
    r"(?<=[;{])margin-left:": "margin-inline-start:",
    r"(?<=[;{])margin-right:": "margin-inline-end:",
    r"(?<=[;{])padding-left:": "padding-inline-start:",
    r"(?<=[;{])padding-right:": "padding-inline-end:",
    r"(?<=[;{])border-left(-color|-width|-style)?:": r"border-inline-start\1:",
    r"(?<=[;{])border-right(-color|-width|-style)?:": r"border-inline-end\1:",
    r"(?<=[;{])left:": "inset-inline-start:",
    r"(?<=[;{])right:": "inset-inline-end:",
    r"(?<=[;{])text-align:left": "text-align:start",
    r"(?<=[;{])text-align:right": "text-align:end",
    # A browser that does not know the logical word keeps the physical one before it.
    r"(?<=[;{])float:left": "float:left;float:inline-start",
    r"(?<=[;{])float:right": "float:right;float:inline-end",
}


def without_requests(css: str) -> str:
    """Take out everything that would make a browser ask for another file."""
    css = re.sub(r"/\*(?!!).*?\*/|/\*! Copyright \(c\) 2011 by Margaret Calvert.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    return re.sub(r"[a-z-]+:[^;{}]*url\([^)]*\)[^;{}]*;?", "", css)


def mirror_shorthands(css: str) -> str:
    """After ``padding:a b c d`` with b ≠ d, say the inline part again in logical words."""

    def again(found: re.Match[str]) -> str:
        name, right, left, end = found["name"], found["right"], found["left"], found["end"]
        return found[0] if right == left else f"{found[0][:-1]};{name}-inline:{left} {right}{end}"

    size = r"[-\d.a-z]+"
    pattern = rf"(?<=[;{{])(?P<name>margin|padding):{size} (?P<right>{size}) {size} (?P<left>{size})(?P<end>[;}}])"
    return re.sub(pattern, again, css)


def vendored(css: str) -> str:
    """Return the stylesheet as we ship it."""
    css = without_requests(css).replace("GDS Transport,arial,sans-serif", FONT)
    for physical, logical in LOGICAL.items():
        css = re.sub(physical, logical, css)
    return mirror_shorthands(css).strip() + "\n"


def main(folders: list[str]) -> int:
    """Write both files and print their sizes."""
    if len(folders) != len(SOURCES):
        print(__doc__)
        return 2
    for folder, (name, source) in zip(folders, SOURCES.items(), strict=True):
        css = vendored((Path(folder) / source).read_text(encoding="utf-8"))
        for unwanted in ("url(", "@font-face", "GDS Transport", "sourceMappingURL"):
            if unwanted in css:
                print(f"{name}: still contains {unwanted}")
                return 1
        (TARGET / name).write_text(css, encoding="utf-8")
        print(f"{name}: {len(css)} bytes, gzip {len(gzip.compress(css.encode()))}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
