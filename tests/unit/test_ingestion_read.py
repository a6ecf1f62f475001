"""Which files there are, what articles each holds, and what is said of those that give none."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from rag.article import Article
from rag.ingestion.find_files import Unread
from rag.ingestion.parser_process import Parser
from rag.ingestion.read_files import Item, read
from tests.support.checks import MAX_MB

BRIDGE = Article(text="The bridge was closed.", title="Bridge closed")


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def reason(path: Path, parser: Parser, max_mb: float = MAX_MB) -> str:
    (found,) = read(path, max_mb, parser)
    assert isinstance(found, Unread)
    assert found.source == str(path)
    return found.reason


def test_a_whole_file_is_named_by_its_path(articles: Path, parser: Parser) -> None:
    path = write(articles / "bridge.txt", "Bridge closed\n\nThe bridge was closed.")
    crooked = articles / ".." / "articles" / "bridge.txt"

    for each in (path, crooked):
        assert list(read(each, MAX_MB, parser)) == [
            Item(str(each), Article(text=BRIDGE.text, title=BRIDGE.title, path=str(path)), whole_file=True)
        ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "# Bridge closed\n\nThe bridge was closed."),
        ("a.markdown", "# Bridge closed\n\nThe bridge was closed."),
        ("a.TEXT", "Bridge closed\n\nThe bridge was closed."),
        ("a.json", json.dumps({"title": BRIDGE.title, "maintext": BRIDGE.text})),
        ("a.json", json.dumps([{"title": BRIDGE.title, "text": BRIDGE.text}])),
    ],
)
def test_kinds_of_file(articles: Path, name: str, content: str, parser: Parser) -> None:
    path = write(articles / name, content)

    assert list(read(path, MAX_MB, parser)) == [
        Item(str(path), Article(text=BRIDGE.text, title=BRIDGE.title, path=str(path)), whole_file=True)
    ]


def test_a_list_gives_what_is_right_in_it(articles: Path, parser: Parser) -> None:
    path = write(articles / "a.json", json.dumps([{"text": "One."}, {"title": "no text"}, {"text": "Three."}]))

    first, second, third = read(path, MAX_MB, parser)

    assert first == Item(f"{path}, article 1", Article(text="One.", path=str(path)), whole_file=False)
    assert isinstance(second, Unread)
    assert second.source == f"{path}, article 2"
    assert third == Item(f"{path}, article 3", Article(text="Three.", path=str(path)), whole_file=False)


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson"])
def test_lines_give_what_is_right_in_them(articles: Path, suffix: str, parser: Parser) -> None:
    lines = ['{"text": "One."}', "", '{"text": x}', '{"title": "no text"}', '{"text": "Five.\u2028Still five."}\r']
    path = write(articles / f"a.{suffix}", "\n".join(lines))

    one, three, four, five = read(path, MAX_MB, parser)

    assert one == Item(f"{path}, line 1", Article(text="One.", path=str(path)), whole_file=False)
    assert three == Unread(f"{path}, line 3", "column 10: it is not valid JSON (Expecting value)")
    assert isinstance(four, Unread)
    assert four.source == f"{path}, line 4"
    assert five == Item(f"{path}, line 5", Article(text="Five.\u2028Still five.", path=str(path)), whole_file=False)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", b"", "it is empty"),
        ("a.txt", b" \n\t\n", "it is empty"),
        ("a.jsonl", b"\n\n", "it is empty"),
        ("a.json", b"[]", "it is an empty list"),
        (
            "a.txt",
            b"\x89PNG\r\n\x1a\n\x00\x00",
            "it is a binary file, not text. Convert it to text, HTML or JSON first",
        ),
        ("a.txt", "… — …\n\n***".encode(), "it has no text"),
        ("a.json", b'{"text": "  "}', "it has no text"),
        (
            "a.json",
            b'{\n"text": "One."\n"title": 1}',
            "line 3, column 1: it is not valid JSON (Expecting ',' delimiter)",
        ),
        ("a.html", b"<html></html>", "no article was found on the page"),
        (
            "a.odt",
            b"PK",
            "this kind of file is not read (.odt). Save it as text, HTML, PDF or Word",
        ),
        (
            "a",
            b"text",
            "this kind of file is not read (no ending). Save it as text, HTML, PDF or Word",
        ),
    ],
)
def test_files_that_give_no_article(articles: Path, name: str, content: bytes, expected: str, parser: Parser) -> None:
    assert reason(write(articles / name, content), parser) == expected


def test_a_file_of_fifty_megabytes_is_not_read(articles: Path, monkeypatch: pytest.MonkeyPatch, parser: Parser) -> None:
    path = articles / "large.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail(f"{self} was read"))

    assert reason(path, parser) == (
        "it has 50 MB, more than the 20 MB an article may have (SECOND_SOURCE_MAX_FILE_MB raises the limit)"
    )


def test_a_line_without_end_is_not_read(articles: Path, parser: Parser) -> None:
    path = write(articles / "a.jsonl", '{"text": "One."}\n{"text": "' + "x" * 2000 + '"}\n')

    one, two = read(path, 0.001, parser)

    assert isinstance(one, Item)
    assert two == Unread(f"{path}, line 2", "the line has more than the 0.001 MB an article may have")


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_that_vanishes(articles: Path, name: str, parser: Parser) -> None:
    assert reason(articles / name, parser) == "it vanished before it could be read"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "there is no permission to read it"),
        (OSError(errno.EIO, "Input/output error"), "it cannot be read: Input/output error"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_that_cannot_be_read(
    articles: Path, name: str, error: OSError, expected: str, monkeypatch: pytest.MonkeyPatch, parser: Parser
) -> None:
    """Root may read everything, so that the refusal is made here."""
    path = write(articles / name, "x")

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Path, "read_bytes", refuse)
    monkeypatch.setattr(Path, "open", refuse)

    assert reason(path, parser) == expected
