"""Removing an article's words from saved chats when the article is removed.

Chats store words of articles in columns of three tables, with the article's id and sha256, and in saved coverage, which
is deleted as a whole with any of its articles. The rows of an answer's tables are in `exchanges.reply` and are removed
with the articles they cite. So a removal is a few statements in the transaction that removes the article.
"""

from __future__ import annotations

import json
import sqlite3

TABLES = """
-- Chats: what was asked, in a person's own words.
CREATE TABLE chats (id TEXT PRIMARY KEY, name TEXT NOT NULL, begun_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id TEXT NOT NULL, question TEXT NOT NULL, asked_at TEXT NOT NULL,
    conditions TEXT, waiting INTEGER NOT NULL, problem TEXT, reply TEXT, liked INTEGER, remark TEXT, expected TEXT);
CREATE INDEX exchanges_by_chat ON exchanges (chat_id, id);
-- The articles' words, each with their sha256, which stays when they go.
CREATE TABLE statements (
    exchange_id INTEGER NOT NULL, position INTEGER NOT NULL, text TEXT, hash TEXT NOT NULL, citations TEXT NOT NULL,
    marks TEXT NOT NULL, PRIMARY KEY (exchange_id, position)) WITHOUT ROWID;
CREATE TABLE citations (
    exchange_id INTEGER NOT NULL, number INTEGER NOT NULL, article_id TEXT NOT NULL, title TEXT, outlet TEXT,
    origin TEXT, published TEXT, url TEXT, path TEXT, start INTEGER NOT NULL, "end" INTEGER NOT NULL, quote TEXT,
    checked INTEGER NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL, removed_at TEXT,
    PRIMARY KEY (exchange_id, number)) WITHOUT ROWID;
CREATE INDEX citations_by_article ON citations (article_id);
CREATE TABLE considered (
    exchange_id INTEGER NOT NULL, rank INTEGER NOT NULL, article_id TEXT NOT NULL, outlet TEXT, url TEXT, path TEXT,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT, score REAL NOT NULL, label TEXT,
    undated INTEGER NOT NULL, hash TEXT NOT NULL, removed_at TEXT, PRIMARY KEY (exchange_id, rank)) WITHOUT ROWID;
CREATE INDEX considered_by_article ON considered (article_id);
"""
COVERAGES = """
-- Who says what about the question of an exchange, as JSON; it names the articles whose words it has.
CREATE TABLE coverages (exchange_id INTEGER PRIMARY KEY, told TEXT NOT NULL);
"""
OF_AN_EXCHANGE = ("statements", "citations", "considered", "coverages")
_STATEMENTS_THAT_CITE = """
UPDATE statements SET text = NULL, marks = '[]'
WHERE exchange_id IN (SELECT exchange_id FROM citations WHERE article_id = ?1) AND EXISTS (
    SELECT 1 FROM citations c, json_each(statements.citations) n
    WHERE c.article_id = ?1 AND c.exchange_id = statements.exchange_id AND c.number = n.value)
"""
# Uncited text of a model may contain words of any article it was given.
_STATEMENTS_THAT_MAY_TELL = """
UPDATE statements SET text = NULL, marks = '[]' WHERE statements.citations = '[]' AND exchange_id IN (
    SELECT e.id FROM exchanges e JOIN considered c ON c.exchange_id = e.id
    WHERE c.article_id = ? AND NOT json_extract(e.reply, '$.abstained'))
"""
_BLOCKS_THAT_MAY_CITE = """
SELECT e.id, e.reply, json_group_array(c.number) FROM exchanges e JOIN citations c ON c.exchange_id = e.id
WHERE c.article_id = ? AND json_array_length(e.reply, '$.blocks') > 0 GROUP BY e.id
"""


def forget(db: sqlite3.Connection, article_id: str, moment: str) -> None:
    """Remove the words of an article from every saved answer, within the caller's transaction.

    Their hashes stay, with `moment` (ISO, UTC) as the mark that they were removed.
    """
    db.execute(
        "DELETE FROM coverages WHERE EXISTS (SELECT 1 FROM json_each(coverages.told, '$.articles') WHERE value = ?)",
        (article_id,),
    )
    db.execute(_STATEMENTS_THAT_CITE, (article_id,))
    db.execute(_STATEMENTS_THAT_MAY_TELL, (article_id,))
    for id, reply, numbers in db.execute(_BLOCKS_THAT_MAY_CITE, (article_id,)).fetchall():
        db.execute("UPDATE exchanges SET reply = ? WHERE id = ?", (_without_rows(reply, json.loads(numbers)), id))
    db.execute(
        "UPDATE citations SET title = NULL, url = NULL, path = NULL, quote = NULL, removed_at = ? "
        "WHERE article_id = ? AND removed_at IS NULL",
        (moment, article_id),
    )
    db.execute(
        "UPDATE considered SET label = NULL, url = NULL, path = NULL, text = NULL, removed_at = ? "
        "WHERE article_id = ? AND removed_at IS NULL",
        (moment, article_id),
    )


def _without_rows(reply: str, numbers: list[int]) -> str:
    """What is kept of a reply, without the words of the rows that cite one of these, and of what stood over them."""
    kept = json.loads(reply)
    for block in kept["blocks"]:
        for row in block["rows"]:
            if not set(numbers).isdisjoint(row["citations"]):
                row["cells"] = None
        if block["rows"] and all(row["cells"] is None for row in block["rows"]):
            block["title"] = None
    return json.dumps(kept)
