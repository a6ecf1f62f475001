"""The articles that an answer cites, as chips: one per article, each with a card of what it says."""

from __future__ import annotations

from collections.abc import Sequence

from rag.reply import Citation
from rag.text.dates import day_and_hour
from rag.ui.html.escape import as_html
from rag.ui.html.labels import outlet_name, short_day, shortened

LONGEST_HEADLINE = 60
MOST_ON_A_CARD = 4


def chips_html(turn: int, citations: Sequence[Citation], more: Sequence[Citation], opened: int | None) -> str:
    """A chip per cited article, in the order of their first citations. `opened` is the citation in the reader, if any.

    The card, which is shown while the mouse or the keyboard is on the chip, has the cited sentences with their numbers,
    and those of `more` that the article says as well.
    """
    articles: dict[str, list[Citation]] = {}
    for each in citations:
        articles.setdefault(each.article_id, []).append(each)
    items = "".join(
        _chip(turn, cited, [each for each in more if each.article_id == id], opened) for id, cited in articles.items()
    )
    return f'<ul class="sources" aria-label="Sources">{items}</ul>' if items else ""


def _chip(turn: int, cited: Sequence[Citation], more: Sequence[Citation], opened: int | None) -> str:
    first = cited[0]
    numbers = ", ".join(str(each.number) for each in cited)
    headline = first.title or " ".join(first.quote.split())
    about = [outlet_name(first.outlet), short_day(first.published), shortened(headline, LONGEST_HEADLINE)]
    state = ' aria-current="true"' if any(each.number == opened for each in cited) else ""
    words = " · ".join(f"<bdi>{as_html(each)}</bdi>" for each in about)
    card = f"card-{turn}-{first.number}"
    return (
        f'<li><a class="chip" href="#cite-{turn}-{first.number}"{state} aria-describedby="{card}">'
        f'<span class="number">{numbers}</span> {words}</a>'
        f'<div class="card" id="{card}" role="tooltip">{_card(cited, more)}</div></li>'
    )


def _card(cited: Sequence[Citation], more: Sequence[Citation]) -> str:
    first = cited[0]
    when = day_and_hour(first.published, first.published_at)
    sentences = "".join(
        f'<p><span class="number">{each.number}</span> {_words(each)}</p>' for each in cited[:MOST_ON_A_CARD]
    )
    also = "".join(f"<p>{_words(each)}</p>" for each in more[:MOST_ON_A_CARD])
    return (
        f'<p class="headline"><bdi>{as_html(first.title or "No headline")}</bdi></p>'
        f'<p class="about"><bdi>{as_html(outlet_name(first.outlet))}</bdi> · {as_html(when)}</p>{sentences}'
        + (f'<p class="about">It also says:</p>{also}' if also else "")
    )


def _words(citation: Citation) -> str:
    return f"<q><bdi>{as_html(' '.join(citation.quote.split()))}</bdi></q>"
