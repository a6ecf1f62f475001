"""Reads feeds (RSS, Atom, JSON Feed) and sitemaps: the addresses they list, with title and date."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import zlib
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urljoin

from rag.article import fingerprint
from rag.errors import ReadError
from rag.ingestion.extract import decode, tidy
from rag.ingestion.json_articles import json_document
from rag.ingestion.publication_time import published_at
from rag.text.outlet_names import host_of
from rag.text.stated_dates import order_of, whole_date

LARGEST = 60_000_000
"""Bytes of a feed or sitemap after unpacking (the sitemap format allows 50 MiB)."""
_NEITHER = "it is neither a feed (RSS, Atom, JSON) nor a sitemap"
_HEAD = 4096
"""Bytes at the beginning that show what kind of file it is."""
_ROOT = re.compile(rb"<(?:\w+:)?(rss|feed|rdf|urlset|sitemapindex)[\s>]", re.I)
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org')


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One article of a listing. `mark` changes when its entry does; it is None if the entry has no date."""

    url: str
    title: str | None
    published: str | None
    mark: str | None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a feed or sitemap, mostly newest first. The entries of an "index" are sitemaps, not articles."""

    kind: Literal["feed", "sitemap", "index"]
    title: str | None
    entries: tuple[FeedEntry, ...]


def is_listing(content: bytes) -> bool:
    """Whether the content is a feed or sitemap, compressed or not, whatever media type the server gave."""
    if content[:2] == b"\x1f\x8b":
        try:
            content = zlib.decompressobj(31).decompress(content, _HEAD)
        except zlib.error:
            return False
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] == b"{":
        return bool(_JSON_FEED.search(head))
    head = re.sub(rb"<!--.*?-->|<!doctype[^>\[]*(\[.*?\])?\s*>", b"", head, flags=re.S | re.I)
    root = _ROOT.search(head)
    return head[:1] == b"<" and root is not None and not re.search(rb"<(html|body)[\s>]", head[: root.start()], re.I)


def from_xml_or_json(content: bytes, url: str) -> Listing:
    """The listing in a feed or sitemap from `url`, each address once. Raises ReadError if it is neither."""
    if content[:2] == b"\x1f\x8b":
        content = _unpacked(content)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        listing = _from_json_feed(content, url)
    else:
        listing = _from_sitemap(content, url) or _from_feed(content, url)
    entries: dict[str, FeedEntry] = {}
    for entry in listing.entries:
        entries.setdefault(entry.url, entry)
    return Listing(listing.kind, listing.title, tuple(entries.values()))


def _unpacked(content: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as file:
            unpacked = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError("it is no whole gzip file") from error
    if len(unpacked) > LARGEST:
        raise ReadError(f"it has more than {LARGEST / 1e6:g} MB when it is unpacked")
    return unpacked


def _from_sitemap(content: bytes, url: str) -> Listing | None:
    """The listing of a sitemap (sitemaps.org, with the news extension); None if it is not one."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        # Entities are refused before feedparser can see them: none of these formats needs its own.
        root = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise ReadError("its XML defines entities, which can blow it up without end: it is not read") from error
    except (ParseError, ValueError, LookupError):
        return None
    name = _local(root.tag)
    if name not in ("urlset", "sitemapindex"):
        return None
    entries = []
    for each in root:
        said = {_local(child.tag): " ".join((child.text or "").split()) for child in each.iter()}
        if address := said.get("loc"):
            dates = [said[key] for key in ("lastmod", "publication_date") if said.get(key)]
            title = said.get("title")
            mark = fingerprint("\x1f".join([*dates, title or ""])) if dates else None
            entries.append(_entry(_joined(url, address), title or None, said.get("publication_date"), mark))
    return Listing("index" if name == "sitemapindex" else "sitemap", None, tuple(entries))


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].lower()


def _from_feed(content: bytes, url: str) -> Listing:
    import feedparser

    found = feedparser.parse(
        io.BytesIO(content),
        response_headers={"content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not found.get("version") and not found.entries:
        raise ReadError(_NEITHER)
    entries = []
    for each in found.entries:
        if not (address := str(each.get("link") or "").strip()):
            continue
        dates = [str(each[key]) for key in ("updated", "published") if each.get(key)]
        title = _plain(each.get("title"))
        mark = fingerprint("\x1f".join([*dates, title or "", str(each.get("summary", ""))])) if dates else None
        dated = str(each.get("published") or each.get("updated") or "")
        entries.append(_entry(_joined(url, address), title, dated, mark))
    return Listing("feed", _plain(found.feed.get("title")), tuple(entries))


def _from_json_feed(content: bytes, url: str) -> Listing:
    """JSON Feed 1.1 (jsonfeed.org)."""
    document = json_document(decode(content))
    if not isinstance(document.get("items"), list) or "jsonfeed.org" not in str(document.get("version")):
        raise ReadError(_NEITHER)
    entries = []
    for each in document["items"]:
        if not isinstance(each, dict) or not (address := _plain(each.get("url") or each.get("external_url"))):
            continue
        dated = each.get("date_modified") or each.get("date_published")
        mark = fingerprint(json.dumps(each, sort_keys=True)) if dated else None
        published = _plain(each.get("date_published"))
        entries.append(_entry(_joined(url, address), _plain(each.get("title")), published, mark))
    return Listing("feed", _plain(document.get("title")), tuple(entries))


def _entry(url: str, title: str | None, dated: str | None, mark: str | None) -> FeedEntry:
    published = whole_date(dated, order_of(host_of(url)))
    return FeedEntry(url, title, published, mark, published_at(published, [dated]))


def _joined(url: str, address: str) -> str:
    try:
        return urljoin(url, address)
    except ValueError:  # a bracket that is not closed: what fetches it says so
        return address


def _plain(value: Any) -> str | None:
    """A title without tags and entities, which feeds may have in it."""
    if not isinstance(value, str):
        return None
    return " ".join(tidy(html.unescape(re.sub(r"<[^<>]*>", "", value))).split()) or None
