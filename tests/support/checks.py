"""What holds of every library, article and reply, as functions that assert it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.article import Article, Sentence
from rag.ingestion.pipeline import IngestEvent, ingest
from rag.library.copies import blanked
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.reply import Reply

MAX_MB = 20
Span = tuple[int, int]


def put_in(library: Library, embedding: Embedding, *places: Path | str) -> list[IngestEvent]:
    """Ingest `places` and return all that was reported."""
    return list(ingest(library, embedding, [str(place) for place in places], MAX_MB))


def outcomes(events: Sequence[IngestEvent]) -> list[str]:
    """What became of each, in order."""
    return [event.outcome for event in events]


def generated_articles(folder: Path, number: int, sentences: int = 12) -> Path:
    """Write `number` text files; the words "word7" and "article7" occur in the article 7 and nowhere else."""
    folder.mkdir(parents=True)
    for n in range(number):
        lines = [
            f"Sentence {m} of article{n} says that word{n} met harbour{n * m % 17} and bridge{(n + m) % 13} on day {m}."
            for m in range(sentences)
        ]
        (folder / f"{n:04}.txt").write_text(f"Report {n} from the harbour\n\n" + "\n\n".join(lines), "utf-8")
    return folder


def assert_cut_exactly(text: str, spans: Sequence[Span]) -> None:
    """The spans are in order, do not overlap, part no character, and leave out nothing but white space."""
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text), (start, end)
        assert not text[last:start].strip(), f"left out: {text[last:start]!r}"
        last = end
    assert not text[last:].strip(), f"left out: {text[last:]!r}"
    for border in {index for span in spans for index in span}:
        assert not parts_a_character(text, border), f"cut at {text[max(0, border - 2) : border + 2]!r}"


def parts_a_character(text: str, border: int) -> bool:
    """Whether `border` stands before a combining mark, beside a zero-width joiner or between two surrogates.

    A mark at the start of a line stands on nothing, and is parted from nothing (Unicode's rules GB4 and GB5).
    """
    if not 0 < border < len(text) or len(text[border - 1 : border + 1].splitlines()[0]) < 2:
        return False
    before, after = text[border - 1], text[border]
    return (
        unicodedata.category(after).startswith("M")
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\u200d" in (before, after)
        or "\udc00" <= after <= "\udfff"
    )


def assert_whole(library: Library, missable: float = 0.002) -> None:
    """Every article is wholly there, both indexes hold exactly its passages, and each passage is found in both.

    Beyond a thousand Chroma searches a graph, which may miss a share of `missable`; a torn one misses most.
    """
    held: list[tuple[str, bytes]] = []
    for article in library.articles():
        sentences = library.sentences(article.id)
        embedded = library.catalogue.embedded(article.id)
        story = blanked(article.text, article.omitted)
        assert_cut_exactly(story, [(s.start, s.end) for s in sentences])
        assert_cut_exactly(story, [(e.passage.start, e.passage.end) for e in embedded])
        for start, end in [(s.start, s.end) for s in sentences]:
            assert story[start:end] == article.text[start:end], "something that is omitted can be cited"
        borders = {s.start for s in sentences}, {s.end for s in sentences}
        assert all(e.passage.start in borders[0] and e.passage.end in borders[1] for e in embedded)
        held += [(e.passage.id, e.vector) for e in embedded]
    assert indexed(library) == ({id for id, _ in held}, len(held))
    missed = []
    for first in range(0, len(held), 200):
        some = held[first : first + 200]
        queries = [np.frombuffer(vector, np.float32).tolist() for _, vector in some]
        found = library.indexes.vectors._collection.query(query_embeddings=queries, n_results=1, include=["distances"])
        for (id, _), ids, distances in zip(some, found["ids"], found["distances"], strict=True):
            if ids != [id] and (not distances or distances[0] > 1e-5):
                missed.append(id)
    assert len(missed) <= len(held) * missable, missed
    assert library.catalogue.count("outbox") == 0


def indexed(library: Library) -> tuple[set[str], int]:
    """The ids that Chroma holds and how many documents the keyword index does."""
    return set(library.indexes.vectors._collection.get(include=[])["ids"]), library.indexes.keywords.count()


def contents(library: Library) -> dict[str, tuple[Article, list[Sentence], list[Any]]]:
    """All that two libraries of the same articles have in common, the times of ingestion left out."""
    return {a.id: (a, library.sentences(a.id), library.catalogue.embedded(a.id)) for a in library.articles()}


def rows(library: Library) -> dict[str, int]:
    """How many rows each table has that holds something of an article."""
    tables = ("articles", "versions", "sentences", "passages", "vectors", "outbox")
    return {table: library.catalogue.count(table) for table in tables}


def assert_cited(reply: Reply, library: Library) -> None:
    """The reply answers, and every citation is, letter by letter, what stands in the stored article."""
    assert not reply.abstained, reply.answer
    assert [citation.number for citation in reply.citations] == list(range(1, len(reply.citations) + 1))
    told = {number for statement in reply.statements for number in statement.citations}
    told |= {number for block in reply.blocks for row in block.rows for number in row.citations}
    assert told == {citation.number for citation in reply.citations}
    assert reply.citations
    for citation in reply.citations:
        assert library.article(citation.article_id).text[citation.start : citation.end] == citation.quote
        assert citation.checked
        assert 0 < len(citation.quote) <= 600
