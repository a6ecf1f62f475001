"""The truth: one SQLite file with the articles, their versions, sentences, passages, vectors, and the outbox.

One article is one transaction: it is wholly there or not at all. Every change leaves a line in the outbox, which the
derived indexes follow; a line is struck out only when they have.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.article import Article, Passage, Sentence
from rag.errors import LibraryError, UnknownArticle

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, content_hash TEXT NOT NULL,
    title TEXT, outlet TEXT, origin TEXT, published TEXT, url TEXT, path TEXT, authors TEXT NOT NULL, language TEXT,
    text TEXT NOT NULL, ingested_at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX articles_by_path ON articles (path);
CREATE TABLE versions (
    article_id TEXT NOT NULL, version INTEGER NOT NULL, content_hash TEXT NOT NULL, title TEXT, published TEXT,
    text TEXT NOT NULL, ingested_at TEXT NOT NULL, replaced_at TEXT NOT NULL,
    PRIMARY KEY (article_id, version)) WITHOUT ROWID;
CREATE TABLE sentences (
    article_id TEXT NOT NULL, position INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    PRIMARY KEY (article_id, position)) WITHOUT ROWID;
CREATE TABLE passages (
    id TEXT PRIMARY KEY, article_id TEXT NOT NULL, position INTEGER NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, vector TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX passages_by_article ON passages (article_id, position);
CREATE INDEX passages_by_vector ON passages (vector);
-- Keyed by the hash of what was embedded: a text is embedded once, whatever article repeats it.
CREATE TABLE vectors (hash TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox (sequence INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL);
"""
_ARTICLE = "id, version, title, outlet, origin, published, url, path, authors, language, text"


@dataclass(frozen=True, slots=True)
class Embedded:
    """A passage with the hash of the text that was embedded for it and the vector, as float32 bytes."""

    passage: Passage
    hash: str
    vector: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue holds under a key."""

    id: str
    version: int
    content_hash: str
    path: str | None


class Catalogue:
    """One connection, shared by the process's threads, one at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises LibraryError when it is no library or a newer program's."""
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            # What is removed is overwritten, not only unlinked.
            self._db.execute("PRAGMA secure_delete = ON")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                with self._transaction():
                    for statement in SCHEMA.split(";\n"):
                        if statement.strip():
                            self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except sqlite3.DatabaseError as error:
            raise LibraryError(
                f"{path} cannot be opened as a library: {error}. Check the disk and the folder's permissions, "
                "or choose another folder with --store."
            ) from error
        if version > SCHEMA_VERSION:
            self._db.close()
            raise LibraryError(
                f"{path} was written by a newer Second Source (format {version}, this one knows {SCHEMA_VERSION}): "
                "update the program, or choose another folder with --store."
            )

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise LibraryError(
                        f"The library cannot be written: {error}. What it held before is safe. "
                        "Check that the disk has room and the folder can be written, then try again."
                    ) from error
                raise

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    # What is there

    def meta(self, key: str) -> str | None:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", key)
        return str(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: str) -> None:
        with self._transaction():
            self._set_meta(key, value)

    def _set_meta(self, key: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def known(self, key: str) -> Known | None:
        """What is held under an identity key, if anything."""
        return self._known("SELECT id, version, content_hash, path FROM articles WHERE key = ?", key)

    def known_path(self, path: str) -> Known | None:
        """The article without an address that was read from the file `path`, if there is one."""
        return self._known(
            "SELECT id, version, content_hash, path FROM articles WHERE path = ? AND url IS NULL LIMIT 1", path
        )

    def _known(self, query: str, value: str) -> Known | None:
        rows = self._rows(query, value)
        return Known(*rows[0]) if rows else None

    def count(self, table: str) -> int:
        """Rows of "articles", "passages" or "outbox"."""
        (row,) = self._rows(f"SELECT count(*) FROM {table}")
        return int(row[0])

    def outlets(self) -> list[str]:
        """The names of the outlets, in alphabetical order."""
        return [
            row[0] for row in self._rows("SELECT DISTINCT outlet FROM articles WHERE outlet IS NOT NULL ORDER BY 1")
        ]

    def article(self, id: str) -> Article:
        """The article of that id. Raises UnknownArticle."""
        rows = self._rows(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", id)
        if not rows:
            raise UnknownArticle(f"No article has the id {id!r}. `python -m rag list` shows the ids.")
        return _article(rows[0])

    def articles(self) -> list[Article]:
        """All articles, the latest published first, undated ones last."""
        query = f"SELECT {_ARTICLE} FROM articles ORDER BY published IS NULL, published DESC, id"
        return [_article(row) for row in self._rows(query)]

    def exists(self, id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM articles WHERE id = ?", id))

    def ids(self) -> list[str]:
        return [row[0] for row in self._rows("SELECT id FROM articles ORDER BY id")]

    def sentences(self, article_id: str) -> list[Sentence]:
        """The article's sentences in order."""
        rows = self._rows('SELECT start, "end" FROM sentences WHERE article_id = ? ORDER BY position', article_id)
        return [Sentence(*row) for row in rows]

    def embedded(self, article_id: str) -> list[Embedded]:
        """The article's passages in order, with their vectors."""
        rows = self._rows(
            'SELECT p.id, p.start, p."end", p.vector, v.vector FROM passages p JOIN vectors v ON v.hash = p.vector '
            "WHERE p.article_id = ? ORDER BY p.position",
            article_id,
        )
        return [Embedded(Passage(id, article_id, start, end), hash, vector) for id, start, end, hash, vector in rows]

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages of those ids that exist."""
        marks = ",".join("?" * len(ids))
        rows = self._rows(f'SELECT id, article_id, start, "end" FROM passages WHERE id IN ({marks})', *ids)
        return {row[0]: Passage(*row) for row in rows}

    def sample(self, size: int) -> list[tuple[str, bytes]]:
        """Up to `size` passages by chance: their ids and vectors."""
        rows = self._rows(
            "SELECT p.id, v.vector FROM passages p JOIN vectors v ON v.hash = p.vector "
            "WHERE p.id IN (SELECT id FROM passages ORDER BY random() LIMIT ?)",
            size,
        )
        return [(id, vector) for id, vector in rows]

    def vectors(self, hashes: Sequence[str]) -> dict[str, bytes]:
        """The vectors that are already there, by the hash of what was embedded."""
        found: dict[str, bytes] = {}
        for first in range(0, len(hashes), 500):
            some = hashes[first : first + 500]
            marks = ",".join("?" * len(some))
            for row in self._rows(f"SELECT hash, vector FROM vectors WHERE hash IN ({marks})", *some):
                found[row[0]] = row[1]
        return found

    def pending(self, limit: int) -> list[tuple[int, str]]:
        """The oldest lines of the outbox: sequence number and article id."""
        rows = self._rows("SELECT sequence, article_id FROM outbox ORDER BY sequence LIMIT ?", limit)
        return [(sequence, article) for sequence, article in rows]

    def last_change(self) -> int:
        """The newest line's number in the outbox, 0 when it is empty."""
        (row,) = self._rows("SELECT coalesce(max(sequence), 0) FROM outbox")
        return int(row[0])

    # Changes

    def put(self, article: Article, key: str, sentences: Sequence[Sentence], passages: Sequence[Embedded]) -> None:
        """Add the article, or replace its earlier version, which is kept; all of it or nothing."""
        with self._transaction():
            self._put(article, key, sentences, passages)

    def _put(self, article: Article, key: str, sentences: Sequence[Sentence], passages: Sequence[Embedded]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._db.execute(
            "INSERT OR REPLACE INTO versions SELECT id, version, content_hash, title, published, text, ingested_at, ? "
            "FROM articles WHERE id = ? AND content_hash != ?",
            (now, article.id, article.content_hash),
        )
        self._forget(article.id)
        self._db.execute(
            f"INSERT INTO articles ({_ARTICLE}, key, content_hash, ingested_at) VALUES ({','.join('?' * 14)})",
            (
                article.id, article.version, article.title, article.outlet, article.origin, article.published,
                article.url, article.path, json.dumps(article.authors), article.language, article.text,
                key, article.content_hash, now,
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
        self._db.execute("INSERT INTO outbox (article_id) VALUES (?)", (article.id,))

    def move(self, id: str, path: str) -> None:
        """Note that the article's file is now at `path`."""
        with self._transaction():
            self._db.execute("UPDATE articles SET path = ? WHERE id = ?", (path, id))

    def replace_all(
        self, articles: Iterator[tuple[Article, Sequence[Sentence], Sequence[Embedded]]], meta: dict[str, str]
    ) -> None:
        """Give every article that comes its new sentences, passages and vectors, and set `meta`; all or nothing."""
        with self._transaction():
            self._db.execute("DELETE FROM vectors")
            for article, sentences, passages in articles:
                (key,) = self._db.execute("SELECT key FROM articles WHERE id = ?", (article.id,)).fetchone()
                self._put(article, key, sentences, passages)
            for name, value in meta.items():
                self._set_meta(name, value)

    def remove(self, ids: Sequence[str]) -> None:
        """Remove the articles with all their versions, together. Raises UnknownArticle, and then removes none."""
        with self._transaction():
            for id in ids:
                self.article(id)
                self._forget(id)
                self._db.execute("DELETE FROM versions WHERE article_id = ?", (id,))
                self._db.execute("INSERT INTO outbox (article_id) VALUES (?)", (id,))

    def _forget(self, id: str) -> None:
        hashes = self._rows("SELECT vector FROM passages WHERE article_id = ?", id)
        for table, column in (("passages", "article_id"), ("sentences", "article_id"), ("articles", "id")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (id,))
        self._db.executemany(
            "DELETE FROM vectors WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM passages WHERE vector = ?1)", hashes
        )

    def settle(self, sequence: int) -> None:
        """Strike out the outbox's lines up to `sequence`: the indexes have followed them."""
        with self._transaction():
            self._db.execute("DELETE FROM outbox WHERE sequence <= ?", (sequence,))


def _article(row: tuple[Any, ...]) -> Article:
    id, version, title, outlet, origin, published, url, path, authors, language, text = row
    return Article(
        id=id,
        version=version,
        title=title,
        outlet=outlet,
        origin=origin,
        published=published,
        url=url,
        path=path,
        authors=tuple(json.loads(authors)),
        language=language,
        text=text,
    )
