"""Articles in the files of the trade: subtitles, letters, tables, references, agency XML, web archives, rich text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion.extract import decode, from_html, from_text, tidy
from rag.ingestion.json_articles import from_json
from rag.ingestion.markup import text_of
from rag.ingestion.publication_time import published_at
from rag.text.outlet_names import host_of, name_of
from rag.text.stated_dates import read_date

_CUE = re.compile(r"^(?:\d+\n)?(?:\d+:)?\d\d:\d\d[,.]\d{3} --> (?:\d+:)?\d\d:\d\d[,.]\d{3}.*\n", re.M)
_VOICE = re.compile(r"<v(?:\.[^ >]*)? ([^>]+)>")
_COLUMNS = {"media_name": "outlet", "newspaper": "outlet", "headline": "title", "author": "authors", "link": "url"}
_RIS = re.compile(r"^([A-Z][A-Z0-9])  - ?(.*)$")


def is_subtitles(text: str) -> bool:
    """Whether a text has the numbers and time codes of subtitles (SRT, WebVTT)."""
    return len(_CUE.findall(text[:4000].replace("\r\n", "\n"))) >= 2


def from_subtitles(content: str) -> Article:
    """What is said in subtitles, without numbers and time codes, lines joined; a new speaker begins a paragraph."""
    text = tidy(content)
    cues = _CUE.split(re.sub(r"\AWEBVTT.*\n", "", text))[1:]
    joined = ""
    for cue in cues:
        said = re.sub(
            r"<[^>]+>", "", _VOICE.sub(lambda voice: f"{voice[1]}: ", re.sub(r"\n\s*\n.*", "", cue, flags=re.S))
        )
        said = " ".join(said.split())
        speaks = re.match(r"(?:-|>>|[A-Z][\w .'’-]{1,30}:\s)", said)
        joined += ("\n\n" if speaks and joined else " ") + said
    return Article(text=joined.strip())


def rtf(content: bytes) -> Iterator[Article]:
    """The text of a rich text file (striprtf)."""
    from striprtf.striprtf import rtf_to_text

    yield from_text(re.sub(r"\n+", "\n\n", rtf_to_text(content.decode("latin-1"), errors="replace").strip()))


def mail(content: bytes) -> Iterator[Article]:
    """The article of a letter, a newsletter or a page saved as MHTML (the standard library's email)."""
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    address = str(message.get("Snapshot-Content-Location") or message.get("Content-Location") or "")
    subject = " ".join(str(message.get("Subject") or "").split()) or None
    page, plain = (message.get_body((kind,)) for kind in ("html", "plain"))
    if host_of(address) or "Saved by" in str(message.get("From")):
        if page is None:
            raise ReadError("no page was found in it")
        article = from_html(str(page.get_content()))
        yield article if article.url else _at(article, address)
        return
    if page is None and plain is None:
        raise ReadError("it has no text")
    text = text_of(str(page.get_content())) if page is not None else tidy(str(plain.get_content() if plain else ""))
    dated = read_date([str(message.get("Date") or "")])
    sender = next(iter(getattr(message.get("From"), "addresses", ())), None)
    outlet = sender.display_name or name_of(sender.domain) if sender else None
    yield Article(
        text=text,
        title=subject,
        outlet=outlet or None,
        published=dated.day,
        published_at=published_at(dated.day, [str(message.get("Date") or "")]),
    )


def table(content: bytes) -> Iterator[Article | ReadError]:
    """The articles in the rows of a table (CSV, TSV) with a column for the text."""
    text = decode(content)
    csv.field_size_limit(50_000_000)
    first = text.partition("\n")[0]
    mark = max(",;\t|", key=first.count)
    yield from _rows(list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark))


def sheet(content: bytes) -> Iterator[Article | ReadError]:
    """The articles in the rows of the first sheet of a workbook (openpyxl)."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    yield from _rows(
        ["" if cell is None else str(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)
    )


def _rows(rows: Iterator[list[str]]) -> Iterator[Article | ReadError]:
    names = [" ".join(name.split()).lower() for name in next(rows, [])]
    if not {"text", "maintext", "content", "body", "full_text", "fulltext", "article_text"} & set(names):
        yield ReadError(f"no column of it is called text, content or body (its columns: {', '.join(names[:8])})")
        return
    for row in rows:
        if any(row):
            item = {_COLUMNS.get(name, name): value for name, value in zip(names, row, strict=False) if value}
            yield _tried(item)


def references(content: bytes) -> Iterator[Article | ReadError]:
    """The articles of a RIS file that have a text or an abstract."""
    fields: dict[str, list[str]] = {}
    for line in decode(content).splitlines():
        if not (found := _RIS.match(line)):
            continue
        tag, value = found[1], found[2].strip()
        if tag != "ER":
            fields.setdefault(tag, []).append(value)
            continue
        names = {"title": ("TI", "T1"), "outlet": ("JO", "T2", "JF", "PB"), "text": ("N2", "AB", "N1"), "url": ("UR",),
                 "language": ("LA",), "date": ("DA", "PY", "Y1")}  # fmt: skip
        item: dict[str, Any] = {
            name: next((fields[tag][0] for tag in tags if fields.get(tag)), None) for name, tags in names.items()
        }
        item["date"] = (item["date"] or "").strip("/")
        item["authors"] = [" ".join(reversed(each.split(", ", 1))) for each in fields.get("AU", ())]
        yield _tried(item)
        fields = {}


def agency_xml(content: bytes) -> Iterator[Article | ReadError]:
    """The articles of a NITF or NewsML-G2 document."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content, forbid_entities=True, forbid_external=True)
    except (DefusedXmlException, ParseError, ValueError) as error:
        raise ReadError(f"it is no whole XML file, or one that is not safe ({type(error).__name__})") from error
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    items = [root] if root.tag == "nitf" else list(root.iter("newsItem"))
    if not items:
        raise ReadError("its XML is neither NITF nor NewsML-G2")
    for item in items:

        def said(*names: str, item: Any = item) -> str | None:
            found = (each for name in names for each in item.iter(name))
            return next((text for each in found if (text := " ".join("".join(each.itertext()).split()))), None)

        body = next((each for name in ("body.content", "inlineXML") for each in item.iter(name)), None)
        paragraphs = [
            " ".join("".join(each.itertext()).split()) for each in (body.iter("p") if body is not None else ())
        ]
        stamps = [each.get("norm") for each in item.iter("date.issue")]
        stamps += [each.get("date.publication") for each in item.iter("pubdata")]
        stamps += [
            each.text for name in ("firstCreated", "contentCreated", "versionCreated") for each in item.iter(name)
        ]
        outlet = next((name for each in item.iter("pubdata") if (name := each.get("name"))), None)
        yield _tried(
            {
                "title": said("hl1", "headline"),
                "text": "\n\n".join(filter(None, paragraphs)),
                "authors": [each] if (each := said("person", "byline", "by")) else [],
                "outlet": outlet or said("infoSource", "provider"),
                "date": next(filter(None, stamps), None),
            }
        )


def web_archive(content: bytes) -> Iterator[Article | ReadError]:
    """The articles of the pages in a WARC file (warcio)."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    found = 0
    try:
        for record in ArchiveIterator(io.BytesIO(content)):
            kind = record.http_headers.get_header("Content-Type", "") if record.http_headers else ""
            if record.rec_type != "response" or "html" not in kind:
                continue
            found += 1
            try:
                address = record.rec_headers.get_header("WARC-Target-URI") or ""
                yield _at(from_html(decode(record.content_stream().read())), address)
            except ReadError as error:
                yield error
    except ArchiveLoadFailed as error:
        raise ReadError("it is no whole WARC file") from error
    if not found:
        raise ReadError("it has no page")


def _tried(item: dict[str, Any]) -> Article | ReadError:
    try:
        return from_json(item)
    except ReadError as error:
        return error


def _at(article: Article, address: str) -> Article:
    host = host_of(address)
    return replace(article, url=address or None, outlet=article.outlet or (name_of(host) if host else None))


FORMATS: dict[str, Callable[[bytes], Iterator[Article | ReadError]]] = {
    "rtf": rtf,
    "mail": mail,
    "table": table,
    "sheet": sheet,
    "references": references,
    "agency_xml": agency_xml,
    "web_archive": web_archive,
}
"""The readers of the kinds of file."""
