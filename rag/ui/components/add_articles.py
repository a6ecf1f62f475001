"""Adding articles on the page: files, addresses, feeds and pasted text, with progress and a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError
from rag.reply import Filters
from rag.text.words import counted
from rag.ui.access import editors_only
from rag.ui.components.article_panel import moment
from rag.ui.components.collection_picker import ask_within
from rag.ui.html.escape import as_html
from rag.ui.jobs.ingest_job import IngestJob, adding
from rag.ui.startup import notice, so_far

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.ingestion.pipeline import IngestEvent
    from rag.library.subscriptions import Feed

EVERY = 0.3
"""Seconds between two updates of the progress."""
FILES = "Text, HTML, PDF, Word, RTF, JSON, e-mail, subtitles, tables and web archives, at most {:g} MB per article"
MEND = "Fix these and add them again. Articles that were already added are skipped."
EXPANDED_UP_TO = 20
MOST_LISTED = 500
_STORED = ("added", "updated")
_OUTCOMES = ("added", "updated", "unchanged", "duplicate", "failed")
_BUSY = "Other articles are being added. Wait until that is finished, or cancel it."


def what_is_added(assistant: Assistant) -> None:
    """The live progress of adding articles, and the report afterwards."""
    work = adding()
    if work.running:
        with st.container(key="adding"):
            _progress(work)
    elif work.what:
        with st.container(key="report"):
            _report(assistant, work)


def drop_files(assistant: Assistant) -> None:
    """A place for files, which are added as soon as they are there."""
    if problem := st.session_state.pop("add-problem", None):
        notice(problem)
    taken = st.session_state.setdefault("drops", 0)
    key = f"dropped-{taken}"  # another one after each drop, so that it is empty again
    st.file_uploader(
        f"Add files: {FILES.format(assistant.settings.max_file_mb)}",
        accept_multiple_files=True,
        key=key,
        label_visibility="collapsed",
        disabled=adding().running,
        on_change=_add_dropped,
        args=(assistant, key),
    )


@st.fragment(run_every=EVERY)
def _progress(work: IngestJob) -> None:
    if not work.running:
        st.rerun()
    st.progress(min(work.done / max(work.total, 1), 1.0), text=so_far(work))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            f'<p class="aside">Adding {as_html(work.what)}: {summary(work) or "nothing yet"} in {work.seconds:.0f} s. '
            "Questions can be asked meanwhile.</p>",
            width="stretch",
        )
        st.button(
            "Stopping" if work.cancelled else "Cancel", on_click=editors_only(work.cancel), disabled=work.cancelled
        )


def summary(work: IngestJob) -> str:
    """The outcomes as counts, "3 added, 1 failed"; "" before the first."""
    outcomes = work.outcomes
    return ", ".join(f"{outcomes[name]:,} {name}" for name in _OUTCOMES if outcomes[name])


def _report(assistant: Assistant, work: IngestJob) -> None:
    ended = "You stopped it. Articles that were added are kept." if work.cancelled else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="lead">{as_html(work.what[:1].upper() + work.what[1:])}</p>', width="stretch")
        added = tuple(each.article_id for each in work.events if each.article_id and each.outcome in _STORED)
        others = 0 < len(added) < assistant.library.status().articles
        if others and st.button("Ask about these", key="ask-added"):
            ask_within(Filters(articles=added, read=True))
        st.button("Close", on_click=editors_only(work.forget), key="close-report")
    st.html(f'<p class="aside">{summary(work) or "Nothing"} in {work.seconds:.0f} s. {ended}</p>')
    if work.problem:
        notice(work.problem)
    events = list(work.events)
    refused = [event for event in events if event.outcome in ("failed", "duplicate")]
    _list("Not added", refused, reasons_html, True)
    if any(event.outcome == "failed" for event in refused):
        st.html(f'<p class="aside">{MEND}</p>')
    _list("Not read", [event for event in events if event.outcome == "skipped"], reasons_html, False)
    _list("Added", [event for event in events if event.outcome in _STORED], titles_html, False)


def _list(
    name: str, events: Sequence[IngestEvent], made: Callable[[Sequence[IngestEvent]], str], expanded: bool
) -> None:
    if not events:
        return
    with st.expander(f"{name} ({len(events):,})", type="compact", expanded=expanded and len(events) <= EXPANDED_UP_TO):
        st.html(made(events[:MOST_LISTED]))
        if len(events) > MOST_LISTED:
            st.html(f'<p class="aside">and {counted(len(events) - MOST_LISTED, "other")}</p>')


def reasons_html(events: Sequence[IngestEvent]) -> str:
    """The sources that were not added, each with the reason."""
    items = (
        f"<li><bdi>{as_html(event.source)}</bdi><span>{as_html(event.reason or event.outcome)}</span></li>"
        for event in events
    )
    return f'<ul class="outcomes">{"".join(items)}</ul>'


def titles_html(events: Sequence[IngestEvent]) -> str:
    """The titles of the articles that were added."""
    items = (
        f"<li><bdi>{as_html(event.title or event.source)}</bdi>"
        f"<span>{as_html(', '.join(filter(None, (event.outcome, event.reason))))}</span></li>"
        for event in events
    )
    return f'<ul class="outcomes">{"".join(items)}</ul>'


def ways_in(assistant: Assistant, open: bool) -> None:
    """The forms for adding articles, expanded if `open`, and the list of feeds."""
    if problem := st.session_state.pop("add-problem", None):
        notice(problem)
    busy = adding().running
    with st.expander("Add articles", expanded=open, type="compact", key=f"add-{open}"):
        files, addresses, feed, text = st.tabs(["Files", "Addresses", "Feed", "Text"])
        with files:
            drop_files(assistant)
        with addresses, st.form("addresses", clear_on_submit=True, border=False):
            st.text_area("Pages, documents, feeds and sitemaps, one address per line", key="addresses-in", height=120)
            st.form_submit_button("Add addresses", on_click=_add_addresses, args=(assistant,), disabled=busy)
        with feed, st.form("feed", clear_on_submit=True, border=False):
            st.text_input("Address of a feed (RSS, Atom, JSON) or news sitemap", key="feed-in")
            st.form_submit_button("Follow feed", on_click=_follow, args=(assistant,), disabled=busy)
        with text, st.form("text", border=False):
            _text_fields(assistant, busy)
    if feeds := assistant.intake.feeds():
        with st.expander(f"Feeds ({len(feeds)})", type="compact", key="feeds"):
            _feeds(assistant, feeds, busy)


def _text_fields(assistant: Assistant, busy: bool) -> None:
    """Emptied only after the text was added, so that a text with an error can be corrected."""
    taken = st.session_state.setdefault("texts-taken", 0)
    st.text_area("The article's text", key=f"text-{taken}", height=200)
    left, right = st.columns(2)
    left.text_input("Headline (optional)", key=f"title-{taken}")
    right.text_input("Outlet (optional)", key=f"outlet-{taken}")
    left.text_input("Published, YYYY-MM-DD (optional)", key=f"published-{taken}")
    right.text_input("Address (optional)", key=f"url-{taken}")
    st.form_submit_button("Add text", on_click=_add_text, args=(assistant,), disabled=busy)


def _feeds(assistant: Assistant, feeds: Sequence[Feed], busy: bool) -> None:
    for number, feed in enumerate(feeds):
        with st.container(key=f"feed-{number}", horizontal=True, vertical_alignment="center"):
            st.html(feed_html(feed), width="stretch")
            again = (assistant, [feed.url])
            st.button("Refresh", key=f"refresh-{number}", on_click=_refresh, args=again, disabled=busy)
            st.button("Unfollow", key=f"unfollow-{number}", on_click=_unfollow, args=(assistant, feed.url))
    if len(feeds) > 1:
        st.button(
            f"Refresh all {len(feeds)}", key="refresh-all", on_click=_refresh, args=(assistant, []), disabled=busy
        )


def feed_html(feed: Feed) -> str:
    """A feed: its name and address, when it was last read, and the result."""
    read = f"read {moment(feed.read_at)}: {feed.result or 'nothing new'}" if feed.read_at else "not read yet"
    address = f'<p class="aside"><bdi>{as_html(feed.url)}</bdi></p>' if feed.title else ""
    return (
        f'<p class="feed"><bdi>{as_html(feed.title or feed.url)}</bdi></p>{address}<p class="aside">{as_html(read)}</p>'
    )


@editors_only
def _add_dropped(assistant: Assistant, key: str) -> None:
    files = [(file.name, file.getvalue()) for file in st.session_state[key]]
    if not files:
        return
    st.session_state["drops"] += 1
    _start(counted(len(files), "file"), lambda: assistant.intake.ingest_files(files))


@editors_only
def _add_addresses(assistant: Assistant) -> None:
    addresses = [line.strip() for line in st.session_state["addresses-in"].splitlines() if line.strip()]
    if not addresses:
        st.session_state["add-problem"] = "Enter at least one address, one per line."
        return
    what = addresses[0] if len(addresses) == 1 else f"{len(addresses)} addresses"
    _start(what, lambda: assistant.intake.ingest_addresses(addresses))


@editors_only
def _follow(assistant: Assistant) -> None:
    url = st.session_state["feed-in"].strip()
    if not url:
        st.session_state["add-problem"] = "Enter the feed's address first."
        return
    _start(url, lambda: assistant.intake.follow_and_read(url))


@editors_only
def _add_text(assistant: Assistant) -> None:
    from rag.ingestion.read_files import pasted  # imported late: asking does not need it

    taken = st.session_state["texts-taken"]
    given = [st.session_state[f"{name}-{taken}"] for name in ("text", "title", "outlet", "published", "url")]
    try:
        pasted(*given)
    except SecondSourceError as error:
        st.session_state["add-problem"] = str(error)
        return

    def add() -> Iterator[IngestEvent]:
        yield assistant.intake.ingest_text(*given)

    if _start("the pasted text", add):
        st.session_state["texts-taken"] += 1


@editors_only
def _refresh(assistant: Assistant, urls: Sequence[str]) -> None:
    _start("new articles in the feeds" if not urls else urls[0], lambda: assistant.intake.refresh(urls))


@editors_only
def _unfollow(assistant: Assistant, url: str) -> None:
    try:
        assistant.intake.unfollow(url)
    except SecondSourceError as error:
        st.session_state["add-problem"] = str(error)


def _start(what: str, events: Callable[[], Iterator[IngestEvent]]) -> bool:
    started = adding().start(what, events)
    if not started:
        st.session_state["add-problem"] = _BUSY
    return started
