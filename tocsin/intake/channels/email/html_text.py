"""HTML of mails as text. The parser is a browser's (Lexbor), so that what people see comes out, and no script runs."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

LARGEST = 512 * 1024
"""Characters. More of it, or deeper nesting, is no letter that somebody wrote: it is kept as a file instead."""
_DEEPEST = 500  # the parser takes quadratic time for depth
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NOT_NESTED = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"),
        *("p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot", "option"),
    }
)
_UNSEEN = ["head", "script", "style", "template", "noscript", "title"]
_BLOCKS = (
    "address, article, aside, blockquote, br, dd, div, dl, dt, footer, form, h1, h2, h3, h4, h5, h6, header, hr, li, "
    "main, nav, ol, p, pre, section, table, tr, ul"
)
_CELLS = "td, th"
_BREAK = "\ue000"  # for private use: no mail needs it, and line feeds of the source are only spaces


def text_of_html(html: str) -> str:
    """What a reader of ``html`` would read, each block on a line; nothing when it is too much."""
    if len(html) > LARGEST or _depth(html) > _DEEPEST:
        return ""
    page = LexborHTMLParser(html.replace(_BREAK, ""))
    page.strip_tags(_UNSEEN)
    if page.body is None:
        return ""
    for block in page.body.css(_BLOCKS):
        block.insert_before(_BREAK)
        block.insert_after(_BREAK)
    for cell in page.body.css(_CELLS):
        cell.insert_after(" ")
    lines = (" ".join(line.split()) for line in page.body.text(deep=True).split(_BREAK))
    return "\n".join(line for line in lines if line)


def _depth(html: str) -> int:
    """How deep tags are nested at most, or a little more."""
    depth = deepest = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() not in _NOT_NESTED:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest
