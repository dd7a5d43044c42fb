"""The guided form in a real browser: what to type on each screen, and walking from screen to screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page

from tests.browser.conftest import public_url
from tocsin.config.instance import Instance
from tocsin.evidence.tests.samples import jpeg, pdf

CATEGORIES = sorted(
    path.stem for path in (Path(__file__).resolve().parents[2] / "packs" / "seed" / "categories").glob("*.toml")
)
LANGUAGES = ("en", "zh-hans")
ALL_LANGUAGES = (*LANGUAGES, "ar", "fr", "ru", "es")
TOLD = "Three men loaded cages from a lorry without plates. 三个人从一辆没有牌照的货车上卸下笼子。"
CHOSEN: Mapping[str, str] = {"risk": "no", "mode": "named", "evidence": "now"}
"""Which answer is chosen, by name of the field; the last one everywhere else."""
LINES: Mapping[str, str] = {"point": "39.90, 116.40", "day": "3", "month": "5", "year": "2026", "answer": "20–30"}
"""What is typed into lines, by the last part of the field's name."""
PHOTO: FilePayload = {"name": "lake.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
PAPER: FilePayload = {"name": "清单.pdf", "mimeType": "application/pdf", "buffer": pdf()}
"""A photo that says where it was taken, and a paper whose name is Chinese."""
_ON_THE_SCREEN = """form => [...form.elements]
    .filter(each => each.name && !['hidden', 'submit', 'fieldset'].includes(each.type))
    .map(each => [each.type, each.name, each.value])"""


def at(page: Page) -> str:
    """The name of the screen; empty on the receipt."""
    found = page.locator("input[name=at]")
    return found.input_value() if found.count() else ""


def button(page: Page, go: str) -> Locator:
    """The button that people see for ``go``."""
    return page.locator(f"main button[name=go][value='{go}']")


def press(page: Page, go: str = "next") -> None:
    """Press it, and wait for the page that comes."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        button(page, go).click()


def fields(page: Page) -> list[tuple[str, str, str]]:
    """``(type, name, value)`` of everything that can be filled in."""
    found: list[list[str]] = page.locator("#guided").evaluate(_ON_THE_SCREEN)
    return [(kind, name, value) for kind, name, value in found]


def fill(page: Page, *, category: str) -> None:
    """Answer everything on the screen, but the code of an earlier report, which nobody here has."""
    wanted: dict[str, str] = {}
    for kind, name, value in fields(page):
        if kind == "radio":
            wanted[name] = CHOSEN.get(name, category if name == "category" else value)
        elif kind == "checkbox":
            page.check(f"[name={name}][value={value}]")
        elif kind == "text":
            page.fill(f"[name={name}]", LINES[name.rpartition("_")[2]])
        elif kind == "file":
            page.set_input_files(f"[name={name}]", [PHOTO, PAPER])
        elif kind == "textarea" and name != "earlier":
            page.fill(f"[name={name}]", TOLD)
    for name, value in wanted.items():
        page.check(f"[name={name}][value={value}]")


def walk(page: Page, *, category: str, to: str = "", fill_in: Callable[..., None] = fill) -> Iterator[str]:
    """Answer screen after screen until ``to`` stands there or the receipt; yields each screen before it is answered."""
    for _screen in range(60):
        here = at(page)
        yield here
        if here == to:
            return
        fill_in(page, category=category)
        press(page, "send" if here == "send" else "next")
    raise AssertionError(f"the form does not end: {at(page)}")


def begin(page: Page, demo: Instance, language: str) -> None:
    """Go in by the first page, as people do."""
    page.goto(public_url(demo, "", language))
    with page.expect_navigation():
        page.locator("main a[href$='/report/steps']").click()


def words(page: Page) -> list[str]:
    """The nine words of the receipt."""
    return page.locator(".tocsin-words__word").all_inner_texts()
