"""What is told in the chat of a whole event: in short, who said what, word for word, side by side, in order of time.

Coverage lays out an event for a page of its own; here the part of it that was asked for is put into an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from rag.article import Article, Block, Citation, Filters, Intent, Mark, Reply, Row, Sentence, Statement, Turn
from rag.coverage.coverage import cited
from rag.coverage.event import of_one_event
from rag.coverage.events import Event, events
from rag.coverage.people import people, same_person
from rag.coverage.quotes import Row as Utterance
from rag.coverage.quotes import Wording, differences, ledger
from rag.coverage.side_by_side import Pair, side_by_side
from rag.coverage.timeline import Entry, timeline
from rag.dates import RelativeDate
from rag.errors import UnknownArticle
from rag.querying.citations import check, cite
from rag.querying.compose import Evidence, folded
from rag.querying.conditions import read_conditions
from rag.querying.digest import digest
from rag.querying.holdings import NO_OUTLET, in_brief
from rag.querying.names import forms, is_name
from rag.querying.search import Clock, Searcher
from rag.querying.understand import Query, names, stand_alone, terms
from rag.words import STOP_WORDS, WORD, stem

MOST_ROWS = 8
MOST_PAIRS, MOST_ALONE = 3, 5
"""Of a comparison: rows of what outlets say alike, and of what they say otherwise; sentences that only one has."""
MOST_DIFFERENCES = 5
MOST_EVENTS = 5
COVERED = 0.5
"""The share of the weight of a topic's words that an event's articles must have to be about it."""
KINDS: frozenset[Intent] = frozenset(["summary", "comparison", "wording", "statements", "timeline"])
_ASKING = frozenset(
    stem(word)
    for word in re.findall(
        r"\w+",
        """
    about account accounts according added agree all alike announce any anybody anyone article articles ask asking back
    background basically big brief briefly bring broad bullet bullets can catch chronicle chronological chronologically
    chronology claim clarify collect comment comments compare compared comparison compile conflict consistent content
    contradict contrast could course cover coverage covered covering cut date dates day days declared define describe
    described detail details develop developed developments diff differ difference differences different differently
    digest direct disagree disagreement discrepancies discrepancy document documents each entire essence event events
    everybody everyone everything exact exactly explain express fact facts file files first follow full fully general get
    gist give going happen happened happening happens headline highlights history identical important in'depth
    information item items just key know last latest lay like line lines list literally long made main major make many
    match matters mean mention mentioned message newspaper newspapers news now order original other outlet outlets
    outline overview page paper papers paragraph paraphrase part piece pieces please point points position precise
    precisely press print printed provide publication publications put question quick quickly quotation quotations quote
    quoted quotes react reaction reactions read recap reply report reported reporter reporters reporting reports respond
    responded response result review run rundown same say saying says sequence shared short show side sides similar
    situation so some source sources speak spoke spoken stance state stated statement statements step stories story
    sum summarise summarised summarize summarized summary summing take tell telling text thing things think time timeline
    timelines tldr told topic two both three transcript unfold unfolded version versions verbatim view views walk want
    was way what whole word worded wording wordings words wrote write written you your up down out over between versus vs
    side by through me us one ones it that this these those them they he she him her his hers their then
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
_NOBODY = re.compile(r"(?:he|she|it|they|you|we|everyone|everybody|anyone|people|each|all|who|whom|outlets?|papers?)\b", re.I)


@dataclass(slots=True)
class _Sources:
    """The citations of an answer while it is put together."""

    searcher: Searcher
    citations: list[Citation] = field(default_factory=list)

    def number(self, article: Article, sentence: Sentence) -> tuple[int, ...]:
        """The number of the citation of that stretch, which may be there already; none where it fails its check."""
        for each in self.citations:
            if (each.article_id, each.start) == (article.id, sentence.start):
                return (each.number,)
        citation = cited(article, sentence, len(self.citations) + 1)
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
    articles: tuple[Article, ...]
    chosen_of: tuple[Event, ...] = ()
    """The events of the library, where the question names none and there are several."""
    one: bool = False
    """Whether it is about one article of them, the first."""


Told = tuple[list[Statement], list[Block]]


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
        if topic:
            query = stand_alone(topic, chat) if chat else Query(topic, len(topic))
            return _Asked(question, filters, topic, self._within(self._on(topic, query), filters))
        if opened := self._opened(chat):
            one = intent == "summary" and re.search(r"\b(?:article|story|piece|report|page|text)\b", question) is not None
            articles = self._within(tuple(of_one_event(library, [opened])), filters)
            return _Asked(question, filters, "", articles, one=one or bool(filters.outlets))
        held = [each for each in library.listed() if not filters or self._lets_through(filters, each.id)]
        if not held:
            return _Asked(question, filters, "", ())
        if filters.outlets or len(held) == 1:
            article = library.article(held[0].id)
            about = self._within(tuple(of_one_event(library, [article.id])), filters)
            return _Asked(question, filters, "", about, one=len({each.outlet for each in about}) == 1)
        several = tuple(events(library, MOST_EVENTS))
        lead = several[0].lead.id if several else held[0].id
        about = self._within(tuple(of_one_event(library, [lead])), filters)
        alone = len(about) == len(held)
        return _Asked(question, filters, "", about, () if alone else several)

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
        found = dict.fromkeys(
            each.node.metadata["article_id"] for each in self._searcher.retrieve(query, Filters())
        )
        weights = library.rarity(terms(topic))
        having = {id: self._share(library.article(id), weights) for id in found if library.catalogue.exists(id)}
        best = max(having.values(), default=0.0)
        lead = next((id for id, share in having.items() if share == best), None)
        if lead is None:
            return ()
        about = tuple(of_one_event(library, [lead]))
        text = folded(" ".join(f"{each.title or ''} {each.text} {each.outlet or ''}" for each in about))
        named = [name for name in [topic.split()[0], *names(topic)] if name[:1].isupper() and is_name(name)]
        if any(not any(folded(form) in text for form in forms(name)) for name in named):
            return ()
        return about if best >= COVERED else ()

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
