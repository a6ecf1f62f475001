"""The Library page: search, open, add and remove articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import UnknownArticle
from rag.library.article_rows import Listed
from rag.library.copies import Copies
from rag.reply import Filters
from rag.settings import Settings
from rag.text.language import is_english, language_name
from rag.text.outlet_names import NO_OUTLET
from rag.text.words import counted
from rag.ui.access import may_edit
from rag.ui.components.add_articles import ways_in, what_is_added
from rag.ui.components.article_panel import show_article
from rag.ui.components.collection_picker import ask_within, show_collections, ways_with_chosen
from rag.ui.components.frame import framed, masthead, settings_or_stop
from rag.ui.components.remove_articles import remove, show_undo
from rag.ui.components.samples import retire_samples, samples_banner
from rag.ui.html.escape import as_text
from rag.ui.html.labels import outlet_name
from rag.ui.jobs.ingest_job import adding
from rag.ui.startup import add_samples, library_door, notice, samples_there

if TYPE_CHECKING:
    from rag.assistant import Assistant

_STYLE = Path(__file__).with_name("library.css")
ROWS_IN_VIEW = 14
WIDTHS = {"Headline": 360, "Outlet": 140, "Published": 95, "News agency": 105, "State": 130}
OPENS = "Click an article to open it, or tick it to select it."
STATES = ("not in English", "undated", "guessed", "corrected", "several versions", "copy")
FIRST_DAY, LAST_DAY = date(1600, 1, 1), date(2200, 12, 31)
_FILTERS = ("outlets", "origins", "states", "collections", "since", "until")


@dataclass
class _Known:
    """The groups of copies at a revision of the catalogue, cached because finding them takes a while."""

    revision: int = -1
    groups: list[Copies] = field(default_factory=list)


def show() -> None:
    """Draw the page."""
    st.html(_STYLE)
    framed(_page)


def _page() -> None:
    with st.container(key="shelf", gap="small"):
        masthead("Library")
        settings = settings_or_stop()
        assistant = library_door(settings)
        if id := st.query_params.get("article"):
            try:
                show_article(assistant, id, _copies(assistant))
            except UnknownArticle:
                notice("This article is not in the library. It may have been removed.")
                st.button("All articles", on_click=_close)
            return
        editing = may_edit()
        if editing:
            retire_samples(assistant, settings)
            what_is_added(assistant)
            show_undo(assistant)
        samples_banner(assistant, settings)
        held = assistant.library.status()
        if held.articles:
            size = f"{counted(held.articles, 'article')} from {counted(held.outlets, 'outlet')}"
            st.html(f'<p class="lead">{size}</p>')
        elif not adding().running:
            _empty(assistant, settings, editing)
        if editing:
            ways_in(assistant, not held.articles)
            show_collections(assistant)
        if held.articles:
            _articles(assistant)


def _empty(assistant: Assistant, settings: Settings, editing: bool) -> None:
    if not editing:
        st.html('<p class="lead">This library is still empty.</p>')
        return
    st.html(
        '<p class="lead">Your library is empty. Add files, addresses or feeds, then ask questions about them.</p>'
        '<p class="aside">Text, web pages, PDF, Word, and JSON from crawlers. Everything you add is stored and '
        "searched on this machine.</p>"
    )
    if samples_there(settings):
        st.button("Try the sample library first", on_click=add_samples, args=(assistant, settings))


def _articles(assistant: Assistant) -> None:
    """The table with its filters, and the actions for selected articles."""
    words = st.text_input("Search", placeholder="Search headlines, outlets, authors and texts", key="words",
                          label_visibility="collapsed")  # fmt: skip
    everything = assistant.library.listed()
    found = assistant.library.listed(words) if words.strip() else everything
    states = _states(found, _copies(assistant))
    collections = {each.name: frozenset(each.articles) for each in assistant.library.collections.all()}
    found = _narrowed(everything, found, states, collections)
    narrowed = bool(words.strip()) or any(st.session_state.get(name) for name in _FILTERS)
    bar = st.container(key="chosen", horizontal=True, vertical_alignment="center")
    if not found:
        bar.html('<p class="aside">No matching articles.</p>')
        return
    ids = [each.id for each in found]
    selection = st.dataframe(
        _table(found, states),
        # The key depends on the list, so that a selection never applies to another list.
        key=f"table-{hash(tuple(ids))}-{st.session_state.get('tables', 0)}",
        hide_index=True,
        height=38 + 35 * min(len(found), ROWS_IN_VIEW),
        row_height=35,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        column_config={name: st.column_config.TextColumn(width=width) for name, width in WIDTHS.items()},
    ).selection
    if selection.cells:
        _open(ids[selection.cells[0][0]])
        st.rerun()
    with bar:
        _what_to_do(
            assistant, [ids[row] for row in selection.rows if row < len(ids)], len(ids), len(everything), narrowed
        )


def _what_to_do(assistant: Assistant, chosen: Sequence[str], found: int, held: int, narrowed: bool) -> None:
    if chosen:
        st.html(f'<p class="aside">{counted(len(chosen), "article")} selected</p>', width="stretch")
        if len(chosen) == 1:
            st.button("Open", on_click=_open, args=(chosen[0],))
        if st.button("Ask about these", key="ask-within-chosen"):
            ask_within(Filters(articles=tuple(chosen), read=True))
        if not may_edit():
            return
        ways_with_chosen(assistant, chosen, st.session_state.get("collections", ()))
        removal = f"Remove {counted(len(chosen), 'article')}"
        st.button(removal, key="remove-chosen", on_click=remove, args=(assistant, chosen))
        return
    summary = f"{found:,} of {counted(held, 'article')}" if narrowed else OPENS
    st.html(f'<p class="aside">{summary}</p>', width="stretch")


def _narrowed(
    everything: Sequence[Listed],
    found: Sequence[Listed],
    states: Mapping[str, list[str]],
    collections: Mapping[str, frozenset[str]],
) -> list[Listed]:
    """The articles found that also match the filters."""
    active = sum(bool(st.session_state.get(name)) for name in _FILTERS)
    with st.expander(f"Filter ({active})" if active else "Filter", type="compact", key="filter"):
        outlets = st.multiselect("Outlet", _names([each.outlet or "" for each in everything]), key="outlets",
                                 format_func=_choice, placeholder="Any")  # fmt: skip
        origins = st.multiselect("News agency", _names([each.origin or "" for each in everything]), key="origins",
                                 format_func=_choice, placeholder="Any")  # fmt: skip
        wanted = st.multiselect("State", STATES, key="states", placeholder="Any")
        kept = st.multiselect("Collection", list(collections), key="collections", format_func=as_text,
                              placeholder="Any") if collections else []  # fmt: skip
        left, right = st.columns(2)
        since = left.date_input("Published from", None, FIRST_DAY, LAST_DAY, key="since", format="YYYY-MM-DD")
        until = right.date_input("Published until", None, FIRST_DAY, LAST_DAY, key="until", format="YYYY-MM-DD")
        if since or until:
            st.html('<p class="aside">Undated articles are hidden while a date is set.</p>')
    return [
        each
        for each in found
        if (not outlets or (each.outlet or "") in outlets)
        and (not origins or (each.origin or "") in origins)
        and set(wanted) <= set(states[each.id])
        and (not kept or any(each.id in collections.get(name, ()) for name in kept))
        and (not since or (each.published or "") >= since.isoformat())
        and (not until or "" < (each.published or "") <= until.isoformat())
    ]


def _names(names: Sequence[str]) -> list[str]:
    return sorted(set(names), key=str.casefold)


def _choice(name: str) -> str:
    return as_text(name) or NO_OUTLET.lower()


def _states(found: Sequence[Listed], groups: Sequence[Copies]) -> dict[str, list[str]]:
    """The STATES of each article, by id."""
    copied = {id for group in groups if len(group.outlets) > 1 for id in group.articles}
    return {
        each.id: [
            state
            for state, holds in zip(
                STATES,
                (
                    not is_english(each.language),
                    not each.published,
                    each.inferred,
                    each.edited,
                    each.version > 1,
                    each.id in copied,
                ),
                strict=True,
            )
            if holds
        ]
        for each in found
    }


def _table(found: Sequence[Listed], states: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {
        "Headline": [as_text(each.label) for each in found],
        "Outlet": [as_text(outlet_name(each.outlet)) for each in found],
        "Published": [as_text(each.published or "undated") for each in found],
        "News agency": [as_text(each.origin or "") for each in found],
        "State": [", ".join(_state(state, each) for state in states[each.id]) for each in found],
    }


def _state(state: str, listed: Listed) -> str:
    return as_text(f"in {language_name(listed.language or '')}") if state == STATES[0] else state


def _copies(assistant: Assistant) -> list[Copies]:
    """The groups of copies; not updated while articles are being added."""
    known = _known()
    revision = assistant.library.catalogue.revision()
    if known.revision != revision and not adding().running:
        with assistant.library.writing:
            known.groups, known.revision = assistant.library.copies(), revision
    return known.groups


@st.cache_resource(show_spinner=False)
def _known() -> _Known:
    return _Known()


def _open(id: str) -> None:
    st.query_params["article"] = id
    st.session_state["tables"] = st.session_state.get("tables", 0) + 1


def _close() -> None:
    st.query_params.pop("article", None)
