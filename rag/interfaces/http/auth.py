"""Who may call the API: programs of this machine, and no page of another site in this person's browser."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

ELSEWHERE = "This library answers programs of its own machine, and whom its keeper lets in; no page of another site."
NO_TOKEN = (
    "This changes the library or reads this machine's files, and is for the command line: it needs the token that the "
    "program leaves in the library's folder."
)
_bearer = HTTPBearer(auto_error=False, description="From lock.door in the library's folder, while the page is served.")


class Guard:
    """Refuses whom `allowed` does not let in, and what a page of another site sends."""

    def __init__(self, app: ASGIApp, allowed: Callable[[HTTPConnection], bool]) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.allowed(HTTPConnection(scope)):
            await JSONResponse({"error": ELSEWHERE}, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def shows(connection: HTTPConnection, token: str) -> bool:
    """Whether the request shows the token of this process."""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and secrets.compare_digest(given.encode(), token.encode())


def has_token(request: Request) -> bool:
    """Whether the request shows the token of the API that it came to."""
    return shows(request, request.app.state.token)


def own_program(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None) -> None:
    """Lets only those through who can read the library's folder."""
    if not has_token(request):
        raise HTTPException(401, NO_TOKEN, {"WWW-Authenticate": "Bearer"})
