"""An evaluation run as HTML: figures, failures and changes, with all text escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from rag.evaluation.metrics import Figures, Summary
from rag.evaluation.report import Result, Run, RunComparison
from rag.text.words import counted
from rag.ui.html.escape import as_html
from rag.ui.html.labels import day

NONE = "–"
CITED, RIGHT, WRONG = "cited", "right, not cited", "not right"
WITHOUT_INDEX = (
    "Without an index of articles, “cited” only means that the facts are in the cited text, whatever the article is "
    "about. The precision of citations is not measured."
)
BESIDE = (
    "“In the first quote”: the share of answers whose first quote has one of the facts, or part of the evidence. "
    "“Unrelated quotes”: the average share of an answer's quotes that have neither."
)
NOT_ALIKE = "Only one of the two runs had an index of articles, so their citations cannot be compared."


def when(run: Run) -> str:
    """The time of the run, in this machine's time zone: "22 November 2026, 09:05"."""
    local = run.date.astimezone()
    return f"{day(local.date().isoformat())}, {local:%H:%M}"


def headline_html(run: Run) -> str:
    """The run in two sentences, and its conditions."""
    answerable = [each for each in run.results if each.answerable]
    others = [each for each in run.results if not each.answerable]
    sentences = []
    if answerable:
        right, cited = sum(each.right for each in answerable), sum(each.cited for each in answerable)
        sentences.append(
            f"{right} of {counted(len(answerable), 'question')} answered correctly, {cited} of them with citations "
            "that support the answer."
        )
    if others:
        refused = sum(each.right for each in others)
        sentences.append(f"Of {len(others)} that have no answer, {refused} refused.")
    writers = " and ".join(sorted({each.answered_by for each in run.results if each.answered_by})) or "no model"
    about = f"{counted(run.articles, 'article')}, embedded with {run.model}, answered by {writers}."
    if run.figures.median_ms is not None:
        about += f" Half the answers took at most {run.figures.median_ms:,} ms, 95 % {run.figures.p95_ms:,} ms."
    lines = [about] + ([] if run.index else [WITHOUT_INDEX])
    asides = "".join(f'<p class="aside">{as_html(each)}</p>' for each in lines)
    return f'<p class="lead">{" ".join(sentences)}</p>{asides}'


def bars(summary: Summary) -> dict[str, list[str] | list[float]]:
    """The shares by type of question, for a chart: right and cited, only right, and the rest."""
    groups = summary.by_type
    cited = [each.cited or 0.0 for each in groups.values()]
    right = [each.right or 0.0 for each in groups.values()]
    return {
        "type": list(groups),
        CITED: cited,
        RIGHT: [both - well for both, well in zip(right, cited, strict=True)],
        WRONG: [1 - both for both in right],
    }


def table_html(summary: Summary) -> str:
    """The figures by type of question, of all with an answer, and of all; precision is of the citations."""
    measured = summary.all.citation_precision is not None
    head = ("Type", "Asked", "Right", "Cited", "Refused", "Words", "Precision")
    return _table(head if measured else head[:-1], _rows(summary, partial(_row, with_precision=measured)))


def beside_html(summary: Summary) -> str:
    """The states of the replies and the quality of quotes by type; empty for runs of older versions."""
    if summary.all.answered is None:
        return ""
    head = ("Type", "Answered", "Only related", "Nothing", "In the first quote", "Unrelated quotes")
    return _table(head, _rows(summary, _row_beside)) + f'<p class="aside">{BESIDE}</p>'


def retrieval_html(summary: Summary) -> str:
    """The share of questions whose evidence and facts are among the best passages; empty if not measured."""
    if summary.answerable.questions == 0:
        return ""
    rows = [_cells("All facts", map(_percent, summary.facts_at.values()))]
    note = ""
    if summary.reciprocal_rank is not None:
        rows.insert(0, _cells("The evidence", map(_percent, summary.evidence_at.values())))
        note = f'<p class="aside">Mean reciprocal rank of the evidence: {summary.reciprocal_rank:.3f}</p>'
    head = ("In the first passages", *(f"{cutoff}" for cutoff in summary.facts_at))
    return _table(head, rows) + note


def change_html(change: RunComparison) -> str:
    """The figures before and now, and the questions that improved or got worse."""
    then, now = change.then.all, change.now.all
    rows = [
        _cells("Right", _difference(then.right, now.right)),
        _cells("Cited", _difference(then.cited, now.cited)),
        _cells("Refused", _difference(then.abstained, now.abstained)),
    ]
    on = counted(now.questions, "question") + (" in both runs" if change.others else "")
    notes = [f"Compared with the run of {when(change.before)}, on {on}."] + ([] if change.same_measure else [NOT_ALIKE])
    shown = "".join(f'<p class="aside">{as_html(note)}</p>' for note in notes)
    shown += _table(("", "Before", "Now", "Change"), rows)
    for word, pairs in (("Better", change.better), ("Worse", change.worse)):
        if pairs:
            items = "".join(
                f"<li>{as_html(after.question)} "
                f'<span class="verdict">{as_html(before.verdict)} → {as_html(after.verdict)}</span></li>'
                for before, after in pairs
            )
            shown += f"<h3>{word}: {len(pairs)}</h3><ul>{items}</ul>"
    if not change.better and not change.worse:
        shown += '<p class="aside">No question got better or worse.</p>'
    return f'<div class="report">{shown}</div>'


def failures_html(failures: Sequence[Result]) -> str:
    """Each failure with its question, the expected answer, and the answer found."""
    return '<ol class="failures">' + "".join(map(_failure, failures)) + "</ol>"


def _failure(result: Result) -> str:
    earlier = "".join(f'<p class="turn">{as_html(turn)}</p>' for turn in result.turns)
    name = f'<span class="id">{as_html(result.id)}</span>' if result.id else ""
    return (
        f'<li><p class="about">{as_html(result.verdict.capitalize())}<span class="kind">{as_html(result.type)}</span>'
        f'{name}</p>{earlier}<p class="asked">{as_html(result.question)}</p><dl>'
        f"<dt>Expected</dt><dd>{as_html(result.wanted)}</dd>"
        f"<dt>Found</dt><dd>{as_html(result.problem or result.answer)}</dd></dl></li>"
    )


def _rows(summary: Summary, row: Callable[[str, Figures, str], str]) -> list[str]:
    return [
        *(row(as_html(name), figures, "") for name, figures in summary.by_type.items()),
        row("With an answer", summary.answerable, "total"),
        row("All", summary.all, "total"),
    ]


def _row_beside(name: str, figures: Figures, kind: str) -> str:
    shares = (figures.answered, figures.related, figures.nothing, figures.first, figures.filler)
    return _cells(name, map(_percent, shares), kind)


def _row(name: str, figures: Figures, kind: str, with_precision: bool) -> str:
    shares = map(_percent, (figures.right, figures.cited, figures.abstained))
    words = NONE if figures.words is None else f"{figures.words:.0f}"
    precision = [_percent(figures.citation_precision)] if with_precision else []
    return _cells(name, [str(figures.questions), *shares, words, *precision], kind)


def _difference(before: float | None, now: float | None) -> list[str]:
    """The two shares, and the difference in points, readable by screen readers."""
    if before is None or now is None:
        return [_percent(before), _percent(now), NONE]
    points = round(now * 100) - round(before * 100)
    kind = "better" if points > 0 else "worse" if points < 0 else ""
    sign = "+" if points > 0 else "−" if points < 0 else "±"
    return [_percent(before), _percent(now), f'<span class="{kind}">{sign}{abs(points)}</span>']


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share * 100:.0f} %"


def _cells(name: str, cells: Iterable[str], kind: str = "") -> str:
    """A row: `name` and `cells` are HTML."""
    return f'<tr class="{kind}"><th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = f"<thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="scroll"><table class="figures">{body}</table></div>'
