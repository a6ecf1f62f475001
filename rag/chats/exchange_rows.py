"""Reading and writing exchanges in the tables of library.db."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rag.article import fingerprint
from rag.chats.exchange import Exchange, Kept, Section
from rag.reply import FROM_THE_QUESTION, Block, Citation, Filters, Mark, Reply, RetrievedPassage, Row, Statement


def exchange_of(
    row: tuple[Any, ...], statements: Sequence[Any], citations: Sequence[Any], considered: Sequence[Any]
) -> Exchange:
    """The exchange of a row of `exchanges` and of its rows of the other tables; without corrections."""
    id, question, asked_at, waiting, conditions, problem, stored, liked, remark, expected = row
    exchange = Exchange(
        id=id,
        question=question,
        asked_at=asked_at,
        waiting=bool(waiting),
        conditions=Filters.from_json(json.loads(conditions)) if conditions else FROM_THE_QUESTION,
        problem=problem,
        liked=None if liked is None else bool(liked),
        remark=remark or "",
        expected=expected or "",
    )
    if stored is None:
        return exchange
    kept = json.loads(stored)
    # Data of older versions has no checks, state, direct answer, blocks or related sentences.
    checks = kept.pop("checks", [(None, "", ())] * len(statements))
    abstained, more = kept.pop("abstained"), kept.pop("more", ())
    kept.setdefault("state", "nothing" if abstained else "answered")
    direct, blocks = kept.pop("direct", ()), kept.pop("blocks", ())
    pointed = [replace(Citation(*each[:13]), quote=each[10] or "", checked=bool(each[11])) for each in citations]
    reply = Reply(
        **kept | {"filters": Filters.from_json(kept["filters"])},
        question=question,
        statements=tuple(
            Statement(
                text or "",
                tuple(json.loads(cites)),
                tuple(Mark(*mark) for mark in json.loads(marks)),
                support,
                lack,
                tuple(added),
                direct=position in direct,
            )
            for position, ((text, _, cites, marks), (support, lack, added)) in enumerate(
                zip(statements, checks, strict=True)
            )
        ),
        citations=tuple(each for each in pointed if each.number not in more),
        more=tuple(each for each in pointed if each.number in more),
        retrieved=tuple(replace(RetrievedPassage(*each[:9]), text=each[7] or "") for each in considered),
        blocks=tuple(
            Block(
                block["kind"],
                block["title"] or "",
                tuple(block["columns"]),
                tuple(Row(tuple(row["cells"] or ()), tuple(row["citations"])) for row in block["rows"]),
            )
            for block in blocks
        ),
    )
    return replace(
        exchange,
        reply=reply,
        statements=tuple(hash for _, hash, _, _ in statements),
        blocks=tuple(blocks),
        citations={each[0]: Kept(*each[13:16]) for each in citations},
        considered={each[0]: Kept(each[11], None, each[12]) for each in considered},
        labels={each[1]: each[9] for each in considered if each[9]},
        undated=frozenset(each[1] for each in considered if each[10]),
    )


def kept_blocks(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """The blocks as JSON, each with the sha256 of what stands over its rows, each row with its own.

    Of a row whose article is removed `cells` become None, and `title` with the last of them; the hashes stay.
    """
    return [
        {
            "kind": block.kind,
            "title": block.title,
            "columns": list(block.columns),
            "sha256": head_hash(block.kind, block.title, block.columns),
            "rows": [
                {
                    "cells": list(row.cells),
                    "citations": list(row.citations),
                    "sha256": row_hash(row.cells, row.citations),
                }
                for row in block.rows
            ],
        }
        for block in blocks
    ]


def head_hash(kind: str, title: str, columns: Sequence[str]) -> str:
    """The sha256 of a block's title and columns."""
    return fingerprint(json.dumps([kind, title, list(columns)]))


def row_hash(cells: Sequence[str], citations: Sequence[int]) -> str:
    """The sha256 of a row of a block, its citations' numbers counted in: they say whose words belong to it."""
    return fingerprint(json.dumps([list(cells), list(citations)]))


def by_exchange(rows: Iterable[tuple[Any, ...]]) -> defaultdict[int, list[tuple[Any, ...]]]:
    """The rows of a table by the exchange that each begins with, without it."""
    found: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for id, *rest in rows:
        found[id].append(tuple(rest))
    return found


def with_coverage(exchange: Exchange, stored: str) -> Exchange:
    """The exchange with its saved coverage."""
    kept = json.loads(stored)
    citations = tuple(Citation(**each) for each in kept["citations"])
    section = Section(kept["statement"], kept["html"], citations, tuple(kept["claims"]))
    hashes = {
        each.number: Kept(fingerprint(each.quote), version)
        for each, version in zip(citations, kept["versions"], strict=True)
    }
    return replace(exchange, coverage=section, covered=hashes)
