"""The page on who says what: about a question, an event or one cited sentence, outlet by outlet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError, UnknownArticle
from rag.ui.clicks import watch_clicks
from rag.ui.describe import counted, outlet_name, period, shortened
from rag.ui.escape import as_html, as_label
from rag.ui.frame import framed, masthead, settings_or_stop
from rag.ui.opening import fill_with_samples, library_door, notice, offered_questions
from rag.ui.reader import show_article

if TYPE_CHECKING:
    from rag.article import Citation
    from rag.assistant import Assistant
    from rag.coverage.coverage import Coverage
    from rag.coverage.events import Event
    from rag.coverage.export import Table
    from rag.coverage.quotes import Row
    from rag.settings import Settings
    from rag.ui.coverage import Links

EVENTS_OFFERED = 6
LONGEST_HEADLINE, LONGEST_HEADING = 110, 300
ASK = "Who says what about … a question, or words about one thing"
COMPUTED = "Computed: the article leaves the day or the year to be reckoned from its own date (“on Monday”)."
_STYLE = Path(__file__).with_name("coverage.css")
_OPENED = (
    '<style>.cite[href="#cite-0-{}"] {{ color: var(--on-marker) !important; background: var(--marker-strong) }}</style>'
)
_ASKS = ("question", "event", "sentence")
"""What the address may ask about: words, the id of an article of the event, or "id-start-end" of a sentence."""


@dataclass(frozen=True)
class Wanted:
    """What is to be covered: one of _ASKS with its value, as the address says it."""

    kind: str
    value: str


@dataclass(frozen=True)
class Laid:
    """What came of it: the coverage, or why there is none and the event that comes nearest (an article's id)."""

    coverage: Coverage | None = None
    problem: str | None = None
    nearest: tuple[str, str] | None = None
    """Its id and headline."""


@dataclass
class _Offered:
    """The events to choose from, as of a revision of the catalogue."""

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
        laid = _laid(assistant, wanted)
        if laid.coverage is None:
            _nothing(laid)
            return
        citations = _shown(laid.coverage)
        opened = _opened(citations)
        with st.container(key="clicks"):
            watch_clicks(0, 0, opened, _open)
            if opened:
                # Apart from the tables: these are not drawn anew then, and what is unfolded stays so.
                st.html(_OPENED.format(opened[1]))
    if opened:
        with beside, st.container(key="reader"):
            _reader(assistant, citations[opened[1] - 1])


def _field(wanted: Wanted | None) -> None:
    """The field to ask in. What another address asks about is another field, so that it shows what is covered."""
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
    """What the page is for, and what can be clicked: questions on the samples, the events of several outlets."""
    st.html(
        '<p class="lead">See who says what about one thing: which outlets agree, which say otherwise, which are '
        "silent, and who first wrote it.</p>"
    )
    if questions := offered_questions(assistant, settings, "coverage.json"):
        _offer("Questions", [("question", each, as_label(each)) for each in questions])
    if events := _events(assistant):
        _offer("Events", [("event", each.lead.id, _event_label(each)) for each in events])
    if not questions and not events:
        st.html('<p class="aside">No event of the latest articles is told by more than one outlet.</p>')


def _offer(heading: str, offered: Sequence[tuple[str, str, str]]) -> None:
    """Buttons under a heading: each with the kind and the value it asks about, and its label."""
    st.html(f"<h2>{heading}</h2>")
    with st.container(key=f"offered-{heading.lower()}", gap=None):
        for number, (kind, value, label) in enumerate(offered):
            key = f"offer-{kind}-{number}"
            st.button(label, key=key, type="tertiary", width="stretch", on_click=_go_to, args=(kind, value))


def _event_label(event: Event) -> str:
    size = f"{counted(event.outlets, 'outlet')}, {counted(len(event.articles), 'article')}"
    if event.days:
        size += f", {period(*map(date.fromisoformat, event.days))}"
    return f"{as_label(shortened(event.lead.label, LONGEST_HEADLINE))} :small[{as_label(size)}]"


def _events(assistant: Assistant) -> Sequence[Event]:
    from rag.coverage.events import events  # late: it brings the libraries along, which take seconds to import

    offered = _offered()
    revision = assistant.library.catalogue.revision()
    if offered.revision != revision:
        offered.events, offered.revision = events(assistant.library, EVENTS_OFFERED), revision
    return offered.events


@st.cache_resource(show_spinner=False)
def _offered() -> _Offered:
    return _Offered()


def _laid(assistant: Assistant, wanted: Wanted) -> Laid:
    """What is asked about, laid out once for as long as neither it nor the library changes."""
    key = (wanted, assistant.library.catalogue.revision())
    kept = st.session_state.get("coverage-laid")
    if kept is None or kept[0] != key:
        if kept is None or kept[0][0] != wanted:
            st.session_state["coverage-opened"] = None
        with st.spinner("Laying the outlets side by side"):
            try:
                laid = _lay(assistant, wanted)
            except UnknownArticle:
                laid = Laid(problem="This article is not in the library, or no longer.")
            except SecondSourceError as error:
                laid = Laid(problem=str(error))
        kept = st.session_state["coverage-laid"] = (key, laid)
    found: Laid = kept[1]
    return found


def _lay(assistant: Assistant, wanted: Wanted) -> Laid:
    if wanted.kind == "event":
        return Laid(assistant.coverage_of_event(wanted.value))
    if wanted.kind == "sentence":
        id, start, end = [*wanted.value.rsplit("-", 2), "", ""][:3]
        if not (start.isdecimal() and end.isdecimal()):
            return Laid(problem="The address names no sentence: open one from a citation.")
        return Laid(assistant.coverage_of_sentence(id, int(start), int(end)))
    # An event is near to anything that is asked; whether it is asked of it, answering tells.
    reply = assistant.ask(wanted.value)
    if reply.abstained or reply.answered_by == "small_talk":
        nearest = next((assistant.library.article(each.article_id) for each in reply.retrieved[:1]), None)
        return Laid(problem=reply.answer, nearest=(nearest.id, nearest.label) if nearest else None)
    return Laid(assistant.coverage(wanted.value))


def _nothing(laid: Laid) -> None:
    notice(laid.problem or "Nothing was found.")
    if laid.nearest:
        id, headline = laid.nearest
        _offer("The event that comes nearest", [("event", id, as_label(shortened(headline, LONGEST_HEADLINE)))])


def _shown(coverage: Coverage) -> tuple[Citation, ...]:
    """Draw the coverage, a tab a table; returns the citations that its links open, numbered from 1."""
    from rag.ui.coverage import Links, claims_html, headlines_html

    links = Links()
    st.html(_heading_html(coverage, links))
    if coverage.outlets == 1:
        only = as_html(outlet_name(coverage.articles[0].outlet))
        st.html(f'<p class="aside">Only <bdi>{only}</bdi> tells of this in your library: nobody to lay beside it.</p>')
    accounts, quotes, origins, dates, people = st.tabs(["Accounts", "Quotes", "Origins", "Timeline", "People"])
    with accounts:
        if coverage.claims:
            _table(claims_html(coverage, links))
            _exports(coverage, "claims")
        else:
            st.html('<p class="aside">Ask something above to see who says it, and who is silent.</p>')
            _table(headlines_html(coverage.articles, links))
    with quotes:
        _quotes(coverage, links)
    with origins:
        _origins(coverage, links)
    with dates:
        _timeline(coverage, links)
    with people:
        _people(coverage, links)
    return tuple(links.citations)


def _heading_html(coverage: Coverage, links: Links) -> str:
    """What is covered, and how many outlets and origins there are."""
    asked = as_html(shortened(coverage.question, LONGEST_HEADING))
    if coverage.sentence:
        article, sentence = coverage.sentence
        said_by = f"<bdi>{as_html(outlet_name(article.outlet))}</bdi>{links.to(article, sentence)}"
        head = f'<h2 class="asked quoted">“{asked}”</h2><p class="aside">{said_by}</p>'
    else:
        head = f'<h2 class="asked">{asked}</h2>'
    return f'<div class="coverage">{head}<p class="statement">{as_html(coverage.statement)}</p></div>'


def _table(html: str) -> None:
    st.html(f'<div class="coverage">{html}</div>')


def _quotes(coverage: Coverage, links: Links) -> None:
    from rag.ui.coverage import quotes_html

    several = [row for row in coverage.quotes if len(row.outlets) > 1]
    alone = {manner: _alone(coverage.quotes, manner) for manner in ("direct", "indirect", "clip")}
    if not coverage.quotes:
        st.html('<p class="aside">None of the articles quotes anybody.</p>')
        return
    if several:
        st.html('<p class="aside">One utterance a row, each outlet’s wording beside the others’; words that differ are '
                "marked.</p>")  # fmt: skip
        _table(quotes_html(several, links))
    else:
        st.html('<p class="aside">No utterance is quoted by two outlets.</p>')
    names = {"direct": "Direct speech in one outlet", "indirect": "Indirect speech", "clip": "Clips in one outlet"}
    for manner, rows in alone.items():
        if rows:
            with st.expander(f"{names[manner]} ({len(rows)})", type="compact", key=f"alone-{manner}"):
                _table(quotes_html(rows, links))
    _exports(coverage, "quotes")


def _alone(rows: Sequence[Row], manner: str) -> list[Row]:
    return [row for row in rows if len(row.outlets) == 1 and row.wordings[0].manner == manner]


def _origins(coverage: Coverage, links: Links) -> None:
    from rag.ui.coverage import copies_html, headlines_html

    copied = [origin for origin in coverage.origins if len(origin.carriers) > 1]
    own = [each.carriers[0].article for each in coverage.origins if len(each.carriers) == 1]
    none = '<p class="names">No two of the articles print the same copy.</p>'
    html = copies_html(copied, links) if copied else none
    if own:
        html += f"<h3>Their own</h3>{headlines_html(own, links)}"
    _table(html)
    _exports(coverage, "origins")


def _timeline(coverage: Coverage, links: Links) -> None:
    from rag.ui.coverage import dates_html
    from rag.ui.timeline import chart, lanes, told_in_words, window

    shown = window(coverage)
    if shown is None:
        st.html('<p class="aside">None of the articles says when anything happened.</p>')
        return
    dark = st.context.theme.type == "dark"
    st.altair_chart(
        chart(lanes(shown.near, links), dark),
        key="timeline",
        on_select=_choose_mark,
        alt=told_in_words(shown),
    )
    if any(entry.computed for entry in coverage.timeline):
        st.html(f'<p class="aside">{COMPUTED}</p>')
    for name, entries in (("Earlier", shown.before), ("", shown.near), ("Later", shown.after)):
        if entries and name:
            with st.expander(f"{name} ({len(entries)})", type="compact", key=f"dates-{name.lower()}"):
                _table(dates_html(entries, links))
        elif entries:
            _table(dates_html(entries, links))
    _exports(coverage, "timeline")


def _choose_mark() -> None:
    """Open the sentence of the mark that was clicked in the chart; a click beside the marks changes nothing."""
    from rag.ui.timeline import NUMBER, SELECTION

    chosen = st.session_state["timeline"].selection.get(SELECTION) or []
    if chosen and isinstance(number := chosen[0].get(NUMBER), int):
        _open(0, number)


def _people(coverage: Coverage, links: Links) -> None:
    from rag.ui.coverage import people_html, several_spellings

    if not coverage.people:
        st.html('<p class="aside">None of the articles names anybody in full.</p>')
        return
    several = several_spellings(coverage)
    alike = [person for person in coverage.people if len(person.spellings) == 1]
    html = f"<h3>Spelled in several ways</h3>{people_html(several, links)}" if several else ""
    if alike:
        html += f"<h3>{'Everybody else' if several else 'Named'}</h3>{people_html(alike, links)}"
    _table(html)
    _exports(coverage, "people")


def _exports(coverage: Coverage, table: Table) -> None:
    """Three buttons that save a table with its citations; what they save is made when it is asked for."""
    from rag.coverage.export import as_csv, as_json, markdown

    with st.container(key=f"exports-{table}", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<p class="aside">Save this table as</p>', width="content")
        for label, make, ending, kind in (
            ("Markdown", markdown, "md", "text/markdown"),
            ("CSV", as_csv, "csv", "text/csv"),
            ("JSON", as_json, "json", "application/json"),
        ):
            st.download_button(
                label,
                partial(make, coverage, (table,)),
                f"coverage-{table}.{ending}",
                kind,
                key=f"save-{table}-{ending}",
                on_click="ignore",
                type="tertiary",
            )


def _opened(citations: Sequence[Citation]) -> tuple[int, int] | None:
    """The citation in the reader as a turn, which is always 0 here, and a number."""
    number = st.session_state["coverage-opened"]
    return (0, number) if number is not None and 0 < number <= len(citations) else None


def _open(_: int, number: int) -> None:
    """Open a citation; all are of turn 0."""
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
