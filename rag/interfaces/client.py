"""A client for the process that has the library open, with the methods of `rag.interfaces.service.Service`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from rag.errors import LibraryBusy, LibraryError, UnknownArticle, UsageError
from rag.interfaces.service import Json
from rag.library.lock import Door, holder
from rag.reply import FROM_THE_QUESTION, Filters, Turn
from rag.settings import Engine

PAGE = 500
"""The number of articles per request, and the API's maximum."""
SECONDS_TO_CONNECT = 5
_ERRORS = {404: UnknownArticle, 422: UsageError}


class Client:
    """Close it, or use it in a `with`. Every method raises the same errors as `Service`."""

    def __init__(self, door: Door, folder: Path) -> None:
        """`folder` is the library's, for error messages."""
        self._folder = folder
        self._http = httpx.Client(
            base_url=door.address,
            headers={"Authorization": f"Bearer {door.token}"},
            timeout=httpx.Timeout(None, connect=SECONDS_TO_CONNECT),  # answers can take long
            trust_env=False,  # no proxy between two programs on one machine
        )

    def close(self) -> None:
        """Close the connection; the library stays open in the other process."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(
        self, question: str, filters: Filters = FROM_THE_QUESTION, turns: Sequence[str] = (), chat: Sequence[Turn] = ()
    ) -> Json:
        return self._json("POST", "ask", json=_question(question, filters, turns, chat))

    def search(
        self, question: str, filters: Filters = FROM_THE_QUESTION, turns: Sequence[str] = (), chat: Sequence[Turn] = ()
    ) -> Json:
        return self._json("POST", "search", json=_question(question, filters, turns, chat))

    def coverage(self, question: str, filters: Filters = FROM_THE_QUESTION) -> Json:
        return self._json("POST", "coverage", json=_question(question, filters))

    def coverage_as(self, form: str, question: str, filters: Filters = FROM_THE_QUESTION) -> str:
        with self._sent("POST", f"coverage/{form}", json=_question(question, filters)) as response:
            return response.read().decode("utf-8")

    def articles(
        self,
        search: str = "",
        outlets: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> Json:
        given = {"search": search, "outlet": list(outlets), "since": since, "until": until}
        asked = {name: value for name, value in given.items() if value}
        found: list[Json] = []
        while True:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = self._json("GET", "articles", params=asked | {"offset": offset, "limit": size})
            found += page["articles"]
            offset += size
            if offset >= page["total"] or (limit is not None and len(found) >= limit):
                return {"total": page["total"], "articles": found}

    def article(self, id: str) -> Json:
        return self._json("GET", f"articles/{_checked(id)}")

    def versions(self, id: str) -> list[Json]:
        return self._list("GET", f"articles/{_checked(id)}/versions")

    def duplicates(self) -> list[Json]:
        return self._list("GET", "duplicates")

    def status(self) -> Json:
        return self._json("GET", "status")

    def ingest(self, places: Sequence[str], folder: str | None = None, engine: Engine = "local") -> Iterator[Json]:
        asked = {"places": list(places), "folder": folder or str(Path.cwd()), "engine": engine}
        return self._events("ingest", asked)

    def feeds(self) -> list[Json]:
        return self._list("GET", "feeds")

    def follow(self, url: str) -> Json:
        return self._json("POST", "feeds", json={"url": url})

    def refresh(self, urls: Sequence[str] = ()) -> Iterator[Json]:
        return self._events("feeds/refresh", {"urls": list(urls)})

    def unfollow(self, url: str) -> None:
        self._json("POST", "feeds/remove", json={"url": url})

    def edit(self, id: str, values: Mapping[str, str]) -> Json:
        return self._json("PATCH", f"articles/{_checked(id)}", json=dict(values))

    def remove(self, ids: Sequence[str] = (), outlet: str | None = None) -> int:
        return int(self._json("POST", "remove", json={"ids": list(ids), "outlet": outlet})["removed"])

    def _events(self, path: str, asked: Json) -> Iterator[Json]:
        with self._sent("POST", path, json=asked) as response:
            for line in response.iter_lines():
                event = json.loads(line)
                if "error" in event:
                    raise LibraryError(event["error"])
                yield event

    def _json(self, method: str, path: str, **given: Any) -> Json:
        answer: Json = self._answer(method, path, **given)
        return answer

    def _list(self, method: str, path: str, **given: Any) -> list[Json]:
        answer: list[Json] = self._answer(method, path, **given)
        return answer

    def _answer(self, method: str, path: str, **given: Any) -> Any:
        with self._sent(method, path, **given) as response:
            response.read()
            return response.json()

    @contextmanager
    def _sent(self, method: str, path: str, **given: Any) -> Iterator[httpx.Response]:
        try:
            with self._http.stream(method, path, **given) as response:
                if response.is_error:
                    response.read()
                    raise _ERRORS.get(response.status_code, LibraryError)(_message_of(response))
                yield response
        except httpx.ConnectError as error:
            raise LibraryBusy(
                f"The library in {self._folder} is in use by {holder(self._folder) or 'another process'}, which does "
                "not answer. Close it first, or choose another folder (--store, or SECOND_SOURCE_STORE)."
            ) from error
        except (httpx.HTTPError, ValueError) as error:
            raise LibraryError(
                f"The program that has the library in {self._folder} open ended before it answered. Try again."
            ) from error


def _question(question: str, filters: Filters, turns: Sequence[str] = (), chat: Sequence[Turn] = ()) -> dict[str, Any]:
    before = {"turns": list(turns), "chat": [{"question": turn.question, "answer": turn.answer} for turn in chat]}
    asked = {"question": question, "filters": filters.to_json()}
    return asked | {name: value for name, value in before.items() if value}


def _checked(id: str) -> str:
    """The id, if it can be part of an address. Raises UnknownArticle otherwise."""
    if not (id.isascii() and id.isalnum()):
        raise UnknownArticle.of(id)
    return id


def _message_of(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"The program that has the library open answered with status {response.status_code}."
