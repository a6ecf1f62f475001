"""What a web page says of its article, and what on it is no part of the article."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion.extract import from_html
from tests.unit.test_extract import PARAGRAPHS

TEXT = "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
URL = "https://linnet-herald.example/news/1"


def read(
    head: str = "", top: str = "<h1>Bridge closed for weeks</h1>", text: str = TEXT, url: str | None = URL
) -> Article:
    html = f"<html><head>{head}</head><body><header>Sunday, November 22, 2026</header>{top}<div>{text}</div>"
    return from_html(html + "<footer>Copyright 2026 Linnet Media</footer></body></html>", url)


def described(item: object) -> str:
    return f'<script type="application/ld+json">{item if isinstance(item, str) else json.dumps(item)}</script>'


ITEM: dict[str, Any] = {
    "@type": "NewsArticle",
    "headline": "Bridge &amp; harbour closed",
    "datePublished": "2031-03-11T23:30:00-05:00",
    "dateModified": "2031-03-14",
    "author": [{"@type": "Person", "name": "Ada Quill"}, "Ben Oake", "https://linnet-herald.example/ben", 7],
    "publisher": {"name": "Linnet Herald"},
}


@pytest.mark.parametrize(
    "item",
    [
        ITEM,
        [{"@type": "BreadcrumbList"}, ITEM],
        {"@graph": [{"@type": ["WebPage"], "datePublished": "2001-01-01"}, ITEM | {"@type": ["Thing", "NewsArticle"]}]},
        {"@type": "WebPage", "mainEntity": ITEM},
    ],
)
def test_json_ld(item: object) -> None:
    article = read(described("{torn") + described("[" * 5000) + described(item))

    assert (article.title, article.outlet) == ("Bridge & harbour closed", "Linnet Herald")
    assert (article.published, article.authors) == ("2031-03-11", ("Ada Quill", "Ben Oake"))


@pytest.mark.parametrize(
    ("stated", "tags", "at"),
    [
        ("2031-03-11T08:00:00+09:00", {}, "2031-03-11T08:00:00+09:00"),
        ("2031-03-11T08:00", {}, "2031-03-11T08:00:00"),
        ("2031-03-11", {}, None),
        ("2031-03-11", {"article:published_time": "2031-03-11T08:00:00Z"}, "2031-03-11T08:00:00+00:00"),
        ("2031-03-11T08:00", {"article:published_time": "2031-03-11T08:00+09:00"}, "2031-03-11T08:00:00+09:00"),
        ("2031-03-11", {"article:published_time": "2031-03-10T23:00:00Z"}, "2031-03-10T23:00:00+00:00"),
        ("2031-03-11", {"article:published_time": "2031-03-14T08:00:00Z"}, None),
        ("2031-03-11", {"article:modified_time": "2031-03-11T09:00:00Z"}, None),
    ],
)
def test_the_time_that_a_page_states(stated: str, tags: dict[str, str], at: str | None) -> None:
    head = "".join(f'<meta property="{name}" content="{value}">' for name, value in tags.items())

    article = read(head + described(ITEM | {"datePublished": stated}))
    assert (article.published, article.published_at) == ("2031-03-11", at)


def test_other_items_are_not_the_article() -> None:
    video = described({"@type": "VideoObject", "name": "A film", "datePublished": "2001-01-01", "headline": "A film"})

    assert read(video).title == "Bridge closed for weeks"


def test_open_graph() -> None:
    tags = {"og:title": "Bridge closed | Linnet Herald", "og:site_name": "The Linnet Herald",
            "article:modified_time": "2031-03-14", "article:published_time": "2031-03-11T08:00:00Z"}  # fmt: skip
    head = "".join(f'<meta property="{name}" content="{value}">' for name, value in tags.items())

    article = read(head.replace("The Linnet", "Linnet"))
    assert (article.title, article.outlet, article.published) == ("Bridge closed", "Linnet Herald", "2031-03-11")


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ('<time datetime="2031-03-11T08:00Z">Tuesday</time>', "2031-03-11T08:00:00+00:00"),
        ("Published: 08:00 GMT, 11 March 2031 | Updated: 14 March 2031", None),
        ("<b>By Ada Quill</b> <i>Mar. 11th, 2031</i>", None),
        ("2031-03-11 08:00", "2031-03-11T08:00:00"),
        ("11 March 2031, 8:05 p.m. GMT", "2031-03-11T20:05:00+00:00"),
        ("March 11th, 2031 at 20:05 (+0900)", "2031-03-11T20:05:00+09:00"),
        ("11 March 2031 25:61", None),
        ("March 11, 2031 20:05 ET", "2031-03-11T20:05:00"),
    ],
)
def test_a_line_under_the_headline(line: str, at: str | None) -> None:
    article = read(
        "<title>Bridge closed for weeks - Linnet Herald</title>", f"<h1>Bridge closed for weeks</h1><div>{line}</div>"
    )

    assert (article.title, article.outlet, article.published) == (
        "Bridge closed for weeks",
        "Linnet Herald",
        "2031-03-11",
    )
    assert article.published_at == at


def test_a_headline_that_is_no_heading() -> None:
    top = "<h1>Linnet Herald</h1><font size=5><b>Bridge closed for weeks</b></font>"

    assert read("<title>Bridge closed for weeks | News | Linnet Herald</title>", top).title == "Bridge closed for weeks"


def test_an_outlet_is_called_by_one_name() -> None:
    tag = '<meta property="og:site_name" content="BBC News">'

    assert read(tag, url="https://www.bbc.co.uk/news/1").outlet == "BBC"
    assert read(tag, url=None).outlet == "BBC"
    assert read('<meta property="og:site_name" content="' + "x" * 200 + '">').outlet == "linnet-herald.example"


def test_nothing_is_torn_out_of_a_sentence() -> None:
    name = '<a class="tag related" href="/t">José Vell</a>'
    text = f"{TEXT}<p>The minister, {name}, said on <span class='timestamp'>Tuesday</span> no.</p>"

    assert read(text=text).text.endswith("The minister, José Vell, said on Tuesday no.")


def test_what_is_no_part_of_the_article() -> None:
    links = "".join(f"<li><a href='/{n}'>Another report of the harbour, number {n}</a></li>" for n in range(9))
    text = (
        f"<p>{PARAGRAPHS[0]}</p><figure><p class='imageCaption'>The pier in fog on Tuesday morning.</p></figure>"
        f"<ul>{links}</ul><div class='newsletter-signup'><p>Get our letter every day: free, and good.</p></div>"
        f"<div>Advertisement</div><p>{PARAGRAPHS[1]}</p><ol class='comments'><li><p>I never liked that bridge at all, "
        "nor the harbour for that matter, and told them so.</p></li></ol>"
    )

    assert read(text=text).text == "\n".join(PARAGRAPHS)


def test_a_table_that_lays_out_the_page() -> None:
    left, right = "<a href='/'>Home</a><br><a href='/news'>News</a>", "<ol><li>Most read</ol>"

    text = f"<table><tr><td>{left}</td><td>{TEXT}</td><td>{right}</td></tr></table>"

    assert read(text=text).text == "\n".join(PARAGRAPHS)


def test_a_name_that_misleads_takes_nothing_away() -> None:
    assert read(text=f"<div class='story video related'>{TEXT}</div>").text == "\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://linnet-herald.example/", TEXT),
        ("https://linnet-herald.example/news/9", "<p>Sorry, the page that you are looking for is not here.</p>"),
        ("https://linnet-herald.example/news/9", "<noscript>Please enable JavaScript to read the news.</noscript>"),
    ],
)
def test_pages_without_an_article(url: str, text: str) -> None:
    with pytest.raises(ReadError, match="no article was found on the page"):
        read(text=text, url=url)


def test_a_short_article_is_one() -> None:
    assert read(described(ITEM), text="<p>The Candlemas Bridge has been closed, the harbour says.</p>").text
