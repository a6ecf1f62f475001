"""The web server, `python -m rag.ui.serve`: app.py with security headers, the API and the health checks."""

from __future__ import annotations

import ctypes
import errno
import logging
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import streamlit as st
import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import UsageError
from rag.settings import Settings, prepare_process, read_settings
from rag.ui import access, health
from rag.ui.api_server import API, api

APP = Path(__file__).parent / "app" / "app.py"
M_ARENA_MAX = -8
"""mallopt's name for how many arenas there may be (malloc.h)."""
PORTS_TRIED = 20
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
"""Where this machine finds itself when it is served under all of its addresses."""
SECONDS_TO_OPEN = 10
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


class OwnPages:
    """Refuses WebSockets that other sites' pages open: they would act for the person who has both open."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not access.own_origin(HTTPConnection(scope), self.settings):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)


def free_socket(host: str, port: int, tried: int = PORTS_TRIED) -> socket.socket:
    """A socket listening on `port`, or on the next free one after it: bound here, so that no other program can take it.

    Raises UsageError where `host` is no address of this machine, or the ports that are `tried` are busy.
    """
    for candidate in range(port, port + tried):
        listener = None
        try:
            family, *_, address = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0]
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
            return listener
        except OSError as error:
            if listener:
                listener.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise UsageError(f"The page cannot be served on {host!r} (SECOND_SOURCE_HOST): {error}.") from error
    ports = f"port {port} is" if tried == 1 else f"ports {port} to {port + tried - 1} are all"
    raise UsageError(f"{ports} busy: set SECOND_SOURCE_PORT to a free one")


def keep_memory_together() -> None:
    """Let all threads share two arenas. Each click runs in a new thread; by itself glibc gives each of many an arena of
    its own, and what is freed in one of them is of no use to the others: the process would grow from click to click.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_ARENA_MAX, 2)


def main() -> None:
    """Serve the page until it is stopped."""
    prepare_process()
    keep_memory_together()
    try:
        settings = read_settings()
        # A log-in comes back to the port that its provider knows.
        known_by_others = bool(access.providers()) or not access.is_loopback(settings.host)
        access.check(settings)
        listener = free_socket(settings.host, settings.port, 1 if known_by_others else PORTS_TRIED)
    except UsageError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr, force=True)
    for name in ("rag.questions", "rag.ingests"):
        logging.getLogger(name).setLevel(logging.INFO)
    port = listener.getsockname()[1]
    if port != settings.port:
        print(f"port {settings.port} is in use, using {port}", flush=True)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print("Opening the library…", flush=True)
    app = st.App(
        APP,
        middleware=[Middleware(SecurityHeaders), Middleware(OwnPages, settings=settings)],
        routes=[*health.routes(settings), api(settings, f"http://{EVERYWHERE.get(settings.host, host)}:{port}")],
        lifespan=partial(_keeping_the_library_open, settings, f"http://{host}:{port}"),
    )
    config = uvicorn.Config(
        app, access_log=False, log_config=None, log_level="warning", timeout_graceful_shutdown=SECONDS_TO_END
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


@asynccontextmanager
async def _keeping_the_library_open(settings: Settings, address: str, _: st.App) -> AsyncIterator[None]:
    health.opening.start(settings)
    threading.Thread(target=_announce, args=(address,), name="announcement", daemon=True).start()
    yield
    st.cache_resource.clear()


def _announce(address: str) -> None:
    """Print the address once the library is open, or after a while: the page shows what is wrong."""
    health.opening.wait(SECONDS_TO_OPEN)
    print(f"Second Source is open at {address} (stop it with Ctrl+C)", flush=True)
    print(f"The API is described at {address}{API}/openapi.json", flush=True)


if __name__ == "__main__":
    main()
