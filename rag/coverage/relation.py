"""Whether two sentences say the same, otherwise, or speak of different things.

The words of each are laid beside the most similar ones of the other (BERTScore: Zhang et al., 2020, weighted by the
words' rarity). What contradicts is looked for among what is alike: figures of one kind in a like context, names in a
like place. A multinomial logistic regression weighs it; relation.json says how its weights were made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rag.embedding import Embedding
from rag.figures import Figure, figures
from rag.library.library import Library
from rag.words import STOP_WORDS, WORD, stem

Relation = Literal["agree", "differ", "unrelated"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
FEATURES = ("least", "most", "same_figure", "other_figure", "other_name")
CONTEXT_WORDS, COUNTED_WORDS = 5, 3
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sense:
    """A sentence read: its `words` that carry meaning with their places, `vectors` (words, dimension) of length 1 in
    the sentence's context, and `weights`, how rare each is.
    """

    text: str
    words: Sequence[tuple[int, int]]
    stems: Sequence[str]
    vectors: Vector
    weights: Vector
    figures: Sequence[Figure]

    def context(self, start: int, end: int) -> Vector:
        """The vector of the words about `text[start:end]`, its own left out."""
        middle = [n for n, (first, last) in enumerate(self.words) if first < end and start < last]
        before = [n for n, (_, last) in enumerate(self.words) if last <= start]
        after = [n for n, (first, _) in enumerate(self.words) if first >= end]
        near = [n for n in before[-CONTEXT_WORDS:] + after[:CONTEXT_WORDS] if n not in middle]
        return _of_length_one(self.vectors[near].sum(axis=0)) if near else np.zeros(self.vectors.shape[1], np.float32)

    def after(self, end: int) -> Vector:
        """The vectors of the words next to `end`, at most COUNTED_WORDS."""
        first = sum(start < end for start, _ in self.words)
        return self.vectors[first : first + COUNTED_WORDS]


def read(texts: Sequence[str], embedding: Embedding, library: Library) -> list[Sense]:
    """The sentences `texts` as they are compared; what the model does not read of a long one is left out."""
    found = []
    for text, tokens in zip(texts, embedding.token_vectors(texts), strict=True):
        words, vectors = [], []
        for match in WORD.finditer(text):
            inside = (tokens.spans[:, 0] >= match.start()) & (tokens.spans[:, 1] <= match.end())
            inside &= tokens.spans[:, 1] > 0
            if inside.any() and match.group().lower() not in STOP_WORDS:
                words.append(match.span())
                vectors.append(_of_length_one(tokens.vectors[inside].astype(np.float32).mean(axis=0)))
        stems = [stem(text[start:end]) for start, end in words]
        rarity = library.rarity(stems)
        dimension = tokens.vectors.shape[1]
        found.append(
            Sense(
                text,
                words,
                stems,
                np.array(vectors, np.float32).reshape(-1, dimension),
                np.array([rarity[each] for each in stems], np.float32),
                figures(text),
            )
        )
    return found


def relation(one: Sense, other: Sense) -> Relation:
    """What the one sentence is to the other."""
    return RELATIONS[int(np.argmax(odds(one, other)))]


def likelihood(one: Sense, other: Sense, of: Relation) -> float:
    """How likely the relation `of` is, from 0 to 1."""
    found = np.exp(odds(one, other))
    return float(found[RELATIONS.index(of)] / found.sum())


def odds(one: Sense, other: Sense) -> NDArray[np.float64]:
    """How likely each of RELATIONS is, as log odds up to a constant: (3,)."""
    weights = _weights()
    row = np.array([1.0, *(features(one, other)[name] for name in FEATURES)])
    return np.asarray(weights @ row, np.float64)


def features(one: Sense, other: Sense) -> dict[str, float]:
    """What is seen of a pair, the same whichever comes first; each from 0 to 1."""
    if not len(one.words) or not len(other.words):
        return dict.fromkeys(FEATURES, 0.0)
    cosines = one.vectors @ other.vectors.T
    covered = [_mean(cosines.max(axis=1), one.weights), _mean(cosines.max(axis=0), other.weights)]
    same, differing = _compared(one, other)
    return {
        "least": min(covered),
        "most": max(covered),
        "same_figure": same,
        "other_figure": differing,
        "other_name": _other_name(one, other, cosines),
    }


def _compared(one: Sense, other: Sense) -> tuple[float, float]:
    """How alike what they count is: of a figure that both give, and of two of one kind of which neither gives both."""
    same = differing = 0.0
    for a in one.figures:
        for b in other.figures:
            if a.same_as(b):
                same = max(same, _alike(one, a, other, b))
            elif a.kind == b.kind and not _has(other, a) and not _has(one, b):
                differing = max(differing, _alike(one, a, other, b))
    return same, differing


def _has(sense: Sense, figure: Figure) -> bool:
    return any(figure.same_as(each) for each in sense.figures)


def _alike(one: Sense, a: Figure, other: Sense, b: Figure) -> float:
    """How alike the things counted are, by what stands about the figures; of bare counts, by the words that follow."""
    alike = float(one.context(a.start, a.end) @ other.context(b.start, b.end))
    if a.kind == b.kind == "count":
        counted, others = one.after(a.end), other.after(b.end)
        if not len(counted) or not len(others):
            return 0.0
        alike = (alike + float((counted @ others.T).max())) / 2
    return max(0.0, alike)


def _names(sense: Sense) -> dict[str, int]:
    """The stems of the capitalised words, the one that begins the sentence aside, each with its place."""
    return {
        word: n
        for n, ((start, _), word) in enumerate(zip(sense.words, sense.stems, strict=True))
        if start > 1 and sense.text[start].isupper()
    }


def _other_name(one: Sense, other: Sense, cosines: Vector) -> float:
    """How alike two names are that only one of the sentences has each, where each is the other's nearest of these."""
    a = [row for name, row in _names(one).items() if name not in other.stems]
    b = [column for name, column in _names(other).items() if name not in one.stems]
    if not a or not b:
        return 0.0
    among = cosines[np.ix_(a, b)]
    return max(0.0, float(among.max()))


def _mean(values: Vector, weights: Vector) -> float:
    return float(values @ weights / max(float(weights.sum()), 1e-6))


def _of_length_one(vector: NDArray[np.floating[Any]]) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)


@cache
def _weights() -> NDArray[np.float64]:
    kept: Mapping[str, Mapping[str, float]] = json.loads(Path(__file__).with_name("relation.json").read_text("utf-8"))[
        "weights"
    ]
    return np.array([[kept[name][feature] for feature in ("constant", *FEATURES)] for name in RELATIONS])
