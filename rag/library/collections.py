"""Collections: named groups of articles, stored in library.db."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.errors import UsageError
from rag.library.database import Database, now

TABLES: Final = """
CREATE TABLE collections (
    name TEXT PRIMARY KEY COLLATE NOCASE, made_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE collected (
    name TEXT NOT NULL COLLATE NOCASE, article_id TEXT NOT NULL, PRIMARY KEY (name, article_id)) WITHOUT ROWID;
CREATE INDEX collected_by_article ON collected (article_id);
"""
LONGEST_NAME = 80
"""Characters."""
# Saved chats name the collection they are limited to.
_RENAME_IN_CHATS = (
    "UPDATE exchanges SET conditions = json_set(conditions, '$.collection', ?2) "
    "WHERE json_extract(conditions, '$.collection') = ?1",
    "UPDATE exchanges SET reply = json_set(reply, '$.filters.collection', ?2) "
    "WHERE json_extract(reply, '$.filters.collection') = ?1",
)


@dataclass(frozen=True, slots=True)
class Collection:
    """A name and the ids of its articles, unordered."""

    name: str
    articles: tuple[str, ...]


class Collections:
    """The collections of an open library, over its catalogue's connection."""

    def __init__(self, database: Database) -> None:
        self._rows, self._transaction = database.rows, database.transaction

    def all(self) -> list[Collection]:
        """All collections, in alphabetical order."""
        held: dict[str, list[str]] = {name: [] for (name,) in self._rows("SELECT name FROM collections ORDER BY name")}
        for name, id in self._rows(
            "SELECT c.name, d.article_id FROM collections c JOIN collected d ON d.name = c.name ORDER BY 1, 2"
        ):
            held[name].append(id)
        return [Collection(name, tuple(ids)) for name, ids in held.items()]

    def find(self, name: str) -> Collection | None:
        """The collection of that name, ignoring case, if there is one."""
        rows = self._rows("SELECT name FROM collections WHERE name = ?", _one_line(name))
        if not rows:
            return None
        ids = self._rows("SELECT article_id FROM collected WHERE name = ? ORDER BY 1", rows[0][0])
        return Collection(rows[0][0], tuple(id for (id,) in ids))

    def get(self, name: str) -> Collection:
        """The collection of that name. Raises UsageError if there is none."""
        if found := self.find(name):
            return found
        names = [each.name for each in self.all()]
        near = difflib.get_close_matches(name, names, 3, 0.4) or names[:3]
        hint = f" Did you mean {', '.join(near)}?" if near else " You can create collections on the Library page."
        raise UsageError(f"The library has no collection called {name!r}.{hint}")

    def add(self, name: str, articles: Sequence[str]) -> Collection:
        """Put articles (ids) into the collection of that name, made where there is none; ids of no article are not.

        Raises UsageError for a name that is none.
        """
        held = self.find(name)
        name = held.name if held else _checked(name)
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO collections VALUES (?, ?)", (name, now()))
            db.executemany(
                "INSERT OR IGNORE INTO collected SELECT ?, id FROM articles WHERE id = ?",
                [(name, id) for id in articles],
            )
        return self.get(name)

    def take_out(self, name: str, articles: Sequence[str]) -> None:
        """Take articles (ids) out of a collection; they stay in the library. Raises UsageError for an unknown name."""
        name = self.get(name).name
        with self._transaction() as db:
            db.executemany("DELETE FROM collected WHERE name = ? AND article_id = ?", [(name, id) for id in articles])

    def rename(self, name: str, new: str) -> None:
        """Rename a collection, also in saved chats. Raises UsageError if the name is unknown, invalid or taken."""
        old, new = self.get(name).name, _checked(new)
        taken = self.find(new)
        if taken and taken.name != old:
            raise UsageError(f"There is already a collection called {taken.name!r}. Choose another name.")
        with self._transaction() as db:
            db.execute("UPDATE collections SET name = ? WHERE name = ?", (new, old))
            db.execute("UPDATE collected SET name = ? WHERE name = ?", (new, old))
            for statement in _RENAME_IN_CHATS:
                db.execute(statement, (old, new))

    def delete(self, name: str) -> None:
        """Delete a collection; its articles stay in the library. Raises UsageError if there is none."""
        name = self.get(name).name
        with self._transaction() as db:
            db.execute("DELETE FROM collected WHERE name = ?", (name,))
            db.execute("DELETE FROM collections WHERE name = ?", (name,))


def leave(db: sqlite3.Connection, article_id: str) -> None:
    """Take a removed article out of every collection, within the caller's transaction."""
    db.execute("DELETE FROM collected WHERE article_id = ?", (article_id,))


def _one_line(name: str) -> str:
    return " ".join(name.encode("utf-8", "replace").decode("utf-8").split())


def _checked(name: str) -> str:
    name = _one_line(name)
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(
            f"A collection's name has 1 to {LONGEST_NAME} characters, not {len(name)}. Choose another name."
        )
    return name
