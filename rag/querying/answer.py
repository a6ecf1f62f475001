"""From a question to a reply: understood, searched, reranked, answered from the articles' own sentences, cited."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from llama_index.core.schema import TextNode

from rag.article import Article, Citation, Considered, Filters, Reason, Reply, Statement, Turn
from rag.errors import Superseded
from rag.library.library import Library
from rag.querying.about import about_the_library
from rag.querying.accounts import differing_accounts, named_accounts
from rag.querying.citations import cite
from rag.querying.conditions import asks_several
from rag.querying.evidence import Weigh, weigh
from rag.querying.extract import Evidence, NoAnswer, extract
from rag.querying.holdings import Holdings
from rag.querying.retrieve import PASSAGES
from rag.querying.search import Clock, Condense, Searched, Searcher, one_line, things_asked
from rag.querying.understand import SmallTalk, small_talk

LONGEST_QUESTION = 1000
SEARCHES_KEPT = 8
READINGS = 3
PASSAGES_FOR_A_PART = 8
PASSAGES_OF_AN_ARTICLE, PASSAGES_TOLD = 3, 40
"""Of those that are read for what the outlets tell: how many of one article, and of all."""


def choose(searched: Searched, library: Library, weigh: Weigh = weigh) -> list[Evidence] | NoAnswer:
    """The sentences of the answer: each outlet's account where accounts are asked for, else those that answer best.

    `weigh` says how well each candidate answers.
    """
    answer = extract(searched.question, searched.queries, searched.ranked, library, weigh)
    if isinstance(answer, NoAnswer):
        return answer
    if searched.by_outlet:
        return named_accounts(searched.asked, searched.by_outlet, library, weigh) or answer
    if asks_several(searched.question, searched.filters):
        return differing_accounts(things_asked(searched.queries[0])[0], searched.ranked[0], library, weigh) or answer
    return answer


class Answerer:
    """Answers questions from what is found in a library."""

    def __init__(self, library: Library, searcher: Searcher) -> None:
        self.library = library
        self.searcher = searcher

    def answer(
        self, question: str, filters: Filters | None, chat: Sequence[Turn], condense: Condense | None = None
    ) -> tuple[Reply, Searched | None]:
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
        self, question: str, filters: Filters | None, chat: Sequence[Turn], condense: Condense | None
    ) -> tuple[Reply, Searched | None]:
        clock = Clock()
        talk = small_talk(question)
        if talk is not None:
            return self._small_talk(" ".join(question.split()), talk), None
        if told := self._of_itself(one_line(question), filters, chat, clock):
            return told, None
        searched = self.searcher.search(question, filters, chat, condense, clock)
        reason: Reason | None = None
        answer = choose(searched, self.library)
        if isinstance(answer, NoAnswer):
            reason, explanation = self._refusal(searched, answer)
            statements: tuple[Statement, ...] = (Statement(explanation),)
            citations: tuple[Citation, ...] = ()
        else:
            statements, citations = cite(answer, self.library, searched.queries[0])
            if not statements:  # what was found has been removed or changed meanwhile
                reason, statements = "not_covered", (Statement("What was found has just left the library: ask again."),)
        clock.lap("answer_ms")
        reply = Reply(
            question=searched.question,
            query=searched.queries[0].text,
            filters=searched.filters,
            statements=statements,
            abstained=reason is not None,
            reason=reason,
            answered_by="extract",
            citations=citations,
            retrieved=self.considered(searched),
            timings=clock.laps(),
            struck_out=0 if isinstance(answer, NoAnswer) else len(answer) - len(citations),
        )
        return reply, searched

    def _small_talk(self, question: str, kind: SmallTalk) -> Reply:
        status = self.library.status()
        held = (
            f"the {status.articles} articles of this library" if status.articles else "your articles, once you add some"
        )
        said = {
            "greeting": f"Hello. Ask me anything about {held}.",
            "thanks": "You are welcome.",
            "help": f"I answer questions from {held}: in their own sentences, each with its citation. Ask who, what, "
            "when, where, why or how many; name an outlet or a date to narrow it down; or ask how the outlets differ.",
        }
        return Reply(
            question=question,
            query=question,
            filters=Filters(),
            statements=(Statement(said[kind]),),
            abstained=False,
            reason=None,
            answered_by="small_talk",
            timings={"total_ms": 0},
        )

    def _of_itself(self, question: str, filters: Filters | None, chat: Sequence[Turn], clock: Clock) -> Reply | None:
        """The answer to a question about the library itself; None where it is about the news."""
        asked = about_the_library(question, date.today())
        if asked is None or not self.library.status().articles:
            return None
        filters = self.searcher.conditions(filters or Filters())
        clock.lap("understand_ms")
        told = Holdings(self.searcher).tell(asked, filters, chat, date.today())
        if told is None:
            return None
        clock.lap("answer_ms")
        statements, citations = told
        return Reply(
            question=question,
            query=asked.topic or question,
            filters=filters,
            statements=statements,
            abstained=False,
            reason=None,
            answered_by="library",
            citations=citations,
            timings=clock.laps(),
        )

    def _refusal(self, searched: Searched, answer: NoAnswer) -> tuple[Reason, str]:
        if not self.library.status().articles:
            return "empty_library", "The library is empty. Add articles to it first, then ask again."
        if searched.filters:
            found = self.searcher.retrieve(searched.queries, Filters())
            anywhere = self.searcher.rerank(searched.queries, found, Filters())
            if not isinstance(extract(searched.question, searched.queries, anywhere, self.library), NoAnswer):
                what = "articles" if searched.filters.within else "outlets and dates"
                return "outside_filters", (
                    f"Nothing within the chosen {what} answers this, but other articles of the library may: "
                    "ask again without the conditions."
                )
        return "not_covered", f"The library does not answer this. {answer.explanation}".strip()

    def considered(self, searched: Searched) -> tuple[Considered, ...]:
        """The passages for the whole question, PASSAGES at most."""
        considered = []
        for rank, each in enumerate(searched.ranked[0][:PASSAGES], 1):
            node = each.node
            assert isinstance(node, TextNode)
            article: Article = node.metadata["article"]
            considered.append(
                Considered(
                    rank=rank,
                    article_id=article.id,
                    outlet=article.outlet,
                    url=article.url,
                    path=article.path,
                    start=node.start_char_idx or 0,
                    end=node.end_char_idx or 0,
                    text=node.text,
                    score=round(each.score or 0.0, 6),
                )
            )
        return tuple(considered)
