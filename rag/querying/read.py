"""The passages read with the question: how well each of their sentences answers it, and in which words."""

from __future__ import annotations

import statistics
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llama_index.core.bridge.pydantic import ConfigDict, PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.article import Article, Excerpt, Sentence
from rag.models.reader import Answer, Reading
from rag.text.boilerplate import is_furniture

PASSAGES_READ = 12
READINGS_KEPT = 4096
UNREAD = -100.0
"""The score of a passage that was found and not read: below that of any that was."""


@dataclass(frozen=True, slots=True)
class Candidate(Excerpt):
    """A sentence that was read with the question, in its article, and what the reader says of it."""

    answer: Answer

    @property
    def words(self) -> tuple[int, int]:
        """The words that answer, as offsets in the article's text."""
        return self.start + self.answer.start, self.start + self.answer.end


class PassageReader(BaseNodePostprocessor):
    """Reads the first passages with the question and puts them in order, the best sentence's score being theirs.

    The metadata of a node that was read have its `candidates`, and `nothing`, the logit of "not here".
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    reader: Any
    library: Any
    _readings: OrderedDict[tuple[str, str, str], Reading] = PrivateAttr(default_factory=OrderedDict)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @classmethod
    def class_name(cls) -> str:
        return "PassageReader"

    def read(
        self, question: str, found: Sequence[NodeWithScore], most: int = PASSAGES_READ, alone: str = ""
    ) -> list[NodeWithScore]:
        """The nodes `found`, best first; the first `most` of them are read.

        Where `alone` is the question without what it leans on, it counts half, and says which words answer.
        """
        first = found[:most]
        nodes = [(each.node, self.sentences(each.node)) for each in first]
        readings = self._read(question, nodes)
        if alone:
            readings = list(map(_both, readings, self._read(alone, nodes)))
        read = []
        for (node, s), reading in zip(nodes, readings, strict=True):
            told = _told(node, s, reading)
            score = max((each.answer.score for each in told["candidates"]), default=UNREAD)
            # The node came from the caller, who may read it with another question too.
            copy = node.model_copy(update={"metadata": node.metadata | told})
            read.append(NodeWithScore(node=copy, score=score))
        rest = [NodeWithScore(node=each.node, score=UNREAD) for each in found[len(first) :]]
        return in_order([*read, *rest])

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return self.read(query_bundle.query_str if query_bundle else "", nodes)

    def sentences(self, node: Any) -> list[Sentence]:
        """The sentences of a passage, in order."""
        article, start, end = node.metadata["article"], node.start_char_idx or 0, node.end_char_idx or 0
        return [s for s in self.library.sentences_of(article) if start <= s.start and s.end <= end]

    def _read(self, question: str, nodes: Sequence[tuple[Any, Sequence[Sentence]]]) -> list[Reading]:
        """The readings of the passages; those that were read with this question lately are still known."""
        keys = [(question, node.metadata["title"], node.text) for node, _ in nodes]
        with self._lock:
            known = {key: self._readings[key] for key in keys if key in self._readings}
        new = {key: each for key, each in zip(keys, nodes, strict=True) if key not in known}
        passages = [
            (node.metadata["title"], [node.metadata["article"].text[s.start : s.end] for s in sentences])
            for node, sentences in new.values()
        ]
        for key, reading in zip(new, self.reader.read(question, passages), strict=True):
            known[key] = reading
        with self._lock:
            for key, reading in known.items():
                self._readings[key] = reading
                self._readings.move_to_end(key)
            while len(self._readings) > READINGS_KEPT:
                self._readings.popitem(last=False)
        return [known[key] for key in keys]


def candidates(passages: Sequence[NodeWithScore]) -> list[Candidate]:
    """The sentences of the passages that were read, each once, best first."""
    found: dict[tuple[str, int], Candidate] = {}
    for each in passages:
        for candidate in each.node.metadata.get("candidates", ()):
            found.setdefault((candidate.article.id, candidate.sentence.start), candidate)
    return sorted(found.values(), key=lambda each: -each.answer.score)


def in_order(passages: Iterable[NodeWithScore]) -> list[NodeWithScore]:
    """The passages best first; undated ones come last under a condition on dates."""
    return sorted(passages, key=lambda each: (each.node.metadata["undated"], -(each.score or 0.0)))


def margin(passages: Sequence[NodeWithScore]) -> float:
    """By how much the best sentence's score is above the mean of "not here" over the passages that were read.

    In training both stand in one softmax: this is about the log odds that the question is answered here.
    """
    read = [each.node.metadata for each in passages if each.node.metadata.get("candidates")]
    if not read:
        return UNREAD
    best: float = max(candidate.answer.score for each in read for candidate in each["candidates"])
    nothing: float = statistics.mean(each["nothing"] for each in read)
    return best - nothing


def _told(node: Any, sentences: Sequence[Sentence], reading: Reading) -> dict[str, Any]:
    """What the reader says of a passage, as its node's metadata have it.

    Furniture of the page is read, and no candidate; what is spoken in a transcript may be without marks.
    """
    article: Article = node.metadata["article"]
    pairs = [
        each
        for each in zip(sentences, reading.answers, strict=False)
        if article.voices or not is_furniture(article.text[each[0].start : each[0].end])
    ]
    return {
        "candidates": tuple(Candidate(article, each.start, each.end, answer) for each, answer in pairs),
        "nothing": reading.nothing,
    }


def _both(whole: Reading, alone: Reading) -> Reading:
    """A passage read with a question and with the same without what it leans on."""
    answers = [
        replace(other, score=(one.score + other.score) / 2, yes=(one.yes + other.yes) / 2)
        for one, other in zip(whole.answers, alone.answers, strict=False)
    ]
    return Reading(tuple(answers), (whole.nothing + alone.nothing) / 2)
