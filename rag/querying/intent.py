"""What a question is for: a multinomial logistic regression over the packaged embedding model's vectors and its words.

What it is about does not count: words that the phrasings it was fitted on (`python -m training.intents`) seldom have are
replaced by one mark. It reads the question, its first words, the question with those marks, and the words left.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from rag.article import Intent
from rag.embedding import PACKAGED_SHA256, Embedding, load_embedding
from rag.settings import PACKAGED_MODEL, Settings

FITTED = Path(__file__).parents[1] / "models" / "intents.json"
INTENTS: tuple[Intent, ...] = get_args(Intent)
TOPIC, START, END = "X", "^", "$"
"""What stands for words that are not known, and for where a question starts and ends."""
FIRST_TOKENS = 3
_WORD = re.compile(r"\w+(?:'\w+)?|[?!]")
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The regression: `known` words, the `terms` (words and pairs of them) with their weight in a text and their column,
    and how much each column counts for each of `labels`, (labels, columns) and (labels,).
    """

    labels: Sequence[Intent]
    known: Set[str]
    terms: Mapping[str, tuple[int, float]]
    weights: Vector
    constants: Vector
    margin: float


def intent_of(question: str, embedding: Embedding) -> Intent:
    """What the question is for; "fact" where that is not sure: a wrong way to answer is worse than none."""
    found = fitted()
    embedding = embedding if embedding.identity == PACKAGED_SHA256 else _packaged()
    odds = found.weights @ features([question], embedding, found.known, found.terms)[0] + found.constants
    best = int(np.argmax(odds))
    sure = odds[best] - odds[found.labels.index("fact")] >= found.margin
    return found.labels[best] if sure else "fact"


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


def features(
    questions: Sequence[str], embedding: Embedding, known: Set[str], terms: Mapping[str, tuple[int, float]]
) -> Vector:
    """What is seen of each question: (questions, three vectors of the model and a column for each of the terms)."""
    found = np.zeros((len(questions), 3 * embedding.dimension + len(terms)), np.float32)
    for row, question in zip(found, questions, strict=True):
        masked = without_topic(question, known)
        whole, first, rest, worded = np.split(row, embedding.dimension * np.arange(1, 4))
        whole[:] = embedding.get_query_embedding(question)
        first[:] = embedding.token_vectors([question])[0].vectors[1 : 1 + FIRST_TOKENS].mean(axis=0)
        rest[:] = embedding.get_query_embedding(" ".join(masked))
        for term, count in Counter(terms_of(masked)).items():
            if term in terms:
                column, weight = terms[term]
                worded[column] = weight * (1 + np.log(count))
        worded /= np.linalg.norm(worded) or 1.0
    return found


@cache
def fitted() -> Fitted:
    """What `python -m training.intents` wrote."""
    kept = json.loads(FITTED.read_text("utf-8"))
    terms = {term: (n, weight) for n, (term, weight) in enumerate(kept["terms"].items())}
    weights = np.array([kept["weights"][label] for label in kept["labels"]], np.float32)
    constants = np.array([kept["constants"][label] for label in kept["labels"]], np.float32)
    return Fitted(tuple(kept["labels"]), frozenset(kept["known"]), terms, weights, constants, kept["margin"])


@cache
def _packaged() -> Embedding:
    return load_embedding(Settings(embedding_model=PACKAGED_MODEL))
