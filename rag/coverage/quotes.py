"""The quote ledger: what was said once, as each outlet quotes it, in one row, with the words that differ.

Two quotations are the same utterance where most of the shorter one's words stand in the other in the same order, in
runs (difflib's matching blocks), and nothing says that two persons spoke.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Literal

import numpy as np

from rag.article import Article, Excerpt, Sentence, Span
from rag.coverage.people import same_person
from rag.coverage.value_comparison import denies
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.models.reader import load_reader
from rag.speech import Utterance, speaker, utterances
from rag.text.quantities import quantities
from rag.text.words import STOP_WORDS, WORD

SAME_UTTERANCE = 0.5
"""The share of the shorter quotation's words from which two are one utterance."""
SURELY_THE_SAME = 0.8
"""The share from which they are, whoever is named: outlets credit a company's words to it or to its spokesman."""
FEWEST_WORDS = 5
"""A shorter quotation is the same utterance only as a whole, and by one speaker."""
SAME_MEANING = 0.75
"""Cosine of two wordings from which they may say the same in other words."""
SUPPORTED = 0.5
"""The reader's probability, both ways, from which they do: each has to support the other."""
ARTICLES_KEPT_READ = 512
BETWEEN = 1
"""Words that two differing stretches may have between them and still be told as one."""
Stretch = tuple[Article, int, int]
"""`article.text[start:end]`."""
Manner = Literal["direct", "indirect", "clip"]
Verdict = Literal["same words", "same meaning", "worded differently", "alone"]


@dataclass(frozen=True, slots=True)
class Wording(Excerpt):
    """An utterance as one article gives it: `article.text[start:end]`; `differing` are the words, by offsets in the
    article, that the row's fullest wording does not have there; of the fullest, those that another one has otherwise.
    """

    manner: Manner
    speaker: str
    whole: Sentence | None = None
    """The sentence that it stands in."""
    differing: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One utterance with its wordings, the fullest first; `speaker` is "" where no article tells."""

    speaker: str
    verdict: Verdict
    wordings: tuple[Wording, ...]

    @property
    def outlets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.article.outlet or each.article.id for each in self.wordings))


def ledger(library: Library, embedding: Embedding, articles: Sequence[Article]) -> list[QuoteRow]:
    """What the articles quote, an utterance a row: those of the most outlets first."""
    told = [wording for article in articles for wording in quoted(article, tuple(library.sentences_of(article)))]
    rows = [_row([told[n] for n in group], embedding) for group in joined(told)]
    return sorted(rows, key=lambda row: -len(row.outlets))


def differences(row: QuoteRow) -> list[tuple[Stretch, Stretch]]:
    """Where the other outlets' quotations of an utterance have other words than its fullest one: both sides' stretches.

    Steps with at most BETWEEN words between them are one; where one side has no words there, both are told with the
    word that follows. What one of them leaves out at either end is no difference, only less.
    """
    by_article: dict[str, list[Wording]] = {}
    for each in row.wordings:
        if each.manner != "indirect":
            by_article.setdefault(each.article.id, []).append(each)
    sides = list(by_article.values())
    found = []
    for several in sides[1:]:
        others, words = _words(sides[0]), _words(several)
        for a, b, c, d in _apart([w for w, _, _ in others], [w for w, _, _ in words]):
            if d == len(words):  # the one goes on after the other's end: only its sentence there is compared
                b = _to_the_end_of_a_sentence(sides[0][0].article, others, a, b)
            if b == len(others):
                d = _to_the_end_of_a_sentence(several[0].article, words, c, d)
            one = (sides[0][0].article, others[a][1], others[b - 1][2])
            other = (several[0].article, words[c][1], words[d - 1][2])
            found.append((one, other))
    return found


def _to_the_end_of_a_sentence(article: Article, words: Sequence[tuple[str, int, int]], first: int, last: int) -> int:
    """The place up to which the words from `first` are one sentence's, at most `last`."""
    for n in range(first + 1, last):
        if re.search(r"[.?!…]", article.text[words[n - 1][2] : words[n][1]]):
            return n
    return last


def _apart(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """The places `one[a:b]` and `other[c:d]` where they have other words, none of them empty."""
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    while steps and steps[0][0] in ("delete", "insert"):
        steps = steps[1:]
    while steps and steps[-1][0] in ("delete", "insert"):
        steps = steps[:-1]
    joined_up: list[tuple[int, int, int, int]] = []
    for kind, a, b, c, d in steps:
        if kind == "equal":
            continue
        if joined_up and a - joined_up[-1][1] <= BETWEEN:
            a, c = joined_up[-1][0], joined_up[-1][2]
            joined_up.pop()
        joined_up.append((a, b, c, d))
    for a, b, c, d in joined_up:
        more = int((a == b or c == d) and b < len(one) and d < len(other))
        if a < b + more and c < d + more:
            yield a, b + more, c, d + more


@lru_cache(maxsize=ARTICLES_KEPT_READ)
def quoted(article: Article, sentences: tuple[Sentence, ...]) -> tuple[Wording, ...]:
    """The article's quotations, and the sentences that tell somebody's words without quoting them."""
    spoken = [each for each in utterances(article, sentences) if not _omitted(article, each.start)]
    found = [Wording(article, u.start, u.end, _manner(article, u), u.speaker, u.sentence) for u in spoken]
    for sentence in sentences:
        if _omitted(article, sentence.start) or any(u.start < sentence.end and sentence.start < u.end for u in spoken):
            continue
        who = speaker(article, sentence, sentences)
        if who:
            found.append(Wording(article, sentence.start, sentence.end, "indirect", who, sentence))
    return tuple(sorted(found, key=lambda each: each.start))


def joined(told: Sequence[Wording]) -> Iterator[list[int]]:
    """The places in `told` of each utterance's wordings: those of different articles that are the same."""
    words = [[word.lower() for word in WORD.findall(each.text)] for each in told]
    parent = list(range(len(told)))

    def root(n: int) -> int:
        while parent[n] != n:
            n = parent[n]
        return n

    for a, b in sorted(_candidates(words)):
        if told[a].article.id == told[b].article.id or "indirect" in (told[a].manner, told[b].manner):
            continue
        if root(a) != root(b) and same_utterance(told[a], words[a], told[b], words[b]):
            parent[root(a)] = root(b)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for n in range(len(told)):
        members[root(n)].append(n)
    yield from members.values()


def same_utterance(one: Wording, words: Sequence[str], other: Wording, others: Sequence[str]) -> bool:
    """Whether two quotations, given with their words in lower case, are of one utterance."""
    fewest = min(len(words), len(others))
    share = shared(words, others)
    alike = same_person(one.speaker, other.speaker) or not one.speaker or not other.speaker
    if fewest < FEWEST_WORDS:
        meant = [word for word in min(words, others, key=len) if word not in STOP_WORDS]
        return share == 1 and alike and len(meant) > 1
    return share >= (SAME_UTTERANCE if alike else SURELY_THE_SAME)


def shared(words: Sequence[str], others: Sequence[str]) -> float:
    """The share of the shorter one's words that stand in the other in the same order, in runs of two or more."""
    shorter, longer = sorted((words, others), key=len)
    if not shorter:
        return 0.0
    blocks = SequenceMatcher(None, longer, shorter, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1 or len(shorter) == 1) / len(shorter)


def _candidates(words: Sequence[Sequence[str]]) -> set[tuple[int, int]]:
    """The pairs worth comparing: those with two neighbouring words in common that are not both everybody's."""
    having: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for n, several in enumerate(words):
        for pair in set(pairwise(several)) | ({(several[0], "")} if len(several) == 1 else set()):
            if not set(pair) <= STOP_WORDS:
                having[pair].append(n)
    return {pair for several in having.values() for pair in combinations(several, 2)}


def _row(told: Sequence[Wording], embedding: Embedding) -> QuoteRow:
    """Wordings of one utterance; what one article quotes of it in pieces is taken together when it is compared."""
    by_article: dict[str, list[Wording]] = {}
    for each in told:
        by_article.setdefault(each.article.id, []).append(each)
    fullest = max(by_article.values(), key=lambda several: sum(each.end - each.start for each in several))
    others: list[Wording] = []
    otherwise: set[Span] = set()
    verdicts: list[Verdict] = []
    for several in by_article.values():
        if several is not fullest:
            marked, said, verdict = _compared(fullest, several, embedding)
            others += marked
            otherwise |= said
            verdicts.append(verdict)
    wordings = [*_with_marks(fullest, sorted(otherwise)), *others]
    order: tuple[Verdict, ...] = ("worded differently", "same meaning", "same words")
    verdict = next((each for each in order if each in verdicts), "alone")
    who = max((each.speaker for each in told), key=lambda name: (name[:1].isupper(), len(name)))
    return QuoteRow(who, verdict, tuple(wordings))


def _compared(
    fullest: Sequence[Wording], several: Sequence[Wording], embedding: Embedding
) -> tuple[list[Wording], set[Span], Verdict]:
    """The wordings `several` of one article with the words that differ from `fullest`, the words of `fullest` in whose
    place they stand, and what they are to it.
    """
    words, others = _words(several), _words(fullest)
    matcher = SequenceMatcher(None, [w for w, _, _ in others], [w for w, _, _ in words], autojunk=False)
    steps = matcher.get_opcodes()
    # What one of them leaves out at either end is no difference, only less.
    while steps and steps[0][0] == "delete":
        steps = steps[1:]
    while steps and steps[-1][0] in ("delete", "insert"):
        steps = steps[:-1]
    changed = [step for step in steps if step[0] != "equal"]
    differing = [words[n][1:] for _, _, _, first, last in changed for n in range(first, last)]
    otherwise = {others[n][1:] for _, first, last, _, _ in changed for n in range(first, last)}
    marked = _with_marks(several, differing)
    if not changed:
        return marked, otherwise, "same words"
    first, last = changed[0], changed[-1]
    one = " ".join(word for word, _, _ in others[max(0, first[1] - 8) : last[2] + 8])
    other = " ".join(word for word, _, _ in words[max(0, first[3] - 8) : last[4] + 8])
    return marked, otherwise, "same meaning" if _same_meaning(one, other, embedding) else "worded differently"


def _same_meaning(one: str, other: str, embedding: Embedding) -> bool:
    """Whether they have the same figures, are near in meaning, and each supports the other for the reader."""
    numbers = [{figure.value for figure in quantities(text)} for text in (one, other)]
    vectors = np.array(embedding.get_text_embedding_batch([one, other]), np.float32)
    if numbers[0] != numbers[1] or denies(one) != denies(other) or float(vectors[0] @ vectors[1]) < SAME_MEANING:
        return False
    reader = load_reader()
    return all(reader.support(a, [("", b)])[0, 0] >= SUPPORTED for a, b in ((one, other), (other, one)))


def _with_marks(wordings: Sequence[Wording], differing: Sequence[Span]) -> list[Wording]:
    return [replace(w, differing=tuple(s for s in differing if w.start <= s[0] < w.end)) for w in wordings]


def _words(wordings: Iterable[Wording]) -> list[tuple[str, int, int]]:
    """Their words in lower case, each with where it stands in its article."""
    return [
        (match.group().lower(), each.start + match.start(), each.start + match.end())
        for each in sorted(wordings, key=lambda each: each.start)
        for match in WORD.finditer(each.text)
    ]


def _manner(article: Article, utterance: Utterance) -> Manner:
    clip = any(voice.role == "clip" and voice.start <= utterance.start < voice.end for voice in article.voices)
    return "clip" if clip else "direct"


def _omitted(article: Article, at: int) -> bool:
    return any(start <= at < end for start, end in article.omitted)
