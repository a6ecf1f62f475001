"""Suggested questions, tried first so that the library can answer them: for a new chat, and after an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from rag.chats.exchange import Exchange
from rag.coverage.events import Event
from rag.errors import Superseded, UnknownArticle
from rag.library.library import Library
from rag.reply import Intent, Reply
from rag.speech import speaker, utterances
from rag.speech.attributions import is_name

TRIED = 3
"""The most candidates; each costs as much as an answer."""
LONGEST_HEADLINE = 100
ABOUT_AN_EVENT: dict[Intent, str] = {
    "comparison": "How do the outlets differ on “{}”?",
    "timeline": "Give me a timeline of “{}”",
    "summary": "Summarise “{}”",
}
ABOUT_A_PERSON: dict[Intent, str] = {
    "wording": "Did the outlets quote {} alike?",
    "statements": "What did {} say?",
    "person": "Who is {}?",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question to suggest, and what it is for."""

    question: str
    kind: Intent


def suggestions(library: Library, ask: Callable[[str], Reply], exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Questions after the last of `exchanges`, each tried with `ask` first.

    They are what those said who speak in the articles cited there, and were not named in the chat yet.
    """
    asked = " ".join(each.question + " " + (each.reply.answer if each.reply else "") for each in exchanges).lower()
    reply = exchanges[-1].reply
    cited = dict.fromkeys(each.article_id for each in reply.citations) if reply else {}
    for name in list(_speakers(library, list(cited)))[:TRIED]:
        question = f"What did {name} say?"
        if name.split()[-1].lower() not in asked and _answers(library, ask(question), name):
            yield question


def opening_questions(library: Library, ask: Callable[[str], Reply], events: Sequence[Event]) -> Iterator[Suggestion]:
    """Questions of different kinds about these events, each tried with `ask` first. At most one of each kind."""
    titled = [each for each in events if each.lead.title and len(each.lead.title) <= LONGEST_HEADLINE]
    for number, (kind, words) in enumerate(ABOUT_AN_EVENT.items()):
        for event in [*titled[number:], *titled[:number]][:TRIED]:
            question = words.format(_plain(event.lead.title or ""))
            if _is_answered(ask(question), kind):
                yield Suggestion(question, kind)
                break
    named: set[str] = set()
    for kind, words in ABOUT_A_PERSON.items():
        for event in titled[:TRIED]:
            quoted_by = _speakers(library, [each.id for each in event.articles])
            least = 2 if kind == "wording" else 1
            name = next((name for name, by in quoted_by.items() if name not in named and len(by) >= least), None)
            if name is None:
                continue
            question = words.format(name)
            reply = ask(question)
            if _is_answered(reply, kind) and (kind != "statements" or _answers(library, reply, name)):
                named.add(name)
                yield Suggestion(question, kind)
                break


def _plain(headline: str) -> str:
    """A headline to stand in quotation marks."""
    return re.sub(r"[“”\"]", "'", " ".join(headline.split()))


def _is_answered(reply: Reply, kind: Intent) -> bool:
    return reply.state == "answered" and reply.intent == kind and bool(reply.citations)


def _speakers(library: Library, ids: Sequence[str]) -> dict[str, set[str]]:
    """The people quoted by name in these articles, those with most quotations first, each with the outlets."""
    counts: dict[str, int] = {}
    outlets: dict[str, set[str]] = {}
    for id in ids:
        with suppress(UnknownArticle, Superseded):
            article = library.article(id)
            for each in utterances(article, library.sentences_of(article)):
                if is_name(each.speaker) and len(each.speaker.split()) > 1:
                    counts[each.speaker] = counts.get(each.speaker, 0) + 1
                    outlets.setdefault(each.speaker, set()).add(article.outlet or article.id)
    return {name: outlets[name] for name in sorted(counts, key=lambda name: -counts[name])}


def _answers(library: Library, reply: Reply, name: str) -> bool:
    """Whether the reply quotes that person."""
    for citation in reply.citations if not reply.abstained else ():
        with suppress(UnknownArticle, Superseded):
            article = library.article(citation.article_id)
            sentences = library.sentences_of(article)
            cited = (each for each in sentences if each.start < citation.end and citation.start < each.end)
            if any(name.split()[-1] in (speaker(article, each, sentences) or "") for each in cited):
                return True
    return False
