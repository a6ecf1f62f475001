"""A questions file being asked by the app: in a thread of its own, so that no click and no reload interrupts it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError
from rag.evaluation.evaluate import evaluate, run_of
from rag.evaluation.questions import ArticleIndex, Question
from rag.evaluation.report import keep
from rag.ui.frame import UNEXPECTED

if TYPE_CHECKING:
    from rag.assistant import Assistant

logger = logging.getLogger(__name__)


@dataclass
class Asking:
    """How far a questions file has been asked; written by the thread that asks, read by every open page.

    `problem` says why it ended without a run to be looked at.
    """

    name: str = ""
    total: int = 0
    done: int = 0
    running: bool = False
    problem: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@st.cache_resource(show_spinner=False)
def asking() -> Asking:
    """The process's one Asking."""
    return Asking()


def start(
    assistant: Assistant,
    questions: Sequence[Question],
    name: str,
    index: ArticleIndex | None,
    index_names: Sequence[str],
) -> None:
    """Ask the questions of the file called `name` and keep the run; does nothing while another file is being asked."""
    state = asking()
    with state.lock:
        if state.running:
            return
        state.name, state.total, state.done, state.running, state.problem = name, len(questions), 0, True, None

    def ask() -> None:
        results = []
        try:
            for result in evaluate(assistant, questions, index):
                results.append(result)
                state.done = len(results)
            keep(run_of(assistant, name, index_names, results), assistant.library.folder)
        except SecondSourceError as error:
            state.problem = str(error)
        except Exception:  # the edge of a thread: whoever waits must be told that nothing more will come
            logger.exception("the questions of %r could not be asked", name)
            state.problem = UNEXPECTED
        finally:
            state.running = False

    threading.Thread(target=ask, name="evaluation", daemon=True).start()
