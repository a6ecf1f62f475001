"""Content words of a text with their contextual vectors, for comparing texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.library.library import Library
from rag.models.embedding import Embedding, of_length_one
from rag.text.quantities import Quantity, quantities
from rag.text.words import STOP_WORDS, WORD, stem

CONTEXT_WORDS, COUNTED_WORDS = 5, 4
Vector = NDArray[np.float32]
_PARTS = re.compile(r"[^\s'’\"“”-]")
"""What stands between a figure and a word that is not what is counted: a mark, or a word without meaning."""


@dataclass(frozen=True, slots=True)
class WordVectors:
    """A text read: its `words` that carry meaning with their places, `vectors` (words, dimension) of length 1 in the
    context of the whole, `weights`, how rare each is, and `pieces`, of how many tokens it is made.
    """

    text: str
    words: Sequence[tuple[int, int]]
    stems: Sequence[str]
    vectors: Vector
    weights: Vector
    pieces: Sequence[int]
    figures: Sequence[Quantity]

    def is_capital(self, word: int) -> bool:
        return self.text[self.words[word][0]].isupper()

    def context(self, start: int, end: int, reach: int = CONTEXT_WORDS) -> Vector:
        """The vector of the `reach` words before `text[start:end]` and those after it, its own left out."""
        before = [n for n, (_, last) in enumerate(self.words) if last <= start]
        after = [n for n, (first, _) in enumerate(self.words) if first >= end]
        near = before[-reach:] + after[:reach]
        return of_length_one(self.vectors[near].sum(axis=0)) if near else np.zeros(self.vectors.shape[1], np.float32)

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


def read(texts: Sequence[str], embedding: Embedding, library: Library, heading: str = "") -> list[WordVectors]:
    """The `texts` as they are compared, each read after the `heading`; what the model does not read of a long one is
    left out.
    """
    found = []
    for text, tokens in zip(texts, embedding.token_vectors([heading + text for text in texts]), strict=True):
        words, vectors, pieces = [], [], []
        for match in WORD.finditer(text):
            start, end = match.start() + len(heading), match.end() + len(heading)
            inside = (tokens.spans[:, 0] >= start) & (tokens.spans[:, 1] <= end) & (tokens.spans[:, 1] > 0)
            if inside.any() and match.group().lower() not in STOP_WORDS:
                words.append(match.span())
                pieces.append(int(inside.sum()))
                vectors.append(of_length_one(tokens.vectors[inside].astype(np.float32).mean(axis=0)))
        stems = [stem(text[start:end]) for start, end in words]
        rarity = library.rarity(stems)
        dimension = tokens.vectors.shape[1]
        found.append(
            WordVectors(
                text,
                words,
                stems,
                np.array(vectors, np.float32).reshape(-1, dimension),
                np.array([rarity[each] for each in stems], np.float32),
                pieces,
                quantities(text),
            )
        )
    return found
