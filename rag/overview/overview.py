"""What is told in the chat of a whole event: in short, who said what, word for word, side by side, in order of time.

Coverage lays out an event for a page of its own; here the part of it that was asked for is put into an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.article import Article, Excerpt
from rag.coverage.quotes import QuoteRow, Wording, differences
from rag.coverage.side_by_side import Pair, side_by_side
from rag.coverage.timeline import TimelineEntry, timeline
from rag.overview.quoted_speakers import Speakers, stretch, substance, telling
from rag.overview.sources import Sources, listed, outlets_of
from rag.overview.topic import EventQuestion, Events
from rag.querying.citations import cite, direct_statement, fixed_statement
from rag.querying.compose import Evidence
from rag.querying.direct_line import Piece
from rag.querying.search import Clock, Searcher
from rag.querying.summarize import digest, in_its_own_sentences
from rag.reply import Block, Filters, Intent, Reply, Row, Statement, Turn
from rag.text.dates import RelativeDate, day_and_hour
from rag.text.outlet_names import NO_OUTLET
from rag.text.words import counted

MOST_ROWS = 8
MOST_PAIRS, MOST_ALONE = 3, 5
"""Of a comparison: rows of what outlets say alike, and of what they say otherwise; sentences that only one has."""
MOST_DIFFERENCES = 3
MORE_OUTLETS, UNCERTAIN = 0.2, 0.15
"""What it counts for an entry of the timeline, beside its cosine, that one more outlet tells it; that it has no day."""
KINDS: frozenset[Intent] = frozenset(["summary", "comparison", "wording", "statements", "timeline"])
Told = tuple[list[Statement], list[Block]]
_MANNERS: dict[str, str] = {"direct": "quoted", "clip": "clip", "indirect": "paraphrased"}


class Overview:
    """Tells what is asked of a whole event, from the articles that a Searcher finds."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._library = searcher.library
        self._events = Events(searcher)
        self._speakers = Speakers(searcher.library, searcher.embedding)

    def answer(
        self, intent: Intent, question: str, filters: Filters, chat: Sequence[Turn], clock: Clock
    ) -> Reply | None:
        """The answer; None where the question is better asked as one for a fact."""
        if intent not in KINDS or not self._library.status().articles:
            return None
        asked = self._events.asked(intent, question, filters, chat)
        clock.lap("understand_ms")
        sources = Sources(self._library)
        told: Told | None = None
        if asked.articles:
            match intent:
                case "summary":
                    told = self._summary(asked, sources)
                case "comparison":
                    told = self._comparison(asked, sources)
                case "wording":
                    told = self._wording(asked, sources)
                case "statements":
                    told = self._statements(asked, sources)
                case _:
                    told = self._timeline(asked, sources)
            if told is None:
                return None
        silent = told is None or not sources.citations
        if told is None and asked.topic and self._events.knows(asked.topic):
            return None  # it has some of its words: whether it answers is for the search to say
        if told is None:
            what = f"“{asked.topic}”" if asked.topic else "that within the chosen articles"
            told = [fixed_statement(f"The library has nothing on {what}.")], []
        clock.lap("answer_ms")
        return Reply(
            question=question,
            query=asked.topic or question,
            filters=asked.filters,
            statements=tuple(told[0]),
            state="nothing" if silent else "answered",
            reason="not_covered" if silent else None,
            answered_by="extract",
            citations=tuple(sources.citations),
            timings=clock.laps(),
            intent=intent,
            blocks=tuple(block for block in told[1] if block.rows),
        )

    def _summary(self, asked: EventQuestion, sources: Sources) -> Told:
        """The event in its main sentences, or one article in its own; each outlet's name stands before its words."""
        library = self._library
        if asked.one or len(asked.articles) == 1:
            (lead, *own), sources.citations[:] = in_its_own_sentences(asked.articles[0], self._searcher)
            if asked.one_of > 1:
                lead = fixed_statement(f"The latest of {asked.one_of} articles: {lead.text}", lead.citations)
            return [lead, *own], self._others(asked, sources)
        main = digest(asked.articles, self._searcher, asked.topic)
        evidence = []
        for each in main:
            account = listed(
                [each.article.outlet or NO_OUTLET, *(other.article.outlet or NO_OUTLET for other in each.also)]
            )
            evidence.append(Evidence(each.article, each.start, each.end, account))
        statements, sources.citations[:] = cite(evidence, library, self._searcher.reader.reader)
        opening = f"Reported by {outlets_of(asked.articles)} in {counted(len(asked.articles), 'article')}:"
        if asked.chosen_of:
            opening = f"The library has several events. This is the one that most outlets cover. {opening}"
        told = [fixed_statement(opening)]
        also_of = {(each.article.id, each.sentence.start): each.also for each in main}
        for statement in statements:
            cited_first = sources.citations[statement.citations[0] - 1]
            also = also_of[cited_first.article_id, cited_first.start]
            more = tuple(number for mention in also for number in sources.number(mention))
            told.append(replace(statement, citations=tuple(dict.fromkeys((*statement.citations, *more)))))
        return told, self._others(asked, sources)

    def _comparison(self, asked: EventQuestion, sources: Sources) -> Told | None:
        if (alone := self._only_one(asked.articles, sources)) is not None:
            return alone
        laid = side_by_side(self._library, self._searcher.embedding, asked.articles, asked.topic)
        if asked.topic and not laid.pairs:
            return None  # what each says to it is found by asking each
        rows: list[Row] = []
        differing = self._pairs("Differ", [p for p in laid.pairs if p.relation == "differ"], sources)
        alike = self._pairs("Agree", [p for p in laid.pairs if p.relation == "agree"], sources)
        rows += [*differing, *alike]
        own: list[Row] = []
        most = MOST_ALONE if len(laid.alone) <= 2 else 1
        for mentions in list(laid.alone.values())[: MOST_ROWS - len(rows)]:
            chosen = sorted(mentions[:most], key=lambda mention: mention.start)
            name = mentions[0].article.outlet or NO_OUTLET
            numbers = tuple(number for mention in chosen for number in sources.number(mention))
            if numbers:
                own.append(Row((f"Only in {name}", name), numbers))
        rows += own
        if not rows:
            return [fixed_statement("The articles have no sentences that can be compared.")], []
        statements: list[Statement] = []
        if differing:
            line = [(f"They differ on {counted(len(differing), 'point')}.", False)]
            statements.append(direct_statement(line, [n for row in differing for n in row.citations]))
        first = "" if differing else "No contradictions were found. "
        statements.append(fixed_statement(f"{first}{outlets_of(asked.articles)}, side by side:"))
        return statements, [Block("accounts", "Side by side", ("What", "Outlet"), tuple(rows[:MOST_ROWS]))]

    def _pairs(self, what: str, pairs: Sequence[Pair], sources: Sources) -> list[Row]:
        rows = []
        for pair in pairs[:MOST_PAIRS]:
            numbers = (*sources.number(pair.one), *sources.number(pair.other))
            if len(numbers) == 2:
                names = [each.article.outlet or NO_OUTLET for each in (pair.one, pair.other)]
                rows.append(Row((what, listed(names)), numbers))
        return rows

    def _wording(self, asked: EventQuestion, sources: Sources) -> Told | None:
        """Whether a speaker's words, or all that several outlets quote, are quoted alike; and the wordings."""
        who = self._speakers.speaker(asked)
        rows = [row for row in self._speakers.ledger(asked) if any(each.manner != "indirect" for each in row.wordings)]
        rows = [row for row in rows if not who or self._speakers.is_by(row, who)]
        if not rows:
            return None
        shared = [row for row in rows if len(row.outlets) > 1]
        if not shared:
            name = f"{who} is" if who else "Nobody is"
            said = f"{name} quoted by only one outlet." if who else "Nobody is quoted by more than one outlet."
            return [fixed_statement(said)], [self._quotes(asked, rows, sources, "In their words", who)]
        block = self._quotes(asked, shared, sources, "As each outlet quotes it", who)
        apart = [(row, each) for row in shared for each in differences(row)]
        line: list[Piece] = []
        numbers: list[int] = []
        if not apart:
            line = [("The same words, wherever several outlets quote the same statement.", False)]
            numbers = [number for row in block.rows for number in row.citations]
        else:
            line = [("Not word for word: ", False)]
            most = sorted(apart, key=lambda each: -substance(*each[1]))[:MOST_DIFFERENCES]
            for n, (row, sides) in enumerate(each for each in apart if each in most):
                for m, (article, start, end) in enumerate(sides):
                    opening = " – “" if m else "; “" if n else "“"
                    line += [(opening, False), (article.text[start:end], True)]
                    line += [(f"” ({article.outlet or NO_OUTLET})", False)]
                    numbers += self._holding(row, article, start, end, sources)
            more = len(apart) - MOST_DIFFERENCES
            line += [(f"; and {more} more." if more > 0 else ".", False)]
        shown = fixed_statement(f"{counted(len(shared), 'statement')} quoted by several outlets:")
        return [direct_statement(line, numbers), shown], [block]

    def _holding(self, row: QuoteRow, article: Article, start: int, end: int, sources: Sources) -> list[int]:
        """The citations of the row's wordings that have the stretch."""
        return [
            number
            for each in row.wordings
            if each.article.id == article.id and each.start < end and start < each.end
            for number in sources.number(stretch(each))
        ]

    def _statements(self, asked: EventQuestion, sources: Sources) -> Told | None:
        """Who said what; of a speaker who is named only their words."""
        who = self._speakers.speaker(asked)
        rows = [
            row for row in self._speakers.ledger(asked) if row.speaker and (not who or self._speakers.is_by(row, who))
        ]
        if not rows:
            return None
        block = self._quotes(asked, rows, sources, who or "Who said what", who)
        speakers = list(dict.fromkeys(row.cells[0] for row in block.rows))
        if who:
            told = f"What {speakers[0]} said, reported by {outlets_of([row.wordings[0].article for row in rows])}:"
        else:
            told = f"{counted(len(speakers), 'speaker')} in {counted(len(asked.articles), 'article')}: "
            told += f"{listed(speakers)}."
        return [fixed_statement(told)], [block]

    def _quotes(
        self, asked: EventQuestion, rows: Sequence[QuoteRow], sources: Sources, title: str, who: str = ""
    ) -> Block:
        """A row for each wording of an utterance: those quoted before those retold, every speaker heard."""
        found: dict[str, list[list[Wording]]] = {}
        for row in sorted(rows, key=telling):
            by_article: dict[str, list[Wording]] = {}
            for each in row.wordings:
                by_article.setdefault(each.article.id, []).append(each)
            name = self._speakers.whole_name(row.speaker, asked.event, who) or "Speaker not named"
            found.setdefault(name, []).extend(by_article.values())
        chosen: list[tuple[str, list[Wording]]] = []
        while len(chosen) < MOST_ROWS and any(found.values()):
            for name, left in found.items():
                if left and len(chosen) < MOST_ROWS:
                    chosen.append((name, left.pop(0)))
        order = list(found)
        told = []
        for name, several in sorted(chosen, key=lambda each: order.index(each[0])):
            numbers = tuple(n for each in several for n in sources.number(stretch(each)))
            if numbers:
                told.append(Row((name, several[0].article.outlet or NO_OUTLET, _MANNERS[several[0].manner]), numbers))
        return Block("quotes", title, ("Speaker", "Outlet", "Wording"), tuple(told))

    def _timeline(self, asked: EventQuestion, sources: Sources) -> Told | None:
        entries = timeline(self._library, asked.articles)
        if not entries:
            return None
        rows = []
        for entry in self._main(entries, asked):
            several = {each.article.outlet or each.article.id: each for each in reversed(entry.told)}
            numbers = tuple(n for each in several.values() for n in sources.number(each))
            when = str(RelativeDate(0, 0, entry.first, entry.last))
            when += " (the articles differ)" if entry.disputed else " (computed)" if entry.computed else ""
            if numbers:
                rows.append(
                    Row((when, listed([each.article.outlet or NO_OUTLET for each in several.values()])), numbers)
                )
        left = len(entries) - len(rows)
        more = f"; {left} more on the Coverage page" if left else ""
        told = f"{counted(len(rows), 'dated event')} from {outlets_of(asked.articles)}, in order{more}:"
        return [fixed_statement(told)], [Block("timeline", "Timeline", ("When", "Outlet"), tuple(rows))]

    def _main(self, entries: Sequence[TimelineEntry], asked: EventQuestion) -> list[TimelineEntry]:
        """MOST_ROWS of the entries, in their order: those of more outlets, and near to what all tell."""
        if len(entries) <= MOST_ROWS:
            return list(entries)
        texts = [entry.told[0].text for entry in entries]
        vectors = np.array(self._searcher.embedding.get_text_embedding_batch(texts), np.float32)
        about = np.mean([self._library.vector(article.id) for article in asked.articles], axis=0)
        outlets = [len({each.article.outlet or each.article.id for each in entry.told}) for entry in entries]
        worth = vectors @ about + MORE_OUTLETS * np.minimum(outlets, 3)
        worth -= [UNCERTAIN * ((entry.last - entry.first).days > 1) for entry in entries]
        best = set(np.argsort(-worth)[:MOST_ROWS].tolist())
        return [entry for n, entry in enumerate(entries) if n in best]

    def _only_one(self, articles: Sequence[Article], sources: Sources) -> Told | None:
        """What is said where there is nothing to compare."""
        if len({each.outlet or each.id for each in articles}) > 1:
            return None
        article = articles[0]
        excerpts = (Excerpt(article, each.start, each.end) for each in self._library.sentences_of(article))
        number = next((n for each in excerpts for n in sources.number(each)), None)
        said = f"Only {article.outlet or 'one article'} reports this, so there is nothing to compare it with."
        return [fixed_statement(said, (number,) if number else ())], []

    def _others(self, asked: EventQuestion, sources: Sources) -> list[Block]:
        """The other events of the library, to choose from, where none was named."""
        rows = []
        for event in asked.chosen_of:
            if event.lead.id not in {each.id for each in asked.articles}:
                sentence = next(iter(self._library.sentences_of(event.lead)), None)
                numbers = sources.number(Excerpt(event.lead, sentence.start, sentence.end)) if sentence else ()
                when = (
                    " to ".join(dict.fromkeys(day_and_hour(each) for each in event.days)) if event.days else "undated"
                )
                rows.append(Row((when, counted(event.outlets, "outlet")), numbers))
        return [Block("list", "Other events", ("When", "Reported by"), tuple(rows))]
