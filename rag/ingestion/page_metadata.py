"""What a web page says about its article: in JSON-LD, meta tags, <time>, or a line under the headline."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from rag.article import Provenance
from rag.ingestion.publication_time import published_at
from rag.text.date_patterns import DAY, MONTH
from rag.text.outlet_names import host_of
from rag.text.stated_dates import IN_FIGURES, IN_WORDS, NOTE, Dated, order_of, read_date

ARTICLE_TYPES = re.compile(r"Article$|BlogPosting$|^Report$|^CreativeWork$")
_PUBLISHED_TAGS = (
    "article:published_time", "datepublished", "og:published_time", "parsely-pub-date", "sailthru.date", "pubdate",
    "publishdate", "publish-date", "publication_date", "publish_date", "dc.date.issued", "dcterms.created", "dc.date",
    "cxenseparse:recs:publishtime", "article.published", "date",
)  # fmt: skip
_MODIFIED_TAGS = ("article:modified_time", "datemodified", "og:updated_time", "last-modified", "dcterms.modified")
_DATE = re.compile(
    rf"\b(?:\d{{4}}[-/]\d{{2}}[-/]\d{{2}}|{DAY}\.?\s+{MONTH},?\s+\d{{4}}"
    rf"|{MONTH}\s+{DAY},?\s+\d{{4}})\b|\b\d{{4}}年\d{{1,2}}月\d{{1,2}}日|{IN_FIGURES.pattern}|{IN_WORDS.pattern}",
    re.I,
)
_UPDATED = re.compile(
    r"\b(?:updated?|modified|revised|edited|aktualisiert|geändert|mis(?:e)? à jour|modifié|actualizad[oa]|"
    r"aggiornat[oa]|atualizad[oa]|bijgewerkt|gewijzigd|uppdatera[dt]|opdateret|oppdatert|zaktualizowano)\b(?:\W+\w{1,4}\b){0,2}\W*"
    r"(?:\d{1,2}[:.h]\d\d)?\W*$",
    re.I,
)
"""Words before the date of a change, which is not the day of publication."""
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-]?([01]\d)[/-]?([0-3]\d)(?:/|-|$)")
_TIME = re.compile(
    r",?(?: at)? \d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\b\.?)?(?: ?\(?(?:Z|GMT|UTC|[+-]\d\d:?\d\d)\b\)?)?", re.I
)
"""A time of day after a date."""
_SEPARATOR = re.compile(r"\s+[|–—·»:-]{1,2}\s+|\s*\|\s*")
_SILENT = {"script", "style", "noscript", "template", "nav", "aside", "footer", "form", "iframe", "svg", "button"}
DATELINE = 1200
"""Characters after the headline in which a date is looked for: a later date is part of the article."""
LONGEST_TIME = 20
"""Characters after a date in figures, in which its time of day is."""
SHORTEST_HEADLINE = 12
"""Characters. A shorter beginning of <title> is the name of a section."""
LONGEST_OUTLET = 60
"""Characters. A longer name is a sentence about the site."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says about its article; None for what it does not say.

    `feed` is the address of a feed that it offers, `is_article` is true if it calls itself an article;
    `body` is the text that its JSON-LD has.
    """

    title: str | None
    outlet: str | None
    dated: Dated
    published_at: str | None
    authors: tuple[str, ...]
    feed: str | None
    has_password: bool
    is_article: bool
    body: str | None


def what_is_said(tree: HtmlElement, url: str | None = None) -> Said:
    """Read a parsed page, which was fetched from `url` if it is given, without changing it."""
    tags = _tags(tree)
    item = next(_items(tree), {})
    publisher = item.get("publisher")
    named = [tags.get("og:site_name"), _name(publisher), tags.get("application-name")]
    outlet = next((name for name in named if name and len(name) <= LONGEST_OUTLET), None)
    whole = _plain(tree.findtext(".//head/title") or tree.findtext(".//title"))
    title = _plain(item.get("headline")) or tags.get("og:title") or _headline(tree, whole)
    if title:
        title = _without_site(title, outlet)
    address = url or next(map(str, tree.xpath(".//link[@rel='canonical']/@href")), None) or tags.get("og:url")
    stated = [item.get("datePublished"), *map(tags.get, _PUBLISHED_TAGS)]
    dated = _dated(stated, tree, address)
    if not dated.day:
        stated = [_dateline(tree, title)]
        found = _dated(stated, tree, address)
        dated = found if found != Dated() else dated
    if not dated.day and dated.basis is None:
        changed = read_date([item.get("dateModified"), *map(tags.get, _MODIFIED_TAGS)]).day
        if changed:
            dated = Dated(
                None, Provenance("unknown", note=f"it was changed on {changed}, and does not say when it appeared")
            )
    feeds = tree.xpath(
        ".//link[@rel='alternate'][@type='application/rss+xml' or @type='application/atom+xml' "
        "or @type='application/feed+json']/@href"
    )
    return Said(
        title=title,
        outlet=outlet or _site_in(whole, title),
        dated=dated,
        published_at=published_at(dated.day, stated),
        authors=_people(item.get("author")),
        feed=str(feeds[0]) if feeds else None,
        has_password=bool(tree.xpath(".//input[@type='password']")),
        body=item.get("articleBody") if isinstance(item.get("articleBody"), str) else None,
        is_article=bool(item) or tags.get("og:type") == "article",
    )


def _dated(stated: Sequence[object], tree: HtmlElement, address: str | None) -> Dated:
    """The day of the stated dates; where they can be read two ways, the one in the page's address."""
    language = tree.get("lang") or None
    dated = read_date(stated, order_of(host_of(address), language), language)
    in_address = _IN_ADDRESS.search(address or "")
    readings = NOTE.search(dated.basis.note or "") if dated.basis and in_address else None
    if readings and in_address and (day := "-".join(in_address.groups())) in readings.group("one", "other"):
        return Dated(day, Provenance("stated", note=f"“{readings['written']}”, and the address"))
    return dated


def _tags(tree: HtmlElement) -> dict[str, str]:
    """The contents of the meta tags by name, the first of each."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        if name and (content := _plain(meta.get("content"))):
            found.setdefault(name, content)
    return found


def _items(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """The articles that the page's JSON-LD describes."""
    for script in tree.xpath(".//script[@type='application/ld+json']"):
        try:
            waiting: list[Any] = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            item = waiting.pop(0)
            if isinstance(item, list):
                waiting += item
            elif isinstance(item, dict):
                kinds = item.get("@type")
                if any(isinstance(kind, str) and ARTICLE_TYPES.search(kind) for kind in _listed(kinds)):
                    yield item
                waiting += _listed(item.get("@graph")) + _listed(item.get("mainEntity"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _name(value: Any) -> str | None:
    for each in _listed(value):
        if name := _plain(each.get("name") if isinstance(each, dict) else each):
            return name
    return None


def _people(value: Any) -> tuple[str, ...]:
    names = [_name(each) for each in _listed(value)]
    return tuple(name for name in names if name and "://" not in name)


def _plain(value: Any) -> str | None:
    """A string on one line, entities resolved; None if it is blank or not a string."""
    return " ".join(html.unescape(value).split()) or None if isinstance(value, str) else None


def _headline(tree: HtmlElement, whole: str | None) -> str | None:
    """The headline: the text of the element that <title> begins with, else of the first h1."""
    first = None
    for element in tree.iter("h1", "h2", "h3", "b", "strong", "font", "div", "span", "td", "p", "a"):
        if len(element) > 3:
            continue
        text = " ".join(element.text_content().split())
        if element.tag == "h1" and text and first is None:
            first = text
        begins = whole is not None and len(text) >= SHORTEST_HEADLINE and whole.startswith(text)
        if whole and begins and (text == whole or _SEPARATOR.match(whole, len(text))):
            return text
    return first or (_SEPARATOR.split(whole)[0] if whole else None)


def _without_site(title: str, outlet: str | None) -> str:
    """A title without the outlet's name at its end ("… | The Paper")."""
    *parts, last = _SEPARATOR.split(title)
    if parts and outlet and _letters(last) == _letters(outlet):
        return title[: title.rindex(last)].rstrip(" |–—·»:-")
    return title


def _site_in(whole: str | None, title: str | None) -> str | None:
    """The last part of <title> after the headline: on most pages the outlet's name."""
    if not whole or not title or not whole.startswith(title) or len(whole) == len(title):
        return None
    last = _SEPARATOR.split(whole[len(title) :])[-1].strip()
    return last if 0 < len(last) <= LONGEST_OUTLET else None


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def _dateline(tree: HtmlElement, title: str | None) -> str | None:
    """The first whole date after the headline, as it is written there: in <time> or in the text."""
    wanted, passed, seen = _letters(title or ""), False, 0
    if not wanted:
        return None
    body = tree.find(".//body")
    for kind, element in _walk(tree if body is None else body):
        text = element.text if kind == "start" else element.tail
        if kind == "start" and not passed:
            passed = len(element) <= 3 and _letters(element.text_content()) == wanted
            continue
        if not passed:
            continue
        if kind == "start" and element.tag == "time" and _day(element.get("datetime")):
            return str(element.get("datetime"))
        if text and not text.isspace():
            for match in _DATE.finditer(text):
                if _UPDATED.search(text[: match.start()]):
                    continue
                if day := _day(match.group()):
                    time = _TIME.match(text, match.end())
                    whole = match.group() + (re.sub(r" at |[.()]", " ", time.group()) if time else "")
                    return whole if _day(whole) == day else match.group()
                if re.fullmatch(IN_FIGURES.pattern, match.group()) and read_date([match.group()]) != Dated():
                    return str(text[match.start() : match.end() + LONGEST_TIME])
            seen += len(text.strip())
            if seen > DATELINE:
                return None
    return None


def _walk(root: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    """Each element at its start and its end, in the order of the page, without those that have no article text."""
    waiting: list[tuple[str, HtmlElement]] = [("start", root)]
    while waiting:
        kind, element = waiting.pop()
        silent = not isinstance(element.tag, str) or element.tag in _SILENT
        if kind == "end" or not silent:
            yield kind, element
        if kind == "start":
            waiting.append(("end", element))
            if not silent:
                waiting += [("start", child) for child in reversed(element)]


def _day(value: Any) -> str | None:
    """The ISO date of a whole date between 1900 and 2100; None for anything else."""
    if not isinstance(value, str):
        return None
    day: str | None = read_date([re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", value.strip())]).day
    return day if day and "1900" < day < "2100" else None
