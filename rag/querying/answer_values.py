"""What answers and sentences are compared by: their figures, else the words that carry meaning."""

from __future__ import annotations

from rag.text.quantities import figures_in
from rag.text.words import WORD, content

SAME_SENTENCE = 0.6
"""Share of common words above which two sentences say the same in nearly the same words."""


def value_of(words: str) -> frozenset[str]:
    """What is compared of the words that answer: their figures, in digits; else the stems of those that name things."""
    return figures_in(words) or frozenset(content(words))


def alike(one: str, other: str) -> bool:
    """Whether two sentences say the same in nearly the same words; never where their figures differ."""
    if figures_in(one) != figures_in(other):
        return False
    a, b = set(WORD.findall(one.lower())), set(WORD.findall(other.lower()))
    return len(a & b) > SAME_SENTENCE * min(len(a), len(b))
