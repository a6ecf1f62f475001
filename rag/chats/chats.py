"""Saved chats in library.db: questions are saved when asked, answers when they are ready."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace

from rag.article import Article, fingerprint
from rag.chats.exchange import Chat, Correction, Exchange, Kept, Section
from rag.chats.exchange_rows import by_exchange, exchange_of, kept_blocks, with_coverage
from rag.errors import UnknownArticle, UsageError
from rag.library.corrections import changes
from rag.library.database import Database, now
from rag.library.library import Library
from rag.library.redaction import OF_AN_EXCHANGE, forget
from rag.reply import FROM_THE_QUESTION, Block, Citation, Filters, Reply, Row, Turn

LONGEST_NAME = 200
"""Characters."""
_CHATS = (
    "SELECT c.id, c.name, c.begun_at, "
    "coalesce((SELECT max(asked_at) FROM exchanges WHERE chat_id = c.id), c.begun_at) AS asked FROM chats c"
)
_HAS_WORD = (
    "(c.name LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM exchanges e LEFT JOIN statements s ON s.exchange_id = e.id "
    "WHERE e.chat_id = c.id AND (e.question LIKE ? ESCAPE '\\' OR s.text LIKE ? ESCAPE '\\')))"
)
_CITATION = (
    'number, article_id, title, outlet, origin, published, url, path, start, "end", quote, checked, published_at'
)
_CONSIDERED = 'rank, article_id, outlet, url, path, start, "end", text, score'


class Chats:
    """The saved chats of an open library, on a separate connection that the process's threads share."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._database = Database(library.folder / "library.db")
        self._rows, self._transaction = self._database.rows, self._database.transaction
        self._answering: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # Chats

    def chats(self, search: str = "") -> list[Chat]:
        """The chats that contain every word of `search` (in name, questions or answers), the latest first."""
        words = [re.sub(r"([%_\\])", r"\\\1", word) for word in search.split()]
        having = " AND ".join([_HAS_WORD] * len(words))
        rows = self._rows(
            f"{_CHATS} {f'WHERE {having}' if words else ''} "
            "ORDER BY (SELECT max(id) FROM exchanges WHERE chat_id = c.id) DESC",
            *(f"%{word}%" for word in words for _ in range(3)),
        )
        return [Chat(*row) for row in rows]

    def any(self) -> bool:
        """Whether there are any chats."""
        return bool(self._rows("SELECT 1 FROM chats LIMIT 1"))

    def chat(self, id: str) -> Chat:
        """The chat of that id. Raises UsageError."""
        rows = self._rows(f"{_CHATS} WHERE c.id = ?", id)
        if not rows:
            raise UsageError(f"There is no chat {id!r}. `python -m rag chats list` shows the saved chats.")
        return Chat(*rows[0])

    def rename(self, id: str, name: str) -> None:
        """Rename a chat; an empty name is ignored."""
        if name := " ".join(name.split())[:LONGEST_NAME]:
            with self._transaction() as db:
                db.execute("UPDATE chats SET name = ? WHERE id = ?", (_storable(name), id))

    def delete(self, id: str) -> None:
        """Delete a chat permanently; its data is overwritten in the file."""
        with self._transaction() as db:
            for table in OF_AN_EXCHANGE:
                db.execute(
                    f"DELETE FROM {table} WHERE exchange_id IN (SELECT id FROM exchanges WHERE chat_id = ?)", (id,)
                )
            db.execute("DELETE FROM exchanges WHERE chat_id = ?", (id,))
            db.execute("DELETE FROM chats WHERE id = ?", (id,))

    # Asking

    def ask(self, chat_id: str | None, question: str, filters: Filters = FROM_THE_QUESTION) -> str:
        """Keep a question that waits for its answer, and say in which chat: a new one where `chat_id` is None or that
        of a chat that is there no longer. `filters` are its conditions (see Exchange).
        """
        question, moment = _storable(question), now()
        conditions = None if filters == FROM_THE_QUESTION else json.dumps(filters.to_json())
        with self._transaction() as db:
            if chat_id is None or not db.execute("SELECT 1 FROM chats WHERE id = ?", (chat_id,)).fetchone():
                chat_id = secrets.token_hex(8)
                name = " ".join(question.split())[:LONGEST_NAME]
                db.execute("INSERT INTO chats VALUES (?, ?, ?)", (chat_id, name, moment))
            db.execute(
                "INSERT INTO exchanges (chat_id, question, asked_at, waiting, conditions) VALUES (?, ?, ?, 1, ?)",
                (chat_id, question, moment, conditions),
            )
        return chat_id

    def ask_again(self, id: int, filters: Filters, question: str | None = None) -> None:
        """Mark the question of an exchange to be answered again with these conditions (see Exchange).

        A `question` takes the place of the one that was asked.
        """
        conditions = None if filters == FROM_THE_QUESTION else json.dumps(filters.to_json())
        with self._transaction() as db:
            if question is not None:
                db.execute("UPDATE exchanges SET question = ? WHERE id = ?", (_storable(question), id))
            db.execute("UPDATE exchanges SET waiting = 1, conditions = ? WHERE id = ?", (conditions, id))

    @contextmanager
    def answering(self, id: int) -> Iterator[bool]:
        """A lock while the question of an exchange is answered; yields whether it still needs an answer.

        A second caller waits for the first.
        """
        with self._answering[id]:
            yield bool(self._rows("SELECT 1 FROM exchanges WHERE id = ? AND waiting", id))

    def answered(self, id: int, reply: Reply) -> None:
        """Save the reply to the question of an exchange, replacing the previous one.

        Of articles that were removed meanwhile, only the hashes of their words are saved.
        """
        pointed = (*reply.citations, *reply.more)
        ids = {each.article_id for each in pointed} | {each.article_id for each in reply.retrieved}
        articles = self._held(ids)
        # "abstained" follows from the state: `rag.library.redaction` asks for it, and older versions only stored that.
        stored = {"query": reply.query, "filters": reply.filters.to_json(), "state": reply.state,
                  "abstained": reply.abstained, "reason": reply.reason, "more": [each.number for each in reply.more],
                  "answered_by": reply.answered_by, "timings": dict(reply.timings),
                  "struck_out": reply.struck_out, "note": reply.note,
                  "checks": [[each.support, each.lack, each.added] for each in reply.statements],
                  "direct": [at for at, each in enumerate(reply.statements) if each.direct],
                  "intent": reply.intent, "blocks": kept_blocks(map(_storable_block, reply.blocks))}  # fmt: skip
        with self._transaction() as db:
            if not db.execute("SELECT 1 FROM exchanges WHERE id = ?", (id,)).fetchone():
                return  # its chat was deleted meanwhile
            for table in OF_AN_EXCHANGE:
                db.execute(f"DELETE FROM {table} WHERE exchange_id = ?", (id,))
            db.execute(
                "UPDATE exchanges SET waiting = 0, problem = NULL, reply = ?, liked = NULL, remark = NULL, "
                "expected = NULL WHERE id = ?",
                (json.dumps(stored), id),
            )
            db.executemany(
                "INSERT INTO statements VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (id, position, _storable(each.text), fingerprint(each.text), json.dumps(each.citations),
                     json.dumps([[mark.start, mark.end, mark.kind] for mark in each.marks]))
                    for position, each in enumerate(reply.statements)
                ],
            )  # fmt: skip
            db.executemany(
                f"INSERT INTO citations (exchange_id, {_CITATION}, version, hash) VALUES ({','.join('?' * 16)})",
                [
                    (id, *asdict(each).values(), self._version(each, articles.get(each.article_id)),
                     fingerprint(each.quote))
                    for each in pointed
                ],
            )  # fmt: skip
            for each in reply.retrieved:
                article = articles.get(each.article_id)
                db.execute(
                    f"INSERT INTO considered (exchange_id, {_CONSIDERED}, label, undated, hash) "
                    f"VALUES ({','.join('?' * 13)})",
                    (id, *asdict(each).values(), article.label if article else None,
                     bool(article and reply.filters.leaves_open(article)), fingerprint(each.text)),
                )  # fmt: skip
            for article_id in ids:
                if not db.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone():
                    forget(db, article_id, now())

    def covered(self, id: int, section: Section) -> None:
        """Save the coverage for an exchange; ignored if one of the articles was just removed."""
        ids = {each.article_id for each in section.citations}
        articles = self._held(ids)
        stored = asdict(section) | {
            "articles": sorted(ids),
            "versions": [self._version(each, articles.get(each.article_id)) for each in section.citations],
        }
        with self._transaction() as db:
            held = [db.execute("SELECT 1 FROM articles WHERE id = ?", (each,)).fetchone() for each in ids]
            if all(held) and db.execute("SELECT 1 FROM exchanges WHERE id = ?", (id,)).fetchone():
                db.execute("INSERT OR REPLACE INTO coverages VALUES (?, ?)", (id, json.dumps(stored)))

    def failed(self, id: int, problem: str) -> None:
        """Save why the question of an exchange has no (new) answer."""
        with self._transaction() as db:
            db.execute("UPDATE exchanges SET waiting = 0, problem = ? WHERE id = ?", (_storable(problem), id))

    def rate(self, id: int, liked: bool | None, remark: str = "", expected: str = "") -> None:
        """Save the rating of an answer: thumbs up or down (None: neither), the reason, and the right answer."""
        with self._transaction() as db:
            db.execute(
                "UPDATE exchanges SET liked = ?, remark = ?, expected = ? WHERE id = ?",
                (liked, _storable(remark.strip()) or None, _storable(expected.strip()) or None, id),
            )

    # Reading

    def exchanges(self, chat_id: str) -> list[Exchange]:
        """The exchanges of a chat in order; empty if there is no such chat."""
        of_chat = "WHERE exchange_id IN (SELECT id FROM exchanges WHERE chat_id = ?)"
        statements = by_exchange(
            self._rows(
                f"SELECT exchange_id, text, hash, citations, marks FROM statements {of_chat} ORDER BY 1, position",
                chat_id,
            )
        )
        citations = by_exchange(
            self._rows(
                f"SELECT exchange_id, {_CITATION}, hash, version, removed_at FROM citations {of_chat} ORDER BY 1, 2",
                chat_id,
            )
        )
        considered = by_exchange(
            self._rows(
                f"SELECT exchange_id, {_CONSIDERED}, label, undated, hash, removed_at FROM considered {of_chat} "
                "ORDER BY 1, 2",
                chat_id,
            )
        )
        coverages = dict(self._rows(f"SELECT exchange_id, told FROM coverages {of_chat}", chat_id))
        rows = self._rows(
            "SELECT id, question, asked_at, waiting, conditions, problem, reply, liked, remark, expected "
            "FROM exchanges WHERE chat_id = ? ORDER BY id",
            chat_id,
        )
        exchanges = []
        for row in rows:
            each = exchange_of(row, statements[row[0]], citations[row[0]], considered[row[0]])
            if each.reply:
                each = replace(each, corrections=tuple(self._corrections(each.reply, each.citations)))
            exchanges.append(with_coverage(each, coverages[each.id]) if each.id in coverages else each)
        return exchanges

    def _corrections(self, reply: Reply, kept: Mapping[int, Kept]) -> Iterator[Correction]:
        """The changes in cited articles that still exist."""
        for article_id in dict.fromkeys(each.article_id for each in reply.citations):
            of_it = [each for each in reply.citations if each.article_id == article_id]
            there = [each for each in of_it if not kept[each.number].removed_at]
            cited = min((kept[each.number].version or 1 for each in there), default=0)
            known = self._rows("SELECT version FROM articles WHERE id = ?", article_id) if there else []
            if not known or known[0][0] == cited:
                continue
            with suppress(UnknownArticle):  # it may be removed at this moment
                article = self._library.article(article_id)
                before = next((v.text for v in self._library.catalogue.versions(article_id) if v.version == cited), "")
                yield Correction(
                    article_id=article_id,
                    label=article.label,
                    outlet=article.outlet,
                    cited=cited,
                    version=article.version,
                    numbers=tuple(each.number for each in there),
                    lost=tuple(each.number for each in there if each.quote not in article.text),
                    changes=tuple(changes(before, article.text)) if before else (),
                )

    def _held(self, ids: Iterable[str]) -> dict[str, Article]:
        """The articles that exist, by id."""
        held = {}
        for id in ids:
            with suppress(UnknownArticle):
                held[id] = self._library.article(id)
        return held

    def _version(self, citation: Citation, article: Article | None) -> int:
        """The latest version of the article that has the quote in its place."""
        if article is None:
            return 1
        if article.text[citation.start : citation.end] != citation.quote:
            for earlier in reversed(self._library.catalogue.versions(article.id)):
                if earlier.text[citation.start : citation.end] == citation.quote:
                    return earlier.version
        return article.version


def turns(exchanges: Iterable[Exchange]) -> list[Turn]:
    """The answered exchanges, as context for a follow-up question."""
    return [
        Turn(each.question, each.reply.answer, tuple(citation.article_id for citation in each.reply.citations))
        for each in exchanges
        if each.reply
    ]


def _storable_block(block: Block) -> Block:
    rows = tuple(Row(tuple(map(_storable, row.cells)), row.citations) for row in block.rows)
    return Block(block.kind, _storable(block.title), tuple(map(_storable, block.columns)), rows)


def _storable(text: str) -> str:
    """Text without lone surrogates, which SQLite rejects."""
    return text.encode("utf-8", "replace").decode("utf-8")
