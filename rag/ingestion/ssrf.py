"""Which addresses may be fetched: public ones alone, decided where the connection is made.

A name is resolved once, every address it comes to must be public, and the connection goes to one of those very
addresses: a name that answers otherwise the next time (DNS rebinding) gains nothing.
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
"""From a host's name and a port to its addresses as text; raises OSError for a name that has none."""

NO_HOST = "there is no host called"
PORTS = {"http": 80, "https": 443}
LONGEST_ADDRESS = 2000
_UNICAST = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a network without IPv4 writes them (RFC 6052)."""
_SLICE = 0.5
"""Seconds after which a waiting read looks whether it is still wanted."""


def resolve(host: str, port: int) -> list[str]:
    """All addresses of `host`, as the system's resolver gives them. Raises OSError where it has none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet may reach, in either family, however it is wrapped."""
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
    """`url` as it may be asked for, without its fragment. Raises ReadError, in one sentence, for what may not be.

    Where its host leads is not looked at here but by `GuardedBackend`, at the connection.
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
    """A connection that may not be made; the message says why."""


class Stopped(Exception):
    """The one who wanted the page does not want it any more."""


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to public addresses only, until `deadline` (of time.monotonic) and as long as `stop` is not set.

    `local_ports` are those at which, for tests, this machine's own loopback address may be connected to.
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
        """`timeout`, or less where the deadline comes sooner. Raises once it has passed, or when stopped."""
        if self.stop.is_set():
            raise Stopped
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return left if timeout is None else min(timeout, left)


class _GuardedStream(httpcore.NetworkStream):
    """A stream that keeps the deadline whatever its reader allows a single read: a drip feed ends in time, too."""

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
