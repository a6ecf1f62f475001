"""What the other articles of a library show about one: its outlet's boilerplate, and the date of an undated article."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date

from rag.article import Article, Provenance, Span
from rag.ingestion.clean import joined, omitted
from rag.ingestion.date_inference import DatedWords
from rag.ingestion.describe import undated
from rag.library import copies
from rag.library.library import Library
from rag.text.stated_dates import in_order, order_shown_by

FEWEST_STORIES = 3
"""A line must be in at least so many stories of an outlet to be its boilerplate,"""
SHARE_OF_ARTICLES = 0.2
"""and in this share of its articles: "The inquiry goes on." is in many stories, but not in every fifth."""
_LOOKED_AT = 12
"""Articles with the line that are compared: enough to find FEWEST_STORIES that are unlike, and fast."""
_SHORT = 6
"""Words. A shorter line is boilerplate only if it stands alone and is not a sentence."""
_WORD = re.compile(r"[\w’'-]+")
_NAME = re.compile(r"(?<=\s)[\"“‘']?([A-Z][\w’'-]+|\d[\d,.]*)")
_QUOTE = re.compile(r"[“\"„]([^“”\"„\n]+)(?:[”\"]|$)", re.MULTILINE)
_ORDERS_ASKED = 500
"""Articles of an outlet whose dates are asked for the order of day and month."""
_SHORTEST_QUOTE = 30
"""Characters. Shorter quotations are used by many articles."""
_QUOTES_ASKED = 3
"""The longest quotations of an article, for which other articles are searched."""
_RUN = 4
"""Words in a run: two articles are compared by the runs in their quotations."""
_SAME_WORDS = 8
"""Runs that two articles must have in common to quote the same words: about eleven words in a row."""


def beside_the_others(library: Library, changed: Sequence[str]) -> list[Article]:
    """Compare the articles `changed` (ids) with the others of the library, and update what is known.

    Dates are kept at once. Returns the articles in which more boilerplate was found: they must be split again.
    """
    ids = [id for id in dict.fromkeys(changed) if library.catalogue.exists(id)]
    with library.writing:
        library.redescribe(list(_in_their_order(library, ids)))
        library.redescribe(list(_dated_beside(library, ids)))
        return list(_cleaned_beside(library, ids))


def _cleaned_beside(library: Library, ids: Sequence[str]) -> Iterator[Article]:
    for outlet, found in library.catalogue.repeated(ids, FEWEST_STORIES).items():
        least = SHARE_OF_ARTICLES * len(library.catalogue.of_outlet(outlet))
        boilerplate = {
            hash: having
            for hash, having in found.items()
            if len(having) >= least and _is_boilerplate(library, outlet, hash, having, found.keys())
        }
        for id in sorted({id for having in boilerplate.values() for id in having}):
            article = library.article(id)
            learned = joined(article.text, [*article.omitted, *omitted(article.text, boilerplate.keys())])
            if learned != article.omitted:
                yield replace(article, omitted=learned)


def _is_boilerplate(
    library: Library, outlet: str, hash: int, having: Sequence[str], recurring: Collection[int]
) -> bool:
    """Whether a recurring line is boilerplate: it is in unlike stories, and has no name that the stories have.

    `having`: the ids of the articles with the line `hash`; `recurring`: the hashes of all recurring lines, in which
    names do not count.
    """
    stories: list[tuple[Article, set[str]]] = []
    for id in sorted(having)[:_LOOKED_AT]:
        article = library.article(id)
        runs = copies.runs(article)
        spans = list(copies.lines(article.text))
        start, end = next(span for span in spans if copies.line_hash(article.text[slice(*span)]) == hash)
        line = article.text[start:end]
        if len(_WORD.findall(line)) < _SHORT and (line[-1:] in ".!?…" or not _is_alone(article.text, start, end)):
            return False
        again = [span for span in spans if copies.line_hash(article.text[slice(*span)]) in recurring]
        rest = copies.blanked(article.text, [*again, *article.omitted]) + " " + (article.title or "")
        if any(re.search(rf"\b{re.escape(name)}\b", rest) for name in _names(line, outlet, rest)):
            return False
        if not any(_is_one_story(article, runs, *told) for told in stories):
            stories.append((article, runs))
    return len(stories) >= FEWEST_STORIES


def _names(line: str, outlet: str, rest: str) -> set[str]:
    """The names and figures in a line, without the outlet's. A word that `rest` has in lower case is not a name."""
    found = {re.sub(r"['’]s$", "", name).strip(".,") for name in _NAME.findall(line)} - set(_WORD.findall(outlet))
    return {name for name in found if name[:1].isdigit() or not re.search(rf"\b{re.escape(name.lower())}\b", rest)}


def _is_one_story(article: Article, runs: set[str], other: Article, others: set[str]) -> bool:
    """Whether two articles may be about the same event: what they share may then be the story."""
    mostly = len(runs & others) * 2 >= min(len(runs), len(others))
    return mostly or copies.share_a_headline_word(article, other)


def _is_alone(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is a line of its own."""
    before, after = text[:start].rstrip(" "), text[end:].lstrip(" ")
    return before[-1:] in ("", "\n") and after[:1] in ("", "\n")


def _dated_beside(library: Library, ids: Sequence[str]) -> Iterator[Article]:
    """The undated articles whose range of days changes because a dated article quotes the same words."""
    if not library.catalogue.undated():
        return
    waiting: dict[str, None] = {}
    for id in ids:
        article = library.article(id)
        if not article.published:
            waiting[id] = None
        else:
            waiting |= dict.fromkeys(other.id for other in _quoting_alike(library, article) if not other.published)
    for id in waiting:
        article = library.article(id)
        told = undated(article, library.sentences(id), _nearest(library, article))
        if told != article:
            yield told


def _in_their_order(library: Library, ids: Sequence[str]) -> Iterator[Article]:
    """The articles whose dates can be read two ways, where other dates of their outlet show which way is meant.

    Looks at the outlets of the articles `ids` that have such a date, or one that shows the order.
    """
    changed = [library.article(id) for id in ids]
    noted = [each for each in changed if each.outlet and (note := each.basis_of("published").note) and "“" in note]
    for outlet in dict.fromkeys(each.outlet for each in noted if each.outlet):
        others = [library.article(id) for id in library.catalogue.of_outlet(outlet)[:_ORDERS_ASKED]]
        shown = {order for other in others if (order := order_shown_by(other.basis_of("published")))}
        for other in others if len(shown) == 1 else ():
            (order,) = shown
            if found := in_order(other.basis_of("published").note or "", order):
                note = f"“{found[1]}”, read {order} first like the other dates of {outlet}"
                basis = {**other.basis, "published": Provenance("inferred", note=note)}
                yield replace(other, published=found[0], basis=basis)


def _nearest(library: Library, article: Article) -> DatedWords | None:
    """The dated article that shares most quoted words with `article`."""
    found = [other for other in _quoting_alike(library, article) if other.published]
    if not found:
        return None
    ours = {span: _runs(article.text[slice(*span)]) for span in _quotes(article.text)}
    best = max(found, key=lambda other: (len(_all(ours) & _quoted_runs(other.text)), other.id))
    span = max(ours, key=lambda span: len(ours[span] & _quoted_runs(best.text)))
    label = f"“{best.label}” ({best.outlet or 'unknown outlet'}"
    label += ", its own date inferred)" if best.basis_of("published").how == "inferred" else ")"
    return DatedWords(label, date.fromisoformat((best.published or "")[:10]), span)


def _quoting_alike(library: Library, article: Article) -> Iterator[Article]:
    """Other articles with the same words in quotation marks."""
    quotes = sorted(_quotes(article.text), key=lambda span: span[0] - span[1])[:_QUOTES_ASKED]
    ours = _quoted_runs(article.text)
    seen = {article.id}
    for start, end in quotes:
        passages = library.passages([id for id, _ in library.by_words(article.text[start:end], 20)])
        for other in {passage.article_id for passage in passages.values()} - seen:
            seen.add(other)
            if len(ours & _quoted_runs((found := library.article(other)).text)) >= _SAME_WORDS:
                yield found


def _quotes(text: str) -> list[Span]:
    return [found.span(1) for found in _QUOTE.finditer(text) if len(found[1]) >= _SHORTEST_QUOTE]


def _quoted_runs(text: str) -> set[str]:
    return _all({span: _runs(text[slice(*span)]) for span in _quotes(text)})


def _all(runs: dict[Span, set[str]]) -> set[str]:
    return set().union(*runs.values())


def _runs(text: str) -> set[str]:
    words = [word.lower() for word in _WORD.findall(text)]
    return {" ".join(words[n : n + _RUN]) for n in range(len(words) - _RUN + 1)}
