"""Allows fetching from public addresses only (protection against server-side request forgery).

A host name is resolved once, each of its IP addresses must be public, and the connection goes to one of them. So a name
that resolves to another address the next time (DNS rebinding) is no danger.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpcore

from rag.errors import ReadError

Resolve = Callable[[str, int], list[str]]
"""From a host name and a port to IP addresses as text; raises OSError for an unknown name."""

NO_HOST = "there is no host called"
PORTS = {"http": 80, "https": 443}
LONGEST_ADDRESS = 2000
"""Characters: what browsers and servers accept in general."""
_UNICAST = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses written as IPv6 addresses (RFC 6052)."""
_SLICE = 0.5
"""Seconds after which a waiting read checks the deadline and `stop`."""


def resolve(host: str, port: int) -> list[str]:
    """All IP addresses of `host` from the system's resolver. Raises OSError if there is none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an IP address, IPv4 or IPv6, can be reached by anybody on the internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        return ip in _UNICAST and ip.is_global and ip.sixtofour is None and ip.teredo is None
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def check_address(url: str, local_ports: Collection[int] = ()) -> str:
    """The `url` without its fragment. Raises ReadError, in one sentence, if it may not be fetched.

    The IP addresses of its host are checked later, by `GuardedBackend`. `local_ports`: see there.
    """
    if len(url) > LONGEST_ADDRESS:
        raise ReadError(f"the address has {len(url)} characters, more than the {LONGEST_ADDRESS} that are accepted")
    if any(not char.isprintable() or char.isspace() or char == "\\" for char in url):
        raise ReadError("the address holds characters that none may hold")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ReadError(f"this is no address: {error}") from error
    if parts.scheme not in PORTS:
        raise ReadError(
            f"only http and https addresses are fetched, not {parts.scheme or 'one without a scheme'}. "
            "Give a file by its path"
        )
    if not host:
        raise ReadError("the address names no host")
    if "@" in parts.netloc:
        raise ReadError("the address carries a user name or password: give it without")
    if port is not None and port != PORTS[parts.scheme] and port not in local_ports:
        raise ReadError(f"the address names port {port}: only the ordinary ports, 80 and 443, are fetched from")
    return parts._replace(fragment="").geturl()


class Refused(Exception):
    """A connection that is not allowed; the message says why."""


class Stopped(Exception):
    """The page is not wanted any more."""


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to public addresses only, until `deadline` (time.monotonic) has passed or `stop` is set.

    `local_ports` is for tests: the ports of this machine that may be connected to.
    """

    def __init__(self, resolve: Resolve, local_ports: Collection[int], stop: threading.Event) -> None:
        self.deadline = float("inf")
        self.stop = stop
        self._resolve = resolve
        self._local_ports = frozenset(local_ports)
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if port not in PORTS.values() and port not in self._local_ports:
            raise Refused(f"it leads to port {port}: only the ordinary ports, 80 and 443, are fetched from")
        try:
            addresses = list(dict.fromkeys(self._resolve(host, port)))
        except (OSError, UnicodeError) as unknown:
            raise httpcore.ConnectError(f"{NO_HOST} {host}") from unknown
        for address in addresses:
            if not is_public(address) and not (port in self._local_ports and address == "127.0.0.1"):
                raise Refused(f"{host} is in a private network ({address}): only public addresses are fetched")
        error: Exception = httpcore.ConnectError(f"{NO_HOST} {host}")
        for address in addresses:
            try:
                stream = self._backend.connect_tcp(address, port, self.left(timeout), local_address, socket_options)
                return _GuardedStream(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise error

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise Refused("it leads to a socket of this machine")

    def left(self, timeout: float | None) -> float:
        """The time left: `timeout`, or less if the deadline comes sooner. Raises after the deadline, or if stopped."""
        if self.stop.is_set():
            raise Stopped
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return left if timeout is None else min(timeout, left)


class _GuardedStream(httpcore.NetworkStream):
    """A stream that keeps the deadline even if each read is fast: a server that sends slowly cannot stretch it."""

    def __init__(self, stream: httpcore.NetworkStream, backend: GuardedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        until = time.monotonic() + self._backend.left(timeout)
        while True:
            try:
                return self._stream.read(max_bytes, min(_SLICE, self._backend.left(None)))
            except httpcore.ReadTimeout:
                if time.monotonic() >= until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._backend.left(timeout))
        return _GuardedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
