"""Whether a sentence that a model wrote is borne out by the passages it cites.

Its figures, dates, names and speakers are looked up (facts.py). Its meaning is laid, word by word, beside the evidence's
(BERTScore's recall: Zhang et al., 2020, weighted by the words' rarity), with what of it nothing comes near and what it
negates. A logistic regression weighs that; check.json says how its weights were made (benchmarks/fit_check.py). Where an
entailment model is at hand, its word comes on top.
"""

from __future__ import annotations

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.article import Sentence, Support
from rag.embedding import Embedding
from rag.figures import figures
from rag.library.library import Library
from rag.querying.facts import (
    Evidence,
    attribution,
    missing_names,
    name_words,
    negations,
    who_speaks,
    wrong_date,
    wrong_figure,
    wrong_speaker,
)
from rag.querying.fence import Source, gives_orders
from rag.words import STOP_WORDS, WORD, stem

FEATURES = ("covered", "least", "stray", "cosine", "in_place", "elsewhere", "misplaced", "opposed")
MOST_SENTENCES = 3
ENOUGH_MORE = 0.02
"""How much more of a claim a further sentence must cover to be called in as evidence."""
CONTEXT_WORDS = 3
PASSAGES_KEPT_READ = 64
CONVERTED = 25
"""Characters between a figure and its conversion: "$200,000 (£151,000)"."""
MISPLACED = 0.12
"""How much more alike the surroundings of another figure may be before a figure is taken for that one."""
STRANGE, UNLIKE = 0.6, 0.45
"""A word that is rarer, and whose nearest is less alike, is nothing that a paraphrase would bring."""
Vector = NDArray[np.float32]


class Entailment(Protocol):
    """A natural-language-inference model."""

    def __call__(self, premise: str, claim: str) -> tuple[float, float]:
        """How likely the premise entails the claim, and how likely it contradicts it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check of one sentence came to: `evidence` bears it out, as far as it does; `lack` says what is not.

    `evidence` are the sentences, each with the place of its source among those that were compared.
    """

    support: Support
    evidence: tuple[tuple[int, Sentence], ...] = ()
    lack: str = ""
    likelihood: float = 0.0


@dataclass(frozen=True, slots=True)
class Read:
    """A text's words that carry meaning: `vectors` (words, dimension) of length 1, in the context of the whole."""

    text: str
    spans: Sequence[tuple[int, int]]
    stems: Sequence[str]
    vectors: Vector
    weights: Vector


class Checker:
    """Compares sentences with passages, with the library's own embedding model."""

    def __init__(self, library: Library, embedding: Embedding, entailment: Entailment | None = None) -> None:
        self.library = library
        self.embedding = embedding
        self.entailment = entailment
        self._passages: OrderedDict[str, Read] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, claim: str, sources: Sequence[Source]) -> Finding:
        """Whether `claim` is borne out by the best of the sources that it cites."""
        found = [self._against(claim, source, place) for place, source in enumerate(sources)]
        order = ("unsupported", "partly", "supported")
        return max(found, key=lambda each: (order.index(each.support), each.likelihood), default=Finding("unsupported"))

    def _against(self, claim: str, source: Source, place: int) -> Finding:
        evidence, row = self.compare(claim, source)
        if evidence is None:
            return Finding("unsupported", lack="nothing in the passage comes near it")
        likelihood = likelihood_of(row)
        cited = tuple((place, span) for span in evidence.spans)
        lack = self.wrong(claim, evidence)
        if not lack and row["misplaced"] > MISPLACED:
            lack = "a figure in it is told of something else"
        if lack:
            return Finding("unsupported", cited, lack, likelihood)
        support: Support = (
            "supported" if likelihood >= SUPPORTED else "partly" if likelihood >= PARTLY else "unsupported"
        )
        if self.entailment is not None:
            entailed, contradicted = self.entailment(evidence.text, claim)
            if contradicted > max(entailed, 0.5):
                return Finding("unsupported", cited, "the passage says otherwise", likelihood)
            support = "supported" if entailed >= 0.5 else "partly" if support != "unsupported" else support
        if support == "supported" and self._tells_as_fact(claim, evidence):
            return Finding("partly", cited, "the article only says that somebody said so", likelihood)
        lack = "" if support == "supported" else "not all of it stands there"
        return Finding(support, cited, lack, likelihood)

    def wrong(self, claim: str, evidence: Evidence) -> str:
        """What the claim asserts that the evidence has otherwise or not at all, as words for a person; "" for nothing."""
        figure = wrong_figure(claim, evidence) or wrong_date(claim, evidence)
        if figure:
            return f"“{figure}” does not stand there"
        nowhere, _ = missing_names(claim, evidence)
        nowhere += self._strange_opening(claim, evidence)
        if nowhere:
            return f"“{nowhere[0]}” does not stand there"
        who = wrong_speaker(claim, evidence, self.library.sentences_of(evidence.article))
        return f"it is not “{who}” who says so" if who else ""

    def _strange_opening(self, claim: str, evidence: Evidence) -> list[str]:
        """The claim's first word, where it can only be a name: its article has nothing like it, and few others do."""
        read = self._read("", claim)
        if not read.spans or claim[: read.spans[0][0]].strip("\"'“‘( ") or not claim[read.spans[0][0]].isupper():
            return []
        (start, end), whole = read.spans[0], f"{evidence.article.title or ''} {evidence.article.text}"
        if read.weights[0] < STRANGE or read.stems[0] in {stem(word) for word in WORD.findall(whole)}:
            return []
        near = self._read("", evidence.text)
        return [claim[start:end]] if float((near.vectors @ read.vectors[0]).max(initial=0.0)) < UNLIKE else []

    def _tells_as_fact(self, claim: str, evidence: Evidence) -> bool:
        """Whether the claim tells as a fact what the evidence only has as the words of somebody whom it does not name."""
        who = who_speaks(evidence, self.library.sentences_of(evidence.article))
        if not who or attribution(claim):
            return False
        return not {stem(word) for word in WORD.findall(who)} & {stem(word) for word in WORD.findall(claim)}

    def compare(self, claim: str, source: Source) -> tuple[Evidence | None, dict[str, float]]:
        """The sentences of the source that bear most of the claim, and what is seen of the two: FEATURES."""
        read, passage = self._claim(claim), self._passage(source)
        sentences = [
            each
            for each in self.library.sentences_of(source.article)
            if source.start <= each.start
            and each.end <= source.end
            and not gives_orders(source.article.text[each.start : each.end])
        ]
        rows = [_inside(passage, each.start - source.start, each.end - source.start) for each in sentences]
        if not len(read.spans) or not any(len(each) for each in rows):
            return None, {}
        cosines = read.vectors @ passage.vectors.T
        chosen = self._chosen(read, cosines, rows)
        inside = np.concatenate([rows[n] for n in chosen])
        evidence = Evidence(source.article, tuple(sentences[n] for n in sorted(chosen)), sentences[chosen[0]])
        return evidence, _features(read, passage, cosines, inside, evidence)

    def _chosen(self, read: Read, cosines: Vector, rows: Sequence[NDArray[np.int64]]) -> list[int]:
        """The sentences (by number) that together cover the claim best, each of them adding to it."""
        chosen: list[int] = []
        nearest = np.zeros(len(read.spans), np.float32)
        reached = 0.0
        while len(chosen) < MOST_SENTENCES:
            tried = {
                n: float(np.maximum(nearest, cosines[:, inside].max(axis=1)) @ read.weights)
                for n, inside in enumerate(rows)
                if n not in chosen and len(inside)
            }
            if not tried:
                break
            best = max(tried, key=lambda n: tried[n])
            if chosen and tried[best] - reached < ENOUGH_MORE * float(read.weights.sum()):
                break
            chosen.append(best)
            reached = tried[best]
            nearest = np.maximum(nearest, cosines[:, rows[best]].max(axis=1))
        return chosen

    def _claim(self, text: str) -> Read:
        return self._read("", text)

    def _passage(self, source: Source) -> Read:
        title = source.article.title or ""
        key = f"{source.article.id} {source.article.version} {source.start} {source.end} {title}"
        with self._lock:
            if key in self._passages:
                self._passages.move_to_end(key)
                return self._passages[key]
        read = self._read(f"{title}\n" if title else "", source.article.text[source.start : source.end])
        with self._lock:
            self._passages[key] = read
            while len(self._passages) > PASSAGES_KEPT_READ:
                self._passages.popitem(last=False)
        return read

    def _read(self, heading: str, text: str) -> Read:
        """`text` read after its heading, whose words are left out; what the model does not read is left out too."""
        (tokens,) = self.embedding.token_vectors([heading + text])
        spans, vectors = [], []
        for match in WORD.finditer(text):
            start, end = match.start() + len(heading), match.end() + len(heading)
            inside = (tokens.spans[:, 0] >= start) & (tokens.spans[:, 1] <= end) & (tokens.spans[:, 1] > 0)
            if inside.any() and match.group().lower() not in STOP_WORDS:
                spans.append(match.span())
                vectors.append(_of_length_one(tokens.vectors[inside].astype(np.float32).mean(axis=0)))
        stems = [stem(text[start:end]) for start, end in spans]
        rarity = self.library.rarity(stems)
        return Read(
            text,
            spans,
            stems,
            np.array(vectors, np.float32).reshape(-1, tokens.vectors.shape[1]),
            np.array([max(rarity[each], 0.05) for each in stems], np.float32),
        )


def _inside(passage: Read, start: int, end: int) -> NDArray[np.int64]:
    return np.array([n for n, (first, last) in enumerate(passage.spans) if start <= first and last <= end], np.int64)


def _features(
    read: Read, passage: Read, cosines: Vector, inside: NDArray[np.int64], evidence: Evidence
) -> dict[str, float]:
    """What is seen of a claim beside its evidence, each about 0 to 1."""
    near = cosines[:, inside]
    best = near.max(axis=1)
    total = float(read.weights.sum())
    lowest = np.sort(best)[: max(1, len(best) // 4)]
    pooled = [
        _of_length_one((vectors * weights[:, None]).sum(axis=0))
        for vectors, weights in ((read.vectors, read.weights), (passage.vectors[inside], passage.weights[inside]))
    ]
    held = {passage.stems[n] for n in inside}
    stray = [w * max(0.0, 0.75 - c) for w, c, s in zip(read.weights, best, read.stems, strict=True) if s not in held]
    _, elsewhere = missing_names(read.text, evidence)
    return {
        "covered": float(best @ read.weights) / total,
        "least": float(lowest.mean()),
        "stray": float(sum(stray)) / math.sqrt(total),
        "cosine": float(pooled[0] @ pooled[1]),
        "in_place": _in_place(read, passage, near, inside),
        "elsewhere": min(len(elsewhere), 3) / 3,
        "misplaced": _misplaced(read, passage, inside),
        "opposed": _opposed(read, passage, near, inside, evidence),
    }


def _in_place(read: Read, passage: Read, near: Vector, inside: NDArray[np.int64]) -> float:
    """How alike the surroundings of the names and figures that both have are, at worst."""
    names = {at for at, _ in name_words(read.text)}
    worst = 1.0
    for row, ((start, end), word) in enumerate(zip(read.spans, read.stems, strict=True)):
        if start in names or any(map(str.isdigit, read.text[start:end])):
            same = [column for column, n in enumerate(inside) if passage.stems[n] == word]
            if same:
                worst = min(worst, float(near[row, same].max()))
    return worst


def _misplaced(read: Read, passage: Read, inside: NDArray[np.int64]) -> float:
    """How much more alike than its own the surroundings of another figure of its kind are, at worst: 0 for not at all."""
    last = max((passage.spans[n][1] for n in inside), default=0)
    first = min((passage.spans[n][0] for n in inside), default=0)
    told = [each for each in figures(passage.text) if first <= each.start and each.end <= last]
    claimed = [each for each in figures(read.text) if each.value != 1 or read.text[each.start].isdigit()]
    worst = 0.0
    for each in claimed:
        own = _context(read, each.start, each.end)
        same = [o for o in told if each.same_as(o)]
        others = [
            o
            for o in told
            if o.kind == each.kind
            and not any(one.same_as(o) for one in claimed)
            and not any(abs(one.start - o.start) < CONVERTED for one in same)
        ]
        if same and others:
            alike = [max(float(own @ _context(passage, o.start, o.end)) for o in several) for several in (others, same)]
            worst = max(worst, alike[0] - alike[1])
    return worst


def _context(read: Read, start: int, end: int) -> Vector:
    """The vector of the words next to `text[start:end]`, its own left out."""
    before = [n for n, (_, last) in enumerate(read.spans) if last <= start][-CONTEXT_WORDS:]
    after = [n for n, (first, _) in enumerate(read.spans) if first >= end][:CONTEXT_WORDS]
    if not before and not after:
        return np.zeros(read.vectors.shape[1], np.float32)
    return _of_length_one(read.vectors[before + after].sum(axis=0))


def _opposed(read: Read, passage: Read, near: Vector, inside: NDArray[np.int64], evidence: Evidence) -> float:
    """1 where what one of the two negates the other affirms, else 0."""
    claimed = _negated(read, range(len(read.spans)))
    columns = list(range(len(inside)))
    told = _negated(passage, [int(n) for n in inside])
    told_columns = {column for column in columns if int(inside[column]) in told}
    opposed = 0.0
    for row in range(len(read.spans)):
        column = int(near[row].argmax())
        if float(near[row, column]) < 0.5:
            continue
        if (row in claimed) != (column in told_columns):
            opposed = max(opposed, float(near[row, column]))
    return opposed


def _negated(read: Read, among: Sequence[int]) -> set[int]:
    """Those of the words (by number) that a negator stands right before."""
    found = set()
    for at in negations(read.text):
        after = [n for n in among if read.spans[n][0] > at]
        if after and read.spans[after[0]][0] - at < 40:
            found.add(after[0])
    return found


def likelihood_of(row: Mapping[str, float]) -> float:
    """How likely a claim with these FEATURES is borne out, from 0 to 1."""
    weights = _weights()
    odds = weights["constant"] + sum(weights[name] * row[name] for name in FEATURES)
    return 1 / (1 + math.exp(-odds))


@cache
def _weights() -> Mapping[str, float]:
    kept: Mapping[str, Mapping[str, float]] = json.loads(Path(__file__).with_name("check.json").read_text("utf-8"))
    return kept["weights"]


def _of_length_one(vector: NDArray[np.floating]) -> Vector:  # type: ignore[type-arg]
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)


SUPPORTED, PARTLY = 0.5, 0.25
"""The likelihoods from which a claim is called borne out, and borne out in part."""
