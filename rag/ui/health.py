"""Endpoints for monitoring the server: readiness and metrics."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from rag import telemetry
from rag.errors import SecondSourceError
from rag.settings import Settings
from rag.ui.access import may_use_api
from rag.ui.jobs.background import BackgroundWork
from rag.ui.startup import open_library

if TYPE_CHECKING:
    from rag.assistant import Assistant

logger = logging.getLogger(__name__)
BEING_OPENED = "the model is loading and the library is opening"
NOT_OPEN = "the library cannot be opened, see the log"
UNREADABLE = "the library cannot be read, see the log"
NOT_FOR_YOU = "The metrics are only available on this machine, or through a proxy (SECOND_SOURCE_BEHIND_PROXY).\n"


class Opening(BackgroundWork):
    """Opens the library before the first visit, so that problems are known early."""

    assistant: Assistant | None = None

    def start(self, settings: Settings) -> None:
        """Open the library, unless it is open or opening."""
        if self.assistant is None and self.begin():
            self.run("opening of the library", lambda: self._open(settings))

    def _open(self, settings: Settings) -> None:
        try:
            self.assistant = open_library(settings)
        except SecondSourceError as error:
            logger.warning("the library cannot be opened: %s", error)
            raise


opening = Opening()
"""The process's one Opening."""


def held() -> dict[str, int]:
    """The sizes of the library; empty before it is open. Raises LibraryError if it cannot be read."""
    if opening.assistant is None:
        return {}
    status = opening.assistant.library.status()
    return {name: getattr(status, name) for name in ("articles", "passages", "outlets", "pending")}


def routes(settings: Settings) -> list[Route]:
    """The routes /ready and /metrics."""

    async def ready(_: Request) -> Response:
        if opening.assistant is None:
            reason = NOT_OPEN if opening.problem else BEING_OPENED
            opening.start(settings)  # the problem may be gone
        else:
            reason = await run_in_threadpool(_fault)
        return JSONResponse({"ready": not reason, "reason": reason or None}, 503 if reason else 200)

    async def metrics(request: Request) -> Response:
        if not may_use_api(request, settings):
            return PlainTextResponse(NOT_FOR_YOU, 403)
        content = await run_in_threadpool(lambda: telemetry.exposition(held()))
        return Response(content, media_type=telemetry.CONTENT_TYPE)

    return [Route("/ready", ready), Route("/metrics", metrics)]


def _fault() -> str:
    try:
        held()
    except SecondSourceError as error:
        logger.warning("the library cannot be read: %s", error)
        return UNREADABLE
    return ""
