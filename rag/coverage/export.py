"""Coverage as Markdown and as CSV, every line with the article and the offsets that it rests on."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rag.article import Article, Sentence
from rag.coverage.coverage import Coverage
from rag.coverage.timeline import Entry

VERDICTS: Final = {
    "says": "says it",
    "otherwise": "says otherwise",
    "beside": "tells another side of it",
    "silent": "silent",
}
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()#+!|~$<>-]")
_FORMULA = re.compile(r"^[=+\-@\t\r]")
COLUMNS = ("section", "of", "outlet", "verdict", "from", "until", "text", "article", "start", "end", "url")


def markdown(coverage: Coverage) -> str:
    """The whole of it as Markdown: a table each, articles' words escaped, the citations numbered at the end."""
    notes = _Notes()
    lines = [f"# {_plain(coverage.question)}", "", coverage.statement, ""]
    for claim in coverage.claims:
        lines += [f"## {_plain(claim.asked)}", ""]
        rows = []
        for account in claim.accounts:
            says = notes.cite(account.article, account.sentence) if account.sentence else ""
            origin = f"claim {account.group + 1}" if account.group is not None else ""
            rows.append(
                [_outlet(account.article), VERDICTS[account.verdict], origin, _plain(account.words or ""), says]
            )
        lines += [*_table(("outlet", "", "claim", "words", "sentence"), rows), ""]
        counts = [f"claim {number}: {count}" for number, count in enumerate(claim.origins, 1)]
        lines += [f"Independent origins: {', '.join(counts)}." if counts else "Nobody says anything to it.", ""]
    several = [row for row in coverage.quotes if len(row.outlets) > 1]
    if several:
        lines += ["## Quotes", ""]
        for row in several:
            lines += [f"**{_plain(row.speaker or 'speaker not told')}**: {row.verdict}", ""]
            lines += [
                f"- {_outlet(each.article)} ({each.manner}): {_with_marks(each.text, each.start, each.differing)} "
                f"{notes.mark(each.article, Sentence(each.start, each.end))}"
                for each in row.wordings
            ]
            lines.append("")
    copied = [origin for origin in coverage.origins if len(origin.carriers) > 1]
    if copied:
        lines += ["## One copy", ""]
        for copy in copied:
            lines += [f"First written by {_plain(copy.name) if copy.name else 'somebody who is not credited'}:", ""]
            for carrier in copy.carriers:
                cut, added = len(carrier.cut), len(carrier.added)
                said = "the fullest" if carrier.fullest else f"{cut} sentences cut, {added} added"
                lines.append(f"- {_outlet(carrier.article)}, {carrier.article.published or 'undated'}: {said}")
            lines.append("")
    if coverage.timeline:
        lines += ["## Timeline", ""]
        rows = [
            [_when(entry), notes.cite(entry.told[0].article, entry.told[0].sentence)] for entry in coverage.timeline
        ]
        lines += [*_table(("when", "what"), rows), ""]
    spelled = [person for person in coverage.people if len(person.spellings) > 1]
    if spelled:
        lines += ["## Names", ""]
        lines += [f"- {', '.join(_plain(name) for name in person.spellings)}" for person in spelled]
        lines.append("")
    return "\n".join([*lines, *notes.lines(), ""])


def as_csv(coverage: Coverage) -> str:
    """The whole of it as one table of COLUMNS; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _rows(coverage):
        writer.writerow([_FORMULA.sub(r"'\g<0>", str(cell)) if cell is not None else "" for cell in row])
    return out.getvalue()


FORMS: dict[str, Callable[[Coverage], str]] = {"md": markdown, "csv": as_csv}


def _rows(coverage: Coverage) -> Iterator[Sequence[object]]:
    for claim in coverage.claims:
        for account in claim.accounts:
            verdict = VERDICTS[account.verdict]
            yield ("claim", claim.asked, account.outlet, verdict, "", "", *_place(account.article, account.sentence))
    for row in coverage.quotes:
        for each in row.wordings:
            place = _place(each.article, Sentence(each.start, each.end))
            yield ("quote", row.speaker, each.article.outlet, f"{row.verdict} ({each.manner})", "", "", *place)
    for number, origin in enumerate(coverage.origins, 1):
        for carrier in origin.carriers:
            of = origin.name or f"origin {number}"
            verdict = "fullest" if carrier.fullest else f"{len(carrier.cut)} cut, {len(carrier.added)} added"
            yield ("origin", of, carrier.article.outlet, verdict, "", "", *_place(carrier.article, None))
    for entry in coverage.timeline:
        for told in entry.told:
            verdict = ", ".join(["computed"] * told.computed + ["disputed"] * entry.disputed)
            place = _place(told.article, told.sentence)
            yield ("timeline", "", told.article.outlet, verdict, told.first, told.last, *place)
    for person in coverage.people:
        for name, ids in person.spellings.items():
            yield ("name", person.name, "", name, "", "", "", " ".join(ids), "", "", "")


def _place(article: Article, sentence: Sentence | None) -> tuple[object, ...]:
    if sentence is None:
        return "", article.id, "", "", article.url
    text = " ".join(article.text[sentence.start : sentence.end].split())
    return text, article.id, sentence.start, sentence.end, article.url


class _Notes:
    """The citations of a Markdown page, each place numbered once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._articles: dict[str, Article] = {}

    def mark(self, article: Article, sentence: Sentence) -> str:
        """The citation's number in brackets."""
        self._articles[article.id] = article
        place = (article.id, sentence.start, sentence.end)
        return f"\\[{self._numbers.setdefault(place, len(self._numbers) + 1)}\\]"

    def cite(self, article: Article, sentence: Sentence) -> str:
        """The sentence's words with the citation's number."""
        return f"{_plain(article.text[sentence.start : sentence.end])} {self.mark(article, sentence)}"

    def lines(self) -> Iterator[str]:
        """One line for each citation: its number, article, offsets and address."""
        if self._numbers:
            yield from ("## Citations", "")
        for (id, start, end), number in self._numbers.items():
            article = self._articles[id]
            about = f"{article.published or 'undated'}, {_plain(article.label)}"
            yield f"{number}. {_outlet(article)}, {about}, article {id}, {start} to {end}, {_plain(article.url or '')}"


def _outlet(article: Article) -> str:
    return _plain(article.outlet or "unknown outlet")


def _when(entry: Entry) -> str:
    first, last = entry.first.isoformat(), entry.last.isoformat()
    said = [first if first == last else f"{first} to {last}"]
    said += ["computed"] * entry.computed + ["the articles differ on it"] * entry.disputed
    return ", ".join(said)


def _with_marks(text: str, start: int, differing: Sequence[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for first, last in differing:
        pieces += [_plain(text[at : first - start]), f" **{_plain(text[first - start : last - start])}** "]
        at = last - start
    return " ".join("".join([*pieces, _plain(text[at:])]).split())


def _plain(text: str) -> str:
    """`text` on one line, as Markdown that means nothing."""
    return _MARKDOWN.sub(r"\\\g<0>", html.escape(" ".join(text.split()), quote=False))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *rows)]
