"""A sentence as it is compared: its words that carry meaning, each with its vector in the sentence's context."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.embedding import Embedding
from rag.figures import Figure, figures
from rag.library.library import Library
from rag.words import STOP_WORDS, WORD, stem

CONTEXT_WORDS, COUNTED_WORDS = 5, 4
Vector = NDArray[np.float32]
_PARTS = re.compile(r"[^\s'’\"“”-]")
"""What stands between a figure and a word that is not what is counted: a mark, or a word without meaning."""


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

    def is_capital(self, word: int) -> bool:
        return self.text[self.words[word][0]].isupper()

    def context(self, start: int, end: int) -> Vector:
        """The vector of the words about `text[start:end]`, its own left out."""
        middle = [n for n, (first, last) in enumerate(self.words) if first < end and start < last]
        before = [n for n, (_, last) in enumerate(self.words) if last <= start]
        after = [n for n, (first, _) in enumerate(self.words) if first >= end]
        near = [n for n in before[-CONTEXT_WORDS:] + after[:CONTEXT_WORDS] if n not in middle]
        return _of_length_one(self.vectors[near].sum(axis=0)) if near else np.zeros(self.vectors.shape[1], np.float32)

    def counted(self, end: int) -> list[int]:
        """The words that follow a figure's `end` directly, at most COUNTED_WORDS: what it counts."""
        found: list[int] = []
        for n, (first, last) in enumerate(self.words):
            if first >= end:
                if _PARTS.search(self.text[end:first]) or len(found) == COUNTED_WORDS:
                    break
                found.append(n)
                end = last
        return found


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


def _of_length_one(vector: NDArray[np.floating[Any]]) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
