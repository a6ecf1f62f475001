"""A run and its changes as lines for a terminal. Text of questions and answers is not escaped yet."""

from __future__ import annotations

from collections.abc import Iterator

from rag.evaluation.metrics import Figures
from rag.evaluation.report import Result, Run, RunComparison

LONGEST_ANSWER_SHOWN = 300
"""Characters."""
WITHOUT_INDEX = (
    'Without an index of articles (--articles) "cited" asks only that the facts stand in what is cited, whatever the '
    "article is of; the citations' precision is not measured."
)


def run_lines(run: Run, worst: int) -> Iterator[str]:
    """The figures by type, and up to `worst` failures, those that are not right first."""
    figures = run.figures
    groups = [*figures.by_type.items(), ("answerable", figures.answerable), ("ALL", figures.all)]
    width = max(len(name) for name, _ in groups)
    head = f"{'type':{width}} {'n':>4} {'right':>6} {'cited':>6} {'abstain':>7} {'words':>6} {'cit.prec':>8}"
    yield f"{head} {'first':>6} {'filler':>6} {'answered':>8} {'related':>7} {'nothing':>7}"
    yield from (f"{name:{width}} {_row(group)}" for name, group in groups)
    if figures.reciprocal_rank is not None:
        shares = "  ".join(f"@{cutoff} {_share(share)}" for cutoff, share in figures.evidence_at.items())
        yield f"{'evidence':{width}} {shares}  mean reciprocal rank {_share(figures.reciprocal_rank)}"
    if figures.answerable.questions:
        shares = "  ".join(f"@{cutoff} {_share(share)}" for cutoff, share in figures.facts_at.items())
        yield f"{'facts':{width}} {shares}"
    if figures.median_ms is not None:
        yield f"{'milliseconds':{width}} median {figures.median_ms}  95th percentile {figures.p95_ms}"
    if not run.index:
        yield WITHOUT_INDEX
    failures = run.failures
    if failures and worst:
        yield ""
        yield f"{len(failures)} of {len(run.results)} are not right and cited:"
    for result in failures[:worst]:
        yield from _failure(result)
    if len(failures) > worst:
        yield f"… and {len(failures) - worst} more: --worst {len(failures)} shows all"


def comparison_lines(change: RunComparison | None) -> Iterator[str]:
    """The changes since the last run of the same file."""
    if change is None:
        yield "This is the first run of this questions file. The next run will be compared with it."
        return
    then, now = change.then.all, change.now.all
    others = f", on the {now.questions} questions in both runs" if change.others else ""
    yield f"Since the run of {change.before.date:%Y-%m-%d %H:%M} UTC{others}:"
    for name, before, after in (("right", then.right, now.right), ("cited", then.cited, now.cited)):
        yield f"  {name} {_share(before)} → {_share(after)}"
    if not change.same_measure:
        yield "  (only one of the two runs had an index of articles: their citations cannot be compared)"
    for word, pairs in (("better", change.better), ("worse", change.worse)):
        yield f"  {word}: {len(pairs) or 'none'}"
        for before_it, after_it in pairs:
            yield f"    {_name(after_it)}: {before_it.verdict} → {after_it.verdict}"


def _row(figures: Figures) -> str:
    words = "–" if figures.words is None else f"{figures.words:.1f}"
    shares = f"{_share(figures.right):>6} {_share(figures.cited):>6} {_share(figures.abstained):>7}"
    quotes = f"{_share(figures.citation_precision):>8} {_share(figures.first):>6} {_share(figures.filler):>6}"
    states = f"{_share(figures.answered):>8} {_share(figures.related):>7} {_share(figures.nothing):>7}"
    return f"{figures.questions:4} {shares} {words:>6} {quotes} {states}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


def _failure(result: Result) -> Iterator[str]:
    yield f"- {_name(result)} ({result.type}): {result.verdict}"
    yield f"    expected  {_line(result.wanted)}"
    yield f"    found     {_line(result.problem or result.answer)}"


def _name(result: Result) -> str:
    return _line(f"{result.id}: {result.question}" if result.id else result.question)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_ANSWER_SHOWN else line[: LONGEST_ANSWER_SHOWN - 1] + "…"
