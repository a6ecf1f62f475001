"""Accounts by value: what each outlet that covers an event answers to a question, those with the same answer together.

Every passage of the event is read with the question. Three numbers say whether an article answers: how well its best
sentence does, by how much that is above "not here", and how far it is behind the best sentence of the event. A logistic
regression weighs them (`python -m training.accounts` fits it, and accounts.json has its weights and figures).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.article import Article, Excerpt, outlet_key
from rag.coverage.origins import Origin
from rag.coverage.value_groups import Answer, comparable, grouped, heading
from rag.library.library import Library
from rag.library.word_vectors import read
from rag.models.embedding import Embedding
from rag.reply import ArticleReading, SaysYes, ScoredSentence, Verdict
from rag.text.answer_values import alike

FEATURES = ("score", "above nothing", "behind the best")
LEAST = -20.0
"""A score below which all are the same: a sentence that does not answer at all."""
NEAR_THE_BEST = 4.0
"""Logits behind an article's best sentence up to which another of its sentences may be cited beside it."""
MORE_SENTENCES = 3
"""The most sentences of an outlet that are cited beside its best one."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one outlet says, in its best sentence; None if it says nothing.

    `articles` are all of the outlet's on the event. `words` are the start and end, in the article, of the words that
    answer. `group` is the number of the answer, from 0. `also` are more of its sentences that may, best first.
    """

    outlet: str | None
    verdict: Verdict
    articles: tuple[Article, ...]
    article: Article
    excerpt: Excerpt | None = None
    words: tuple[int, int] | None = None
    group: int | None = None
    also: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is asked, and each outlet's account of it: those with the same answer together, the latest first.

    `values` are the answers, in short, by the number of their group, and `origins` how many independent origins give
    each. `differs` is true if two of the answers cannot both be right.
    """

    asked: str
    accounts: tuple[Account, ...]
    values: tuple[str, ...]
    origins: tuple[int, ...]
    differs: bool

    @property
    def outlets(self) -> int:
        """How many outlets there are, whether or not they answer."""
        return len({outlet_key(account.article) for account in self.accounts})

    @property
    def answering(self) -> int:
        """How many outlets say anything to it."""
        saying = [each for each in self.accounts if each.verdict in ("answers", "supports", "contradicts")]
        return len({outlet_key(account.article) for account in saying})


def claim(
    asked: str,
    readings: Sequence[ArticleReading],
    origins: Sequence[Origin],
    library: Library,
    embedding: Embedding,
    says_yes: SaysYes,
) -> Claim:
    """Group the outlets by what they answer.

    Args:
        asked: the question, or one part of it.
        readings: each article of the event, read with it.
        origins: those of the articles.
        library, embedding: for comparing answers in other words.
        says_yes: whether a sentence says yes, for a question that asks yes or no.

    Returns:
        The claim: answers, then what is related, then the outlets that have nothing, each outlet once a group.
    """
    likely = dict(zip((each.article.id for each in readings), answers(readings), strict=True))
    least = thresholds()
    found = [each.sentences[0] for each in readings if likely[each.article.id] >= least["compares"]]
    found.sort(key=lambda sentence: -likely[sentence.article.id])
    vectors = read([sentence.text for sentence in found], embedding, library)
    said = says_yes(asked, [(sentence.article.title or "", sentence.text) for sentence in found]) if found else None
    maybe = [
        Answer(sentence, sense, said[n] if said else None, said is not None)
        for n, (sentence, sense) in enumerate(zip(found, vectors, strict=True))
    ]
    # Likeliest first: those that surely answer are the first ones.
    surely = sum(likely[each.sentence.article.id] >= least["answers"] for each in maybe)
    sure, others = maybe[:surely], maybe[surely:]
    groups, unclear, differs = grouped(
        [*sure, *(each for each in others if any(comparable(each, other) for other in sure))]
    )
    by_outlet = _by_outlet(readings)
    accounts = [account for number, group in enumerate(groups) for account in _accounts(group, number, by_outlet)]
    seen = {outlet_key(account.article) for account in accounts}
    rest = [
        _without_answer(several, likely, unclear, least["related"])
        for key, several in by_outlet.items()
        if key not in seen
    ]
    order: list[Verdict] = ["related", "not mentioned", "not read"]
    rest.sort(key=lambda account: order.index(account.verdict))
    writer_of = {id: origin.writer for origin in origins for id in origin.articles}
    counts = [len({writer_of.get(each.sentence.article.id) for each in group}) for group in groups]
    return Claim(asked, (*accounts, *rest), tuple(map(heading, groups)), tuple(counts), differs)


def answers(readings: Sequence[ArticleReading]) -> list[float]:
    """How likely each article, read with a question, answers it: from 0 to 1. `readings` are those of one event."""
    weights = _fitted()["weights"]
    seen = features([(each.sentences[0].score if each.sentences else LEAST, each.nothing) for each in readings])
    logits = weights["constant"] + seen @ np.array([weights[name] for name in FEATURES])
    return [float(each) for each in 1 / (1 + np.exp(-logits))]


def features(scores: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """What is seen of each article of an event: (articles, 3).

    Args:
        scores: of each article the score of its best sentence and the mean logit of "not here".

    Returns:
        The score, by how much it is above "not here", and how far it is behind the best one of the event.
    """
    best = max((score for score, _ in scores), default=0.0)
    rows = [[score, score - nothing, score - best] for score, nothing in scores]
    return np.array(rows, np.float64).reshape(-1, len(FEATURES)).clip(LEAST)


def thresholds() -> Mapping[str, float]:
    """How likely an article must be to answer: "answers" for being shown under its answer, "compares" for that if its
    answer is of the kind of one that is shown, and "related" for being shown as related.
    """
    return _fitted()["thresholds"]


def _by_outlet(readings: Sequence[ArticleReading]) -> dict[str, list[ArticleReading]]:
    by_outlet: dict[str, list[ArticleReading]] = {}
    for each in readings:
        by_outlet.setdefault(outlet_key(each.article), []).append(each)
    return by_outlet


def _accounts(
    group: Sequence[Answer],
    number: int,
    by_outlet: Mapping[str, Sequence[ArticleReading]],
) -> list[Account]:
    """One account for each outlet that gives an answer, those published last first."""
    accounts = []
    for key in dict.fromkeys(outlet_key(each.sentence.article) for each in group):
        own = [each.sentence for each in group if outlet_key(each.sentence.article) == key]
        best = own[0]
        articles = tuple(each.article for each in by_outlet[key])
        also = _also(own, next(each for each in by_outlet[key] if each.article.id == best.article.id))
        accounts.append(Account(best.article.outlet, "answers", articles, best.article, best, best.words, number, also))
    return sorted(accounts, key=lambda account: published(account.article), reverse=True)


def _also(answering: Sequence[ScoredSentence], reading: ArticleReading) -> tuple[Excerpt, ...]:
    """More of an outlet's sentences that answer, MORE_SENTENCES at most, none that says again what was said.

    `answering` are the best ones of its articles, the first one's article as it was read being `reading`.
    """
    best = answering[0]
    near = [each for each in reading.sentences[1:] if each.score >= best.score - NEAR_THE_BEST]
    chosen: list[ScoredSentence] = [best]
    for each in (*answering[1:], *near):
        if len(chosen) <= MORE_SENTENCES and not any(alike(each.text, other.text) for other in chosen):
            chosen.append(each)
    return tuple(chosen[1:])


def published(article: Article) -> str:
    """When it was published, for putting the latest first; "" if that is not known."""
    return article.published_at or article.published or ""


def _without_answer(
    readings: Sequence[ArticleReading], likely: Mapping[str, float], unclear: Sequence[Answer], least: float
) -> Account:
    """What an outlet has that gives no clear answer: its best sentence if that comes near, else nothing."""
    articles = tuple(each.article for each in readings)
    near = {each.sentence.article.id for each in unclear}
    best = max(readings, key=lambda each: (each.article.id in near, likely[each.article.id]))
    if best.sentences and (best.article.id in near or likely[best.article.id] >= least):
        return Account(best.article.outlet, "related", articles, best.article, best.sentences[0])
    verdict: Verdict = "not mentioned" if all(each.whole for each in readings) else "not read"
    return Account(articles[0].outlet, verdict, articles, articles[0])


@cache
def _fitted() -> dict[str, dict[str, float]]:
    fitted: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("accounts.json").read_text("utf-8"))
    return fitted
