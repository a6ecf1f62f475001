"""Ingestion from end to end: read → describe → clean → split → embed → keep, a few articles at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import courlan

from rag import telemetry
from rag.article import Article, fingerprint
from rag.ingestion.extract import tidy
from rag.ingestion.fetch import Fetcher
from rag.ingestion.file_kinds import suffix_of
from rag.ingestion.find_files import Passed, Unread, find
from rag.ingestion.outlet_context import beside_the_others
from rag.ingestion.parser_process import Parser
from rag.ingestion.prepare import Prepared, described, prepare
from rag.ingestion.read_files import Item, More, Same, Waiting, read, read_content
from rag.ingestion.saved_pages import original_of
from rag.ingestion.web import Found, Web, in_the_meantime, is_address
from rag.library.library import Library
from rag.library.subscriptions import Feeds
from rag.models.embedding import Embedding
from rag.settings import PACKAGED_MODEL
from rag.text.language import is_english, language_name
from rag.text.stated_dates import doubt

ARTICLES_AT_ONCE = 16
"""Kept together: fewer are slower, and with more it takes long until the first is reported."""
LONGEST_SILENCE = 0.7
"""Seconds after which fetched articles are kept, so that an event is seen at least once a second."""
FIRST_PACE = 0.2
"""Seconds that keeping an article is expected to take, until it has been measured."""
NO_ADDRESS = "this is no address: it begins with https:// or http://"

Outcome = Literal["added", "updated", "unchanged", "duplicate", "failed", "skipped", "fetching"]


@dataclass(frozen=True, slots=True)
class IngestEvent:
    """What happened to one article, or to a file without one. `total` grows when a file has several articles.

    "skipped" stands for files of a folder that are no articles, such as hidden ones, and is no failure.
    "fetching" is not an outcome: it comes once a second while an address is being fetched.
    """

    source: str
    outcome: Outcome
    article_id: str | None
    title: str | None
    reason: str | None
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class _Planned:
    item: Item
    article: Article
    key: str
    outcome: Literal["added", "updated"]


@dataclass(frozen=True, slots=True)
class _Taken:
    """The articles of this run so far, by identity and by content."""

    sources: dict[str, str] = field(default_factory=dict)
    contents: dict[tuple[str, str | None], str] = field(default_factory=dict)
    addresses: list[tuple[str, str, str]] = field(default_factory=list)
    """Other addresses of articles: the address, its identity, and the identity of the article."""
    changed: list[str] = field(default_factory=list)

    def same(self, article: Article, key: str) -> str | None:
        """The identity under which the article already came in this run, or None."""
        if key in self.sources:
            return key
        return self.contents.get((article.content_hash, article.outlet)) if article.url else None

    def add(self, article: Article, key: str, source: str) -> None:
        self.sources[key] = source
        if article.url:
            self.contents.setdefault((article.content_hash, article.outlet), key)


def ingest(
    library: Library,
    embedding: Embedding,
    places: Sequence[str],
    max_mb: float,
    make_fetcher: Callable[..., Fetcher] = Fetcher,
    only_addresses: bool = False,
    ahead: Callable[[Iterable[Found]], Iterator[Found]] = iter,
) -> Iterator[IngestEvent]:
    """Add the articles of files, folders, globs and addresses; yields an event for each once it is kept.

    `max_mb` is the size from which a file or page is refused. With `only_addresses` anything else is reported as a
    failure, and not looked for on the disk. `ahead` is a step between finding and keeping (see `RayEmbedding.ahead`).

    A failure is reported and affects nothing else. Stopping early keeps what was reported, and ends a fetch.
    """
    with Parser() as parser, closing(_found(library, places, max_mb, parser, make_fetcher, only_addresses)) as found:
        yield from take_in(library, embedding, ahead(found))


def ingest_files(
    library: Library, embedding: Embedding, files: Sequence[tuple[str, bytes]], max_mb: float
) -> Iterator[IngestEvent]:
    """Like `ingest`, for files given as names and contents."""
    with Parser() as parser, closing(_handed_over(files, max_mb, parser)) as found:
        yield from take_in(library, embedding, found)


def _handed_over(files: Sequence[tuple[str, bytes]], max_mb: float, parser: Parser) -> Generator[Found, None, None]:
    yield More(len(files))
    thread = ThreadPoolExecutor(1, "read")
    try:
        for name, content in files:
            source = tidy(name)
            reading = read_content(source, suffix_of(name), content, max_mb, parser)
            number = 0
            while found := (yield from in_the_meantime(thread, source, partial(next, reading, None))):
                if number:
                    yield More(1)
                number += 1
                # The name is not a path, so it does not identify the article.
                yield replace(found, whole_file=False) if isinstance(found, Item) else found
    finally:
        parser.close()  # ends what the thread is waiting for
        thread.shutdown(wait=False, cancel_futures=True)


def _found(
    library: Library,
    places: Sequence[str],
    max_mb: float,
    parser: Parser,
    make_fetcher: Callable[..., Fetcher],
    only_addresses: bool,
) -> Generator[Found, None, None]:
    """What is found in the files and at the addresses that `places` mean."""
    addresses = list(dict.fromkeys(place.strip() for place in places if is_address(place)))
    others = [place for place in places if not is_address(place)]
    files: list[Path | Unread | Passed] = (
        [Unread(place, NO_ADDRESS) for place in others] if only_addresses else find(others, library.folder.resolve())
    )
    yield More(len(files) + len(addresses))
    for file in files:
        for number, found in enumerate(read(file, max_mb, parser) if isinstance(file, Path) else [file]):
            if number:
                yield More(1)
            yield found
    if addresses:
        with (
            make_fetcher(max_bytes=int(max_mb * 1_000_000)) as fetcher,
            Feeds(library.folder / "library.db") as feeds,
            closing(Web(fetcher, parser, feeds, max_mb)) as web,
        ):
            for address in addresses:
                yield from web.read(address)


def take_in(library: Library, embedding: Embedding, stream: Iterable[Found]) -> Iterator[IngestEvent]:
    """Keep the articles of a stream, a few at a time; yields an event for each once it is kept.

    Articles from files are embedded in large groups, which is faster; fetched ones in groups small enough for an event
    every second.
    """
    return telemetry.ingest(_take_in(library, embedding, stream))


def _take_in(library: Library, embedding: Embedding, stream: Iterable[Found]) -> Generator[IngestEvent, None, None]:
    total = done = 0
    taken = _Taken()
    waiting: list[_Planned] = []
    begun, pace = 0.0, FIRST_PACE
    for found in chain(stream, [Waiting(None)]):
        if isinstance(found, More):
            total += found.count
            continue
        if isinstance(found, Waiting):
            if found.source and not waiting:
                yield IngestEvent(found.source, "fetching", None, None, None, done, total)
            events: Iterable[IngestEvent] = ()
        else:
            event = _decide(library, found, taken, waiting)
            if isinstance(event, _Planned):
                begun = begun if waiting else time.monotonic()
                waiting.append(event)
                taken.changed.append(event.article.id)
                fetched = event.article.path is None
                expected = time.monotonic() - begun + (len(waiting) + 1) * pace if fetched else 0
                if len(waiting) < ARTICLES_AT_ONCE and expected < LONGEST_SILENCE:
                    continue
                events = ()
            else:
                events = [event]
        if not events:
            begun = time.monotonic()
            events = list(_keep(library, embedding, waiting))
            pace = (time.monotonic() - begun) / len(waiting) if waiting else pace
            waiting = []
        for event in events:
            done += 1
            yield replace(event, done=done, total=max(done, total))
    for url, key, same_as in taken.addresses:
        if known := library.known(same_as):
            library.catalogue.add_address(known.id, url, key)
    prepare_again(library, embedding, beside_the_others(library, taken.changed))


def prepare_again(library: Library, embedding: Embedding, articles: Sequence[Article]) -> None:
    """Split and embed articles again whose headline or omitted spans have changed."""
    for first in range(0, len(articles), ARTICLES_AT_ONCE):
        with library.writing:
            # Read again: an article may have been corrected or removed in the meantime.
            some = [
                replace(library.article(each.id), omitted=each.omitted)
                for each in articles[first : first + ARTICLES_AT_ONCE]
                if library.catalogue.exists(each.id)
            ]
            prepared = prepare(embedding, some, library.catalogue.vectors)
            library.put([(a, library.catalogue.key(a.id), s, e) for a, s, e in prepared])


def embed_anew(library: Library, embedding: Embedding) -> Iterator[Prepared]:
    """Every article of the library split for `embedding` and embedded with it, a few at a time."""
    ids = library.catalogue.ids()
    for first in range(0, len(ids), ARTICLES_AT_ONCE):
        articles = [library.article(id) for id in ids[first : first + ARTICLES_AT_ONCE]]
        # Articles from older versions of this program have not been described yet.
        articles = [article if article.basis else described(library, article) for article in articles]
        yield from prepare(embedding, articles, lambda hashes: {})


def _decide(
    library: Library, found: Item | Unread | Passed | Same, taken: _Taken, waiting: Sequence[_Planned]
) -> IngestEvent | _Planned:
    """What to do with what was found: the plan to keep it, or the event that says why not."""
    if isinstance(found, Unread):
        return IngestEvent(found.source, "failed", None, None, found.reason, 0, 0)
    if isinstance(found, Passed):
        return IngestEvent(found.source, "skipped", None, None, found.reason, 0, 0)
    if isinstance(found, Same):
        held = library.known(identity(Article(text="", url=found.source)))
        return IngestEvent(found.source, "unchanged", held.id if held else None, None, found.reason, 0, 0)
    event = _compare(library, found, taken, waiting)
    if isinstance(event, IngestEvent) and found.kept:
        found.kept()
    return event


def _compare(library: Library, found: Item, taken: _Taken, waiting: Sequence[_Planned]) -> IngestEvent | _Planned:
    article = found.article
    key = identity(article)
    same = taken.same(article, key)
    known = library.known(key) or (library.catalogue.known_path(str(article.path)) if found.whole_file else None)
    if known is None and same is None and article.url:
        other = library.catalogue.known_content(article.content_hash, article.outlet)
        same = library.catalogue.key(other.id) if other else None
    if same is not None:
        if article.url:
            taken.addresses.append((article.url, key, same))
        where = taken.sources.get(same) or f"{same.removeprefix('url:')}, under another address"
        return _event(found, "duplicate", None, f"the same article as {where}")
    taken.add(article, key, found.source)
    # If this run already plans to give the known article another text, this one is a new article.
    if known is None or any(plan.article.id == known.id for plan in waiting):
        article = replace(article, id=_new_id(library, key))
        return _Planned(found, article, key, "added")
    if known.content_hash == article.content_hash:
        # Older libraries have no time of day. It is filled in, and the article counts as unchanged.
        if article.published and article.published_at and not known.published_at:
            library.catalogue.set_time(known.id, article.published, article.published_at)
        if known.path == article.path:
            return _event(found, "unchanged", known.id)
        if known.path and Path(known.path).exists():
            return _event(found, "duplicate", known.id, f"the same article as {known.path}")
        library.catalogue.move(known.id, str(article.path))
        return _event(found, "unchanged", known.id)
    article = replace(article, id=known.id, version=known.version + 1)
    first = library.catalogue.key(known.id)
    if key != first and key.startswith("url:"):  # another address of the same article: the first one stays
        article, key = replace(article, url=library.article(known.id).url), first
    return _Planned(found, article, key, "updated")


def identity(article: Article) -> str:
    """The key of an article: its canonical address, else its outlet and text."""
    if address := _canonical(original_of(article.url or "")):
        return f"url:{address}"
    return "text:" + fingerprint(f"{article.outlet or ''}\x1f{article.text}")


def _canonical(url: str) -> str:
    """The address without scheme, "www.", tracking parameters and fragment; "" if it is not an address."""
    try:
        given, found = urlsplit(url), urlsplit(courlan.normalize_url(url))
    except ValueError:
        return ""
    # courlan drops a query without names ("story.asp?1234"), but here it identifies the article.
    query = found.query if "=" in given.query else given.query
    return found.netloc and found.netloc.removeprefix("www.") + found.path.rstrip("/") + (query and f"?{query}")


def _new_id(library: Library, key: str) -> str:
    id = fingerprint(key)[:16]
    while library.catalogue.exists(id):  # taken by a text that a file had before it changed
        id = fingerprint(id)[:16]
    return id


def _event(found: Item, outcome: Outcome, id: str | None, reason: str | None = None) -> IngestEvent:
    return IngestEvent(found.source, outcome, id, found.article.label, reason, 0, 0)


def _keep(library: Library, embedding: Embedding, planned: Sequence[_Planned]) -> Iterator[IngestEvent]:
    if not planned:
        return
    with library.writing:
        articles = [described(library, plan.article) for plan in planned]
        prepared = prepare(embedding, articles, library.catalogue.vectors)
        library.put([(a, plan.key, s, e) for plan, (a, s, e) in zip(planned, prepared, strict=True)])
    for plan in planned:
        if plan.item.kept:
            plan.item.kept()
    english = embedding.model_name == PACKAGED_MODEL
    for plan, article in zip(planned, articles, strict=True):
        foreign = None if is_english(article.language) else f"in {language_name(article.language or '')}"
        reason = f"{foreign}; the default model reads English" if foreign and english else foreign
        if doubtful := doubt(article.basis_of("published")):
            reason = "; ".join(filter(None, [reason, f"undated: {doubtful}"]))
        yield _event(plan.item, plan.outcome, plan.article.id, reason)
