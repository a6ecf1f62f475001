"""The API's addresses: what is asked goes to the Service, what goes wrong comes back as one sentence."""

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
UNEXPECTED = "Something unexpected went wrong. The details are in the program's log."
NOT_NOW = "The library cannot be used just now. The page says why."
ABOUT = """Ask a news library: every sentence of an answer is cited, every citation checked.

What is asked needs nothing but to come from this machine. What changes the library, or reads files, needs a token: it
is for the command line, which finds it in the library's folder.
"""
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request is not JSON"},
    403: {"model": Problem, "description": "A page of another site asks"},
    409: {"model": Problem, "description": "The library cannot be used just now"},
    413: {"description": "The request is too large"},  # told by the framework, in its own words
    422: {"model": Problem, "description": "The request makes no sense as it stands"},
    500: {"model": Problem, "description": "Something unexpected went wrong"},
}
_AS_JSON = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_PROBLEMS_BESIDE_TEXT: dict[int | str, dict[str, Any]] = {
    # Where an answer is no JSON FastAPI says that the problems are none either.
    code: {"description": problem["description"], "content": _AS_JSON}
    for code, problem in _PROBLEMS.items()
    if "model" in problem
}
_NO_ARTICLE: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No article has that id"}}
_OWN: dict[int | str, dict[str, Any]] = {401: {"model": Problem, "description": "The token is missing"}}

_own: dict[str, Any] = {"dependencies": [Depends(own_program)], "tags": ["the command line's"]}

logger = logging.getLogger(__name__)
router = APIRouter()


def create(reach: Callable[[], Service], token: str, allowed: Callable[[HTTPConnection], bool]) -> FastAPI:
    """The API over what `reach` gives at each request; `token` lets the command line change the library.

    `allowed` says whose requests are answered at all.
    """
    api = FastAPI(
        title="Second Source",
        description=ABOUT,
        version="1",
        docs_url=None,  # its page loads scripts from elsewhere, which our headers forbid
        redoc_url=None,
        responses=_PROBLEMS,
        middleware=[Middleware(Guard, allowed=allowed)],
        max_body_size=LARGEST_REQUEST,
        exception_handlers={
            SecondSourceError: _told,
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
    """Answer a question; the language model of the settings writes, if there is one."""
    return library.ask(asked.question, asked.conditions, asked.turns, asked.chat)


def _growing(asked: ChatAskBody, library: Library) -> Iterator[Iterator[Json]]:
    with closing(library.replies(asked.question, asked.conditions, asked.turns, asked.chat)) as replies:
        yield chain([next(replies)], replies)  # what is wrong with the question is told before anything is sent


@router.post("/ask/stream", response_class=EventSourceResponse, responses=_PROBLEMS_BESIDE_TEXT, tags=["asking"])
def stream(replies: Annotated[Iterator[Json], Depends(_growing)]) -> Iterable[ServerSentEvent]:
    """Answer a question, and tell the answer as it grows, as server-sent events.

    Each event `reply` is what was written and checked so far, as POST /ask answers it; the event `answer` is the
    last one, whole. An event `error` ends a stream that could not be finished.
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
    """Find the passages that a question would be answered from, 20 at most, best first."""
    return library.search(asked.question, asked.conditions, asked.turns, asked.chat)


@router.post("/coverage", response_model=CoverageModel, tags=["asking"])
def coverage(asked: AskBody, library: Library) -> Json:
    """Lay side by side who says what about the event that the question is about."""
    return library.coverage(asked.question, asked.conditions)


@router.post("/coverage/{form}", response_class=PlainTextResponse, responses=_PROBLEMS_BESIDE_TEXT, tags=["asking"])
def coverage_as(form: Literal["md", "csv"], asked: AskBody, library: Library) -> str:
    """Lay side by side who says what, as Markdown or CSV."""
    return library.coverage_as(form, asked.question, asked.conditions)


@router.get("/health", tags=["library"])
def health() -> Health:
    """Say that the process answers."""
    return Health()


@router.get("/status", response_model=StatusModel, tags=["library"])
def status(library: Library, request: Request) -> Json:
    """Say what the library holds."""
    return library.status() | ({} if has_token(request) else {"folder": None, "repaired": None})


@router.get("/articles", response_model=Articles, tags=["library"])
def articles(
    library: Library,
    search: Annotated[str, Query(max_length=LONGEST_SEARCH, description="Words that all stand in it.")] = "",
    outlet: Annotated[list[Text], Query(max_length=MOST_TURNS, description="Of these outlets.")] = [],  # noqa: B006
    since: Annotated[date | None, Query(description="Published on this day or later.")] = None,
    until: Annotated[date | None, Query(description="Published on this day or earlier.")] = None,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 50,
) -> Json:
    """List articles, the latest first, a page at a time."""
    return library.articles(search, outlet, since, until, offset, limit)


@router.get("/articles/{id}", response_model=WholeArticle, responses=_NO_ARTICLE, tags=["library"])
def article(id: str, library: Library) -> Json:
    """Give an article with its text."""
    return library.article(id)


@router.get("/articles/{id}/versions", response_model=list[EarlierVersion], responses=_NO_ARTICLE, tags=["library"])
def versions(id: str, library: Library) -> list[Json]:
    """List an article's earlier versions, the oldest first."""
    return library.versions(id)


@router.get("/duplicates", response_model=list[SameCopy], tags=["library"])
def duplicates(library: Library) -> list[Json]:
    """List the articles that print the same copy."""
    return library.duplicates()


def _coming_in(asked: Places, library: Library) -> Iterator[Iterator[Json]]:
    with closing(library.ingest(asked.places, asked.folder, asked.engine)) as events:
        yield events


@router.post("/ingest", responses=_OWN, **_own)
def ingest(events: Annotated[Iterator[Json], Depends(_coming_in)]) -> Iterable[IngestEventModel | Problem]:
    """Read files, folders and addresses into the library; what became of each, a line at a time as it happens."""
    yield from _until_it_fails(events)  # type: ignore[misc]  # they are checked against the models as they go out


@router.get("/feeds", response_model=list[FeedModel], responses=_OWN, **_own)
def feeds(library: Library) -> list[Json]:
    """List the feeds that are followed."""
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
    """Read what is new or changed in the feeds; what became of each article, a line at a time as it happens."""
    yield from _until_it_fails(events)  # type: ignore[misc]  # as above


@router.post("/feeds/remove", response_model=Removed, responses=_OWN, **_own)
def unfollow(asked: FeedAddress, library: Library) -> Json:
    """Follow a feed no more; its articles stay."""
    library.unfollow(asked.url)
    return {"removed": 1}


@router.patch("/articles/{id}", response_model=WholeArticle, responses=_NO_ARTICLE | _OWN, **_own)
def edit(id: str, values: Annotated[dict[str, Text], Body()], library: Library) -> Json:
    """Correct what is known of an article."""
    return library.edit(id, values)


@router.post("/remove", response_model=Removed, responses=_NO_ARTICLE | _OWN, **_own)
def remove(asked: Removal, library: Library) -> Json:
    """Remove articles, with all that is derived from them."""
    return {"removed": library.remove(asked.ids, asked.outlet)}


def _until_it_fails(items: Iterator[Json]) -> Iterator[Json]:
    """The items, and what went wrong as the last one: the status has been sent by then."""
    try:
        yield from items
    except SecondSourceError as error:
        yield {"error": str(error)}
    except Exception:  # the edge: whoever listens must be told that nothing more will come
        logger.exception("an answer could not be finished")
        yield {"error": UNEXPECTED}


# What goes wrong


async def _told(request: Request, error: Exception) -> JSONResponse:
    asked_wrongly = isinstance(error, UsageError | ReadError | UnknownArticle)
    status = 404 if isinstance(error, UnknownArticle) else 422 if asked_wrongly else 409
    # What is wrong with the library or the model names folders of this machine.
    told = asked_wrongly or isinstance(error, LanguageModelError) or has_token(request)
    if not told:
        logger.warning("%s", error)
    return JSONResponse({"error": str(error) if told else NOT_NOW}, status)


async def _not_understood(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = [(".".join(map(str, each["loc"][1:])), each["msg"]) for each in error.errors()]
    said = "; ".join(f"{place}: {message}" if place else message for place, message in wrong)
    return JSONResponse({"error": f"{said[:LONGEST_PLACE]}."}, 422)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)


async def _unexpected(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"error": UNEXPECTED}, 500)
