"""From a question to the passages that it is answered from: understood, searched, read."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
from llama_index.core.schema import NodeWithScore
from numpy.typing import NDArray

from rag.article import Article
from rag.errors import UsageError
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.models.reader import Reader
from rag.querying.compose import article_reading
from rag.querying.conditions import asks_several, read_conditions
from rag.querying.linked_facts import Linked, linked
from rag.querying.query import Query, leans, stand_alone, sub_questions, terms
from rag.querying.read import PassageReader
from rag.querying.retrieve import PASSAGES, HybridRetriever, node_of
from rag.reply import ArticleReading, Filters, ScoredSentence, Turn
from rag.text.outlet_names import meant

LONGEST_QUESTION = 1000
SEARCHES_KEPT = 8
PASSAGES_OF_AN_OUTLET = 8
"""Read for each of the outlets that a question names."""
PASSAGES_OF_A_PART = 8
"""Read for each of the parts of a question that asks several things."""
PASSAGES_OF_AN_EVENT = 60
"""The most that are read to see what each outlet says to one thing: some three seconds on two cores."""


Condense = Callable[[str, Sequence[Turn]], str | None]
"""Makes of a question and the turns before it a question that stands alone; None where it cannot."""


@dataclass(frozen=True, slots=True)
class SearchResults:
    """A question understood, and what was found for it: `query` is what was searched, `wanted` what the passages were
    read with, `ranked` these, best first; `by_outlet` those of each outlet or origin whose account is asked for, for
    what is `asked` of them all; `parts` the parts of a question that asks several things, with the passages of each.
    `open`: all that is told about a thing is asked for; `note`: a word on what was named as a condition and is none.
    """

    question: str
    filters: Filters
    query: Query
    wanted: str
    ranked: Sequence[NodeWithScore]
    asked: Query
    by_outlet: Mapping[str, Sequence[NodeWithScore]]
    parts: Sequence[tuple[str, Sequence[NodeWithScore]]] = ()
    open: bool = False
    note: str = ""

    @property
    def sides(self) -> Linked | None:
        """The two sides of a question that links two facts; `parts` are theirs then."""
        return linked(self.query.question)


def things_asked(whole: Query) -> list[Query]:
    """The question in its parts, without the one that asks whether the outlets agree: that is what is told anyway.

    A question in one part is taken whole.
    """
    parts = [part for part in sub_questions(whole) if not asks_several(part.question)]
    question = re.sub(r"[^.?!]*[.?!]\s*$", "", whole.question)
    if not parts and question.strip() and asks_several(whole.question[len(question) :]):
        return [Query(question.strip())]
    return parts or [whole]


def one_thing_asked(whole: Query) -> Query:
    """The question without the part that asks whether the outlets agree, where one part is left; else the whole."""
    things = things_asked(whole)
    return things[0] if len(things) == 1 else whole


class Searcher:
    """Finds what answers a question in a library, with the model that embedded it."""

    def __init__(self, library: Library, embedding: Embedding, reader: Reader) -> None:
        self.library = library
        self.embedding = embedding
        self.reader = PassageReader(reader=reader, library=library)
        # Who says what is asked of a question that has just been answered: it has been searched already.
        self._found = lru_cache(SEARCHES_KEPT)(self._find)
        self._understood = lru_cache(SEARCHES_KEPT)(self._read)

    def forget(self) -> None:
        """Search anew whatever is asked next."""
        self._found.cache_clear()
        self._understood.cache_clear()

    def readings_on(self, asked: Query, articles: Sequence[Article]) -> list[tuple[str, list[ArticleReading]]]:
        """The articles read with each thing that is asked: the part of the question, and a reading of each article.

        At most PASSAGES_OF_AN_EVENT are read, the nearest to the question of every article first.
        """
        found = []
        for query in things_asked(asked):
            own = query.question
            near, passages = self._passages_near(own, articles)
            by_article: dict[str, list[NodeWithScore]] = {article.id: [] for article in articles}
            for node in self.reader.read(query.text if leans(own) else own, near, len(near)):
                by_article[node.node.metadata["article_id"]].append(node)
            found.append((own, [article_reading(each, by_article[each.id], passages[each.id]) for each in articles]))
        return found

    def sentences_near(self, sentence: str, articles: Sequence[Article]) -> list[ScoredSentence]:
        """The articles' sentences beside one, with how near each comes to it: the cosine of their vectors.

        The reader does not say that: it looks for what answers a question.
        """
        vector = np.array(self.embedding.get_query_embedding(sentence), np.float32)
        found = []
        for node in self._passages_near(sentence, articles)[0]:
            article = node.node.metadata["article"]
            for each in self.reader.sentences(node.node):
                text = article.text[each.start : each.end]
                near = np.array(self.embedding.get_query_embedding(text), np.float32) @ vector
                found.append(ScoredSentence(article, each.start, each.end, float(near)))
        return found

    def _passages_near(self, text: str, articles: Sequence[Article]) -> tuple[list[NodeWithScore], dict[str, int]]:
        """The passages of the articles nearest to the text, PASSAGES_OF_AN_EVENT at most, each article's best one
        first; and how many passages each article has, by its id.
        """
        vector = np.array(self.embedding.get_query_embedding(text), np.float32)
        weights = self.library.rarity(terms(text))
        nodes = {article.id: self._nearest(article, vector, weights) for article in articles}
        near = sorted((node for several in nodes.values() for node in several), key=lambda each: -(each.score or 0.0))
        return near[:PASSAGES_OF_AN_EVENT], {id: len(several) for id, several in nodes.items()}

    def _nearest(
        self, article: Article, vector: NDArray[np.float32], weights: Mapping[str, float]
    ) -> list[NodeWithScore]:
        """The article's passages, the nearest first by meaning (a query's vector) and words (its stems with their
        weights); the first is scored above all others' second ones.
        """
        nodes = []
        for each in self.library.catalogue.embedded(article.id):
            node = node_of(each.passage, article, float(np.frombuffer(each.vector, np.float32) @ vector))
            has = set(terms(node.text))
            share = sum(weight for word, weight in weights.items() if word in has) / (sum(weights.values()) or 1.0)
            nodes.append(NodeWithScore(node=node.node, score=(node.score or 0.0) + share))
        nodes.sort(key=lambda each: -(each.score or 0.0))
        return [NodeWithScore(node=each.node, score=(each.score or 0.0) + 2 * (not n)) for n, each in enumerate(nodes)]

    def search(
        self,
        question: str,
        filters: Filters,
        chat: Sequence[Turn],
        condense: Condense | None = None,
        clock: Clock | None = None,
    ) -> SearchResults:
        """The question understood and the passages in their order; see `Assistant.ask`. The laps go to the `clock`."""
        clock = clock or Clock()
        question = one_line(question)
        if not question:
            raise UsageError("The question is empty. Type what you want to know.")
        if len(question) > LONGEST_QUESTION:
            raise UsageError(
                f"The question has {len(question)} characters; at most {LONGEST_QUESTION} are allowed. Shorten it."
            )
        library = self.library
        read = read_conditions(question, library.outlets(), date.today(), library.origins, library.headlines)
        query = stand_alone(read.question, [replace(turn, question=one_line(turn.question)) for turn in chat])
        if query.context and condense is not None and (condensed := condense(read.question, chat)):
            # Its own words come first and count most: what a model makes of them may be wrong.
            query = Query(read.question, condensed)
        filters = self.conditions(filters, read.filters)
        asked = Query(read.asked) if read.asked != read.question else query
        asked = one_thing_asked(asked)
        tellers = filters.outlets if len(filters.outlets) > 1 else read.named_outlets
        changes = self.library.indexes.changes
        clock.lap("understand_ms")
        # Whether the outlets agree is not what a passage says.
        one = one_thing_asked(query)
        wanted = query.text if one == query else one.question
        self._found(query, filters, changes)
        clock.lap("retrieve_ms")
        clock.lap("rerank_ms")  # part of the contract since there was a reranker
        ranked, by_outlet, parts = self._understood(query, wanted, asked, tellers, filters, changes)
        clock.lap("read_ms")
        return SearchResults(question, filters, query, wanted, ranked, asked, by_outlet, parts, read.open, read.note)

    def _find(self, query: Query, filters: Filters, _changes: int) -> list[NodeWithScore]:
        """What `retrieve` finds, while the library has seen so many changes."""
        return self.retrieve(query, filters)

    def _read(
        self, query: Query, wanted: str, asked: Query, tellers: Sequence[str], filters: Filters, changes: int
    ) -> tuple[list[NodeWithScore], dict[str, list[NodeWithScore]], list[tuple[str, list[NodeWithScore]]]]:
        """What was found, read: all of it in its order, that of each of the tellers, and that of each part."""
        found = self._found(query, filters, changes)
        by_teller = self._by_teller(asked, tellers, filters, found)
        # What a follow-up leans on is needed to find the sentence, and has the reader take its words for the answer.
        alone = query.question if query.context and wanted == query.text else ""
        return (
            self.reader.read(wanted, found, alone=alone),
            by_teller,
            [] if by_teller else self._by_part(query, filters),
        )

    def _by_part(self, query: Query, filters: Filters) -> list[tuple[str, list[NodeWithScore]]]:
        """The best passages of each part of the question, read with that part."""
        sides = linked(query.question)
        parts = list(map(Query, sides.questions)) if sides else things_asked(query)
        if len(parts) < 2:
            return []
        return [
            (part.question, self.reader.read(part.text, self.retrieve(part, filters)[:PASSAGES_OF_A_PART]))
            for part in parts
        ]

    def _by_teller(
        self, query: Query, tellers: Sequence[str], filters: Filters, found: Sequence[NodeWithScore]
    ) -> dict[str, list[NodeWithScore]]:
        """The best passages of each of the outlets, and of each of the origins among the articles that were found."""
        ranked = {}
        outlets = frozenset(self.library.outlets() if tellers else ())
        for teller in tellers:
            if teller in outlets:
                told = self.retrieve(query, replace(filters, outlets=(teller,)))
            else:
                told = [each for each in found if teller in (each.node.metadata["article"].origin or "")]
            if told:
                ranked[teller] = self.reader.read(query.text, told[:PASSAGES_OF_AN_OUTLET])
        return ranked if len(ranked) > 1 else {}

    def retrieve(self, query: Query, filters: Filters) -> list[NodeWithScore]:
        """The passages for a query, PASSAGES at most, best first, as meaning and words together find them."""
        return HybridRetriever(self.library, self.embedding, filters, PASSAGES).retrieve(query.text)

    def conditions(self, filters: Filters, read: Filters = Filters()) -> Filters:
        """The conditions of `filters` as the library names them, with those `read` where they are to be read.

        What stands for a collection may be an article's id. Raises UsageError for an outlet or a collection that the
        library does not have.
        """
        if filters.read:
            filters = replace(read, articles=filters.articles, collection=filters.collection)
        else:
            filters = replace(filters, outlets=tuple(self.outlet(name) for name in filters.outlets))
        if filters.collection is None:
            return filters
        if not self.library.collections.find(filters.collection) and self.library.catalogue.exists(filters.collection):
            return replace(filters, collection=None, articles=(filters.collection,))
        collection = self.library.collections.get(filters.collection)
        return replace(filters, collection=collection.name, articles=collection.articles)

    def outlet(self, name: str) -> str:
        """The library's outlet that `name` means: its name, its domain or an abbreviation, in any case of letters.

        Raises UsageError where it means none.
        """
        outlets = self.library.outlets()
        if outlet := meant(name, outlets):
            return outlet
        near = difflib.get_close_matches(name, outlets, 3, 0.4) or outlets[:3]
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise UsageError(f"The library has no outlet called {name!r}.{hint}")


def one_line(text: str) -> str:
    """What was typed, on one line, without halves of characters."""
    return " ".join(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").split())


class Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, int] = {}

    def lap(self, name: str) -> None:
        """Keep the milliseconds since the last lap under that name."""
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000)
        self._last = now

    def laps(self) -> dict[str, int]:
        """The laps so far, and `total_ms`."""
        return self._laps | {"total_ms": round((time.perf_counter() - self._start) * 1000)}
