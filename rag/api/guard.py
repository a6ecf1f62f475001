"""Who may call the API: programs of this machine, and no page of another site in this person's browser."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

ELSEWHERE = "A page of another site may not ask this library."
NO_TOKEN = (
    "This changes the library or reads this machine's files, and is for the command line: it needs the token that the "
    "program leaves in the library's folder."
)
_bearer = HTTPBearer(auto_error=False, description="From lock.door in the library's folder, while the page is served.")


class SameOrigin:
    """Refuses what a page of another site sends, and whoever reaches us under a name that is not ours.

    The second is how a site whose name is made to lead to this machine (DNS rebinding) would read what we answer.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._ours(Headers(scope=scope)):
            await JSONResponse({"error": ELSEWHERE}, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _ours(self, headers: Headers) -> bool:
        host, origin = headers.get("host", ""), headers.get("origin")
        try:
            named = urlsplit(f"//{host}").hostname
            from_us = origin is None or urlsplit(origin).netloc == host
        except ValueError:
            return False
        # Another port of this machine is the same site, and yet another's page.
        return named in self.hosts and from_us and headers.get("sec-fetch-site") not in ("cross-site", "same-site")


def has_token(request: Request) -> bool:
    """Whether the request shows the token of this process."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and secrets.compare_digest(given.encode(), request.app.state.token.encode())


def own_program(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None) -> None:
    """Lets only those through who can read the library's folder."""
    if not has_token(request):
        raise HTTPException(401, NO_TOKEN, {"WWW-Authenticate": "Bearer"})
