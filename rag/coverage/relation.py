"""Whether two sentences say the same, otherwise, or speak of different things.

The words of each are laid beside the most similar ones of the other (BERTScore: Zhang et al., 2020, weighted by the
words' rarity). What contradicts is looked for among what is alike (values.py). A multinomial logistic regression weighs
it; relation.json says how its weights were made.

That is cheap. `judge` also has the reader say whether each sentence supports the other, for the pairs that may agree or
differ. By itself "contradicted" is no sign of a contradiction: most pairs of which the reader says so both ways agree,
and tell different details.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rag.coverage.value_comparison import denies, values
from rag.library.word_vectors import Vector, WordVectors
from rag.models.reader import Reader, load_reader

Relation = Literal["agree", "differ", "unrelated"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
FEATURES = ("alike", "most", "shared", "same_value", "other_value", "both_values")
READ_FEATURES = ("supported", "contradicted", "not_stated", "supported_apart", "contradicted_apart", "not_stated_apart")
"""Of the reader's log probabilities, both ways: the mean of each, and how far apart they are."""
CLEARLY_UNRELATED = 0.9
"""How likely it must be for a pair not to be read."""
MOST_READ = 30
"""Pairs read at most, each in both ways."""
LEAST_PROBABILITY = 1e-6
SURELY_AGREE = 0.7
"""How likely it must be. Of the labelled pairs that are as likely, .93 agree (with the weights of other stories)."""
MAY_DIFFER, OTHER_VALUE, CONTRADICTED = 0.5, 0.7, 0.7
"""A contradiction is stated only if it is as likely as the first, a value is another one as clearly as the second, and
the reader calls it contradicted at least one way. Of the 20 labelled pairs of which all that is true 15 differ, and one
agrees; by likelihood alone it would be one of three.
"""
Titled = tuple[WordVectors, str]
"""A sentence, and the headline of its article or ""."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one sentence is to another: how likely each relation is, and what is certain enough to be shown.

    `supported` and `contradicted` are the reader's probabilities, the higher of both ways; 0 where it did not read.
    `one_denies` is whether only one of them has a word of denial.
    """

    agree: float
    differ: float
    unrelated: float
    other_value: float
    one_denies: bool
    supported: float = 0.0
    contradicted: float = 0.0

    @property
    def relation(self) -> Literal["agree", "differ"] | None:
        """What may be shown to people; None if neither is sure."""
        contradicted = self.contradicted >= CONTRADICTED
        if self.agree >= SURELY_AGREE:
            return None if self.one_denies and contradicted else "agree"
        clear = self.other_value >= OTHER_VALUE and contradicted
        return "differ" if clear and self.differ >= MAY_DIFFER else None


def judge(pairs: Sequence[tuple[Titled, Titled]], reader: Reader | None = None) -> list[Judgement]:
    """Judge each pair of sentences, with the reader where they may have to do with each other.

    Args:
        pairs: Sentences with the headlines of their articles.
        reader: The one to read with; the packaged one if None.

    Returns:
        A judgement of each pair. At most MOST_READ pairs are read, those that are most likely related.

    Raises:
        ModelError: The packaged reader is missing or was changed.
    """
    seen = [features(one, other) for (one, _), (other, _) in pairs]
    cheap = [likelihoods(one, other) for (one, _), (other, _) in pairs]
    denied = [denies(one.text) != denies(other.text) for (one, _), (other, _) in pairs]
    found = [
        Judgement(likely[0], likely[1], likely[2], each["other_value"], denial)
        for likely, each, denial in zip(cheap, seen, denied, strict=True)
    ]
    near = [n for n, each in enumerate(found) if each.unrelated < CLEARLY_UNRELATED]
    for n in sorted(near, key=lambda n: found[n].unrelated)[:MOST_READ]:
        (one, title), (other, other_title) = pairs[n]
        reader = reader or load_reader()
        ways = np.concatenate(
            [reader.support(one.text, [(other_title, other.text)]), reader.support(other.text, [(title, one.text)])]
        )
        row = seen[n] | read_features(ways)
        likely = _softmax(_weights("read") @ np.array([1.0, *(row[name] for name in (*FEATURES, *READ_FEATURES))]))
        supported, contradicted, _ = ways.max(axis=0).tolist()
        found[n] = Judgement(
            likely[0], likely[1], likely[2], seen[n]["other_value"], denied[n], supported, contradicted
        )
    return found


def read_features(ways: NDArray[np.floating]) -> dict[str, float]:
    """What the reader says of a pair as READ_FEATURES, the same whichever comes first.

    `ways` (2, 3) are the probabilities that the one sentence is supported, contradicted and not stated by the other,
    and the reverse.
    """
    logs = np.log(np.maximum(ways, LEAST_PROBABILITY)).astype(np.float64)
    return dict(zip(READ_FEATURES, [*logs.mean(axis=0).tolist(), *np.abs(logs[0] - logs[1]).tolist()], strict=True))


def relation(one: WordVectors, other: WordVectors) -> Relation:
    """What the one sentence is to the other."""
    return RELATIONS[int(np.argmax(odds(one, other)))]


def likelihood(one: WordVectors, other: WordVectors, of: Relation) -> float:
    """How likely the relation `of` is, from 0 to 1."""
    return likelihoods(one, other)[RELATIONS.index(of)]


def likelihoods(one: WordVectors, other: WordVectors) -> tuple[float, ...]:
    """How likely each of RELATIONS is, from 0 to 1."""
    return _softmax(odds(one, other))


def odds(one: WordVectors, other: WordVectors) -> NDArray[np.float64]:
    """How likely each of RELATIONS is, as log odds up to a constant: (3,). What differs, differs in a value."""
    seen = features(one, other)
    found = np.asarray(_weights("weights") @ np.array([1.0, *(seen[name] for name in FEATURES)]), np.float64)
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


def _softmax(found: NDArray[np.float64]) -> tuple[float, ...]:
    powers = np.exp(found - found.max())
    return tuple((powers / powers.sum()).tolist())


@cache
def _weights(which: Literal["weights", "read"]) -> NDArray[np.float64]:
    kept: Mapping[str, Mapping[str, float]] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))[which]
    names = (*FEATURES, *READ_FEATURES) if which == "read" else FEATURES
    return np.array([[kept[name][feature] for feature in ("constant", *names)] for name in RELATIONS])
