"""A claim laid beside its evidence, word by word, as figures that a logistic regression weighs.

For each word of the claim the evidence's most similar one counts (BERTScore's recall: Zhang et al., 2020), weighted by
how rare the word is in the library. claim_check.json holds the weights and says how they were made
(benchmarks/check.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.library.word_vectors import Vector, WordVectors
from rag.models.embedding import of_length_one
from rag.querying.claim_facts import ClaimEvidence, missing_names, negations
from rag.text.names import name_words
from rag.text.words import WORD, stem

# fmt: off
FEATURES = (
    "new", "covered", "least", "in_order", "several", "stray", "cosine", "in_place", "elsewhere", "misplaced",
    "opposed",
)
# fmt: on
MOST_SENTENCES = 3
CONTEXT_WORDS = 3
CONVERTED = 25
"""Characters between a figure and its conversion: "$200,000 (£151,000)"."""
ALIKE = 0.5
"""The cosine from which two words may be what one affirms and the other negates."""


def inside_of(passage: WordVectors, start: int, end: int) -> NDArray[np.int64]:
    """The passage's words (by number) within `text[start:end]`."""
    return np.array([n for n, (first, last) in enumerate(passage.words) if start <= first and last <= end], np.int64)


def features(
    read: WordVectors,
    passage: WordVectors,
    cosines: Vector,
    inside: NDArray[np.int64],
    evidence: ClaimEvidence,
    offset: int,
    question: str,
) -> dict[str, float]:
    """What is seen of a claim beside its evidence, each about 0 to 1."""
    near = cosines[:, inside]
    best = near.max(axis=1)
    total = float(read.weights.sum())
    lowest = np.sort(best)[: max(1, len(best) // 4)]
    pooled = [
        of_length_one((vectors * weights[:, None]).sum(axis=0))
        for vectors, weights in ((read.vectors, read.weights), (passage.vectors[inside], passage.weights[inside]))
    ]
    main = [column for column, n in enumerate(inside) if _stands_in(passage.words[n], evidence, offset)]
    held = {passage.stems[n] for n in inside}
    stray = [w * max(0.0, 0.75 - c) for w, c, s in zip(read.weights, best, read.stems, strict=True) if s not in held]
    strange = [n for n, word in enumerate(read.stems) if word not in held]
    # A verb in other words is what a paraphrase has; another noun may be another thing.
    odd = [float(best[n]) for n in strange if not read.text[slice(*read.words[n])].endswith(("ed", "ing"))]
    _, elsewhere = missing_names(read.text, evidence)
    return {
        "covered": float(best @ read.weights) / total,
        "new": _new(read, near, main, question),
        "least": float(lowest.mean()),
        "weakest": float(best.min()),
        "odd_one": odd[0] if len(odd) == len(strange) == 1 and len(best) > 1 else 1.0,
        "in_order": _in_order(near, inside),
        "several": (len(evidence.spans) - 1) / (MOST_SENTENCES - 1),
        "stray": float(sum(stray)) / math.sqrt(total),
        "cosine": float(pooled[0] @ pooled[1]),
        "in_place": _in_place(read, passage, near, inside),
        "elsewhere": min(len(elsewhere), 3) / 3,
        "misplaced": _misplaced(read, passage, inside),
        "opposed": _opposed(read, passage, near, inside),
    }


def _new(read: WordVectors, near: Vector, main: Sequence[int], question: str) -> float:
    """How much of what the question did not say itself the main sentence covers; 0 where nothing is new."""
    asked = {stem(word) for word in WORD.findall(question)}
    rows = [row for row, word in enumerate(read.stems) if word not in asked]
    if not rows or not main:
        return 0.0
    best = near[rows][:, main].max(axis=1)
    return float(best @ read.weights[rows] / read.weights[rows].sum())


def _stands_in(span: tuple[int, int], evidence: ClaimEvidence, offset: int) -> bool:
    return evidence.main.start <= span[0] + offset < evidence.main.end


def _in_order(near: Vector, inside: NDArray[np.int64]) -> float:
    """How near to one another the words stand that neighbouring words of the claim come nearest to, from 0 to 1."""
    nearest = inside[near.argmax(axis=1)]
    if len(nearest) < 2:
        return 1.0
    return float(np.exp(-np.maximum(np.abs(np.diff(nearest)) - 1, 0) / 4).mean())


def _in_place(read: WordVectors, passage: WordVectors, near: Vector, inside: NDArray[np.int64]) -> float:
    """How alike the surroundings of the names and figures that both have are, at worst."""
    names = {at for at, _ in name_words(read.text)}
    worst = 1.0
    for row, ((start, end), word) in enumerate(zip(read.words, read.stems, strict=True)):
        if start in names or any(map(str.isdigit, read.text[start:end])):
            same = [column for column, n in enumerate(inside) if passage.stems[n] == word]
            if same:
                worst = min(worst, float(near[row, same].max()))
    return worst


def _misplaced(read: WordVectors, passage: WordVectors, inside: NDArray[np.int64]) -> float:
    """How much more alike than its own another figure's surroundings are, at worst: 0 for not at all."""
    last = max((passage.words[n][1] for n in inside), default=0)
    first = min((passage.words[n][0] for n in inside), default=0)
    told = [each for each in passage.figures if first <= each.start and each.end <= last]
    claimed = [each for each in read.figures if each.value != 1 or read.text[each.start].isdigit()]
    worst = 0.0
    for each in claimed:
        own = read.context(each.start, each.end, CONTEXT_WORDS)
        same = [o for o in told if each.same_as(o)]
        others = [
            o
            for o in told
            if o.kind == each.kind
            and not any(one.same_as(o) for one in claimed)
            and not any(abs(one.start - o.start) < CONVERTED for one in same)
        ]
        if same and others:
            alike = [
                max(float(own @ passage.context(o.start, o.end, CONTEXT_WORDS)) for o in several)
                for several in (others, same)
            ]
            worst = max(worst, alike[0] - alike[1])
    return worst


def _opposed(read: WordVectors, passage: WordVectors, near: Vector, inside: NDArray[np.int64]) -> float:
    """1 where what one of the two negates the other affirms, else 0."""
    claimed = _negated(read, range(len(read.words)))
    columns = list(range(len(inside)))
    told = _negated(passage, [int(n) for n in inside])
    told_columns = {column for column in columns if int(inside[column]) in told}
    opposed = 0.0
    for row in range(len(read.words)):
        column = int(near[row].argmax())
        if float(near[row, column]) < ALIKE:
            continue
        if (row in claimed) != (column in told_columns):
            opposed = max(opposed, float(near[row, column]))
    return opposed


def _negated(read: WordVectors, among: Sequence[int]) -> set[int]:
    """Those of the words (by number) that a negator stands right before."""
    found = set()
    for at in negations(read.text):
        after = [n for n in among if read.words[n][0] > at]
        if after and read.words[after[0]][0] - at < 40:
            found.add(after[0])
    return found


def likelihood_of(row: Mapping[str, float]) -> float:
    """How likely a claim with these FEATURES is borne out, from 0 to 1."""
    weights = _weights()
    odds = weights["constant"] + sum(weights[name] * row[name] for name in FEATURES)
    return 1 / (1 + math.exp(-odds))


@cache
def _weights() -> Mapping[str, float]:
    kept: Mapping[str, Mapping[str, float]] = json.loads(
        Path(__file__).with_name("claim_check.json").read_text("utf-8")
    )
    return kept["weights"]
