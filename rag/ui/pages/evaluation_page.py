"""The Evaluation page: figures, failures and changes of a run, and a form to run a questions file."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import streamlit as st

from rag.chats.ratings import evaluation_set
from rag.errors import UsageError
from rag.evaluation.question_file import parse_index, parse_questions
from rag.evaluation.report import Run, compare, kept
from rag.text.words import counted
from rag.ui.access import editors_only, may_edit
from rag.ui.components.frame import framed, masthead, settings_or_stop
from rag.ui.html.escape import as_label
from rag.ui.html.evaluation_html import (
    CITED,
    RIGHT,
    WRONG,
    bars,
    beside_html,
    change_html,
    failures_html,
    headline_html,
    retrieval_html,
    table_html,
    when,
)
from rag.ui.jobs.evaluation_job import EvaluationJob, asking, start
from rag.ui.startup import fill_with_samples, library_door, notice

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from rag.assistant import Assistant

FAILURES_AT_ONCE = 10
COLOURS = {"light": ["#1c4f82", "#9fbcd8", "#e6e3db"], "dark": ["#8fb9e3", "#47627d", "#2d3137"]}
"""Right and cited, right alone, not right: the theme's accent, fainter, and hardly there."""
_STYLE = Path(__file__).with_name("evaluation.css")
_EXAMPLE = """\
{"question": "How many people were hurt?", "answers": [["17 people", "seventeen people"]]}
{"question": "Who built the bridge?", "answerable": false}"""
_HOW = (
    "A questions file has one question per line. The answer must contain each fact in <code>answers</code>, in one of "
    "its wordings. A question with <code>answerable: false</code> must be refused. On the command line, while the app "
    "is stopped: <code>python -m rag evaluate QUESTIONS.jsonl</code>."
)


def show() -> None:
    """Draw the page."""
    st.html(_STYLE)
    framed(_page)


def _page() -> None:
    with st.container(key="sheet"):
        masthead("Evaluation")
        settings = settings_or_stop()
        assistant = library_door(settings)
        fill_with_samples(assistant, settings)
        state = asking()
        progress = st.empty()
        if state.problem:
            notice(f"{state.name} could not be evaluated. {state.problem}")
        running = state.running  # before reading the runs: it may end meanwhile and save another one
        runs = kept(assistant.library.folder)
        if not runs:
            st.html(
                '<p class="lead">Measure how well your library answers questions whose answers you know. See what is '
                "found, what is cited, and what changes between runs.</p>"
            )
        if not running and may_edit():
            with st.expander("Run a questions file", expanded=not runs, type="compact", key=f"bring-{len(runs)}"):
                _bring(assistant, len(runs))
        if runs:
            _run(runs)
        if running:
            _wait(state, progress)


def _run(runs: Sequence[Run]) -> None:
    run = _chosen(runs)
    change = compare(run, runs)
    st.html(headline_html(run))
    st.bar_chart(
        bars(run.figures),
        x="type",
        y=[CITED, RIGHT, WRONG],
        x_label="",
        y_label="",
        color=[*COLOURS["dark" if st.context.theme.type == "dark" else "light"]],
        horizontal=True,
        sort=False,
        stack="normalize",
        height=110 + 34 * len(run.figures.by_type),
        alt="The results by type of question. The table below has the figures.",
    )
    st.html(table_html(run.figures) + beside_html(run.figures) + retrieval_html(run.figures))
    if change:
        st.html(f"<h2>Changes since the previous run</h2>{change_html(change)}")
    if failures := run.failures:
        count = f"{len(failures)} of {len(run.results)}"
        st.html(f"<h2>Failures: {count}</h2>{failures_html(failures[:FAILURES_AT_ONCE])}")
        if rest := failures[FAILURES_AT_ONCE:]:
            with st.expander(f"{len(rest)} more", type="compact"):
                st.html(failures_html(rest))


def _chosen(runs: Sequence[Run]) -> Run:
    """The selected run, or the latest if there is a new one."""
    by_date = {run.date.isoformat(): run for run in runs}
    latest = next(iter(by_date))
    if st.session_state.get("latest-run") != latest:
        st.session_state["latest-run"] = st.session_state["run"] = latest
    chosen = st.selectbox(
        "Run", list(by_date), key="run", format_func=lambda date: f"{when(by_date[date])} · {by_date[date].questions}"
    )
    return by_date.get(chosen, runs[0])


def _bring(assistant: Assistant, runs: int) -> None:
    """The form for a questions file; emptied after each run."""
    st.html(f'<p class="aside">{_HOW}</p>')
    st.code(_EXAMPLE, language=None, wrap_lines=True)
    rated, left_out = evaluation_set(assistant.chats)
    if rated:
        st.download_button(
            f"Save the {counted(len(rated), 'answer')} you rated as a questions file",
            "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rated),
            "rated.jsonl",
            "application/jsonl",
            key="rated",
            on_click="ignore",
        )
    if left_out:
        rest = counted(left_out, "rated answer")
        st.html(f'<p class="aside">{rest} left out, because the right answer was not given.</p>')
    brought = st.file_uploader("Questions", type=["jsonl", "json", "txt"], key=f"questions-{runs}")
    indexes = st.file_uploader(
        "Index of articles, to check that citations are about the question's event (optional)",
        type=["json"],
        accept_multiple_files=True,
        key=f"indexes-{runs}",
    )
    if not brought:
        return
    name = PurePath(brought.name).name
    try:
        questions = parse_questions(brought.getvalue(), name)
        index = parse_index([(each.getvalue(), PurePath(each.name).name) for each in indexes]) if indexes else None
    except UsageError as error:
        notice(str(error))
        return
    st.button(
        f"Ask {counted(len(questions), 'question')}",
        type="primary",
        on_click=editors_only(start),
        args=(assistant, questions, name, index, [PurePath(each.name).name for each in indexes]),
    )


def _wait(state: EvaluationJob, place: DeltaGenerator) -> None:
    """Show progress until the run is finished, then draw the page again."""
    while state.running:
        text = f"{state.done} of {counted(state.total, 'question')} of {as_label(state.name)}"
        place.progress(state.done / max(state.total, 1), text=text)
        time.sleep(0.1)
    st.rerun()
