"""A small strict reader of HTML: says what is wrong with a page that we rendered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CONTROLS = {"input", "select", "textarea"}
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls")


def _is_of_the_desk(tag: str, attrs: dict[str, str | None]) -> bool:
    """The desk alone has small scripts of its own, as files, and the QR code that sets up an authenticator app."""
    source = attrs.get("src") or ""
    is_qr_code = attrs.get("class") == "tocsin-qr" and source.startswith("data:image/png;base64,") and attrs.get("alt")
    return bool(is_qr_code) if tag == "img" else tag == "script" and source.startswith("/static/desk/")


@dataclass
class Page(HTMLParser):
    """Reads a page once; ``faults`` lists everything that breaks our rules."""

    html: str
    faults: list[str] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self.feed(self.html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]
        self._check_ids()
        self._check_labels()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        self.faults += [f"<{tag}> repeats {name}" for name, count in Counter(names).items() if count > 1]
        self.faults += [f"<{tag}> has {name}" for name in names if name == "style" or name.startswith("on")]
        told = {name: value or "" for name, value in attrs}
        ours = tag == "svg" and told.get("class", "").startswith("tocsin-")  # a figure that we drew
        if tag in {"script", "style", "svg", "iframe", "img"} and not (ours or _is_of_the_desk(tag, dict(attrs))):
            self.faults.append(f"<{tag}> is not allowed")
        if tag not in VOID:
            self._open.append(tag)
        self.elements.append((tag, told))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            self.faults.append("a script stands in the page")
        self.text += data

    def find(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Attributes of the elements whose attributes hold the wanted words; ``class_`` stands for class."""
        return [
            attrs
            for name, attrs in self.elements
            if name == tag and all(word in attrs.get(key.rstrip("_"), "").split() for key, word in wanted.items())
        ]

    @property
    def ids(self) -> set[str]:
        return {attrs["id"] for _tag, attrs in self.elements if attrs.get("id")}

    def _check_ids(self) -> None:
        counts = Counter(attrs["id"] for _tag, attrs in self.elements if attrs.get("id"))
        self.faults += [f"id {name} is used twice" for name, count in counts.items() if count > 1]
        for tag, attrs in self.elements:
            for name in REFERENCES:
                self.faults += [
                    f"<{tag} {name}> names the missing id {target}"
                    for target in attrs.get(name, "").split()
                    if target not in counts
                ]
            target = attrs.get("href", "")
            if target.startswith("#") and target[1:] and target[1:] not in counts:
                self.faults.append(f"a link leads to the missing id {target}")

    def _check_labels(self) -> None:
        labelled = {attrs.get("for") for tag, attrs in self.elements if tag == "label"}
        for tag, attrs in self.elements:
            if tag in CONTROLS and attrs.get("type") != "hidden" and attrs.get("id") not in labelled:
                self.faults.append(f"<{tag} name={attrs.get('name')}> has no label")
