"""The catalogue's tables, and upgrades from older formats."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rag.article import Article
from rag.library import collections, copies, redaction

SCHEMA_VERSION = 5
REPLACED = "library.db.replaced.backup"
"""The name of the previous database after a restore."""
_DESCRIPTIONS = """
ALTER TABLE articles ADD COLUMN place TEXT;
ALTER TABLE articles ADD COLUMN published_from TEXT;
ALTER TABLE articles ADD COLUMN published_until TEXT;
-- JSON: what each value rests on, the stretches left out, the voices.
ALTER TABLE articles ADD COLUMN about TEXT NOT NULL DEFAULT '{}';
CREATE INDEX articles_by_content ON articles (content_hash);
-- The other addresses of an article; its first is with it.
CREATE TABLE addresses (url TEXT PRIMARY KEY, article_id TEXT NOT NULL, key TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX addresses_by_key ON addresses (key);
CREATE INDEX addresses_by_article ON addresses (article_id);
CREATE TABLE edits (
    article_id TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, edited_at TEXT NOT NULL,
    PRIMARY KEY (article_id, field)) WITHOUT ROWID;
-- The hashes of each article's lines: what an outlet repeats, and what two articles share.
CREATE TABLE lines (
    hash INTEGER NOT NULL, article_id TEXT NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (hash, article_id)) WITHOUT ROWID;
CREATE INDEX lines_by_article ON lines (article_id);
CREATE TABLE signatures (article_id TEXT PRIMARY KEY, minhash BLOB NOT NULL) WITHOUT ROWID;
-- What was removed: never its text.
CREATE TABLE removals (article_id TEXT NOT NULL, title_hash TEXT, removed_at TEXT NOT NULL);
"""
_TIMES = """
ALTER TABLE articles ADD COLUMN published_at TEXT;
ALTER TABLE citations ADD COLUMN published_at TEXT;
"""
_FIRST = """
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


def create(db: sqlite3.Connection) -> None:
    """Create the tables in an empty database, within the caller's transaction."""
    _run(db, _FIRST)
    _run(db, _DESCRIPTIONS)
    _run(db, redaction.TABLES)
    _collect(db)
    _add_times(db)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def back_up(db: sqlite3.Connection, path: Path, version: int) -> Path:
    """A copy of the database as it is, beside it. Raises sqlite3.Error where it cannot be written."""
    copy = backup_of(path, version)
    with closing(sqlite3.connect(copy)) as target:
        db.backup(target)
    return copy


def backup_of(path: Path, version: int) -> Path:
    """The path of the copy of a database in an older format."""
    return path.with_name(f"{path.name}.format-{version}.backup")


def backups(path: Path) -> list[Path]:
    """The existing copies of older states of the database."""
    return sorted(path.parent.glob(f"{path.name}.*.backup*"))


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Upgrade an older format, within the caller's transaction."""
    for step in range(version, SCHEMA_VERSION):
        _MIGRATIONS[step](db)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def put_fingerprints(db: sqlite3.Connection, article: Article) -> None:
    """Store an article's fingerprints for finding copies: the hashes of its lines and its MinHash."""
    found: dict[int, int] = {}
    for start, end in copies.lines(article.text):
        if (hash := copies.line_hash(article.text[start:end])) is not None:
            found[hash] = end - start
    db.executemany(
        "INSERT OR REPLACE INTO lines VALUES (?, ?, ?)", [(hash, article.id, size) for hash, size in found.items()]
    )
    db.execute("INSERT OR REPLACE INTO signatures VALUES (?, ?)", (article.id, copies.signature(article)))


def _describe(db: sqlite3.Connection) -> None:
    """1 to 2: an article's details get a source; existing values count as stated."""
    _run(db, _DESCRIPTIONS)
    for (id,) in db.execute("SELECT id FROM articles").fetchall():
        (text,) = db.execute("SELECT text FROM articles WHERE id = ?", (id,)).fetchone()
        put_fingerprints(db, Article(text=text, id=id))


def _keep_chats(db: sqlite3.Connection) -> None:
    """2 to 3: chats are saved."""
    _run(db, redaction.TABLES)


def _collect(db: sqlite3.Connection) -> None:
    """3 to 4: collections, and coverage saved with an answer."""
    _run(db, collections.TABLES)
    _run(db, redaction.COVERAGES)


def _add_times(db: sqlite3.Connection) -> None:
    """4 to 5: the time of publication is stored.

    Of what was read before only the day is kept: the time is unknown until its file or page is read again.
    """
    _run(db, _TIMES)


_MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {
    1: _describe,
    2: _keep_chats,
    3: _collect,
    4: _add_times,
}


def _run(db: sqlite3.Connection, script: str) -> None:
    """Run statement by statement: `executescript` would commit."""
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)
