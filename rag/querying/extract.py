"""The extractive answer: the best sentences of the best passages, word for word; or the reason why there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from llama_index.core.schema import NodeWithScore

from rag.article import Article, Sentence
from rag.library.library import Library
from rag.querying.answerable import lacking
from rag.querying.evidence import FIGURE, Candidate, Weigh, candidates, spoken_by, weigh
from rag.querying.understand import WORD, Query, names, stem
from rag.speech import SAYING

MOST_SENTENCES = 5
MOST_WORDS = 79
LEAST_SIMILARITY = 0.25
"""Cosine below which even the best sentence is about something else."""
SAME_SENTENCE = 0.6
"""Share of common words above which two sentences say the same in nearly the same words."""
WHOLE_SHARE = 0.3
"""What a sentence's worth for the whole question counts beside its worth for the part that is being answered."""
MOST_BEHIND = 5.0
"""In log odds: what is further behind the best sentence than this is not worth a reader's time."""

_CALENDAR = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan(?:uary)?|Feb(?:ruary)?|March|April|May|June|July|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
)
_ASKS_SPEECH = re.compile(
    r"\bwhat (?:did|does|has|have) (.+?) (?:say|said|tell|told|think|claim|announce|write|tweet)\b|"
    r"\b(?:justification|explanation|reasons?|verdict|warning|reaction|response|comment|statement|description|advice|"
    r"argument|excuse|account)s? (?:did|does|has|have) (.+?)(?: (?:him|her|it|them)sel(?:f|ves))? "
    r"(?:give|given|offer|make|made|issue|provide)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that answers, in its article; `account` names the outlets that tell it so, where accounts are told."""

    article: Article
    sentence: Sentence
    account: str = ""

    @property
    def text(self) -> str:
        return self.article.text[self.sentence.start : self.sentence.end]


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why nothing was found to answer, as a sentence that a person can use."""

    explanation: str


def extract(
    question: str,
    queries: Sequence[Query],
    ranked: Sequence[Sequence[NodeWithScore]],
    library: Library,
    weigh: Weigh = weigh,
) -> list[Evidence] | NoAnswer:
    """The sentences that answer best, best first: at most 80 words, none twice.

    `question` is what was typed; `queries` what it comes to: the whole, then its parts where it asks several things;
    `ranked` the passages as `LateInteraction` ranked and read them for each of these; `weigh` says how well each
    candidate answers.
    """
    whole = candidates(ranked[0])
    if not whole:
        return NoAnswer("Nothing in the library comes near this question.")
    missing = _missing_names(queries[0], whole, library)
    if missing:
        return NoAnswer(f"{_none_of(whole)} mentions {_listed(missing)}.")
    if max(each.match.similarity for each in whole) < LEAST_SIMILARITY:
        return NoAnswer("Nothing in the library comes near enough to this question to answer it.")
    speaker = _speaker(question)
    found = [whole, *(candidates(passages) for passages in ranked[1:])]
    worth = [weigh(query, each, library).tolist() for query, each in zip(queries, found, strict=True)]
    scored = []
    for sentences, weights in zip(found, worth, strict=True):
        scored.append(
            {
                Evidence(each.article, each.match.sentence): weight
                for each, weight in zip(sentences, weights, strict=True)
                if not speaker or spoken_by(speaker, each, library) or _speaks(speaker, each.text)
            }
        )
    if not scored[0]:
        return NoAnswer(f"{_none_of(whole)} quotes {' '.join(speaker)} on it.")
    if len(queries) == 1:
        own = queries[0].text[: queries[0].own]
        lacks = lacking(own, whole, worth[0])
        if lacks:
            return NoAnswer(f"{_none_of(whole)} {lacks}.")
    return _chosen(scored)


def _chosen(scored: Sequence[Mapping[Evidence, float]]) -> list[Evidence]:
    """The best sentences for the whole (the first of `scored`) and for each of its parts, in turn."""
    least = min(weight for weights in scored for weight in weights.values())
    left = list(dict.fromkeys(each for weights in scored for each in weights))
    chosen: list[Evidence] = []
    length, best_worth = 0, -math.inf
    while left and len(chosen) < MOST_SENTENCES:
        part = scored[len(chosen) % len(scored)]

        def worth(each: Evidence, part: Mapping[Evidence, float] = part) -> float:
            return WHOLE_SHARE * scored[0].get(each, least) + (1 - WHOLE_SHARE) * part.get(each, least)

        best = max(left, key=worth)
        left.remove(best)
        words = len(best.text.split())
        best_worth = max(best_worth, worth(best))
        if worth(best) < best_worth - MOST_BEHIND:
            break
        if chosen and (length + words > MOST_WORDS or any(alike(best.text, other.text) for other in chosen)):
            continue
        chosen.append(best)
        length += words
    return chosen


def alike(one: str, other: str) -> bool:
    """Whether two sentences say the same in nearly the same words; never where their figures differ."""
    if set(FIGURE.findall(one)) != set(FIGURE.findall(other)):
        return False
    a, b = set(WORD.findall(one.lower())), set(WORD.findall(other.lower()))
    return len(a & b) > SAME_SENTENCE * min(len(a), len(b))


def _missing_names(query: Query, found: Sequence[Candidate], library: Library) -> list[str]:
    """The names that none of the candidates' articles has, however spelled; none unless half of the names are missing.

    Names of outlets and of months are no names here: they say who tells it and when.
    """
    other = {stem(word) for outlet in library.outlets() for word in WORD.findall(outlet)}
    wanted = [name for name in names(query.text) if stem(name) not in other and not _CALENDAR.fullmatch(name)]
    present = {
        stem(word)
        for article in {each.article.id: each.article for each in found}.values()
        for word in WORD.findall(f"{article.title or ''} {article.text}")
        if word[:1].isupper() or word[:1].isdigit()
    }
    missing = [name for name in wanted if not any(_same_name(stem(name), other) for other in present)]
    return missing if 2 * len(missing) >= len(wanted) else []


def _same_name(one: str, other: str) -> bool:
    return one == other or (
        len(one) > 4 and abs(len(one) - len(other)) <= 2 and SequenceMatcher(None, one, other).ratio() >= 0.8
    )


def _speaker(question: str) -> list[str]:
    """The names of the one whose words are asked for ("what did … say"); none where nobody is named so."""
    asks = _ASKS_SPEECH.search(question)
    whose = (asks[1] or asks[2]) if asks else ""
    named = names(f"x {whose}")
    return named if named and whose.endswith(named[-1]) else []


def _speaks(speaker: Sequence[str], text: str) -> bool:
    """Whether the sentence has a word of saying near one of the names of `speaker`, whoever it is said to be by.

    More is let through than `spoken_by` is sure of: a refusal says that nothing of theirs is quoted.
    """
    name = "|".join(re.escape(name) for name in speaker)
    before, after = r"(?:[^\w.]+\w+){0,9}?\W+", r"(?:\W+\w+){0,4}?\W+"
    return bool(re.search(rf"\b(?:{name})\b{before}{SAYING}\b|\b{SAYING}{after}(?:{name})\b", text, re.IGNORECASE))


def _none_of(found: Sequence[Candidate]) -> str:
    articles = len({each.article.id for each in found})
    return (
        f"None of the {articles} articles nearest to this question"
        if articles > 1
        else "The article nearest to it never"
    )


def _listed(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
