"""Words: a pattern that finds them, stems, stop words, number words, and folding of case and accents."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import tantivy

WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
_STOP_WORDS = """
a an and are as at be been but by can did do does for from had has have he her his how i if in into is it its me my no
nor not of on or our she s so t than that the their them then there these they this those to was we were what when where
which who whom whose why will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_UNITS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
UNITS = tuple(_UNITS.split())
NUMBERS = {word: number for number, word in enumerate(UNITS)}
"""The number words up to nineteen with their numbers. `rag.text.quantities` reads numbers from a text."""


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    steps = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return steps.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.stemmer("English")).build()


@lru_cache(100_000)
def stem(word: str) -> str:
    """The stem of a word in lower case, the same as in the keyword index."""
    return "".join(_analyzer().analyze(re.sub(r"['’]s?$", "", word)))


def counted(number: int, word: str) -> str:
    """A number with its word: "1 article", "1,204 articles"."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def content(text: str) -> set[str]:
    """The stems of all words of `text` but stop words."""
    return {stem(word) for word in WORD.findall(text) if word.lower() not in STOP_WORDS}


def fold(text: str) -> str:
    """The text in lower case, without accents, with one kind of apostrophe. Its length stays, so offsets stay valid."""
    return "".join(map(_folded, text))


@cache
def _folded(char: str) -> str:
    if char in "’‘ʼ":
        return "'"
    base = "".join(each for each in unicodedata.normalize("NFKD", char) if not unicodedata.combining(each))
    lower = _STROKED.get(char.lower(), base.lower())
    return lower if len(lower) == 1 else char


_STROKED = {"ø": "o", "ł": "l", "đ": "d", "ı": "i"}
"""Letters that Unicode does not decompose."""
