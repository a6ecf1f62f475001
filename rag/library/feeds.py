"""Which feeds are followed, and what was fetched when: in library.db, beside the catalogue's tables."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import LibraryError, UsageError

SCHEMA = """
CREATE TABLE IF NOT EXISTS feeds (
    url TEXT PRIMARY KEY, title TEXT, added_at TEXT NOT NULL, read_at TEXT, result TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS visits (
    url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT, mark TEXT, visited_at TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that is followed. `read_at` is a time in ISO form (UTC), `result` what its last reading came to."""

    url: str
    title: str | None
    read_at: str | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What was fetched from `url`, once the library held it: the server's validators, and the mark (a hash) of what the
    feed that named it said of it.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    mark: str | None = None


class Feeds:
    """A connection of its own to the database of an open library; shared by the process's threads, one at a time."""

    def __init__(self, database: Path) -> None:
        """Raises LibraryError when the tables cannot be made."""
        self._lock = threading.RLock()
        self._db = sqlite3.connect(database, timeout=30, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            for statement in SCHEMA.split(";\n"):
                self._db.execute(statement)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Feeds:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Feeds

    def followed(self) -> list[Feed]:
        """The feeds that are followed, the first added first."""
        with self._lock:
            rows = self._db.execute("SELECT url, title, read_at, result FROM feeds ORDER BY added_at, url").fetchall()
        return [Feed(*row) for row in rows]

    def follow(self, url: str, title: str | None) -> None:
        """Follow a feed from now on; of one that is followed already the title is noted anew."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO feeds (url, title, added_at) VALUES (?, ?, ?) "
                "ON CONFLICT (url) DO UPDATE SET title = excluded.title",
                (url, title, _now()),
            )

    def unfollow(self, url: str) -> None:
        """Follow it no more; its articles stay. Raises UsageError where it is not followed."""
        self.check(url)
        with self._transaction():
            self._db.execute("DELETE FROM feeds WHERE url = ?", (url,))
            self._db.execute("DELETE FROM visits WHERE url = ?", (url,))

    def check(self, url: str) -> None:
        """Raises UsageError where this feed is not followed."""
        with self._lock:
            if not self._db.execute("SELECT 1 FROM feeds WHERE url = ?", (url,)).fetchone():
                raise UsageError(f"No feed {url!r} is followed. `python -m rag feeds list` shows those that are.")

    def note_reading(self, url: str, result: str) -> None:
        """Note that the feed has just been read, and in a sentence with what result."""
        with self._transaction():
            self._db.execute("UPDATE feeds SET read_at = ?, result = ? WHERE url = ?", (_now(), result, url))

    # Visits

    def visit(self, url: str) -> Visit:
        """What is known of the last visit; a Visit of nothing but the address where there was none."""
        with self._lock:
            row = self._db.execute("SELECT url, etag, last_modified, mark FROM visits WHERE url = ?", (url,)).fetchone()
        return Visit(*row) if row else Visit(url)

    def remember(self, visit: Visit) -> None:
        """Note a visit, in the place of the one before."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO visits VALUES (?, ?, ?, ?, ?)",
                (visit.url, visit.etag, visit.last_modified, visit.mark, _now()),
            )

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
                        f"The list of feeds cannot be written: {error}. What it held before is safe. "
                        "Check that the disk has room and the folder can be written, then try again."
                    ) from error
                raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
