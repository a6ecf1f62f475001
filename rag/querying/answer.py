"""From a question to a reply: understood, searched, reranked, answered from the articles' own sentences, cited."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
from llama_index.core.schema import NodeWithScore, TextNode
from numpy.typing import NDArray

from rag.article import Article, Citation, Considered, Filters, Reason, Reply, Statement, Telling, Turn
from rag.embedding import Embedding
from rag.errors import Superseded, UsageError
from rag.library.library import Library
from rag.outlets import aliases_of
from rag.querying.accounts import differing_accounts, named_accounts, tellings
from rag.querying.citations import cite
from rag.querying.conditions import asks_several, read_conditions
from rag.querying.evidence import Weigh, weigh
from rag.querying.extract import Evidence, NoAnswer, extract
from rag.querying.rerank import CrossEncoderRerank, LateInteraction, local_cross_encoder, spread
from rag.querying.retrieve import PASSAGES, HybridRetriever, node_of
from rag.querying.understand import Query, SmallTalk, small_talk, stand_alone, sub_questions, terms

LONGEST_QUESTION = 1000
SEARCHES_KEPT = 8
READINGS = 3
PASSAGES_FOR_A_PART = 8
PASSAGES_OF_AN_ARTICLE, PASSAGES_TOLD = 3, 40
"""Of those that are read for what the outlets tell: how many of one article, and of all."""


Condense = Callable[[str, Sequence[Turn]], str | None]
"""Makes of a question and the turns before it a question that stands alone; None where it cannot."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A question understood, and what was found for it: `queries` are the whole and its parts, `ranked` the passages
    for each of them, best first; `by_outlet` those of each outlet or origin whose account is asked for, for
    what is `asked` of them all.
    """

    question: str
    filters: Filters
    queries: Sequence[Query]
    ranked: Sequence[Sequence[NodeWithScore]]
    asked: Query
    by_outlet: Mapping[str, Sequence[NodeWithScore]]


def choose(searched: Searched, library: Library, weigh: Weigh = weigh) -> list[Evidence] | NoAnswer:
    """The sentences of the answer: each outlet's account where accounts are asked for, else those that answer best.

    `weigh` says how well each candidate answers.
    """
    answer = extract(searched.question, searched.queries, searched.ranked, library, weigh)
    if isinstance(answer, NoAnswer):
        return answer
    if searched.by_outlet:
        return named_accounts(searched.asked, searched.by_outlet, library, weigh) or answer
    if asks_several(searched.question, searched.filters):
        return differing_accounts(things_asked(searched.queries[0])[0], searched.ranked[0], library, weigh) or answer
    return answer


def things_asked(whole: Query) -> list[Query]:
    """The question in its parts, without the one that asks whether the outlets agree: that is what is told anyway.

    A question in one part is taken whole.
    """
    parts = [part for part in sub_questions(whole) if not asks_several(part.text[: part.own], Filters())]
    question = re.sub(r"[^.?!]*[.?!]\s*$", "", whole.text[: whole.own])
    if not parts and question.strip() and asks_several(whole.text[len(question) : whole.own], Filters()):
        return [Query(question.strip(), len(question.strip()))]
    return parts or [whole]


class Answerer:
    """Answers questions from a library, with the model that embedded it."""

    def __init__(self, library: Library, embedding: Embedding, cross_encoder: str | None, models: Path) -> None:
        """`cross_encoder` is the name of one to rerank with; None takes the one that lies in the folder `models`."""
        self.library = library
        self.embedding = embedding
        self._late_interaction = LateInteraction(embedding=embedding, library=library)
        encoder = local_cross_encoder(cross_encoder, models)
        self._cross_encoder = CrossEncoderRerank(encoder) if encoder else None
        # Who says what is asked of a question that has just been answered: it has been searched already.
        self._found = lru_cache(SEARCHES_KEPT)(self._find)
        self._ranked = lru_cache(SEARCHES_KEPT)(self._rank)

    def answer(
        self, question: str, filters: Filters | None, chat: Sequence[Turn], condense: Condense | None = None
    ) -> tuple[Reply, Searched | None]:
        """Answer `question` from the articles' own sentences, and say what was found for it; see `Assistant.ask`.

        Where an article is replaced while it is read, because others come in meanwhile, all is read once more. Nothing
        is searched for small talk.
        """
        for _ in range(READINGS - 1):
            with suppress(Superseded):
                return self._answer(question, filters, chat, condense)
            self._found.cache_clear()
            self._ranked.cache_clear()
        return self._answer(question, filters, chat, condense)

    def _answer(
        self, question: str, filters: Filters | None, chat: Sequence[Turn], condense: Condense | None
    ) -> tuple[Reply, Searched | None]:
        clock = _Clock()
        talk = small_talk(question)
        if talk is not None:
            return self._small_talk(" ".join(question.split()), talk), None
        searched = self._search(question, filters, chat, clock, condense)
        reason: Reason | None = None
        answer = choose(searched, self.library)
        if isinstance(answer, NoAnswer):
            reason, explanation = self._refusal(searched, answer)
            statements: tuple[Statement, ...] = (Statement(explanation),)
            citations: tuple[Citation, ...] = ()
        else:
            statements, citations = cite(answer, self.library, searched.queries[0])
            if not statements:  # what was found has been removed or changed meanwhile
                reason, statements = "not_covered", (Statement("What was found has just left the library: ask again."),)
        clock.lap("answer_ms")
        reply = Reply(
            question=searched.question,
            query=searched.queries[0].text,
            filters=searched.filters,
            statements=statements,
            abstained=reason is not None,
            reason=reason,
            answered_by="extract",
            citations=citations,
            retrieved=self.considered(searched),
            timings=clock.laps(),
            struck_out=0 if isinstance(answer, NoAnswer) else len(answer) - len(citations),
        )
        return reply, searched

    def _small_talk(self, question: str, kind: SmallTalk) -> Reply:
        status = self.library.status()
        held = (
            f"the {status.articles} articles of this library" if status.articles else "your articles, once you add some"
        )
        said = {
            "greeting": f"Hello. Ask me anything about {held}.",
            "thanks": "You are welcome.",
            "help": f"I answer questions from {held}: in their own sentences, each with its citation. Ask who, what, "
            "when, where, why or how many; name an outlet or a date to narrow it down; or ask how the outlets differ.",
        }
        return Reply(
            question=question,
            query=question,
            filters=Filters(),
            statements=(Statement(said[kind]),),
            abstained=False,
            reason=None,
            answered_by="small_talk",
            timings={"total_ms": 0},
        )

    def search(self, question: str, filters: Filters | None, chat: Sequence[Turn]) -> Searched:
        """The question understood and the passages in their order; see `Assistant.ask`."""
        return self._search(question, filters, chat, _Clock())

    def tell(self, searched: Searched, articles: Sequence[Article]) -> list[tuple[str, list[Telling]]]:
        """What the articles tell of each thing that was asked: the part of the question, and their sentences.

        Of each article the passages nearest to the question are read, PASSAGES_OF_AN_ARTICLE at most.
        """
        found = []
        for query in things_asked(searched.asked):
            own = query.text[: query.own]
            vector = np.array(self.embedding.get_query_embedding(own), np.float32)
            weights = self.library.rarity(terms(own))
            nodes = [node for article in articles for node in self._nearest(article, vector, weights)]
            nodes = sorted(nodes, key=lambda each: -(each.score or 0.0))[:PASSAGES_TOLD]
            ranked = self._late_interaction.rerank(query, nodes)
            found.append((query.text[: query.own], tellings(query, ranked, self.library)))
        return found

    def _nearest(
        self, article: Article, vector: NDArray[np.float32], weights: Mapping[str, float]
    ) -> list[NodeWithScore]:
        """The article's passages nearest by meaning (a query's vector) and words (its stems with their weights), the
        best above all others' second ones.
        """
        nodes = []
        for each in self.library.catalogue.embedded(article.id):
            node = node_of(each.passage, article, float(np.frombuffer(each.vector, np.float32) @ vector))
            has = set(terms(node.text))
            share = sum(weight for word, weight in weights.items() if word in has) / (sum(weights.values()) or 1.0)
            nodes.append(NodeWithScore(node=node.node, score=(node.score or 0.0) + share))
        nodes = sorted(nodes, key=lambda each: -(each.score or 0.0))[:PASSAGES_OF_AN_ARTICLE]
        return [NodeWithScore(node=each.node, score=(each.score or 0.0) + 2 * (not n)) for n, each in enumerate(nodes)]

    def _search(
        self,
        question: str,
        filters: Filters | None,
        chat: Sequence[Turn],
        clock: _Clock,
        condense: Condense | None = None,
    ) -> Searched:
        question = _one_line(question)
        if not question:
            raise UsageError("The question is empty: type what you want to know.")
        if len(question) > LONGEST_QUESTION:
            raise UsageError(
                f"The question has {len(question)} characters; at most {LONGEST_QUESTION} are read. Shorten it."
            )
        read = read_conditions(question, self.library.outlets(), date.today(), self.library.origins())
        query = stand_alone(read.question, [replace(turn, question=_one_line(turn.question)) for turn in chat])
        if query.carried and condense is not None and (condensed := condense(read.question, chat)):
            # Its own words come first and count most: what a model makes of them may be wrong.
            query = Query(f"{read.question} ({condensed})", len(read.question))
        queries = (query, *sub_questions(query))
        if filters is None:
            filters = read.filters
        else:
            filters = replace(filters, outlets=tuple(self._outlet(name) for name in filters.outlets))
        asked = Query(read.asked, len(read.asked)) if read.asked != read.question else query
        things = things_asked(asked)
        asked = things[0] if len(things) == 1 else asked
        tellers = filters.outlets if len(filters.outlets) > 1 else read.tellers
        changes = self.library.changes
        clock.lap("understand_ms")
        self._found(queries, filters, changes)
        clock.lap("retrieve_ms")
        ranked, by_outlet = self._ranked(queries, asked, tellers, filters, changes)
        clock.lap("rerank_ms")
        return Searched(question, filters, queries, ranked, asked, by_outlet)

    def _find(self, queries: Sequence[Query], filters: Filters, _changes: int) -> list[NodeWithScore]:
        """What `_retrieve` finds, while the library has seen so many changes."""
        return self._retrieve(queries, filters)

    def _rank(
        self, queries: Sequence[Query], asked: Query, tellers: Sequence[str], filters: Filters, changes: int
    ) -> tuple[list[list[NodeWithScore]], dict[str, list[NodeWithScore]]]:
        """What was found in its order for each of the queries, and for each of the tellers for what is `asked`."""
        found = self._found(queries, filters, changes)
        return self._rerank(queries, found, filters), self._by_teller(asked, tellers, filters, found)

    def _by_teller(
        self, query: Query, tellers: Sequence[str], filters: Filters, found: Sequence[NodeWithScore]
    ) -> dict[str, list[NodeWithScore]]:
        """The best passages of each of the outlets, and of each of the origins among the articles that were found."""
        ranked = {}
        outlets = self.library.outlets()
        for teller in tellers:
            if teller in outlets:
                told = self._retrieve([query], replace(filters, outlets=(teller,)))
            else:
                told = [each for each in found if teller in (each.node.metadata["article"].origin or "")]
            if told:
                ranked[teller] = self._late_interaction.rerank(query, told[:PASSAGES_FOR_A_PART])
        return ranked if len(ranked) > 1 else {}

    def _retrieve(self, queries: Sequence[Query], filters: Filters) -> list[NodeWithScore]:
        """The passages for the whole question and, after them, those that its parts find besides."""
        found: dict[str, NodeWithScore] = {}
        for number, query in enumerate(queries):
            limit = PASSAGES_FOR_A_PART if number else PASSAGES
            for each in HybridRetriever(self.library, self.embedding, filters, limit).retrieve(query.text):
                found.setdefault(each.node.node_id, each)
        return list(found.values())

    def _rerank(
        self, queries: Sequence[Query], found: list[NodeWithScore], filters: Filters
    ) -> list[list[NodeWithScore]]:
        """The passages in their order for each of the queries."""
        ranked = [self._late_interaction.rerank(query, found) for query in queries]
        if self._cross_encoder is not None:
            ranked = [
                self._cross_encoder.postprocess_nodes(passages, query_str=query.text)
                for query, passages in zip(queries, ranked, strict=True)
            ]
        if asks_several(queries[0].text, filters):
            outlets = {each.node.metadata["article_id"]: each.node.metadata["article"].outlet for each in found}
            ranked = [spread(passages, outlets) for passages in ranked]
        return ranked

    def _refusal(self, searched: Searched, answer: NoAnswer) -> tuple[Reason, str]:
        if not self.library.status().articles:
            return "empty_library", "The library is empty. Add articles to it first, then ask again."
        if searched.filters:
            found = self._retrieve(searched.queries, Filters())
            anywhere = self._rerank(searched.queries, found, Filters())
            if not isinstance(extract(searched.question, searched.queries, anywhere, self.library), NoAnswer):
                return "outside_filters", (
                    "Nothing within the chosen outlets and dates answers this, but other articles of the library may: "
                    "ask again without the conditions."
                )
        return "not_covered", f"The library does not answer this. {answer.explanation}".strip()

    def considered(self, searched: Searched) -> tuple[Considered, ...]:
        """The passages for the whole question, PASSAGES at most."""
        considered = []
        for rank, each in enumerate(searched.ranked[0][:PASSAGES], 1):
            node = each.node
            assert isinstance(node, TextNode)
            article: Article = node.metadata["article"]
            considered.append(
                Considered(
                    rank=rank,
                    article_id=article.id,
                    outlet=article.outlet,
                    url=article.url,
                    path=article.path,
                    start=node.start_char_idx or 0,
                    end=node.end_char_idx or 0,
                    text=node.text,
                    score=round(each.score or 0.0, 6),
                )
            )
        return tuple(considered)

    def _outlet(self, name: str) -> str:
        """The library's outlet that `name` means: its name, its domain or an abbreviation, in any case of letters."""
        outlets = self.library.outlets()
        wanted = name.strip().lower()
        for outlet in outlets:
            if wanted in {alias.lower().removeprefix("the ") for alias in aliases_of(outlet)} | {outlet.lower()}:
                return outlet
        near = difflib.get_close_matches(name, outlets, 3, 0.4) or outlets[:3]
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise UsageError(f"The library has no outlet called {name!r}.{hint}")


def _one_line(text: str) -> str:
    """What was typed, on one line, without halves of characters."""
    return " ".join(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").split())


class _Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, int] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000)
        self._last = now

    def laps(self) -> dict[str, int]:
        return self._laps | {"total_ms": round((time.perf_counter() - self._start) * 1000)}
