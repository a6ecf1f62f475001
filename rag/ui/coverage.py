"""Who says what, under an answer: each outlet's account, the quotes side by side, the copies, the dates.

Every cell links to the sentence it rests on; the links are our own, the words are escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.article import Article, Citation, Sentence, Span
from rag.coverage.claims import Claim
from rag.coverage.coverage import Coverage, cited
from rag.coverage.export import VERDICTS
from rag.coverage.quotes import Row
from rag.coverage.timeline import Entry
from rag.ui.describe import outlet_name
from rag.ui.escape import as_html

MOST_QUOTES, MOST_DATES = 6, 12


@dataclass(frozen=True)
class Section:
    """What is drawn: `html`, whose links lead to `citations`, under the heading `statement`."""

    statement: str
    html: str
    citations: tuple[Citation, ...]


class _Links:
    """Citations numbered on from those of the answer, each place once."""

    def __init__(self, turn: int, after: int) -> None:
        self.citations: list[Citation] = []
        self._turn, self._after = turn, after
        self._numbers: dict[tuple[str, int, int], int] = {}

    def to(self, article: Article, sentence: Sentence) -> str:
        """A link that opens the sentence in the reader."""
        place = (article.id, sentence.start, sentence.end)
        if place not in self._numbers:
            self._numbers[place] = self._after + len(self.citations) + 1
            self.citations.append(cited(article, sentence, self._numbers[place]))
        number = self._numbers[place]
        return (
            f'<a class="cite" href="#cite-{self._turn}-{number}" '
            f'title="{as_html(self.citations[number - self._after - 1].quote)}" '
            f'aria-label="Citation {number}, {as_html(outlet_name(article.outlet))}">[{number}]</a>'
        )


def section_of(coverage: Coverage, turn: int, after: int) -> Section:
    """The section under the answer of `turn`, whose own citations are numbered up to `after`."""
    links = _Links(turn, after)
    quotes = [row for row in coverage.quotes if len(row.outlets) > 1][:MOST_QUOTES]
    parts = [
        *(_claim(claim, links) for claim in coverage.claims),
        *(["<h3>Quoted by several</h3>", *(_quote(row, links) for row in quotes)] if quotes else []),
        *_copies(coverage),
        *_dates(coverage.timeline, links),
        *_names(coverage),
    ]
    return Section(coverage.statement, f'<div class="coverage">{"".join(parts)}</div>', tuple(links.citations))


def _claim(claim: Claim, links: _Links) -> str:
    rows = []
    for account in claim.accounts:
        says = ""
        if account.sentence:
            words = account.article.text[account.sentence.start : account.sentence.end]
            says = f"{as_html(words)} {links.to(account.article, account.sentence)}"
            says += "".join(f" {links.to(*each)}" for each in account.also)
        rows.append(
            f'<tr class="{account.verdict}"><th scope="row"><bdi>{as_html(outlet_name(account.outlet))}</bdi></th>'
            f"<td>{VERDICTS[account.verdict]}</td><td>{says}</td></tr>"
        )
    return f"<h3>{as_html(claim.asked)}</h3><table>{''.join(rows)}</table>"


def _quote(row: Row, links: _Links) -> str:
    items = ""
    for each in row.wordings:
        link = links.to(each.article, Sentence(each.start, each.end))
        items += f"<li><bdi>{as_html(outlet_name(each.article.outlet))}</bdi>{_manner(each.manner)}: "
        items += f"{_marked(each.text, each.start, each.differing)} {link}</li>"
    return f"<p><bdi>{as_html(row.speaker or 'Speaker not told')}</bdi>: {row.verdict}</p><ul>{items}</ul>"


def _manner(manner: str) -> str:
    return "" if manner == "direct" else f" ({manner})"


def _marked(text: str, start: int, differing: Sequence[Span]) -> str:
    pieces, at = [], 0
    for first, last in differing:
        pieces += [as_html(text[at : first - start]), f"<mark>{as_html(text[first - start : last - start])}</mark>"]
        at = last - start
    return "".join([*pieces, as_html(text[at:])])


def _copies(coverage: Coverage) -> Iterator[str]:
    copied = [origin for origin in coverage.origins if len(origin.carriers) > 1]
    if not copied:
        return
    yield "<h3>One copy</h3>"
    for origin in copied:
        carriers = ", ".join(
            f"<bdi>{as_html(outlet_name(each.article.outlet))}</bdi>"
            + ("" if each.fullest else f" ({len(each.cut)} sentences cut, {len(each.added)} added)")
            for each in origin.carriers
        )
        name = as_html(origin.name) if origin.name else "not credited"
        yield f"<p>First written by: <bdi>{name}</bdi>. Carried by {carriers}.</p>"


def _dates(entries: Sequence[Entry], links: _Links) -> Iterator[str]:
    if not entries:
        return
    yield "<h3>Dates</h3><table>"
    for entry in entries[-MOST_DATES:]:
        first, last = entry.first.isoformat(), entry.last.isoformat()
        marks = " computed" * entry.computed + " disputed" * entry.disputed
        told = entry.told[0]
        others = "".join(f" {links.to(each.article, each.sentence)}" for each in entry.told[1:])
        yield (
            f'<tr><th scope="row">{first if first == last else f"{first} to {last}"}</th><td>{marks}</td>'
            f"<td>{as_html(told.text)} {links.to(told.article, told.sentence)}{others}</td></tr>"
        )
    yield "</table>"


def _names(coverage: Coverage) -> Iterator[str]:
    several = [person for person in coverage.people if len(person.spellings) > 1]
    if several:
        spelled = "; ".join(", ".join(f"<bdi>{as_html(name)}</bdi>" for name in each.spellings) for each in several)
        yield f"<h3>Names spelled in several ways</h3><p>{spelled}</p>"
