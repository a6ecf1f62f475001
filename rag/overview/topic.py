"""Which event a question is about, under which conditions, and which articles of the library tell of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from rag.article import Article
from rag.coverage.events import Event, events, of_one_event
from rag.errors import UnknownArticle
from rag.querying.conditions import read_conditions
from rag.querying.library_answers import NEAR
from rag.querying.query import Query, names, stand_alone, terms
from rag.querying.search import Searcher
from rag.reply import Filters, Intent, Turn
from rag.text.names import is_name, unmentioned
from rag.text.words import STOP_WORDS, WORD, stem

MOST_EVENTS = 5
COVERED = 0.5
"""The share of the weight of a topic's words that an article must have to be on it, unless a passage is near it."""
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
_ONE = re.compile(r"\b(?:article|story|piece|report|page|text|transcript|interview|broadcast)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EventQuestion:
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


class Events:
    """Finds the event that a question is about, with a Searcher."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._library = searcher.library

    def asked(self, intent: Intent, question: str, filters: Filters, chat: Sequence[Turn]) -> EventQuestion:
        """What a question for `intent` asks, after the turns of `chat`; see `Assistant.ask`."""
        library = self._library
        read = read_conditions(question, library.outlets(), date.today(), library.origins)
        filters = self._searcher.conditions(filters, read.filters)
        topic = self._topic(read.question, filters.outlets)
        before = chat[-1].question.partition(" ")[2] if chat else ""
        one = intent == "summary" and _ONE.search(question) is not None
        if topic:
            query = stand_alone(topic, chat) if chat else Query(topic)
            event = self._on(topic, query)
            return EventQuestion(question, filters, topic, before, self._within(event, filters), event, one=one)
        if opened := self._opened(chat):
            event = tuple(of_one_event(library, [opened]))
            return EventQuestion(
                question, filters, "", before, self._within(event, filters), event, one=one or bool(filters.outlets)
            )
        held = [each for each in library.listed() if not filters or self._lets_through(filters, each.id)]
        if not held:
            return EventQuestion(question, filters, "", before, ())
        if filters.outlets or len(held) == 1:
            article = library.article(held[0].id)
            event = tuple(of_one_event(library, [article.id]))
            about = self._within(event, filters)
            others = (each for each in about if each != article)
            one = len({each.outlet for each in about}) == 1
            return EventQuestion(question, filters, "", before, (article, *others), event, one_of=len(held), one=one)
        several = tuple(events(library, MOST_EVENTS))
        lead = several[0].lead.id if several else held[0].id
        event = tuple(of_one_event(library, [lead]))
        about = self._within(event, filters)
        return EventQuestion(question, filters, "", before, about, event, several if len(several) > 1 else ())

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
        text = " ".join(f"{each.title or ''} {each.text} {each.outlet or ''}" for each in about)
        named = [name for name in [topic.split()[0], *names(topic)] if name[:1].isupper() and is_name(name)]
        if unmentioned(named, text):
            return ()
        nearest = library.by_meaning(self._searcher.embedding.get_query_embedding(topic), 1)
        return about if best >= COVERED or (nearest and nearest[0][1] >= NEAR) else ()

    def knows(self, topic: str) -> bool:
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
