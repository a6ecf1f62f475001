"""`python -m rag.ui.serve`: app.py behind the security headers, on this machine only, on the first free port."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st
import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import UsageError
from rag.settings import ROOT, read_settings
from rag.ui.doors import API, api

HOST = "127.0.0.1"
PORTS_TRIED = 20
SECONDS_TO_END = 3
"""How long a request may go on once the page is to be closed."""
HEADERS = {
    # Streamlit needs inline styles, and loads the page's own components from blob: addresses. Nothing else is allowed
    # in: whatever an article smuggles past the escaping still cannot load, send or run anything.
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'self'",
            "img-src 'self' data: blob:",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "script-src 'self' blob:",
            "worker-src 'self' blob:",
            "connect-src 'self' ws: wss:",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        ]
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class SecurityHeaders:
    """Adds HEADERS to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def free_socket(port: int) -> socket.socket:
    """A socket listening on `port`, or on the next free one after it: bound here, so that nobody else can take it."""
    for candidate in range(port, port + PORTS_TRIED):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
            listener.listen()
            return listener
        except OSError as error:
            listener.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise SystemExit(f"ports {port} to {port + PORTS_TRIED - 1} are all busy: set SECOND_SOURCE_PORT to a free one")


def main() -> None:
    """Serve the page until it is stopped."""
    try:
        wanted = read_settings().port
    except UsageError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("rag.questions").setLevel(logging.INFO)
    listener = free_socket(wanted)
    port = listener.getsockname()[1]
    if port != wanted:
        print(f"port {wanted} is busy, using {port}", flush=True)
    print(f"Second Source is open at http://{HOST}:{port} (stop it with Ctrl+C)", flush=True)
    address = f"http://{HOST}:{port}"
    print(f"Its API describes itself at {address}{API}/openapi.json", flush=True)
    app = st.App(
        ROOT / "app.py",
        middleware=[Middleware(SecurityHeaders)],
        lifespan=_closing_the_library,
        routes=[api(address, HOST, "localhost")],
    )
    config = uvicorn.Config(app, access_log=False, log_config=None, timeout_graceful_shutdown=SECONDS_TO_END)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


@asynccontextmanager
async def _closing_the_library(_: st.App) -> AsyncIterator[None]:
    yield
    st.cache_resource.clear()


if __name__ == "__main__":
    main()
