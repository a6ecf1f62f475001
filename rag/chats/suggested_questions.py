"""Suggested questions: about the cited articles, and tried first so that the library can answer them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from rag.chats.exchange import Exchange
from rag.errors import Superseded, UnknownArticle
from rag.library.library import Library
from rag.reply import Reply
from rag.speech import speaker, utterances
from rag.speech.attributions import is_name

TRIED = 3
"""The most candidates; each costs as much as an answer."""


def suggestions(library: Library, ask: Callable[[str], Reply], exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Questions after the last of `exchanges`, each tried with `ask` first.

    They are what those said who speak in the articles cited there, and were not named in the chat yet.
    """
    asked = " ".join(each.question + " " + (each.reply.answer if each.reply else "") for each in exchanges).lower()
    for name in _speakers(library, exchanges[-1])[:TRIED]:
        question = f"What did {name} say?"
        if name.split()[-1].lower() not in asked and _answers(library, ask(question), name):
            yield question


def _speakers(library: Library, exchange: Exchange) -> list[str]:
    """The people quoted by name in the cited articles, those with most quotations first."""
    found: dict[str, int] = {}
    for id in dict.fromkeys(each.article_id for each in exchange.reply.citations) if exchange.reply else ():
        with suppress(UnknownArticle, Superseded):
            article = library.article(id)
            for each in utterances(article, library.sentences_of(article)):
                if is_name(each.speaker) and len(each.speaker.split()) > 1:
                    found[each.speaker] = found.get(each.speaker, 0) + 1
    return sorted(found, key=lambda name: -found[name])


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
