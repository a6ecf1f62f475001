"""The extractive answer: the best sentences of the best passages, word for word; or the reason why there is none."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from llama_index.core.schema import NodeWithScore

from rag.article import Article, Sentence
from rag.library.library import Library
from rag.querying.rerank import Match
from rag.querying.understand import CARRIED_WEIGHT, WORD, Query, names, stem, terms

PASSAGES_READ = 10
MOST_SENTENCES = 4
MOST_WORDS = 80
LEAST_SIMILARITY = 0.25
"""Cosine below which even the best sentence is about something else."""
SAME_SENTENCE = 0.6
"""Share of common words above which two sentences say the same in nearly the same words."""
SIMILARITY_WEIGHT, INTERACTION_WEIGHT = 0.5, 1.0
WORDS_WEIGHT, PHRASES_WEIGHT, KIND_WEIGHT, RANK_WEIGHT = 0.7, 0.6, 0.1, 0.1
CONTEXT_SHARE, CONTEXT_CHARACTERS = 0.65, 300
LEADING_SCORE = 0.6
"""Share of the best sentence's score that a further one needs to be added."""

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|once|twice|"
    r"half|a third|a quarter)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:\d{4}|\d{1,2}(?::\d\d)? ?[ap]\.?m\b|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan|Feb|March|April|May|June|"
    r"July|Aug|Sept?|Oct|Nov|Dec|today|tomorrow|yesterday|week|month|year|morning|evening|night|ago)"
)

_SAYING = r"(?:said|says|saying|told|tells|added|adds|stated|insisted|argued|claimed|wrote|tweeted|announced)"
_ASKS_SPEECH = re.compile(
    r"\bwhat (?:did|does|has|have) (.+?) (?:say|said|tell|told|think|claim|announce|write|tweet)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that answers, in its article, with its score (comparable within one question)."""

    article: Article
    sentence: Sentence
    score: float

    @property
    def text(self) -> str:
        return self.article.text[self.sentence.start : self.sentence.end]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that may answer, in its article, with what the reranking saw of it and the rank of its passage."""

    article: Article
    match: Match
    rank: int

    @property
    def text(self) -> str:
        return self.article.text[self.match.sentence.start : self.match.sentence.end]

    @property
    def before(self) -> str:
        """The text just before it, where it has its pronouns from."""
        start = self.match.sentence.start
        return self.article.text[max(0, start - CONTEXT_CHARACTERS) : start]


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why nothing was found to answer, as a sentence that a person can use."""

    explanation: str


def extract(question: str, query: Query, found: Sequence[NodeWithScore], library: Library) -> list[Evidence] | NoAnswer:
    """The sentences of the passages `found` that answer `query` best, best first: at most 80 words, none twice.

    `question` is what was typed, `query` what it comes to standing alone; `LateInteraction` has read the passages.
    """
    candidates = _candidates(found, library)
    if not candidates:
        return NoAnswer("Nothing in the library comes near this question.")
    missing = _missing_names(query, candidates)
    if missing:
        return NoAnswer(f"No article that comes near this question mentions {_listed(missing)}.")
    scored = _score(query, candidates)
    if (speaker := _speaker(question)) is not None:
        scored = [each for each in scored if _speaks(speaker, each.text)]
        if not scored:
            return NoAnswer(f"No article that comes near this question quotes {speaker} on it.")
    return _chosen(scored) or NoAnswer("Nothing in the library comes near enough to this question to answer it.")


def _candidates(found: Sequence[NodeWithScore], library: Library) -> list[_Candidate]:
    """The sentences of the best passages, each once."""
    articles: dict[str, Article] = {}
    candidates: dict[tuple[str, int], _Candidate] = {}
    for rank, node in enumerate((each.node for each in found[:PASSAGES_READ]), 1):
        id = node.metadata["article_id"]
        article = articles[id] = articles.get(id) or library.article(id)
        for match in node.metadata["matches"]:
            candidates.setdefault((id, match.sentence.start), _Candidate(article, match, rank))
    return list(candidates.values())


def _score(query: Query, candidates: Sequence[_Candidate]) -> list[Evidence]:
    """Best first: similarity to the query, words and pairs of words shared with it, kind of answer, passage's rank.

    A word that the headline or the text just before has counts in part: a sentence that goes on about "him" does not
    repeat the name.
    """
    if max(each.match.similarity for each in candidates) < LEAST_SIMILARITY:
        return []
    asked = terms(query.text)
    carried = set(terms(query.text[query.own :])) - set(terms(query.text[: query.own]))
    own = [set(terms(each.text)) for each in candidates]
    around = [set(terms(f"{each.article.title or ''} {each.before}")) for each in candidates]
    having = Counter(word for each in own for word in each)
    weight = {
        word: math.log(1 + len(own) / (1 + having[word])) * (CARRIED_WEIGHT if word in carried else 1.0)
        for word in asked
    }
    total = sum(weight.values()) or 1.0
    pairs = set(pairwise(asked))
    scored = []
    for each, has, near in zip(candidates, own, around, strict=True):
        words = sum(weight[w] * (1.0 if w in has else CONTEXT_SHARE if w in near else 0.0) for w in asked) / total
        phrases = len(pairs & set(pairwise(terms(each.text)))) / (len(pairs) or 1)
        score = (
            SIMILARITY_WEIGHT * each.match.similarity
            + INTERACTION_WEIGHT * each.match.interaction
            + WORDS_WEIGHT * words
            + PHRASES_WEIGHT * phrases
            + KIND_WEIGHT * _holds(query.text[: query.own], each.text)
            + RANK_WEIGHT / each.rank
        )
        scored.append(Evidence(each.article, each.match.sentence, score))
    return sorted(scored, key=lambda each: -each.score)


def _holds(question: str, text: str) -> bool:
    """Whether the sentence holds the kind of thing that is asked for, beyond what the question says itself."""
    lowered = question.lower()
    if re.search(r"\bhow (?:many|much|old|long|far|high|tall|big|large|fast|heavy)\b", lowered):
        return bool(_NUMBER.search(text))
    if re.search(r"\bwhen\b|\b(?:what|which) (?:day|date|year|month|time)\b", lowered):
        return bool(_TIME.search(text))
    if re.search(r"\bwh(?:o|om|ose)\b", lowered):
        known = {stem(word) for word in WORD.findall(question)}
        return any(stem(name) not in known for name in names(text))
    return False


def _chosen(scored: Sequence[Evidence]) -> list[Evidence]:
    chosen: list[Evidence] = []
    length = 0
    for each in scored:
        words = each.text.split()
        if chosen and (each.score < LEADING_SCORE * chosen[0].score or length + len(words) > MOST_WORDS):
            continue
        if len(words) < 3 or any(_alike(each.text, other.text) for other in chosen):
            continue
        chosen.append(each)
        length += len(words)
        if len(chosen) == MOST_SENTENCES:
            break
    return chosen


def _alike(one: str, other: str) -> bool:
    a, b = set(WORD.findall(one.lower())), set(WORD.findall(other.lower()))
    return len(a & b) > SAME_SENTENCE * min(len(a), len(b))


def _missing_names(query: Query, candidates: Sequence[_Candidate]) -> list[str]:
    """The names in the query that none of the candidates' articles has, not even spelled a little differently."""
    present = {
        stem(word)
        for article in {each.article.id: each.article for each in candidates}.values()
        for word in WORD.findall(f"{article.title or ''} {article.outlet or ''} {article.text}")
        if word[:1].isupper() or word[:1].isdigit()
    }
    return [name for name in names(query.text) if not any(_same_name(stem(name), other) for other in present)]


def _same_name(one: str, other: str) -> bool:
    return one == other or (
        len(one) > 4 and abs(len(one) - len(other)) <= 2 and SequenceMatcher(None, one, other).ratio() >= 0.8
    )


def _speaker(question: str) -> str | None:
    """Whose words are asked for ("what did … say"), by the last of the names; None where nobody's are."""
    asks = _ASKS_SPEECH.search(question)
    named = names(f"x {asks.group(1)}") if asks else []
    return named[-1] if named else None


def _speaks(speaker: str, text: str) -> bool:
    near = r"(?:\W+\w+){0,4}?\W+"
    name = re.escape(speaker)
    return bool(re.search(rf"\b{name}\b{near}{_SAYING}\b|\b{_SAYING}{near}{name}\b", text, re.I))


def _listed(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
