"""One article's page: its text, what is known of it and how, what it was before, and who else prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from rag.article import DESCRIBED, Article, Voice, fingerprint
from rag.errors import SecondSourceError
from rag.library.article_rows import Version
from rag.library.copies import Copies
from rag.library.corrections import Change
from rag.text.words import counted
from rag.ui.access import editors_only, may_edit
from rag.ui.components.reader_pane import cut, paragraphs
from rag.ui.components.remove_articles import ask_whether_to_remove
from rag.ui.html.escape import as_html, as_label, as_text, web_address
from rag.ui.html.labels import (
    basis_words,
    credit,
    day,
    inferred_from,
    outlet_name,
    published,
    shortened,
)
from rag.ui.navigation import link_to
from rag.ui.startup import notice

if TYPE_CHECKING:
    from rag.assistant import Assistant

FIELDS = {
    "title": "Headline",
    "outlet": "Outlet",
    "origin": "First written by",
    "authors": "Authors, parted by semicolons",
    "place": "Written in",
    "published": "Published (YYYY-MM-DD)",
    "language": "Language (two letters)",
}
_SHOWN_OF_A_HEADLINE = 70


def show_article(assistant: Assistant, id: str, groups: Sequence[Copies]) -> None:
    """Draw the page of the article of that id. Raises UnknownArticle."""
    article = assistant.library.article(id)
    versions = assistant.library.versions(id)
    with st.container(key="article-bar", horizontal=True, horizontal_alignment="distribute"):
        st.button("All articles", icon=":material/arrow_back:", type="tertiary", on_click=_go, args=(None,))
        link_to("Coverage", "Who says what about this event", event=id)
        if may_edit() and st.button("Remove", key="remove-this"):
            ask_whether_to_remove(assistant, [id])
    st.html(heading_html(article))
    text, known, before, copy, passages = st.tabs(["Text", "What is known", "Versions", "Same copy", "Passages"])
    with text:
        st.html(text_html(article))
    with known:
        _known(assistant, article)
    with before:
        st.html(versions_html(article, versions))
    with copy:
        _copy(assistant, article, next((group for group in groups if id in group.articles), None))
    with passages:
        spans = [(each.passage.start, each.passage.end) for each in assistant.library.catalogue.embedded(id)]
        st.html(passages_html(article, spans))


def heading_html(article: Article) -> str:
    """The headline, who published it when, and where it was read."""
    untitled = "" if article.title else ' class="untitled"'
    places = [_link(article.url)] if article.url else []
    places += [f"also at {_link(url)}" for url in article.addresses]
    if article.path:
        places.append(f"read from <bdi>{as_html(article.path)}</bdi>")
    authors = f"<p class='aside'>By <bdi>{as_html(', '.join(article.authors))}</bdi></p>" if article.authors else ""
    return (
        f'<h2{untitled}>{as_html(article.title or "No headline")}</h2><p class="credit"><bdi>{as_html(credit(article))}'
        f"</bdi></p>{authors}" + "".join(f'<p class="aside">{place}</p>' for place in places)
    )


def text_html(article: Article) -> str:
    """The text in its paragraphs, what is no part of the story greyed, who speaks named where they begin."""
    speaks = {voice.start: voice for voice in article.voices}
    edges = [*article.omitted, *((voice.start, voice.end) for voice in article.voices)]
    made = []
    for start, end in paragraphs(article.text):
        pieces = []
        for a, b, _ in cut(start, end, (), 0, edges):
            if voice := next((speaks.pop(at) for at in range(a, b) if at in speaks), None):
                pieces.append(f'<span class="voice"><bdi>{as_html(_speaker(voice))}</bdi></span> ')
            words = as_html(article.text[a:b])
            omitted = any(first <= a and b <= last for first, last in article.omitted)
            pieces.append(f'<span class="omitted">{words}</span>' if omitted else words)
        made.append(f'<p dir="auto">{"".join(pieces)}</p>')
    note = '<p class="aside">Greyed is no part of the story: neither searched nor cited.</p>' if article.omitted else ""
    return f'{note}<div class="story" lang="{as_html(article.language or "")}">{"".join(made)}</div>'


def versions_html(article: Article, versions: Sequence[tuple[Version, Sequence[Change]]]) -> str:
    """Each earlier version with what the next one changed, the latest change first."""
    if not versions:
        return '<p class="aside">The article has come in one version only, which is the one shown.</p>'
    titles = [*(version.title for version, _ in versions), article.title]
    told = []
    for number, (version, changes) in enumerate(versions):
        kinds = Counter(change.kind for change in changes)
        counts = ", ".join(f"{counted(count, 'place')} {kind}" for kind, count in kinds.items())
        differences = "".join(f"<li>{_pair_html(change)}</li>" for change in changes)
        if titles[number] != titles[number + 1]:
            headline = Change("reworded", titles[number] or "No headline", titles[number + 1] or "No headline")
            differences = f"<li>Headline: {_pair_html(headline)}</li>{differences}"
        told.append(
            f"<h3>Version {version.version}, until {as_html(moment(version.replaced_at))}</h3>"
            f'<p class="aside">{counts or "The text is as in the next one."}</p><ul class="changes">{differences}</ul>'
        )
    return "".join(reversed(told))


def changes_html(changes: Sequence[Change]) -> str:
    """What differs between two versions of a text, a line each."""
    return f'<ul class="changes">{"".join(f"<li>{_pair_html(change)}</li>" for change in changes)}</ul>'


def passages_html(article: Article, spans: Sequence[tuple[int, int]]) -> str:
    """The stretches in which the article is searched."""
    items = "".join(f'<li><p class="passage">{as_html(article.text[start:end])}</p></li>' for start, end in spans)
    return (
        '<p class="aside">The article is searched and found in these stretches, each small enough for the embedding '
        f'model to read whole.</p><ol class="passages">{items}</ol>'
    )


def basis_html(article: Article, name: str) -> str:
    """What a value rests on, and the words it follows from."""
    words = inferred_from(article, name)
    quoted = f"<q><bdi>{as_html(words)}</bdi></q>" if words else ""
    dated = published(article).removesuffix(" (inferred)") if name == "published" and not article.published else ""
    said = f"{dated}, {basis_words(article, name)}" if article.published_from or article.published_until else ""
    return f'<p class="aside basis">{as_html(said if dated and said else basis_words(article, name))}{quoted}</p>'


def moment(when: str) -> str:
    """A time in ISO form as people write it, on this machine's clock: "12 March 2031, 14:05"."""
    try:
        local = datetime.fromisoformat(when).astimezone()
    except ValueError:
        return when
    return f"{day(local.date().isoformat())}, {local:%H:%M}"


def _known(assistant: Assistant, article: Article) -> None:
    editing = may_edit()
    if editing:
        st.html(
            '<p class="aside">What you change is saved at once, and stays when the article is read anew. '
            "An empty field says that it is not known.</p>"
        )
    problem = st.session_state.pop("edit-problem", None)
    for name in DESCRIBED:
        held = "; ".join(article.authors) if name == "authors" else str(getattr(article, name) or "")
        with st.container(key=f"field-{name}", gap=None):
            # Another value is another field: what is shown is always what is kept.
            key = f"edit-{article.id}-{name}-{fingerprint(held)[:8]}"
            changed = (assistant, article.id, name, key)
            st.text_input(FIELDS[name], as_text(held), key=key, on_change=_save, args=changed, disabled=not editing)
            if problem and problem[0] == name:
                notice(problem[1])
            st.html(basis_html(article, name))
    if article.voices:
        st.html(f'<h3>Who speaks</h3><ul class="voices">{"".join(_voices_html(article))}</ul>')


@editors_only
def _save(assistant: Assistant, id: str, name: str, key: str) -> None:
    try:
        assistant.intake.edit(id, {name: st.session_state[key]})
    except SecondSourceError as error:
        st.session_state["edit-problem"] = (name, str(error))


def _copy(assistant: Assistant, article: Article, group: Copies | None) -> None:
    """The articles that print the same copy, and who first wrote it."""
    if group is None:
        st.html('<p class="aside">No other article of the library prints the same copy.</p>')
        return
    if len(group.outlets) == 1:
        told = f"Updates of one story by {group.outlets[0]}."
    elif group.origin:
        told = f"First written by {group.origin}, carried by {' and '.join(each for each in group.outlets)}."
    else:
        told = f"Printed by {' and '.join(group.outlets)}; none of them says who first wrote it."
    st.html(f'<p class="lead">{as_html(told)}</p>')
    for id in group.articles:
        other = article if id == article.id else assistant.library.article(id)
        with st.container(key=f"copy-{id}", gap=None):
            st.html(f'<p class="aside"><bdi>{as_html(f"{_part(other, group)} · {credit(other)}")}</bdi></p>')
            if id == article.id:
                st.html(f'<p class="this"><bdi>{as_html(other.label)}</bdi> (this article)</p>')
            else:
                label = as_label(shortened(other.label, _SHOWN_OF_A_HEADLINE))
                st.button(label, key=f"open-{id}", type="tertiary", on_click=_go, args=(id,))


def _part(article: Article, group: Copies) -> str:
    if group.origin is None or len(group.outlets) == 1:
        return outlet_name(article.outlet)
    return "Origin" if article.outlet == group.origin else "Carrier"


def _voices_html(article: Article) -> Iterator[str]:
    for voice in article.voices:
        words = shortened(" ".join(article.text[voice.start : voice.end].split()), 120)
        yield f"<li><bdi>{as_html(_speaker(voice))}</bdi>: <bdi>{as_html(words)}</bdi></li>"


def _speaker(voice: Voice) -> str:
    return f"{voice.name} ({voice.role})" if voice.name else voice.role


def _pair_html(change: Change) -> str:
    old = f"<del>{as_html(change.old)}</del> " if change.old else ""
    return old + (f"<ins>{as_html(change.new)}</ins>" if change.new else "")


def _link(url: str) -> str:
    """An address as a link where it may be one, else as text."""
    if not web_address(url):
        return f"<bdi>{as_html(url)}</bdi>"
    return f'<a href="{as_html(url)}" target="_blank" rel="noopener noreferrer nofollow">{as_html(url)}</a>'


def _go(id: str | None) -> None:
    if id is None:
        st.query_params.pop("article", None)
    else:
        st.query_params["article"] = id
