"""Starts the process that parses files (`rag.ingestion.parse`), sends it requests, and replaces it when it dies."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from rag.article import Article, Provenance
from rag.errors import ReadError
from rag.ingestion.feeds import FeedEntry, Listing
from rag.settings import ROOT

PROGRAM = ["-m", "rag.ingestion.parse"]
SECONDS = 60.0
"""For one file: twice its processor time, for a busy machine."""
LARGEST_ANSWER = 200_000_000
"""Bytes: a hostile file must not fill the memory of this process."""

logger = logging.getLogger(__name__)


class Parser:
    """Parses one file at a time in another process, which is kept for the next. Close it, or use it in a `with`.

    Each method raises ReadError with one sentence that says why there is no article; the next file is not affected.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None

    def page(self, content: bytes, url: str | None = None, charset: str | None = None) -> Article:
        """The article of a web page; `url` is its address, `charset` the one that the server named."""
        return self._article({"kind": "page", "url": url, "charset": charset}, content)

    def pdf(self, content: bytes) -> Article:
        return self._article({"kind": "pdf"}, content)

    def docx(self, content: bytes) -> Article:
        return self._article({"kind": "docx"}, content)

    def json(self, content: bytes, line: int | None = None) -> list[Article | ReadError]:
        """The articles in a JSON document, or in the one of a `line`, each in turn or the reason why it is none."""
        found = self._ask({"kind": "json", "line": line}, content)["articles"]
        return [ReadError(each["error"]) if "error" in each else _article(each) for each in found]

    def exchanged(self, form: str, content: bytes) -> list[Article | ReadError]:
        """The articles in a file of one of `exchange_formats.FORMATS`."""
        found = self._ask({"kind": "exchanged", "form": form}, content)["articles"]
        return [ReadError(each["error"]) if "error" in each else _article(each) for each in found]

    def listing(self, content: bytes, url: str) -> Listing:
        """The entries of the feed or sitemap at `url`."""
        found = self._ask({"kind": "listing", "url": url}, content)["listing"]
        return Listing(**found | {"entries": tuple(FeedEntry(**entry) for entry in found["entries"])})

    def close(self) -> None:
        """End the process at once. A thread that waits for its answer gets a ReadError."""
        process, self._process, self._connection = self._process, None, None
        if process is not None:
            process.kill()
            process.wait()

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _article(self, request: dict[str, Any], content: bytes) -> Article:
        return _article(self._ask(request, content)["article"])

    def _ask(self, request: dict[str, Any], content: bytes) -> dict[str, Any]:
        connection = self._connected()
        try:
            connection.send_bytes(json.dumps(request).encode())
            connection.send_bytes(content)
            if not connection.poll(self._seconds):
                self.close()
                raise ReadError(f"reading it takes longer than {self._seconds:g} seconds")
            answer: dict[str, Any] = json.loads(connection.recv_bytes(LARGEST_ANSWER))
        except (EOFError, OSError) as error:
            raise ReadError(self._why_it_died()) from error
        if "log" in answer:
            logger.debug("A file could not be parsed: %s", answer["log"])
        if answer.get("spent"):
            self.close()
        if "error" in answer:
            raise ReadError(answer["error"])
        return answer

    def _connected(self) -> Connection[Any, Any]:
        if self._connection is None:
            ours, theirs = multiprocessing.Pipe()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-B", *PROGRAM, str(theirs.fileno())],
                    cwd=ROOT,
                    # A file must not see the environment, which may hold keys.
                    env={name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ},
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C at the terminal is for the program, which ends this one
                )
            self._connection = ours
        return self._connection

    def _why_it_died(self) -> str:
        code = None
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(5)
        self.close()
        if code == -signal.SIGXCPU:
            return "reading it takes more of the processor's time than a file may"
        return f"it broke the program that reads such files ({code})"


def _article(found: dict[str, Any]) -> Article:
    fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in found.items()}
    basis = {name: Provenance(**each | {"spans": ()}) for name, each in found["basis"].items()}
    return Article(**fields | {"basis": basis})
