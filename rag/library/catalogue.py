"""The truth: one SQLite file with the articles, their versions, sentences, passages, vectors, and the outbox.

One article is one transaction: it is wholly there or not at all. Every change leaves a line in the outbox, which the
derived indexes follow; a line is struck out only when they have.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.article import Article, Passage, Sentence, fingerprint
from rag.errors import LibraryError, Superseded, UnknownArticle
from rag.library import schema
from rag.library.rows import COLUMNS, Embedded, Known, Listed, Version, about_of, article_of
from rag.library.schema import SCHEMA_VERSION

logger = logging.getLogger(__name__)

LONG_LINE = 40
"""Characters: a line shorter than this ("Read more") says nothing of copies."""


class Catalogue:
    """One connection, shared by the process's threads, one at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises LibraryError when it is no library or a newer program's."""
        self._lock = threading.RLock()
        self._path = path
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            # What is removed is overwritten, not only unlinked.
            self._db.execute("PRAGMA secure_delete = ON")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                with self._transaction():
                    schema.create(self._db)
            elif version < SCHEMA_VERSION:
                copy = schema.back_up(self._db, path, version)
                with self._transaction():
                    schema.migrate(self._db, version)
                logger.info("The library in %s was brought up to date; its former state is in %s.", path.parent, copy)
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
        return self._known(
            "SELECT id, version, content_hash, path FROM articles WHERE key = ?1 OR id = "
            "(SELECT article_id FROM addresses WHERE key = ?1 LIMIT 1)",
            key,
        )

    def known_content(self, content_hash: str, outlet: str | None) -> Known | None:
        """The article with an address of which a reader would see all the same, if the outlet has one."""
        return self._known(
            "SELECT id, version, content_hash, path FROM articles WHERE content_hash = ? AND outlet IS ? "
            "AND url IS NOT NULL LIMIT 1",
            content_hash,
            outlet,
        )

    def known_path(self, path: str) -> Known | None:
        """The article without an address that was read from the file `path`, if there is one."""
        return self._known(
            "SELECT id, version, content_hash, path FROM articles WHERE path = ? AND url IS NULL LIMIT 1", path
        )

    def _known(self, query: str, *values: str | None) -> Known | None:
        rows = self._rows(query, *values)
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
        rows = self._rows(f"SELECT {COLUMNS} FROM articles WHERE id = ?", id)
        if not rows:
            raise UnknownArticle(f"No article has the id {id!r}. `python -m rag list` shows the ids.")
        addresses = self._rows("SELECT url FROM addresses WHERE article_id = ? ORDER BY url", id)
        return article_of(rows[0], tuple(url for (url,) in addresses))

    def articles(self) -> list[Article]:
        """All articles, the latest published first, undated ones last."""
        query = f"SELECT {COLUMNS} FROM articles ORDER BY published IS NULL, published DESC, id"
        addresses: dict[str, list[str]] = {}
        for id, url in self._rows("SELECT article_id, url FROM addresses ORDER BY url"):
            addresses.setdefault(id, []).append(url)
        return [article_of(row, tuple(addresses.get(row[0], ()))) for row in self._rows(query)]

    def listed(self, words: Sequence[str]) -> list[Listed]:
        """What a list says of each article in which every one of `words` stands somewhere; the latest published first,
        undated ones last. No text is read but its beginning.
        """
        searched = " || ' ' || ".join(
            f"coalesce(a.{column}, '')" for column in ("title", "outlet", "origin", "authors", "url", "path", "text")
        )
        having = " AND ".join(f"{searched} LIKE ? ESCAPE '\\'" for _ in words)
        query = (
            "SELECT a.id, coalesce(a.title, substr(a.text, 1, 100)), a.outlet, a.origin, a.published, a.version, "
            "EXISTS (SELECT 1 FROM json_each(a.about, '$.basis') WHERE json_extract(value, '$[0]') = 'inferred'), "
            "EXISTS (SELECT 1 FROM edits WHERE article_id = a.id) "
            f"FROM articles a {f'WHERE {having}' if words else ''} ORDER BY a.published IS NULL, a.published DESC, a.id"
        )
        escaped = [re.sub(r"([%_\\])", r"\\\1", word) for word in words]
        rows = self._rows(query, *(f"%{word}%" for word in escaped))
        return [Listed(*row) for row in rows]

    def revision(self) -> int:
        """A number that rises with every change since the library was opened."""
        return self._db.total_changes

    def exists(self, id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM articles WHERE id = ?", id))

    def ids(self) -> list[str]:
        return [row[0] for row in self._rows("SELECT id FROM articles ORDER BY id")]

    def sentences(self, article_id: str) -> list[Sentence]:
        """The article's sentences in order."""
        rows = self._rows('SELECT start, "end" FROM sentences WHERE article_id = ? ORDER BY position', article_id)
        return [Sentence(*row) for row in rows]

    def sentences_of(self, article: Article) -> list[Sentence]:
        """The sentences of this version of the article, in order. Raises Superseded where it is not the one held."""
        rows = self._rows(
            'SELECT s.start, s."end" FROM articles a LEFT JOIN sentences s ON s.article_id = a.id '
            "WHERE a.id = ? AND a.version = ? ORDER BY s.position",
            article.id,
            article.version,
        )
        if not rows:
            raise Superseded("What was found is just being replaced by its next version: ask again.")
        return [Sentence(*row) for row in rows if row[0] is not None]

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

    def versions(self, id: str) -> list[Version]:
        """The earlier versions of an article, the oldest first."""
        rows = self._rows(
            "SELECT version, title, published, text, replaced_at FROM versions WHERE article_id = ? ORDER BY version",
            id,
        )
        return [Version(*row) for row in rows]

    def repeated(self, ids: Sequence[str], least: int) -> dict[str, dict[int, list[str]]]:
        """For the outlets of the articles `ids` the lines of those articles that at least `least` of the outlet's
        articles have: outlet → the line's hash → the ids of those articles.
        """
        found: dict[str, dict[int, list[str]]] = {}
        for first in range(0, len(ids), 500):
            some = ids[first : first + 500]
            rows = self._rows(
                "SELECT DISTINCT a.outlet, l.hash, a.id FROM articles mine JOIN lines m ON m.article_id = mine.id "
                "JOIN lines l ON l.hash = m.hash JOIN articles a ON a.id = l.article_id AND a.outlet = mine.outlet "
                f"WHERE mine.id IN ({','.join('?' * len(some))})",
                *some,
            )
            for outlet, hash, id in rows:
                having = found.setdefault(outlet, {}).setdefault(hash, [])
                if id not in having:
                    having.append(id)
        return {
            outlet: {hash: having for hash, having in lines.items() if len(having) >= least}
            for outlet, lines in found.items()
        }

    def shared_lines(self) -> dict[int, list[str]]:
        """The hashes of the longer lines that stand in several articles, with those articles' ids."""
        rows = self._rows(
            "SELECT hash, group_concat(article_id) FROM lines WHERE length >= ? GROUP BY hash HAVING count(*) > 1",
            LONG_LINE,
        )
        return {hash: ids.split(",") for hash, ids in rows}

    def signatures(self) -> dict[str, bytes]:
        """Every article's MinHash, by id."""
        return dict(self._rows("SELECT article_id, minhash FROM signatures"))

    def undated(self) -> bool:
        """Whether there is an article without a date."""
        return bool(self._rows("SELECT 1 FROM articles WHERE published IS NULL LIMIT 1"))

    def of_outlet(self, outlet: str) -> list[str]:
        """The ids of the outlet's articles."""
        return [row[0] for row in self._rows("SELECT id FROM articles WHERE outlet = ? ORDER BY id", outlet)]

    def removals(self) -> list[tuple[str, str | None, str]]:
        """What was removed: id, the hash of its headline (None where it had none), when."""
        return [tuple(row) for row in self._rows("SELECT article_id, title_hash, removed_at FROM removals")]

    def key(self, id: str) -> str:
        """The identity of the article of that id. Raises UnknownArticle."""
        self.article(id)
        return str(self._rows("SELECT key FROM articles WHERE id = ?", id)[0][0])

    # Changes

    def put(self, article: Article, key: str, sentences: Sequence[Sentence], passages: Sequence[Embedded]) -> None:
        """Add the article, or replace its earlier version, which is kept; all of it or nothing."""
        with self._transaction():
            self._put(article, key, sentences, passages)

    def _put(self, article: Article, key: str, sentences: Sequence[Sentence], passages: Sequence[Embedded]) -> None:
        now = _now()
        self._db.execute(
            "INSERT OR REPLACE INTO versions SELECT id, version, content_hash, title, published, text, ingested_at, ? "
            "FROM articles WHERE id = ? AND content_hash != ?",
            (now, article.id, article.content_hash),
        )
        self._forget(article.id)
        self._db.execute(
            f"INSERT INTO articles ({COLUMNS}, key, ingested_at) VALUES ({','.join('?' * 18)})",
            (
                article.id, article.version, article.title, article.outlet, article.origin, article.published,
                article.url, article.path, json.dumps(article.authors), article.language, article.text,
                article.place, article.published_from, article.published_until, about_of(article), article.content_hash,
                key, now,
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
        """Replace what is known about an article that is there; its text, passages and vectors stay as they are."""
        with self._transaction():
            self._redescribe(article)

    def _redescribe(self, article: Article) -> None:
        self._db.execute(
            "UPDATE articles SET title = ?, outlet = ?, origin = ?, published = ?, authors = ?, language = ?, "
            "place = ?, published_from = ?, published_until = ?, about = ? WHERE id = ?",
            (
                article.title, article.outlet, article.origin, article.published, json.dumps(article.authors),
                article.language, article.place, article.published_from, article.published_until, about_of(article),
                article.id,
            ),
        )  # fmt: skip
        self._db.execute("INSERT INTO outbox (article_id) VALUES (?)", (article.id,))

    def edit(self, article: Article, values: Mapping[str, object]) -> None:
        """Store `article` as a person's corrections leave it, and the corrections, which outlive every reading anew."""
        now = _now()
        with self._transaction():
            self._redescribe(article)
            self._db.executemany(
                "INSERT OR REPLACE INTO edits VALUES (?, ?, ?, ?)",
                [(article.id, name, json.dumps(value), now) for name, value in values.items()],
            )

    def edits(self, id: str) -> dict[str, Any]:
        """The values that a person has given for the article of that id, by field."""
        rows = self._rows("SELECT field, value FROM edits WHERE article_id = ?", id)
        return {name: json.loads(value) for name, value in rows}

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
                title = self.article(id).title
                self._forget(id)
                for table in ("versions", "edits", "addresses"):
                    self._db.execute(f"DELETE FROM {table} WHERE article_id = ?", (id,))
                removed = (id, fingerprint(title) if title else None, _now())
                self._db.execute("INSERT INTO removals VALUES (?, ?, ?)", removed)
                self._db.execute("INSERT INTO outbox (article_id) VALUES (?)", (id,))

    def purge(self) -> None:
        """Rewrite the file without what was removed, empty its log, and delete copies of older formats."""
        with self._lock:
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for copy in schema.backups(self._path):
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
        """Strike out the outbox's lines up to `sequence`: the indexes have followed them."""
        with self._transaction():
            self._db.execute("DELETE FROM outbox WHERE sequence <= ?", (sequence,))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
