"""The metrics of a reply, and their averages.

An answer is *right* when every required fact stands in it in one of its wordings, no forbidden wording does, it was not
abstained from, and it has at most 120 words. It is *cited* when, besides, every required fact stands in a cited quote
(of at most 600 characters) of an article of the question's event, and, where several accounts are asked for, the
citations come from two articles or more. An unanswerable question is right, and cited, when it was abstained from.

Of the quotes that an answer cites it is measured, besides, which hold a required fact or most of a piece of evidence:
*first* is whether the first one does, *filler* is the share of those that do not.

Which articles are of the event is known from an index of articles; without one every citation counts, and the share of
citations that are of the event is not measured.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from rag.article import Reply, State
from rag.evaluation.question_file import UNANSWERABLE, ArticleIndex, Question

LONGEST_ANSWER = 120
"""Words."""
LONGEST_QUOTE = 600
"""Characters."""
SEVERAL_ACCOUNTS = ("multi_source", "disagreement")
CUTOFFS = (1, 3, 5, 10, 20)
"""How many of the best passages are looked at for the figures of retrieval."""
WORDS_IN_A_ROW = 5
SHARE_OF_A_QUOTE = 0.6
"""A passage holds a quote when so much of it, in overlapping runs of that many words, stands in the passage: passages
are cut on sentence borders, and a quote may reach across one."""


class Score(BaseModel):
    """What is measured of one reply; None where there is nothing to measure.

    `words` and `ms` are those of the answer. `citation_precision` is the share of citations that are of the event.
    `evidence_rank` is the place of the first passage that holds evidence, `facts_rank` how many of the best passages it
    takes until every required fact stands in one of the event's; 0 where no number of them will do. In a run that an
    older version has kept `state`, `first` and `filler` are None.
    """

    model_config = ConfigDict(frozen=True)

    right: bool
    cited: bool
    abstained: bool
    words: int
    ms: int | None = None
    citation_precision: float | None = None
    evidence_rank: int | None = None
    facts_rank: int | None = None
    state: State | None = None
    first: bool | None = None
    filler: float | None = None


class Figures(BaseModel):
    """The means over some questions: shares from 0 to 1, and words an answer; None where nothing was measured.

    `answered`, `related` and `nothing` are the shares of the states of a reply.
    """

    model_config = ConfigDict(frozen=True)

    questions: int
    right: float | None
    cited: float | None
    abstained: float | None
    words: float | None
    citation_precision: float | None
    first: float | None = None
    filler: float | None = None
    answered: float | None = None
    related: float | None = None
    nothing: float | None = None


class Summary(BaseModel):
    """The figures of a run: by type of question, of all that have an answer, of all.

    `evidence_at` and `facts_at` are the shares of the answerable questions whose evidence, or whose facts, are among
    the first so many passages; `reciprocal_rank` is the mean of 1 / evidence_rank. Milliseconds an answer are the
    median and the 95th percentile.
    """

    model_config = ConfigDict(frozen=True)

    by_type: dict[str, Figures]
    answerable: Figures
    all: Figures
    evidence_at: dict[int, float | None]
    facts_at: dict[int, float | None]
    reciprocal_rank: float | None
    median_ms: int | None
    p95_ms: int | None


def score(question: Question, reply: Reply | None, index: ArticleIndex | None = None) -> Score:
    """What is measured of the reply to `question`; None stands for a question that could not be asked."""
    answer = reply.answer if reply else ""
    abstained = bool(reply and reply.abstained)
    words = len(answer.split())
    ms = reply.timings.get("total_ms") if reply else None
    state = reply.state if reply else None
    if not question.answerable:
        return Score(right=abstained, cited=abstained, abstained=abstained, words=words, ms=ms, state=state)

    text = normal(answer)
    right = (
        not abstained
        and words <= LONGEST_ANSWER
        and all(_stands_in(text, fact) for fact in question.answers)
        and not _stands_in(text, question.forbidden)
    )
    citations = [each for each in reply.citations if len(each.quote) <= LONGEST_QUOTE] if reply else []
    is_of_event = _is_of_event(question, index)
    of_event = [each for each in citations if is_of_event is None or is_of_event(each.url)]
    quotes = [normal(each.quote) for each in of_event]
    articles = {each.url or each.article_id for each in of_event}
    passages = [(normal(each.text), each.url) for each in reply.retrieved] if reply else []
    told = [text if is_of_event is None or is_of_event(url) else "" for text, url in passages]
    holding = [] if abstained else [_holds_something(question, normal(each.quote)) for each in citations]
    return Score(
        right=right,
        cited=right
        and all(any(_stands_in(quote, fact) for quote in quotes) for fact in question.answers)
        and (question.type not in SEVERAL_ACCOUNTS or len(articles) > 1),
        abstained=abstained,
        words=words,
        ms=ms,
        citation_precision=len(of_event) / len(citations) if citations and is_of_event else None,
        evidence_rank=_evidence_rank(question, [text for text, _ in passages]) if question.evidence else None,
        facts_rank=_facts_rank(question, told),
        state=state,
        first=holding[0] if holding else None,
        filler=1 - sum(holding) / len(holding) if holding else None,
    )


def summarise(scores: Iterable[tuple[str, Score]]) -> Summary:
    """The figures of questions given as their type and score."""
    every = list(scores)
    types = sorted({type for type, _ in every})
    answerable = [each for type, each in every if type != UNANSWERABLE]
    evidence = [each.evidence_rank for each in answerable if each.evidence_rank is not None]
    facts = [each.facts_rank for each in answerable if each.facts_rank is not None]
    ms = sorted(each.ms for _, each in every if each.ms is not None)
    return Summary(
        by_type={name: _figures([each for type, each in every if type == name]) for name in types},
        answerable=_figures(answerable),
        all=_figures([each for _, each in every]),
        evidence_at=_shares_within(evidence),
        facts_at=_shares_within(facts),
        reciprocal_rank=_mean([1 / rank if rank else 0.0 for rank in evidence]),
        median_ms=ms[len(ms) // 2] if ms else None,
        p95_ms=ms[int(len(ms) * 0.95)] if ms else None,
    )


def normal(text: str) -> str:
    """The words of a text, in small letters and parted by single spaces, one before and one after.

    Citation numbers, punctuation and the possessive 's are left out, so that a fact is found however it is written.
    """
    text = re.sub(r"\[\d+\]", " ", text).lower().replace("’", "'").replace("'s ", " ")
    return " " + re.sub(r"[^\w]+", " ", text).strip() + " "


def _stands_in(text: str, wordings: Sequence[str]) -> bool:
    """Whether one of the wordings stands in a text in its normal form."""
    return any(normal(wording) in text for wording in wordings)


def _is_of_event(question: Question, index: ArticleIndex | None) -> Callable[[str | None], bool] | None:
    """Whether the article at an address is of the question's event; None where nothing tells."""
    if index is None:
        return None
    own = {index.url_of.get(each.article or "", each.url or each.article) for each in question.evidence} - {None}
    if question.event is None and not own:
        return None
    return lambda url: url in own or (question.event is not None and index.event_of.get(url or "") == question.event)


def _evidence_rank(question: Question, passages: Sequence[str]) -> int:
    quotes = [normal(each.quote) for each in question.evidence]
    holding = (rank for rank, text in enumerate(passages, 1) if any(_holds(text, quote) for quote in quotes))
    return next(holding, 0)


def _holds_something(question: Question, quote: str) -> bool:
    """Whether a cited quote, in its normal form, holds one of the facts, or most of a piece of the evidence."""
    return any(_stands_in(quote, fact) for fact in question.answers) or any(
        _holds(quote, normal(each.quote)) for each in question.evidence
    )


def _holds(passage: str, quote: str) -> bool:
    """Whether a passage holds most of a quote, both in their normal form."""
    words = quote.split()
    starts = range(max(1, len(words) - WORDS_IN_A_ROW + 1))
    runs = [f" {' '.join(words[start : start + WORDS_IN_A_ROW])} " for start in starts]
    return sum(run in passage for run in runs) / len(runs) >= SHARE_OF_A_QUOTE


def _facts_rank(question: Question, passages: Sequence[str]) -> int:
    """How many of the best passages it takes until every fact stands in one; 0 where all of them do not suffice."""
    ranks = [
        next((rank for rank, text in enumerate(passages, 1) if _stands_in(text, fact)), 0) for fact in question.answers
    ]
    return max(ranks) if all(ranks) else 0


def _figures(scores: Sequence[Score]) -> Figures:
    states = [each.state for each in scores if each.state is not None]
    return Figures(
        questions=len(scores),
        right=_mean([each.right for each in scores]),
        cited=_mean([each.cited for each in scores]),
        abstained=_mean([each.abstained for each in scores]),
        words=_mean([each.words for each in scores]),
        citation_precision=_mean([s.citation_precision for s in scores if s.citation_precision is not None]),
        first=_mean([each.first for each in scores if each.first is not None]),
        filler=_mean([each.filler for each in scores if each.filler is not None]),
        answered=_mean([state == "answered" for state in states]),
        related=_mean([state == "related" for state in states]),
        nothing=_mean([state == "nothing" for state in states]),
    )


def _shares_within(ranks: Sequence[int]) -> dict[int, float | None]:
    return {cutoff: _mean([0 < rank <= cutoff for rank in ranks]) for cutoff in CUTOFFS}


def _mean(values: Sequence[float]) -> float | None:
    return statistics.mean(map(float, values)) if values else None
