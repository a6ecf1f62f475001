"""Makes an article from the content of a file: HTML, Markdown or plain text."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import charset_normalizer

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion import saved_pages
from rag.text.outlet_names import host_of, name_of, outlet_named
from rag.text.stated_dates import Dated

if TYPE_CHECKING:
    from trafilatura.settings import Document

LONGEST_HEADLINE = 160
"""Characters. A longer first line is a paragraph."""
SHORTEST_BEHIND_A_LOGIN = 400
"""Characters. A page with a password field and less text than this asks to sign in, and is not an article."""
SHORTEST_FETCHED = 140
"""Characters. A fetched page with less text is not an article, unless it says so itself."""
LEAST_SHOWN = 1 / 3
"""The share of a page's visible text; where less is found, the page is read in other ways too."""
CLEARLY = 150
"""Characters by which another reading of a page has to be longer."""
_HIDDEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""Characters that only say where a word may be broken."""
_NO_ARTICLE = "no article was found on the page"
_UNUSED_ENCODINGS = ["iso8859_3", "iso8859_4", "iso8859_10", "iso8859_14", "iso8859_16", "hp_roman8"]
"""Encodings that nobody uses, but that fit Western European text just as well."""
_LATEST_DATE = "2099-12-31"
"""Far off, because trafilatura refuses dates after this one, and takes today for it if none is given."""


def decode(content: bytes, declared: str | None = None) -> str:
    """The text of a file: as UTF-8, else in the encoding `declared` for it, else in the one that fits best.

    Raises ReadError for content that is not text.
    """
    if content[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\x00" in content[:4096]:
        raise ReadError("it is a binary file, not text. Convert it to text, HTML or JSON first")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        with suppress(LookupError, UnicodeDecodeError):
            if declared:
                return content.decode(declared)
        readings = charset_normalizer.from_bytes(content, cp_exclusion=_UNUSED_ENCODINGS)
        best = readings.best()
        if best is None:
            raise ReadError("its encoding could not be told. Save it as UTF-8") from None
        # If several fit equally well, it is the Western one: "Muñoz" also fits an Eastern European encoding, with "ń".
        equal = [each for each in readings if (each.chaos, each.coherence) == (best.chaos, best.coherence)]
        return str(next((each for each in equal if each.encoding == "cp1252"), best))


def tidy(text: str) -> str:
    """Text as it is stored: Unix line ends, no NUL, no soft hyphens, valid surrogates, no white space around it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    text = re.sub(r"(?<=[^\W\d_A-Z])\u200b(?=[A-Z])", " ", text).translate(_HIDDEN)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def from_text(content: str) -> Article:
    """The article of a plain text. A short first line that is not a sentence and stands alone is its headline."""
    text = tidy(content)
    first, _, rest = text.partition("\n")
    is_headline = rest.startswith("\n") and len(first) <= LONGEST_HEADLINE and first.rstrip()[-1:] not in '.!?:;,"”’…)'
    if is_headline and rest.strip():
        return Article(text=rest.strip(), title=first.strip())
    return Article(text=text)


def from_markdown(content: str) -> Article:
    """The article of a Markdown text, without markup. The first heading of level 1 is its headline."""
    from markdown_it import MarkdownIt

    title, blocks, heading = None, [], ""
    for token in MarkdownIt().parse(tidy(content)):
        if token.type == "heading_open":
            heading = token.tag
        elif token.type == "heading_close":
            heading = ""
        elif token.type == "inline":
            plain = "".join(
                "\n" if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or []
                if child.type != "html_inline"
            )
            if heading == "h1" and title is None:
                title = " ".join(plain.split())
            else:
                blocks.append(plain)
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content.rstrip())
    return Article(text=tidy("\n\n".join(blocks)), title=title)


def from_html(content: bytes | str, url: str | None = None) -> Article:
    """The article of a web page (trafilatura), with what the page says about it.

    `url` is where it was fetched, None for a saved page, which may name its own. Raises ReadError if it has no
    article.
    """
    import trafilatura

    from rag.ingestion.page_metadata import what_is_said
    from rag.ingestion.prune import prune, without_junk

    tree = trafilatura.load_html(content)
    if tree is None:
        raise ReadError(_NO_ARTICLE)
    address = url or saved_pages.address_of(tree, content if isinstance(content, str) else content.decode("latin-1"))
    second = not url and saved_pages.is_second_page(tree)
    said = what_is_said(tree, address)
    seen, links = saved_pages.visible(tree), saved_pages.links_of_a_list(tree)
    front = saved_pages.is_front(tree, address)
    prune(tree)
    document = _extracted(tree)
    text = without_junk(tidy(document.text or "")) if document else ""
    if len(text) < seen * LEAST_SHOWN:  # names of elements can mislead: the page is read once more without pruning
        plain = _extracted(trafilatura.load_html(content))
        other = without_junk(tidy(plain.text or "")) if plain else ""
        if _is_longer(other, text):
            document, text = plain, other
    if _is_longer(body := tidy(said.body or ""), text):
        text = body
    if links and not url and not said.is_article and not saved_pages.is_prose(text):
        raise ReadError(f"it is a list of {links} links, not an article: give the addresses that it lists")
    if said.has_password and len(text) < SHORTEST_BEHIND_A_LOGIN:
        raise ReadError("the page asks to sign in first. Save it from your browser when you are, and ingest that file")
    # A front page, or a page that only says that there is nothing or that it needs scripts.
    front = front or (bool(url) and urlsplit(url or "").path in ("", "/") and not urlsplit(url or "").query)
    none = not said.is_article and (front or (bool(url) and len(text) < SHORTEST_FETCHED))
    if document is None or not text or none:
        offer = f"; it offers a feed: {urljoin(url or '', said.feed)}" if said.feed else ""
        raise ReadError(_NO_ARTICLE + offer)
    title = tidy(said.title or "") or (tidy(document.title) if document.title else None)
    if title and text.startswith(title + "\n"):
        text = text[len(title) :].lstrip()
    url = address or (None if second else document.url)
    original = saved_pages.original_of(url or document.url or "")
    host = host_of(original)
    outlet = None if original != url and host_of(url) and said.outlet == host_of(url) else said.outlet
    known = name_of(host) if host and name_of(host) != host else None
    return Article(
        text=text,
        title=title,
        outlet=known or outlet_named(outlet) or host,
        published=said.dated.day or (document.date if said.dated == Dated() else None),
        published_at=said.published_at,
        published_from=said.dated.first,
        published_until=said.dated.last,
        basis={"published": said.dated.basis} if said.dated.basis else {},
        url=url,
        authors=said.authors or _authors(document.author),
        language=document.language,
    )


def _extracted(tree: object) -> Document | None:
    """What trafilatura finds. Dates anywhere on the page are not looked for: many have today's date in their header."""
    import trafilatura
    from trafilatura.settings import Document

    found = trafilatura.bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        date_extraction_params={"original_date": True, "extensive_search": False, "max_date": _LATEST_DATE},
    )
    return found if isinstance(found, Document) else None


def _is_longer(other: str, text: str) -> bool:
    """Whether another reading of a page is clearly longer, and has sentences."""
    return len(other) > 1.5 * len(text) + CLEARLY and saved_pages.is_prose(other)


def _authors(value: object) -> tuple[str, ...]:
    names = re.split(r"\s*;\s*", value) if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(" ".join(tidy(name).split()) for name in names if isinstance(name, str) and name.strip())
