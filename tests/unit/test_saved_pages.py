"""Pages as archives, browsers and sites save them: whose they are, and what of them is the article."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ReadError
from rag.ingestion.extract import from_html, tidy
from rag.ingestion.pipeline import identity
from rag.ingestion.saved_pages import original_of
from tests.conftest import SHARED

URL = "https://www.oster-post.example/mill-7"
STORY = (
    "<p>The mill of Oster burned down on Friday night, and the brigade of three villages came too late to save it.</p>"
    "<p>Nobody was hurt, said its captain, Ida Holm, who had been the first to see the smoke above the river.</p>"
)


def page(head: str = "", body: str = f"<article><h1>Mill burns</h1>{STORY}</article>", before: str = "") -> str:
    return f"<!doctype html><html>{before}<head><title>Mill burns</title>{head}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    "archive",
    [
        "https://web.archive.org/web/20190210101112/",
        "http://web.archive.org/web/20190210101112id_/",
        "https://archive.ph/2019.02.10-101112/",
        "https://archive.is/",
    ],
)
def test_an_archive_is_no_outlet_and_its_address_is_kept(archive: str) -> None:
    article = from_html(page(f'<link rel="canonical" href="{archive}{URL}">'))

    assert (article.url, article.outlet) == (archive + URL, "oster-post.example")
    assert identity(article) == identity(from_html(page(f'<link rel="canonical" href="{URL}">')))
    assert original_of(archive + URL) == URL
    assert original_of(URL) == URL


@pytest.mark.parametrize(
    "note",
    [
        f"\n Page saved with SingleFile \n url: {URL} \n saved date: Sun Feb 10 2019",
        f" saved from url=(0038){URL} ",
        " Mirrored from www.oster-post.example/mill-7 by HTTrack Website Copier/3.x",
    ],
)
def test_the_note_of_the_program_that_saved_a_page_is_read(note: str) -> None:
    article = from_html(page(before=f"<!--{note}-->"))

    assert (article.url, article.outlet, article.published) == (URL, "oster-post.example", None)


def test_two_pages_of_one_story_are_both_kept() -> None:
    head = f'<link rel="canonical" href="{URL}">'
    first, second = from_html(page(head)), from_html(page(head + f'<link rel="prev" href="{URL}">'))

    assert (second.url, second.outlet) == (None, first.outlet)
    assert identity(first) != identity(second)


def test_the_text_of_json_ld_wins_over_a_plea() -> None:
    body = "The mill of Oster burned down on Friday night. " * 9
    shell = "<header>Oster Post</header><main><p>Subscribe for 4 crowns a month and read all of it.</p></main>"
    head = f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{body}"}}</script>'

    assert from_html(page(head, shell)).text == body.strip()


def test_a_name_of_an_element_does_not_lose_the_article() -> None:
    met = "<p>The council of Oster met for the {}th time on the mill and its insurance.</p>"
    part = '<div class="paywall sidebar">' + STORY + "".join(map(met.format, range(9))) + "</div>"
    spread = "".join(part.replace("council", body) for body in ("council", "assembly", "board", "senate"))

    text = from_html(page(body=f"<h1>Mill burns</h1><p>A first line of the story of the mill.</p>{spread}")).text

    assert "The assembly of Oster met" in text


def test_lists_of_links_and_front_pages_are_refused() -> None:
    items = "".join(
        f'<li><a href="https://x.example/{n}">Mill of Oster burned down, part {n}</a></li>' for n in range(4)
    )
    with pytest.raises(ReadError, match="it is a list of 4 links, not an article: give the addresses"):
        from_html(page(body=f"<h1>Unread</h1><ul>{items}</ul>"))
    teasers = "".join(f'<h2><a href="/{n}">Mill {n}</a></h2>{STORY}' for n in range(4))
    with pytest.raises(ReadError, match="no article was found"):
        from_html(page('<link rel="canonical" href="https://www.oster-post.example/">', teasers))


def test_hidden_characters_are_dropped() -> None:
    assert tidy("Har\u00adbour\u2060 mas\u00adter") == "Harbour master"
    assert tidy("Lower\u200bOster, Strøm\u200b-Vik") == "Lower Oster, Strøm-Vik"
    assert from_html(page(body=f"<h1>Mi&shy;ll burns</h1>{STORY}")).title == "Mill burns"


def read(name: str) -> str:
    path = SHARED / "cases" / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("06-wayback-copy/alone/archived.html", "https://web.archive.org/web/20240520101112/"),
        ("07-singlefile-page/in/quay.html", ""),
    ],
)
def test_the_shared_pages(name: str, url: str) -> None:
    article = from_html(read(name))

    assert article.url == f"{url}https://www.elsincourier.example/news/quay-4711"
    assert article.outlet == "elsincourier.example"


def test_the_shared_shell() -> None:
    assert len(from_html(read("10-text-in-json-ld-only/in/shell-with-teaser.html")).text) > 700


@pytest.mark.parametrize("name", ["front.html", "bookmarks-pocket.html"])
def test_the_shared_lists(name: str) -> None:
    with pytest.raises(ReadError):
        from_html(read(str(Path("11-front-page-as-article/in") / name)))
