"""The composition root: every front end asks the same Assistant."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from llama_index.core.schema import NodeWithScore, TextNode

from rag.article import Article, Citation, Considered, Filters, Reason, Reply, Statement, Turn
from rag.embedding import Embedding, load_embedding
from rag.errors import UsageError
from rag.ingestion.pipeline import IngestEvent, embed_anew, ingest, prepare_again
from rag.library.library import Library
from rag.outlets import aliases_of
from rag.querying.citations import cite
from rag.querying.conditions import asks_several, read_conditions
from rag.querying.extract import NoAnswer, extract
from rag.querying.rerank import CrossEncoderRerank, LateInteraction, local_cross_encoder, spread
from rag.querying.retrieve import PASSAGES, HybridRetriever
from rag.querying.understand import Query, stand_alone, sub_questions
from rag.settings import Settings

LONGEST_QUESTION = 1000
PASSAGES_FOR_A_PART = 8


@dataclass(frozen=True, slots=True)
class Searched:
    """A question understood, and what was found for it: `queries` are the whole and its parts, `ranked` the passages
    for each of them, best first.
    """

    question: str
    filters: Filters
    queries: Sequence[Query]
    ranked: Sequence[Sequence[NodeWithScore]]


class Assistant:
    """A library, the model that embeds, and what is done with them."""

    def __init__(self, library: Library, embedding: Embedding, settings: Settings) -> None:
        self.library = library
        self.embedding = embedding
        self.settings = settings
        self._late_interaction = LateInteraction(embedding=embedding, library=library)
        encoder = local_cross_encoder(settings.cross_encoder, settings.models)
        self._cross_encoder = CrossEncoderRerank(encoder) if encoder else None

    @classmethod
    def open(cls, settings: Settings, any_model: bool = False) -> Assistant:
        """Load the model and open the library in `settings.store`, made when it is not there.

        With `any_model` a library built with another model opens too, to be embedded anew.
        Raises ModelError, LibraryBusy or LibraryError.
        """
        embedding = load_embedding(settings)
        library = Library.open(settings.store, embedding.identity, embedding.model_name, any_model)
        return cls(library, embedding, settings)

    def close(self) -> None:
        """Let the library go."""
        self.library.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ingest(self, places: Sequence[str | Path]) -> Iterator[IngestEvent]:
        """Read files, folders and globs into the library, telling what became of each article as it happens."""
        return ingest(self.library, self.embedding, [str(place) for place in places], self.settings.max_file_mb)

    def edit(self, id: str, values: Mapping[str, str]) -> Article:
        """Correct what is known of an article, and return it as it is now. Raises UsageError, UnknownArticle.

        `values`: the fields of `rag.article.DESCRIBED` that are to change, as typed; "" for not known.
        """
        before = self.library.article(id)
        article = self.library.edit(id, values)
        if article.title != before.title:  # a passage is embedded with its headline
            prepare_again(self.library, self.embedding, [article])
        return article

    def embed_anew(self) -> None:
        """Split and embed every article with the model of the settings; all or nothing."""
        self.library.reembed(
            embed_anew(self.library, self.embedding), self.embedding.identity, self.embedding.model_name
        )

    def ask(self, question: str, filters: Filters | None = None, chat: Sequence[Turn] = ()) -> Reply:
        """Answer `question`, asked after the turns of `chat`.

        Conditions on outlets and dates are read from the question itself, unless `filters` says what they are to be.
        Raises UsageError for an empty or over-long question and for an outlet that the library does not have.
        """
        clock = _Clock()
        searched = self._search(question, filters, chat, clock)
        reason: Reason | None = None
        answer = extract(searched.question, searched.queries, searched.ranked, self.library)
        if isinstance(answer, NoAnswer):
            reason, explanation = self._refusal(searched, answer)
            statements: tuple[Statement, ...] = (Statement(explanation),)
            citations: tuple[Citation, ...] = ()
        else:
            statements, citations = cite(answer, self.library)
            if not statements:  # what was found has been removed or changed meanwhile
                reason, statements = "not_covered", (Statement("What was found has just left the library: ask again."),)
        clock.lap("answer_ms")
        return Reply(
            question=searched.question,
            query=searched.queries[0].text,
            filters=searched.filters,
            statements=statements,
            abstained=reason is not None,
            reason=reason,
            answered_by="extract",
            citations=citations,
            retrieved=self._considered(searched.ranked[0][:PASSAGES]),
            timings=clock.laps(),
        )

    def search(self, question: str, filters: Filters | None = None, chat: Sequence[Turn] = ()) -> Searched:
        """What `ask` answers from: the question understood, the passages in their order. Raises as `ask` does."""
        return self._search(question, filters, chat, _Clock())

    def _search(self, question: str, filters: Filters | None, chat: Sequence[Turn], clock: _Clock) -> Searched:
        question = " ".join(question.encode("utf-16", "surrogatepass").decode("utf-16", "replace").split())
        if not question:
            raise UsageError("The question is empty: type what you want to know.")
        if len(question) > LONGEST_QUESTION:
            raise UsageError(
                f"The question has {len(question)} characters; at most {LONGEST_QUESTION} are read. Shorten it."
            )
        read = read_conditions(question, self.library.outlets(), date.today())
        query = stand_alone(read.question, chat)
        queries = [query, *sub_questions(query)]
        if filters is None:
            filters = read.filters
        else:
            filters = replace(filters, outlets=tuple(self._outlet(name) for name in filters.outlets))
        clock.lap("understand_ms")
        found = self._retrieve(queries, filters)
        clock.lap("retrieve_ms")
        ranked = self._rerank(queries, found, filters)
        clock.lap("rerank_ms")
        return Searched(question, filters, queries, ranked)

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

    def _considered(self, found: Sequence[NodeWithScore]) -> tuple[Considered, ...]:
        considered = []
        for rank, each in enumerate(found, 1):
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
