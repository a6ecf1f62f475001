"""From what a file holds to an article: encodings, plain text, Markdown, HTML, the crawlers' JSON."""

from __future__ import annotations

import json

import pytest

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion.extract import decode, from_html, from_markdown, from_text, tidy
from rag.ingestion.json_articles import from_json, json_document

FRENCH = "Le ministre a déclaré que la réunion était reportée à l’été : « Où est-il ? » Il a été très ému."
ENGLISH = "José Muñoz, the café’s owner, paid £40 – or €46 – on Tuesday. “Naïve,” said his fiancée, Zoë."
JAPANESE = "港湾局は火曜日、橋を閉鎖すると発表した。けが人は十七人。"
RUSSIAN = "Мост был закрыт во вторник, сообщил начальник порта Лунёв."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ENGLISH, "utf-8"),
        (ENGLISH, "utf-8-sig"),
        (ENGLISH, "cp1252"),
        (ENGLISH, "utf-16"),
        (ENGLISH, "utf-32"),
        (FRENCH, "cp1252"),
        (FRENCH.replace("’", "'"), "latin-1"),
        ("Prime Minister José Álvarez met the naïve fiancée of señor Muñoz.", "cp1252"),
        ("Statsministeren sa at broen må stenges. Både øst og vest er det kø på vei.", "latin-1"),
        ("Starosta řekl, že most bude v úterý uzavřen. Příliš žluťoučký kůň.", "cp1250"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (RUSSIAN, "cp1251"),
        ("港务局星期二宣布关闭大桥。十七人受伤。", "gb18030"),
        ("Ça", "utf-16"),
        ("plain", "ascii"),
        ("", "utf-8"),
    ],
)
@pytest.mark.parametrize("times", [1, 20])
def test_an_encoding_that_nobody_states(text: str, encoding: str, times: int) -> None:
    text = "\n".join([text] * times)

    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\x00" * 100, b"PK\x03\x04\x00\x00"])
def test_a_binary_file_is_no_text(content: bytes) -> None:
    with pytest.raises(ReadError, match="binary"):
        decode(content)


def test_tidy_leaves_unix_lines_and_whole_characters() -> None:
    assert tidy(" \r\na\r\nb\rc\x00 \ud83d\ude00 \ud800 \n") == "a\nb\nc 😀 \ufffd"


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        ("Bridge closed\n\nThe bridge was closed.\n", "Bridge closed", "The bridge was closed."),
        ("Bridge closed\r\n\r\nThe bridge\r\n", "Bridge closed", "The bridge"),
        ("Bridge closed.\n\nThe bridge was closed.", None, "Bridge closed.\n\nThe bridge was closed."),
        ("Bridge closed\nThe bridge was closed.", None, "Bridge closed\nThe bridge was closed."),
        ("“Closed”\n\nThe bridge was closed.", None, "“Closed”\n\nThe bridge was closed."),
        ("Bridge closed", None, "Bridge closed"),
        ("word " * 40 + "\n\nThe bridge.", None, ("word " * 40 + "\n\nThe bridge.")),
        ("", None, ""),
    ],
)
def test_plain_text(content: str, title: str | None, text: str) -> None:
    assert from_text(content) == Article(text=text, title=title)


def test_markdown_without_its_marks() -> None:
    content = (
        "# The  *school* boat\n\nThe **boat** left [Hollin](https://hollin.example) at `8:10`.\nIt was <b>late</b>.\n\n"
        "## Later\n\n- one\n- two\n\n> quoted\n\n```\ncode\n```\n\n# Another heading\n"
    )

    assert from_markdown(content) == Article(
        title="The school boat",
        text="The boat left Hollin at 8:10.\nIt was late.\n\nLater\n\none\n\ntwo\n\nquoted\n\ncode\n\nAnother heading",
    )


PAGE = """<!DOCTYPE html><html lang="en"><head>
<meta charset="{charset}"><title>Bridge closed | Linnet Herald</title>
<meta property="og:title" content="Bridge closed"><meta property="og:site_name" content="Linnet Herald">
<meta name="author" content="Ada Quill"><meta property="article:published_time" content="2031-03-11T08:00:00Z">
<link rel="canonical" href="https://linnet-herald.example/news/bridge"></head><body>
<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>Bridge closed</h1>{paragraphs}</article>
<footer>All rights reserved. Cookie settings.</footer><script>alert("no")</script></body></html>"""
PARAGRAPHS = [
    "The Candlemas Bridge was closed on Tuesday after a barge struck its third pier in thick fog, the harbour said.",
    "“We did not expect it,” said the harbour master’s deputy, José Vell, who had crossed it an hour before the crash.",
]


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
def test_a_saved_page(charset: str) -> None:
    content = PAGE.format(charset=charset, paragraphs="".join(f"<p>{each}</p>" for each in PARAGRAPHS))

    assert from_html(decode(content.encode(charset))) == Article(
        text="\n".join(PARAGRAPHS),
        title="Bridge closed",
        outlet="Linnet Herald",
        published="2031-03-11",
        published_at="2031-03-11T08:00:00+00:00",
        url="https://linnet-herald.example/news/bridge",
        authors=("Ada Quill",),
    )


def test_a_page_that_declares_its_encoding_as_xml_does() -> None:
    page = PAGE.format(charset="utf-8", paragraphs="".join(f"<p>{each}</p>" for each in PARAGRAPHS))

    assert from_html('<?xml version="1.0" encoding="utf-8"?>\n' + page).text == "\n".join(PARAGRAPHS)


@pytest.mark.parametrize("page", ["", "<html></html>"])
def test_a_page_without_an_article(page: str) -> None:
    with pytest.raises(ReadError, match="no article was found"):
        from_html(page)


def test_news_please_json() -> None:
    item = {
        "title": " Bridge \n closed ",
        "maintext": "The bridge was closed.\r\n\r\nNobody was hurt.",
        "date_publish": "2031-03-11 08:00:00",
        "source_domain": "www.bbc.co.uk",
        "url": "https://www.bbc.co.uk/news/1?utm_source=x",
        "authors": ["Ada Quill", "", None, "Ben  Oake"],
        "language": "en",
        "description": None,
    }

    assert from_json(item) == Article(
        text="The bridge was closed.\n\nNobody was hurt.",
        title="Bridge closed",
        outlet="BBC",
        published="2031-03-11",
        published_at="2031-03-11T08:00:00",
        url="https://www.bbc.co.uk/news/1?utm_source=x",
        authors=("Ada Quill", "Ben Oake"),
        language="en",
    )


def test_trafilatura_json() -> None:
    item = {
        "title": "Bridge closed",
        "author": "Ada Quill; Ben Oake",
        "hostname": "linnet-herald.example",
        "date": "2031-03-11",
        "text": "The bridge was closed.",
        "source": "https://linnet-herald.example/news/bridge",
        "source-hostname": "Linnet Herald",
    }

    assert from_json(item) == Article(
        text="The bridge was closed.",
        title="Bridge closed",
        outlet="Linnet Herald",
        published="2031-03-11",
        url="https://linnet-herald.example/news/bridge",
        authors=("Ada Quill", "Ben Oake"),
    )


def test_only_an_address_is_an_address() -> None:
    """Many data sets have the outlet's name under "source"."""
    assert from_json({"text": "One.", "source": "Linnet Herald"}) == Article(text="One.", outlet="Linnet Herald")
    assert from_json({"text": "One.", "url": "http://[", "source": "http://a.example/1"}) == Article(
        text="One.", url="http://a.example/1", outlet="a.example"
    )


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2031-03-11", "2031-03-11"),
        ("2031-03-11T23:30:00+09:00", "2031-03-11"),
        ("20310311", "2031-03-11"),
        ("Tue, 11 Mar 2031 08:00:00 GMT", "2031-03-11"),
        ("March 11, 2031, 5:04 PM EDT", "2031-03-11"),
        ("11 March 2031", "2031-03-11"),
        ("2031/03/11", "2031-03-11"),
        ("Tuesday", None),
        ("March 11", None),
        ("March 2031", None),
        ("2031", None),
        ("2031-03", None),
        ("12:30", None),
        ("7", None),
        ("2031-13-45", None),
        ("yesterday", None),
        ("9" * 30, None),
        ("", None),
    ],
)
def test_a_date_is_whole_or_none(written: str, date: str | None) -> None:
    assert from_json({"text": "One.", "date": written}).published == date


@pytest.mark.parametrize(
    ("item", "at"),
    [
        ({"date_publish": "2018-10-29 14:05:00"}, "2018-10-29T14:05:00"),
        ({"date_publish": "2018-10-29T14:05:00+09:00"}, "2018-10-29T14:05:00+09:00"),
        ({"date": "Mon, 29 Oct 2018 14:05:00 +0900"}, "2018-10-29T14:05:00+09:00"),
        ({"date_publish": "2018-10-29", "date": "2018-10-28T23:05:00Z"}, "2018-10-28T23:05:00+00:00"),
        ({"date_publish": "2018-10-29", "date_modify": "2018-10-29 18:00:00"}, None),
        ({"date_publish": "2018-10-29 00:00:00"}, None),
        ({"date_publish": "2018-10-29"}, None),
        ({"date_publish": None}, None),
    ],
)
def test_the_time_that_json_states(item: dict[str, object], at: str | None) -> None:
    assert from_json({"text": "One."} | item).published_at == at


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ([], "it holds a list, not an object"),
        ("text", "it holds a string"),
        (None, "it holds null"),
        (7, "it holds a number"),
        (True, "it holds true or false"),
        ({}, r"it has no text: .* \(its keys: none\)"),
        ({"title": "Bridge", "maintext": None}, r"its keys: title, maintext"),
        ({"text": 7}, "its text is a number, not a string"),
    ],
)
def test_json_without_text(item: object, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        from_json(item)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('{"a": 1,\n "b": }', None, "line 2, column 7: it is not valid JSON"),
        ('{"a": }', 12, "line 12, column 7: it is not valid JSON"),
        ("[" * 100_000, None, "nested too deeply"),
        ('{"a": ' + "1" * 5000 + "}", None, "cannot be read"),
    ],
)
def test_json_that_is_none(content: str, line: int | None, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        json_document(content, line)


def test_json_of_any_kind_is_returned() -> None:
    assert json_document(json.dumps([{"text": "ß"}])) == [{"text": "ß"}]
