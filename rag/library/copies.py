"""Finding copies: an agency's story in several papers, or a story and its updates.

Only the narration is compared: words in quotation marks are the speaker's, and two reporters at the same press
conference print the same ones. Candidates are found by MinHash (Broder, 1997; the library datasketch) and by
sentences that two articles share to the letter, which finds the excerpt in a long story that MinHash cannot; both are
then compared in full. The measure is containment: the share of the shorter article's word runs
that are also in the other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from rag.article import Article, Span, fingerprint

WORDS_A_RUN = 5
SAME_COPY = 0.16
"""The containment from which two articles are the same copy; set on pairs labelled by reading (tests/data)."""
FEWEST_RUNS = 15
"""Runs that two articles have to share at least: a stock phrase or two is no copy."""
PERMUTATIONS = 128
_ROWS_A_BAND = 2
_SCHEME: Final = "affine32"
_SHARED_BY_MANY = 30
"""A sentence that stands in more articles than this says nothing of copies: it is an outlet's own phrase."""
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"[“\"„][^“”\"„\n]+(?:[”\"]|$)|(?<!\w)[‘'][^‘’'\n]{20,600}?[’'](?!\w)", re.MULTILINE)
_EMBEDDED = re.compile(r"^.*(?:pic\.twitter\.com/|https?://t\.co/|\(@\w+\)).*$", re.MULTILINE)
"""A line that is somebody's message: what the articles that show it have in common is its writer's."""
_BORDER = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+|\n+")


@dataclass(frozen=True, slots=True)
class Copies:
    """Articles that print the same copy, the earliest first, and who first wrote it, where one of them says so."""

    articles: tuple[str, ...]
    origin: str | None
    outlets: tuple[str, ...]
    """Those who carry it. One outlet alone: the articles are versions of its story."""


def lines(text: str) -> Iterator[Span]:
    """The lines of `text`, cut where a sentence plainly ends: the units that recur from one article to another."""
    start = 0
    for border in [*_BORDER.finditer(text), None]:
        end = border.start() if border else len(text)
        last = border.end() if border else end
        # The closing quotation mark belongs to the sentence that it closes.
        while border and end < last and not text[end].isspace():
            end += 1
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            yield start, end
        start = last


def line_hash(line: str) -> int | None:
    """A number for a line's words (63 bits, letters' case and punctuation aside), None for one without words."""
    words = _WORD.findall(line.lower())
    return int(fingerprint(" ".join(words))[:16], 16) >> 1 if words else None


def line_hashes(text: str) -> set[int]:
    """The hashes of all the lines of `text`."""
    return {hash for start, end in lines(text) if (hash := line_hash(text[start:end])) is not None}


def runs(article: Article) -> set[str]:
    """Every run of WORDS_A_RUN words of the article's narration, lower case; what is omitted or quoted left out."""
    kept = _EMBEDDED.sub("\x00", blanked(article.text, article.omitted))
    found: set[str] = set()
    for stretch in _QUOTED.sub("\x00", kept).split("\x00"):
        words = _WORD.findall(stretch.lower())
        found.update(" ".join(words[n : n + WORDS_A_RUN]) for n in range(len(words) - WORDS_A_RUN + 1))
    return found


def blanked(text: str, spans: Iterable[Span]) -> str:
    """`text` of the same length with the spans as spaces, their line breaks kept."""
    for start, end in spans:
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text


def signature(article: Article) -> bytes:
    """The MinHash of the article's runs, PERMUTATIONS unsigned 32-bit numbers."""
    from datasketch import MinHash

    made = MinHash(num_perm=PERMUTATIONS, scheme=_SCHEME)
    made.update_batch([run.encode("utf-8", "surrogatepass") for run in runs(article)])
    return np.asarray(made.hashvalues, np.uint32).tobytes()


def candidates(signatures: Mapping[str, bytes], shared: Mapping[int, Sequence[str]]) -> set[tuple[str, str]]:
    """The pairs of ids worth comparing: alike by MinHash, or with a sentence in common (`shared`: its hash → ids)."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=PERMUTATIONS, params=(PERMUTATIONS // _ROWS_A_BAND, _ROWS_A_BAND))
    found: set[tuple[str, str]] = set()
    for id, values in signatures.items():
        hashes = np.frombuffer(values, np.uint32)
        if (hashes == np.iinfo(np.uint32).max).all():  # of no runs at all
            continue
        sketch = MinHash(num_perm=PERMUTATIONS, scheme=_SCHEME, hashvalues=hashes)
        found.update((min(id, other), max(id, other)) for other in index.query(sketch))
        index.insert(id, sketch)
    for ids in shared.values():
        if len(ids) <= _SHARED_BY_MANY:
            found.update(combinations(sorted(ids), 2))
    return found


def is_same_copy(one: set[str], other: set[str]) -> bool:
    """Whether two articles, given as their runs, print the same copy."""
    common = len(one & other)
    return common >= FEWEST_RUNS and common >= SAME_COPY * min(len(one), len(other))


def groups(articles: Callable[[str], Article], pairs: Iterable[tuple[str, str]]) -> list[Copies]:
    """The groups that the pairs of ids form which are indeed the same copy; the largest first."""
    known: dict[str, set[str]] = {}

    def runs_of(id: str) -> set[str]:
        if id not in known:
            known[id] = runs(articles(id))
        return known[id]

    parent: dict[str, str] = {}

    def root(id: str) -> str:
        while parent.setdefault(id, id) != id:
            id = parent[id]
        return id

    for one, other in sorted(pairs):
        if root(one) == root(other) or not _may_be_one_story(articles(one), articles(other)):
            continue
        if is_same_copy(runs_of(one), runs_of(other)):
            parent[root(one)] = root(other)
    members: defaultdict[str, list[Article]] = defaultdict(list)
    for id in list(parent):
        members[root(id)].append(articles(id))
    return sorted(
        (_copies(group) for group in members.values() if len(group) > 1),
        key=lambda each: (-len(each.articles), each.articles),
    )


def _may_be_one_story(one: Article, other: Article) -> bool:
    """False for two articles of one outlet without a headline word in common: they share its phrases, not a story."""
    return one.outlet != other.outlet or not (one.title and other.title) or share_a_headline_word(one, other)


def share_a_headline_word(one: Article, other: Article) -> bool:
    """Whether the headlines of two articles have a word of more than three letters in common."""
    words, others = (
        {word for word in _WORD.findall((each.title or "").lower()) if len(word) > 3} for each in (one, other)
    )
    return bool(words & others)


def _copies(group: Sequence[Article]) -> Copies:
    ordered = sorted(group, key=lambda article: (article.published or "9999", article.id))
    outlets = tuple(dict.fromkeys(article.outlet or "unknown outlet" for article in ordered))
    credited = Counter(article.origin for article in ordered if article.origin)
    # Where none credits anybody, who was first may have been first by chance: nothing is said.
    return Copies(tuple(a.id for a in ordered), credited.most_common(1)[0][0] if credited else None, outlets)
