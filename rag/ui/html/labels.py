"""Labels on the page: outlets, dates, credits and conditions in plain words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from rag.article import Article
from rag.reply import Filters
from rag.text.dates import day_and_hour, moment_of
from rag.text.outlet_names import NO_OUTLET
from rag.text.words import counted

LONGEST_NAME = 40
GUESSED = "date guessed"
BASES = {
    "stated": "stated in the source",
    "text": "read from the text",
    "inferred": "guessed",
    "edited": "corrected manually",
    "unknown": "not known",
}


def outlet_name(outlet: str | None) -> str:
    """The outlet's name, or "Unknown outlet"."""
    return outlet or NO_OUTLET


def day(published: str | None) -> str:
    """An ISO date as people write it ("12 March 2024"); "undated" if there is none."""
    if not published:
        return "undated"
    try:
        when = date.fromisoformat(published[:10])
    except ValueError:
        return published
    return f"{when.day} {when:%B %Y}"


def short_day(published: str | None) -> str:
    """An ISO date for where there is little room ("12 Mar 2024"); "undated" if there is none."""
    try:
        when = date.fromisoformat((published or "")[:10])
    except ValueError:
        return day(published)
    return f"{when.day} {when:%b %Y}"


def period(first: date, last: date) -> str:
    """The days from `first` to `last`, both included, as people write them: a day, a month, a year, or from and to."""
    if first == last:
        return day(first.isoformat())
    if (first.day, first.month, last.day, last.month) == (1, 1, 31, 12):
        return f"{first.year}" if first.year == last.year else f"{first.year} to {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        if first.day == 1 and (last + timedelta(1)).day == 1:
            return f"{first:%B %Y}"
        return f"{first.day} to {day(last.isoformat())}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {day(last.isoformat())}"
    return f"{day(first.isoformat())} to {day(last.isoformat())}"


def credit(article: Article) -> str:
    """The outlet, the original source if it is another one, and the date."""
    names = outlet_name(article.outlet)
    if article.origin and article.origin != article.outlet:
        names += f", from {article.origin}"
    return f"{names} · {published(article)}"


def published(article: Article) -> str:
    """When it was published: the day, with the time and its offset where they are stated ("12 March 2024, 14:05
    (+09:00)"); the days between which it can have been; or "undated".
    """
    if article.published:
        inferred = article.basis_of("published").how == "inferred"
        return _moment(article.published, article.published_at) + (f" ({GUESSED})" if inferred else "")
    first, last = article.published_from, article.published_until
    if first and last:
        return f"undated, between {day(first)} and {day(last)}"
    if first or last:
        return f"undated, not before {day(first)}" if first else f"undated, not after {day(last)}"
    return day(None)


def _moment(published: str, published_at: str | None) -> str:
    if (at := moment_of(published_at)) is None:
        return day(published)
    zone = at.isoformat(timespec="seconds")[len("2024-03-12T14:05:00") :]
    if published[:10] != f"{at.date()}":  # the day before or after, in its own zone
        return f"{day(published)} ({day(f'{at.date()}')}, {at:%H:%M} {zone})"
    return day_and_hour(published, published_at) + (f" ({zone})" if zone else "")


def value(article: Article, name: str) -> str:
    """One of an article's details (`rag.article.DESCRIBED`) in words."""
    if name == "published":
        return published(article).removesuffix(f" ({GUESSED})")
    if name == "authors":
        return ", ".join(article.authors) or "unknown"
    return str(getattr(article, name) or "unknown")


def basis_words(article: Article, name: str) -> str:
    """The source of the value of `name`, in words."""
    basis = article.basis_of(name)
    return BASES[basis.how] + (f": {basis.note}" if basis.note else "")


def inferred_from(article: Article, name: str) -> str:
    """The words of the article that the value of `name` was read from; "" if there are none."""
    spans = article.basis_of(name).spans
    return " … ".join(" ".join(article.text[start:end].split()) for start, end in spans)


def conditions(filters: Filters) -> list[tuple[str, Filters]]:
    """Each condition in words, with the conditions that remain without it."""
    found = [
        (outlet, replace(filters, outlets=tuple(other for other in filters.outlets if other != outlet)))
        for outlet in filters.outlets
    ]
    if filters.collection is not None:
        found.append((f"in “{filters.collection}”", replace(filters, collection=None, articles=())))
    elif filters.articles:
        found.append((f"in {counted(len(filters.articles), 'selected article')}", replace(filters, articles=())))
    if filters.since:
        found.append((f"from {day(filters.since.isoformat())}", replace(filters, since=None)))
    if filters.until:
        found.append((f"until {day(filters.until.isoformat())}", replace(filters, until=None)))
    return found


def shortened(text: str, longest: int = LONGEST_NAME) -> str:
    """The text, cut to fit on a button."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
