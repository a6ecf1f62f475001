"""Asking the questions of a file, and collecting the results as a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rag.errors import UsageError
from rag.evaluation.metrics import score, summarise
from rag.evaluation.question_file import ArticleIndex, Question
from rag.evaluation.report import Result, Run, kept

if TYPE_CHECKING:
    from rag.assistant import Assistant


def evaluate(
    assistant: Assistant, questions: Sequence[Question], index: ArticleIndex | None = None
) -> Iterator[Result]:
    """Ask each question, after the earlier turns of its chat, and yield its result.

    One that cannot be asked becomes a result that says why. Raises UsageError for an empty library.
    """
    if not assistant.library.status().articles:
        raise UsageError(
            f"The library in {assistant.library.folder} is empty, so there is nothing to evaluate. "
            "Add articles first (`python -m rag ingest FOLDER`)."
        )
    for question in questions:
        try:
            reply = assistant.ask_after(question.turns, question.question)
        except UsageError as error:
            yield Result.of(question, None, score(question, None, index), str(error))
        else:
            yield Result.of(question, reply, score(question, reply, index))


def run_of(assistant: Assistant, questions: str, index: Sequence[str], results: Sequence[Result]) -> Run:
    """The results as a run: `questions` and `index` are the files' names.

    Dated now, or just after the latest one that is kept, where the clock has gone back since.
    """
    before = [run.date + timedelta(milliseconds=1) for run in kept(assistant.library.folder)[:1]]
    status = assistant.library.status()
    return Run(
        date=max([datetime.now(UTC), *before]),
        questions=_sendable(questions),
        index=tuple(map(_sendable, index)),
        model=status.model or "unknown",
        articles=status.articles,
        figures=summarise((each.type, each) for each in results),
        results=tuple(results),
    )


def _sendable(name: str) -> str:
    """A file's name without the lone surrogates by which Python writes bytes that are no UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")
