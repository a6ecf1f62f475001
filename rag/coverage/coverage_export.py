"""Coverage as Markdown, CSV and JSON, whole or table by table, every line with the article and offsets it rests on."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, get_args

from rag.article import Article, Excerpt
from rag.coverage.claims import Account, Claim
from rag.coverage.coverage import Coverage
from rag.coverage.coverage_json import coverage_json
from rag.coverage.timeline import TimelineEntry
from rag.reply import Verdict

Table = Literal["claims", "quotes", "origins", "timeline", "people"]
TABLES: Final[tuple[Table, ...]] = get_args(Table)
VERDICTS: Final[dict[Verdict, str]] = {
    "answers": "answers",
    "supports": "supports it",
    "contradicts": "contradicts it",
    "related": "related",
    "not mentioned": "not mentioned in what was read",
    "not read": "not all of it was read",
}
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()#+!|~$<>-]")
_FORMULA = re.compile(r"^[=+\-@\t\r]")
COLUMNS = ("section", "of", "outlet", "verdict", "from", "until", "text", "article", "start", "end", "url")


def markdown(coverage: Coverage, tables: Sequence[Table] = TABLES) -> str:
    """The tables as Markdown: articles' words escaped, the citations numbered at the end."""
    notes = _Notes()
    lines = [f"# {_plain(coverage.question)}", "", coverage.statement, ""]
    for name in tables:
        lines += _MARKDOWN_OF[name](coverage, notes)
    return "\n".join([*lines, *notes.lines(), ""])


def as_csv(coverage: Coverage, tables: Sequence[Table] = TABLES) -> str:
    """The tables as one of COLUMNS; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for name in tables:
        for row in _ROWS_OF[name](coverage):
            writer.writerow([_FORMULA.sub(r"'\g<0>", str(cell)) if cell is not None else "" for cell in row])
    return out.getvalue()


def as_json(coverage: Coverage, tables: Sequence[Table] = TABLES) -> str:
    """The coverage as JSON, of its tables only these."""
    kept = {name: value for name, value in coverage_json(coverage).items() if name in tables or name not in TABLES}
    return json.dumps(kept, ensure_ascii=False, indent=2)


FORMS: dict[str, Callable[[Coverage], str]] = {"md": markdown, "csv": as_csv}


class _Notes:
    """The citations of a Markdown page, each place numbered once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._articles: dict[str, Article] = {}

    def mark(self, excerpt: Excerpt) -> str:
        """The citation's number in brackets."""
        self._articles[excerpt.article.id] = excerpt.article
        place = (excerpt.article.id, excerpt.start, excerpt.end)
        return f"\\[{self._numbers.setdefault(place, len(self._numbers) + 1)}\\]"

    def cite(self, excerpt: Excerpt) -> str:
        """The words with the citation's number."""
        return f"{_plain(excerpt.text)} {self.mark(excerpt)}"

    def lines(self) -> Iterator[str]:
        """One line for each citation: its number, article, offsets and address."""
        if self._numbers:
            yield from ("## Citations", "")
        for (id, start, end), number in self._numbers.items():
            article = self._articles[id]
            about = f"{article.published or 'undated'}, {_plain(article.label)}"
            yield f"{number}. {_outlet(article)}, {about}, article {id}, {start} to {end}, {_plain(article.url or '')}"


# Markdown


def _claims(coverage: Coverage, notes: _Notes) -> Iterator[str]:
    for claim in coverage.claims:
        yield from (f"## {_plain(claim.asked)}", "")
        rows = []
        for account in claim.accounts:
            says = notes.cite(account.excerpt) if account.excerpt else ""
            says = " ".join([says, *(notes.mark(each) for each in account.also)])
            when = account.article.published_at or account.article.published or "undated"
            rows.append([_plain(_said(claim, account)), _outlet(account.article), when, says])
        yield from (*_table(("answer", "outlet", "published", "sentence"), rows), "")
        counts = [f"{_plain(value)}: {count}" for value, count in zip(claim.values, claim.origins, strict=False)]
        yield from (f"Independent origins: {', '.join(counts)}." if counts else "No outlet answers it.", "")


def _said(claim: Claim, account: Account) -> str:
    """What an outlet answers, in short; or that it is only related, or nothing."""
    if account.group is not None and claim.values:
        return claim.values[account.group]
    return VERDICTS[account.verdict]


def _quotes(coverage: Coverage, notes: _Notes) -> Iterator[str]:
    several = [row for row in coverage.quotes if len(row.outlets) > 1]
    alone = [row for row in coverage.quotes if len(row.outlets) <= 1]
    if several:
        yield from ("## Quotes", "")
    for row in several:
        yield from (f"**{_plain(row.speaker or 'speaker not named')}**: {row.verdict}", "")
        for each in row.wordings:
            words = _with_marks(each.text, each.start, each.differing)
            mark = notes.mark(each)
            yield f"- {_outlet(each.article)} ({each.manner}): {words} {mark}"
        yield ""
    if alone:
        yield from ("## Quoted by one outlet", "")
        for row in alone:
            for each in row.wordings:
                words = notes.cite(each)
                who = _plain(row.speaker or "speaker not named")
                yield f"- {who}, {_outlet(each.article)} ({each.manner}): {words}"
        yield ""


def _origins(coverage: Coverage, notes: _Notes) -> Iterator[str]:
    copied = [origin for origin in coverage.origins if len(origin.carriers) > 1]
    if copied:
        yield from ("## Copies", "")
    for copy in copied:
        yield from (f"First written by {_plain(copy.name) if copy.name else 'not credited'}:", "")
        for carrier in copy.carriers:
            cut, added = len(carrier.cut), len(carrier.added)
            said = "the fullest version" if carrier.fullest else f"{cut} sentences cut, {added} added"
            yield f"- {_outlet(carrier.article)}, {carrier.article.published or 'undated'}: {said}"
            yield from (f"  - cut: {notes.cite(sentence)}" for sentence in carrier.cut)
            yield from (f"  - added: {notes.cite(sentence)}" for sentence in carrier.added)
        yield ""


def _timeline(coverage: Coverage, notes: _Notes) -> Iterator[str]:
    if coverage.timeline:
        rows = []
        for entry in coverage.timeline:
            told, *others = entry.told
            says = [notes.cite(told), *(notes.mark(o) for o in others)]
            rows.append([_when(entry), " ".join(says)])
        yield from ("## Timeline", "", *_table(("when", "what"), rows), "")


def _people(coverage: Coverage, notes: _Notes) -> Iterator[str]:
    spelled = [person for person in coverage.people if len(person.spellings) > 1]
    if spelled:
        yield from ("## Names", "")
        for person in spelled:
            yield "- " + ", ".join(
                f"{_plain(name)} {' '.join(notes.mark(each) for each in mentions)}"
                for name, mentions in person.spellings.items()
            )
        yield ""


_MARKDOWN_OF: dict[Table, Callable[[Coverage, _Notes], Iterator[str]]] = {
    "claims": _claims,
    "quotes": _quotes,
    "origins": _origins,
    "timeline": _timeline,
    "people": _people,
}


# CSV: rows of COLUMNS


def _claim_rows(coverage: Coverage) -> Iterator[Sequence[object]]:
    for claim in coverage.claims:
        for account in claim.accounts:
            said = _said(claim, account)
            yield ("claim", claim.asked, account.outlet, said, "", "", *_place(account.excerpt or account.article))


def _quote_rows(coverage: Coverage) -> Iterator[Sequence[object]]:
    for row in coverage.quotes:
        for each in row.wordings:
            place = _place(each)
            yield ("quote", row.speaker, each.article.outlet, f"{row.verdict} ({each.manner})", "", "", *place)


def _origin_rows(coverage: Coverage) -> Iterator[Sequence[object]]:
    for number, origin in enumerate(coverage.origins, 1):
        of = origin.name or f"origin {number}"
        for carrier in origin.carriers:
            verdict = "fullest" if carrier.fullest else f"{len(carrier.cut)} cut, {len(carrier.added)} added"
            yield ("origin", of, carrier.article.outlet, verdict, "", "", *_place(carrier.article))
            for sentence in carrier.cut:
                yield ("origin", of, carrier.article.outlet, "cut", "", "", *_place(sentence))
            for sentence in carrier.added:
                yield ("origin", of, carrier.article.outlet, "added", "", "", *_place(sentence))


def _timeline_rows(coverage: Coverage) -> Iterator[Sequence[object]]:
    for entry in coverage.timeline:
        for told in entry.told:
            verdict = ", ".join(["computed"] * told.computed + ["disputed"] * entry.disputed)
            place = _place(told)
            yield ("timeline", "", told.article.outlet, verdict, told.first, told.last, *place)


def _people_rows(coverage: Coverage) -> Iterator[Sequence[object]]:
    for person in coverage.people:
        for name, mentions in person.spellings.items():
            for each in mentions:
                yield ("name", person.name, each.article.outlet, name, "", "", *_place(each))


_ROWS_OF: dict[Table, Callable[[Coverage], Iterator[Sequence[object]]]] = {
    "claims": _claim_rows,
    "quotes": _quote_rows,
    "origins": _origin_rows,
    "timeline": _timeline_rows,
    "people": _people_rows,
}


def _place(of: Excerpt | Article) -> tuple[object, ...]:
    """The last cells of a row: an excerpt with its offsets, or an article without any."""
    if not isinstance(of, Excerpt):
        return "", of.id, "", "", of.url
    return " ".join(of.text.split()), of.article.id, of.start, of.end, of.article.url


def _outlet(article: Article) -> str:
    return _plain(article.outlet or "unknown outlet")


def _when(entry: TimelineEntry) -> str:
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
