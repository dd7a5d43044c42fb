"""Somebody with a browser and no account: reads pages as a person does and sends the forms that stand on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.test import Client


@dataclass
class Form:
    """One form on a page: where it goes, and what it would send if nobody typed anything.

    ``ticked`` are the ticked boxes by name: several of them may share one.
    """

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    ticked: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """What came back: ``status``, ``text`` as read, ``forms`` with their present values, ``words`` of a code, notes."""

    def __init__(self, response: Any) -> None:  # the test client adds to HttpResponse
        super().__init__(convert_charrefs=True)
        self.response, self.status = response, response.status_code
        self.body = b"".join(response) if response.streaming else response.content
        self.text = ""
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.preformatted: list[str] = []
        self._textarea = self._select = ""
        self._in_word = self._in_pre = False
        self.feed(self.body.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("action", "")))
        elif tag == "input" and told.get("name") and self.forms:
            if told.get("type") not in ("radio", "checkbox") or "checked" in told:
                self.forms[-1].fields[told["name"]] = told.get("value", "")
            if told.get("type") == "checkbox" and "checked" in told:
                self.forms[-1].ticked.setdefault(told["name"], []).append(told.get("value", ""))
        elif tag == "textarea" and self.forms:
            self._textarea = told["name"]
            self.forms[-1].fields[self._textarea] = ""
        elif tag == "select" and self.forms:
            self._select = told["name"]
            self.forms[-1].fields[self._select] = ""
        elif tag == "option" and self._select and "selected" in told:
            self.forms[-1].fields[self._select] = told.get("value", "")
        if tag == "pre":
            self._in_pre = True
            self.preformatted.append("")
        self._in_word = "tocsin-words__word" in told.get("class", "").split()

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea:
            fields = self.forms[-1].fields  # HTML drops the line feed that follows the opening tag
            fields[self._textarea] = fields[self._textarea].removeprefix("\r\n").removeprefix("\n")
            self._textarea = ""
        if tag == "select":
            self._select = ""
        if tag == "pre":
            self._in_pre = False
        self._in_word = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data
        if self._in_pre:
            self.preformatted[-1] += data
        if self._in_word:
            self.words.append(data.strip())

    def form(self, ending: str) -> Form:
        """The form whose address ends like this."""
        return next(form for form in self.forms if form.action.endswith(ending))

    @property
    def plain(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())


class Visitor:
    """One browser. Form checks and tickets are real: only what a page offered can be sent."""

    def __init__(self, language: str = "en") -> None:
        self.browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.language = language

    def get(self, path: str) -> Page:
        """Open a page below the language; redirects are followed."""
        return Page(self.browser.get(f"/{self.language}/{path}", follow=True))

    def open_form(self) -> Page:
        """The report form."""
        return self.get("report")

    def send(self, page: Page, form: str = "/report", *, typed: Mapping[str, str] | None = None) -> Page:
        """Send the form that stands on ``page`` with what is typed over its present values."""
        found = page.form(form)
        return Page(self.browser.post(found.action, {**found.fields, **(typed or {})}, follow=True))

    def send_raw(self, page: Page, form: str = "/report", *, typed: Mapping[str, bytes]) -> Page:
        """As ``send``, with bytes as a broken program would send them."""
        found = page.form(form)
        body = urlencode({**found.fields, **typed}).encode()
        return Page(self.browser.post(found.action, body, content_type="application/x-www-form-urlencoded"))

    def tell(self, what: str, **more: str) -> Page:
        """Open the form, write, send."""
        return self.send(self.open_form(), typed={"what": what, **more})

    def open_mailbox(self, words: list[str] | str) -> Page:
        """Sign in with the nine words."""
        typed = words if isinstance(words, str) else " ".join(words)
        return self.send(self.get("mailbox"), "/mailbox", typed={"words": typed})

    def write(self, page: Page, text: str) -> Page:
        """Answer or add something from an open mailbox."""
        return self.send(page, "/mailbox/write", typed={"text": text})


STEPS = "/report/steps"
WHAT = "Somebody empties barrels into the brook behind the tannery."
Typed = Mapping[str, str | list[str]]
ENOUGH: Mapping[str, Typed] = {"risk": {"risk": "no"}, "category": {"category": "other"}, "what": {"what": WHAT}}
"""The least that the guided form asks for, by screen."""


@dataclass
class Guided:
    """The guided form in one tab of a browser; ``page`` is what it shows now."""

    visitor: Visitor
    page: Page

    @classmethod
    def open(cls, visitor: Visitor | None = None) -> Guided:
        """The first screen, in a browser of its own unless ``visitor`` has one."""
        visitor = visitor or Visitor()
        return cls(visitor, visitor.get("report/steps"))

    @classmethod
    def open_at(cls, screen: str, answers: Mapping[str, Typed] | None = None) -> Guided:
        """Walked to ``screen`` with ``answers`` beside the least that is asked for."""
        walk = cls.open()
        walk.walk(screen, {**ENOUGH, **(answers or {})})
        return walk

    def other_tab(self) -> Guided:
        """The same page once more, as after "duplicate tab"."""
        return Guided(self.visitor, self.page)

    @property
    def form(self) -> Form:
        """The form as it stands."""
        return self.page.form(STEPS)

    @property
    def at(self) -> str:
        """The name of the screen."""
        return self.form.fields["at"]

    def press(self, go: str = "next", /, **typed: str | list[str]) -> Page:
        """Type, and press a button: ``next``, ``back``, ``unknown``, ``change:what``, ``send``."""
        return self.post(self.form.action, {**self.form.fields, **self.form.ticked, "go": go, **typed})

    def switch(self, language: str) -> Page:
        """Choose another language, with what stands on the screen."""
        action = f"/{language}{STEPS}"
        return self.post(action, {**self.form.fields, **self.form.ticked, "go": "stay"})

    def post(self, action: str, sent: Typed) -> Page:
        """Send these fields."""
        self.page = Page(self.visitor.browser.post(action, {**sent}, follow=True))
        return self.page

    def walk(self, to: str, answers: Mapping[str, Typed] = ENOUGH) -> list[str]:
        """Answer screen after screen until ``to`` stands there; the names of the screens on the way."""
        passed: list[str] = []
        while self.at != to:
            assert len(passed) < 60, f"{to} does not come: {passed}"
            passed.append(self.at)
            self.press(**answers.get(self.at, {}))
        return passed

    def walk_back_to(self, screen: str) -> None:
        """Press "Back" until ``screen`` stands there."""
        while self.at != screen:
            assert self.at != "purpose", f"{screen} does not come"
            self.press("back")

    def finish(self, answers: Mapping[str, Typed] | None = None) -> Page:
        """On to the nine words; what is missing is answered when the form asks for it."""
        for _time in range(3):
            self.walk("send", {**ENOUGH, **(answers or {})})
            if self.press("send").words:
                return self.page
        raise AssertionError(f"the form cannot be finished: {self.page.plain}")
