"""The text of HTML that is not a whole page: in a feed's or a program's JSON, in a letter, in a book's chapter."""

from __future__ import annotations

import re

MARKUP = re.compile(r"</(?:p|div|h\d|li|ul|ol|blockquote|figure)\s*>|<(?:p|br)\b[^>]*>", re.I)
"""Blocks. A text with "<b>" alone may be one that speaks of it, and stays as it is."""
_SILENT = "script, style, head, title, noscript, template, svg, iframe, form, button, nav, figcaption"
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "dd", "div", "dl", "dt", "figure", "footer", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
}  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.I)


def text_of(markup: str) -> str:
    """The visible text of HTML, its blocks parted by blank lines."""
    from lxml import html
    from lxml.etree import ParserError

    try:
        tree = html.fromstring(f"<div>{markup}</div>")
    except (ParserError, ValueError):  # nothing but a comment, or a declared encoding
        return ""
    for element in list(tree.iter()):
        silent = not isinstance(element.tag, str) or element.tag in _SILENT.split(", ")
        if (silent or _HIDDEN.search(element.get("style") or "")) and element.getparent() is not None:
            element.drop_tree()
    for element in tree.iter():
        element.text, element.tail = (re.sub(r"\s+", " ", each or "") for each in (element.text, element.tail))
        if element.tag == "br":
            element.tail = f"\n{element.tail}"
        elif element.tag in _BLOCKS:
            element.text, element.tail = f"\n\n{element.text}", f"\n\n{element.tail}"
    lines = (line.strip(" \t\xa0") for line in tree.text_content().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def plain(text: str) -> str:
    """The text as it is, or without markup if it has any."""
    return text_of(text) if MARKUP.search(text) else text
