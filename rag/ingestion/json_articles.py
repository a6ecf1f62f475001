"""Articles in the JSON of other programs, such as crawlers, feed readers and news agencies.

Known are news-please, trafilatura, newspaper4k, fundus, webz, wallabag, miniflux, WordPress, ninjs, NewsAPI, the
Guardian, schema.org, and whatever names its fields like these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion.extract import tidy
from rag.ingestion.markup import plain, text_of
from rag.ingestion.publication_time import published_at
from rag.text.outlet_names import host_of, name_of
from rag.text.stated_dates import order_of, read_date

_TEXT = (
    "maintext", "text", "raw_text", "plaintext", "body_text", "bodyText", "articleBody", "content_text", "full_text",
    "fulltext", "article_text", "story_text", "bodies", "body", "content", "body_xhtml", "body_html", "content_html",
)  # fmt: skip
_TITLE = ("title", "headline", "headlines", "webTitle", "title_full", "name")
_URL = (
    "url", "webUrl", "web_url", "link", "permalink", "canonical_link", "canonical_url", "responded_url",
    "requested_url", "resolved_url", "given_url", "external_url", "source_url", "source", "uri", "mainEntityOfPage",
)  # fmt: skip
_OUTLET = (
    "sitename", "source-hostname", "meta_site_name", "site_name", "publisher", "outlet", "media_name", "publication",
    "newspaper", "source", "infosource", "provider", "feed", "site_full",
)  # fmt: skip
_HOST = ("source_domain", "hostname", "domain_name", "domain", "site_full", "site", "media_url", "site_url")
_DATE = (
    "date_publish", "date", "publish_date", "publishing_date", "published_at", "publishedAt", "published",
    "date_published", "datePublished", "publication_date", "pubDate", "pub_date", "pubdate", "webPublicationDate",
    "first_publication_date", "firstPublished", "published_time", "firstcreated", "versioncreated", "seendate",
    "issued", "timestamp", "time",
)  # fmt: skip
_AUTHORS = ("authors", "author", "byline", "bylines", "published_by", "creator", "writers", "by")
_LANGUAGE = ("language", "lang", "inLanguage", "meta_lang")
_WITHIN = ("fields", "html", "thread", "_source", "article")
"""Objects in an article's own object that hold fields of it."""
_LISTS = (
    "articles", "entries", "items", "posts", "results", "docs", "documents", "data", "hits", "stories", "news",
    "response", "records", "@graph", "value", "articleResults",
)  # fmt: skip
"""Where programs put a list of articles."""
_VALUES = ("main", "rendered", "value", "name", "text", "content", "title", "plain", "html", "@id", "url", "site_url")
"""Where an object has its own value."""
_PARTS = ("summary", "sections", "headline", "paragraphs")
"""The parts of a text, as fundus has them."""
DEEPEST = 5
"""Objects around a list of articles, and around a value."""
_CUT_OFF = re.compile(r"\s*\[\+\d+ char(?:acter)?s\]\s*$")


def from_json(item: object) -> Article:
    """The article of a JSON object. Raises ReadError if it has none."""
    if not isinstance(item, dict):
        raise ReadError(f"it holds {_kind(item)}, not an object with an article's text")
    fields = _fields(item)
    text = next((found for key in _TEXT if (found := _text(fields.get(key), key))), None)
    if text is None:
        raise ReadError(_why_no_text(item, fields))
    url = next((each for key in _URL if host_of(each := _string(fields.get(key)))), None)
    named = (each for key in _OUTLET if (each := _string(fields.get(key))) and (" " in each or not host_of(each)))
    host = host_of(url) or next((each for key in _HOST if (each := _string(fields.get(key)))), None)
    host = (host_of(host) or host_of(f"https://{host}")) if host else None
    language = next((each for key in _LANGUAGE if (each := _string(fields.get(key)))), None)
    stated = [fields[key] for key in _DATE if isinstance(fields.get(key), str | int | float)]
    dated = read_date(stated, order_of(host, language), language)
    outlet = next(named, None)
    return Article(
        text=_CUT_OFF.sub("", tidy(plain(text))),
        title=next((each for key in _TITLE if (each := _string(fields.get(key)))), None),
        outlet=outlet if outlet and (" " in outlet or "." not in outlet) else name_of(host) if host else outlet,
        published=dated.day,
        published_at=published_at(dated.day, stated),
        published_from=dated.first,
        published_until=dated.last,
        basis={"published": dated.basis} if dated.basis else {},
        url=url,
        authors=_authors(fields),
        language=language,
    )


def articles_in(document: object, depth: int = 0) -> Iterator[object]:
    """The objects in a JSON document that are articles, or are to be looked at as one."""
    if isinstance(document, list):
        for each in document:
            yield from articles_in(each, depth + 1) if isinstance(each, list | dict) and depth < DEEPEST else [each]
        return
    if isinstance(document, dict) and depth < DEEPEST and not any(_text(document.get(key), key) for key in _TEXT):
        for key in _LISTS:
            if isinstance(document.get(key), list | dict) and document[key]:
                yield from articles_in(document[key], depth + 1)
                return
    yield document


def json_document(content: str, line: int | None = None) -> Any:
    """The value of a JSON text. Raises ReadError with the line of the mistake; `line` is the line in a JSONL file."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        place = f"line {line}" if line else f"line {error.lineno}"
        raise ReadError(f"{place}, column {error.colno}: it is not valid JSON ({error.msg})") from error
    except RecursionError as error:
        raise ReadError("its JSON is nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise ReadError(f"its JSON cannot be read: {error}") from error


def _fields(item: dict[str, Any]) -> dict[str, Any]:
    """The fields of an article, with those of the objects in it that it has not itself."""
    fields = {str(key): value for key, value in item.items()}
    for name in _WITHIN:
        if isinstance(within := item.get(name), dict):
            fields = {str(key): value for key, value in within.items() if value} | {
                key: value for key, value in fields.items() if value is not None and key != name
            }
    return fields


def _text(value: object, key: str, depth: int = 0) -> str | None:
    """The text in a field: a string, a list of paragraphs or versions, or an object with one of these."""
    if isinstance(value, str):
        return value if value.strip() else None
    if depth >= DEEPEST:
        return None
    if isinstance(value, list):
        versions = [each for each in value if isinstance(each, dict) and each.get("contenttype") == "text/plain"]
        parts = [part for each in versions or value if (part := _text(each, key, depth + 1))]
        return "\n\n".join(dict.fromkeys(parts)) or None
    if isinstance(value, dict):
        names = (
            ("summary", "sections", "headline", "paragraphs") if "sections" in value or "paragraphs" in value else ()
        )
        parts = [part for name in names if (part := _text(value.get(name), key, depth + 1))]
        if parts:
            return "\n\n".join(parts)
        return next((part for name in _VALUES if (part := _text(value.get(name), key, depth + 1))), None)
    return None


def _string(value: object, depth: int = 0) -> str | None:
    """A value on one line; of an object its name or own value, of a list its first."""
    if isinstance(value, str) and value.strip():
        return " ".join(tidy(plain(value)).split()) or None
    if isinstance(value, list) and value and depth < DEEPEST:
        return _string(value[0], depth + 1)
    if isinstance(value, dict) and depth < DEEPEST:
        marked = {name: text_of(value[name]) for name in ("rendered", "html") if isinstance(value.get(name), str)}
        return next((each for name in _VALUES if (each := _string((value | marked).get(name), depth + 1))), None)
    return None


def _authors(fields: dict[str, Any]) -> tuple[str, ...]:
    value = next((fields[key] for key in _AUTHORS if fields.get(key)), None)
    names = value if isinstance(value, list) else re.split(r"\s*;\s*", value) if isinstance(value, str) else [value]
    found = (re.sub(r"^by\s+", "", each, flags=re.I) for name in names if (each := _string(name)))
    return tuple(dict.fromkeys(found))


def _why_no_text(item: dict[str, Any], fields: dict[str, Any]) -> str:
    if wrong := next((key for key in _TEXT[:3] if fields.get(key)), None):
        is_blank = isinstance(fields[wrong], str)
        return "it has no text" if is_blank else f"its text is {_kind(fields[wrong])}, not a string"
    address = next((each for key in _URL if host_of(each := _string(fields.get(key)))), None)
    if address:
        return f"it has no text, only the address of one: give {address} instead"
    keys = ", ".join(map(str, list(item)[:6])) or "none"
    return f'it has no text: neither "maintext" nor "text" is filled (its keys: {keys})'


def _kind(value: object) -> str:
    names = {
        list: "a list",
        str: "a string",
        int: "a number",
        float: "a number",
        bool: "true or false",
        type(None): "null",
    }
    return names.get(type(value), "an object")
