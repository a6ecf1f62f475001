"""The feeds and past fetches, in tables of library.db."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag.errors import UsageError
from rag.library.database import Database, now

SCHEMA = """
CREATE TABLE IF NOT EXISTS feeds (
    url TEXT PRIMARY KEY, title TEXT, added_at TEXT NOT NULL, read_at TEXT, result TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS visits (
    url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT, mark TEXT, visited_at TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. `read_at` is a time in ISO form (UTC), `result` is the outcome of the last reading."""

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
        self._database = Database(database)
        self._rows, self._transaction = self._database.rows, self._database.transaction
        with self._transaction() as db:
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Feeds:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Feeds

    def followed(self) -> list[Feed]:
        """The feeds, the oldest first."""
        rows = self._rows("SELECT url, title, read_at, result FROM feeds ORDER BY added_at, url")
        return [Feed(*row) for row in rows]

    def follow(self, url: str, title: str | None) -> None:
        """Follow a feed; if it is followed already, only its title is updated."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO feeds (url, title, added_at) VALUES (?, ?, ?) "
                "ON CONFLICT (url) DO UPDATE SET title = excluded.title",
                (url, title, now()),
            )

    def unfollow(self, url: str) -> None:
        """Stop following a feed; its articles stay. Raises UsageError if it is not followed."""
        self.check(url)
        with self._transaction() as db:
            db.execute("DELETE FROM feeds WHERE url = ?", (url,))
            db.execute("DELETE FROM visits WHERE url = ?", (url,))

    def check(self, url: str) -> None:
        """Raises UsageError if this feed is not followed."""
        if not self._rows("SELECT 1 FROM feeds WHERE url = ?", url):
            raise UsageError(f"You are not following the feed {url!r}. `python -m rag feeds list` shows your feeds.")

    def note_reading(self, url: str, result: str) -> None:
        """Store that the feed was just read, and the result as a sentence."""
        with self._transaction() as db:
            db.execute("UPDATE feeds SET read_at = ?, result = ? WHERE url = ?", (now(), result, url))

    # Visits

    def visit(self, url: str) -> Visit:
        """The last visit, or an empty Visit of the address."""
        rows = self._rows("SELECT url, etag, last_modified, mark FROM visits WHERE url = ?", url)
        return Visit(*rows[0]) if rows else Visit(url)

    def remember(self, visit: Visit) -> None:
        """Store a visit, replacing the previous one."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO visits VALUES (?, ?, ?, ?, ?)",
                (visit.url, visit.etag, visit.last_modified, visit.mark, now()),
            )
