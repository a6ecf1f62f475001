"""A connection to library.db: every change is durable once it is told, and is wholly there or not at all."""

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
"""What a disk's or a file's faults come out of SQLite as; their other kinds are a program's mistakes."""


class Database:
    """One connection, shared by the process's threads, one at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises sqlite3.Error where it is no database or cannot be made."""
        self.path = path
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        # What is removed is overwritten, not only unlinked.
        self.connection.execute("PRAGMA secure_delete = ON")

    def close(self) -> None:
        with self.lock:
            self.connection.close()

    def rows(self, query: str, *values: object) -> list[Any]:
        """All rows that the query finds. Raises LibraryError where the file is damaged or cannot be read."""
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
        """All that is done within, or nothing of it. Raises LibraryError where it cannot be written."""
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
        """Holds the connection. Raises LibraryError where what is done within cannot be written."""
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
    """This moment in ISO form (UTC), to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
