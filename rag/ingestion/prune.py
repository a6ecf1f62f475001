"""Removes parts of a web page that are clearly not its article, before the article is extracted.

Sites use similar names for the parts of their pages, for example classes for sharing, captions or comments. An element
that holds much of the page stays whatever its name is: names can mislead.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

_NAMED = re.compile(
    r"caption|newsletter|outbrain|taboola|advert|sponsor|related|recommend|breadcrumb|carousel|story-?highlights|"
    r"read-?more|read-?next|most-?(?:read|viewed|popular|shared)|trending|cookie|consent|paywall|"
    r"(?:^|[\s_-])(?:ads?|share|sharing|shared?-?(?:bar|tools|panel|buttons)|social|promo|sign-?up|subscribe|comments?|"
    r"credit|tags?|topics|byline|dateline|timestamp|article-timestamp|author-(?:bio|info|box)|about-the-author|"
    r"after-article|support-us|donate|video|gallery|rich-link|jp-relatedposts|sharedaddy|off-screen|visually-hidden|"
    r"sr-only|screen-reader-text|post-navigation|widget-area|sidebar|skip)(?:$|[\s_-])",
    re.I,
)
_KEPT = {"html", "body", "article", "main", "head", "em", "strong", "b", "i", "h1"}
"""Elements that hold the article or a part of a sentence, whatever their class is."""
_INLINE = {"a", "span", "time", "cite", "small", "abbr", "mark"}
_PARAGRAPHS = {"p", "ul", "ol", "h1", "h2", "h3", "blockquote"}
MOST = 0.3
"""The largest share of the page's text that may be removed with one element."""
LINKED = 0.8
"""A list in which links have at least this share of the text leads to other pages."""
_JUNK = re.compile(
    r"(?:advertisement|story continues|scroll to continue|continue reading|read more|related|share|image copyright|"
    r"image source|follow us|sign up|click here|back to top|our standards|photo|print)\b.{0,60}",
    re.I,
)
_HEAD = re.compile(r"(?:by|published|updated|posted|last modified)\b.*|.*\b(?:19|20)\d\d\b.*|.{0,3}", re.I)
LONGEST_HEAD = 12
"""Words. A short line above the text says who wrote it and when, and is not part of it."""


def prune(tree: HtmlElement) -> None:
    """Remove elements by their names, and lists of links. Tables used for layout become blocks."""
    body = tree.find(".//body")
    body = tree if body is None else body
    _unlay(body)
    most = MOST * _length(body)
    for element in list(body.iter()):
        if not isinstance(element.tag, str) or element is body or element.getparent() is None:
            continue
        names = " ".join(filter(None, map(element.get, ("class", "id", "data-testid", "role", "data-component"))))
        named = bool(names) and _NAMED.search(names) is not None
        if named and _within_a_sentence(element):
            for name in ("class", "id"):  # trafilatura uses the names as well
                element.attrib.pop(name, None)
            continue
        named = named and element.tag not in _KEPT
        if (named and _length(element) <= most) or _leads_elsewhere(element):
            element.drop_tree()


def _within_a_sentence(element: HtmlElement) -> bool:
    """Whether removing it would take words out of a paragraph, for example a linked name."""
    return element.tag in _INLINE and any(each.tag == "p" for each in element.iterancestors())


def _leads_elsewhere(element: HtmlElement) -> bool:
    if element.tag not in ("ul", "ol", "dl"):
        return False
    length = _length(element)
    return length > 0 and sum(_length(link) for link in element.iter("a")) >= LINKED * length


def _unlay(body: HtmlElement) -> None:
    """Turn tables with paragraphs or lists into blocks: they only make the columns of the page."""
    for table in list(body.iter("table")):
        if any(element.tag in _PARAGRAPHS for element in table.iter()) and table.find(".//th") is None:
            for element in table.iter("table", "tbody", "tr", "td"):
                element.tag = "div"


def _length(element: HtmlElement) -> int:
    return len("".join(element.itertext()).strip())


def without_junk(text: str) -> str:
    """Extracted text without lines about the page, and without the lines above its first paragraph."""
    lines = [line for line in text.split("\n") if not _is_junk(line)]
    first = 0
    while (
        first < len(lines) - 1 and len(lines[first].split()) <= LONGEST_HEAD and _HEAD.fullmatch(lines[first].strip())
    ):
        first += 1
    return "\n".join(lines[first:]).strip()


def _is_junk(line: str) -> bool:
    words = line.strip("-•· \t")
    return len(words.split()) <= 10 and words[-1:] not in '.!?”"' and _JUNK.fullmatch(words) is not None
