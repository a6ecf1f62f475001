"""The composition root: every front end asks the same Assistant."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.article import Filters, Reply, Sentence, Turn
from rag.chats.chats import Chats
from rag.embedding import Embedding, load_embedding
from rag.errors import SecondSourceError, UsageError
from rag.library.library import Library
from rag.querying.answer import LONGEST_QUESTION, Answerer, Searched
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.coverage.coverage import Coverage
    from rag.ingestion.fetch import Fetcher
    from rag.ingestion.intake import Intake
    from rag.ingestion.pipeline import IngestEvent

watch = logging.getLogger("rag.questions")
"""One line of JSON for each question: ids, counts and times, never a word of what was asked or answered."""


class Assistant:
    """A library, the model that embeds, and what is done with them."""

    def __init__(
        self,
        library: Library,
        embedding: Embedding,
        settings: Settings,
        make_fetcher: Callable[..., Fetcher] | None = None,
    ) -> None:
        self.library = library
        self.embedding = embedding
        self.settings = settings
        self._make_fetcher = make_fetcher
        self._answerer = Answerer(library, embedding, settings.cross_encoder, settings.models)

    @classmethod
    def open(
        cls, settings: Settings, any_model: bool = False, make_fetcher: Callable[..., Fetcher] | None = None
    ) -> Assistant:
        """Load the model and open the library in `settings.store`, made when it is not there.

        With `any_model` a library built with another model opens too, to be embedded anew. `make_fetcher` makes what
        fetches addresses, in place of Fetcher.
        Raises ModelError, LibraryBusy or LibraryError.
        """
        embedding = load_embedding(settings)
        library = Library.open(settings.store, embedding.identity, embedding.model_name, any_model)
        return cls(library, embedding, settings, make_fetcher)

    def close(self) -> None:
        """Let the library and its chats go."""
        if "chats" in self.__dict__:
            self.chats.close()
        self.library.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def chats(self) -> Chats:
        """The chats that are kept."""
        return Chats(self.library)

    @cached_property
    def intake(self) -> Intake:
        """How articles come in."""
        from rag.ingestion.intake import Intake  # late: asking needs none of it

        return Intake(self.library, self.embedding, self.settings.max_file_mb, self._make_fetcher)

    def ingest(self, places: Sequence[str | Path]) -> Iterator[IngestEvent]:
        """Read files, folders, globs and addresses into the library: see `Intake.ingest`."""
        return self.intake.ingest(places)

    def ask(self, question: str, filters: Filters | None = None, chat: Sequence[Turn] = ()) -> Reply:
        """Answer `question`, asked after the turns of `chat`.

        Conditions on outlets and dates are read from the question itself, unless `filters` says what they are to be.
        Raises UsageError for an empty or over-long question and for an outlet that the library does not have.
        """
        line: dict[str, object] = {"question": uuid.uuid4().hex, "turns": len(chat), "characters": len(question)}
        line["error"] = "unexpected"
        try:
            reply = self._answerer.answer(question, filters, chat)
            line |= {
                "error": None,
                "answered_by": reply.answered_by,
                "reason": reply.reason,
                "statements": len(reply.statements),
                "articles": [citation.article_id for citation in reply.citations],
                "struck_out": reply.struck_out,
                "retrieved": len(reply.retrieved),
                **reply.timings,
            }
            return reply
        except SecondSourceError as error:
            line["error"] = type(error).__name__
            raise
        finally:
            watch.info(json.dumps(line))

    def ask_after(self, turns: Sequence[str], question: str, filters: Filters | None = None) -> Reply:
        """Ask `turns`, the earlier questions of a chat, in order, and then `question`. Raises as `ask` does."""
        chat: list[Turn] = []
        for turn in turns:
            chat.append(Turn(turn, self.ask(turn, filters, chat).answer))
        return self.ask(question, filters, chat)

    def coverage(self, question: str, filters: Filters | None = None, chat: Sequence[Turn] = ()) -> Coverage:
        """Who says what about the event that `question` is about, whatever outlets it names. Raises as `ask` does."""
        from rag.coverage.coverage import cover  # late: asking needs none of it

        searched = self._answerer.search(question, filters, chat)
        found = dict.fromkeys(each.node.metadata["article_id"] for each in searched.ranked[0])
        return cover(
            self.library, self.embedding, searched.question, list(found), partial(self._answerer.tell, searched)
        )

    def coverage_of_event(self, id: str) -> Coverage:
        """Who tells of the event that the article of that id is about; nothing is asked. Raises UnknownArticle."""
        from rag.coverage.coverage import cover

        article = self.library.article(id)
        return cover(self.library, self.embedding, article.label, [id], lambda articles: ())

    def coverage_of_sentence(self, id: str, start: int, end: int) -> Coverage:
        """What the other outlets say to a sentence of the article of that id, `text[start:end]`.

        Raises UnknownArticle, and UsageError where the article has no such stretch.
        """
        from rag.coverage.coverage import cover

        article = self.library.article(id)
        text = article.text[start:end]
        if not 0 <= start < end <= len(article.text) or not text.strip():
            raise UsageError(f"The article has no sentence from {start} to {end}: it may have changed since.")
        searched = self._answerer.search(text[:LONGEST_QUESTION], Filters(), ())
        tell = partial(self._answerer.tell, searched)
        return cover(self.library, self.embedding, text, [id], tell, (article, Sentence(start, end)))

    def search(self, question: str, filters: Filters | None = None, chat: Sequence[Turn] = ()) -> Searched:
        """What `ask` answers from: the question understood, the passages in their order. Raises as `ask` does."""
        return self._answerer.search(question, filters, chat)
