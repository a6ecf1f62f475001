"""The routes of the API. They call the Service and return errors as one sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import date
from itertools import chain
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException as Refused
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection

from rag.coverage.coverage_json import CoverageModel
from rag.errors import LanguageModelError, ReadError, SecondSourceError, UnknownArticle, UsageError
from rag.interfaces.client import PAGE
from rag.interfaces.http.auth import Guard, has_token, own_program
from rag.interfaces.http.models import (
    LONGEST_PLACE,
    LONGEST_SEARCH,
    MOST_TURNS,
    Articles,
    AskBody,
    ChatAskBody,
    EarlierVersion,
    FeedAddress,
    FeedAddresses,
    FeedModel,
    Health,
    IngestEventModel,
    Passages,
    Places,
    Problem,
    Removal,
    Removed,
    ReplyModel,
    SameCopy,
    StatusModel,
    Text,
    WholeArticle,
)
from rag.interfaces.service import Json, Service

LARGEST_REQUEST = 4_000_000
"""Bytes."""
UNEXPECTED = "Something unexpected went wrong. See the program's log for details."
NOT_NOW = "The library cannot be used at the moment. See the page for the reason."
ABOUT = """Ask a news library: every sentence of an answer is cited, every citation checked.

Questions only have to come from this machine. Requests that change the library or read files need a token, which the
command line finds in the library's folder.
"""
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request is not JSON"},
    403: {"model": Problem, "description": "The request comes from a page of another site"},
    409: {"model": Problem, "description": "The library cannot be used at the moment"},
    413: {"description": "The request is too large"},  # the framework's own response
    422: {"model": Problem, "description": "The request is invalid"},
    500: {"model": Problem, "description": "Something unexpected went wrong"},
}
_AS_JSON = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_PROBLEMS_BESIDE_TEXT: dict[int | str, dict[str, Any]] = {
    # For responses that are not JSON, FastAPI would describe the errors as not JSON either.
    code: {"description": problem["description"], "content": _AS_JSON}
    for code, problem in _PROBLEMS.items()
    if "model" in problem
}
_NO_ARTICLE: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no article with that id"}
}
_OWN: dict[int | str, dict[str, Any]] = {401: {"model": Problem, "description": "The token is missing"}}

_own: dict[str, Any] = {"dependencies": [Depends(own_program)], "tags": ["the command line's"]}

logger = logging.getLogger(__name__)
router = APIRouter()


def create(reach: Callable[[], Service], token: str, allowed: Callable[[HTTPConnection], bool]) -> FastAPI:
    """The API for the Service that `reach` returns for each request.

    `token` lets the command line change the library. `allowed` decides which requests are answered at all.
    """
    api = FastAPI(
        title="Second Source",
        description=ABOUT,
        version="1",
        docs_url=None,  # its page loads external scripts, which our headers forbid
        redoc_url=None,
        responses=_PROBLEMS,
        middleware=[Middleware(Guard, allowed=allowed)],
        max_body_size=LARGEST_REQUEST,
        exception_handlers={
            SecondSourceError: _failed,
            RequestValidationError: _not_understood,
            Refused: _refused,
            Exception: _unexpected,
        },
    )
    api.state.reach, api.state.token = reach, token
    api.include_router(router)
    return api


def _service(request: Request) -> Service:
    service: Service = request.app.state.reach()
    return service


Library = Annotated[Service, Depends(_service)]


@router.post("/ask", response_model=ReplyModel, response_model_exclude_unset=True, tags=["asking"])
def ask(asked: ChatAskBody, library: Library) -> Json:
    """Answer a question, with the configured language model if there is one."""
    return library.ask(asked.question, asked.conditions, asked.turns, asked.chat)


def _growing(asked: ChatAskBody, library: Library) -> Iterator[Iterator[Json]]:
    with closing(library.replies(asked.question, asked.conditions, asked.turns, asked.chat)) as replies:
        yield chain([next(replies)], replies)  # errors in the question are raised before anything is sent


@router.post("/ask/stream", response_class=EventSourceResponse, responses=_PROBLEMS_BESIDE_TEXT, tags=["asking"])
def stream(replies: Annotated[Iterator[Json], Depends(_growing)]) -> Iterable[ServerSentEvent]:
    """Answer a question and stream the answer as server-sent events.

    Each event `reply` has the text that was written and checked so far, in the form of POST /ask. The event `answer` is
    the complete answer. An event `error` ends a stream that failed.
    """
    reply: Json = {}
    for reply in _until_it_fails(replies):
        if "error" in reply:
            yield ServerSentEvent(event="error", data=reply)
            return
        yield ServerSentEvent(event="reply", data=reply)
    yield ServerSentEvent(event="answer", data=reply)


@router.post("/search", response_model=Passages, response_model_exclude_unset=True, tags=["asking"])
def search(asked: ChatAskBody, library: Library) -> Json:
    """Find the passages for a question, at most 20, best first."""
    return library.search(asked.question, asked.conditions, asked.turns, asked.chat)


@router.post("/coverage", response_model=CoverageModel, tags=["asking"])
def coverage(asked: AskBody, library: Library) -> Json:
    """Compare what each outlet says about the event of the question."""
    return library.coverage(asked.question, asked.conditions)


@router.post("/coverage/{form}", response_class=PlainTextResponse, responses=_PROBLEMS_BESIDE_TEXT, tags=["asking"])
def coverage_as(form: Literal["md", "csv"], asked: AskBody, library: Library) -> str:
    """Compare what each outlet says, as Markdown or CSV."""
    return library.coverage_as(form, asked.question, asked.conditions)


@router.get("/health", tags=["library"])
def health() -> Health:
    """Check that the process is alive."""
    return Health()


@router.get("/status", response_model=StatusModel, tags=["library"])
def status(library: Library, request: Request) -> Json:
    """Get the size of the library."""
    return library.status() | ({} if has_token(request) else {"folder": None, "repaired": None})


@router.get("/articles", response_model=Articles, tags=["library"])
def articles(
    library: Library,
    search: Annotated[str, Query(max_length=LONGEST_SEARCH, description="Words that the article must contain.")] = "",
    outlet: Annotated[list[Text], Query(max_length=MOST_TURNS, description="Only these outlets.")] = [],  # noqa: B006
    since: Annotated[date | None, Query(description="Published on this day or later.")] = None,
    until: Annotated[date | None, Query(description="Published on this day or earlier.")] = None,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 50,
) -> Json:
    """List articles, the latest first, a page at a time."""
    return library.articles(search, outlet, since, until, offset, limit)


@router.get("/articles/{id}", response_model=WholeArticle, responses=_NO_ARTICLE, tags=["library"])
def article(id: str, library: Library) -> Json:
    """Get an article with its text."""
    return library.article(id)


@router.get("/articles/{id}/versions", response_model=list[EarlierVersion], responses=_NO_ARTICLE, tags=["library"])
def versions(id: str, library: Library) -> list[Json]:
    """List an article's earlier versions, the oldest first."""
    return library.versions(id)


@router.get("/duplicates", response_model=list[SameCopy], tags=["library"])
def duplicates(library: Library) -> list[Json]:
    """List articles that are copies of each other."""
    return library.duplicates()


def _coming_in(asked: Places, library: Library) -> Iterator[Iterator[Json]]:
    with closing(library.ingest(asked.places, asked.folder, asked.engine)) as events:
        yield events


@router.post("/ingest", responses=_OWN, **_own)
def ingest(events: Annotated[Iterator[Json], Depends(_coming_in)]) -> Iterable[IngestEventModel | Problem]:
    """Add files, folders and addresses to the library; streams one line per outcome."""
    yield from _until_it_fails(events)  # type: ignore[misc]  # validated against the models when sent


@router.get("/feeds", response_model=list[FeedModel], responses=_OWN, **_own)
def feeds(library: Library) -> list[Json]:
    """List the feeds."""
    return library.feeds()


@router.post("/feeds", response_model=FeedModel, responses=_OWN, **_own)
def follow(asked: FeedAddress, library: Library) -> Json:
    """Follow a feed or sitemap."""
    return library.follow(asked.url)


def _refreshed(asked: FeedAddresses, library: Library) -> Iterator[Iterator[Json]]:
    with closing(library.refresh(asked.urls)) as events:
        yield events


@router.post("/feeds/refresh", responses=_OWN, **_own)
def refresh(events: Annotated[Iterator[Json], Depends(_refreshed)]) -> Iterable[IngestEventModel | Problem]:
    """Add new and changed articles of the feeds; streams one line per outcome."""
    yield from _until_it_fails(events)  # type: ignore[misc]  # as above


@router.post("/feeds/remove", response_model=Removed, responses=_OWN, **_own)
def unfollow(asked: FeedAddress, library: Library) -> Json:
    """Stop following a feed; its articles stay."""
    library.unfollow(asked.url)
    return {"removed": 1}


@router.patch("/articles/{id}", response_model=WholeArticle, responses=_NO_ARTICLE | _OWN, **_own)
def edit(id: str, values: Annotated[dict[str, Text], Body()], library: Library) -> Json:
    """Correct an article's details."""
    return library.edit(id, values)


@router.post("/remove", response_model=Removed, responses=_NO_ARTICLE | _OWN, **_own)
def remove(asked: Removal, library: Library) -> Json:
    """Remove articles and everything derived from them."""
    return {"removed": library.remove(asked.ids, asked.outlet)}


def _until_it_fails(items: Iterator[Json]) -> Iterator[Json]:
    """The items, and an error as the last one, because the status was already sent."""
    try:
        yield from items
    except SecondSourceError as error:
        yield {"error": str(error)}
    except Exception:  # the client must learn that the stream ended
        logger.exception("an answer could not be finished")
        yield {"error": UNEXPECTED}


# Errors


async def _failed(request: Request, error: Exception) -> JSONResponse:
    asked_wrongly = isinstance(error, UsageError | ReadError | UnknownArticle)
    status = 404 if isinstance(error, UnknownArticle) else 422 if asked_wrongly else 409
    # Errors of the library or the model contain folder names of this machine.
    shown = asked_wrongly or isinstance(error, LanguageModelError) or has_token(request)
    if not shown:
        logger.warning("%s", error)
    return JSONResponse({"error": str(error) if shown else NOT_NOW}, status)


async def _not_understood(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = [(".".join(map(str, each["loc"][1:])), each["msg"]) for each in error.errors()]
    message_text = "; ".join(f"{place}: {message}" if place else message for place, message in wrong)
    return JSONResponse({"error": f"{message_text[:LONGEST_PLACE]}."}, 422)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)


async def _unexpected(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"error": UNEXPECTED}, 500)
