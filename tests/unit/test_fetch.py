"""What is fetched, what is not, and how politely: from a real server on this machine."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from itertools import count

import pytest

from rag.errors import ReadError
from rag.ingestion.fetch import ROBOT, USER_AGENT, Fetcher, Validators
from rag.ingestion.ssrf import Stopped, is_public
from tests.support.site import Answer, Request, Site

PAGE = "<html><body>The ferry left.</body></html>"


@pytest.fixture
def fetcher(site: Site) -> Iterator[Fetcher]:
    with site.fetcher() as fetcher:
        yield fetcher


def reason(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(ReadError) as refused:
        fetcher.fetch(url)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_page(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a?b=c"] = Answer(
        PAGE.encode(), headers={"Content-Type": "Text/HTML; Charset=ISO-8859-1", "ETag": '"1"', "Last-Modified": "then"}
    )

    found = fetcher.fetch(site.url("/a?b=c#d", "linnet.example"))

    assert found.url == site.url("/a?b=c", "linnet.example")
    assert (found.content, found.media_type, found.charset) == (PAGE.encode(), "text/html", "iso-8859-1")
    assert found.validators == Validators('"1"', "then")
    robots, request = site.requests
    assert robots.path == "/robots.txt"
    assert request.headers["User-Agent"] == USER_AGENT
    assert USER_AGENT.startswith(ROBOT)
    assert "Cookie" not in request.headers


# What may be asked


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1/", "private network"),
        ("http://127.1/", "private network"),
        ("http://2130706433/", "private network"),
        ("http://017700000001/", "private network"),
        ("http://0x7f000001/", "private network"),
        ("http://0x7f.0.0.1/", "private network"),
        ("http://0177.0.0.1/", "Invalid IPv4 address"),
        ("http://0/", "private network"),
        ("http://0.0.0.0/", "private network"),
        ("http://10.0.0.8/", "private network"),
        ("http://172.16.3.4/", "private network"),
        ("http://192.168.1.1/", "private network"),
        ("http://100.64.0.1/", "private network"),
        ("http://169.254.169.254/latest/meta-data/", "private network"),
        ("http://224.0.0.1/", "private network"),
        ("http://255.255.255.255/", "private network"),
        ("http://[::1]/", "private network"),
        ("http://[::]/", "private network"),
        ("http://[::ffff:127.0.0.1]/", "private network"),
        ("http://[::ffff:a9fe:a9fe]/", "private network"),
        ("http://[::127.0.0.1]/", "private network"),
        ("http://[fe80::1]/", "private network"),
        ("http://[fc00::1]/", "private network"),
        ("http://[fec0::1]/", "private network"),
        ("http://[64:ff9b::7f00:1]/", "private network"),
        ("http://[2002:7f00:1::]/", "private network"),
        ("http://[ff02::1]/", "private network"),
        ("http://localhost/", "private network"),
        ("http://LOCALHOST./", "localhost."),
        ("http://①②⑦.⓪.⓪.①/", "cannot be fetched"),
        ("http://metadata.example/", "private network"),
        ("http://both.example/", "private network"),
        ("http://reader:secret@linnet.example/", "user name or password"),
        ("http://linnet.example@127.0.0.1/", "user name or password"),
        ("http://linnet.example:22/", "port 22"),
        ("https://linnet.example:8443/", "port 8443"),
        ("http://linnet.example:443/", "port 443"),
        ("file:///etc/passwd", "only http and https"),
        ("ftp://linnet.example/", "only http and https"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("http://", "names no host"),
        ("http:///etc/passwd", "names no host"),
        ("http://[::1", "no address"),
        ("http://linnet.example:99999/", "no address"),
        ("http://linnet.example\\@127.0.0.1/", "characters that none may hold"),
        ("http://127.0.0.1\t/", "characters that none may hold"),
        ("http://linnet.example/\r\nHost: evil", "characters that none may hold"),
        ("http://linnet.example/" + "a" * 5000, "characters, more than"),
    ],
)
def test_addresses_that_are_not_fetched(url: str, expected: str) -> None:
    """With the system's own resolver, but for the names that a hostile zone would serve."""
    zone = {"metadata.example": ["169.254.169.254"], "both.example": ["93.184.215.14", "127.0.0.1"]}

    def resolve(host: str, port: int) -> list[str]:
        if host.endswith(".example"):
            return zone[host]
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]

    with Fetcher(resolve=resolve, backoff=0, seconds=2) as fetcher:
        assert expected in reason(fetcher, url)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_a_name_is_resolved_once_and_that_very_address_is_asked(site: Site) -> None:
    """A second answer, after the check, would be the attacker's (DNS rebinding)."""
    answers = count()
    site.pages |= {"/robots.txt": "", "/a": PAGE}
    with site.fetcher(resolve=lambda host, port: ["127.0.0.1"] if next(answers) == 0 else ["10.0.0.1"]) as fetcher:
        assert fetcher.fetch(site.url("/a", "rebinding.example")).content == PAGE.encode()
    assert next(answers) == 1  # one connection, kept from robots.txt to the page


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://127.0.0.1:1/", "port 1:"),
        ("http://127.0.0.1/", "private network"),
        ("http://169.254.169.254/latest/meta-data/", "private network"),
        ("//[::1]/", "private network"),
        ("file:///etc/passwd", "only http and https"),
        ("http://a:b@linnet.example/", "user name"),
        ("http://[", "cannot be fetched"),
        ("/start", "in a circle"),
    ],
)
def test_redirects_lead_nowhere_else(site: Site, location: str, expected: str) -> None:
    site.pages["/start"] = Answer(status=302, headers={"Location": location})
    with site.fetcher(resolve=lambda host, port: [host.strip("[]")]) as fetcher:
        assert expected in reason(fetcher, site.url("/start"))
    assert site.asked == ["/start"]


def test_redirects_are_followed_a_few_times(site: Site, fetcher: Fetcher) -> None:
    for n in range(9):
        site.pages[f"/{n}"] = Answer(status=301, headers={"Location": f"{n + 1}"})
    site.pages["/9"] = PAGE

    assert fetcher.fetch(site.url("/5")).url == site.url("/9")
    assert reason(fetcher, site.url("/0")) == "the address redirects more than 5 times"


# How much


def test_a_page_may_be_so_large(site: Site) -> None:
    packed = {"Content-Encoding": "gzip"}
    site.pages |= {
        "/small": Answer(gzip.compress(b"x" * 1000), headers=packed),
        "/large": Answer(b"x" * 1001),
        "/unsaid": Answer(b"x" * 1001, headers={"Connection": "close"}),
        "/bomb": Answer(gzip.compress(b"\0" * 60_000_000), headers=packed),
        "/deflated": Answer(zlib.compress(b"\0" * 60_000_000), headers={"Content-Encoding": "deflate"}),
        "/twice": Answer(gzip.compress(gzip.compress(b"x")), headers={"Content-Encoding": "gzip, gzip"}),
        "/torn": Answer(b"\x1f\x8bnothing", headers=packed),
        "/huge": Answer(b"", headers={"Content-Length": "300000000"}),
    }
    with site.fetcher(max_bytes=1000) as fetcher:
        assert fetcher.fetch(site.url("/small")).content == b"x" * 1000
        for path in ("/large", "/unsaid", "/bomb", "/deflated", "/huge"):
            assert reason(fetcher, site.url(path)).startswith("it has more than the 0.001 MB an article may have"), path
        assert "encoding that was not asked for" in reason(fetcher, site.url("/twice"))
        assert reason(fetcher, site.url("/torn")) == "what the site sent is not packed as it says"


def test_a_server_that_never_ends(site: Site) -> None:
    """It sends a byte of its headers now and then: each read is quick, the whole would last for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            while not over.wait(0.05):
                try:
                    connection.send(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    start = time.monotonic()
    with site.fetcher(local_ports={listening.getsockname()[1]}, seconds=0.4) as fetcher:
        said = reason(fetcher, f"http://slow.example:{listening.getsockname()[1]}/")
    over.set()
    thread.join()
    listening.close()

    assert said == "the site did not answer within 0.4 seconds"
    assert time.monotonic() - start < 2


def test_a_fetch_that_is_stopped_ends_at_once(site: Site, fetcher: Fetcher) -> None:
    asked = threading.Event()
    over = threading.Event()

    def slow(_: Request) -> Answer:
        asked.set()
        over.wait(20)
        return Answer(b"late")

    site.pages["/slow"] = slow
    stopper = threading.Thread(target=lambda: (asked.wait(), fetcher.stop()))
    stopper.start()
    start = time.monotonic()
    with pytest.raises(Stopped):
        fetcher.fetch(site.url("/slow"))
    over.set()
    stopper.join()

    assert time.monotonic() - start < 2


# Manners


def test_robots_are_kept_to(site: Site, fetcher: Fetcher) -> None:
    site.pages |= {
        "/robots.txt": f"User-agent: *\nDisallow: /\nUser-agent: {ROBOT}\nDisallow: /private/\nAllow: /private/open",
        "/news": PAGE,
        "/private/x": PAGE,
        "/private/open": PAGE,
        "/moved": Answer(status=302, headers={"Location": "/private/x"}),
    }

    assert fetcher.fetch(site.url("/news")).content
    assert fetcher.fetch(site.url("/private/open")).content
    for path in ("/private/x", "/moved"):
        assert "robots.txt asks programs not to fetch this page" in reason(fetcher, site.url(path))
    assert "/private/x" not in site.asked
    assert sum(request.path == "/robots.txt" for request in site.requests) == 1


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (Answer(status=404), True),
        (Answer(status=403), True),
        (Answer(b"\xff\xfe<html>not rules</html>"), True),
        (Answer(b"User-agent: *\nDisallow: /b\n" + b"#" * 600_000), True),
        (Answer(status=503), False),
        (Answer(status=500), False),
    ],
)
def test_where_there_are_no_rules_to_read(site: Site, fetcher: Fetcher, answer: Answer, allowed: bool) -> None:
    site.pages |= {"/robots.txt": answer, "/a": PAGE}

    if allowed:
        assert fetcher.fetch(site.url("/a")).content == PAGE.encode()
    else:
        assert "robots.txt cannot be read now" in reason(fetcher, site.url("/a"))
        assert "robots.txt cannot be read now" in reason(fetcher, site.url("/b"))
        assert site.asked == []
        assert len(site.requests) == 3


def test_a_host_is_not_asked_faster_than_it_asks_for(site: Site) -> None:
    site.pages |= {"/robots.txt": "User-agent: *\nCrawl-delay: 0.3", "/a": PAGE, "/b": PAGE}
    with site.fetcher() as fetcher:
        fetcher.fetch(site.url("/a"))
        start = time.monotonic()
        fetcher.fetch(site.url("/b"))
        same = time.monotonic() - start
    assert same > 0.25


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(site: Site, fetcher: Fetcher, status: int) -> None:
    answers = iter([Answer(status=status), Answer(status=status, headers={"Retry-After": "0"}), Answer(b"at last")])
    site.pages["/a"] = lambda request: next(answers)

    assert fetcher.fetch(site.url("/a")).content == b"at last"


def test_a_server_that_stays_busy_is_left_alone(site: Site, fetcher: Fetcher) -> None:
    site.pages |= {"/a": Answer(status=503), "/b": Answer(status=429, headers={"Retry-After": "3600"})}

    assert reason(fetcher, site.url("/a")) == "the site answers with an error (503)"
    assert reason(fetcher, site.url("/b")) == "the site says that it was asked too often (429). Try again later"
    assert site.asked == ["/a", "/a", "/a", "/b"]


def test_waits_grow() -> None:
    with Fetcher(backoff=0.1, resolve=lambda host, port: ["127.0.0.1"], local_ports={9}) as fetcher:
        start = time.monotonic()
        assert reason(fetcher, "http://linnet.example:9/").startswith("no connection to the site could be made")
        assert 0.3 <= time.monotonic() - start < 2


def test_what_is_known_is_asked_for_only_if_it_has_changed(site: Site, fetcher: Fetcher) -> None:
    def page(request: Request) -> Answer:
        same = request.headers.get("If-None-Match") == '"1"' or request.headers.get("If-Modified-Since") == "then"
        return Answer(status=304) if same else Answer(b"new", headers={"ETag": '"1"', "Last-Modified": "then"})

    site.pages["/a"] = page

    first = fetcher.fetch(site.url("/a"))
    assert first.content == b"new"
    for known in (first.validators, Validators(etag='"1"'), Validators(last_modified="then")):
        again = fetcher.fetch(site.url("/a"), known)
        assert (again.content, again.validators) == (None, known)
    assert fetcher.fetch(site.url("/a"), Validators('"0"')).content == b"new"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "the site asks to sign in first (401). Save the page from your browser and ingest that file"),
        (403, "the site refuses to give it (403). Save the page from your browser and ingest that file"),
        (404, "there is no page at this address (404)"),
        (410, "the page has been removed (410)"),
        (418, "the site answers with an error (418)"),
        (304, "the site answers with an error (304)"),
    ],
)
def test_answers_that_are_no_page(site: Site, fetcher: Fetcher, status: int, expected: str) -> None:
    site.pages["/a"] = Answer(status=status)

    assert reason(fetcher, site.url("/a")) == expected
    assert site.asked == ["/a"]


def test_a_host_that_is_not_there() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with Fetcher(resolve=resolve) as fetcher:
        assert reason(fetcher, "https://nowhere.example/a") == "there is no host called nowhere.example"
