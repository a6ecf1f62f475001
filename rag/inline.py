"""What is told in the chat of a whole event: in short, who said what, word for word, side by side, in order of time.

Coverage lays out an event for a page of its own; here the part of it that was asked for is put into an answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np

from rag.article import Article, Block, Citation, Filters, Intent, Mark, Reply, Row, Sentence, Statement, Turn
from rag.coverage.coverage import cited
from rag.coverage.event import of_one_event
from rag.coverage.events import Event, events
from rag.coverage.people import same_person
from rag.coverage.quotes import Row as Utterance
from rag.coverage.quotes import Stretch, Wording, differences, ledger
from rag.coverage.side_by_side import Pair, side_by_side
from rag.coverage.timeline import Entry, timeline
from rag.dates import RelativeDate
from rag.errors import UnknownArticle
from rag.querying.citations import check, cite
from rag.querying.compose import Evidence
from rag.querying.conditions import read_conditions
from rag.querying.digest import digest
from rag.querying.holdings import FEWEST_WORDS, NEAR, NO_OUTLET, in_brief
from rag.querying.names import forms, is_name
from rag.querying.search import Clock, Searcher
from rag.querying.understand import Query, names, stand_alone, terms
from rag.speech.attributions import names as written_names
from rag.words import STOP_WORDS, WORD, content, fold, stem

MOST_ROWS = 8
MOST_PAIRS, MOST_ALONE = 3, 5
"""Of a comparison: rows of what outlets say alike, and of what they say otherwise; sentences that only one has."""
MOST_DIFFERENCES = 5
LONG_QUOTE = 160
"""Characters: one that is longer is not more telling."""
MORE_OUTLETS, UNCERTAIN = 0.2, 0.15
"""What it counts for an entry of the timeline, beside its cosine, that one more outlet tells it; that it has no day."""
MOST_EVENTS, MOST_NAMED = 5, 4
SURELY_MEANT = 0.7
"""The share of the whole names with a family name from which it means the one that they end with."""
COVERED = 0.5
"""The share of the weight of a topic's words that an article must have to be on it, unless a passage is near it."""
KINDS: frozenset[Intent] = frozenset(["summary", "comparison", "wording", "statements", "timeline"])
_ASKING = frozenset(
    stem(word)
    for word in re.findall(
        r"\w+",
        """
    about according account accounts added agree alike all announce any anybody anyone article articles ask
    asking back background basically between big both brief briefly bring broad bullet bullets by can catch
    chronicle chronological chronologically chronology claim clarify collect comment comments compare compared
    comparison compile conflict consistent content contradict contrast could course cover coverage covered
    covering cut date dates day days declared define depth describe described detail details develop developed
    developments diff differ difference differences different differently digest direct disagree disagreement
    discrepancies discrepancy document documents down each entire essence event events everybody everyone
    everything exact exactly explain express fact facts file files first follow fourth full fully general get
    gist give going happen happened happening happens he headline her hers highlights him his history identical
    important information it item items just key know last latest lay like line lines list literally long made
    main major make many match matters me mean mention mentioned message news newspaper newspapers now one ones
    order original other out outlet outlets outline over overview page paper papers paragraph paraphrase part
    piece pieces please point points position precise precisely press print printed provide publication
    publications put question quick quickly quotation quotations quote quoted quotes react reaction reactions
    read recap reply report reported reporter reporters reporting reports respond responded response result
    review run rundown said same say saying says second sequence shared she short show side sides similar
    situation so some source sources speak spoke spoken stance state stated statement statements step stories
    story sum summarise summarised summarize summarized summary summing take tell telling text that their them
    then these they thing things think third this those three through time timeline timelines tldr told topic
    transcript two unfold unfolded up us verbatim version versions versus view views vs walk want was way what
    whole word worded wording wordings words write written wrote you your
    """,
    )
)
"""Words that say what is wanted of an event, not which one."""
_SAID = r"(?:say|said|says|saying|tell|told|claim|claimed|announce|announced|state|stated|comment|think|argue|demand)"
_SUBJECTS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bwhat (?:else )?(?:did|does|has|have|do|had|was|were|is) (?P<who>.+?) (?:have to )?{_SAID}\b",
        r"\b(?:quotes?|statements?|comments?|words?|remarks?) (?:from|by|of) (?P<who>[^,?.]+)",
    )
]
_NO_SPEAKER = re.compile(r"(?:the|an?|his|her|its|their) (?:statement|report|letter|e-?mail|message|post|tweet|note)\b")
_PRONOUN = re.compile(r"(?:he|she|him|her)\b(?: say)?", re.IGNORECASE)
_UNTOLD = "?"
"""Whom "he" means where no question before names anybody: nobody."""
_ONE = re.compile(r"\b(?:article|story|piece|report|page|text|transcript|interview|broadcast)\b", re.IGNORECASE)
_NOBODY = re.compile(
    r"(?:he|she|it|they|you|we|everyone|everybody|anyone|people|each|all|who|whom|outlets?|papers?)\b", re.I
)


@dataclass(slots=True)
class _Sources:
    """The citations of an answer while it is put together."""

    searcher: Searcher
    citations: list[Citation] = field(default_factory=list)

    def number(self, article: Article, sentence: Sentence) -> tuple[int, ...]:
        """The number of the citation of that stretch, which may be there already; none where it fails its check."""
        citation = cited(article, sentence, len(self.citations) + 1)
        for each in self.citations:
            if (each.article_id, each.start, each.end) == (article.id, citation.start, citation.end):
                return (each.number,)
        if not check(citation, self.searcher.library):
            return ()
        self.citations.append(citation)
        return (citation.number,)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question about a whole event: its conditions, its own `topic`, and the articles that tell of it."""

    question: str
    filters: Filters
    topic: str
    before: str
    """The question of the chat before it, without its first word; or ""."""
    articles: tuple[Article, ...]
    event: tuple[Article, ...] = ()
    """All that tell of it, also those that the conditions leave out: they may name who is speaking."""
    chosen_of: tuple[Event, ...] = ()
    """The events of the library, where the question names none and there are several."""
    one_of: int = 1
    """Of how many that the question may mean, the latest."""
    one: bool = False
    """Whether it is about one article of them, the first."""


Told = tuple[list[Statement], list[Block]]
_MANNERS: dict[str, str] = {"direct": "quoted", "clip": "heard", "indirect": "retold"}


class _Line:
    """A direct line while it is put together: the articles' words and our own."""

    def __init__(self) -> None:
        self._text = ""
        self._marks: list[Mark] = []

    def fixed(self, text: str) -> _Line:
        return self._add(text, "fixed")

    def answer(self, text: str) -> _Line:
        return self._add(text, "answer")

    def statement(self, citations: Iterable[int]) -> Statement:
        return Statement(self._text, tuple(dict.fromkeys(citations)), tuple(self._marks), direct=True)

    def _add(self, text: str, kind: Literal["fixed", "answer"]) -> _Line:
        if text:
            last = self._marks[-1] if self._marks and self._marks[-1].kind == kind == "fixed" else None
            start = last.start if last else len(self._text)
            self._text += text
            self._marks[-1 if last else len(self._marks) :] = [Mark(start, len(self._text), kind)]
        return self


class Inline:
    """Tells what is asked of a whole event, from the articles that a Searcher finds."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._library = searcher.library

    def tell(
        self, intent: Intent, question: str, filters: Filters | None, chat: Sequence[Turn], clock: Clock
    ) -> Reply | None:
        """The answer; None where the question is better asked as one for a fact."""
        if intent not in KINDS or not self._library.status().articles:
            return None
        asked = self._understand(intent, question, filters, chat)
        clock.lap("understand_ms")
        sources = _Sources(self._searcher)
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
        if told is None and asked.topic and self._knows(asked.topic):
            return None  # it has some of its words: whether it answers is for the search to say
        if told is None:
            what = f"“{asked.topic}”" if asked.topic else "that within the chosen articles"
            told = [Statement(f"The library has nothing on {what}.")], []
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

    # What is asked

    def _understand(self, intent: Intent, question: str, filters: Filters | None, chat: Sequence[Turn]) -> _Asked:
        library = self._library
        read = read_conditions(question, library.outlets(), date.today(), library.origins)
        filters = self._searcher.conditions(filters, read.filters)
        topic = self._topic(read.question, filters.outlets)
        before = chat[-1].question.partition(" ")[2] if chat else ""
        one = intent == "summary" and _ONE.search(question) is not None
        if topic:
            query = stand_alone(topic, chat) if chat else Query(topic, len(topic))
            event = self._on(topic, query)
            return _Asked(question, filters, topic, before, self._within(event, filters), event, one=one)
        if opened := self._opened(chat):
            one = (
                intent == "summary" and re.search(r"\b(?:article|story|piece|report|page|text)\b", question) is not None
            )
            event = tuple(of_one_event(library, [opened]))
            return _Asked(
                question, filters, "", before, self._within(event, filters), event, one=one or bool(filters.outlets)
            )
        held = [each for each in library.listed() if not filters or self._lets_through(filters, each.id)]
        if not held:
            return _Asked(question, filters, "", before, ())
        if filters.outlets or len(held) == 1:
            article = library.article(held[0].id)
            event = tuple(of_one_event(library, [article.id]))
            about = self._within(event, filters)
            return _Asked(question, filters, "", before, (article, *(each for each in about if each != article)), event,
                          one_of=len(held), one=len({each.outlet for each in about}) == 1)  # fmt: skip
        several = tuple(events(library, MOST_EVENTS))
        lead = several[0].lead.id if several else held[0].id
        event = tuple(of_one_event(library, [lead]))
        about = self._within(event, filters)
        return _Asked(question, filters, "", before, about, event, several if len(several) > 1 else ())

    def _topic(self, question: str, outlets: Sequence[str]) -> str:
        """The words of the question that say which event is meant, from the first of them to the last; or ""."""
        of_outlets = {stem(word) for outlet in outlets for word in WORD.findall(outlet)}
        found = [
            match.span()
            for match in WORD.finditer(question)
            if match.group().lower() not in STOP_WORDS
            and stem(match.group()) not in _ASKING | of_outlets
            and len(match.group()) > 1
        ]
        return question[found[0][0] : found[-1][1]] if found else ""

    def _on(self, topic: str, query: Query) -> tuple[Article, ...]:
        """The articles that tell of the event that the topic is about; none where none has the topic's words."""
        library = self._library
        found = dict.fromkeys(each.node.metadata["article_id"] for each in self._searcher.retrieve(query, Filters()))
        weights = library.rarity(terms(topic))
        having = {id: self._share(library.article(id), weights) for id in found if library.catalogue.exists(id)}
        best = max(having.values(), default=0.0)
        lead = next((id for id, share in having.items() if share == best), None)
        if lead is None:
            return ()
        about = tuple(of_one_event(library, [lead]))
        text = fold(" ".join(f"{each.title or ''} {each.text} {each.outlet or ''}" for each in about))
        named = [name for name in [topic.split()[0], *names(topic)] if name[:1].isupper() and is_name(name)]
        if any(not any(fold(form) in text for form in forms(name)) for name in named):
            return ()
        nearest = library.by_meaning(self._searcher.embedding.get_query_embedding(topic), 1)
        return about if best >= COVERED or (nearest and nearest[0][1] >= NEAR) else ()

    def _knows(self, topic: str) -> bool:
        """Whether any word of the topic is in the library."""
        return any(rarity < 1.0 for rarity in self._library.rarity(terms(topic)).values())

    def _share(self, article: Article, weights: dict[str, float]) -> float:
        has = set(terms(f"{article.title or ''} {article.text} {article.outlet or ''}"))
        return sum(weight for word, weight in weights.items() if word in has) / (sum(weights.values()) or 1.0)

    def _opened(self, chat: Sequence[Turn]) -> str | None:
        """The id of the article of the chat that is open, or was cited last."""
        for turn in reversed(chat):
            for id in filter(None, (turn.reading, *turn.cited)):
                if self._library.catalogue.exists(id):
                    return id
        return None

    def _within(self, articles: Sequence[Article], filters: Filters) -> tuple[Article, ...]:
        return tuple(each for each in articles if self._lets_through(filters, each.id))

    def _lets_through(self, filters: Filters, id: str) -> bool:
        if not filters:
            return True
        with suppress(UnknownArticle):
            article = self._library.article(id)
            since, until = (day.isoformat() if day else "" for day in (filters.since, filters.until))
            return (
                (not filters.outlets or article.outlet in filters.outlets)
                and (not filters.within or id in filters.articles)
                and (not since or (article.published or article.published_from or "") >= since)
                and (not until or "" < (article.published or article.published_until or "") <= until)
            )
        return False

    # What is told

    def _summary(self, asked: _Asked, sources: _Sources) -> Told:
        """The event in its main sentences, or one article in its own; each outlet's name stands before its words."""
        library = self._library
        if asked.one or len(asked.articles) == 1:
            article = asked.articles[0]
            brief = in_brief(article, library.sentences_of(article), self._searcher)
            statements, sources.citations[:] = cite([Evidence(article, each) for each in brief], library)
            opening = f"“{article.label}” ({article.outlet or NO_OUTLET}{_published(article)}) in its own sentences:"
            if asked.one_of > 1:
                opening = f"The latest of {asked.one_of} articles: {opening}"
            return [Statement(opening, (1,) if sources.citations else ()), *statements], self._others(asked, sources)
        main = digest(asked.articles, self._searcher, asked.topic)
        evidence = []
        for each in main:
            account = _listed([each.article.outlet or NO_OUTLET, *(a.outlet or NO_OUTLET for a, _ in each.also)])
            evidence.append(Evidence(each.article, each.sentence, account))
        statements, sources.citations[:] = cite(evidence, library)
        opening = f"What {_outlets(asked.articles)} tell of it, in {_counted(len(asked.articles), 'article')}:"
        if asked.chosen_of:
            opening = (
                f"The library holds several events. {opening.replace('of it', 'of the one that most outlets cover')}"
            )
        told = [Statement(opening)]
        also_of = {(each.article.id, each.sentence.start): each.also for each in main}
        for statement in statements:
            cited_first = sources.citations[statement.citations[0] - 1]
            also = also_of[cited_first.article_id, cited_first.start]
            more = tuple(number for mention in also for number in sources.number(*mention))
            told.append(replace(statement, citations=tuple(dict.fromkeys((*statement.citations, *more)))))
        return told, self._others(asked, sources)

    def _comparison(self, asked: _Asked, sources: _Sources) -> Told | None:
        if (alone := self._only_one(asked.articles, sources)) is not None:
            return alone
        laid = side_by_side(self._library, self._searcher.embedding, asked.articles, asked.topic)
        if asked.topic and not laid.pairs:
            return None  # what each says to it is found by asking each
        rows: list[Row] = []
        differing = self._pairs("Told otherwise", [p for p in laid.pairs if p.relation == "differ"], sources)
        alike = self._pairs("Told alike", [p for p in laid.pairs if p.relation == "agree"], sources)
        rows += [*differing, *alike]
        own: list[Row] = []
        most = MOST_ALONE if len(laid.alone) <= 2 else 1
        for mentions in list(laid.alone.values())[: MOST_ROWS - len(rows)]:
            chosen = sorted(mentions[:most], key=lambda mention: mention[1].start)
            name = mentions[0][0].outlet or NO_OUTLET
            numbers = tuple(number for mention in chosen for number in sources.number(*mention))
            if numbers:
                own.append(Row((f"Only in {name}", name), numbers))
        rows += own
        if not rows:
            return [Statement("The articles have no sentences that can be laid side by side.")], []
        statements: list[Statement] = []
        if differing:
            line = _Line().fixed(f"They differ on {_counted(len(differing), 'point')}.")
            statements.append(line.statement(n for row in differing for n in row.citations))
        first = "" if differing else "Nothing was found in which they contradict each other. "
        statements.append(Statement(f"{first}{_outlets(asked.articles)}, side by side:"))
        return statements, [Block("accounts", "Side by side", ("What", "Outlet"), tuple(rows[:MOST_ROWS]))]

    def _pairs(self, what: str, pairs: Sequence[Pair], sources: _Sources) -> list[Row]:
        rows = []
        for pair in pairs[:MOST_PAIRS]:
            numbers = (*sources.number(*pair.one), *sources.number(*pair.other))
            if len(numbers) == 2:
                names = [article.outlet or NO_OUTLET for article, _ in (pair.one, pair.other)]
                rows.append(Row((what, _listed(names)), numbers))
        return rows

    def _wording(self, asked: _Asked, sources: _Sources) -> Told | None:
        """Whether a speaker's words, or all that several outlets quote, are quoted alike; and the wordings."""
        who = self._speaker(asked)
        rows = [row for row in self._ledger(asked) if any(each.manner != "indirect" for each in row.wordings)]
        rows = [row for row in rows if not who or self._is_by(row, who)]
        if not rows:
            return None
        shared = [row for row in rows if len(row.outlets) > 1]
        if not shared:
            name = f"{who} is" if who else "Nobody is"
            said = f"{name} quoted by one outlet only." if who else "Nobody is quoted by more than one outlet."
            return [Statement(said)], [self._quotes(asked, rows, sources, "In their words", who)]
        block = self._quotes(asked, shared, sources, "As each outlet quotes it", who)
        apart = [(row, each) for row in shared for each in differences(row)]
        line = _Line()
        numbers: list[int] = []
        if not apart:
            line.fixed("Word for word the same, as far as several outlets quote the same words.")
            numbers = [number for row in block.rows for number in row.citations]
        else:
            line.fixed("Not word for word: ")
            most = sorted(apart, key=lambda each: -_substance(*each[1]))[:MOST_DIFFERENCES]
            for n, (row, sides) in enumerate(each for each in apart if each in most):
                line.fixed("; " if n else "")
                for m, (article, start, end) in enumerate(sides):
                    line.fixed(" – “" if m else "“").answer(article.text[start:end])
                    line.fixed(f"” ({article.outlet or NO_OUTLET})")
                    numbers += self._holding(row, article, start, end, sources)
            line.fixed(f"; and {len(apart) - MOST_DIFFERENCES} more." if len(apart) > MOST_DIFFERENCES else ".")
        told = [line.statement(numbers), Statement(f"{_counted(len(shared), 'utterance')} that several outlets quote:")]
        return told, [block]

    def _holding(self, row: Utterance, article: Article, start: int, end: int, sources: _Sources) -> list[int]:
        """The citations of the row's wordings that have the stretch."""
        return [
            number
            for each in row.wordings
            if each.article.id == article.id and each.start < end and start < each.end
            for number in sources.number(article, _stretch(each))
        ]

    def _statements(self, asked: _Asked, sources: _Sources) -> Told | None:
        """Who said what; of a speaker who is named only their words."""
        who = self._speaker(asked)
        rows = [row for row in self._ledger(asked) if row.speaker and (not who or self._is_by(row, who))]
        if not rows:
            return None
        block = self._quotes(asked, rows, sources, who or "Who said what", who)
        speakers = list(dict.fromkeys(row.cells[0] for row in block.rows))
        if who:
            told = f"What {speakers[0]} said, by {_outlets([row.wordings[0].article for row in rows])}:"
        else:
            told = f"{_counted(len(speakers), 'speaker')} in {_counted(len(asked.articles), 'article')}: "
            told += f"{_listed(speakers)}."
        return [Statement(told)], [block]

    def _quotes(self, asked: _Asked, rows: Sequence[Utterance], sources: _Sources, title: str, who: str = "") -> Block:
        """A row for each wording of an utterance: those quoted before those retold, every speaker heard."""
        found: dict[str, list[list[Wording]]] = {}
        for row in sorted(rows, key=_telling):
            by_article: dict[str, list[Wording]] = {}
            for each in row.wordings:
                by_article.setdefault(each.article.id, []).append(each)
            name = self._whole_name(row.speaker, asked.event, who) or "Speaker not named"
            found.setdefault(name, []).extend(by_article.values())
        chosen: list[tuple[str, list[Wording]]] = []
        while len(chosen) < MOST_ROWS and any(found.values()):
            for name, left in found.items():
                if left and len(chosen) < MOST_ROWS:
                    chosen.append((name, left.pop(0)))
        order = list(found)
        told = []
        for name, several in sorted(chosen, key=lambda each: order.index(each[0])):
            numbers = tuple(n for each in several for n in sources.number(each.article, _stretch(each)))
            if numbers:
                told.append(Row((name, several[0].article.outlet or NO_OUTLET, _MANNERS[several[0].manner]), numbers))
        return Block("quotes", title, ("Speaker", "Outlet", "Wording"), tuple(told))

    def _timeline(self, asked: _Asked, sources: _Sources) -> Told | None:
        entries = timeline(self._library, asked.articles)
        if not entries:
            return None
        rows = []
        for entry in self._main(entries, asked):
            several = {each.article.outlet or each.article.id: each for each in reversed(entry.told)}
            numbers = tuple(n for each in several.values() for n in sources.number(each.article, each.sentence))
            when = str(RelativeDate(0, 0, entry.first, entry.last))
            when += " (the articles differ)" if entry.disputed else " (worked out)" if entry.computed else ""
            if numbers:
                rows.append(
                    Row((when, _listed([each.article.outlet or NO_OUTLET for each in several.values()])), numbers)
                )
        left = len(entries) - len(rows)
        more = f"; {left} more on the page Coverage" if left else ""
        told = f"{_counted(len(rows), 'dated event')} from {_outlets(asked.articles)}, in order of time{more}:"
        return [Statement(told)], [Block("timeline", "In order of time", ("When", "Outlet"), tuple(rows))]

    def _main(self, entries: Sequence[Entry], asked: _Asked) -> list[Entry]:
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

    def _only_one(self, articles: Sequence[Article], sources: _Sources) -> Told | None:
        """What is said where there is nothing to compare."""
        if len({each.outlet or each.id for each in articles}) > 1:
            return None
        article = articles[0]
        number = next((n for each in self._library.sentences_of(article) for n in sources.number(article, each)), None)
        said = f"Only {article.outlet or 'one article'} tells of it: there is nothing to compare it with."
        return [Statement(said, (number,) if number else ())], []

    def _others(self, asked: _Asked, sources: _Sources) -> list[Block]:
        """The other events of the library, to choose from, where none was named."""
        rows = []
        for event in asked.chosen_of:
            if event.lead.id not in {each.id for each in asked.articles}:
                sentence = next(iter(self._library.sentences_of(event.lead)), None)
                numbers = sources.number(event.lead, sentence) if sentence else ()
                when = " to ".join(dict.fromkeys(_day(day) for day in event.days)) if event.days else "undated"
                rows.append(Row((when, _counted(event.outlets, "outlet")), numbers))
        return [Block("list", "Other events", ("When", "Told by"), tuple(rows))]

    # Speakers

    def _ledger(self, asked: _Asked) -> list[Utterance]:
        """What is said in the event, with the wordings of the articles that are asked for."""
        wanted = {each.id for each in asked.articles}
        rows = ledger(self._library, self._searcher.embedding, asked.event)
        rows = [replace(row, wordings=tuple(w for w in row.wordings if w.article.id in wanted)) for row in rows]
        return [row for row in rows if row.wordings and not _NO_SPEAKER.match(row.speaker)]

    def _speaker(self, asked: _Asked) -> str:
        """The one whose words are asked for, as the question calls them, or by name if it tells an office; or ""."""
        for pattern in _SUBJECTS:
            if (found := pattern.search(asked.question)) and _PRONOUN.fullmatch(found["who"].strip()):
                before = _capitals(asked.before)
                return before[-1] if before else _UNTOLD
            if found and not _NOBODY.match(found["who"]):
                who = re.sub(r"^(?:the|an?) ", "", found["who"].strip())
                return who if who[:1].isupper() else self._in_office(who, asked.event) or who
        for name in _capitals(asked.topic):
            if any(row.speaker and same_person(name, row.speaker) for row in self._ledger(asked)):
                return name
        return ""

    def _in_office(self, office: str, articles: Sequence[Article]) -> str:
        """The name that stands with an office most often ("Transport Minister Henrike Solmar"); or ""."""
        pattern = re.compile(rf"\b(?i:{re.escape(office)}),? (?P<name>{_UPPER_WORD}(?: {_UPPER_WORD})+)")
        found = Counter(match["name"] for article in articles for match in pattern.finditer(article.text))
        return max(found, key=lambda name: found[name], default="")

    def _is_by(self, row: Utterance, who: str) -> bool:
        if not who[:1].isupper():  # an office that nobody is named with
            return content(who) <= content(row.speaker)
        return row.speaker[:1].isupper() and same_person(who, row.speaker)

    def _whole_name(self, speaker: str, articles: Sequence[Article], who: str) -> str:
        """The speaker's name as the articles give it in full, where only one person there is called so, or as asked."""
        if not speaker[:1].isupper() or " " in speaker:
            return speaker
        if " " in who and who[:1].isupper() and same_person(speaker, who):
            return who
        reporters = {voice.name or "" for article in articles for voice in article.voices if voice.role == "reporter"}
        reporters |= {author for article in articles for author in article.authors}
        whole = Counter(
            name
            for article in articles
            for _, name in written_names(article.text)
            if speaker in (name.split()[0], name.split()[-1]) and " " in name and name not in reporters
        )
        for name in sorted(whole, key=len):  # a longer one has a word before it that is no part of it
            if sum(n for other, n in whole.items() if other.endswith(name)) >= SURELY_MEANT * whole.total():
                return name
        return speaker


_UPPER_WORD = r"[A-ZÀ-Þ][\w'’-]+"


def _capitals(text: str) -> list[str]:
    """The runs of words with a capital."""
    return re.findall(r"[A-ZÀ-Þ][\w'’.-]*(?: (?:[a-z]{2,3} )?[A-ZÀ-Þ][\w'’.-]*)*", text)


def _telling(row: Utterance) -> tuple[int, bool, int]:
    """What is told first of a speaker: what several outlets have, what is quoted, what is long."""
    first = row.wordings[0]
    return -len(row.outlets), first.manner == "indirect", -min(len(first.text), LONG_QUOTE)


def _substance(one: Stretch, other: Stretch) -> int:
    """How many words that carry meaning only one of the two has."""
    return len(content(one[0].text[one[1] : one[2]]) ^ content(other[0].text[other[1] : other[2]]))


def _stretch(wording: Wording) -> Sentence:
    """The quotation; the sentence of one that tells nothing without it."""
    if wording.sentence and len(wording.text.split()) < FEWEST_WORDS:
        return wording.sentence
    return Sentence(wording.start, wording.end)


def _outlets(articles: Sequence[Article]) -> str:
    found = list(dict.fromkeys(each.outlet or NO_OUTLET for each in articles))
    if len(found) > MOST_NAMED:
        return f"{', '.join(found[:MOST_NAMED])} and {_counted(len(found) - MOST_NAMED, 'other outlet')}"
    return _listed(found)


def _listed(words: Sequence[str]) -> str:
    several = list(dict.fromkeys(words))
    return " and ".join(filter(None, [", ".join(several[:-1]), several[-1] if several else ""]))


def _published(article: Article) -> str:
    return f", {_day(article.published)}" if article.published else ""


def _day(published: str) -> str:
    day = date.fromisoformat(published[:10])
    return str(RelativeDate(0, 0, day, day))


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"
