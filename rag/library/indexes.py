"""The vector and keyword indexes, which follow the catalogue and can be rebuilt from it."""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from rag.article import Article
from rag.errors import ChromaAway, LibraryError, UnknownArticle
from rag.library.article_rows import Embedded
from rag.library.catalogue import Catalogue
from rag.library.chroma import Server
from rag.library.index import TornIndex
from rag.library.keywords import KeywordIndex
from rag.library.vectors import VectorIndex
from rag.reply import Filters

logger = logging.getLogger(__name__)

ARTICLES_AT_ONCE = 200
PROBED = 32
FEW_PASSAGES = 1000
"""A library smaller than this says little of how rare a word is: rarity is reckoned as if it had so many."""
PROBED_AFTER_A_CRASH = 1000
WHOLE = 0.9
"""The least share of sampled passages that an intact index finds. The search is approximate."""
MARKER = "open"
"""A file that is there while the library is open: "opening" until its indexes have been checked, then "open"."""
MADE_WITH = "indexes_made_with"
DELETED = "vectors_deleted"
MOST_DELETED = 1000
"""So many deleted vectors, or as many as there are, may stay in the graph: every search goes through them too."""
QUICKLY_BUILT = 2000
"""A rebuild of this many takes two seconds. Larger ones are left to `reindex`, because questions would wait."""


class Indexes:
    """The vectors and the keywords of the passages in `catalogue`; one thread at a time uses them."""

    def __init__(self, folder: Path, catalogue: Catalogue, server: Server | None = None) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self.vectors = VectorIndex(folder, server)
        self.keywords = KeywordIndex(folder)
        self.changes = 0
        """Increases whenever results may have changed."""
        self.repaired: str | None = None
        """The damage found at the start and repaired, in words, or None."""
        self.behind: str | None = None
        """Why they could not apply the latest changes, in words, or None. Changes are applied before each search."""
        self._lock = threading.RLock()

    def open(self) -> None:
        """Open the indexes, apply pending changes, and check them; rebuild what is missing or damaged."""
        marker = self.folder / MARKER
        before = marker.read_text(errors="replace") if marker.exists() else ""
        marker.write_text("opening")
        try:
            if before == "opening":
                raise TornIndex("the last start was interrupted while they were being opened")
            self.vectors.open()
            self.vectors.sweep()
            self.keywords.open()
            self.follow()
            self._probe(PROBED_AFTER_A_CRASH if before else PROBED)
            if self.behind:
                raise ChromaAway(self.behind)
        except TornIndex as error:
            self._repair(str(error))
        except ChromaAway:
            marker.write_text(before) if before else marker.unlink()  # they may be intact
            raise
        marker.write_text("open")

    def close(self) -> None:
        """Close them in a consistent state."""
        self.vectors.close()
        self.keywords.close()
        with suppress(OSError):
            (self.folder / MARKER).unlink()

    def by_meaning(self, vector: Sequence[float], limit: int, filters: Filters) -> list[tuple[str, float]]:
        """The ids of the passages nearest to `vector` and their cosine similarity, nearest first."""
        if not self.catalogue.count("passages") or _nothing(filters):
            return []
        return self._search(lambda: self.vectors.search(vector, limit, filters))

    def by_words(self, query: str, limit: int, filters: Filters) -> list[tuple[str, float]]:
        """The ids of the passages that share the query's words and their BM25 scores, best first."""
        if _nothing(filters):
            return []
        return self._search(lambda: self.keywords.search(query, limit, filters))

    def rarity(self, stems: Sequence[str]) -> dict[str, float]:
        """How rare each word is, from 0 (in every passage) to 1 (in none): the inverse document frequency, scaled."""
        with self._lock:
            total = self.keywords.count()
            # The index counts deleted passages until it is merged, so a count can exceed the total.
            having = {stem: min(total, self.keywords.passages_with(stem)) for stem in stems}
            scale = math.log1p(max(total, FEW_PASSAGES))
            return {stem: 1 - math.log1p(count) / scale for stem, count in having.items()}

    def follow(self) -> None:
        """Apply pending changes of the catalogue. This is idempotent, so a crash in between is harmless."""
        with self._lock:
            while pending := self.catalogue.pending(ARTICLES_AT_ONCE):
                changed = list(dict.fromkeys(article for _, article in pending))
                present = list(self._contents(changed))
                try:
                    deleted = self.vectors.update(changed, present)
                    self.keywords.update(changed, present)
                    self._tidy(deleted)
                except (TornIndex, OSError) as error:
                    self._repair(str(error))
                    return
                except ChromaAway as error:
                    if not self.behind:
                        logger.warning("%s", error)
                    self.behind = str(error)
                    return
                self.catalogue.settle(pending[-1][0])
            self.behind = None
            self.changes += 1

    def rebuild(self) -> None:
        """Rebuild both indexes from the catalogue, without embedding."""
        with self._lock:
            last = self.catalogue.last_change()
            ids = self.catalogue.ids()
            try:
                self.vectors.rebuild(self._contents(ids))
                self.keywords.rebuild(self._contents(ids))
            except (TornIndex, OSError, ValueError) as error:
                raise LibraryError(
                    f"The indexes in {self.folder} could not be built: {error}. The articles are safe in library.db. "
                    "Check that the disk has free space and the folder is writable, then run "
                    "`python -m rag doctor --fix`."
                ) from error
            self.catalogue.settle(last)
            self.behind = None
            self.catalogue.set_meta(MADE_WITH, json.dumps(installed()))
            self.catalogue.set_meta(DELETED, "0")
            self.changes += 1

    def _tidy(self, deleted: int) -> None:
        """Count deleted vectors, and rebuild the index if there are more of them than vectors in a small index.

        Chroma's graph keeps deleted vectors, so it never shrinks.
        """
        if deleted:
            deleted += int(self.catalogue.meta(DELETED) or 0)
            if deleted > max(MOST_DELETED, left := self.vectors.count()) and left <= QUICKLY_BUILT:
                self.vectors.rebuild(self._contents(self.catalogue.ids()))
                deleted = 0
            self.catalogue.set_meta(DELETED, str(deleted))

    def _probe(self, size: int) -> None:
        """Raise TornIndex unless both indexes have all passages of the catalogue and find a sample of them."""
        expected = self.catalogue.count("passages")
        for name, found in (("vectors", self.vectors.count()), ("keywords", self.keywords.count())):
            if found != expected:
                raise TornIndex(f"the {name} have {found} of {expected} passages")
        if (share := self.vectors.share_found(self.catalogue.sample(size))) < WHOLE:
            raise TornIndex(f"only {share:.0%} of the stored passages are found")

    def _repair(self, reason: str) -> None:
        self.rebuild()
        if self.catalogue.count("articles"):
            self.repaired = reason
            logger.warning("The indexes in %s were rebuilt from library.db: %s.", self.folder, reason)

    def _search(self, search: Callable[[], list[tuple[str, float]]]) -> list[tuple[str, float]]:
        with self._lock:
            if self.behind:
                self.follow()
            if self.behind:
                raise ChromaAway(self.behind)
            try:
                return search()
            except TornIndex as error:
                self._repair(str(error))
                return search()

    def _contents(self, ids: Sequence[str]) -> Iterator[tuple[Article, list[Embedded]]]:
        """Those of the articles `ids` that exist, with their passages."""
        for id in ids:
            with suppress(UnknownArticle):
                yield self.catalogue.article(id), self.catalogue.embedded(id)


def _nothing(filters: Filters) -> bool:
    """Whether an empty collection is meant."""
    return filters.within and not filters.articles


def installed() -> dict[str, str]:
    """The versions of the libraries that write the indexes."""
    return {name: version(name) for name in ("chromadb", "tantivy")}
