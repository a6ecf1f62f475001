"""The metrics of a reply, and their averages.

An answer is *right* if it has every required fact in one of its wordings, no forbidden wording, at most 120 words, and
is not a refusal. It is *cited* if also every required fact is in a cited quote (of at most 600 characters) from an
article on the question's event, and if questions for several accounts cite two articles or more. An unanswerable
question is right and cited if it was refused.

*first* is whether the first quote has a required fact or most of a piece of evidence; *filler* is the share of quotes
that have neither.

An index of articles says which articles are about the event. Without one, every citation counts, and the precision of
citations is not measured.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from rag.evaluation.question_file import UNANSWERABLE, ArticleIndex, Question
from rag.reply import Reply, State

LONGEST_ANSWER = 120
"""Words."""
LONGEST_QUOTE = 600
"""Characters."""
SEVERAL_ACCOUNTS = ("multi_source", "disagreement")
CUTOFFS = (1, 3, 5, 10, 20)
"""The numbers of best passages for the retrieval figures."""
WORDS_IN_A_ROW = 5
SHARE_OF_A_QUOTE = 0.6
"""A passage has a quote if it has this share of the quote's overlapping word runs: passages end at sentence
borders, which a quote may cross."""


class Score(BaseModel):
    """The metrics of one reply; None if they do not apply.

    `words` and `ms` are of the answer. `citation_precision` is the share of citations about the event.
    `evidence_rank` is the rank of the first passage with evidence, `facts_rank` the number of best passages that have
    all required facts; 0 if there is none. In runs of older versions `state`, `first` and `filler` are None.
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
    """Averages over questions: shares from 0 to 1, and words per answer; None if nothing was measured.

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
    """The figures of a run: by type of question, of all with an answer, and of all.

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
    """The metrics of the reply to `question`; a reply of None means that it could not be asked."""
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
    texts = [text if is_of_event is None or is_of_event(url) else "" for text, url in passages]
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
        facts_rank=_facts_rank(question, texts),
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
    """The words of a text, in lower case and separated by single spaces, with one before and one after.

    Citation numbers, punctuation and the possessive 's are left out, so that a fact is found however it is written.
    """
    text = re.sub(r"\[\d+\]", " ", text).lower().replace("’", "'").replace("'s ", " ")
    return " " + re.sub(r"[^\w]+", " ", text).strip() + " "


def _stands_in(text: str, wordings: Sequence[str]) -> bool:
    """Whether a normalised text has one of the wordings."""
    return any(normal(wording) in text for wording in wordings)


def _is_of_event(question: Question, index: ArticleIndex | None) -> Callable[[str | None], bool] | None:
    """Whether the article at an address is about the question's event; None if unknown."""
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
    """Whether a normalised quote has one of the facts, or most of a piece of evidence."""
    return any(_stands_in(quote, fact) for fact in question.answers) or any(
        _holds(quote, normal(each.quote)) for each in question.evidence
    )


def _holds(passage: str, quote: str) -> bool:
    """Whether a passage has most of a quote, both normalised."""
    words = quote.split()
    starts = range(max(1, len(words) - WORDS_IN_A_ROW + 1))
    runs = [f" {' '.join(words[start : start + WORDS_IN_A_ROW])} " for start in starts]
    return sum(run in passage for run in runs) / len(runs) >= SHARE_OF_A_QUOTE


def _facts_rank(question: Question, passages: Sequence[str]) -> int:
    """The number of best passages that have every fact; 0 if all of them do not."""
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
