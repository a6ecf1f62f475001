"""Fetches web addresses: safely (see `rag.ingestion.ssrf`) and politely.

Politely means: robots.txt is obeyed (RFC 9309) and the program gives its name, a host gets one request at a time with a
pause in between, a busy server is asked again later, and known pages are only fetched if they changed (RFC 9110).
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from email.message import Message
from functools import cache
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
import tenacity
from protego import Protego

from rag.errors import ReadError
from rag.ingestion.ssrf import NO_HOST, GuardedBackend, Refused, Resolve, Stopped, check_address, resolve

ROBOT = "SecondSource"
USER_AGENT = f"{ROBOT}/1.0 (a person's own news library; reads what its owner asks for)"
ACCEPT = "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/feed+json, */*;q=0.5"
REDIRECTS = 5
"""More is mostly a loop; browsers allow 20."""
ATTEMPTS = 3
"""For one address, when the network or a busy server fails."""
ROBOTS_BYTES = 500_000
"""A crawler has to read this much of a robots.txt (RFC 9309); the rest is ignored."""
LONGEST_PAUSE = 30.0
"""Seconds: the longest pause between two requests that a robots.txt can ask for."""
_BUSY = {429, 500, 502, 503, 504}
_ENCODINGS = {"", "identity", "gzip", "deflate"}
_STATUS = {
    401: "the site asks to sign in first (401). Save the page from your browser and ingest that file",
    402: "the page has to be paid for (402). Save it from your browser and ingest that file",
    403: "the site refuses to give it (403). Save the page from your browser and ingest that file",
    404: "there is no page at this address (404)",
    410: "the page has been removed (410)",
    429: "the site says that it was asked too often (429). Try again later",
    451: "the page may not be shown for legal reasons (451)",
}


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server sent with a page, to ask later whether the page has changed."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched page. `url` is its address after redirects; `content` is None if it has not changed."""

    url: str
    content: bytes | None
    media_type: str
    charset: str | None
    validators: Validators


class _Failed(ReadError):
    """The server gave no page.

    `code` is the status it sent, if any. `again` is true if another attempt may help, `wait` the seconds that the
    server asks to wait before it.
    """

    def __init__(self, reason: str, code: int | None = None, again: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.again = again
        self.wait = wait


class Fetcher:
    """Fetches addresses one after another over the same connections. Close it, or use it in a `with`.

    `seconds` is the most time for one address, `pause` the least time between two requests to a host, `backoff` the
    seconds before the second attempt (twice as long before the third). `resolve` and `local_ports` are for tests:
    another resolver, and the ports of this machine that may be fetched from.
    """

    def __init__(
        self,
        max_bytes: int = 20_000_000,
        seconds: float = 30,
        pause: float = 0.2,
        backoff: float = 1,
        resolve: Resolve = resolve,
        local_ports: Collection[int] = (),
    ) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._pause = pause
        self._backoff = backoff
        self._local_ports = frozenset(local_ports)
        self._stop = threading.Event()
        self._backend = GuardedBackend(resolve, self._local_ports, self._stop)
        transport = httpx.HTTPTransport(verify=_trusted(), trust_env=False)
        transport._pool.close()
        transport._pool = httpcore.ConnectionPool(
            ssl_context=_trusted(), network_backend=self._backend, keepalive_expiry=5
        )
        headers = {"User-Agent": USER_AGENT, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"}
        self._client = httpx.Client(transport=transport, headers=headers, trust_env=False, timeout=seconds)
        self._robots: dict[str, Protego | str] = {}
        self._asked: dict[str, float] = {}  # host → when it was asked last

    def stop(self) -> None:
        """End a fetch that runs in another thread at once, and start no other."""
        self._stop.set()

    def close(self) -> None:
        """Close the connections."""
        self.stop()
        self._client.close()

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fetch(self, url: str, known: Validators = Validators()) -> Fetched:
        """Fetch `url`, unless it has not changed since the server sent `known`.

        Raises ReadError with one sentence that says why there is no page, and Stopped after `stop`.
        """
        return self._in_attempts(url, known, self._max_bytes, True)

    def _in_attempts(self, url: str, known: Validators, max_bytes: int, robots: bool) -> Fetched:
        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, _Failed) and error.again),
            stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_after_delay(self._seconds),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        return again(self._follow, url, known, max_bytes, robots)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Failed) and error.wait is not None:
            return error.wait
        return float(self._backoff * 2 ** (state.attempt_number - 1))

    def _follow(self, url: str, known: Validators, max_bytes: int, robots: bool) -> Fetched:
        """One attempt, following redirects. `robots`: whether the robots.txt of each host must allow it."""
        passed: set[str] = set()
        while True:
            url = check_address(url, self._local_ports)
            if url in passed:
                raise ReadError("the address redirects in a circle")
            if len(passed) > REDIRECTS:
                raise ReadError(f"the address redirects more than {REDIRECTS} times")
            passed.add(url)
            if robots:
                self._ask_robots(url)
            found = self._request(url, known, max_bytes, cut=not robots)
            if isinstance(found, Fetched):
                return found
            url = found

    def _request(self, url: str, known: Validators, max_bytes: int, cut: bool) -> Fetched | str:
        """The page at `url`, or the address that it redirects to. `cut`: whether a page that is too large is cut."""
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        self._backend.deadline = time.monotonic() + self._seconds
        try:
            given = {name: value for name, value in headers.items() if value}
            with self._client.stream("GET", url, headers=given, follow_redirects=False) as answer:
                self._client.cookies.clear()  # pages must not share cookies
                if answer.has_redirect_location:
                    return urljoin(url, answer.headers["Location"])
                validators = Validators(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
                media_type, charset = _content_type(answer.headers.get("Content-Type", ""))
                if answer.status_code == 304 and given:
                    return Fetched(url, None, media_type, charset, known)
                _check_status(answer)
                return Fetched(url, self._content(answer, max_bytes, cut), media_type, charset, validators)
        except Refused as error:
            raise ReadError(str(error)) from error
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            raise _Failed(f"the site did not answer within {self._seconds:g} seconds", again=True) from error
        except httpx.ConnectError as error:
            known_host = not str(error).startswith(NO_HOST)
            reason = f"no connection to the site could be made ({error})" if known_host else str(error)
            raise _Failed(reason, again=known_host) from error
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            raise _Failed(f"the connection broke off ({error})", again=True) from error
        except httpx.DecodingError as error:
            raise ReadError("what the site sent is not packed as it says") from error
        except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
            raise ReadError(f"it cannot be fetched: {error}") from error
        finally:
            self._asked[urlsplit(url).netloc] = time.monotonic()

    def _content(self, answer: httpx.Response, max_bytes: int, cut: bool) -> bytes:
        encoding = answer.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:  # several layers of compression could unpack without end
            raise ReadError(f"the site sent it in an encoding that was not asked for ({encoding[:40]})")
        too_large = f"it has more than the {max_bytes / 1e6:g} MB an article may have"
        length = answer.headers.get("Content-Length", "")
        if not cut and length.isdigit() and int(length) > max_bytes:
            raise ReadError(f"{too_large} (SECOND_SOURCE_MAX_FILE_MB raises the limit)")
        content = bytearray()
        for part in answer.iter_bytes():
            content += part
            if cut and len(content) > max_bytes:
                return bytes(content[:max_bytes])
            if len(content) > max_bytes:
                raise ReadError(f"{too_large} (SECOND_SOURCE_MAX_FILE_MB raises the limit)")
            self._backend.left(None)
        return bytes(content)

    def _ask_robots(self, url: str) -> None:
        """Wait until the host may be asked again. Raises ReadError if its robots.txt forbids the address."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(f"{origin}/robots.txt")
        rules = self._robots[origin]
        if isinstance(rules, str):
            raise ReadError(rules)
        if not rules.can_fetch(url, ROBOT):
            raise ReadError("the site's robots.txt asks programs not to fetch this page. Save it from your browser")
        pause = max(self._pause, min(float(rules.crawl_delay(ROBOT) or 0), LONGEST_PAUSE))
        self._sleep(self._asked.get(parts.netloc, 0) + pause - time.monotonic())

    def _read_robots(self, url: str) -> Protego | str:
        """The rules of a host, or the reason why nothing may be fetched from it now (RFC 9309, 2.3.1)."""
        try:
            found = self._in_attempts(url, Validators(), ROBOTS_BYTES, False)
        except _Failed as error:
            if error.code is None:
                return str(error)
            if error.code >= 500 or error.code == 429:
                return (
                    f"the site's robots.txt cannot be read now ({error.code}), so nothing is fetched. Try again later"
                )
            return Protego.parse("")
        except ReadError as error:
            return str(error)
        return Protego.parse((found.content or b"").decode("utf-8", "replace"))

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(max(0.0, seconds)):
            raise Stopped


@cache
def _trusted() -> ssl.SSLContext:
    """The trusted certificates, read once: reading them can take longer than fetching a page."""
    return httpx.create_ssl_context(trust_env=False)


def _check_status(answer: httpx.Response) -> None:
    """Raise _Failed if the answer has no page."""
    code = answer.status_code
    if answer.is_success:
        return
    asked = answer.headers.get("Retry-After", "")
    wait = float(asked) if asked.isdigit() else None
    again = code in _BUSY and (wait is None or wait <= LONGEST_PAUSE)
    raise _Failed(_STATUS.get(code, f"the site answers with an error ({code})"), code, again, wait)


def _content_type(header: str) -> tuple[str, str | None]:
    """The media type, in lower case, and the charset (None if it has none) of a Content-Type."""
    message = Message()
    message["Content-Type"] = header
    return message.get_content_type() if header else "", message.get_content_charset()
