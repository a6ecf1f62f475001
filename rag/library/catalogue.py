"""The catalogue, the source of truth: a SQLite file with articles, versions, sentences, passages and vectors.

One article is one transaction: it is stored completely or not at all. Every change adds a line to the outbox. The
indexes follow the outbox, and a line is deleted only after they have.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rag.article import Article, Sentence, fingerprint
from rag.errors import LibraryError
from rag.library import collections, redaction, schema, undo
from rag.library.article_rows import COLUMNS, Embedded, about_of
from rag.library.database import Database, now
from rag.library.records import Records
from rag.library.schema import SCHEMA_VERSION
from rag.library.undo import Removed

logger = logging.getLogger(__name__)


class Catalogue(Records):
    """Shared by the process's threads, one at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises LibraryError if it is not a library or was written by a newer program."""
        try:
            database = Database(path)
            self._db = database.connection
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                with database.transaction():
                    schema.create(self._db)
            elif version < SCHEMA_VERSION:
                copy = schema.back_up(self._db, path, version)
                with database.transaction():
                    schema.migrate(self._db, version)
                logger.info(
                    "The library in %s was upgraded to the current format; a copy of the old version is in %s.",
                    path.parent,
                    copy,
                )
        except sqlite3.DatabaseError as error:
            raise LibraryError(
                f"{path} cannot be opened as a library: {error}. Check that the disk has room and the folder can be "
                "written; `python -m rag doctor` says more. Or choose another folder with --store."
            ) from error
        if version > SCHEMA_VERSION:
            database.close()
            raise LibraryError(
                f"{path} was written by a newer Second Source (format {version}, this one knows {SCHEMA_VERSION}): "
                "update the program, or choose another folder with --store."
            )
        super().__init__(database)
        self._transaction = database.transaction
        self.collections = collections.Collections(database)

    def close(self) -> None:
        self._database.close()

    def set_meta(self, key: str, value: str) -> None:
        with self._transaction():
            self._set_meta(key, value)

    def _set_meta(self, key: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def put(self, article: Article, key: str, sentences: Sequence[Sentence], passages: Sequence[Embedded]) -> None:
        """Add the article, or replace its earlier version, which is kept; all of it or nothing."""
        with self._transaction():
            self._put(article, key, sentences, passages)

    def _put(self, article: Article, key: str, sentences: Sequence[Sentence], passages: Sequence[Embedded]) -> None:
        moment = now()
        self._db.execute(
            "INSERT OR REPLACE INTO versions SELECT id, version, content_hash, title, published, text, ingested_at, ? "
            "FROM articles WHERE id = ? AND content_hash != ?",
            (moment, article.id, article.content_hash),
        )
        self._forget(article.id)
        self._db.execute(
            f"INSERT INTO articles ({COLUMNS}, key, ingested_at) VALUES ({','.join('?' * 19)})",
            (
                article.id, article.version, article.title, article.outlet, article.origin, article.published,
                article.url, article.path, json.dumps(article.authors), article.language, article.text,
                article.place, article.published_from, article.published_until, about_of(article), article.content_hash,
                article.published_at, key, moment,
            ),
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO sentences VALUES (?, ?, ?, ?)",
            [(article.id, position, s.start, s.end) for position, s in enumerate(sentences)],
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO vectors VALUES (?, ?)", [(embedded.hash, embedded.vector) for embedded in passages]
        )
        self._db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
            [
                (e.passage.id, article.id, position, e.passage.start, e.passage.end, e.hash)
                for position, e in enumerate(passages)
            ],
        )
        schema.put_fingerprints(self._db, article)
        self._db.execute("INSERT INTO outbox (article_id) VALUES (?)", (article.id,))

    def redescribe(self, article: Article) -> None:
        """Replace the details of an article; its text, passages and vectors stay unchanged."""
        with self._transaction():
            self._redescribe(article)

    def _redescribe(self, article: Article) -> None:
        self._db.execute(
            "UPDATE articles SET title = ?, outlet = ?, origin = ?, published = ?, authors = ?, language = ?, "
            "place = ?, published_from = ?, published_until = ?, about = ?, published_at = ? WHERE id = ?",
            (
                article.title, article.outlet, article.origin, article.published, json.dumps(article.authors),
                article.language, article.place, article.published_from, article.published_until, about_of(article),
                article.published_at, article.id,
            ),
        )  # fmt: skip
        self._db.execute("INSERT INTO outbox (article_id) VALUES (?)", (article.id,))

    def edit(self, article: Article, values: Mapping[str, object]) -> None:
        """Store the corrected `article` and its corrections, which survive re-reading."""
        moment = now()
        with self._transaction():
            self._redescribe(article)
            self._db.executemany(
                "INSERT OR REPLACE INTO edits VALUES (?, ?, ?, ?)",
                [(article.id, name, json.dumps(value), moment) for name, value in values.items()],
            )

    def add_address(self, id: str, url: str, key: str) -> None:
        """Note that the article is also found at `url`, whose identity is `key`."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO addresses SELECT ?1, id, ?3 FROM articles WHERE id = ?2 AND url IS NOT ?1 "
                "ON CONFLICT (url) DO NOTHING",
                (url, id, key),
            )

    def move(self, id: str, path: str) -> None:
        """Note that the article's file is now at `path`."""
        with self._transaction():
            self._db.execute("UPDATE articles SET path = ? WHERE id = ?", (path, id))

    def set_time(self, id: str, published: str, published_at: str) -> None:
        """Note the time of the article's publication where none is known and it was published on that day.

        No index has it: the outbox gets no line.
        """
        with self._transaction():
            self._db.execute(
                "UPDATE articles SET published_at = ? WHERE id = ? AND published = ? AND published_at IS NULL",
                (published_at, id, published),
            )

    def replace_all(
        self, articles: Iterator[tuple[Article, Sequence[Sentence], Sequence[Embedded]]], meta: dict[str, str]
    ) -> None:
        """Replace the sentences, passages and vectors of these articles, and set `meta`; all or nothing."""
        with self._transaction():
            self._db.execute("DELETE FROM vectors")
            for article, sentences, passages in articles:
                (key,) = self._db.execute("SELECT key FROM articles WHERE id = ?", (article.id,)).fetchone()
                self._put(article, key, sentences, passages)
            for name, value in meta.items():
                self._set_meta(name, value)

    def remake(self, articles: Sequence[tuple[Article, Sequence[Sentence], Sequence[Embedded]]]) -> None:
        """Rebuild the sentences, passages and vectors of these articles; all or nothing."""
        with self._transaction():
            for article, sentences, passages in articles:
                key = self.key(article.id)
                self._forget(article.id)
                self._db.executemany("DELETE FROM vectors WHERE hash = ?", [(each.hash,) for each in passages])
                self._put(article, key, sentences, passages)

    def remove(self, ids: Sequence[str], to_undo: bool = False) -> Removed | None:
        """Remove the articles with all their versions, and their words in saved answers.

        With `to_undo`, what was removed is returned, for `put_back`. Raises UnknownArticle, and then removes none.
        """
        moment = now()
        with self._transaction():
            to_put_back = undo.before_removal(self._db, ids, moment) if to_undo else None
            for id in ids:
                ((title,),) = self._rows("SELECT title FROM articles WHERE id = ?", id) or [(self.article(id).title,)]
                self._forget(id)
                for table in ("versions", "edits", "addresses"):
                    self._db.execute(f"DELETE FROM {table} WHERE article_id = ?", (id,))
                collections.leave(self._db, id)
                redaction.forget(self._db, id, moment)
                removed = (id, fingerprint(title) if title else None, moment)
                self._db.execute("INSERT INTO removals VALUES (?, ?, ?)", removed)
                self._db.execute("INSERT INTO outbox (article_id) VALUES (?)", (id,))
        return to_put_back

    def put_back(self, removed: Removed) -> list[str]:
        """Undo a removal: see `undo.put_back`. Returns the ids of the articles that are back."""
        with self._transaction():
            return undo.put_back(self._db, removed)

    def purge(self) -> None:
        """Rewrite the file without removed data, empty its log, and delete copies in older formats."""
        with self._database.writing():
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for copy in schema.backups(self._database.path):
            copy.unlink()

    def _forget(self, id: str) -> None:
        hashes = self._rows("SELECT vector FROM passages WHERE article_id = ?", id)
        for table in ("passages", "sentences", "lines", "signatures"):
            self._db.execute(f"DELETE FROM {table} WHERE article_id = ?", (id,))
        self._db.execute("DELETE FROM articles WHERE id = ?", (id,))
        self._db.executemany(
            "DELETE FROM vectors WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM passages WHERE vector = ?1)", hashes
        )

    def settle(self, sequence: int) -> None:
        """Delete the outbox's lines up to `sequence`, which the indexes have applied."""
        with self._transaction():
            self._db.execute("DELETE FROM outbox WHERE sequence <= ?", (sequence,))
