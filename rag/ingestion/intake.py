"""Adds articles from files, addresses, feeds and pasted text to a library, and corrects what is known about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion.fetch import Fetcher
from rag.ingestion.parser_process import Parser
from rag.ingestion.pipeline import IngestEvent, embed_anew, ingest, ingest_files, prepare_again, take_in
from rag.ingestion.read_files import Item, More, Waiting, pasted
from rag.ingestion.web import Web
from rag.library.library import Library
from rag.library.subscriptions import Feed, Feeds
from rag.models.embedding import Embedding
from rag.settings import Settings


class Intake:
    """Adds articles to a library, embedded with its model."""

    def __init__(
        self,
        library: Library,
        embedding: Embedding,
        max_file_mb: float,
        make_fetcher: Callable[..., Fetcher] | None = None,
    ) -> None:
        """`max_file_mb`: a larger file or page is refused; `make_fetcher`: makes the Fetcher for addresses."""
        self.library = library
        self.embedding = embedding
        self._max_mb = max_file_mb
        self._make_fetcher = make_fetcher or Fetcher

    def ingest(self, places: Sequence[str | Path]) -> Iterator[IngestEvent]:
        """Add the articles of files, folders, globs and addresses (pages, documents, feeds, sitemaps).

        Yields one event for each article as it happens. Closing the iterator stops between two articles.
        """
        return ingest(
            self.library,
            self.embedding,
            [str(place) for place in places],
            self._max_mb,
            self._make_fetcher,
        )

    def ingest_on_ray(self, places: Sequence[str | Path], settings: Settings) -> Iterator[IngestEvent]:
        """Like `ingest`, but embedded by Ray's actors on this machine or the cluster of RAY_ADDRESS.

        Raises UsageError if Ray is not installed or cannot be started.
        """
        from rag.ingestion.ray_embedding import RayEmbedding  # late: few have Ray

        with RayEmbedding(self.embedding, settings) as embedding:
            yield from ingest(
                self.library,
                embedding,
                [str(place) for place in places],
                self._max_mb,
                self._make_fetcher,
                ahead=partial(embedding.ahead, self.library),
            )

    def ingest_addresses(self, addresses: Sequence[str]) -> Iterator[IngestEvent]:
        """Like `ingest`, for addresses alone: anything else is reported, and not looked for on the disk."""
        return ingest(self.library, self.embedding, addresses, self._max_mb, self._make_fetcher, only_addresses=True)

    def ingest_files(self, files: Sequence[tuple[str, bytes]]) -> Iterator[IngestEvent]:
        """Add files given as names and contents. The names only show the kind of file and appear in the events."""
        return ingest_files(self.library, self.embedding, files, self._max_mb)

    def ingest_text(
        self,
        text: str,
        title: str | None = None,
        outlet: str | None = None,
        published: str | None = None,
        url: str | None = None,
    ) -> IngestEvent:
        """Add a pasted article and what is known about it. Raises UsageError if a value cannot be used."""
        article = pasted(text, title, outlet, published, url)
        (event,) = take_in(self.library, self.embedding, [More(1), Item("the pasted text", article, whole_file=False)])
        return event

    def feeds(self) -> list[Feed]:
        """The feeds that are followed."""
        with self._feeds() as feeds:
            return feeds.followed()

    def follow(self, url: str) -> Feed:
        """Follow the feed or sitemap at `url`; `refresh` reads it. Raises ReadError if there is none."""
        url = url.strip()
        looking = self._looked_up(url)
        try:
            while True:
                next(looking)
        except StopIteration as found:
            return Feed(url, found.value)
        except ReadError as error:
            raise ReadError(f"{url}: {error}.") from error

    def follow_and_read(self, url: str) -> Iterator[IngestEvent]:
        """Follow the feed or sitemap at `url` and read it; yields one event for each article."""
        url = url.strip()
        try:
            for _ in self._looked_up(url):
                yield IngestEvent(url, "fetching", None, None, None, 0, 1)
        except ReadError as error:
            yield IngestEvent(url, "failed", None, None, str(error), 1, 1)
        else:
            yield from self.refresh([url])

    def _looked_up(self, url: str) -> Generator[Waiting, None, str | None]:
        """Note a feed as followed and return its title. Raises ReadError if there is none."""
        with (
            self._make_fetcher(max_bytes=int(self._max_mb * 1_000_000)) as fetcher,
            Parser() as parser,
            self._feeds() as feeds,
            closing(Web(fetcher, parser, feeds, self._max_mb)) as web,
        ):
            listing = yield from web.listing(url)
            feeds.follow(url, listing.title)
            return listing.title

    def unfollow(self, url: str) -> None:
        """Stop following a feed; its articles stay. Raises UsageError if it is not followed."""
        with self._feeds() as feeds:
            feeds.unfollow(url.strip())

    def refresh(self, urls: Sequence[str] = ()) -> Iterator[IngestEvent]:
        """Add what is new or changed in the feeds at `urls`, or in all followed feeds; yields an event for each.

        Raises UsageError for a feed that is not followed.
        """
        with self._feeds() as feeds:
            for url in urls:
                feeds.check(url.strip())
            done = total = 0
            for url in [url.strip() for url in urls] or [feed.url for feed in feeds.followed()]:
                outcomes: Counter[str] = Counter()
                for event in self.ingest([url]):
                    yield replace(event, done=done + event.done, total=total + event.total)
                    if event.outcome != "fetching":
                        outcomes[event.outcome] += 1
                        alone = event
                done, total = done + alone.done, total + alone.total
                said = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
                feeds.note_reading(url, alone.reason if alone.reason and alone.source == url else said)

    def _feeds(self) -> Feeds:
        return Feeds(self.library.folder / "library.db")

    def edit(self, id: str, values: Mapping[str, str]) -> Article:
        """Correct what is known about an article, and return the corrected article. Raises UsageError, UnknownArticle.

        `values`: the new values of fields in `rag.article.DESCRIBED`, as typed; "" for unknown.
        """
        with self.library.writing:
            before = self.library.article(id)
            article = self.library.edit(id, values)
            if article.title != before.title:  # a passage is embedded with its headline
                prepare_again(self.library, self.embedding, [article])
        return article

    def embed_anew(self) -> None:
        """Split and embed every article with the model of the settings; all or nothing."""
        self.library.reembed(
            embed_anew(self.library, self.embedding), self.embedding.identity, self.embedding.model_name
        )
