"""Access to the API: for programs on this machine, not for pages of other sites."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

ELSEWHERE = (
    "This API is for programs on its own machine and for whoever the owner lets in, not for pages of other sites."
)
NO_TOKEN = (
    "This request changes the library or reads files, so it needs the token that the program writes to the library's "
    "folder. The command line uses that token."
)
_bearer = HTTPBearer(
    auto_error=False, description="The token in lock.door in the library's folder, while the page is served."
)


class Guard:
    """Refuses requests that `allowed` does not accept."""

    def __init__(self, app: ASGIApp, allowed: Callable[[HTTPConnection], bool]) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.allowed(HTTPConnection(scope)):
            await JSONResponse({"error": ELSEWHERE}, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def shows(connection: HTTPConnection, token: str) -> bool:
    """Whether the request has the token of this process."""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and secrets.compare_digest(given.encode(), token.encode())


def has_token(request: Request) -> bool:
    """Whether the request has the token of this API."""
    return shows(request, request.app.state.token)


def own_program(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None) -> None:
    """Accepts only programs that can read the library's folder."""
    if not has_token(request):
        raise HTTPException(401, NO_TOKEN, {"WWW-Authenticate": "Bearer"})
