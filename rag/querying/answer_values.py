"""What answers and sentences are compared by: their figures, else the words that carry meaning."""

from __future__ import annotations

import re

from rag.text.words import NUMBERS, WORD, content

SAME_SENTENCE = 0.6
"""Share of common words above which two sentences say the same in nearly the same words."""
FIGURE = re.compile(r"\d[\d,.]*")


def value_of(words: str) -> frozenset[str]:
    """What is compared of the words that answer: their figures, in digits; else the stems of those that name things."""
    return figures_in(words) or frozenset(content(words))


def figures_in(text: str) -> frozenset[str]:
    """The figures of the text, in digits also where they are written in words."""
    figures = [figure.replace(",", "").rstrip(".") for figure in FIGURE.findall(text)]
    return frozenset(figures + [str(NUMBERS[word.lower()]) for word in WORD.findall(text) if word.lower() in NUMBERS])


def alike(one: str, other: str) -> bool:
    """Whether two sentences say the same in nearly the same words; never where their figures differ."""
    if figures_in(one) != figures_in(other):
        return False
    a, b = set(WORD.findall(one.lower())), set(WORD.findall(other.lower()))
    return len(a & b) > SAME_SENTENCE * min(len(a), len(b))
