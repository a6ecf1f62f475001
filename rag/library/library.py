"""The library: the catalogue and the indexes that follow it, in one folder that one process owns."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from rag.article import Article, Passage, Sentence
from rag.errors import LibraryError, ModelError, UsageError
from rag.library.article_rows import Embedded, Known, Listed, Version
from rag.library.catalogue import Catalogue
from rag.library.chroma import Server
from rag.library.collections import Collections
from rag.library.copies import Copies, candidates, groups
from rag.library.corrections import Change, changes, corrected, read_edits
from rag.library.indexes import Indexes
from rag.library.lock import disown, own
from rag.library.undo import Removed
from rag.models.embedding import of_length_one
from rag.reply import Filters
from rag.text.outlet_names import meant

M_PERTURB = -6
"""The option of glibc's mallopt that fills memory."""


@dataclass(frozen=True, slots=True)
class Status:
    """The size of the library and its model. `pending` counts changes that the indexes have not applied yet."""

    folder: str
    articles: int
    passages: int
    outlets: int
    pending: int
    model: str | None
    repaired: str | None


class Library:
    """Open with `Library.open`, close with `close` (or leave a `with`)."""

    def __init__(self, folder: Path, lock: FileLock, catalogue: Catalogue, server: Server | None = None) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self._lock = lock
        self.writing = threading.RLock()
        """Lock it from reading to writing: one thread may add articles while another corrects them."""
        self.indexes = Indexes(folder, catalogue, server)

    @classmethod
    def open(
        cls, folder: Path, model: str, model_name: str, any_model: bool = False, server: Server | None = None
    ) -> Library:
        """Open the library in `folder`, or create it, for vectors of the model with the identity `model`.

        Damaged indexes are rebuilt from the catalogue, without embedding. With `any_model` the library opens with any
        embedding model, for reading, removing or embedding again; `model` can be empty then. The vectors are in the
        folder, or on the Chroma `server`.

        Raises LibraryBusy if another process owns the folder, ModelError if the library was built with another model,
        LibraryError if the folder cannot be used, ChromaAway if the server does not respond.
        """
        lock = own(folder)
        try:
            catalogue = Catalogue(folder / "library.db")
            built_with = catalogue.meta("model")
            if built_with is None:
                if model:
                    catalogue.set_meta("model_name", model_name)
                    catalogue.set_meta("model", model)  # last: where it is, the name is
            elif built_with != model and not any_model:
                name = catalogue.meta("model_name")
                catalogue.close()
                raise ModelError(
                    f"The library in {folder} was built with the embedding model {name} ({built_with[:12]}), not with "
                    f"{model_name} ({model[:12]}). Set SECOND_SOURCE_EMBEDDING_MODEL={name}, or embed it again with "
                    f"`python -m rag reindex --embed --store {folder}`."
                )
            library = cls(folder, lock, catalogue, server)
            library.indexes.open()
        except BaseException as error:
            disown(folder, lock)
            if isinstance(error, OSError):
                raise LibraryError(
                    f"The library in {folder} cannot be opened: {error.strerror or error}. Its contents are safe. "
                    "Check that the disk has free space and the folder is writable, then try again."
                ) from error
            raise
        return library

    def close(self) -> None:
        """Close the library. The indexes stay consistent."""
        self.indexes.close()
        self.catalogue.close()
        disown(self.folder, self._lock)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def articles(self) -> list[Article]:
        """All articles, the latest published first, undated ones last."""
        return self.catalogue.articles()

    def listed(self, search: str = "") -> list[Listed]:
        """List entries of the articles that contain every word of `search`, the latest first."""
        return self.catalogue.listed(search.split())

    @property
    def collections(self) -> Collections:
        """The collections."""
        return self.catalogue.collections

    def article(self, id: str) -> Article:
        """The article of that id. Raises UnknownArticle."""
        return self.catalogue.article(id)

    def sentences(self, id: str) -> list[Sentence]:
        """The sentences of the article of that id, in order."""
        return self.catalogue.sentences(id)

    def sentences_of(self, article: Article) -> list[Sentence]:
        """The sentences of the article as it was read, in order. Raises Superseded where it has changed since."""
        return self.catalogue.sentences_of(article)

    def vector(self, id: str) -> NDArray[np.float32]:
        """The vector of an article: the mean of its passages' vectors, of length 1; zeros without any."""
        vectors = [np.frombuffer(each.vector, np.float32) for each in self.catalogue.embedded(id)]
        return of_length_one(np.mean(vectors, axis=0) if vectors else np.zeros(1, np.float32))

    def outlets(self) -> list[str]:
        """The names of the outlets, in alphabetical order."""
        return self.catalogue.outlets()

    def headlines(self, day: date) -> list[str]:
        """The headlines of that day's articles."""
        return self.catalogue.titles_of(day.isoformat())

    def origins(self) -> list[str]:
        """The names of the original sources of articles, in alphabetical order."""
        return self.catalogue.origins()

    def versions(self, id: str) -> list[tuple[Version, list[Change]]]:
        """The earlier versions of an article, the oldest first, each with the changes of the next one."""
        earlier = self.catalogue.versions(id)
        texts = [*(version.text for version in earlier), self.article(id).text]
        return [(version, changes(version.text, text)) for version, text in zip(earlier, texts[1:], strict=True)]

    def copies(self) -> list[Copies]:
        """The groups of copies, the largest first; a group of one outlet has updates of a story."""
        pairs = candidates(self.catalogue.signatures(), self.catalogue.shared_lines())
        return groups(self.article, pairs)

    def corrected(self, article: Article) -> Article:
        """The article with its stored corrections applied."""
        return corrected(article, self.catalogue.edits(article.id))

    def status(self) -> Status:
        count = self.catalogue.count
        return Status(
            folder=str(self.folder),
            articles=count("articles"),
            passages=count("passages"),
            outlets=len(self.outlets()),
            pending=count("outbox"),
            model=self.catalogue.meta("model_name"),
            repaired=self.indexes.repaired,
        )

    def by_meaning(self, vector: Sequence[float], limit: int, filters: Filters = Filters()) -> list[tuple[str, float]]:
        """The ids of the passages nearest to `vector` and their cosine similarity, nearest first."""
        return self.indexes.by_meaning(vector, limit, filters)

    def by_words(self, query: str, limit: int, filters: Filters = Filters()) -> list[tuple[str, float]]:
        """The ids of the passages that share the query's words and their BM25 scores, best first."""
        return self.indexes.by_words(query, limit, filters)

    def rarity(self, stems: Sequence[str]) -> dict[str, float]:
        """How rare each word is, from 0 (in every passage) to 1 (in none)."""
        return self.indexes.rarity(stems)

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages of those ids that exist."""
        return self.catalogue.passages(ids)

    # Changing

    def known(self, key: str) -> Known | None:
        """The article stored under an identity key, if any."""
        return self.catalogue.known(key)

    def put(self, articles: Sequence[tuple[Article, str, Sequence[Sentence], Sequence[Embedded]]]) -> None:
        """Add or replace articles, each with its key, sentences and passages: a transaction each, then the indexes."""
        with self.writing:
            for article, key, sentences, embedded in articles:
                self.catalogue.put(article, key, sentences, embedded)
            self.indexes.follow()

    def remove(self, ids: Sequence[str]) -> None:
        """Remove articles, from everywhere. Raises UnknownArticle for an unknown id, and then removes nothing."""
        with self.writing:
            self.catalogue.remove(ids)
            self.indexes.follow()

    def remove_to_undo(self, ids: Sequence[str]) -> Removed:
        """Remove articles as `remove` does, and return what `put_back` needs. It holds their words: do not keep it."""
        with self.writing:
            removed = self.catalogue.remove(ids, to_undo=True)
            self.indexes.follow()
        assert removed is not None
        return removed

    def put_back(self, removed: Removed) -> list[str]:
        """Undo a removal. Articles that were added again meanwhile stay as they are. Returns the ids that are back."""
        with self.writing:
            back = self.catalogue.put_back(removed)
            self.indexes.follow()
        return back

    def edit(self, id: str, given: Mapping[str, str]) -> Article:
        """Correct an article's details (see `corrections.read_edits`); corrections survive re-reading.

        Returns the article as it is now. Raises UsageError for a value that is none, UnknownArticle.
        """
        values = read_edits(given)
        with self.writing:
            article = corrected(self.article(id), values)
            self.catalogue.edit(article, values)
            self.indexes.follow()
            return self.article(id)

    def remove_outlet(self, name: str) -> int:
        """Remove all articles of the outlet that `name` means (see `outlets.meant`), and say how many.

        Raises UsageError where it has none.
        """
        ids = self.catalogue.of_outlet(meant(name, self.outlets()) or name)
        if not ids:
            raise UsageError(f"The library has no articles from an outlet called {name!r}.")
        self.remove(ids)
        return len(ids)

    def purge(self) -> None:
        """Erase all traces of removed articles: the database and both indexes are rewritten.

        To be done in a process that has not had the removed articles in its memory (`python -m rag reindex --purge`):
        the vectors' files have room to grow, and whatever memory held lies in it.
        """
        _fill_new_memory()
        self.catalogue.purge()
        self.indexes.rebuild()

    def redescribe(self, articles: Sequence[Article]) -> None:
        """Replace the details of articles; their texts and passages stay unchanged."""
        with self.writing:
            for article in articles:
                self.catalogue.redescribe(article)
            self.indexes.follow()

    def reembed(
        self, articles: Iterator[tuple[Article, Sequence[Sentence], Sequence[Embedded]]], model: str, model_name: str
    ) -> None:
        """Replace all passages and vectors by those of another model; all or nothing, then the indexes."""
        self.catalogue.replace_all(articles, {"model": model, "model_name": model_name})
        self.indexes.rebuild()


def _fill_new_memory() -> None:
    """Have allocated memory overwritten (glibc only), so that old contents never reach a file."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_PERTURB, 0x55)
