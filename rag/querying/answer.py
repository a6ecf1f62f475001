"""From a question to a reply: understood, searched, read, answered from the articles' own sentences, cited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

import numpy as np
from llama_index.core.schema import TextNode

from rag.article import Article
from rag.errors import Superseded
from rag.library.library import Library
from rag.models.reader import probability, yes_no
from rag.querying.citations import cite, direct_lines, point_to
from rag.querying.compose import (
    CHOSEN,
    Composed,
    Evidence,
    Rules,
    compose,
    in_parts,
    more_on_this,
    not_mentioned,
    of_two_sides,
    with_direct_line,
)
from rag.querying.conditions import asks_several, read_conditions
from rag.querying.intent import intent_of
from rag.querying.library_answers import LibraryAnswers
from rag.querying.library_questions import library_question
from rag.querying.outlet_accounts import differing_accounts, named_accounts
from rag.querying.query import Query, SmallTalk, small_talk, sub_questions
from rag.querying.read import candidates
from rag.querying.retrieve import PASSAGES, fuse
from rag.querying.search import LONGEST_QUESTION, Clock, Condense, Searcher, SearchResults, one_line
from rag.reply import Citation, Filters, Intent, Reason, Reply, RetrievedPassage, SaysYes, State, Statement, Turn
from rag.text.answer_values import alike

READINGS = 3
NEAR, MOST_RELATED = 0.4, 2
"""The cosine to the question from which a sentence that does not answer is worth showing, and how many are shown.

Chosen by reading 24 refusals: of questions about other things than the library's no sentence came above .25, of those
about its events hardly any stayed below .4.
"""
MOST_COMPARED = 20
"""Sentences that are compared with a refused question."""
NO_ARTICLE_SAYS = "No article says this directly. Closest sentences:"
NOT_ANSWERED = "The library has no answer to this."
CANNOT = "I can only answer questions from the articles in this library."
AnswerOfAnEvent = Callable[[Intent, str, Filters, Sequence[Turn], Clock], Reply | None]
GONE = "The articles found have just been removed from the library. Ask again."


def choose(searched: SearchResults, rules: Rules = CHOSEN, says_yes: SaysYes = lambda *_: None) -> Composed:
    """The answer: each outlet's account where accounts are asked for, else the sentences that answer best."""
    composed = compose(searched.ranked, rules, searched.open)
    accounts = Composed()
    if searched.by_outlet:
        accounts = named_accounts(searched.by_outlet, rules)
    elif composed.evidence and asks_several(searched.question, searched.filters):
        accounts = differing_accounts(searched.ranked, rules)
    if accounts.evidence:
        return accounts
    if searched.open:
        return composed
    sides = searched.sides
    if sides and (both := of_two_sides(sides, composed, searched.ranked, searched.parts, says_yes, rules)):
        return both
    if searched.parts and not sides:
        return in_parts(composed, searched.parts, rules)
    return with_direct_line(searched.wanted, composed, searched.ranked, says_yes, rules)


class Answerer:
    """Answers questions from what is found in a library."""

    def __init__(self, library: Library, searcher: Searcher, overview: AnswerOfAnEvent | None = None) -> None:
        """`overview` answers what is asked of a whole event."""
        self.library = library
        self.searcher = searcher
        self.overview = overview

    def answer(
        self, question: str, filters: Filters, chat: Sequence[Turn], condense: Condense | None = None
    ) -> tuple[Reply, SearchResults | None]:
        """Answer `question` from the articles' own sentences, and say what was found for it; see `Assistant.ask`.

        Where an article is replaced while it is read, because others come in meanwhile, all is read once more. Nothing
        is searched for small talk.
        """
        for _ in range(READINGS - 1):
            with suppress(Superseded):
                return self._answer(question, filters, chat, condense)
            self.searcher.forget()
        return self._answer(question, filters, chat, condense)

    def _answer(
        self, question: str, filters: Filters, chat: Sequence[Turn], condense: Condense | None
    ) -> tuple[Reply, SearchResults | None]:
        clock = Clock()
        intent = self._intent(question)
        if routed := self._routed(intent, one_line(question), filters, chat, clock):
            return routed, None
        searched = self.searcher.search(question, filters, chat, condense, clock)
        composed = choose(searched, says_yes=self.says_yes)
        if intent == "person" and not_mentioned(searched.query, searched.ranked):
            composed = Composed()  # whoever the sentences are about, it is somebody else
        reason: Reason | None = None
        statements, citations = cite(composed.evidence, self.library, self.searcher.reader.reader)
        statements = (*direct_lines(composed.direct, citations, self.library), *statements)
        related = more_on_this(composed.evidence, searched.ranked, MOST_RELATED) if citations else self._near(searched)
        more = point_to(related, self.library, len(citations))
        state: State = "answered" if citations else "related" if more else "nothing"
        if state != "answered":
            reason, explanation = self._refusal(searched, more)
            if reason == "outside_filters":  # what answers is elsewhere: what is near within does not help
                state, more = "nothing", ()
            statements = (Statement(GONE if composed.evidence else explanation),)
        clock.lap("answer_ms")
        reply = Reply(
            question=searched.question,
            query=searched.query.text,
            filters=searched.filters,
            statements=statements,
            state=state,
            reason=reason,
            answered_by="extract",
            citations=citations,
            more=more,
            retrieved=self.considered(searched),
            timings=clock.laps(),
            struck_out=len(composed.evidence) - len(citations),
            note=searched.note,
            intent="person" if intent == "person" else "fact",
        )
        return reply, searched

    def _intent(self, question: str) -> Intent:
        """What the question is for; one that nobody can answer is left to the search, which says what is wrong."""
        question = one_line(question)
        return intent_of(question, self.searcher.embedding) if 0 < len(question) <= LONGEST_QUESTION else "fact"

    def _routed(
        self, intent: Intent, question: str, filters: Filters, chat: Sequence[Turn], clock: Clock
    ) -> Reply | None:
        """The answer to a question for anything but a fact; None where it is one, or better asked as one."""
        talk = small_talk(question) or ("help" if intent == "small_talk" else None)
        if talk:
            return self._small_talk(question, talk)
        if told := self._of_itself(intent, question, filters, chat, clock):
            return told
        if intent == "cannot":
            said = (Statement(CANNOT),)
            return Reply(question, question, Filters(), said, "answered", None, "library", timings=clock.laps(),
                         intent=intent)  # fmt: skip
        if self.overview is None or sub_questions(Query(question)):  # of several things each is searched for
            return None
        return self.overview(intent, question, filters, chat, clock)

    def _small_talk(self, question: str, kind: SmallTalk) -> Reply:
        status = self.library.status()
        held = (
            f"the {status.articles} articles of this library" if status.articles else "your articles, once you add some"
        )
        said = {
            "greeting": f"Hello. Ask me anything about {held}.",
            "thanks": "You are welcome.",
            "help": f"I answer questions from {held}, in their own sentences, each with a citation. Ask who, what, "
            "when, where, why or how many. Name an outlet or a date to narrow it down, or ask how the outlets differ.",
        }
        return Reply(
            question=question,
            query=question,
            filters=Filters(),
            statements=(Statement(said[kind]),),
            state="answered",
            reason=None,
            answered_by="small_talk",
            timings={"total_ms": 0},
            intent="small_talk",
        )

    def _of_itself(
        self, intent: Intent, question: str, filters: Filters, chat: Sequence[Turn], clock: Clock
    ) -> Reply | None:
        """The answer to a question about the library itself; None where it is about the news."""
        asked = library_question(question, date.today(), intent)
        if asked is None or not self.library.status().articles:
            return None
        read = Filters()
        if asked.loose:
            outlets = self.library.outlets()
            read = replace(read_conditions(question, outlets, date.today()).filters, since=None, until=None)
        filters = self.searcher.conditions(filters or read, read)
        clock.lap("understand_ms")
        told = LibraryAnswers(self.searcher).answer(asked, filters, chat, date.today())
        if told is None:
            return None
        clock.lap("answer_ms")
        statements, citations = told
        return Reply(
            question=question,
            query=asked.topic or question,
            filters=filters,
            statements=statements,
            state="answered",
            reason=None,
            answered_by="library",
            citations=citations,
            timings=clock.laps(),
            intent="summary" if asked.kind == "summary" else "new" if asked.kind in ("new", "changed") else "holdings",
        )

    def _refusal(self, searched: SearchResults, more: Sequence[Citation]) -> tuple[Reason, str]:
        """Why there is no answer: for the program, and as a sentence."""
        if not self.library.status().articles:
            return "empty_library", "The library is empty. Add articles first, then ask again."
        if searched.filters and self._answered_elsewhere(searched):
            what = "articles" if searched.filters.within else "outlets and dates"
            return "outside_filters", (
                f"Nothing within the selected {what} answers this, but other articles in the library may. "
                "Ask again without the conditions."
            )
        if searched.filters and not searched.ranked:
            return "outside_filters", "The library has no article that matches these conditions."
        if more:
            return "not_covered", NO_ARTICLE_SAYS
        return "not_covered", f"{NOT_ANSWERED} {not_mentioned(searched.query, searched.ranked)}".strip()

    def _near(self, searched: SearchResults) -> list[Evidence]:
        """The sentences that are closest to a question that none answers, MOST_RELATED at most.

        A reader that finds no answer ranks what is left by little, so its order is fused with that of the cosines to
        the question, among those that are NEAR at least.
        """
        read = candidates(searched.ranked)[:MOST_COMPARED]
        if not read:
            return []
        embedding = self.searcher.embedding
        asked = np.array(embedding.get_query_embedding(searched.query.text), np.float32)
        cosines = np.array([embedding.get_query_embedding(each.text) for each in read], np.float32) @ asked
        fused = fuse([range(len(read)), np.argsort(-cosines, kind="stable").tolist()])
        near: list[Evidence] = []
        for n in fused:
            if cosines[n] >= NEAR and not any(alike(read[n].text, other.text) for other in near):
                near.append(Evidence.of(read[n]))
        return near[:MOST_RELATED]

    def _answered_elsewhere(self, searched: SearchResults) -> bool:
        """Whether articles that the conditions leave out answer the question."""
        found = self.searcher.retrieve(searched.query, Filters())
        return bool(compose(self.searcher.reader.read(searched.wanted, found)).evidence)

    def says_yes(self, question: str, texts: Sequence[tuple[str, str]]) -> list[bool | None] | None:
        """See `rag.querying.direct_line.SaysYes`."""
        told = self.searcher.reader.reader.says_yes(question, texts)
        if told is None:
            return None
        clear = yes_no()["clear"]
        return [True if each >= clear else False if each <= 1 - clear else None for each in told.tolist()]

    def considered(self, searched: SearchResults) -> tuple[RetrievedPassage, ...]:
        """The passages, PASSAGES at most, each with the probability that it answers; 0 where it was not read."""
        considered = []
        for rank, each in enumerate(searched.ranked[:PASSAGES], 1):
            node = each.node
            assert isinstance(node, TextNode)
            article: Article = node.metadata["article"]
            considered.append(
                RetrievedPassage(
                    rank=rank,
                    article_id=article.id,
                    outlet=article.outlet,
                    url=article.url,
                    path=article.path,
                    start=node.start_char_idx or 0,
                    end=node.end_char_idx or 0,
                    text=node.text,
                    score=round(probability(each.score or 0.0), 6),
                )
            )
        return tuple(considered)
