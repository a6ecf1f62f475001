"""Reads web addresses: the article of a page or document, or the articles that a feed or sitemap lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import TypeVar

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion.feeds import FeedEntry, Listing, is_listing
from rag.ingestion.fetch import Fetched, Fetcher, Validators
from rag.ingestion.find_files import Passed, Unread
from rag.ingestion.parser_process import Parser
from rag.ingestion.publication_time import goes_with
from rag.ingestion.read_files import Item, More, Same, Waiting, has_text, read_content
from rag.library.subscriptions import Feeds, Visit

HEARTBEAT = 0.8
"""Seconds between two signs that a page is still being fetched."""
LISTING = "listing"
"""The mark of a visit to a feed or sitemap. If a person gives its address, only a feed or sitemap may be skipped
because it has not changed. A page is always fetched, so that a removed article can come back.
"""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|(?:https?|file|data|javascript|mailto|ftp):", re.I)
_ENDINGS = {
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
}
_NO_ARTICLES = {"image": "an image", "audio": "a recording", "video": "a video", "font": "a font"}
Result = TypeVar("Result")
Found = Item | Unread | Passed | Same | Waiting | More


def is_address(place: str) -> bool:
    """Whether `place` is an address and not a path."""
    return _ADDRESS.match(place.strip()) is not None


def in_the_meantime(thread: Executor, source: str, work: Callable[[], Result]) -> Generator[Waiting, None, Result]:
    """Run `work` in a thread and return its result. Until then, yield a Waiting every HEARTBEAT seconds."""
    future = thread.submit(work)
    while not wait([future], HEARTBEAT).done:
        yield Waiting(source)
    return future.result()


class Web:
    """Reads addresses with a fetcher and a parser. `feeds` notes what was fetched, to ask only for changes later."""

    def __init__(self, fetcher: Fetcher, parser: Parser, feeds: Feeds, max_mb: float) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._feeds = feeds
        self._max_mb = max_mb
        self._thread = ThreadPoolExecutor(1, "fetch")

    def close(self) -> None:
        """Stop whatever is running."""
        self._fetcher.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._parser.close()

    def listing(self, url: str) -> Generator[Waiting, None, Listing]:
        """The feed or sitemap at `url`; yields Waiting until it is there. Raises ReadError if there is none."""
        fetched = yield from self._meanwhile(url, partial(self._fetcher.fetch, url))
        return (yield from self._meanwhile(url, partial(self._parser.listing, fetched.content or b"", fetched.url)))

    def read(self, url: str) -> Iterator[Found]:
        """The articles at `url`, or of the listing there, as they are fetched. A failure is yielded as Unread."""
        url = url.strip()
        visit = self._feeds.visit(url)
        known = _validators(visit) if visit.mark == LISTING else Validators()
        try:
            fetched = yield from self._meanwhile(url, partial(self._fetcher.fetch, url, known))
            if fetched.content is None:
                yield Same(url, "it has not changed since it was last read")
            elif is_listing(fetched.content):
                listing = yield from self._meanwhile(url, partial(self._parser.listing, fetched.content, fetched.url))
                yield from self._listed(url, fetched, listing, {url, fetched.url})
            else:
                yield from self._articles(url, fetched)
        except ReadError as error:
            yield Unread(url, str(error))

    def _listed(self, url: str, fetched: Fetched, listing: Listing, passed: set[str]) -> Iterator[Found]:
        """The entries of a listing. The listing is noted as read only after all have been kept."""
        if not listing.entries:
            yield Same(url, "it lists no articles")
            return
        yield More(len(listing.entries) - 1)
        whole = True
        for entry in listing.entries:
            for found in self._index_entry(entry, passed) if listing.kind == "index" else self._entry(entry):
                whole = whole and not isinstance(found, Unread)
                yield found
        yield Waiting(None)  # keeps what is still waiting
        if whole:
            self._feeds.remember(Visit(url, fetched.validators.etag, fetched.validators.last_modified, LISTING))

    def _index_entry(self, entry: FeedEntry, passed: set[str]) -> Iterator[Found]:
        """A sitemap that an index lists."""
        if entry.url in passed:
            yield Same(entry.url, "it has been read already")
            return
        passed.add(entry.url)
        visit = self._feeds.visit(entry.url)
        try:
            fetched = yield from self._meanwhile(entry.url, partial(self._fetcher.fetch, entry.url, _validators(visit)))
            if fetched.content is None:
                yield Same(entry.url, "it has not changed since it was last read")
                return
            parse = partial(self._parser.listing, fetched.content, fetched.url)
            listing = yield from self._meanwhile(entry.url, parse)
        except ReadError as error:
            yield Unread(entry.url, str(error))
        else:
            yield from self._listed(entry.url, fetched, listing, passed)

    def _entry(self, entry: FeedEntry) -> Iterator[Found]:
        """The article of an entry, unless the entry is the same as the last time."""
        visit = self._feeds.visit(entry.url)
        if entry.mark and entry.mark == visit.mark:
            yield Same(entry.url)
            return
        try:
            fetched = yield from self._meanwhile(entry.url, partial(self._fetcher.fetch, entry.url, _validators(visit)))
            now = Visit(entry.url, fetched.validators.etag, fetched.validators.last_modified, entry.mark)
            if fetched.content is None:
                self._feeds.remember(now)
                yield Same(entry.url)
                return
            for found in self._articles(entry.url, fetched):
                if isinstance(found, Item):
                    article = found.article
                    published = article.published or entry.published
                    told = entry.published_at if goes_with(published, entry.published_at) else None
                    titled = replace(
                        article,
                        title=article.title or entry.title,
                        published=published,
                        published_at=article.published_at or told,
                    )
                    found = replace(found, article=titled, kept=partial(self._feeds.remember, now))
                yield found
        except ReadError as error:
            yield Unread(entry.url, str(error))

    def _articles(self, url: str, fetched: Fetched) -> Iterator[Found]:
        """The article of a fetched page or document, or the articles of JSON. Raises ReadError if there is none."""
        content, kind = fetched.content or b"", fetched.media_type
        if not content.strip():
            raise ReadError("there is nothing at this address: the page is empty")
        if name := _NO_ARTICLES.get(kind.partition("/")[0]):
            raise ReadError(f"it is {name}, not an article")
        head = content[:1024].lstrip()
        ending = ".pdf" if head.startswith(b"%PDF-") else _ENDINGS.get(kind)
        if ending:
            reading = partial(self._read_document, url, ending, content)
            for found in (yield from self._meanwhile(url, reading)):
                if isinstance(found, Item) and found.whole_file:
                    found = replace(found, article=replace(found.article, url=fetched.url), whole_file=False)
                yield found
            return
        article = yield from self._meanwhile(url, partial(self._parser.page, content, fetched.url, fetched.charset))
        yield Item(url, _checked(article), whole_file=False)

    def _read_document(self, url: str, ending: str, content: bytes) -> list[Item | Unread]:
        return list(read_content(url, ending, content, self._max_mb, self._parser))

    def _meanwhile(self, url: str, work: Callable[[], Result]) -> Generator[Waiting, None, Result]:
        return in_the_meantime(self._thread, url, work)


def _validators(visit: Visit) -> Validators:
    return Validators(visit.etag, visit.last_modified)


def _checked(article: Article) -> Article:
    if not has_text(article):
        raise ReadError("no article was found on the page")
    return article
