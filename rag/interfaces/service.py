"""The Assistant for the API, MCP and the command line, with JSON values as the README describes them.

`Service` uses the library in this process. `rag.interfaces.client.Client` has the same methods and uses the
process that has it open. Imports are late, so that a client starts quickly.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from rag.errors import UnknownArticle, UsageError
from rag.reply import FROM_THE_QUESTION, Filters, Turn
from rag.settings import Engine

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.ingestion.pipeline import IngestEvent

Json = dict[str, Any]
Events = Callable[[], "Iterator[IngestEvent]"]
COVERAGE_FORMS: Final = ("md", "csv")
NO_SELECTION = "Say which articles to remove: their ids, or --outlet NAME."


def _at_once(events: Events) -> Iterator[IngestEvent]:
    return events()


class Service:
    """An Assistant's answers as JSON values. Close it, or use it in a `with`.

    `take_in` runs an iterator that adds articles and yields its events. The page passes its own, so that two people who
    add articles do not interfere.
    """

    def __init__(self, assistant: Assistant, take_in: Callable[[Events], Iterator[IngestEvent]] = _at_once) -> None:
        self._assistant = assistant
        self._library = assistant.library
        self._take_in = take_in

    def close(self) -> None:
        """Close the library."""
        self._assistant.close()

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Asking. If `filters` is None, they are read from the question. `turns` are earlier questions, asked first;
    # `chat` has earlier questions with their answers. All raise UsageError, like `Assistant.ask`.

    def ask(
        self, question: str, filters: Filters = FROM_THE_QUESTION, turns: Sequence[str] = (), chat: Sequence[Turn] = ()
    ) -> Json:
        """The answer, as `ask --json` prints it."""
        return self._assistant.ask(question, filters, self._chat(turns, chat, filters)).to_json()

    def replies(
        self, question: str, filters: Filters = FROM_THE_QUESTION, turns: Sequence[str] = (), chat: Sequence[Turn] = ()
    ) -> Generator[Json, None, None]:
        """The answer as it is written, complete at the end. Closing the iterator stops the language model."""
        stop = Event()
        try:
            before = self._chat(turns, chat, filters)
            for reply in self._assistant.replies(question, filters, before, self._assistant.own_model, stop):
                yield reply.to_json()
        finally:
            stop.set()

    def search(
        self, question: str, filters: Filters = FROM_THE_QUESTION, turns: Sequence[str] = (), chat: Sequence[Turn] = ()
    ) -> Json:
        """The passages for the question, at most 20, best first."""
        return self._assistant.find(question, filters, self._chat(turns, chat, filters)).to_json()

    def coverage(self, question: str, filters: Filters = FROM_THE_QUESTION) -> Json:
        """Who says what, as `coverage --json` prints it."""
        from rag.coverage.coverage_json import coverage_json

        return coverage_json(self._assistant.coverage(question, filters))

    def coverage_as(self, form: str, question: str, filters: Filters = FROM_THE_QUESTION) -> str:
        """Who says what in one of COVERAGE_FORMS."""
        from rag.coverage.coverage_export import FORMS

        return FORMS[form](self._assistant.coverage(question, filters))

    def _chat(self, turns: Sequence[str], chat: Sequence[Turn], filters: Filters) -> Sequence[Turn]:
        if turns and chat:
            raise UsageError("Give either turns, the earlier questions, or chat, those with their answers.")
        return chat or self._assistant.chat_of(turns, filters)

    # The library

    def articles(
        self,
        search: str = "",
        outlets: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> Json:
        """The articles that contain all words of `search`, of these outlets, published from `since` until `until`, the
        latest first: the total, and at most `limit` articles from `offset` on, as `list --json` prints them, with a
        `label`. Undated articles match no condition on dates.
        """
        wanted = {name.casefold() for name in outlets}
        found = [
            each.id
            for each in self._library.listed(search)
            if (not wanted or (each.outlet or "").casefold() in wanted)
            and (not since or (each.published or "") >= since.isoformat())
            and (not until or (each.published or "~") <= until.isoformat())
        ]
        listed = []
        for id in found[offset:] if limit is None else found[offset : offset + limit]:
            with suppress(UnknownArticle):  # removed meanwhile
                article = self._library.article(id)
                listed.append(article.to_json(text=False) | {"label": article.label})
        return {"total": len(found), "articles": listed}

    def article(self, id: str) -> Json:
        """An article with its text, as `show --json` prints it. Raises UnknownArticle."""
        return self._library.article(id).to_json()

    def versions(self, id: str) -> list[Json]:
        """The earlier versions of an article, the oldest first, each with the changes in the next one, counted by kind.

        Raises UnknownArticle.
        """
        return [
            {
                "version": version.version,
                "replaced_at": version.replaced_at,
                "changes": dict(Counter(each.kind for each in differences)),
            }
            for version, differences in self._library.versions(id)
        ]

    def duplicates(self) -> list[Json]:
        """The groups of copies, as `duplicates --json` prints them."""
        return [asdict(group) for group in self._library.copies()]

    def status(self) -> Json:
        """The size of the library, as `status --json` prints it."""
        return asdict(self._library.status())

    def ingest(
        self, places: Sequence[str], folder: str | None = None, engine: Engine = "local"
    ) -> Generator[Json, None, None]:
        """Add files, folders, globs and addresses; yields an `IngestEvent` for each.

        Relative paths start in `folder`, or in the working directory. Closing the iterator stops between two articles.
        Raises UsageError while somebody else is adding articles.
        """
        begin = f"{folder}{os.sep}" if folder else ""
        events = self._take_in(lambda: self._assistant.ingest([_from(begin, place) for place in places], engine))
        return (asdict(replace(event, source=event.source.removeprefix(begin))) for event in events)

    def feeds(self) -> list[Json]:
        """The feeds, as `feeds list --json` prints them."""
        return [asdict(feed) for feed in self._assistant.intake.feeds()]

    def follow(self, url: str) -> Json:
        """Follow a feed or sitemap. Raises ReadError if there is none at the address."""
        return asdict(self._assistant.intake.follow(url))

    def refresh(self, urls: Sequence[str] = ()) -> Generator[Json, None, None]:
        """Add new and changed articles of the feeds, like `ingest`. Raises UsageError for an unknown feed."""
        return (asdict(event) for event in self._take_in(lambda: self._assistant.intake.refresh(urls)))

    def unfollow(self, url: str) -> None:
        """Stop following a feed. Raises UsageError if it is not followed."""
        self._assistant.intake.unfollow(url)

    def edit(self, id: str, values: Mapping[str, str]) -> Json:
        """Correct an article's details and return it. Raises UsageError, UnknownArticle."""
        return self._assistant.intake.edit(id, values).to_json()

    def remove(self, ids: Sequence[str] = (), outlet: str | None = None) -> int:
        """Remove articles by id, or all of an outlet, also from saved evaluations. Returns how many.

        Raises UnknownArticle or UsageError for an unknown id or outlet; then nothing is removed.
        """
        from rag.evaluation.report import forget  # imported late: most calls do not need it

        if bool(ids) == bool(outlet):
            raise UsageError(NO_SELECTION)
        before = len(self._library.catalogue.removals())
        if outlet:
            number = self._library.remove_outlet(outlet)
        else:
            chosen = list(dict.fromkeys(ids))
            self._library.remove(chosen)
            number = len(chosen)
        forget([id for id, _, _ in self._library.catalogue.removals()[before:]], self._library.folder)
        return number


def related(reply: Json) -> list[str]:
    """The related sentences of an answer, one line each: "Outlet, day: words (address)"."""
    return [
        f"{each['outlet'] or 'unknown outlet'}, {each['published'] or 'undated'}: {' '.join(each['quote'].split())} "
        f"({each['url'] or each['path'] or each['article_id']})"
        for each in reply["more"]
    ]


def _from(begin: str, place: str) -> str:
    """A relative path with `begin` before it; addresses, "~" and absolute paths unchanged."""
    from rag.ingestion.web import is_address

    return place if is_address(place) or place[:1] in ("", "~", os.sep) or not place.strip() else begin + place
