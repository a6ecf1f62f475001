"""Rated answers as a questions file for `evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.chats.chats import Chats
from rag.chats.exchange import Exchange
from rag.reply import FROM_THE_QUESTION


def evaluation_set(chats: Chats) -> tuple[list[dict[str, Any]], int]:
    """Rated questions as `rag.evaluation.question_file.Question` reads them, and how many were left out.

    Thumbs up: the words that answered are the facts, each citation's quote the evidence; a refusal is to be refused
    again. Thumbs down: the fact is what would have been right; where nobody said it, nothing can be expected, and the
    question is left out, as is one under conditions that are not its own. `rating` and `remark` come along.
    """
    questions, left_out = [], 0
    for chat in chats.chats():
        exchanges = chats.exchanges(chat.id)
        for number, exchange in enumerate(exchanges):
            if exchange.liked is None or exchange.reply is None:
                continue
            if (expected := _expected(exchange)) is None:
                left_out += 1
                continue
            questions.append(
                {"id": f"{chat.id}-{exchange.id}", "question": exchange.question, "type": "rated"}
                | ({"turns": [each.question for each in exchanges[:number]]} if number else {})
                | expected
                | {"rating": "up" if exchange.liked else "down", "remark": exchange.remark or None}
            )
    return questions, left_out


def _expected(exchange: Exchange) -> dict[str, Any] | None:
    """The required facts of an answer; None if unknown, or removed with an article."""
    reply = exchange.reply
    if reply is None or reply.answered_by in ("small_talk", "library") or exchange.conditions != FROM_THE_QUESTION:
        return None
    if not exchange.liked:
        if not exchange.expected:
            return None
        return {"answers": [[exchange.expected]], "evidence": []}
    if reply.abstained:
        return {"answerable": False}
    facts = [[statement.text[mark.start : mark.end]] for statement in reply.statements for mark in statement.marks
             if mark.kind == "answer"][:1]  # fmt: skip
    quotes = [citation for citation in reply.citations if citation.quote]
    if not facts and quotes:
        facts = [[" ".join(quotes[0].quote.split())]]
    if not facts:
        return None
    evidence: Sequence[dict[str, Any]] = [{"quote": each.quote, "url": each.url} for each in quotes]
    return {"answers": facts, "evidence": evidence}
