"""The reader: one article with its cited sentences highlighted and the clicked one in view.

The article is sent as JSON, cut into pieces of text; reader_pane.js only sets them as `textContent`. The text is cut
here because our offsets count characters, while a browser counts UTF-16 units.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

import streamlit as st

from rag.article import DESCRIBED, Article, Span
from rag.reply import Citation
from rag.ui.html.escape import web_address
from rag.ui.html.labels import basis_words, credit, inferred_from, value
from rag.ui.navigation import page_titled

_FOLDER = Path(__file__).parent
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n\s*")
_NAMES = {"title": "headline", "origin": "news agency", "authors": "by", "place": "dateline"}

_component = st.components.v2.component(
    "second_source_reader",
    js=(_FOLDER / "reader_pane.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "reader_pane.css").read_text(encoding="utf-8"),
)


def show_article(
    article: Article,
    citations: Sequence[Citation],
    current: int,
    opening: int,
    close: Callable[[], None],
    unnumbered: Sequence[int] = (),
) -> None:
    """Show `article` with the sentences of `citations` highlighted and citation `current` in view.

    `opening` changes with every click, so that a second click on a citation scrolls back to its sentence.
    The numbers in `unnumbered` are not shown.
    """
    data = {**article_data(article, citations, current), "opening": opening, "unnumbered": [*unnumbered]}
    _component(key="reader-component", data=data, on_closed_change=close, on_compared_change=_compare)
    if st.session_state.pop("compare", False):
        chosen = next(citation for citation in citations if citation.number == current)
        place = f"{chosen.article_id}-{chosen.start}-{chosen.end}"
        st.switch_page(page_titled("Coverage"), query_params={"sentence": place})


def _compare() -> None:
    """Another page can only be opened after this one is drawn, so the request is kept until then."""
    st.session_state["compare"] = True


def article_data(article: Article, citations: Sequence[Citation], current: int) -> dict[str, Any]:
    """The data for reader_pane.js: texts unchanged, and the address only if it is safe to link."""
    spans = [citation for citation in citations if article.text[citation.start : citation.end] == citation.quote]
    address = web_address(article.url)
    return {
        "title": article.title,
        "credit": credit(article),
        "authors": ", ".join(article.authors),
        "address": address,
        "file": PurePath(article.path).name if article.path and not address else None,
        "language": article.language,
        "known": known(article),
        "changed": all(citation.number != current for citation in spans),
        "paragraphs": [
            [
                {"text": article.text[a:b], "numbers": numbers, "current": current in numbers}
                | ({"omitted": True} if any(first <= a and b <= last for first, last in article.omitted) else {})
                for a, b, numbers in pieces
            ]
            for pieces in (cut(start, end, spans, current, article.omitted) for start, end in paragraphs(article.text))
        ],
    }


def moved(citation: Citation, article: Article) -> Citation:
    """The citation at the place where its words are now, if the article has changed and still has them."""
    if article.text[citation.start : citation.end] == citation.quote:
        return citation
    at = article.text.find(citation.quote)
    return replace(citation, start=at, end=at + len(citation.quote)) if at >= 0 else citation


def known(article: Article) -> list[dict[str, str]]:
    """Details that the source did not state: the value, where it came from, and the words it was read from."""
    found = []
    for name in DESCRIBED:
        if article.basis_of(name).how not in ("text", "inferred", "edited") or name == "language":
            continue
        found.append(
            {
                "name": _NAMES.get(name, name),
                "value": value(article, name),
                "basis": basis_words(article, name),
                "words": inferred_from(article, name),
            }
        )
    return found


def paragraphs(text: str) -> list[tuple[int, int]]:
    """The spans of a text's paragraphs: separated by blank lines, or by line breaks if there are no blank lines."""
    text_end = len(text.rstrip())
    breaks = list((_BLANK_LINE if _BLANK_LINE.search(text) else _LINE).finditer(text, 0, text_end))
    starts = [0, *(gap.end() for gap in breaks)]
    ends = [*(gap.start() for gap in breaks), text_end]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def cut(
    start: int, end: int, citations: Sequence[Citation], current: int, omitted: Sequence[Span] = ()
) -> list[tuple[int, int, list[int]]]:
    """Cut `start:end` at the borders of citations and omitted spans. Each piece has the numbers of its citations.

    The current citation stays in one piece, even if another one begins or ends inside it.
    """
    edges = {start, end}
    for citation in citations:
        edges.update(edge for edge in (citation.start, citation.end) if start < edge < end)
    for stretch in omitted:
        edges.update(edge for edge in stretch if start < edge < end)
    chosen = next((citation for citation in citations if citation.number == current), None)
    if chosen:
        edges = {edge for edge in edges if not chosen.start < edge < chosen.end} | {start, end}
    ordered = sorted(edges)
    pieces = []
    for a, b in pairwise(ordered):
        numbers = [citation.number for citation in citations if citation.start < b and a < citation.end]
        pieces.append((a, b, numbers))
    return pieces
