"""The tables of the Coverage page, one per tab, with buttons to save them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rag.ui.html.escape import as_html
from rag.ui.html.labels import outlet_name, shortened

if TYPE_CHECKING:
    from rag.coverage.coverage import Coverage
    from rag.coverage.coverage_export import Table
    from rag.coverage.quotes import QuoteRow
    from rag.reply import Citation
    from rag.ui.html.coverage_html import Links

LONGEST_HEADING = 300
COMPUTED = "Computed: the day or year was worked out from the article's own date (“on Monday”)."


def show_tables(coverage: Coverage, choose: Callable[[int, int], None]) -> tuple[Citation, ...]:
    """Draw the coverage, one tab per table. Returns the citations that its links open, numbered from 1.

    `choose` is called with 0 and the number of a citation that is clicked in the chart.
    """
    from rag.ui.html.coverage_html import Links, claims_html, headlines_html

    links = Links()
    st.html(_heading_html(coverage, links))
    if coverage.outlets == 1:
        only = as_html(outlet_name(coverage.articles[0].outlet))
        st.html(f'<p class="aside">Only <bdi>{only}</bdi> reports this in your library. '
                "There is nothing to compare it with.</p>")  # fmt: skip
    accounts, quotes, origins, dates, people = st.tabs(["Accounts", "Quotes", "Origins", "Timeline", "People"])
    with accounts:
        if coverage.claims:
            _table(claims_html(coverage, links))
            _exports(coverage, "claims")
        else:
            st.html('<p class="aside">Ask a question above to see what each outlet answers.</p>')
            _table(headlines_html(coverage.articles, links))
    with quotes:
        _quotes(coverage, links)
    with origins:
        _origins(coverage, links)
    with dates:
        _timeline(coverage, links, choose)
    with people:
        _people(coverage, links)
    return tuple(links.citations)


def _heading_html(coverage: Coverage, links: Links) -> str:
    """The question, event or sentence, and how many outlets and origins there are."""
    asked = as_html(shortened(coverage.question, LONGEST_HEADING))
    if coverage.sentence:
        said_by = f"<bdi>{as_html(outlet_name(coverage.sentence.article.outlet))}</bdi>{links.to(coverage.sentence)}"
        head = f'<h2 class="asked quoted">“{asked}”</h2><p class="aside">{said_by}</p>'
    else:
        head = f'<h2 class="asked">{asked}</h2>'
    return f'<div class="coverage">{head}<p class="statement">{as_html(coverage.statement)}</p></div>'


def _table(html: str) -> None:
    st.html(f'<div class="coverage">{html}</div>')


def _quotes(coverage: Coverage, links: Links) -> None:
    from rag.ui.html.coverage_html import quotes_html

    several = [row for row in coverage.quotes if len(row.outlets) > 1]
    alone = {manner: _alone(coverage.quotes, manner) for manner in ("direct", "indirect", "clip")}
    if not coverage.quotes:
        st.html('<p class="aside">None of the articles quotes anyone.</p>')
        return
    if several:
        st.html('<p class="aside">One row per utterance, with each outlet’s wording. Words that differ are '
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


def _alone(rows: Sequence[QuoteRow], manner: str) -> list[QuoteRow]:
    return [row for row in rows if len(row.outlets) == 1 and row.wordings[0].manner == manner]


def _origins(coverage: Coverage, links: Links) -> None:
    from rag.ui.html.coverage_html import copies_html, headlines_html

    copied = [origin for origin in coverage.origins if len(origin.carriers) > 1]
    own = [each.carriers[0].article for each in coverage.origins if len(each.carriers) == 1]
    none = '<p class="names">None of the articles are copies of each other.</p>'
    html = copies_html(copied, links) if copied else none
    if own:
        html += f"<h3>Original articles</h3>{headlines_html(own, links)}"
    _table(html)
    _exports(coverage, "origins")


def _timeline(coverage: Coverage, links: Links, choose: Callable[[int, int], None]) -> None:
    from rag.ui.html.coverage_html import dates_html
    from rag.ui.html.timeline_chart import chart, chart_description, lanes, window

    shown = window(coverage)
    if shown is None:
        st.html('<p class="aside">None of the articles gives a date for anything.</p>')
        return
    dark = st.context.theme.type == "dark"
    st.vega_lite_chart(
        chart(lanes(shown.near, links), dark),
        key="timeline",
        on_select=partial(_choose_mark, choose),
        alt=chart_description(shown),
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


def _choose_mark(choose: Callable[[int, int], None]) -> None:
    """Open the sentence of the mark that was clicked in the chart; other clicks are ignored."""
    from rag.ui.html.timeline_chart import NUMBER, SELECTION

    chosen = st.session_state["timeline"].selection.get(SELECTION) or []
    if chosen and isinstance(number := chosen[0].get(NUMBER), int):
        choose(0, number)


def _people(coverage: Coverage, links: Links) -> None:
    from rag.ui.html.coverage_html import people_html, several_spellings

    if not coverage.people:
        st.html('<p class="aside">None of the articles names anyone in full.</p>')
        return
    several = several_spellings(coverage)
    alike = [person for person in coverage.people if len(person.spellings) == 1]
    html = f"<h3>Spelled in several ways</h3>{people_html(several, links)}" if several else ""
    if alike:
        html += f"<h3>{'Everyone else' if several else 'Named'}</h3>{people_html(alike, links)}"
    _table(html)
    _exports(coverage, "people")


def _exports(coverage: Coverage, table: Table) -> None:
    """Three buttons that save a table with its citations. The file is only made on a click."""
    from rag.coverage.coverage_export import as_csv, as_json, markdown

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
