"""Whether two sentences say the same, otherwise, or speak of different things.

The words of each are laid beside the most similar ones of the other (BERTScore: Zhang et al., 2020, weighted by the
words' rarity). What contradicts is looked for among what is alike (values.py). A multinomial logistic regression weighs
it; relation.json says how its weights were made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rag.coverage.value_comparison import values
from rag.library.word_vectors import Vector, WordVectors

Relation = Literal["agree", "differ", "unrelated"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
FEATURES = ("alike", "most", "shared", "same_value", "other_value", "both_values")


def relation(one: WordVectors, other: WordVectors) -> Relation:
    """What the one sentence is to the other."""
    return RELATIONS[int(np.argmax(odds(one, other)))]


def likelihood(one: WordVectors, other: WordVectors, of: Relation) -> float:
    """How likely the relation `of` is, from 0 to 1."""
    return likelihoods(one, other)[RELATIONS.index(of)]


def likelihoods(one: WordVectors, other: WordVectors) -> tuple[float, ...]:
    """How likely each of RELATIONS is, from 0 to 1."""
    found = odds(one, other)
    found = np.exp(found - found.max())
    return tuple((found / found.sum()).tolist())


def odds(one: WordVectors, other: WordVectors) -> NDArray[np.float64]:
    """How likely each of RELATIONS is, as log odds up to a constant: (3,). What differs, differs in a value."""
    seen = features(one, other)
    found = np.asarray(_weights() @ np.array([1.0, *(seen[name] for name in FEATURES)]), np.float64)
    if not seen["other_value"]:
        found[RELATIONS.index("differ")] = -np.inf
    return found


def features(one: WordVectors, other: WordVectors) -> dict[str, float]:
    """What is seen of a pair, the same whichever comes first; each from 0 to 1.

    `alike` is BERTScore's F, of which `most` is the higher part; `shared` the share of the words that both have.
    """
    if not len(one.words) or not len(other.words):
        return dict.fromkeys(FEATURES, 0.0)
    cosines = one.vectors @ other.vectors.T
    covered = [_mean(cosines.max(axis=1), one.weights), _mean(cosines.max(axis=0), other.weights)]
    same, differing = values(one, other)
    return {
        "alike": 2 * covered[0] * covered[1] / max(sum(covered), 1e-6),
        "most": max(covered),
        "shared": _shared(one, other),
        "same_value": same,
        "other_value": differing,
        "both_values": same * differing,
    }


def _shared(one: WordVectors, other: WordVectors) -> float:
    """The share of the weight of the words of the one that has the more, that stand in both."""
    a, b = (dict(zip(sense.stems, sense.weights.tolist(), strict=True)) for sense in (one, other))
    both = sum(a[word] for word in a.keys() & b.keys())
    return float(both / max(sum(a.values()), sum(b.values()), 1e-6))


def _mean(values: Vector, weights: Vector) -> float:
    return float(values @ weights / max(float(weights.sum()), 1e-6))


@cache
def _weights() -> NDArray[np.float64]:
    kept: Mapping[str, Mapping[str, float]] = json.loads(Path(__file__).with_name("relation.json").read_text("utf-8"))[
        "weights"
    ]
    return np.array([[kept[name][feature] for feature in ("constant", *FEATURES)] for name in RELATIONS])
