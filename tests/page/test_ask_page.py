"""The page without a browser: the escaping, what the reader is given, and the chat driven by Streamlit's AppTest."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html
import pytest
import streamlit as st
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from rag.article import Article, Excerpt
from rag.assistant import Assistant
from rag.chats.exchange import Kept
from rag.coverage.claims import Account, Claim
from rag.coverage.coverage import Coverage
from rag.coverage.quotes import QuoteRow, Wording
from rag.errors import LibraryBusy
from rag.reply import Block, Citation, Filters, Mark, Reply, RetrievedPassage, Row, Statement, Turn
from rag.settings import ROOT, Settings
from rag.ui import serve
from rag.ui.components.clicks import parse
from rag.ui.components.reader_pane import article_data, paragraphs
from rag.ui.html.answer_html import (
    answer_html,
    blocks_html,
    considered_html,
    copy_text,
    manner_html,
    more_html,
    question_html,
)
from rag.ui.html.coverage_html import section_of
from rag.ui.html.escape import as_html, as_label, web_address
from rag.ui.html.labels import conditions, credit, day, short_day, shortened
from rag.ui.html.source_chips import chips_html
from rag.ui.jobs.ingest_job import adding
from tests.support.apps import open_citation

HOSTILE = [
    "<script>alert(1)</script>",
    "</p></div><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "&lt;b&gt; &amp;amp; &#60;script&#62;",
    "![pixel](http://tracker.example/p.png)",
    "[click](javascript:alert(1))",
    "[ref][1]\n\n[1]: http://tracker.example",
    "<http://tracker.example>",
    "http://tracker.example and www.tracker.example and mail@tracker.example",
    "a.http://tracker.example, (https://tracker.example)",
    "$E = mc^2$ and $$x$$",
    ":red[hot] :rainbow[x] :material/delete: :streamlit: :smile:",
    ":small[x] :color[x]{foreground='red'} :red-background[x]",
    "# heading",
    "- item\n- item",
    "1. item",
    "> quoted",
    "*emphasis* _emphasis_ **strong** ~~struck~~ `code`",
    "```\ncode\n```",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "[ ] task [x]",
    "-- -> <- <-> >= <= ~=",
    "\\*not escaped\\* \\",
    "line\nbreak\r\nand\ttab",
    "\u202egnp.exe \u2066isolated\u2069 \u200f",
    "null \x00 and bell \x07",
    "lone \ud800 surrogate",
    "😀 é 北京 ١٢٣",
    "[1]",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_exactly_the_text(text: str) -> None:
    escaped = as_html(text)

    assert not re.search("[<>\"']", escaped)
    assert html.unescape(escaped) == text.replace("\ud800", "?")


@pytest.mark.parametrize("text", HOSTILE)
def test_label_is_one_line_of_plain_text(text: str) -> None:
    label = as_label(text)

    blocks = MarkdownIt("gfm-like", {"linkify": False}).parse(label)
    assert [block.type for block in blocks] in ([], ["paragraph_open", "inline", "paragraph_close"])
    pieces = [piece for block in blocks for piece in block.children or []]
    assert all(piece.type in ("text", "text_special") for piece in pieces)
    shown = "".join(piece.content for piece in pieces).replace("\u2060", "")
    kept = "".join(char for char in " ".join(text.split()) if char.isprintable())
    assert shown == " ".join(kept.replace("\ud800", "?").split()) or "\ud800" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_label_leaves_nothing_for_what_is_looked_for_after_parsing(text: str) -> None:
    parsed = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", as_label(text))

    assert not re.search(r"https?:|www\.|[\w.+-]@|:[\w+/-]+:|--|->|<-|>=|<=|~=", parsed)


@pytest.mark.parametrize(
    "url", ["https://news.example/2031/03/11/a?b=c#d", "http://news.example:8080/", "https://é.example/x"]
)
def test_plain_web_addresses_are_linked(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://news.example/",
        "//news.example/",
        "news.example",
        "https://",
        "https://bank.example@evil.example/",
        "https://evil.example\\@bank.example/",
        "https://news.example/ x",
        "https://news.example/\u202egnp.exe",
        "https://[broken/",
        "https://news.example:99999/",
        "https://news.example:port/",
    ],
)
def test_other_addresses_are_not_linked(url: str | None) -> None:
    assert web_address(url) is None


ARTICLE = Article(
    id="a1",
    title="Quay closes",
    outlet="Merrow Post",
    origin="Northern Press",
    published="2031-03-11",
    url="https://merrow.example/quay",
    text="😀 The quay closed.  Nobody was hurt.\n\nIt opens again in May. Ferries run.",
)


def citation(number: int, quote: str, article: Article = ARTICLE) -> Citation:
    start = article.text.index(quote)
    return Citation(
        number=number,
        article_id=article.id,
        title=article.title,
        outlet=article.outlet,
        origin=article.origin,
        published=article.published,
        url=article.url,
        path=None,
        start=start,
        end=start + len(quote),
        quote=quote,
        checked=True,
    )


CITED = (citation(1, "The quay closed."), citation(2, "It opens again in May."))
REPLY = Reply(
    question="When?",
    query="When?",
    filters=Filters(),
    statements=(Statement("It closed [9] & <b>opens</b> in May.", (1, 2)), Statement("Unknown number.", (7,))),
    state="answered",
    reason=None,
    answered_by="extract",
    citations=CITED,
    retrieved=(RetrievedPassage(1, "a1", "<i>Post</i>", None, None, 0, 5, "<script>text</script>", 0.0325),),
)


def test_answer_links_only_the_citations_of_its_statements() -> None:
    shown = answer_html(3, REPLY, opened=2)

    assert re.findall(r'href="([^"]*)"', shown) == ["#cite-3-1", "#cite-3-2"]
    assert "It closed [9] &amp; &lt;b&gt;opens&lt;/b&gt; in May." in shown
    assert re.findall(r'#cite-3-(\d)"[^>]*aria-current', shown) == ["2"]
    assert 'title="The quay closed."' in shown


RELATED = replace(REPLY, state="related", reason="not_covered", citations=(), more=CITED,
                  statements=(Statement("No article says this directly. Closest sentences:"),))  # fmt: skip


def test_the_three_states_look_different() -> None:
    nothing = replace(RELATED, state="nothing", more=(), statements=(Statement("The library has no answer to this."),))

    assert answer_html(0, REPLY, None).startswith('<div class="answer"><p>')
    assert answer_html(0, nothing, None) == (
        '<div class="answer refusal"><p class="state">Not answered</p>'
        "<p><span>The library has no answer to this.</span></p></div>"
    )
    shown = answer_html(3, RELATED, opened=2)
    assert shown.startswith(
        '<div class="answer related"><p class="state">Related only</p>'
        "<p><span>No article says this directly. Closest sentences:</span></p><ul>"
        '<li dir="auto"><a class="cite" href="#cite-3-1">The quay closed.</a> '
        '<span class="source"><bdi>Merrow Post, 11 March 2031</bdi></span></li>'
    )
    assert 'href="#cite-3-2" aria-current="true">It opens again in May.</a>' in shown
    assert "[1]" not in shown
    assert manner_html(RELATED) == manner_html(nothing)


def test_a_mark_stands_for_what_was_related_and_is_removed() -> None:
    kept = {1: Kept("ab" * 32, 1, "2031-04-02T10:00:00+00:00"), 2: Kept("cd" * 32, 1)}
    shown = answer_html(0, replace(RELATED, more=(replace(CITED[0], quote=""), CITED[1])), None, kept)

    assert "[removed: the article was removed from the library on 2 April 2031" in shown
    assert "abababababab" in shown
    assert re.findall(r'href="([^"]*)"', shown) == ["#cite-0-2"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_related_is_escaped(text: str) -> None:
    hostile = replace(CITED[0], quote=text, outlet=text or None, title=text)
    shown = answer_html(0, replace(RELATED, more=(hostile,)), None)

    assert f">{as_html(text)}</a>" in shown
    assert f"<bdi>{as_html(text or 'Unknown outlet')}, 11 March 2031</bdi>" in shown
    assert {element.tag for element in lxml.html.fragment_fromstring(shown).iter()} == {
        "div", "p", "span", "ul", "li", "a", "bdi"
    }  # fmt: skip


DIRECT = replace(
    REPLY,
    statements=(
        Statement("It is said: it opens", (2,), (Mark(0, 12, "fixed"), Mark(12, 20, "answer")), direct=True),
        Statement("The quay closed", (1,), (Mark(0, 15, "answer"),), direct=True),
        Statement("It closed.", (1,)),
    ),
    blocks=(Block("accounts", "Quay", ("Outlet", "Says"), (Row(("Merrow Post", "May"), (2, 9)), Row(("Tide", "-")))),),
    citations=CITED[:2],
    more=(replace(citation(2, "It opens again in May."), number=3, quote="It is wide."),),
)


def test_the_direct_line_stands_first_its_words_bold_and_the_fixed_ones_not() -> None:
    shown = answer_html(0, replace(DIRECT, statements=DIRECT.statements[::-1]), None)

    first, second, under = lxml.html.fragment_fromstring(shown)
    assert [each.get("class") for each in (first, second, under)] == ["direct", "direct", None]
    assert [each.text_content() for each in (first, second)] == [
        "The quay closed\u2060[1]",
        "It is said: it opens\u2060[2]",
    ]
    assert [each.text for each in second.iter("strong")] == ["it opens"]
    assert under.text_content() == "It closed.\u2060[1]"
    assert "wide" not in shown
    assert 'href="#cite-0-3" aria-current="true">It is wide.</a>' in more_html(0, DIRECT, 3)


def test_a_block_is_a_table_with_what_its_citations_quote() -> None:
    shown = blocks_html(4, DIRECT, 2)

    table = lxml.html.fragment_fromstring(shown).find("table")
    assert table.findtext("caption/bdi") == "Quay"
    assert [each.text for each in table.findall("thead/tr/th")] == ["Outlet", "Says", "In the articles' words"]
    first, second = ([each.text_content() for each in row] for row in table.findall("tbody/tr"))
    assert first == ["Merrow Post", "May", "It opens again in May.\u2060[2]"]
    assert second == ["Tide", "-", ""]
    assert [each.text_content() for each in table.iter("strong")] == ["Merrow Post", "Tide"]
    assert re.findall(r'href="([^"]*)"', shown) == ["#cite-4-2"]
    quotes = replace(DIRECT, blocks=(Block("quotes", "", (), (Row((), (2,)),)),))
    assert [each.text_content() for each in lxml.html.fragment_fromstring(blocks_html(0, quotes, None)).iter("td")] == [
        "Merrow Post: It opens again in May.\u2060[2]"
    ]
    assert "\n- It opens again in May. [2]\n" in copy_text(quotes)
    assert "Merrow Post:" in blocks_html(0, replace(DIRECT, blocks=(Block("list", "", ("Day",), (
        Row(("May",), (1,)),)),)), None)  # fmt: skip


def test_a_row_whose_article_is_removed_is_a_mark() -> None:
    kept = {1: Kept("ab" * 32, 1), 2: Kept("cd" * 32, 1, "2031-04-02T10:00:00+00:00")}
    gone = replace(DIRECT, blocks=(replace(DIRECT.blocks[0], rows=(Row((), (2,)), DIRECT.blocks[0].rows[1])),))

    shown = blocks_html(0, gone, None, kept)
    assert '<tr><td colspan="3"><span class="gone">[removed: the article was removed from the library on 2 A' in shown
    assert "cdcdcdcdcdcd" in shown
    assert "cite" not in shown
    copied = copy_text(replace(gone, citations=(CITED[0], replace(CITED[1], quote=""))))
    assert "Quay\n- Tide, -\n\n[1]" in copied


@pytest.mark.parametrize("text", HOSTILE)
def test_direct_lines_blocks_and_more_are_escaped(text: str) -> None:
    cited = replace(CITED[0], quote=text, outlet=text or None)
    block = Block("table", text, (text, "Outlet"), (Row((text, "Merrow Post"), (1,)), Row(("", text))))
    line = Statement(text, (1,), (Mark(0, len(text), "answer"),), direct=True)
    reply = replace(DIRECT, statements=(line,), citations=(cited,), blocks=(block,), more=(replace(cited, number=2),))
    shown = answer_html(0, reply, None) + blocks_html(0, reply, None) + more_html(0, reply, None)

    elements = [*lxml.html.fragment_fromstring(f"<section>{shown}</section>").iter()]
    assert {each.tag for each in elements} <= {
        "section", "div", "p", "span", "strong", "ul", "li", "a", "bdi", "table", "caption", "thead", "tbody", "tr",
        "th", "td",
    }  # fmt: skip
    names = {name for each in elements for name in each.attrib}
    assert names <= {"class", "href", "title", "aria-label", "dir", "scope", "data-column"}
    assert shown.count(as_html(text)) >= (6 if text else 0)


def test_what_is_copied_begins_with_the_direct_line() -> None:
    source = "Merrow Post, Quay closes, 11 March 2031, https://merrow.example/quay"
    assert copy_text(DIRECT) == (
        "It is said: it opens [2]\nThe quay closed [1]\n\nIt closed. [1]\n\n"
        "Quay\n- Merrow Post, May: It opens again in May. [2]\n- Tide, -\n\n"
        f"[1] {source}\n[2] {source}\n\nMore on this:\n- It is wide. ({source})"
    )


def test_answer_says_when_it_stands_in_or_a_citation_was_not_found() -> None:
    unchecked = replace(REPLY, reason="model_failed", citations=(CITED[0], replace(CITED[1], checked=False)))

    assert "The model did not answer." in answer_html(0, unchecked, None)
    assert "Citation 2 was not found word for word" in answer_html(0, unchecked, None)
    assert "was not found" not in answer_html(0, REPLY, None)


def test_considered_passages_are_escaped_and_kept_apart_from_citations() -> None:
    shown = considered_html(REPLY, {"a1": "$Title$ <b>"})

    assert "&lt;i&gt;Post&lt;/i&gt;" in shown
    assert "$Title$ &lt;b&gt;" in shown
    assert "&lt;script&gt;text&lt;/script&gt;" in shown
    assert "score 0.0325" in shown
    assert "cite" not in shown.replace("it cites", "")
    assert "None of them answers" in considered_html(replace(REPLY, state="nothing"), {})


def test_undated_articles_are_marked_where_dates_were_a_condition() -> None:
    assert "ndated" not in considered_html(REPLY, {})
    assert '<span class="undated">undated</span>' in considered_html(REPLY, {}, {"a1"})
    assert "Undated articles come last" in considered_html(REPLY, {}, {"a1"})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"timings": {"total_ms": 312}}, "From the articles' own sentences, 0.3 s"),
        ({"timings": {"total_ms": 12_400}}, "From the articles' own sentences, 12 s"),
        ({"timings": {"total_ms": 3}, "state": "nothing"}, "Searched the library, 0.1 s"),
        ({"timings": {"total_ms": 2000}, "answered_by": "<b>x</b>"}, "Written by <b>x</b>, 2.0 s"),
    ],
)
def test_how_an_answer_was_come_by_is_said(changes: dict[str, Any], expected: str) -> None:
    assert manner_html(replace(REPLY, **changes)) == f'<p class="aside manner">{as_html(expected)}</p>'


def test_conditions_are_said_in_words_each_with_what_is_left_without_it() -> None:
    since, until = date(2017, 5, 1), date(2017, 9, 30)
    assert conditions(Filters(("The Guardian", "CNN"), since, until)) == [
        ("The Guardian", Filters(("CNN",), since, until)),
        ("CNN", Filters(("The Guardian",), since, until)),
        ("from 1 May 2017", Filters(("The Guardian", "CNN"), None, until)),
        ("until 30 September 2017", Filters(("The Guardian", "CNN"), since)),
    ]
    assert conditions(Filters()) == []
    assert shortened("a" * 41) == "a" * 39 + "…"


def test_question_is_escaped() -> None:
    assert question_html("<script>") == '<h2 class="question" tabindex="-1">&lt;script&gt;</h2>'
    assert 'class="question long"' in question_html("x" * 500)


def test_each_cited_article_has_one_chip_with_what_it_says() -> None:
    other = replace(CITED[0], number=3, article_id="b", outlet=None, title=None, published=None, quote="*long* " * 20)
    more = replace(CITED[0], number=4, quote="It <sank>.")

    html = chips_html(0, [*CITED, other], [more], opened=2)

    chips = [each.text_content() for each in lxml.html.fromstring(html).xpath("//a[@class='chip']")]
    assert chips[0] == f"1, 2 Merrow Post · {short_day(CITED[0].published)} · Quay closes"
    assert chips[1].startswith("3 Unknown outlet · undated · *long*")
    assert len(chips) == 2
    assert len(chips[1]) < 120
    assert html.count('aria-current="true"') == 1
    assert "It also says:</p><p><q><bdi>It &lt;sank&gt;." in html


@pytest.mark.parametrize("text", [text for text in HOSTILE if any(char.isalnum() for char in text)])
def test_a_chip_is_escaped(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    html = chips_html(0, [replace(CITED[0], outlet=text, title=text, quote=text)], (), None)

    for planted in ("<script", "<img", "<http", 'onmouseover="', "onfocus='", 'href="javascript:'):
        assert planted not in html


def test_reader_marks_the_quotes_to_the_letter() -> None:
    data = article_data(ARTICLE, CITED, current=2)

    first, second = data["paragraphs"]
    assert first == [
        {"text": "😀 ", "numbers": [], "current": False},
        {"text": "The quay closed.", "numbers": [1], "current": False},
        {"text": "  Nobody was hurt.", "numbers": [], "current": False},
    ]
    assert second[0] == {"text": "It opens again in May.", "numbers": [2], "current": True}
    assert data["changed"] is False
    assert data["credit"] == "Merrow Post, from Northern Press · 11 March 2031"
    assert data["address"] == "https://merrow.example/quay"


def test_reader_keeps_the_current_citation_whole_where_another_overlaps() -> None:
    overlapping = [citation(1, "The quay closed.  Nobody was hurt."), citation(2, "Nobody was hurt.")]

    first = article_data(ARTICLE, overlapping, current=1)["paragraphs"][0]
    assert [(piece["text"], piece["numbers"]) for piece in first] == [
        ("😀 ", []),
        ("The quay closed.  Nobody was hurt.", [1, 2]),
    ]
    second = article_data(ARTICLE, overlapping, current=2)["paragraphs"][0]
    assert [(piece["text"], piece["current"]) for piece in second] == [
        ("😀 ", False),
        ("The quay closed.  ", False),
        ("Nobody was hurt.", True),
    ]


def test_reader_highlights_nothing_where_the_article_has_changed() -> None:
    changed = replace(ARTICLE, text=ARTICLE.text.replace("It opens", "Now it opens"))

    data = article_data(changed, CITED, current=2)
    assert data["changed"] is True
    assert not any(piece["current"] for paragraph in data["paragraphs"] for piece in paragraph)


def test_reader_never_links_a_hostile_address() -> None:
    hostile = replace(ARTICLE, url="javascript:alert(1)", path="/home/me/<b>secret</b>/page.html")

    data = article_data(hostile, (), current=1)
    assert data["address"] is None
    assert data["file"] == "page.html"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\n\nTwo\nstill two.\n \n\nThree.", ["One.", "Two\nstill two.", "Three."]),
        ("One.\nTwo.\nThree.\n", ["One.", "Two.", "Three."]),
        ("One.", ["One."]),
        ("", []),
    ],
)
def test_paragraphs(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in paragraphs(text)] == expected


def test_dates_and_outlets_are_said_in_words() -> None:
    assert day("2031-03-01") == "1 March 2031"
    assert day(None) == "undated"
    assert day("spring") == "spring"
    assert credit(Article(text="x")) == "Unknown outlet · undated"


@pytest.mark.parametrize(
    ("value", "expected"), [("3-12", (3, 12)), ("3", None), ("a-b", None), ("-1-2", None), (None, None), (7, None)]
)
def test_clicked_links_are_checked(value: object, expected: tuple[int, int] | None) -> None:
    assert parse(value) == expected


def test_the_page_uses_the_colours_of_the_theme() -> None:
    theme = (ROOT / ".streamlit" / "config.toml").read_text()
    style = (ROOT / "rag" / "ui" / "components" / "page.css").read_text()

    pairs = re.findall(r"light-dark\((#\w+), (#\w+)\)", style)
    assert pairs
    light, dark = theme.split("[theme.light]")[1].split("[theme.dark]")
    for for_light, for_dark in pairs:
        assert for_light in light
        assert for_dark in dark


TOLD_BY_THE_HERALD = "How many people were injured when the barge hit, according to the Linnet Herald?"


@pytest.fixture(scope="module")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the first test to use it fills with the samples."""
    return tmp_path_factory.mktemp("page") / "store"


@pytest.fixture
def page(filled_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(filled_store))
    monkeypatch.setattr(
        "rag.ui.jobs.suggestion_job.suggestions", lambda *_: iter(())
    )  # each costs as much as an answer
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    st.cache_resource.clear()


def shown(page: AppTest) -> str:
    return "\n".join(element.value for element in page.html)


def ask(page: AppTest, question: str) -> AppTest:
    return page.chat_input[0].set_value(question).run()


def test_first_visit_reads_the_samples_and_offers_questions(page: AppTest, filled_store: Path) -> None:
    shutil.rmtree(filled_store, ignore_errors=True)
    page.run()

    assert not page.exception
    assert "14 articles from" in shown(page)
    offered = json.loads((Settings().samples / "questions.json").read_text())
    labels = [button.label for button in page.button if str(button.key).startswith("offered-")]
    assert [label.partition("] ")[2] for label in labels] == [as_label(entry["question"]) for entry in offered]
    assert "This is a sample library." in shown(page)


def test_the_samples_are_removed_and_come_back(page: AppTest) -> None:
    page.run()
    page.button(key="remove-samples").click().run()
    assert "Your library is empty" in shown(page)
    assert "Removed: the sample articles." in shown(page)

    page.button(key="undo-removal").click().run()
    assert "14 articles from" in shown(page)
    assert "Removed:" not in shown(page)


def test_the_samples_go_when_own_articles_come(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "own"))
    page.run()
    story = b"The ferry stays in Hollin until the ice is gone, said the harbour master Ada Quill on Monday."
    page.file_uploader[0].set_value([("ferry.txt", story, "text/plain")]).run()
    adding().wait(30)
    page.run()
    assert "1 article from" in shown(page)
    assert "Removed: the sample articles." in shown(page)

    page.button(key="undo-removal").click().run()
    assert "15 articles from" in shown(page)
    assert "The sample library is among your articles." in shown(page)
    page.file_uploader[0].set_value([("tram.txt", story.replace(b"ferry", b"tram"), "text/plain")]).run()
    adding().wait(30)
    page.run()
    assert "16 articles from" in shown(page)


def test_an_offered_question_is_answered_with_citations_to_choose(page: AppTest) -> None:
    page.run()
    page.button(key="offered-0").click().run()

    assert not page.exception
    assert 'href="#cite-0-1"' in shown(page)
    assert "Search results" in [expander.label for expander in page.expander]
    assert not any(expander.proto.expanded for expander in page.expander)
    assert page.session_state.opened is None

    open_citation(page, 0, 1)
    assert not page.exception
    assert 'class="chip" href="#cite-0-1" aria-current="true"' in shown(page)


def test_a_refusal_shows_the_nearest_passages_and_no_citation(page: AppTest) -> None:
    page.run()
    ask(page, "Which vineyards grow tempranillo near Zaragoza?")

    assert 'class="answer refusal"' in shown(page)
    assert "#cite-" not in shown(page)
    assert 'class="chip"' not in shown(page)
    assert '<p class="state">Not answered</p>' in shown(page)
    assert [expander.label for expander in page.expander] == ["Search results"]


def test_a_question_that_makes_no_sense_gets_a_sentence(page: AppTest) -> None:
    page.run()
    ask(page, "<script>alert(1)</script>" * 100)

    assert 'role="alert"' in shown(page)
    assert "Shorten it." in shown(page)
    assert "<script" not in shown(page)


def test_an_unexpected_failure_is_logged_and_said(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page.run()
    monkeypatch.setattr("rag.assistant.Assistant.ask", lambda *_, **__: 1 / 0)
    ask(page, "How much?")

    assert "Something unexpected went wrong" in shown(page)
    assert "ZeroDivisionError" in caplog.text
    assert "division" not in shown(page)


def test_a_new_chat_starts_over(page: AppTest) -> None:
    page.run()
    ask(page, "How many passengers were on the No. 4 tram?")
    assert 'class="question"' in shown(page)

    next(button for button in page.button if button.label == "New chat").click().run()
    assert 'class="question"' not in shown(page)
    assert page.button(key="offered-0")


def chips(page: AppTest) -> list[str]:
    return [button.label for button in page.button if (button.key or "").startswith("condition-")]


def test_a_condition_is_shown_and_can_be_taken_away(page: AppTest) -> None:
    page.run()
    ask(page, TOLD_BY_THE_HERALD)

    assert chips(page) == ["Linnet Herald"]
    first = page.session_state.exchanges[0].reply
    assert {citation.outlet for citation in first.citations} == {"Linnet Herald"}
    open_citation(page, 0, 1)

    page.button(key="condition-0-0").click().run()
    assert not page.exception
    assert chips(page) == []
    assert page.session_state.opened is None
    (exchange,) = page.session_state.exchanges
    assert exchange.reply.question == TOLD_BY_THE_HERALD
    assert not exchange.reply.filters
    assert {citation.outlet for citation in exchange.reply.citations} - {"Linnet Herald"}


def test_asking_again_without_one_condition_leaves_the_rest_of_the_chat(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = spied(monkeypatch)
    page.run()
    ask(page, "How much will repairing the bridge cost?")
    ask(page, "How many were injured, according to the Linnet Herald and the Vessermark Courier before 16 March 2031?")
    ask(page, "What did Henrike Solmar promise?")
    before = page.session_state.exchanges
    assert chips(page) == ["Linnet Herald", "Vessermark Courier", "until 15 March 2031"]

    page.button(key="condition-1-1").click().run()
    assert chips(page) == ["Linnet Herald", "until 15 March 2031"]
    assert asked[-1] == (before[1].question, Filters(("Linnet Herald",), None, date(2031, 3, 15)), [turn(before[0])])
    after = page.session_state.exchanges
    assert [after[0], after[2]] == [before[0], before[2]]
    assert after[1] != before[1]


def test_undated_articles_are_marked_among_the_passages_considered(page: AppTest) -> None:
    page.run()
    ask(page, "How do the children of Hollin get to school by boat, in articles published before 20 March 2031?")

    assert chips(page) == ["until 19 March 2031"]
    passages = re.findall(r"<li>.*?</li>", shown(page), re.DOTALL)
    assert {'class="undated"' in passage for passage in passages if "The 7:40 boat" in passage} == {True}
    assert {'class="undated"' in passage for passage in passages if "Linnet Herald" in passage} == {False}


def test_a_refusal_for_its_conditions_can_be_asked_again_without(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"state": "nothing", "reason": "outside_filters"}
    spied(monkeypatch, lambda reply: replace(reply, **refused) if reply.filters else reply)
    page.run()
    ask(page, TOLD_BY_THE_HERALD)
    assert 'class="answer refusal"' in shown(page)

    page.button(key="anywhere-0").click().run()
    assert 'class="answer"' in shown(page)
    assert chips(page) == []
    assert not [button for button in page.button if button.label == "Retry without conditions"]


def test_an_answer_stays_where_asking_again_fails(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page.run()
    ask(page, TOLD_BY_THE_HERALD)
    with monkeypatch.context() as patched:
        patched.setattr("rag.assistant.Assistant.ask", lambda *_, **__: 1 / 0)
        page.button(key="condition-0-0").click().run()

    assert "Something unexpected went wrong" in shown(page)
    assert 'href="#cite-0-1"' in shown(page)
    page.button(key="condition-0-0").click().run()
    assert "Something unexpected went wrong" not in shown(page)
    assert chips(page) == []


def spied(monkeypatch: pytest.MonkeyPatch, change: Callable[[Reply], Reply] = lambda reply: reply) -> list[Any]:
    """What the Assistant is asked from now on, its replies changed on the way."""
    asked: list[Any] = []
    answer = Assistant.ask

    def ask(assistant: Assistant, question: str, filters: Filters | None, chat: list[Turn]) -> Reply:
        asked.append((question, filters, chat))
        return change(answer(assistant, question, filters, chat))

    monkeypatch.setattr(Assistant, "ask", ask)
    return asked


def turn(exchange: Any) -> Turn:
    cited = tuple(citation.article_id for citation in exchange.reply.citations)
    return Turn(exchange.question, exchange.reply.answer, cited)


def test_a_wrong_setting_is_said_on_the_page(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_SOURCE_PORT", "<eighty>")
    page.run()

    assert 'role="alert">The setting SECOND_SOURCE_PORT is &#x27;&lt;eighty&gt;&#x27;' in shown(page)
    assert not page.chat_input


def test_a_wrong_setting_is_said_before_serving(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECOND_SOURCE_PORT", "eighty")
    with pytest.raises(SystemExit) as stopped:
        serve.main()

    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("The setting SECOND_SOURCE_PORT is 'eighty': ")


def test_a_library_in_use_elsewhere_is_said_and_can_be_tried_again(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise LibraryBusy("The library is held by <process> 7.")

    with monkeypatch.context() as patched:
        patched.setattr("rag.assistant.Assistant.open", busy)
        page.run()
        assert "The library is held by &lt;process&gt; 7." in shown(page)
        assert not page.chat_input

    next(button for button in page.button if button.label == "Try again").click().run()
    assert page.chat_input


def test_an_empty_library_without_samples_says_what_to_do(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("SECOND_SOURCE_SAMPLES", str(tmp_path / "nowhere"))
    page.run()

    assert "Your library is empty" in shown(page)
    assert "Add articles on the Library page" in [link.proto.label for link in page.get("page_link")]
    assert not page.button
    assert not page.chat_input


def test_samples_that_cannot_be_read_are_told_by_name(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "samples" / "articles").mkdir(parents=True)
    (tmp_path / "samples" / "articles" / "broken<b>.json").write_text("{")
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("SECOND_SOURCE_SAMPLES", str(tmp_path / "samples"))
    page.run()

    assert "could not be added" in shown(page)
    assert "broken&lt;b&gt;.json" in shown(page)
    assert not page.chat_input


def test_who_says_what_is_escaped_and_numbered_on() -> None:
    hostile = replace(ARTICLE, outlet="<b>Post</b>", text="<script>alert(1)</script> said “it & sank”.")
    said = Excerpt(hostile, 0, len(hostile.text))
    says = Account(hostile.outlet, "answers", (hostile,), hostile, said, None, 0)
    silent = Account("Quiet <i>", "not mentioned", (ARTICLE,), ARTICLE)
    wordings = (
        Wording(hostile, 31, 42, "direct", "<u>", differing=((start := hostile.text.index("sank"), start + 4),)),
        Wording(ARTICLE, 2, 18, "clip", ""),
    )
    claims, quotes = (
        (Claim("<em>asked", (says, silent), ("<script>alert(1)",), (1,), False),),
        (QuoteRow("<u>", "worded differently", wordings),),
    )

    section = section_of(Coverage("q", (hostile,), claims, quotes, (), (), ()), turn=3, after=2)

    assert [citation.number for citation in section.citations] == [3, 4, 5]
    assert 'href="#cite-3-3"' in section.html
    assert "<mark>sank</mark>" in section.html
    assert not re.search(r"<(?:script|b|i|u|em)>", section.html)
    assert "Not mentioned in what was read: <bdi>Quiet &lt;i&gt;</bdi>" in section.html
