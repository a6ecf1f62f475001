"""How an article is named on the page: its outlet, date and place of origin, in plain words."""

from __future__ import annotations

from datetime import date

from rag.article import Article

NO_OUTLET = "Unknown outlet"


def outlet_name(outlet: str | None) -> str:
    """The outlet's name, or words that say it is not known."""
    return outlet or NO_OUTLET


def day(published: str | None) -> str:
    """An ISO date as people write it ("12 March 2024"); "undated" where there is none."""
    if not published:
        return "undated"
    try:
        when = date.fromisoformat(published[:10])
    except ValueError:
        return published
    return f"{when.day} {when:%B %Y}"


def credit(article: Article) -> str:
    """Who published an article, who first wrote it where that is somebody else, and when."""
    names = outlet_name(article.outlet)
    if article.origin and article.origin != article.outlet:
        names += f", from {article.origin}"
    return f"{names} · {day(article.published)}"


def counted(number: int, word: str) -> str:
    """A number with its word: "1 article", "1,204 articles"."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")
