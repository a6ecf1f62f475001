"""Evaluation runs: saved as files in the library's folder and compared with the previous run."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from rag.errors import LibraryError
from rag.evaluation.metrics import LONGEST_ANSWER, Score, Summary, summarise
from rag.evaluation.question_file import Question
from rag.reply import Reply

logger = logging.getLogger(__name__)


class Result(Score):
    """One question with the expected answer, the reply and its metrics.

    `expected` are the required facts, each with its wordings; `answered_by` is who wrote the answer, `articles` are
    the ids of cited articles. `problem` says why a question could not be asked: its answer is then empty, as it is
    when an article that it cited was removed.
    """

    id: str | None
    type: str
    question: str
    turns: tuple[str, ...]
    answerable: bool
    expected: tuple[tuple[str, ...], ...]
    forbidden: tuple[str, ...]
    answer: str
    answered_by: str | None
    articles: tuple[str, ...] | None = None
    problem: str | None = None

    @classmethod
    def of(cls, question: Question, reply: Reply | None, measured: Score, problem: str | None = None) -> Result:
        """The result of a question that was answered, or that could not be asked because of `problem`."""
        return cls(
            **measured.model_dump(),
            id=question.id,
            type=question.type,
            question=question.question,
            turns=question.turns,
            answerable=question.answerable,
            expected=question.answers,
            forbidden=question.forbidden,
            answer=reply.answer if reply else "",
            answered_by=reply.answered_by if reply else None,
            articles=tuple(dict.fromkeys(each.article_id for each in reply.citations)) if reply else (),
            problem=problem,
        )

    @property
    def level(self) -> int:
        """How good it is: 0 not right, 1 right, 2 right and cited."""
        return self.right + self.cited

    @property
    def verdict(self) -> str:
        """The result in words."""
        if self.problem:
            return "could not be asked"
        if self.cited:
            return "right and cited" if self.answerable else "correctly refused"
        if self.right:
            return "right, but not supported by its citations"
        if not self.answerable:
            return "answered, but there is no answer"
        if self.abstained:
            return "refused, but there is an answer"
        return f"longer than {LONGEST_ANSWER} words" if self.words > LONGEST_ANSWER else "not right"

    @property
    def wanted(self) -> str:
        """The expected answer in one line: facts separated by semicolons, wordings by "or"."""
        facts = "; ".join(" or ".join(fact) for fact in self.expected) if self.answerable else "a refusal"
        return facts + (f"; not {' or '.join(self.forbidden)}" if self.forbidden else "")

    @property
    def same_as(self) -> object:
        """Equal for results of the same question with the same expected answer."""
        return self.id, self.question, self.turns, self.answerable, self.expected, self.forbidden


class Run(BaseModel):
    """One run of a questions file.

    `questions` is the file's name; `index` are the names of the indexes of articles, without which citations are judged
    less strictly; `model` is the embedding model, `articles` the size of the library.
    """

    model_config = ConfigDict(frozen=True)

    date: AwareDatetime
    questions: str
    index: tuple[str, ...]
    model: str
    articles: int
    figures: Summary
    results: tuple[Result, ...]

    @property
    def failures(self) -> list[Result]:
        """The results that are not right, then those right but not cited, in the file's order."""
        return sorted((each for each in self.results if not each.cited), key=lambda each: each.level)


@dataclass(frozen=True, slots=True)
class RunComparison:
    """The differences between two runs, on the questions in both.

    `better` and `worse` pair the earlier result with the later one. `others` counts the later run's questions that the
    earlier one does not have, `same_measure` is False where only one of them knew the articles' events.
    """

    before: Run
    then: Summary
    now: Summary
    better: list[tuple[Result, Result]]
    worse: list[tuple[Result, Result]]
    others: int
    same_measure: bool

    def to_json(self) -> dict[str, Any]:
        """The figures before and after, and the ids (or words) of the questions that got better or worse."""
        return {
            "before": self.before.date.isoformat(),
            "questions": self.now.all.questions,
            "right": [self.then.all.right, self.now.all.right],
            "cited": [self.then.all.cited, self.now.all.cited],
            "better": [now.id or now.question for _, now in self.better],
            "worse": [now.id or now.question for _, now in self.worse],
            "same_measure": self.same_measure,
        }


def keep(run: Run, store: Path) -> Path:
    """Write `run` into the library's folder, completely or not at all, and return its path. Raises LibraryError."""
    folder = store / "evaluations"
    path = folder / f"{run.date:%Y-%m-%dT%H%M%S.%fZ}.json"
    new = path.with_suffix(".new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8") as file:
            file.write(run.model_dump_json(indent=1))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError as error:
        raise LibraryError(
            f"The run could not be saved in {folder}: {error.strerror or error}. Check that the disk has free "
            "space and the folder is writable."
        ) from error
    finally:
        with suppress(OSError):
            new.unlink()
    return path


def kept(store: Path) -> list[Run]:
    """The runs in the library's folder, the latest first; invalid files are logged and skipped."""
    runs = []
    for path in (store / "evaluations").glob("*.json"):
        try:
            runs.append(Run.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError) as error:
            logger.warning("%s was skipped, because it is not a valid run: %s", path, error)
    return sorted(runs, key=lambda run: run.date, reverse=True)


def forget(ids: Collection[str], store: Path) -> None:
    """Delete answers that cite the removed articles `ids` from saved runs; figures stay.

    Where a run does not say what an answer cites, as runs of older versions do not, the answer goes.
    """
    for run in kept(store):
        results = tuple(
            each.model_copy(update={"answer": ""}) if each.articles is None or set(each.articles) & set(ids) else each
            for each in run.results
        )
        if results != run.results:
            keep(run.model_copy(update={"results": results}), store)


def compare(run: Run, runs: Sequence[Run]) -> RunComparison | None:
    """The changes since the previous run of the same questions file in `runs`; None if there is none.

    A question whose wording or expected answer was changed counts as another one.
    """
    earlier = [each for each in runs if each.questions == run.questions and each.date < run.date]
    if not earlier:
        return None
    before = max(earlier, key=lambda each: each.date)
    former = {each.same_as: each for each in before.results}
    pairs = [(former[each.same_as], each) for each in run.results if each.same_as in former]
    return RunComparison(
        before=before,
        then=summarise((then.type, then) for then, _ in pairs),
        now=summarise((now.type, now) for _, now in pairs),
        better=[(then, now) for then, now in pairs if now.level > then.level],
        worse=[(then, now) for then, now in pairs if now.level < then.level],
        others=len(run.results) - len(pairs),
        same_measure=bool(run.index) == bool(before.index),
    )
