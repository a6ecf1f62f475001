"""From a query to passages: by meaning (Chroma) and by words (tantivy), fused by reciprocal rank."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.article import Article, Passage
from rag.errors import UnknownArticle
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.reply import Filters

CANDIDATES = 50
PASSAGES = 20
RANK_CONSTANT = 60
Id = TypeVar("Id", str, int)


class HybridRetriever(BaseRetriever):
    """The passages that meaning and words together put first, best first, as LlamaIndex's nodes.

    A node's metadata name its article; `start_char_idx` and `end_char_idx` are its offsets in the article's text. Under
    a condition on dates undated articles come after all others, marked `undated` in their metadata.
    """

    def __init__(
        self, library: Library, embedding: Embedding, filters: Filters = Filters(), limit: int = PASSAGES
    ) -> None:
        super().__init__()
        self._library = library
        self._embedding = embedding
        self._filters = filters
        self._limit = limit

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query = query_bundle.query_str
        vector = query_bundle.embedding or self._embedding.get_query_embedding(query)
        by_meaning = self._library.by_meaning(vector, CANDIDATES, self._filters)
        by_words = self._library.by_words(query, CANDIDATES, self._filters)
        scores = fuse([[id for id, _ in by_meaning], [id for id, _ in by_words]])
        found = self._library.passages(list(scores))
        articles: dict[str, Article] = {}
        for id in {passage.article_id for passage in found.values()}:
            with suppress(UnknownArticle):  # removed since the index was asked
                articles[id] = self._library.article(id)
        nodes = []
        for id, score in scores.items():
            if id not in found or found[id].article_id not in articles:
                continue
            article = articles[found[id].article_id]
            nodes.append(node_of(found[id], article, score, self._filters.leaves_open(article)))
        nodes.sort(key=lambda found: found.node.metadata["undated"])
        return nodes[: self._limit]


def node_of(passage: Passage, article: Article, score: float, undated: bool = False) -> NodeWithScore:
    """A passage as LlamaIndex's node; `undated` says that a condition on dates could not be applied to it."""
    node = TextNode(
        id_=passage.id,
        text=article.text[passage.start : passage.end],
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        # The article goes along, so that all that follows sees the same version of it.
        metadata={"article_id": article.id, "title": article.title or "", "undated": undated, "article": article},
    )
    return NodeWithScore(node=node, score=score)


def fuse(rankings: Sequence[Sequence[Id]]) -> dict[Id, float]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): the sum of 1 / (60 + rank) over the rankings.

    Returns the ids with their scores, best first; equal ones in the order of the first ranking that has them.
    """
    scores: dict[Id, float] = {}
    for ranking in rankings:
        for rank, id in enumerate(ranking, 1):
            scores[id] = scores.get(id, 0.0) + 1 / (RANK_CONSTANT + rank)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))
