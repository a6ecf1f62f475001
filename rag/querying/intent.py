"""What a question is for: a multinomial logistic regression over the packaged embedding model's vectors and its words.

What it is about does not count: words that few of the phrasings have on which it was fitted (`python -m
training.intents`) are replaced by one mark. It reads the vectors of the question, of its first tokens and of the
question with those marks; the words and pairs of words of the latter; and runs of letters, for words misspelled.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from rag.models.embedding import PACKAGED_SHA256, Embedding, load_embedding
from rag.querying.query import small_talk
from rag.reply import Intent
from rag.settings import PACKAGED_MODEL, Settings

FITTED = Path(__file__).parents[1] / "models" / "intents.json"
INTENTS: tuple[Intent, ...] = get_args(Intent)
TOPIC, START, END = "X", "^", "$"
"""What stands for words that are not known, and for where a question starts and ends."""
OF_SMALL_TALK, OF_A_TOPIC = 5.7, 4.0
"""Margins for small talk, which needs no answer, and where no word says what is wanted ("sanctions"): names and
nouns alone are searched for.
"""
FIRST_TOKENS = 3
RUNS = (2, 3, 4)
_WORD = re.compile(r"\w+(?:'\w+)?|[?!]")
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is looked for in a question: words that are `known`, and terms and runs of letters, each with its weight."""

    known: Set[str]
    terms: Mapping[str, float]
    runs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The regression: how much each of the features counts for each of INTENTS, (intents, features) and (intents,)."""

    seen: Seen
    weights: Vector
    constants: Vector
    margin: float


def intent_of(question: str, embedding: Embedding) -> Intent:
    """What the question is for; "fact" where that is not sure: a wrong way to answer is worse than none."""
    if small_talk(question):
        return "small_talk"
    if not re.search(r"\w\w", question):
        return "fact"
    found = fitted()
    embedding = embedding if embedding.identity == PACKAGED_SHA256 else _packaged()
    odds = found.weights @ features(question, embedding, found.seen) + found.constants
    return decided(question, odds, found.seen.known, found.margin)


def decided(question: str, odds: NDArray[Any], known: Set[str], margin: float) -> Intent:
    """The likeliest of INTENTS, by their odds; "fact" where it is not likelier than that by the margin."""
    kind = INTENTS[int(np.argmax(odds))]
    if kind == "small_talk":
        margin = max(margin, OF_SMALL_TALK)
    if without_topic(question, known) == [TOPIC]:
        margin = max(margin, OF_A_TOPIC)
    return kind if odds.max() - odds[INTENTS.index("fact")] >= margin else "fact"


def words(question: str) -> list[str]:
    """Its words in small letters, and the marks that say what kind of sentence it is."""
    return _WORD.findall(question.lower().replace("’", "'"))


def known_words(questions: Sequence[str], fewest: int) -> frozenset[str]:
    """The words that so many of the questions have at least."""
    counts = Counter(word for question in questions for word in set(words(question)))
    return frozenset(word for word, count in counts.items() if count >= fewest)


def without_topic(question: str, known: Set[str]) -> list[str]:
    """The words of the question, one TOPIC for each run of those that are not known."""
    found = [word if word in known else TOPIC for word in words(question)]
    return [word for n, word in enumerate(found) if word != TOPIC or not n or found[n - 1] != TOPIC]


def terms_of(masked: Sequence[str]) -> list[str]:
    """Its words and each pair of neighbours, with where it starts and ends."""
    marked = [START, *masked, END]
    return [*marked, *(f"{one} {other}" for one, other in pairwise(marked))]


def runs_of(question: str) -> list[str]:
    """The runs of RUNS letters in each of its words, these with a space before and behind."""
    padded = [f" {word} " for word in words(question)]
    return [word[at : at + n] for word in padded for n in RUNS for at in range(len(word) - n + 1)]


def features(question: str, embedding: Embedding, seen: Seen) -> Vector:
    """What is seen of a question: three of the model's vectors, and a column for each term and each run of letters."""
    masked = without_topic(question, seen.known)
    tokens = embedding.token_vectors([question])[0].vectors
    return np.concatenate(
        [
            np.array(embedding.get_query_embedding(question), np.float32),
            tokens[1 : 1 + FIRST_TOKENS].mean(axis=0).astype(np.float32),
            np.array(embedding.get_query_embedding(" ".join(masked)), np.float32),
            features_of_words(question, seen),
        ]
    )


def features_of_words(question: str, seen: Seen) -> Vector:
    """A column for each term and each run of letters."""
    masked = without_topic(question, seen.known)
    return np.concatenate([_weighed(terms_of(masked), seen.terms), _weighed(runs_of(question), seen.runs)])


def _weighed(found: Sequence[str], weights: Mapping[str, float]) -> Vector:
    """How often each is found (its logarithm), by its weight, of length 1."""
    counts = Counter(found)
    row = np.array([weight * (1 + math.log(counts[each])) if each in counts else 0.0
                    for each, weight in weights.items()], np.float32)  # fmt: skip
    return np.asarray(row / (np.linalg.norm(row) or 1.0), np.float32)


@cache
def fitted() -> Fitted:
    """What `python -m training.intents` wrote."""
    kept = json.loads(FITTED.read_text("utf-8"))
    constants, weights = (
        np.array([kept[name][each] for each in INTENTS], np.float32) for name in ("constants", "weights")
    )
    return Fitted(Seen(frozenset(kept["known"]), kept["terms"], kept["runs"]), weights, constants, kept["margin"])


@cache
def _packaged() -> Embedding:
    return load_embedding(Settings(embedding_model=PACKAGED_MODEL))
