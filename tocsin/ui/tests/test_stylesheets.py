"""The styles ask for nothing, weigh little, mirror themselves and can be read."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[1] / "static" / "ui"
OWN = ["tocsin.css", "desk.css"]
VENDORED = ["vendor/govuk-frontend.css", "vendor/moj-frontend.css"]
PUBLIC_STYLES = ["vendor/govuk-frontend.css", "tocsin.css"]
PHYSICAL = re.compile(
    r"(?<![-\w])(?:(?:margin|padding|border)-(?:left|right)|left|right|float|text-align:\s*(?:left|right))(?![-\w])"
)


def read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def rules(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", read(name), flags=re.DOTALL)


@pytest.mark.parametrize("name", OWN + VENDORED)
def test_a_stylesheet_asks_for_no_other_file(name: str) -> None:
    for asking in ("url(", "@import", "@font-face", "sourceMappingURL", "GDS Transport"):
        assert asking not in read(name), f"{name} contains {asking}"


def test_the_public_styles_leave_room_for_the_page() -> None:
    weight = sum(len(gzip.compress(read(name).encode())) for name in PUBLIC_STYLES)
    assert weight <= 22_000, f"{weight} bytes of style; a page with all it needs may weigh 60,000"


@pytest.mark.parametrize("name", OWN)
def test_our_own_rules_are_the_same_from_both_sides(name: str) -> None:
    declarations = re.findall(r"[{;]\s*([a-z-]+\s*:[^;}]*)", rules(name))
    assert [text for text in declarations if PHYSICAL.match(text)] == []


@pytest.mark.parametrize("name", OWN + VENDORED)
def test_every_brace_is_closed(name: str) -> None:
    assert read(name).count("{") == read(name).count("}")


def test_no_class_of_ours_is_used_without_a_rule() -> None:
    templates = STATIC.parents[1] / "templates"
    used = {
        word
        for path in templates.rglob("*.html")
        for word in re.findall(r"\btocsin-[a-z_-]+[a-z]\b", path.read_text(encoding="utf-8"))
    }
    styled = set(re.findall(r"\.(tocsin-[a-z_-]+)", rules("tocsin.css") + rules("desk.css")))
    unstyled_on_purpose = {"tocsin-public", "tocsin-back", "tocsin-steps__item"}
    assert used - styled <= unstyled_on_purpose


def token(name: str) -> str:
    found = re.search(rf"{name}:\s*([^;]+);", read("tocsin.css"))
    assert found, f"no token {name}"
    value = found[1].strip()
    inner = re.fullmatch(r"var\((--[a-z-]+)\)", value)
    return token(inner[1]) if inner else value


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["#fff", "--tocsin-mist"])
@pytest.mark.parametrize(
    "text",
    [
        "--govuk-text-colour",
        "--tocsin-quiet",
        "--govuk-link-colour",
        "--govuk-link-visited-colour",
        "--govuk-error-colour",
        "--govuk-success-colour",
    ],
)
def test_text_can_be_read_on_light_ground(text: str, ground: str) -> None:
    behind = token(ground) if ground.startswith("--") else ground
    assert contrast(token(text), behind) >= 4.5


@pytest.mark.parametrize("ground", ["--tocsin-deep", "--tocsin-teal", "--govuk-success-colour"])
def test_white_can_be_read_on_dark_ground(ground: str) -> None:
    assert contrast("#fff", token(ground)) >= 4.5


def test_focus_stands_out_from_page_and_header() -> None:
    assert contrast(token("--govuk-focus-colour"), token("--tocsin-ink")) >= 4.5
    assert contrast(token("--govuk-focus-colour"), token("--tocsin-deep")) >= 3
    assert contrast(token("--tocsin-ink"), token("--tocsin-sand")) >= 4.5
