"""The Coverage page: what each outlet says about a question, an event or a cited sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError, UnknownArticle
from rag.text.words import counted
from rag.ui.components.clicks import watch_clicks
from rag.ui.components.coverage_tabs import show_tables
from rag.ui.components.frame import framed, masthead, settings_or_stop
from rag.ui.components.reader_pane import show_article
from rag.ui.html.escape import as_label
from rag.ui.html.labels import outlet_name, period, shortened
from rag.ui.rate_limit import too_fast
from rag.ui.startup import fill_with_samples, library_door, notice, offered_questions

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.coverage.coverage import Coverage
    from rag.coverage.events import Event
    from rag.reply import Citation
    from rag.settings import Settings

EVENTS_OFFERED = 6
LONGEST_HEADLINE = 110
ASK = "Who says what about … a question or topic"
_STYLE = Path(__file__).with_name("coverage.css")
_OPENED = (
    '<style>.cite[href="#cite-0-{}"] {{ color: var(--on-marker) !important; background: var(--marker-strong) }}</style>'
)
_ASKS = ("question", "event", "sentence")
"""Query parameters: a question, the id of an article on the event, or "id-start-end" of a sentence."""


@dataclass(frozen=True)
class Wanted:
    """The request in the address: one of _ASKS with its value."""

    kind: str
    value: str


@dataclass(frozen=True)
class Result:
    """The coverage, or why there is none and the closest event (an article's id)."""

    coverage: Coverage | None = None
    problem: str | None = None
    related: Sequence[Citation] = ()
    """The closest sentences, if nothing answers the question."""
    nearest: tuple[str, str] | None = None
    """Its id and headline."""


@dataclass
class _Offered:
    """The suggested events, at a revision of the catalogue."""

    revision: int = -1
    events: Sequence[Event] = ()


def show() -> None:
    """Draw the page."""
    st.session_state.setdefault("coverage-opened", None)
    st.session_state.setdefault("coverage-opening", 0)
    st.html(_STYLE)
    framed(_page)


def _page() -> None:
    with st.container(key="page"):
        main, beside = st.columns(2, gap=None)
    with main, st.container(key="accounts", gap="small"):
        masthead("Coverage")
        settings = settings_or_stop()
        assistant = library_door(settings)
        fill_with_samples(assistant, settings)
        wanted = next((Wanted(kind, value) for kind in _ASKS if (value := st.query_params.get(kind))), None)
        _field(wanted)
        if wanted is None:
            _welcome(assistant, settings)
            return
        result = _result(assistant, wanted)
        if result.coverage is None:
            _nothing(result)
            return
        number = st.session_state["coverage-opened"]
        with st.container(key="clicks"):  # before the links
            watch_clicks(0, 0, (0, number) if number else None, _open)
            if number:
                # Apart from the tables, so that these are not drawn again and stay expanded.
                st.html(_OPENED.format(number))
        citations = show_tables(result.coverage, _open)
    if number and number <= len(citations):
        with beside, st.container(key="reader"):
            _reader(assistant, citations[number - 1])


def _field(wanted: Wanted | None) -> None:
    """The input field. Its key depends on the address, so that it shows what is covered."""
    asked = wanted.value if wanted and wanted.kind == "question" else ""
    key = f"words-{hash(wanted)}"
    with st.form(f"ask-{hash(wanted)}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Who says what about", asked, key=key, placeholder=ASK, label_visibility="collapsed")
        st.form_submit_button("Compare", on_click=_ask, args=(key,))


def _ask(key: str) -> None:
    if words := st.session_state[key].strip():
        _go_to("question", words)


def _go_to(kind: str, value: str) -> None:
    st.query_params.from_dict({kind: value})


def _welcome(assistant: Assistant, settings: Settings) -> None:
    """The introduction, with suggested questions and events."""
    st.html(
        '<p class="lead">Compare what outlets say about the same thing: what each answers, who does not '
        "mention it, and who wrote it first.</p>"
    )
    if questions := offered_questions(assistant, settings, "coverage.json"):
        _offer("Questions", [("question", each, as_label(each)) for each in questions])
    if events := _events(assistant):
        _offer("Events", [("event", each.lead.id, _event_label(each)) for each in events])
    if not questions and not events:
        st.html('<p class="aside">None of the latest events is covered by more than one outlet.</p>')


def _offer(heading: str, offered: Sequence[tuple[str, str, str]]) -> None:
    """Buttons under a heading: each has a kind, a value and a label."""
    st.html(f"<h2>{heading}</h2>")
    _buttons(heading.lower(), offered)


def _buttons(name: str, offered: Sequence[tuple[str, str, str]]) -> None:
    with st.container(key=f"offered-{name}", gap=None):
        for number, (kind, value, label) in enumerate(offered):
            key = f"offer-{kind}-{number}"
            st.button(label, key=key, type="tertiary", width="stretch", on_click=_go_to, args=(kind, value))


def _event_label(event: Event) -> str:
    size = f"{counted(event.outlets, 'outlet')}, {counted(len(event.articles), 'article')}"
    if event.days:
        size += f", {period(*map(date.fromisoformat, event.days))}"
    return f"{as_label(shortened(event.lead.label, LONGEST_HEADLINE))} :small[{as_label(size)}]"


def _events(assistant: Assistant) -> Sequence[Event]:
    from rag.coverage.events import events  # imported late: it takes seconds

    offered = _offered()
    revision = assistant.library.catalogue.revision()
    if offered.revision != revision:
        offered.events, offered.revision = events(assistant.library, EVENTS_OFFERED), revision
    return offered.events


@st.cache_resource(show_spinner=False)
def _offered() -> _Offered:
    return _Offered()


def _result(assistant: Assistant, wanted: Wanted) -> Result:
    """The coverage of the request, cached until it or the library changes."""
    key = (wanted, assistant.library.catalogue.revision())
    kept = st.session_state.get("coverage-result")
    if kept is None or kept[0] != key:
        if kept is None or kept[0][0] != wanted:
            st.session_state["coverage-opened"] = None
        with st.spinner("Comparing the outlets"):
            try:
                result = _compare(assistant, wanted)
            except UnknownArticle:
                result = Result(problem="This article is not in the library. It may have been removed.")
            except SecondSourceError as error:
                result = Result(problem=str(error))
        kept = st.session_state["coverage-result"] = (key, result)
    found: Result = kept[1]
    return found


def _compare(assistant: Assistant, wanted: Wanted) -> Result:
    if problem := too_fast():
        return Result(problem=problem)
    if wanted.kind == "event":
        return Result(assistant.coverage_of_event(wanted.value))
    if wanted.kind == "sentence":
        id, start, end = [*wanted.value.rsplit("-", 2), "", ""][:3]
        if not (start.isdecimal() and end.isdecimal()):
            return Result(problem="The address does not name a sentence. Open one from a citation.")
        return Result(assistant.coverage_of_sentence(id, int(start), int(end)))
    # Some event is always close, so answer the question first to see if the library covers it.
    reply = assistant.ask(wanted.value)
    if reply.abstained or reply.answered_by in ("small_talk", "library"):
        nearest = next((assistant.library.article(each.article_id) for each in reply.retrieved[:1]), None)
        return Result(None, reply.answer, reply.more, (nearest.id, nearest.label) if nearest else None)
    return Result(assistant.coverage(wanted.value))


def _nothing(result: Result) -> None:
    notice(result.problem or "Nothing was found.")
    if result.related:
        places = [f"{each.article_id}-{each.start}-{each.end}" for each in result.related]
        labels = [as_label(f"{outlet_name(each.outlet)}: {each.quote}") for each in result.related]
        _buttons("related", [("sentence", *both) for both in zip(places, labels, strict=True)])
    if result.nearest:
        id, headline = result.nearest
        _offer("Closest event", [("event", id, as_label(shortened(headline, LONGEST_HEADLINE)))])


def _open(_: int, number: int) -> None:
    """Open a citation; all belong to turn 0."""
    st.session_state["coverage-opened"] = number
    st.session_state["coverage-opening"] += 1


def _close() -> None:
    st.session_state["coverage-opened"] = None


def _reader(assistant: Assistant, citation: Citation) -> None:
    try:
        article = assistant.library.article(citation.article_id)
    except UnknownArticle:
        notice("This article is no longer in the library.")
        st.button("Close", on_click=_close)
        return
    show_article(article, [citation], citation.number, st.session_state["coverage-opening"], _close)
