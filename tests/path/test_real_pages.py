"""Real articles on pages as sites make them, fetched by their addresses: what is recovered of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rag.article import Article
from rag.ingestion.fetch import Fetcher
from rag.ingestion.parser_process import Parser
from rag.text.outlet_names import aliases_of, name_of
from tests.support.pages import LAYOUTS, METADATA, News, page
from tests.support.site import Request, Site

EVERY = 1
"""Of so many pages one is read."""


def news(items: Sequence[dict[str, Any]], number: int) -> News:
    """The article of that number, as a page of its outlet would have it, among others'."""
    item = items[number]
    host = urlsplit(item["url"]).hostname or ""
    names = [name for name in aliases_of(name_of(host)) if "." not in name]
    others = [items[(number * 7 + n) % len(items)] for n in range(1, 40)]
    return News(
        title=item["title"],
        paragraphs=[line for line in item["maintext"].split("\n") if line.strip()],
        published=datetime.fromisoformat(item["date_publish"]),
        site=names[number % len(names)] if names else host.removeprefix("www.").partition(".")[0].title(),
        url=item["url"],
        authors=[name for name in item["authors"] or [] if name],
        description=item["description"],
        others=[
            (other["title"], datetime.fromisoformat(other["date_publish"])) for other in others if other is not item
        ],
        metadata=METADATA[(number + number // len(LAYOUTS)) % len(METADATA)],
    )


def recovered(text: str, expected: str) -> tuple[float, float]:
    """Precision and recall of the text's words, each counted as often as it stands there."""
    found, wanted = (Counter(re.findall(r"\w+", each.lower())) for each in (text, expected))
    common = (found & wanted).total()
    return common / max(1, found.total()), common / max(1, wanted.total())


@pytest.fixture
def read(bench: Path, site: Site, parser: Parser) -> list[tuple[News, int, Article]]:
    items = [json.loads(path.read_text("utf-8")) for path in sorted((bench / "articles").glob("*.json"))]
    pages = {number: news(items, number) for number in range(0, len(items), EVERY)}
    served = {}
    for number, each in pages.items():
        parts = urlsplit(each.url)
        served[f"{parts.hostname}{parts.path}?{parts.query}"] = page(each, number)

    def answer(request: Request) -> str:
        return served.get(f"{request.host}{request.path}" + ("" if "?" in request.path else "?"), "")

    site.otherwise = answer
    found = []
    with site.fetcher() as fetcher:
        for number, each in pages.items():
            found.append((each, number, _read(each, site, fetcher, parser)))
    return found


def _read(each: News, site: Site, fetcher: Fetcher, parser: Parser) -> Article:
    parts = urlsplit(each.url)
    fetched = fetcher.fetch(parts._replace(scheme="http", netloc=f"{parts.hostname}:{site.port}").geturl())
    return parser.page(fetched.content or b"", fetched.url, fetched.charset)


def test_what_is_recovered(read: list[tuple[News, int, Article]]) -> None:
    precision, recall, title, outlet, published = [], [], [], [], []
    for each, _, article in read:
        p, r = recovered(article.text, "\n".join(each.paragraphs))
        precision.append(p)
        recall.append(r)
        title.append(" ".join(each.title.split()) == article.title)
        host = urlsplit(each.url).hostname or ""
        outlet.append(article.outlet in (name_of(host), each.site))
        published.append(article.published == each.published.date().isoformat())

    def mean(values: Sequence[float]) -> float:
        return round(sum(values) / len(values), 4)

    figures = {
        "precision": mean(precision),
        "recall": mean(recall),
        "title": mean(title),
        "outlet": mean(outlet),
        "date": mean(published),
    }
    print(figures)
    wanted = {"precision": 0.97, "recall": 0.97, "title": 0.97, "outlet": 0.97, "date": 0.95}
    assert all(figures[name] >= least for name, least in wanted.items()), figures
