"""The passages put in order once more, by reading them word by word against the query."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from llama_index.core.bridge.pydantic import ConfigDict, PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from numpy.typing import NDArray

from rag.article import Sentence
from rag.embedding import Tokens, of_length_one
from rag.querying.cross_encoder import load_cross_encoder
from rag.querying.understand import WORD, Query, stem, word_weights

PASSAGES_KEPT_READ = 1024
"""About 120 kB each."""
SPECIAL_TOKEN_WEIGHT, OTHER_TOKEN_WEIGHT = 0.3, 0.1
NEARLY_THE_SAME = 0.5
"""Share of common word triples from which two passages tell the same in the same words (agency copy, a caption)."""


@dataclass(frozen=True, slots=True)
class Match:
    """How near a sentence of a passage comes to the query: as a whole (`similarity`), word by word (`interaction`).

    Both are cosines, at most 1; the sentence's vectors are those it has in the context of its passage and headline.
    `words` has, for each word of the query, the cosine of the sentence's nearest: (words of the query,).
    """

    sentence: Sentence
    similarity: float
    interaction: float
    words: tuple[float, ...] = ()


class LateInteraction(BaseNodePostprocessor):
    """MaxSim (Khattab and Zaharia, 2020) over the embedding model's token vectors.

    For each token of the query the passage's most similar token counts, weighted by the rarity of the query's word. The
    nodes come back best first, that score theirs, their metadata's `matches` telling of each sentence; a passage that
    nearly repeats one before it comes after all others.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    embedding: Any
    library: Any
    _read: OrderedDict[str, Tokens] = PrivateAttr(default_factory=OrderedDict)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @classmethod
    def class_name(cls) -> str:
        return "LateInteraction"

    def rerank(self, query: Query, found: Sequence[NodeWithScore]) -> list[NodeWithScore]:
        """The nodes `found` in the order of their score, undated ones still last under a condition on dates."""
        if not found:
            return []
        (asked,) = self.embedding.token_vectors([query.text])
        weights = self._weights(query, asked)
        whole = of_length_one(asked.vectors.mean(axis=0))
        of_words = _averages(query, asked)
        scored = []
        for each, tokens in zip(found, self._tokens(found), strict=True):
            assert isinstance(each.node, TextNode)
            vectors = tokens.vectors.astype(np.float32)
            interactions = asked.vectors @ vectors.T
            score = float(interactions.max(axis=1) @ weights)
            reading = _Reading(Tokens(vectors, tokens.spans), interactions, weights, whole, of_words)
            matches = self._matches(each.node, reading)
            # The node came from the caller, who may read it for another query too.
            node = each.node.model_copy(update={"metadata": each.node.metadata | {"matches": matches}})
            scored.append(NodeWithScore(node=node, score=score))
        scored.sort(key=lambda each: (each.node.metadata["undated"], -(each.score or 0.0)))
        return _repetitions_last(scored)

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        text = query_bundle.query_str if query_bundle else ""
        return self.rerank(Query(text, len(text)), nodes)

    def _weights(self, query: Query, asked: Tokens) -> NDArray[np.float32]:
        rarity = self.library.rarity([stem(word.group()) for word in WORD.finditer(query.text)])
        words = word_weights(query, rarity)
        weights = np.empty(len(asked.spans), np.float32)
        for row, (start, end) in enumerate(asked.spans):
            inside = [weight for first, last, weight in words if first <= start and end <= last]
            weights[row] = SPECIAL_TOKEN_WEIGHT if end == 0 else inside[0] if inside else OTHER_TOKEN_WEIGHT
        return np.asarray(weights / weights.sum(), np.float32)

    def _tokens(self, found: Sequence[NodeWithScore]) -> list[Tokens]:
        """The token vectors of the passages with their headlines; those read lately are still known."""
        # Remembered by their text: another text may get the passage's id.
        texts = [_with_headline(each.node) for each in found]
        with self._lock:
            known = {text: self._read[text] for text in texts if text in self._read}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        for text, tokens in zip(new, self.embedding.token_vectors(new), strict=True):
            # Half precision is exact enough for a cosine and half the memory.
            known[text] = Tokens(tokens.vectors.astype(np.float16), tokens.spans)
        with self._lock:
            for text, tokens in known.items():
                self._read[text] = tokens
                self._read.move_to_end(text)
            while len(self._read) > PASSAGES_KEPT_READ:
                self._read.popitem(last=False)
        return [known[text] for text in texts]

    def _matches(self, node: TextNode, reading: _Reading) -> list[Match]:
        start, end = node.start_char_idx or 0, node.end_char_idx or 0
        offset = start - (len(node.metadata["title"]) + 1 if node.metadata["title"] else 0)
        spans = reading.tokens.spans
        matches = []
        for sentence in self.library.sentences_of(node.metadata["article"]):
            if not start <= sentence.start or not sentence.end <= end:
                continue
            inside = (spans[:, 0] >= sentence.start - offset) & (spans[:, 1] <= sentence.end - offset)
            inside &= spans[:, 1] > 0
            if inside.any():
                similarity = float(of_length_one(reading.tokens.vectors[inside].mean(axis=0)) @ reading.whole)
                nearest = reading.interactions[:, inside].max(axis=1)
                words = tuple((reading.of_words @ nearest).tolist())
                matches.append(Match(sentence, similarity, float(nearest @ reading.weights), words))
        return matches


@dataclass(frozen=True, slots=True)
class _Reading:
    """A passage's tokens beside the query's: `interactions` are their cosines, `of_words` makes means by word of what
    is told by token: (words, tokens).
    """

    tokens: Tokens
    interactions: NDArray[Any]
    weights: NDArray[Any]
    whole: NDArray[Any]
    of_words: NDArray[Any]


def _averages(query: Query, asked: Tokens) -> NDArray[np.float32]:
    words = [match.span() for match in WORD.finditer(query.text)]
    within = np.array(
        [[start <= first and last <= end and last > 0 for first, last in asked.spans] for start, end in words],
        np.float32,
    ).reshape(len(words), len(asked.spans))
    return np.asarray(within / np.maximum(within.sum(axis=1, keepdims=True), 1), np.float32)


class CrossEncoderRerank(BaseNodePostprocessor):
    """Query and passage read together by a sentence-transformers cross-encoder, given by name or folder."""

    model: str
    _encoder: Any = PrivateAttr()

    def __init__(self, model: str) -> None:
        super().__init__(model=model)  # type: ignore[call-arg]
        self._encoder = load_cross_encoder(model, "cross-encoder", "SECOND_SOURCE_CROSS_ENCODER")

    @classmethod
    def class_name(cls) -> str:
        return "CrossEncoderRerank"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if not nodes or query_bundle is None:
            return nodes
        pairs = [(query_bundle.query_str, _with_headline(each.node)) for each in nodes]
        scores = self._encoder.predict(pairs, show_progress_bar=False)
        scored = [NodeWithScore(node=n.node, score=float(s)) for n, s in zip(nodes, scores, strict=True)]
        return sorted(scored, key=lambda each: (each.node.metadata["undated"], -(each.score or 0.0)))


def spread(found: Sequence[NodeWithScore], outlet_of: dict[str, str | None]) -> list[NodeWithScore]:
    """One passage of each outlet before a second of any, otherwise in the same order; `outlet_of` by article id."""
    rounds: dict[str | None, int] = {}
    turns = []
    for each in found:
        outlet = outlet_of[each.node.metadata["article_id"]]
        turns.append(rounds.get(outlet, 0))
        rounds[outlet] = turns[-1] + 1
    return [found[index] for index in sorted(range(len(found)), key=lambda index: turns[index])]


def _with_headline(node: Any) -> str:
    title = node.metadata["title"]
    return f"{title}\n{node.text}" if title else str(node.text)


def _repetitions_last(ranked: Sequence[NodeWithScore]) -> list[NodeWithScore]:
    first: list[tuple[NodeWithScore, set[tuple[str, ...]]]] = []
    again: list[NodeWithScore] = []
    for each in ranked:
        assert isinstance(each.node, TextNode)
        words = WORD.findall(each.node.text.lower())
        triples: set[tuple[str, ...]] = set(zip(words, words[1:], words[2:], strict=False))
        if any(len(triples & other) >= NEARLY_THE_SAME * max(1, min(len(triples), len(other))) for _, other in first):
            again.append(each)
        else:
            first.append((each, triples))
    return [each for each, _ in first] + again
