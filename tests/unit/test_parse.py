"""The process that parses: what it makes of pages, feeds and documents, and what hostile ones do to nobody else."""

from __future__ import annotations

import gzip
import io
import os
import time
import zipfile
from pathlib import Path

import pytest

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion import parser_process
from rag.ingestion.feeds import FeedEntry, Listing, is_listing
from rag.ingestion.parser_process import Parser
from tests.support.documents import pdf, word
from tests.unit.test_extract import PAGE, PARAGRAPHS

LINES = [
    "The Candlemas Bridge was closed on Tuesday after a barge struck its third pier in thick",
    "fog, the harbour said. Nobody on the bridge was hurt, and the crew of the barge was taken",
    "ashore by the pilot boat within the hour.",
    "“We did not expect it,” said José Vell, the harbour master’s deputy, who had cross-",
    "ed the bridge an hour before.",
]
TEXT = (
    "The Candlemas Bridge was closed on Tuesday after a barge struck its third pier in thick fog, the harbour said. "
    "Nobody on the bridge was hurt, and the crew of the barge was taken ashore by the pilot boat within the hour.\n\n"
    "“We did not expect it,” said José Vell, the harbour master’s deputy, who had crossed the bridge an hour before."
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><rss version='2.0'><channel><title>&j;</title><item><link>https://linnet.example/1</link></item></channel></rss>"
)
OUTSIDE = (
    '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&x;</title>'
    "<item><title>&x;</title><link>https://linnet.example/1</link></item></channel></rss>"
)


def page(charset: str = "utf-8") -> bytes:
    return PAGE.format(charset=charset, paragraphs="".join(f"<p>{each}</p>" for each in PARAGRAPHS)).encode(charset)


def test_a_page_and_where_it_was_fetched(parser: Parser) -> None:
    article = parser.page(page("windows-1252"), "https://hollin.example/1", "windows-1252")

    assert article == Article(
        text="\n".join(PARAGRAPHS),
        title="Bridge closed",
        outlet="Linnet Herald",
        published="2031-03-11",
        published_at="2031-03-11T08:00:00+00:00",
        url="https://hollin.example/1",  # what a page says of its address may be another's
        authors=("Ada Quill",),
    )


def test_a_declared_encoding_counts(parser: Parser) -> None:
    text = "Мост был закрыт во вторник, сообщил начальник порта Лунёв. " * 4
    content = f"<html><body><article><p>{text}</p></article></body></html>".encode("koi8-r")

    assert parser.page(content, None, "koi8-r").text == text.strip()


def test_a_pdf_file(parser: Parser) -> None:
    assert parser.pdf(pdf([LINES])) == Article(text=TEXT)
    assert parser.pdf(pdf([["Bridge closed", "", *LINES]], title="Bridge closed")) == Article(
        text=TEXT, title="Bridge closed"
    )
    assert parser.pdf(pdf([LINES], title="Microsoft Word - final2.doc")).title is None


def test_a_pdf_file_of_several_pages(parser: Parser) -> None:
    pages = [["The Linnet Herald", *LINES[:2], "Page 1 of 3"], ["The Linnet Herald", *LINES[2:], "Page 2 of 3"]]
    pages.append(["The Linnet Herald", "It reopens in May, the harbour says.", "Page 3 of 3"])

    assert parser.pdf(pdf(pages)).text == TEXT + "\n\nIt reopens in May, the harbour says."


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf([[], []]), "its pages are pictures without text, as a scanner makes them: run it through OCR first"),
        (pdf([LINES], password="secret"), "it is encrypted: save it without a password first"),
        (b"%PDF-1.7\nnothing more", "it is no whole PDF file"),
        (pdf([LINES])[:600], "it is no whole PDF file"),
    ],
)
def test_pdf_files_that_give_no_article(parser: Parser, content: bytes, expected: str) -> None:
    with pytest.raises(ReadError) as refused:
        parser.pdf(content)

    assert str(refused.value).startswith(expected)


def test_a_pdf_file_that_opens_without_a_password(parser: Parser) -> None:
    """Its author only forbade printing."""
    assert parser.pdf(pdf([LINES], password="")).text == TEXT


def test_a_word_file(parser: Parser) -> None:
    content = word(
        [("Title", "Bridge closed"), ("Normal", "The bridge was closed."), ("Normal", " "), ("Heading 1", "What now?")],
        table=[["Ferry", "8:10"], ["Bus", "8:30"]],
    )

    assert parser.docx(content) == Article(
        title="Bridge closed", text="The bridge was closed.\n\nWhat now?\n\nFerry\t8:10\n\nBus\t8:30"
    )
    assert parser.docx(word([("Normal", "The bridge was closed.")], title="Bridge closed")) == Article(
        title="Bridge closed", text="The bridge was closed."
    )


def test_word_files_that_give_no_article(parser: Parser) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes.txt", "no document")

    for content in (b"PK\x03\x04", packed.getvalue(), b"no zip"):
        with pytest.raises(ReadError, match="it is no whole Word file"):
            parser.docx(content)
    with pytest.raises(ReadError, match="it has no text"):
        parser.docx(word([]))


# Feeds and sitemaps

RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Linnet &amp;amp; Herald</title>
<item><title>&lt;b&gt;Bridge&lt;/b&gt; closed</title><link> /1?a=b&amp;c=d </link>
<pubDate>Tue, 11 Mar 2031 08:00:00 GMT</pubDate></item>
<item><title>No address</title></item>
<item><link>https://hollin.example/2</link></item>
<item><title>Again</title><link>https://linnet.example/1?a=b&amp;c=d</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Linnet Herald</title><entry><title>Bridge closed</title>
<link rel="alternate" href="https://linnet.example/1"/><published>2031-03-11T08:00:00Z</published>
<updated>2031-03-12T08:00:00Z</updated></entry></feed>"""
JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Linnet Herald", "items": [
{"id": "1", "url": "https://linnet.example/1", "title": "Bridge closed", "date_published": "2031-03-11T08:00:00Z"},
{"id": "2"}, 3]}"""
SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://linnet.example/1</loc><news:news>
<news:publication_date>2031-03-11T08:00:00Z</news:publication_date><news:title>Bridge closed</news:title></news:news>
</url>
<url><loc>https://linnet.example/2</loc></url></urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>
<loc>https://linnet.example/news.xml</loc></sitemap></sitemapindex>"""
URL = "https://linnet.example/feed"


def listed(parser: Parser, content: str | bytes) -> tuple[Listing, list[tuple[str, str | None, str | None]]]:
    content = content.encode() if isinstance(content, str) else content
    assert is_listing(content)
    found = parser.listing(content, URL)
    return found, [(entry.url, entry.title, entry.published) for entry in found.entries]


@pytest.mark.parametrize("content", [RSS, ATOM, JSON_FEED, SITEMAP])
@pytest.mark.parametrize(
    ("written", "feed_date", "at"),
    [
        ("2031-03-11T08:00:00+09:00", "Tue, 11 Mar 2031 08:00:00 +0900", "2031-03-11T08:00:00+09:00"),
        ("2031-03-11T08:00:00-05:00", "Tue, 11 Mar 2031 08:00:00 EST", "2031-03-11T08:00:00-05:00"),
        ("2031-03-11", "11 Mar 2031", None),
    ],
)
def test_the_time_that_a_listing_states(
    parser: Parser, content: str, written: str, feed_date: str, at: str | None
) -> None:
    content = content.replace("2031-03-11T08:00:00Z", written).replace("Tue, 11 Mar 2031 08:00:00 GMT", feed_date)

    entry = parser.listing(content.encode(), URL).entries[0]
    assert (entry.published, entry.published_at) == ("2031-03-11", at)


def test_listings(parser: Parser) -> None:
    bridge = ("https://linnet.example/1", "Bridge closed", "2031-03-11")

    rss, entries = listed(parser, RSS)
    assert (rss.kind, rss.title) == ("feed", "Linnet & Herald")
    assert entries == [
        ("https://linnet.example/1?a=b&c=d", "Bridge closed", "2031-03-11"), ("https://hollin.example/2", None, None)
    ]  # fmt: skip
    assert [bool(entry.mark) for entry in rss.entries] == [True, False]
    for content in (ATOM, JSON_FEED):
        feed, entries = listed(parser, content)
        assert (feed.kind, feed.title, entries) == ("feed", "Linnet Herald", [bridge])
    sitemap, entries = listed(parser, gzip.compress(SITEMAP.encode()))
    assert (sitemap.kind, entries) == ("sitemap", [bridge, ("https://linnet.example/2", None, None)])
    assert [bool(entry.mark) for entry in sitemap.entries] == [True, False]
    assert listed(parser, INDEX)[0] == Listing(
        "index", None, (FeedEntry("https://linnet.example/news.xml", None, None, None),)
    )


@pytest.mark.parametrize(("content", "change"), [(ATOM, "2031-03-12"), (JSON_FEED, "08:00"), (SITEMAP, "08:00")])
def test_a_mark_changes_with_what_is_said_of_an_entry(parser: Parser, content: str, change: str) -> None:
    marks = [
        parser.listing(c.encode(), URL).entries[0].mark
        for c in (content, content, content.replace(change, "2031-03-13" if change[0] == "2" else "09:00"))
    ]

    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize(
    "content",
    [
        page(),
        b"<!doctype html><html><head><link rel=feed></head><body><feed>x</feed></body></html>",
        b'{"title": "Bridge closed", "maintext": "The bridge was closed."}',
        b"The feed was closed.",
        b"",
        b"\x1f\x8bnothing",
    ],
)
def test_what_is_no_listing(content: bytes) -> None:
    assert not is_listing(content)


def test_a_feed_with_faults_is_read_all_the_same(parser: Parser) -> None:
    torn = RSS.replace("&amp;c=d", "&c=d").replace("</channel></rss>", "")

    assert listed(parser, torn)[1][0] == ("https://linnet.example/1?a=b&c=d", "Bridge closed", "2031-03-11")


@pytest.mark.parametrize("content", [b"", b"<", page(), b"{}", b'{"version": "https://jsonfeed.org/version/1"}'])
def test_a_feed_that_is_none(parser: Parser, content: bytes) -> None:
    with pytest.raises(ReadError, match=r"neither a feed .* nor a sitemap"):
        parser.listing(content, URL)


@pytest.mark.parametrize("content", [LAUGHS, OUTSIDE])
def test_entities_are_not_expanded(parser: Parser, content: str) -> None:
    start = time.monotonic()

    with pytest.raises(ReadError, match="its XML defines entities"):
        parser.listing(content.encode(), URL)
    assert time.monotonic() - start < 3


# What a file may take


def test_a_packed_sitemap_that_unpacks_without_end(parser: Parser) -> None:
    with pytest.raises(ReadError, match="more than 60 MB when it is unpacked"):
        parser.listing(gzip.compress(b"<urlset>" + b" " * 70_000_000), URL)


def test_a_word_file_that_unpacks_without_end(parser: Parser) -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(word([("Normal", "x")]))) as given,
        zipfile.ZipFile(packed, "w", 8, compresslevel=1) as archive,
    ):
        for name in given.namelist():
            with archive.open(name, "w", force_zip64=True) as file:
                if name == "word/document.xml":
                    file.write(b"<w:document xmlns:w='x'>")
                    for _ in range(20):
                        file.write(b"<w:p/>" * 1_000_000)
                else:
                    file.write(given.read(name))

    with pytest.raises(ReadError):
        parser.docx(packed.getvalue())
    assert parser.docx(word([("Normal", "The next file is read.")])).text == "The next file is read."


def test_a_page_nested_without_end(parser: Parser) -> None:
    with pytest.raises(ReadError):
        parser.page(b"<div>" * 1_000_000)
    assert parser.page(page()).title == "Bridge closed"


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    with Parser(seconds=3) as parser:
        parser.page(page())
        parser._seconds = 0.001
        with pytest.raises(ReadError, match=r"reading it takes longer than 0\.001 seconds"):
            parser.page(page())
        parser._seconds = 20
        assert parser.page(page()).title == "Bridge closed"


def test_a_process_that_dies_is_replaced() -> None:
    with Parser() as parser:
        parser.page(page())
        assert parser._process
        parser._process.kill()
        with pytest.raises(ReadError, match="it broke the program that reads such files"):
            parser.page(page())
        assert parser.page(page()).title == "Bridge closed"


def test_the_process_is_started_once_and_ended() -> None:
    with Parser() as parser:
        assert parser._process is None
        parser.page(page())
        process = parser._process
        assert process
        parser.pdf(pdf([LINES]))
        assert parser._process is process
    assert process.returncode is not None


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("while True: pass", "reading it takes more of the processor's time than a file may"),
        ("return {'error': len(bytearray(2 << 30))}", "reading it takes more memory than a file may"),
        ("import os; os.abort()", "it broke the program that reads such files (-6)"),
        ("raise ArithmeticError", "it is damaged (ArithmeticError)"),
        ("open('written-by-a-file', 'w').write('x' * 10000)", "it is damaged (OSError)"),
        (
            "import os; return {'error': ','.join(sorted(os.environ))}",
            "LANG,PATH",
        ),
    ],
)
def test_what_the_process_may_not_do(work: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"""
import os, sys
from multiprocessing.connection import Connection
from rag.ingestion import parse
def work(content, request):
    {work}
os.chdir({str(tmp_path)!r})
parse.PROCESSOR_SECONDS = 0
parse.KINDS["page"] = work
parse.main(Connection(int(sys.argv[1])))
"""
    monkeypatch.setattr(parser_process, "PROGRAM", ["-c", program])
    monkeypatch.setattr(os, "environ", {"PATH": "", "LANG": "C.UTF-8", "SECRET_KEY": "x"})
    with Parser() as parser, pytest.raises(ReadError) as refused:
        parser.page(b"x")

    assert str(refused.value) == expected
    assert not any(path.stat().st_size for path in tmp_path.iterdir())
