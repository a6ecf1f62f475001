"""JSON of other programs: under which names they keep text, headline, outlet, day, authors and address."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rag.errors import ReadError
from rag.ingestion.parser_process import Parser
from tests.conftest import SHARED

TEXT = "The mill of Oster burned down on Friday.\n\nNobody was hurt, the brigade said."
MARKUP = "<p>The mill of Oster burned down on Friday.</p>\n<p>Nobody was hurt, the brigade said.</p>"
URL = "https://oster-post.example/mill"
TOOLS: dict[str, Any] = {
    "fundus": {
        "title": "Mill burns",
        "plaintext": TEXT,
        "publishing_date": "2019-02-08 07:00:00",
        "publisher": "Oster Post",
        "authors": ["Ida Holm"],
        "html": {"responded_url": URL},
    },
    "newspaper4k": {
        "title": "Mill burns",
        "text": TEXT,
        "publish_date": "2019-02-08",
        "authors": ["Ida Holm"],
        "meta_site_name": "Oster Post",
        "url": URL,
        "images": [],
    },
    "webz": {
        "posts": [
            {
                "title": "Mill burns",
                "text": TEXT,
                "published": "2019-02-08T07:00:00.000+01:00",
                "author": "Ida Holm",
                "thread": {"site_full": "oster-post.example", "url": URL},
                "url": URL,
            }
        ]
    },
    "wallabag": [
        {
            "title": "Mill burns",
            "content": MARKUP,
            "published_at": "2019-02-08T07:00:00+01:00",
            "url": URL,
            "created_at": "2019-03-01T07:00:00+01:00",
            "published_by": ["Ida Holm"],
        }
    ],
    "miniflux": {
        "total": 1,
        "entries": [
            {
                "title": "Mill burns",
                "content": MARKUP,
                "url": URL,
                "author": "Ida Holm",
                "published_at": "2019-02-08T06:00:00Z",
                "feed": {"title": "Oster Post", "site_url": "https://oster-post.example"},
            }
        ],
    },
    "newsapi": {
        "articles": [
            {
                "title": "Mill burns",
                "content": TEXT + " [+812 chars]",
                "source": {"id": None, "name": "Oster Post"},
                "url": URL,
                "publishedAt": "2019-02-08T06:00:00Z",
                "author": "By Ida Holm",
            }
        ]
    },
    "guardian": {
        "response": {
            "results": [
                {
                    "webTitle": "Mill burns",
                    "webUrl": URL,
                    "webPublicationDate": "2019-02-08T06:00:00Z",
                    "fields": {"bodyText": TEXT, "byline": "Ida Holm"},
                }
            ]
        }
    },
    "ninjs 1": {
        "uri": URL,
        "headline": "Mill burns",
        "byline": "Ida Holm",
        "versioncreated": "2019-02-08T06:00:00Z",
        "body_text": TEXT,
        "body_xhtml": MARKUP,
    },
    "ninjs 3": {
        "uri": URL,
        "headlines": [{"role": "main", "value": "Mill burns"}],
        "bylines": [{"byline": "x", "value": "Ida Holm"}],
        "versioncreated": "2019-02-08T06:00:00Z",
        "bodies": [{"contenttype": "text/html", "value": MARKUP}, {"contenttype": "text/plain", "value": TEXT}],
    },
    "wordpress": [
        {
            "link": URL,
            "date": "2019-02-08T07:00:00",
            "title": {"rendered": "Mill burns"},
            "content": {"rendered": MARKUP},
            "author": 3,
            "by": "Ida Holm",
        }
    ],
    "schema.org": {
        "@type": "NewsArticle",
        "headline": "Mill burns",
        "articleBody": TEXT,
        "datePublished": "2019-02-08",
        "author": [{"@type": "Person", "name": "Ida Holm"}],
        "mainEntityOfPage": {"@id": URL},
    },
    "elasticsearch": {
        "hits": {
            "hits": [
                {
                    "_source": {
                        "title": "Mill burns",
                        "content": TEXT,
                        "date": 1549605600000,
                        "url": URL,
                        "authors": [{"name": "Ida Holm"}],
                    }
                }
            ]
        }
    },
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_article_of_another_tool(tool: str, parser: Parser) -> None:
    (article,) = parser.json(json.dumps(TOOLS[tool]).encode())

    assert not isinstance(article, ReadError)
    assert article.text == TEXT
    assert (article.title, article.published, article.url) == ("Mill burns", "2019-02-08", URL)
    assert article.outlet in ("Oster Post", "oster-post.example")
    assert article.authors == ("Ida Holm",) or tool == "wordpress"


def test_an_address_without_a_text_is_said(parser: Parser) -> None:
    (found,) = parser.json(json.dumps({"articles": [{"url": URL, "title": "Mill burns", "seendate": "x"}]}).encode())

    assert str(found) == f"it has no text, only the address of one: give {URL} instead"


@pytest.mark.parametrize("path", sorted((SHARED / "cases" / "05-json-of-other-tools" / "in").glob("*.json")), ids=str)
def test_the_shared_cases(path: Any, parser: Parser) -> None:
    (article,) = parser.json(path.read_bytes())

    assert not isinstance(article, ReadError)
    assert article.title == "Northern quay closed after divers find cracks"
    assert article.published == "2024-05-14"
    assert article.outlet in ("Elsin Courier", "elsincourier.example")
