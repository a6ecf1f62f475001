"""The composition root: the Assistant that all interfaces use."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from rag import telemetry
from rag.article import Excerpt
from rag.chats.chats import Chats
from rag.errors import LanguageModelError, SecondSourceError, UsageError
from rag.library.chroma import server_of
from rag.library.library import Library
from rag.models.embedding import Embedding, load_embedding
from rag.models.reader import Reader, load_reader
from rag.querying.answer import Answerer
from rag.querying.query import language_note
from rag.querying.search import Clock, Searcher, SearchResults
from rag.reply import FROM_THE_QUESTION, Filters, Found, Intent, Reply, Turn
from rag.settings import PACKAGED_MODEL, Engine, Settings

if TYPE_CHECKING:
    from rag.coverage.coverage import Coverage
    from rag.ingestion.fetch import Fetcher
    from rag.ingestion.intake import Intake
    from rag.ingestion.pipeline import IngestEvent
    from rag.models.language_model import Model
    from rag.querying.claim_check import Checker
    from rag.querying.generate import Writer


class Assistant:
    """A library, the model that embeds, and what is done with them."""

    def __init__(
        self,
        library: Library,
        embedding: Embedding,
        settings: Settings,
        make_fetcher: Callable[..., Fetcher] | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.library = library
        self.embedding = embedding
        self.settings = settings
        self._make_fetcher = make_fetcher
        self._writers: dict[str, Writer] = {}
        self._reader = reader

    @classmethod
    def open(
        cls, settings: Settings, any_model: bool = False, make_fetcher: Callable[..., Fetcher] | None = None
    ) -> Assistant:
        """Load the model and open the library in `settings.store`, made when it is not there.

        With `any_model` a library built with another model opens too, to be embedded anew. `make_fetcher` makes what
        fetches addresses, in place of Fetcher.
        Raises ModelError, LibraryBusy or LibraryError (ChromaAway for a Chroma server that does not answer).
        """
        embedding = load_embedding(settings)
        library = Library.open(settings.store, embedding.identity, embedding.model_name, any_model, server_of(settings))
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
    def _searcher(self) -> Searcher:
        reader = self._reader or load_reader(self.settings.reader)  # late: listing and adding need none
        return Searcher(self.library, self.embedding, reader)

    @cached_property
    def _answerer(self) -> Answerer:
        return Answerer(self.library, self._searcher, self._overview)

    def _overview(
        self, intent: Intent, question: str, filters: Filters, chat: Sequence[Turn], clock: Clock
    ) -> Reply | None:
        from rag.overview.overview import Overview  # late: most questions are for a fact

        return Overview(self._searcher).answer(intent, question, filters, chat, clock)

    @cached_property
    def chats(self) -> Chats:
        """The chats that are kept."""
        return Chats(self.library)

    @cached_property
    def intake(self) -> Intake:
        """How articles come in."""
        from rag.ingestion.intake import Intake  # late: asking needs none of it

        return Intake(self.library, self.embedding, self.settings.max_file_mb, self._make_fetcher)

    def ingest(self, places: Sequence[str | Path], engine: Engine = "local") -> Iterator[IngestEvent]:
        """Read files, folders, globs and addresses into the library: see `Intake.ingest` and `Intake.ingest_on_ray`."""
        return self.intake.ingest_on_ray(places, self.settings) if engine == "ray" else self.intake.ingest(places)

    def ask(self, question: str, filters: Filters = FROM_THE_QUESTION, chat: Sequence[Turn] = ()) -> Reply:
        """Answer `question`, asked after the turns of `chat`; the settings' language model writes, if there is one.

        Conditions on outlets and dates are read from the question itself, unless `filters` says what they are to be.
        Raises UsageError for an empty or over-long question and for an outlet that the library does not have, and
        ModelError where the reader's files are missing or altered.
        """
        return deque(self.replies(question, filters, chat, self.own_model), maxlen=1)[0]

    @property
    def own_model(self) -> str | None:
        """The settings' language model as `replies` takes it, if there is one. Raises UsageError where it is none."""
        return self.models[0].written if self.settings.language_model else None

    def replies(
        self,
        question: str,
        filters: Filters = FROM_THE_QUESTION,
        chat: Sequence[Turn] = (),
        model: str | None = None,
        stop: Event | None = None,
    ) -> Iterator[Reply]:
        """The reply as it grows: each holds what was written and checked so far, the last is the answer.

        `model` is how a language model is written in the settings; without one there is one reply, of the articles' own
        sentences. Once `stop` is set the next reply is the last, and keeps what was written. Raises as `ask` does.
        """
        line: dict[str, object] = {"question": uuid.uuid4().hex, "turns": len(chat), "characters": len(question)}
        line["error"] = "unexpected"
        note = language_note(question) if self.embedding.model_name == PACKAGED_MODEL else ""
        try:
            with telemetry.running("question"):
                for reply in self._replies(question, filters, chat, model, stop or Event()):
                    if note:
                        reply = replace(reply, note=f"{reply.note} {note}".strip())
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
                    yield reply
        except SecondSourceError as error:
            line["error"] = type(error).__name__
            raise
        finally:
            telemetry.note_question(line)

    def _replies(
        self, question: str, filters: Filters, chat: Sequence[Turn], model: str | None, stop: Event
    ) -> Iterator[Reply]:
        if model is None:
            yield self._answerer.answer(question, filters, chat)[0]
            return
        from rag.querying.generated_answer import replies  # late: asking without a language model needs none of it

        writer = self._writer(model)
        condense = None if isinstance(writer, LanguageModelError) else writer.condense
        reply, searched = self._answerer.answer(question, filters, chat, condense)
        if searched is None or reply.abstained:
            yield reply
        elif isinstance(writer, LanguageModelError):
            yield replace(reply, reason="model_failed", note=str(writer))
        else:
            strike = self.settings.unsupported == "strike"
            yield from replies(reply, searched.ranked, writer, self._checker, strike, stop)

    @cached_property
    def models(self) -> list[Model]:
        """The language models that can be chosen, that of the settings first. Raises UsageError where that is none."""
        if not self.settings.language_model and not any(self.settings.models.glob("*.gguf")):
            return []
        from rag.models.language_model import models  # late: without a language model nothing of it is imported

        return models(self.settings)

    def try_model(self, model: str) -> float:
        """The seconds that a language model takes to say a word. Raises LanguageModelError where it says none."""
        writer = self._writer(model)
        if isinstance(writer, LanguageModelError):
            raise writer
        return writer.time_to_a_word()

    def _writer(self, written: str) -> Writer | LanguageModelError:
        """The model loaded, once; or why it cannot be."""
        from rag.models.language_model import load_model, read_model
        from rag.querying.generate import Writer

        if written not in self._writers:
            model = read_model(written)
            try:
                llm = load_model(model, self.settings)
            except LanguageModelError as error:
                return error
            read, _, wrote = (self.settings.model_price or "").partition("/")
            price = (float(read), float(wrote)) if read else None
            self._writers[written] = Writer(
                llm, model.name, self.settings.model_timeout, self.settings.model_context, price
            )
        return self._writers[written]

    @cached_property
    def _checker(self) -> Checker:
        from rag.models.entailment import local_entailment
        from rag.querying.claim_check import Checker

        entailment = local_entailment(self.settings.entailment_model, self.settings.models)
        return Checker(self.library, self.embedding, entailment)

    def ask_after(self, turns: Sequence[str], question: str, filters: Filters = FROM_THE_QUESTION) -> Reply:
        """Ask `turns`, the earlier questions of a chat, in order, and then `question`. Raises as `ask` does."""
        return self.ask(question, filters, self.chat_of(turns, filters))

    def chat_of(self, turns: Sequence[str], filters: Filters = FROM_THE_QUESTION) -> list[Turn]:
        """`turns`, the questions of a chat, asked in order: each with its answer. Raises as `ask` does."""
        chat: list[Turn] = []
        for turn in turns:
            reply = self.ask(turn, filters, chat)
            chat.append(Turn(turn, reply.answer, tuple(each.article_id for each in reply.citations)))
        return chat

    def coverage(self, question: str, filters: Filters = FROM_THE_QUESTION, chat: Sequence[Turn] = ()) -> Coverage:
        """Who says what about the event that `question` is about, whatever outlets it names. Raises as `ask` does."""
        from rag.coverage.coverage import cover  # late: asking needs none of it

        searched = self._searcher.search(question, filters, chat)
        found = dict.fromkeys(each.node.metadata["article_id"] for each in searched.ranked)
        reading = partial(self._searcher.readings_on, searched.asked)
        return cover(
            self.library,
            self.embedding,
            searched.question,
            list(found),
            reading=reading,
            says_yes=self._answerer.says_yes,
        )

    def coverage_of_event(self, id: str) -> Coverage:
        """Who tells of the event that the article of that id is about; nothing is asked. Raises UnknownArticle."""
        from rag.coverage.coverage import cover

        article = self.library.article(id)
        return cover(self.library, self.embedding, article.label, [id])

    def coverage_of_sentence(self, id: str, start: int, end: int) -> Coverage:
        """What the other outlets say to a sentence of the article of that id, `text[start:end]`.

        Raises UnknownArticle, and UsageError where the article has no such stretch.
        """
        from rag.coverage.coverage import cover

        article = self.library.article(id)
        text = article.text[start:end]
        if not 0 <= start < end <= len(article.text) or not text.strip():
            raise UsageError(f"The article has no sentence from {start} to {end}: it may have changed since.")
        near = partial(self._searcher.sentences_near, text)
        return cover(self.library, self.embedding, text, [id], sentence=Excerpt(article, start, end), near=near)

    def search(self, question: str, filters: Filters = FROM_THE_QUESTION, chat: Sequence[Turn] = ()) -> SearchResults:
        """What `ask` answers from: the question understood, the passages in their order. Raises as `ask` does."""
        return self._searcher.search(question, filters, chat)

    def find(self, question: str, filters: Filters = FROM_THE_QUESTION, chat: Sequence[Turn] = ()) -> Found:
        """The passages that `ask` would answer from. Raises as `ask` does."""
        searched = self.search(question, filters, chat)
        return Found(searched.question, searched.query.text, searched.filters, self._answerer.considered(searched))
