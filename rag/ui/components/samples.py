"""The sample library on the page: a banner that announces it, and its removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from rag.settings import Settings
from rag.ui.access import may_edit
from rag.ui.components.remove_articles import remove, remove_articles
from rag.ui.jobs.ingest_job import adding
from rag.ui.startup import SAMPLES, samples_held

if TYPE_CHECKING:
    from rag.assistant import Assistant

THESE_ARE_SAMPLES = "<strong>This is a sample library.</strong> Its events, people and outlets are invented."
THEY_GO = " It goes when your own articles come."
SAMPLES_AMONG_OTHERS = "<strong>The sample library is among your articles.</strong> Its events are invented."


def samples_banner(assistant: Assistant, settings: Settings) -> None:
    """A banner while the library has the samples, with a button that removes them."""
    held = samples_held(assistant, settings)
    if not held or adding().running:
        return
    alone = len(held) == assistant.library.status().articles
    with st.container(key="samples", horizontal=True, vertical_alignment="center", gap="small"):
        goes = THEY_GO if may_edit() else ""
        st.html(f"<p>{THESE_ARE_SAMPLES + goes if alone else SAMPLES_AMONG_OTHERS}</p>", width="stretch")
        if may_edit():
            st.button("Remove the samples", key="remove-samples", on_click=remove, args=(assistant, held, SAMPLES))


def retire_samples(assistant: Assistant, settings: Settings) -> None:
    """Remove the samples once the first articles of the person's own have been added. It can be undone.

    If it is, or if the samples were added to a library that had other articles, they stay.
    """
    work = adding()
    if work.running or work.what in ("", SAMPLES) or not may_edit() or not work.settle():
        return
    held = set(samples_held(assistant, settings))
    added = {event.article_id for event in work.events if event.outcome == "added"} - held
    if held and added and held | added >= set(assistant.library.catalogue.ids()):
        remove_articles(assistant, sorted(held), SAMPLES)
