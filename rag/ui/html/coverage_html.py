"""Coverage as HTML: accounts, quotes, copies, dates and names.

Every cell links to its sentence. The links are our own and all text is escaped. The section under an answer and the
tables of the Coverage page use the same parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from rag.article import Article, Excerpt, Span
from rag.chats.exchange import Section
from rag.coverage.claims import Account, Claim
from rag.coverage.coverage import Coverage
from rag.coverage.origins import Carrier, Origin
from rag.coverage.people import Person
from rag.coverage.quotes import QuoteRow, Wording
from rag.coverage.timeline import TimelineEntry
from rag.reply import Citation, Verdict
from rag.text.words import counted
from rag.ui.components.reader_pane import paragraphs
from rag.ui.html.escape import as_html
from rag.ui.html.labels import outlet_name, period, published

MOST_QUOTES, MOST_DATES = 3, 3
FEWEST_WORDS, LONGEST_OCCASION = 4, 220
"""Limits in words and characters for the text around a quotation; "she said" is too short to be useful."""
HEADS: dict[Verdict, str] = {
    "answers": "Answers",
    "supports": "Supports it",
    "contradicts": "Contradicts it",
    "related": "Related",
    "not mentioned": "Not mentioned in what was read",
    "not read": "Not all of it was read",
}
SAYING = ("answers", "supports", "contradicts")
MANNERS = {"direct": "", "indirect": "indirect speech", "clip": "clip"}
_QUOTED = re.compile(r"[“\"„][^“”\"„]*[”\"]")
_WORDLESS = re.compile(r"^[\W_]*|[\s“”\"„‘’']*$")


class Links:
    """Citations of coverage, numbered after the `after` citations of the answer; each place once."""

    def __init__(self, turn: int = 0, after: int = 0) -> None:
        self.citations: list[Citation] = []
        self._turn, self._after = turn, after
        self._numbers: dict[tuple[str, int, int], int] = {}

    def number(self, excerpt: Excerpt) -> int:
        """The citation's number; a place keeps its first number."""
        place = (excerpt.article.id, excerpt.start, excerpt.end)
        if place not in self._numbers:
            self._numbers[place] = self._after + len(self.citations) + 1
            self.citations.append(Citation.of(excerpt.quotable, self._numbers[place]))
        return self._numbers[place]

    def to(self, excerpt: Excerpt) -> str:
        """A link that opens the sentence in the reader."""
        number = self.number(excerpt)
        return (
            f'<a class="cite" href="#cite-{self._turn}-{number}" '
            f'title="{as_html(self.citations[number - self._after - 1].quote)}" '
            f'aria-label="Citation {number}, {as_html(outlet_name(excerpt.article.outlet))}">[{number}]</a>'
        )

    def to_article(self, article: Article) -> str:
        """A link that opens the article at its beginning."""
        return self.to(Excerpt(article, *next(iter(paragraphs(article.text)), (0, len(article.text)))))


def section_of(coverage: Coverage, turn: int, after: int) -> Section:
    """The section under the answer of `turn`, whose own citations are numbered up to `after`.

    It has accounts, quotes in several outlets, copies, and dates that differ. The Coverage page has the rest.
    """
    links = Links(turn, after)
    quotes = [row for row in coverage.quotes if len(row.outlets) > 1][:MOST_QUOTES]
    copied = [origin for origin in coverage.origins if len(origin.carriers) > 1]
    disputed = [entry for entry in coverage.timeline if entry.disputed][:MOST_DATES]
    parts = [
        claims_html(coverage, links),
        _headed("Quoted by several", quotes, lambda: quotes_html(quotes, links)),
        _headed("Copies", copied, lambda: "".join(_copy_in_brief(origin) for origin in copied)),
        _headed("Dates that differ", disputed, lambda: dates_html(disputed, links)),
    ]  # fmt: skip
    claims = [
        {
            "asked": claim.asked,
            "accounts": [
                {
                    "outlet": each.outlet,
                    "verdict": each.verdict,
                    "value": claim.values[each.group] if each.group is not None and claim.values else None,
                    "citation": links.number(each.excerpt) if each.excerpt else None,
                }
                for each in claim.accounts
            ],
        }
        for claim in coverage.claims
    ]
    html = f'<div class="coverage">{"".join(parts)}</div>'
    return Section(coverage.statement, html, tuple(links.citations), tuple(claims))


def _headed(heading: str, what: Sequence[object], html: Callable[[], str]) -> str:
    return f"<h3>{heading}</h3>{html()}" if what else ""


# Claims


def claims_html(coverage: Coverage, links: Links) -> str:
    """Each part of the question, with the outlets under what they answer."""
    several = len(coverage.claims) > 1
    return "".join(
        (f"<h3>{as_html(claim.asked)}</h3>" if several else "") + _claim(claim, links) for claim in coverage.claims
    )


def _claim(claim: Claim, links: Links) -> str:
    """The accounts of a claim: each answer with its outlets, then what is related, closed, then who has nothing."""
    parts = ['<p class="mark differs">The answers differ.</p>'] if claim.values and claim.differs else []
    for (verdict, group), accounts in groupby(claim.accounts, lambda each: (each.verdict, each.group)):
        several = list(accounts)
        if verdict in SAYING:
            parts.append(_answer(claim, verdict, group, several, links))
        elif verdict == "related":
            items = "".join(_account(each, links) for each in several)
            summary = f"{HEADS[verdict]}: {counted(len(several), 'outlet')}"
            parts.append(f"<section><details><summary>{summary}</summary><ul>{items}</ul></details></section>")
        else:
            names = ", ".join(f"<bdi>{as_html(outlet_name(each.outlet))}</bdi>" for each in several)
            parts.append(f'<p class="names">{HEADS[verdict]}: {names}</p>')
    return "".join(parts)


def _answer(claim: Claim, verdict: Verdict, group: int | None, accounts: Sequence[Account], links: Links) -> str:
    """One answer as a heading, with the outlets that give it and how many independent origins they have."""
    count = counted(len(accounts), "outlet")
    if group is not None and len(accounts) > 1:
        count += f", {counted(claim.origins[group], 'independent origin')}"
    head = f"<bdi>{as_html(claim.values[group])}</bdi>" if group is not None and claim.values else HEADS[verdict]
    body = "".join(_account(each, links) for each in accounts)
    return f'<section class="{verdict}"><p class="verdict">{head}<span>{count}</span></p><ul>{body}</ul></section>'


def _account(account: Account, links: Links) -> str:
    assert account.excerpt is not None
    text, start = account.excerpt.text, account.excerpt.start
    said = as_html(text)
    if account.words:
        first, last = account.words[0] - start, account.words[1] - start
        said = f"{as_html(text[:first])}<strong>{as_html(text[first:last])}</strong>{as_html(text[last:])}"
    link = links.to(account.excerpt)
    also = "".join(links.to(each) for each in account.also)
    also = f' <span class="also">also {also}</span>' if also else ""
    name = as_html(outlet_name(account.outlet))
    when = f'<span class="when">{as_html(published(account.article))}</span>'
    return f'<li><p class="outlet"><bdi>{name}</bdi>{when}</p><p class="said">{said}&#8288;{link}{also}</p></li>'


def headlines_html(articles: Iterable[Article], links: Links) -> str:
    """The articles by outlet, with headline, date and a link."""
    by_outlet: dict[str, list[Article]] = {}
    for article in articles:
        by_outlet.setdefault(outlet_name(article.outlet), []).append(article)
    items = ""
    for name, several in by_outlet.items():
        headlines = "".join(_headline(each, links) for each in several)
        items += f'<li><p class="outlet"><bdi>{as_html(name)}</bdi></p><div>{headlines}</div></li>'
    return f"<section><ul>{items}</ul></section>"


def _headline(article: Article, links: Links) -> str:
    return (
        f'<p class="said"><bdi>{as_html(article.label)}</bdi>&#8288;{links.to_article(article)} '
        f'<span class="mark">{as_html(published(article))}</span></p>'
    )


# Quotes


def quotes_html(rows: Iterable[QuoteRow], links: Links) -> str:
    """Each utterance with its wordings side by side; words that differ are marked."""
    return "".join(_quote(row, links) for row in rows)


def _quote(row: QuoteRow, links: Links) -> str:
    wordings = "".join(_wording(each, links) for each in row.wordings)
    verdict = "" if row.verdict == "alone" else f'<span class="mark {row.verdict.split()[-1]}">{row.verdict}</span>'
    who = f"<bdi>{as_html(row.speaker or 'Speaker not named')}</bdi>"
    head = f'<p class="speaker">{who}{verdict}</p>'
    return f'<section class="utterance">{head}<div class="wordings">{wordings}</div></section>'


def _wording(wording: Wording, links: Links) -> str:
    words = _marked(wording.text, wording.start, wording.differing)
    link = links.to(wording)
    manner = MANNERS[wording.manner]
    kind = f' <span class="mark">{manner}</span>' if manner else ""
    occasion = _occasion(wording)
    around = f' <span class="occasion">{as_html(occasion)}</span>' if occasion else ""
    return (
        f"<figure><blockquote>{words}&#8288;{link}</blockquote><figcaption>"
        f"<bdi>{as_html(outlet_name(wording.article.outlet))}</bdi>{kind}{around}</figcaption></figure>"
    )


def _occasion(wording: Wording) -> str:
    """The text around the quoted words (to whom, when, where); "" if it is not useful."""
    sentence, text = wording.whole, wording.article.text
    if sentence is None or wording.manner == "indirect":
        return ""
    parts = (text[sentence.start : wording.start], text[wording.end : sentence.end])
    around = [_WORDLESS.sub("", " ".join(_QUOTED.sub("…", part).split())) for part in parts]
    text = " … ".join(part for part in around if len(part) > 2)
    return text if len(text.split()) >= FEWEST_WORDS and len(text) <= LONGEST_OCCASION else ""


def _marked(text: str, start: int, differing: Sequence[Span]) -> str:
    pieces, at = [], 0
    for first, last in differing:
        pieces += [as_html(text[at : first - start]), f"<mark>{as_html(text[first - start : last - start])}</mark>"]
        at = last - start
    return "".join([*pieces, as_html(text[at:])])


# Origins


def _copy_in_brief(origin: Origin) -> str:
    carriers = ", ".join(
        f"<bdi>{as_html(outlet_name(each.article.outlet))}</bdi>" + ("" if each.fullest else f" ({_changed(each)})")
        for each in origin.carriers
    )
    return f"<p>First written by: <bdi>{as_html(origin.name or 'not credited')}</bdi>. Published by {carriers}.</p>"


def copies_html(copied: Iterable[Origin], links: Links) -> str:
    """Each copied text with its outlets, and what each of them cut and added."""
    return "".join(_copy(origin, links) for origin in copied)


def _copy(origin: Origin, links: Links) -> str:
    outlets = counted(len({each.article.outlet or each.article.id for each in origin.carriers}), "outlet")
    carriers = ""
    for each in origin.carriers:
        said = _unfolded("cut", each.cut, links) + _unfolded("added", each.added, links)
        state = "the fullest version" if each.fullest else "the same"
        carriers += (
            f'<li><p class="outlet"><bdi>{as_html(outlet_name(each.article.outlet))}</bdi></p>'
            f'<div>{_headline(each.article, links)}{said or f"""<p class="occasion">{state}</p>"""}</div></li>'
        )
    name = as_html(origin.name) if origin.name else "Not credited"
    return (
        f'<section><p class="verdict"><bdi>{name}</bdi><span>one text, published by {outlets}</span></p>'
        f"<ul>{carriers}</ul></section>"
    )


def _changed(carrier: Carrier) -> str:
    if not carrier.cut and not carrier.added:
        return "the same"
    parts = [(carrier.cut, "cut"), (carrier.added, "added")]
    return ", ".join(f"{counted(len(several), 'sentence')} {what}" for several, what in parts if several)


def _unfolded(what: str, sentences: Sequence[Excerpt], links: Links) -> str:
    if not sentences:
        return ""
    items = "".join(f"<li>{as_html(each.text)}&#8288;{links.to(each)}</li>" for each in sentences)
    return f"<details><summary>{counted(len(sentences), 'sentence')} {what}</summary><ul>{items}</ul></details>"


# Dates


def dates_html(entries: Iterable[TimelineEntry], links: Links) -> str:
    """Each day with the sentences about it; computed and disputed days are marked."""
    rows, before = "", ""
    for entry in entries:
        when = period(entry.first, entry.last)
        computed = "computed" if entry.computed else ""
        rows += (
            f'<tr><th scope="row">{when if when != before else ""}</th><td>{_told(entry, links)}</td>'
            f'<td class="how">{computed}</td></tr>'
        )
        before = when
    return f'<table class="dates">{rows}</table>'


def _told(entry: TimelineEntry, links: Links) -> str:
    first, *others = entry.told
    said = f"{as_html(first.text)}&#8288;{links.to(first)}"
    said += "".join(links.to(each) for each in others)
    if entry.disputed:
        dates = "; ".join(
            f"{period(each.first, each.last)}, says <bdi>{as_html(outlet_name(each.article.outlet))}</bdi>"
            f"&#8288;{links.to(each)}"
            for each in entry.told
        )
        said += f' <span class="mark differs">the articles differ</span> <span class="occasion">{dates}</span>'
    return said


# People


def several_spellings(coverage: Coverage) -> list[Person]:
    """The people whose names have several spellings."""
    return [person for person in coverage.people if len(person.spellings) > 1]


def people_html(people: Iterable[Person], links: Links) -> str:
    """Each person with the spellings of the name and the outlets that use them."""
    items = "".join(_person(person, links) for person in people)
    return f'<ul class="people">{items}</ul>'


def _person(person: Person, links: Links) -> str:
    (name, mentions), *others = person.spellings.items()
    also = "".join(f"<li>also <bdi>{as_html(each)}</bdi>{_users(where, links)}</li>" for each, where in others)
    named = f"<strong><bdi>{as_html(name)}</bdi></strong>" if others else f"<bdi>{as_html(name)}</bdi>"
    return f"<li>{named}{_users(mentions, links)}{f'<ul>{also}</ul>' if also else ''}</li>"


def _users(mentions: Sequence[Excerpt], links: Links) -> str:
    """The outlets that use this spelling, each with the first sentence that does."""
    first: dict[str, Excerpt] = {}
    for each in mentions:
        first.setdefault(outlet_name(each.article.outlet), each)
    told = ", ".join(f"<bdi>{as_html(name)}</bdi>&#8288;{links.to(place)}" for name, place in first.items())
    return f' <span class="occasion">{told}</span>'
