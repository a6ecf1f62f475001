"""Pages that a program or an archive saved: where they are from, by the notes that it left in them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

_ARCHIVED = re.compile(
    r"https?://(?:web\.archive\.org/web/\d+[a-z_]*|archive\.(?:ph|today|is|li|fo|vn|md)(?:/[\d.-]+)?)/(https?:/.+)",
    re.I,
)
_NOTE = re.compile(r"(?:^|\s)url:\s*(https?://\S+)|saved from url=\(\d+\)(https?://\S+)|Mirrored from (\S+) by HTTrack")
"""What SingleFile, browsers and HTTrack write into a comment."""
HEAD = 4000
"""Characters at the beginning of a page, in which the note is."""
MOST_LINKED = 0.6
"""The share of its visible text that links have in a list of links."""


def original_of(url: str) -> str:
    """The address of the page that an archive keeps at `url`; `url` itself if it is not an archive's."""
    found = _ARCHIVED.match(url)
    return re.sub(r"^(https?:/)(?=[^/])", r"\1/", found[1]) if found else url


def address_of(tree: HtmlElement, content: str) -> str | None:
    """The address that a saved page gives for itself, letter for letter; None for one that gives none.

    The second page of a story that gives the address of the first has none of its own.
    """
    if is_second_page(tree):
        return None
    canonical = next((str(each).strip() for each in tree.xpath(".//link[@rel='canonical']/@href")), "")
    if urlsplit(canonical).scheme in ("http", "https"):
        return canonical
    for comment in re.findall(r"<!--(.*?)-->", content[:HEAD], re.S):
        if found := _NOTE.search(comment):
            return found[1] or found[2] or f"https://{found[3]}"
    return None


def is_second_page(tree: HtmlElement) -> bool:
    """Whether the page gives the address of the page before it as its own."""
    canonical = set(map(str, tree.xpath(".//link[@rel='canonical']/@href")))
    return bool(canonical & set(map(str, tree.xpath(".//link[@rel='prev']/@href"))))


def links_of_a_list(tree: HtmlElement) -> int:
    """The number of links of a page that is a list of links; 0 for any other page."""
    links = [link for link in tree.xpath(".//body//a[@href]") if link.text_content().strip()]
    linked = sum(len(link.text_content().strip()) for link in links)
    return len(links) if len(links) >= 3 and linked >= MOST_LINKED * visible(tree) else 0


def is_front(tree: HtmlElement, address: str | None) -> bool:
    """Whether the address is a site's own, and the page shows several headlines that lead elsewhere."""
    path = urlsplit(address or "").path
    return bool(address) and path in ("", "/") and len(tree.xpath(".//*[self::h2 or self::h3][.//a]")) >= 3


def visible(tree: HtmlElement) -> int:
    """The number of characters that a reader sees."""
    texts = tree.xpath(".//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]")
    return sum(len(str(text).strip()) for text in texts)


def is_prose(text: str) -> bool:
    """Whether a text has sentences, and not only labels and links."""
    return len(re.findall(r"(?:\w+\W+){5,}?\w+[.!?][\"”’)]*(?:\s|$)", text)) >= 2
