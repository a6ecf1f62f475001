"""Checks of the database: its file, rows, offsets, hashes and vectors."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

import numpy as np

from rag.article import DESCRIBED, Article, Span, fingerprint
from rag.doctor.finding import RESTORE, Finding, counted, repairable
from rag.errors import LibraryError
from rag.ingestion.prepare import text_to_embed
from rag.ingestion.split import headline_within
from rag.library.article_rows import Embedded
from rag.library.copies import blanked
from rag.library.database import Database
from rag.library.records import Records
from rag.library.redaction import OF_AN_EXCHANGE
from rag.library.schema import SCHEMA_VERSION
from rag.models.embedding import Embedding

OF_AN_ARTICLE: Final = ("versions", "sentences", "passages", "addresses", "edits", "lines", "signatures", "collected")
"""The tables whose rows belong to an article."""
_ORPHANS: Final = dict.fromkeys(OF_AN_ARTICLE, "article_id NOT IN (SELECT id FROM articles)") | {
    "vectors": "hash NOT IN (SELECT vector FROM passages)",
    **dict.fromkeys(OF_AN_EXCHANGE, "exchange_id NOT IN (SELECT id FROM exchanges)"),
}
_OF_AN_INDEX = re.compile(r"missing from index|wrong # of entries in index|non-unique entry in index")
COMPLAINTS = 20
"""The most error messages of SQLite that are read."""

Fault = Literal["unreadable", "altered", "offsets", "passages", "fingerprints"]
_DESCRIPTIONS: Final[dict[Fault, str]] = {
    "unreadable": "the stored data cannot be read",
    "altered": "the text has changed: its hash differs",
    "offsets": "the sentences or passages do not fit the text",
    "passages": "a passage's vector is missing, damaged, or of another text",
    "fingerprints": "the fingerprints for finding copies are missing",
}


def examine_file(path: Path) -> Iterator[Finding]:
    """Check that the file is intact and has this program's format; otherwise nothing else can be checked."""
    version = SCHEMA_VERSION
    try:
        with closing(sqlite3.connect(path)) as db:
            messages = [str(row[0]) for row in db.execute(f"PRAGMA integrity_check({COMPLAINTS})")]
            (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError as error:
        remedy = "Check that the disk has free space and the folder is writable."
        yield Finding(f"{path.name} cannot be read: {error}.", remedy)
        return
    except sqlite3.DatabaseError as error:
        messages = [str(error)]
    if messages == ["ok"]:
        if version > SCHEMA_VERSION:
            yield Finding(
                f"{path.name} was written by a newer Second Source (format {version}, not {SCHEMA_VERSION}).",
                "Update the program.",
            )
        elif version < SCHEMA_VERSION:
            yield repairable(f"{path.name} has an older format ({version}).", "migrate")
    elif all(_OF_AN_INDEX.search(each) for each in messages):
        yield repairable(f"The database's own indexes in {path.name} are damaged: {messages[0]}.", "reindex")
    else:
        yield Finding(f"{path.name} is damaged: {messages[0]}.", RESTORE)


def examine_rows(database: Database) -> Iterator[Finding]:
    """Find rows that do not belong to anything."""
    for table, orphaned in _ORPHANS.items():
        ((count,),) = database.rows(f"SELECT count(*) FROM {table} WHERE {orphaned}")
        if count:
            to = "passage" if table == "vectors" else "question" if table in OF_AN_EXCHANGE else "article"
            yield repairable(f"{count} rows of the table {table} do not belong to any {to}.", "drop")


def drop_orphans(database: Database) -> None:
    """Delete rows that do not belong to anything."""
    with database.transaction() as db:
        for table, orphaned in _ORPHANS.items():
            db.execute(f"DELETE FROM {table} WHERE {orphaned}")


def examine_articles(records: Records, embedding: Embedding | None) -> Iterator[Finding]:
    """Find articles whose text, offsets, passages or vectors do not match.

    Without `embedding`, the library's own model, vectors are not compared with their texts.
    """
    found: dict[Fault, list[str]] = {}
    signed = set(records.signatures())
    for id in records.ids():
        if fault := _fault(records, id, embedding, signed):
            found.setdefault(fault, []).append(id)
    for fault, ids in found.items():
        what = f"{counted(ids, 'article', 'articles')}: {_DESCRIPTIONS[fault]}."
        if fault in ("unreadable", "altered"):
            yield Finding(what, "Remove them and add them again, or restore a backup.")
        else:
            yield repairable(what, "remake", ids)


def _fault(records: Records, id: str, embedding: Embedding | None, signed: set[str]) -> Fault | None:
    try:
        article, edits = records.article(id), records.edits(id)
    except LibraryError:
        return "unreadable"
    if not _is_as_read(article, edits):
        return "altered"
    spans = [(each.start, each.end) for each in records.sentences(id)]
    passages = records.passages_of(id)
    embedded = records.embedded(id)
    story = blanked(article.text, article.omitted)
    if not (_fit(story, spans) and _fit(story, [(each.start, each.end) for each in passages])):
        return "offsets"
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    if not all(each.start in starts and each.end in ends for each in passages):
        return "offsets"
    if len(embedded) != len(passages) or not all(is_vector(each.vector) for each in embedded):
        return "passages"
    if embedding is not None and not _are_of_their_texts(article, story, embedded, embedding):
        return "passages"
    return None if id in signed else "fingerprints"


def _is_as_read(article: Article, edits: Iterable[str]) -> bool:
    """Whether the hash of what was read is still that of the text and of what the file stated beside it.

    Where a person has corrected some of that, what was read is no longer known.
    """
    if {"title", "published", "authors"} & set(edits):
        return True
    stated = {name: getattr(article, name) if article.basis_of(name).how == "stated" else None for name in DESCRIBED}
    read = Article(
        text=article.text, title=stated["title"], published=stated["published"], authors=stated["authors"] or ()
    )
    return read.content_hash == article.content_hash


def _fit(story: str, spans: Sequence[Span]) -> bool:
    """Whether the spans are in order, within the text, and leave out nothing but white space."""
    last = 0
    for start, end in spans:
        if not last <= start < end <= len(story) or story[last:start].strip():
            return False
        last = end
    return not story[last:].strip()


def is_vector(stored: bytes) -> bool:
    """Whether it is a vector of length 1, as float32 bytes."""
    return len(stored) % 4 == 0 and abs(float(np.linalg.norm(np.frombuffer(stored, np.float32))) - 1) < 1e-3


def _are_of_their_texts(article: Article, story: str, found: Sequence[Embedded], embedding: Embedding) -> bool:
    headline = headline_within(article.title, embedding.token_counts)
    return all(
        len(each.vector) == 4 * embedding.dimension
        and each.hash == fingerprint(text_to_embed(headline, story[each.passage.start : each.passage.end]))
        for each in found
    )
