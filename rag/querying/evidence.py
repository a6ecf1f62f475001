"""How well a sentence answers: what can be seen of it, weighed by a softmax regression over the question's sentences.

The weights are in weights.json, which says how they were made (benchmarks/fit_evidence.py).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from llama_index.core.schema import NodeWithScore
from numpy.typing import NDArray

from rag.article import Article
from rag.library.library import Library
from rag.querying.rerank import Match
from rag.querying.understand import CARRIED_WEIGHT, WORD, Query, names, stem, terms
from rag.speech import SAYING, speaker

PASSAGES_READ = 12
LEAST_WORDS = 5
CONTEXT_CHARACTERS = 300
NEAR = 8
# fmt: off
MEASURED = (
    "similarity", "interaction", "passage", "words", "words_in_context", "phrases", "near", "names", "position",
    "numbers", "ends",
)
# fmt: on
KINDS = ("number", "time", "person", "place", "why", "speech", "name")
FEATURES = (*MEASURED, *KINDS, "spoken")
"""Measured ones are standardised within the question; the others are 1, -1, or 0 where something else is asked."""

_ASKED = {
    "number": r"\bhow (?:many|much|old|long|far|high|tall|big|large|fast|heavy|often|wide|deep)\b|"
    r"\b(?:what|which) (?:percentage|share|number|proportion|age|price|sum|amount)\b|"
    r"\b(?:what|which) (?:[\w-]+ )?(?:toll|figure|count)s?\b",
    "time": r"\bwhen\b|\b(?:what|which) (?:day|date|year|month|time|hour|week)\b",
    "person": r"\bwho(?:m|se)?\b|\b(?:which|what) (?:woman|man|person|minister|president|official|expert|spokes\w+|"
    r"leader|doctor|player|actor|singer|coach|chief|author|name)\b",
    "place": r"\bwhere\b|\b(?:which|what) (?:city|country|town|street|place|state|region|village|island|airport|ocean|"
    r"sea)\b",
    "why": r"\bwhy\b|\bwhat (?:reason|caused|made|led)\b",
    "speech": r"\bwhat (?:did|does|do|has|have)\b.*\b(?:say|said|tell|think|call|describe|claim|promise)\b|"
    r"\bhow (?:did|does)\b.*\b(?:describe|explain|react|respond|put|justify)\b",
    "name": r"\b(?:which|what)\b",
}
_ASKS_WORDS = re.compile(
    r"\b(?:say|said|tell|told|describe|urge|promise|warn|call|explain|think|thought|joke|liken|react|justify|rate|predict|"
    r"claim|credit|argue|give|gave|words|quoted|respond|insist|announce|advise|comment|reply)\b",
    re.IGNORECASE,
)
_MORE_THAN_A_NAME = frozenset(("number", "time", "person", "place"))
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|once|twice|half|"
    r"third|quarter|million|billion)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:\d{4}|\d{1,2}(?::\d\d)? ?[ap]\.?m\b|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan|Feb|March|April|May|June|"
    r"July|Aug|Sept?|Oct|Nov|Dec|today|tomorrow|yesterday|week|month|year|morning|evening|night|ago)"
)
_PLACE = re.compile(r"\b(?:in|at|near|on|from|to|off|outside|into)\s+(?:the\s+)?[A-Z]")
_CAUSE = re.compile(
    r"\b(?:because|since|due to|after|so that|in order|as a result|caused|led|therefore|reason|fear|concern|"
    r"to (?:avoid|ensure|protect|prevent|help|make))\b",
    re.IGNORECASE,
)
_SPEECH = re.compile(rf"[\"“”]|(?<!\w)['‘]|\b{SAYING}\b", re.IGNORECASE)
FIGURE = re.compile(r"\d[\d,.]*")


Weigh = Callable[["Query", Sequence["Candidate"], Library], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer, in its article, with what the reranking saw of it and of its passage."""

    article: Article
    match: Match
    passage_score: float

    @property
    def text(self) -> str:
        return self.article.text[self.match.sentence.start : self.match.sentence.end]

    @property
    def before(self) -> str:
        """The text just before it, where it has its pronouns from."""
        start = self.match.sentence.start
        return self.article.text[max(0, start - CONTEXT_CHARACTERS) : start]


def candidates(ranked: Sequence[NodeWithScore], most: int = PASSAGES_READ) -> list[Candidate]:
    """The sentences of the `most` best passages, as `LateInteraction` ranked and read them, each once."""
    found: dict[tuple[str, int], Candidate] = {}
    for each in ranked[:most]:
        article: Article = each.node.metadata["article"]
        for match in each.node.metadata["matches"]:
            candidate = Candidate(article, match, each.score or 0.0)
            if len(candidate.text.split()) >= LEAST_WORDS:
                found.setdefault((article.id, match.sentence.start), candidate)
    return list(found.values())


def weigh(query: Query, found: Sequence[Candidate], library: Library) -> NDArray[np.float64]:
    """How well each candidate answers `query`, as log odds comparable within the question: (candidates,)."""
    return np.asarray(features(query, found, library) @ _weights() if found else [], np.float64)


def asked_kinds(question: str) -> set[str]:
    """Which of KINDS the question asks for: what its answer has to hold."""
    kinds = {kind for kind, pattern in _ASKED.items() if re.search(pattern, question, re.IGNORECASE)}
    return kinds - {"name"} if kinds & _MORE_THAN_A_NAME else kinds


def spoken_by(speakers: Sequence[str], each: Candidate, library: Library) -> bool:
    """Whether the sentence tells the words of one of `speakers`: "… Lee, the envoy, said …", or "he said" of him.

    Any of a person's names will do: which of them is the family's is not to be seen.
    """
    name = speaker(each.article, each.match.sentence, library.sentences_of(each.article))
    return bool(name) and not {word.lower() for word in WORD.findall(name or "")}.isdisjoint(map(str.lower, speakers))


def features(query: Query, found: Sequence[Candidate], library: Library) -> NDArray[np.float64]:
    """What is seen of each candidate: (candidates, FEATURES)."""
    own = query.text[: query.own]
    asked = terms(query.text)
    weight = {
        word: rarity * (1.0 if word in set(terms(own)) else CARRIED_WEIGHT)
        for word, rarity in library.rarity(asked).items()
    }
    total = sum(weight.values()) or 1.0
    query_words = {stem(word) for word in WORD.findall(query.text)}
    query_names = [stem(name) for name in names(query.text)]
    query_figures = set(FIGURE.findall(query.text))
    kinds = asked_kinds(own)
    phrases = set(pairwise(asked))
    speakers = names(own) if _ASKS_WORDS.search(own) else []
    rows = []
    for each in found:
        text = each.text
        in_order = terms(text)
        has = set(in_order)
        near = has | set(terms(f"{each.article.title or ''} {each.before}"))
        rows.append(
            [
                each.match.similarity,
                each.match.interaction,
                each.passage_score,
                sum(weight[word] for word in asked if word in has) / total,
                sum(weight[word] for word in asked if word in near) / total,
                len(phrases & set(pairwise(in_order))) / (len(phrases) or 1),
                _nearness(text, kinds, weight, query_words) / total,
                sum(name in has for name in query_names) / len(query_names) if query_names else 0.5,
                math.log1p(each.match.sentence.start / CONTEXT_CHARACTERS),
                min(len([f for f in FIGURE.findall(text) if f not in query_figures]), 3) / 3,
                float(text.rstrip()[-1:] in ".!?\"”’'"),
                *_kinds(text, kinds, query_words),
                (1.0 if spoken_by(speakers, each, library) else -1.0) if speakers else 0.0,
            ]
        )
    matrix = np.array(rows, np.float64)
    measured = matrix[:, : len(MEASURED)]
    matrix[:, : len(MEASURED)] = (measured - measured.mean(axis=0)) / (measured.std(axis=0) + 1e-6)
    return matrix


def contrast(query: Query, found: Sequence[Candidate], library: Library) -> NDArray[np.float64]:
    """How much each candidate has of what sets candidates apart, standardised: (candidates,).

    Among the sentences of one event nearly all come near the event's own words. The question's words that few of them
    come near say which one is asked for: each counts by its rarity and by how far the best stands out from the mean.
    """
    words = [(index, match.group()) for index, match in enumerate(WORD.finditer(query.text[: query.own]))]
    words = [(index, word) for index, word in words if terms(word)]
    if not words or not found:
        return np.zeros(len(found))
    near = np.array([[each.match.words[index] for index, _ in words] for each in found], np.float64)
    rarity = library.rarity([stem(word) for _, word in words])
    weights = (near.max(axis=0) - near.mean(axis=0)) * np.sqrt([rarity[stem(word)] for _, word in words])
    apart = (near - near.mean(axis=0)) @ weights
    return np.asarray((apart - apart.mean()) / (apart.std() + 1e-6), np.float64)


def _nearness(text: str, kinds: set[str], weight: Mapping[str, float], query_words: set[str]) -> float:
    """How much of the query, by its words' weights, stands within NEAR words of what may be the answer, at best."""
    words = [(word.group(), stem(word.group())) for word in WORD.finditer(text)]

    def may_answer(index: int) -> bool:
        word, stemmed = words[index]
        if "number" in kinds:
            return bool(_NUMBER.search(word))
        if "time" in kinds:
            return bool(_TIME.search(word)) or word.isdigit()
        if kinds & {"person", "place", "name"}:
            return index > 0 and word[0].isupper() and stemmed not in query_words
        return True

    return max(
        (
            sum(weight.get(stemmed, 0.0) for stemmed in {s for _, s in words[max(0, at - NEAR) : at + NEAR + 1]})
            for at in range(len(words))
            if may_answer(at)
        ),
        default=0.0,
    )


def _kinds(text: str, asked: set[str], query_words: set[str]) -> list[float]:
    names_another = any(stem(name) not in query_words for name in names(text))
    holds = {
        "number": bool(_NUMBER.search(text)),
        "time": bool(_TIME.search(text)),
        "person": names_another,
        "place": bool(_PLACE.search(text)),
        "why": bool(_CAUSE.search(text)),
        "speech": bool(_SPEECH.search(text)),
        "name": names_another,
    }
    return [(1.0 if holds[kind] else -1.0) if kind in asked else 0.0 for kind in KINDS]


@cache
def _weights() -> NDArray[np.float64]:
    weights = json.loads(Path(__file__).with_name("weights.json").read_text("utf-8"))["weights"]
    return np.array([weights[name] for name in FEATURES], np.float64)
