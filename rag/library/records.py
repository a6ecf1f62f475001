"""Reading from the catalogue: articles, versions, sentences, passages and vectors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from typing import Any

from rag.article import Article, Passage, Sentence
from rag.errors import LibraryError, Superseded, UnknownArticle
from rag.library.article_rows import COLUMNS, Embedded, Known, Listed, Version, article_of
from rag.library.database import Database

LONG_LINE = 40
"""Characters: a line shorter than this ("Read more") says nothing of copies."""


class Records:
    """The read methods of the catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database.rows

    def meta(self, key: str) -> str | None:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", key)
        return str(rows[0][0]) if rows else None

    def known(self, key: str) -> Known | None:
        """The article stored under an identity key, if any."""
        return self._known(
            "SELECT id, version, content_hash, path, published_at FROM articles WHERE key = ?1 OR id = "
            "(SELECT article_id FROM addresses WHERE key = ?1 LIMIT 1)",
            key,
        )

    def known_content(self, content_hash: str, outlet: str | None) -> Known | None:
        """The article with an address of which a reader would see all the same, if the outlet has one."""
        return self._known(
            "SELECT id, version, content_hash, path, published_at FROM articles WHERE content_hash = ? AND outlet IS ? "
            "AND url IS NOT NULL LIMIT 1",
            content_hash,
            outlet,
        )

    def known_path(self, path: str) -> Known | None:
        """The article without an address that was read from the file `path`, if there is one."""
        return self._known(
            "SELECT id, version, content_hash, path, published_at FROM articles WHERE path = ? AND url IS NULL LIMIT 1",
            path,
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

    def origins(self) -> list[str]:
        """The names of the original sources of articles, in alphabetical order."""
        rows = self._rows("SELECT DISTINCT origin FROM articles WHERE origin IS NOT NULL")
        return sorted({name for (origins,) in rows for name in origins.split(", ")})

    def titles_of(self, day: str) -> list[str]:
        """The headlines of what was published on that day, an ISO date."""
        return [row[0] for row in self._rows("SELECT title FROM articles WHERE published = ? AND title <> ''", day)]

    def article(self, id: str) -> Article:
        """The article of that id. Raises UnknownArticle, or LibraryError if its data is damaged."""
        rows = self._rows(f"SELECT {COLUMNS} FROM articles WHERE id = ?", id)
        if not rows:
            raise UnknownArticle.of(id)
        addresses = self._rows("SELECT url FROM addresses WHERE article_id = ? ORDER BY url", id)
        return _article_of(rows[0], tuple(url for (url,) in addresses))

    def articles(self) -> list[Article]:
        """All articles, the latest published first, undated ones last."""
        query = f"SELECT {COLUMNS} FROM articles ORDER BY published IS NULL, published DESC, id"
        addresses: dict[str, list[str]] = {}
        for id, url in self._rows("SELECT article_id, url FROM addresses ORDER BY url"):
            addresses.setdefault(id, []).append(url)
        return [_article_of(row, tuple(addresses.get(row[0], ()))) for row in self._rows(query)]

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
            "EXISTS (SELECT 1 FROM edits WHERE article_id = a.id), a.language "
            f"FROM articles a {f'WHERE {having}' if words else ''} ORDER BY a.published IS NULL, a.published DESC, a.id"
        )
        escaped = [re.sub(r"([%_\\])", r"\\\1", word) for word in words]
        rows = self._rows(query, *(f"%{word}%" for word in escaped))
        return [Listed(*row) for row in rows]

    def added(self) -> dict[str, str]:
        """When the current version of each article was added: ISO times (UTC) by id."""
        return dict(self._rows("SELECT id, ingested_at FROM articles"))

    def revision(self) -> int:
        """A number that increases with every change since the library was opened."""
        return self._database.connection.total_changes

    def exists(self, id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM articles WHERE id = ?", id))

    def in_folder(self, folder: str) -> list[str]:
        """The ids of the articles that were read from files in `folder` or below it."""
        start = folder.rstrip(os.sep) + os.sep
        rows = self._rows(
            "SELECT id FROM articles WHERE path >= ? AND path < ?", start, start[:-1] + chr(ord(os.sep) + 1)
        )
        return [id for (id,) in rows]

    def ids(self) -> list[str]:
        return [row[0] for row in self._rows("SELECT id FROM articles ORDER BY id")]

    def sentences(self, article_id: str) -> list[Sentence]:
        """The article's sentences in order."""
        rows = self._rows('SELECT start, "end" FROM sentences WHERE article_id = ? ORDER BY position', article_id)
        return [Sentence(*row) for row in rows]

    def sentences_of(self, article: Article) -> list[Sentence]:
        """The sentences of this version of the article, in order. Raises Superseded if there is a newer one."""
        rows = self._rows(
            'SELECT s.start, s."end" FROM articles a LEFT JOIN sentences s ON s.article_id = a.id '
            "WHERE a.id = ? AND a.version = ? ORDER BY s.position",
            article.id,
            article.version,
        )
        if not rows:
            raise Superseded("The articles found are being replaced by a new version. Ask again.")
        return [Sentence(*row) for row in rows if row[0] is not None]

    def embedded(self, article_id: str) -> list[Embedded]:
        """The article's passages in order, with their vectors."""
        rows = self._rows(
            'SELECT p.id, p.start, p."end", p.vector, v.vector FROM passages p JOIN vectors v ON v.hash = p.vector '
            "WHERE p.article_id = ? ORDER BY p.position",
            article_id,
        )
        return [Embedded(Passage(id, article_id, start, end), hash, vector) for id, start, end, hash, vector in rows]

    def passages_of(self, article_id: str) -> list[Passage]:
        """The article's passages in order, whether or not they have vectors."""
        rows = self._rows(
            'SELECT id, article_id, start, "end" FROM passages WHERE article_id = ? ORDER BY position', article_id
        )
        return [Passage(*row) for row in rows]

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages of those ids that exist."""
        marks = ",".join("?" * len(ids))
        rows = self._rows(f'SELECT id, article_id, start, "end" FROM passages WHERE id IN ({marks})', *ids)
        return {row[0]: Passage(*row) for row in rows}

    def sample(self, size: int) -> list[tuple[str, bytes]]:
        """Up to `size` random passages: their ids and vectors."""
        rows = self._rows(
            "SELECT p.id, v.vector FROM passages p JOIN vectors v ON v.hash = p.vector "
            "WHERE p.id IN (SELECT id FROM passages ORDER BY random() LIMIT ?)",
            size,
        )
        return [(id, vector) for id, vector in rows]

    def vectors(self, hashes: Sequence[str]) -> dict[str, bytes]:
        """The existing vectors, by the hash of the embedded text."""
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

    def article_changes(self) -> int:
        """A number that increases whenever an article is added, changed or removed, and with nothing else."""
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
        return int(rows[0][0]) if rows else 0

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
        """The removed articles: id, hash of the headline (None without one), time."""
        return [tuple(row) for row in self._rows("SELECT article_id, title_hash, removed_at FROM removals")]

    def key(self, id: str) -> str:
        """The identity of the article of that id. Raises UnknownArticle."""
        self.article(id)
        return str(self._rows("SELECT key FROM articles WHERE id = ?", id)[0][0])

    def edits(self, id: str) -> dict[str, Any]:
        """The manual corrections of the article of that id, by field."""
        rows = self._rows("SELECT field, value FROM edits WHERE article_id = ?", id)
        return {name: json.loads(value) for name, value in rows}


def _article_of(row: tuple[Any, ...], addresses: tuple[str, ...]) -> Article:
    try:
        return article_of(row, addresses)
    except (ValueError, TypeError, AttributeError) as error:  # invalid JSON, or unexpected content
        raise LibraryError(
            f"The stored data of the article {row[0]} is damaged ({error}). Run `python -m rag doctor`."
        ) from error
