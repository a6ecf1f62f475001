"""Files of the trade: what each gives, and that a torn one is said in a sentence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion.parser_process import Parser
from rag.ingestion.read_files import Item, Unread, read_content
from tests.conftest import SHARED
from tests.support.checks import MAX_MB

STORY = "The mill of Oster burned down on Friday night, and the brigade of three villages came too late to save it."
URL = "https://oster-post.example/mill"
PAGE = f"<html><head><title>Mill burns</title></head><body><article><p>{STORY}</p></article></body></html>"
SRT = (
    "1\n00:00:01,000 --> 00:00:02,000\nHOLM: The mill burned,\n\n"
    "2\n00:00:02,100 --> 00:00:04,000\nand we came too late.\n"
)
WARC = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{PAGE}"


def sheet() -> bytes:
    book, file = Workbook(), io.BytesIO()
    book.active.append(["Title", "Text", "URL"])
    book.active.append(["Mill burns", STORY, URL])
    book.save(file)
    return file.getvalue()


FILES: dict[str, bytes] = {
    ".eml": (
        "From: Oster Post <news@oster-post.example>\nSubject: Mill burns\nDate: Fri, 8 Feb 2019 06:30:00 +0100\n"
        f"Content-Type: text/html; charset=utf-8\n\n<p style='display: none'>Hidden</p><p>{STORY}</p>\n"
    ).encode(),
    ".mhtml": (
        f"From: <Saved by Blink>\nSnapshot-Content-Location: {URL}\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/related; boundary="x"\n\n--x\nContent-Type: text/html\n\n{PAGE}\n--x--\n'
    ).encode(),
    ".rtf": rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0\b Mill burns\b0\par " + STORY.encode() + rb"\par}",
    ".csv": f'title;text;url\nMill burns;"{STORY}";{URL}\n'.encode(),
    ".tsv": f"title\ttext\turl\nMill burns\t{STORY}\t{URL}\n".encode(),
    ".xlsx": sheet(),
    ".ris": (
        f"TY  - NEWS\nTI  - Mill burns\nAU  - Holm, Ida\nDA  - 2019/02/08\nUR  - {URL}\nN2  - {STORY}\nER  -\n"
    ).encode(),
    ".xml": (
        '<nitf><head><docdata><date.issue norm="20190208T063000+0100"/></docdata></head><body><body.head><hedline>'
        f"<hl1>Mill burns</hl1></hedline></body.head><body.content><p>{STORY}</p></body.content></body></nitf>"
    ).encode(),
    ".warc": (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {URL}\r\nContent-Type: application/http\r\n"
        f"Content-Length: {len(WARC)}\r\n\r\n{WARC}\r\n\r\n"
    ).encode(),
}


def article(suffix: str, content: bytes, parser: Parser) -> Article:
    (found,) = read_content(f"a{suffix}", suffix, content, MAX_MB, parser)
    assert isinstance(found, Item), found
    return found.article


@pytest.mark.parametrize("suffix", FILES)
def test_the_article_of_a_file(suffix: str, parser: Parser) -> None:
    found = article(suffix, FILES[suffix], parser)

    assert (found.text, found.title) == (STORY, "Mill burns")
    if suffix in (".eml", ".ris", ".xml"):
        assert found.published == "2019-02-08"
    if suffix in (".mhtml", ".csv", ".tsv", ".xlsx", ".ris", ".warc"):
        assert (found.url, found.outlet) == (URL, "oster-post.example")


@pytest.mark.parametrize("suffix", [".srt", ".txt"])
def test_subtitles_become_sentences(suffix: str, parser: Parser) -> None:
    assert article(suffix, SRT.encode(), parser).text == "HOLM: The mill burned, and we came too late."


def test_the_speakers_of_webvtt(parser: Parser) -> None:
    cues = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ida Holm>We came too late.\n\n00:02.000 --> 00:03.000\n<v Bo Lund>Yes.\n"
    )

    assert article(".vtt", cues.encode(), parser).text == "Ida Holm: We came too late.\n\nBo Lund: Yes."


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize("content", [b"\x93\xff\xfe torn", b"<a><b>", b"{" * 5000])
def test_a_damaged_file_is_said_in_a_sentence(suffix: str, content: bytes, parser: Parser) -> None:
    for found in read_content(f"a{suffix}", suffix, content, MAX_MB, parser):
        assert isinstance(found, Item) or "\n" not in found.reason


def test_a_table_without_a_text_says_its_columns(parser: Parser) -> None:
    (found,) = read_content("a.csv", ".csv", b"id,story\n1,x\n", MAX_MB, parser)

    assert found == Unread("a.csv", "no column of it is called text, content or body (its columns: id, story)")


@pytest.mark.parametrize("path", sorted((SHARED / "cases" / "03-kinds-of-files-refused" / "in").glob("*")), ids=str)
def test_the_shared_files(path: Path, parser: Parser) -> None:
    found = article(path.suffix, path.read_bytes(), parser)

    assert "quay" in found.text or "ferry" in found.text
    assert "-->" not in found.text
    assert not isinstance(found, ReadError)
