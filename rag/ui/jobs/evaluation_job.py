"""Running an evaluation in a background thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rag.evaluation.evaluate import evaluate, run_of
from rag.evaluation.question_file import ArticleIndex, Question
from rag.evaluation.report import keep
from rag.ui.jobs.background import BackgroundWork

if TYPE_CHECKING:
    from rag.assistant import Assistant


class EvaluationJob(BackgroundWork):
    """The progress of the questions file called `name`."""

    name = ""
    total = 0
    done = 0


@st.cache_resource(show_spinner=False)
def asking() -> EvaluationJob:
    """The process's only EvaluationJob."""
    return EvaluationJob()


def start(
    assistant: Assistant,
    questions: Sequence[Question],
    name: str,
    index: ArticleIndex | None,
    index_names: Sequence[str],
) -> None:
    """Ask the questions of the file called `name` and save the run; does nothing while another file is running."""
    state = asking()
    if not state.begin():
        return
    state.name, state.total, state.done = name, len(questions), 0

    def ask() -> None:
        results = []
        for result in evaluate(assistant, questions, index):
            results.append(result)
            state.done = len(results)
            if state.cancelled:
                return
        keep(run_of(assistant, name, index_names, results), assistant.library.folder)

    state.run("evaluation", ask)
