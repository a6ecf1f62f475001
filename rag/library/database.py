"""A connection to library.db. Every change is atomic and durable."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.errors import LibraryError

_FAULTS = (sqlite3.OperationalError, sqlite3.DatabaseError)
"""SQLite errors caused by the disk or the file; other kinds are programming errors."""


class Database:
    """One connection, shared by the process's threads, one at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises sqlite3.Error if it is not a database or cannot be created."""
        self.path = path
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        # Deleted data is overwritten.
        self.connection.execute("PRAGMA secure_delete = ON")

    def close(self) -> None:
        with self.lock:
            self.connection.close()

    def rows(self, query: str, *values: object) -> list[Any]:
        """All rows of the query. Raises LibraryError if the file is damaged or cannot be read."""
        with self.lock:
            try:
                return self.connection.execute(query, values).fetchall()
            except sqlite3.DatabaseError as error:
                if type(error) not in _FAULTS:
                    raise
                raise LibraryError(
                    f"{self.path} cannot be read: {error}. `python -m rag doctor` shows what is damaged and what to do."
                ) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction. Raises LibraryError if it cannot be written."""
        with self.writing():
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Locks the connection. Raises LibraryError if a write fails."""
        with self.lock:
            try:
                yield
            except sqlite3.DatabaseError as error:
                if type(error) not in _FAULTS:
                    raise
                raise LibraryError(
                    f"The library cannot be written: {error}. Everything saved before is safe. "
                    "Check that the disk has free space and the folder is writable, then try again."
                ) from error


def now() -> str:
    """The current time in ISO form (UTC), in seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
