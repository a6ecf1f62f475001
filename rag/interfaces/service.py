"""What every door but the page offers of an Assistant, as the JSON values of the README's contract.

`Service` is the library opened in this process; `rag.interfaces.client.Client` has the same methods, and asks the
process that holds it. Only what is asked for is imported: a program that goes through another process starts at once.
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

from rag.article import FROM_THE_QUESTION, Filters, Turn
from rag.errors import UnknownArticle, UsageError
from rag.settings import Engine

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.ingestion.pipeline import IngestEvent

Json = dict[str, Any]
Events = Callable[[], "Iterator[IngestEvent]"]
COVERAGE_FORMS: Final = ("md", "csv")
NO_MARK = "Say which articles to remove: their ids, or --outlet NAME."


def _at_once(events: Events) -> Iterator[IngestEvent]:
    return events()


class Service:
    """An Assistant's answers as JSON values; to be closed, or used in a `with`.

    `take_in` is how articles come in: it is given what reads them, and tells what became of each. The page has a way
    of its own, so that two who add articles do not get into each other's way.
    """

    def __init__(self, assistant: Assistant, take_in: Callable[[Events], Iterator[IngestEvent]] = _at_once) -> None:
        self._assistant = assistant
        self._library = assistant.library
        self._take_in = take_in

    def close(self) -> None:
        """Let the library go."""
        self._assistant.close()

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Asking. `turns` are the earlier questions of a chat, asked first;
    # `chat` is such a chat with its answers. All raise UsageError as `Assistant.ask` does.

    def ask(
        self, question: str, filters: Filters = FROM_THE_QUESTION, turns: Sequence[str] = (), chat: Sequence[Turn] = ()
    ) -> Json:
        """The answer, as `ask --json` prints it."""
        return self._assistant.ask(question, filters, self._chat(turns, chat, filters)).to_json()

    def replies(
        self, question: str, filters: Filters = FROM_THE_QUESTION, turns: Sequence[str] = (), chat: Sequence[Turn] = ()
    ) -> Generator[Json, None, None]:
        """The answer as it grows, the last one whole. Closing the iterator stops the language model that writes."""
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
        """The passages that the question would be answered from, 20 at most, best first."""
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
        """The articles in which all words of `search` stand, of these outlets, published from `since` until `until`,
        the latest first: how many there are, and those from `offset` on, `limit` at most, as `list --json` prints them
        with a `label`. An article without a date meets no condition on it.
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
        """The earlier versions of an article, the oldest first, each with how many changes of a kind the next one made.

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
        """The groups of articles that print the same copy, as `duplicates --json` prints them."""
        return [asdict(group) for group in self._library.copies()]

    def status(self) -> Json:
        """What the library holds, as `status --json` prints it."""
        return asdict(self._library.status())

    def ingest(
        self, places: Sequence[str], folder: str | None = None, engine: Engine = "local"
    ) -> Generator[Json, None, None]:
        """Read files, folders, globs and addresses; what became of each, as `IngestEvent` has it.

        Relative paths begin in `folder`, else where this process was started. Closing the iterator ends it between two
        articles. Raises UsageError while articles are being added by somebody else.
        """
        begin = f"{folder}{os.sep}" if folder else ""
        events = self._take_in(lambda: self._assistant.ingest([_from(begin, place) for place in places], engine))
        return (asdict(replace(event, source=event.source.removeprefix(begin))) for event in events)

    def feeds(self) -> list[Json]:
        """The feeds that are followed, as `feeds list --json` prints them."""
        return [asdict(feed) for feed in self._assistant.intake.feeds()]

    def follow(self, url: str) -> Json:
        """Follow a feed or sitemap from now on. Raises ReadError where there is none."""
        return asdict(self._assistant.intake.follow(url))

    def refresh(self, urls: Sequence[str] = ()) -> Generator[Json, None, None]:
        """Read what is new or changed in the feeds, as `ingest` tells it. Raises UsageError for one not followed."""
        return (asdict(event) for event in self._take_in(lambda: self._assistant.intake.refresh(urls)))

    def unfollow(self, url: str) -> None:
        """Follow a feed no more. Raises UsageError where it is not followed."""
        self._assistant.intake.unfollow(url)

    def edit(self, id: str, values: Mapping[str, str]) -> Json:
        """Correct what is known of an article, and give it as it is now. Raises UsageError, UnknownArticle."""
        return self._assistant.intake.edit(id, values).to_json()

    def remove(self, ids: Sequence[str] = (), outlet: str | None = None) -> int:
        """Remove articles by their ids, or all of an outlet, and what kept evaluations quote of them; how many.

        Raises UnknownArticle for an id that is none, UsageError for an outlet without articles; then none is removed.
        """
        from rag.evaluation.report import forget  # late: most doors need none of it

        if bool(ids) == bool(outlet):
            raise UsageError(NO_MARK)
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
    """The sentences of an answer that are only related to the question, a line each: "Outlet, day: words (address)"."""
    return [
        f"{each['outlet'] or 'unknown outlet'}, {each['published'] or 'undated'}: {' '.join(each['quote'].split())} "
        f"({each['url'] or each['path'] or each['article_id']})"
        for each in reply["more"]
    ]


def _from(begin: str, place: str) -> str:
    """A path, if it is a relative one, as one that begins with `begin`; an address, "~" or nothing as it is."""
    from rag.ingestion.web import is_address

    return place if is_address(place) or place[:1] in ("", "~", os.sep) or not place.strip() else begin + place
