"""The page of one article: its text, details and their sources, earlier versions, and copies."""

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
from rag.ui.components.remove_articles import remove
from rag.ui.html.escape import as_html, as_label, as_text, web_address
from rag.ui.html.labels import (
    GUESSED,
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
    "origin": "News agency",
    "authors": "Authors, separated by semicolons",
    "place": "Dateline",
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
        if may_edit():
            st.button("Remove", key="remove-this", on_click=remove, args=(assistant, [id], article.label))
    st.html(heading_html(article))
    text, known, before, copy, passages = st.tabs(["Text", "Details", "Versions", "Copies", "Passages"])
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
    """The headline, outlet, date, and where it came from."""
    untitled = "" if article.title else ' class="untitled"'
    places = [_link(article.url)] if article.url else []
    places += [f"also at {_link(url)}" for url in article.addresses]
    if article.path:
        places.append(f"from <bdi>{as_html(article.path)}</bdi>")
    authors = f"<p class='aside'>By <bdi>{as_html(', '.join(article.authors))}</bdi></p>" if article.authors else ""
    return (
        f'<h2{untitled}>{as_html(article.title or "No headline")}</h2><p class="credit"><bdi>{as_html(credit(article))}'
        f"</bdi></p>{authors}" + "".join(f'<p class="aside">{place}</p>' for place in places)
    )


def text_html(article: Article) -> str:
    """The text in paragraphs, with other text of the page in grey and speakers named where they begin."""
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
    note = (
        '<p class="aside">Grey text is not part of the story. It is not searched or cited.</p>'
        if article.omitted
        else ""
    )
    return f'{note}<div class="story" lang="{as_html(article.language or "")}">{"".join(made)}</div>'


def versions_html(article: Article, versions: Sequence[tuple[Version, Sequence[Change]]]) -> str:
    """Each earlier version with the changes of the next one, the latest change first."""
    if not versions:
        return '<p class="aside">There is only one version of this article.</p>'
    titles = [*(version.title for version, _ in versions), article.title]
    parts = []
    for number, (version, changes) in enumerate(versions):
        kinds = Counter(change.kind for change in changes)
        counts = ", ".join(f"{counted(count, 'place')} {kind}" for kind, count in kinds.items())
        differences = "".join(f"<li>{_pair_html(change)}</li>" for change in changes)
        if titles[number] != titles[number + 1]:
            headline = Change("reworded", titles[number] or "No headline", titles[number + 1] or "No headline")
            differences = f"<li>Headline: {_pair_html(headline)}</li>{differences}"
        parts.append(
            f"<h3>Version {version.version}, until {as_html(moment(version.replaced_at))}</h3>"
            f'<p class="aside">{counts or "The text is the same as in the next version."}</p>'
            f'<ul class="changes">{differences}</ul>'
        )
    return "".join(reversed(parts))


def changes_html(changes: Sequence[Change]) -> str:
    """The differences between two versions of a text, one per line."""
    return f'<ul class="changes">{"".join(f"<li>{_pair_html(change)}</li>" for change in changes)}</ul>'


def passages_html(article: Article, spans: Sequence[tuple[int, int]]) -> str:
    """The passages in which the article is searched."""
    items = "".join(f'<li><p class="passage">{as_html(article.text[start:end])}</p></li>' for start, end in spans)
    return (
        '<p class="aside">The article is searched in these passages. Each is short enough for the embedding '
        f'model.</p><ol class="passages">{items}</ol>'
    )


def basis_html(article: Article, name: str) -> str:
    """The source of a value, and the words it was read from."""
    words = inferred_from(article, name)
    quoted = f"<q><bdi>{as_html(words)}</bdi></q>" if words else ""
    dated = published(article).removesuffix(f" ({GUESSED})") if name == "published" and not article.published else ""
    said = f"{dated}, {basis_words(article, name)}" if article.published_from or article.published_until else ""
    return f'<p class="aside basis">{as_html(said if dated and said else basis_words(article, name))}{quoted}</p>'


def moment(when: str) -> str:
    """A time in ISO form as people write it, in this machine's time zone: "12 March 2031, 14:05"."""
    try:
        local = datetime.fromisoformat(when).astimezone()
    except ValueError:
        return when
    return f"{day(local.date().isoformat())}, {local:%H:%M}"


def _known(assistant: Assistant, article: Article) -> None:
    editing = may_edit()
    if editing:
        st.html(
            '<p class="aside">Changes are saved immediately and kept when the article is read again. '
            "Leave a field empty if the value is not known.</p>"
        )
    problem = st.session_state.pop("edit-problem", None)
    for name in DESCRIBED:
        held = "; ".join(article.authors) if name == "authors" else str(getattr(article, name) or "")
        with st.container(key=f"field-{name}", gap=None):
            # The key contains the value, so that the field always shows the stored one.
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
    """The copies of the article, and who wrote it first."""
    if group is None:
        st.html('<p class="aside">No other article in the library is a copy of this one.</p>')
        return
    if len(group.outlets) == 1:
        sentence = f"Updates of one story by {group.outlets[0]}."
    elif group.origin:
        sentence = f"Written by {group.origin}, published by {' and '.join(each for each in group.outlets)}."
    else:
        sentence = f"Published by {' and '.join(group.outlets)}; none of them names a news agency."
    st.html(f'<p class="lead">{as_html(sentence)}</p>')
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
    return "Original" if article.outlet == group.origin else "Reprint"


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
