"""A web site on this machine, for the tests of what fetches: pages under their paths, and what was asked of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rag.ingestion.fetch import Fetcher


@dataclass
class Answer:
    """What the site says to one request."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        return self.headers["Host"].partition(":")[0]


Page = Answer | str | bytes | Callable[[Request], Answer]


class Site:
    """Serves `pages` (path → page); each page may be a function of the request."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.otherwise: Callable[[Request], Page] = lambda request: Answer(status=404)
        self.requests: list[Request] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=partial(self._server.serve_forever, 0.05), daemon=True)
        self._thread.start()

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, robots.txt left out."""
        return [request.path for request in self.requests if request.path != "/robots.txt"]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def fetcher(self, **given: Any) -> Fetcher:
        """A fetcher that may ask this site, without pauses, whatever host it is asked as."""
        defaults = {"local_ports": {self.port}, "pause": 0, "backoff": 0, "resolve": lambda host, port: ["127.0.0.1"]}
        return Fetcher(**defaults | given)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        request = Request(handler.path, dict(handler.headers.items()))
        self.requests.append(request)
        page = self.pages[request.path] if request.path in self.pages else self.otherwise(request)
        answer = page(request) if callable(page) else page
        if isinstance(answer, str | bytes):
            body = answer.encode() if isinstance(answer, str) else answer
            kind = "application/pdf" if body.startswith(b"%PDF") else "text/html; charset=utf-8"
            answer = Answer(body, headers={"Content-Type": kind})
        try:
            handler.send_response(answer.status)
            headers = {"Content-Length": str(len(answer.body))} | dict(answer.headers)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(answer.body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other side has had enough, as it is meant to
