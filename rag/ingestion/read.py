"""Files, folders and globs: which files there are, and what articles each holds."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion import extract

TEXT, MARKDOWN, HTML = {".txt", ".text"}, {".md", ".markdown"}, {".html", ".htm", ".xhtml"}
JSON, JSON_LINES = {".json"}, {".jsonl", ".ndjson"}
SUFFIXES = TEXT | MARKDOWN | HTML | JSON | JSON_LINES


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, or one line of it, that gave no article, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """One article as found. `whole_file`: the file holds nothing else, so that its path identifies the article."""

    source: str
    article: Article
    whole_file: bool


def find(places: Sequence[str]) -> list[Path | Unread]:
    """The files that `places` (files, folders, globs) come to, each once, folders in alphabetical order."""
    found: dict[Path, None] = {}
    unread: list[Path | Unread] = []
    for place in places:
        path = Path(place)
        with suppress(RuntimeError):  # "~name" where there is no such user
            path = path.expanduser()
        try:
            if not place.strip():
                unread.append(Unread(repr(place), "this is no name of a file or folder"))
            elif path.is_dir():
                inside = [p for p in sorted(path.rglob("*")) if _is_article_file(p, path)]
                if not inside:
                    unread.append(Unread(place, f"no articles in this folder: it has no {_suffixes()} files"))
                found |= dict.fromkeys(inside)
            elif path.exists():
                found[path] = None
            elif glob.has_magic(place):
                matches = [Path(p) for p in sorted(glob.glob(str(path), recursive=True)) if Path(p).is_file()]
                if not matches:
                    unread.append(Unread(place, "no file matches this pattern"))
                found |= dict.fromkeys(matches)
            else:
                unread.append(Unread(place, "there is no such file or folder"))
        except OSError as error:
            unread.append(Unread(place, f"it cannot be looked at: {error.strerror or error}"))
    return [*found, *unread]


def read(path: Path, max_mb: float) -> Iterator[Item | Unread]:
    """The articles of one file. What is wrong with it comes out as Unread, with the line where there is one."""
    source = str(path)
    try:
        if path.suffix.lower() in JSON_LINES:
            yield from _read_lines(path, max_mb)
            return
        articles = _read_whole(path, max_mb)
    except ReadError as error:
        yield Unread(source, str(error))
    except OSError as error:
        yield Unread(source, _os_reason(error))
    else:
        for number, found in enumerate(articles, 1):
            where = source if len(articles) == 1 else f"{source}, article {number}"
            yield _item(where, path, found, len(articles) == 1)


def _read_whole(path: Path, max_mb: float) -> list[Article | ReadError]:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ReadError(f"this kind of file is not read ({path.suffix or 'no ending'}): give {_suffixes()}")
    size = path.stat().st_size
    if size > max_mb * 1_000_000:
        raise ReadError(
            f"it has {size / 1e6:.0f} MB, more than the {max_mb:g} MB an article may have "
            "(SECOND_SOURCE_MAX_FILE_MB raises the limit)"
        )
    content = path.read_bytes()
    if not content.strip():
        raise ReadError("it is empty")
    text = extract.decode(content)
    if suffix in JSON:
        document = extract.json_document(text)
        if document == []:
            raise ReadError("it is an empty list")
        return [_tried(each) for each in document] if isinstance(document, list) else [extract.from_json(document)]
    if suffix in HTML:
        return [extract.from_html(text)]
    return [extract.from_markdown(text) if suffix in MARKDOWN else extract.from_text(text)]


def _read_lines(path: Path, max_mb: float) -> Iterator[Item | Unread]:
    empty = True
    with path.open("rb") as file:
        number = 0
        while content := file.readline(int(max_mb * 1_000_000) + 1):
            number += 1
            if not content.strip():
                continue
            empty = False
            where = f"{path}, line {number}"
            if len(content) > max_mb * 1_000_000:
                yield Unread(where, f"the line has more than the {max_mb:g} MB an article may have")
                return
            try:
                document = extract.json_document(extract.decode(content).rstrip(), number)
                yield _item(where, path, extract.from_json(document), False)
            except ReadError as error:
                yield Unread(where, str(error).removeprefix(f"line {number}, "))
    if empty:
        yield Unread(str(path), "it is empty")


def _tried(document: object) -> Article | ReadError:
    try:
        return extract.from_json(document)
    except ReadError as error:
        return error


def _item(where: str, path: Path, found: Article | ReadError, whole_file: bool) -> Item | Unread:
    if isinstance(found, ReadError):
        return Unread(where, str(found))
    if not any(char.isalnum() for char in found.text):
        return Unread(where, "it has no text")
    return Item(where, replace(found, path=extract.tidy(str(path.resolve()))), whole_file)


def _is_article_file(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in SUFFIXES and not hidden and path.is_file()


def _suffixes() -> str:
    return ", ".join(sorted(SUFFIXES))


def _os_reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it vanished before it could be read"
    if isinstance(error, PermissionError):
        return "there is no permission to read it"
    return f"it cannot be read: {error.strerror or error}"
