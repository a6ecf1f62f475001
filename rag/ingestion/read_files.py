"""Reads files: the articles in each, or the reason why there is none."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from rag.article import Article
from rag.errors import ReadError, UsageError
from rag.ingestion import extract
from rag.ingestion.exchange_formats import FORMATS, from_subtitles, is_subtitles
from rag.ingestion.file_kinds import HEAD, kind_of, suffix_of, why_not
from rag.ingestion.find_files import Unread
from rag.ingestion.parser_process import Parser
from rag.ingestion.publication_time import published_at
from rag.text.outlet_names import host_of, name_of
from rag.text.stated_dates import typed_date


@dataclass(frozen=True, slots=True)
class Item:
    """An article that was found.

    `whole_file` is true if the file has nothing else, so that its path identifies the article. `kept` is called once
    the library has the article.
    """

    source: str
    article: Article
    whole_file: bool
    kept: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """An article or a feed that has not changed since it was last read."""

    source: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class More:
    """The number of items to come is higher than was known, because a file or listing has several."""

    count: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """`source` is still being fetched. If it is None, what has come so far may be kept now."""

    source: str | None


def read(path: Path, max_mb: float, parser: Parser) -> Iterator[Item | Unread]:
    """The articles of one file. Whatever is wrong with it is yielded as Unread, with the line if there is one."""
    try:
        suffix = suffix_of(path.name)
        with path.open("rb") as file:
            if _kind(suffix, file.read(HEAD)) == "lines":
                file.seek(0)
                for found in _read_lines(str(path), file, max_mb, parser):
                    yield _at(path, found)
                return
        _check_size(path.stat().st_size, max_mb)
        content = path.read_bytes()
    except ReadError as error:
        yield Unread(str(path), str(error))
    except OSError as error:
        yield Unread(str(path), _os_reason(error))
    else:
        for found in read_content(str(path), suffix, content, max_mb, parser):
            yield _at(path, found)


def read_content(source: str, suffix: str, content: bytes, max_mb: float, parser: Parser) -> Iterator[Item | Unread]:
    """The articles in the `content` of a file of the kind `suffix`; `source` is its name in the items.

    `whole_file` is set if the content is one article. Whatever is wrong with it is yielded as Unread.
    """
    try:
        kind = _kind(suffix, content[:HEAD])
        _check_size(len(content), max_mb)
        if kind == "lines":
            yield from _read_lines(source, io.BytesIO(content), max_mb, parser)
            return
        articles = _articles(kind, content, parser)
    except ReadError as error:
        yield Unread(source, str(error))
        return
    for number, found in enumerate(articles, 1):
        where = source if len(articles) == 1 else f"{source}, article {number}"
        yield _item(where, found, len(articles) == 1)


def pasted(
    text: str, title: str | None = None, outlet: str | None = None, published: str | None = None, url: str | None = None
) -> Article:
    """The article of a pasted text, with what the person says about it.

    Raises UsageError if the text is empty, or a date or address is not one.
    """
    article = extract.from_text(text) if not title else Article(text=extract.tidy(text))
    if not has_text(article):
        raise UsageError("The pasted text is empty: paste the article's text.")
    title, outlet, published, url = (
        " ".join(extract.tidy(each or "").split()) for each in (title, outlet, published, url)
    )
    date = typed_date(published, "The date") if published else None
    if url and not (host_of(url) and url.startswith(("http://", "https://"))):
        raise UsageError(f"{url!r} is not an address: it begins with https:// or http://.")
    host = host_of(url)
    return replace(
        article,
        title=title or article.title,
        outlet=outlet or (name_of(host) if host else None),
        published=date,
        published_at=published_at(date, [published]),
        url=url or None,
    )


def has_text(article: Article) -> bool:
    """Whether the article has any letter or digit."""
    return any(char.isalnum() for char in article.text)


def _kind(suffix: str, head: bytes) -> str:
    """The kind of a file. Raises ReadError if it is not read."""
    if not head:
        raise ReadError("it is empty")
    kind = kind_of(suffix, head)
    if kind is None:
        raise ReadError(why_not(suffix))
    return kind


def _check_size(size: int, max_mb: float) -> None:
    if size > max_mb * 1_000_000:
        raise ReadError(
            f"it has {size / 1e6:.0f} MB, more than the {max_mb:g} MB an article may have "
            "(SECOND_SOURCE_MAX_FILE_MB raises the limit)"
        )


def _articles(kind: str, content: bytes, parser: Parser) -> list[Article | ReadError]:
    if not content.strip():
        raise ReadError("it is empty")
    if kind == "pdf":
        return [parser.pdf(content)]
    if kind == "docx":
        return [parser.docx(content)]
    if kind == "page":
        return [parser.page(content)]
    if kind == "json":
        return parser.json(content)
    if kind in FORMATS:
        return parser.exchanged(kind, content)
    text = extract.decode(content)
    if kind == "subtitles" or (kind == "text" and is_subtitles(text)):
        return [from_subtitles(text)]
    return [extract.from_markdown(text) if kind == "markdown" else extract.from_text(text)]


def _read_lines(source: str, file: BinaryIO, max_mb: float, parser: Parser) -> Iterator[Item | Unread]:
    empty, number = True, 0
    while content := file.readline(int(max_mb * 1_000_000) + 1):
        number += 1
        if not content.strip():
            continue
        empty = False
        where = f"{source}, line {number}"
        if len(content) > max_mb * 1_000_000:
            yield Unread(where, f"the line has more than the {max_mb:g} MB an article may have")
            return
        try:
            yield _item(where, parser.json(content, number)[0], False)
        except ReadError as error:
            yield Unread(where, str(error).removeprefix(f"line {number}, "))
    if empty:
        yield Unread(source, "it is empty")


def _item(where: str, found: Article | ReadError, whole_file: bool) -> Item | Unread:
    if isinstance(found, ReadError):
        return Unread(where, str(found))
    return Item(where, found, whole_file) if has_text(found) else Unread(where, "it has no text")


def _at(path: Path, found: Item | Unread) -> Item | Unread:
    """What was found, with the path of its file."""
    if isinstance(found, Unread):
        return found
    return replace(found, article=replace(found.article, path=extract.tidy(str(path.resolve()))))


def _os_reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it vanished before it could be read"
    if isinstance(error, PermissionError):
        return "there is no permission to read it"
    return f"it cannot be read: {error.strerror or error}"
