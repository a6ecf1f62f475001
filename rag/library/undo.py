"""Undoing a removal: the rows that it deletes or changes, held in memory for as long as it can be undone."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_OF_ARTICLES = {
    "articles": "id",
    "versions": "article_id",
    "edits": "article_id",
    "addresses": "article_id",
    "sentences": "article_id",
    "passages": "article_id",
    "lines": "article_id",
    "signatures": "article_id",
    "collected": "article_id",
}
"""The tables with rows of an article, and the column with its id."""
_OF_EXCHANGES = ("statements", "citations", "considered", "coverages")
"""The tables of saved chats with words of articles."""
_EXCHANGES = """
SELECT exchange_id FROM citations WHERE article_id = ?1 UNION
SELECT exchange_id FROM considered WHERE article_id = ?1 UNION
SELECT exchange_id FROM coverages WHERE EXISTS (SELECT 1 FROM json_each(told, '$.articles') WHERE value = ?1)
"""


@dataclass(slots=True)
class Removed:
    """Articles that were removed at `moment` (ISO, UTC), with what is needed to put them back."""

    ids: tuple[str, ...]
    moment: str
    articles: dict[str, list[tuple[str, list[Any]]]] = field(default_factory=dict)
    """By id: rows, each with its table."""
    vectors: list[Any] = field(default_factory=list)
    exchanges: dict[int, tuple[str | None, list[tuple[str, Any]]]] = field(default_factory=dict)
    """By the id of an exchange: its reply, and its rows in other tables."""


def before_removal(db: sqlite3.Connection, ids: Sequence[str], moment: str) -> Removed:
    """What the removal of these articles deletes or changes, to be called before it in the same transaction."""
    removed = Removed(tuple(ids), moment)
    for id in ids:
        removed.articles[id] = [
            (table, db.execute(f"SELECT * FROM {table} WHERE {column} = ?", (id,)).fetchall())
            for table, column in _OF_ARTICLES.items()
        ]
        removed.vectors += db.execute(
            "SELECT * FROM vectors WHERE hash IN (SELECT vector FROM passages WHERE article_id = ?)", (id,)
        )
        for (exchange,) in db.execute(_EXCHANGES, (id,)).fetchall():
            if exchange not in removed.exchanges:
                ((reply,),) = db.execute("SELECT reply FROM exchanges WHERE id = ?", (exchange,)).fetchall() or [
                    (None,)
                ]
                rows = [
                    (table, row)
                    for table in _OF_EXCHANGES
                    for row in db.execute(f"SELECT * FROM {table} WHERE exchange_id = ?", (exchange,))
                ]
                removed.exchanges[exchange] = (reply, rows)
    return removed


def put_back(db: sqlite3.Connection, removed: Removed) -> list[str]:
    """Put the articles and their words in saved chats back, within the caller's transaction. Returns their ids.

    An article that was added again meanwhile stays as it is, and so does an answer that was asked again.
    """
    back = []
    for id, tables in removed.articles.items():
        (article,) = tables[0][1]
        if db.execute("SELECT 1 FROM articles WHERE id = ? OR key = ?", article[:2]).fetchone():
            continue
        for table, rows in tables:
            for row in rows:
                _insert(db, table, row)
        db.execute("DELETE FROM removals WHERE article_id = ? AND removed_at = ?", (id, removed.moment))
        db.execute("INSERT INTO outbox (article_id) VALUES (?)", (id,))
        back.append(id)
    for row in removed.vectors:
        _insert(db, "vectors", row)
    # A collection that was deleted meanwhile stays deleted.
    db.execute("DELETE FROM collected WHERE name NOT IN (SELECT name FROM collections)")
    if len(back) == len(removed.ids):
        for exchange, (reply, rows) in removed.exchanges.items():
            if _unchanged(db, exchange, rows):
                db.execute("UPDATE exchanges SET reply = ? WHERE id = ?", (reply, exchange))
                for table, row in rows:
                    _insert(db, table, row)
    return back


def _unchanged(db: sqlite3.Connection, exchange: int, rows: Sequence[tuple[str, Any]]) -> bool:
    """Whether the exchange still has the answer of these rows: hashes of its statements stay when their words go."""
    held = db.execute("SELECT position, hash FROM statements WHERE exchange_id = ?", (exchange,)).fetchall()
    kept = [(row[1], row[3]) for table, row in rows if table == "statements"]
    there = db.execute("SELECT 1 FROM exchanges WHERE id = ? AND NOT waiting", (exchange,)).fetchone()
    return bool(there) and sorted(held) == sorted(kept)


def _insert(db: sqlite3.Connection, table: str, row: Sequence[Any]) -> None:
    db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)
