"""Articles as they come: pages, feeds, sitemaps and documents by their addresses, end to end into a library."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

import rag.ingestion.intake
from rag.assistant import Assistant
from rag.errors import UsageError
from rag.ingestion.pipeline import IngestEvent
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.settings import Settings
from tests.conftest import Run
from tests.support.checks import assert_whole
from tests.support.documents import pdf, word
from tests.support.site import Answer, Request, Site
from tests.unit.test_extract import PAGE, PARAGRAPHS

Command = Callable[..., Run]


def page(number: int, words: str = "") -> str:
    """The page of article `number`."""
    text = "".join(f"<p>{each}</p>" for each in [*PARAGRAPHS, f"This is report {number} of the harbour. {words}"])
    head = PAGE.format(charset="utf-8", paragraphs=text).replace("Bridge closed", f"Report {number}")
    return head.replace('<link rel="canonical" href="https://linnet-herald.example/news/bridge">', "")


def rss(site: Site, numbers: Sequence[int], changed: int | None = None) -> str:
    items = "".join(
        f"<item><title>Report {n}</title><link>{site.url(f'/news/{n}')}</link>"
        f"<pubDate>Tue, {12 if n == changed else 11} Mar 2031 08:00:00 GMT</pubDate></item>"
        for n in numbers
    )
    return f'<rss version="2.0"><channel><title>Linnet Herald</title>{items}</channel></rss>'


def sitemap(addresses: Sequence[str], root: str = "urlset") -> str:
    return f"<{root}>" + "".join(f"<url><loc>{each}</loc></url>" for each in addresses) + f"</{root}>"


@pytest.fixture
def online(library: Library, embedding: Embedding, site: Site) -> Assistant:
    """An assistant that may fetch from the site."""
    return Assistant(library, embedding, Settings(store=library.folder), site.fetcher)


def settled(events: Iterator[IngestEvent]) -> list[IngestEvent]:
    """What became of each article, without the signs of life in between."""
    return [event for event in events if event.outcome != "fetching"]


def outcomes(events: Iterator[IngestEvent]) -> list[tuple[str, str]]:
    """Each article's outcome, with the end of its address or with the reason, in alphabetical order: what is added
    waits for others to be embedded with, what is not comes at once.
    """
    return sorted((event.outcome, event.reason or event.source.rpartition("/")[2]) for event in settled(events))


def test_a_page_goes_in_under_its_address(online: Assistant, site: Site) -> None:
    site.pages["/news/1"] = page(1)
    url = site.url("/news/1?utm_source=feed")
    site.pages["/news/1?utm_source=feed"] = page(1)

    (event,) = settled(online.ingest([f" {url}#top "]))

    assert (event.outcome, event.title, event.done, event.total) == ("added", "Report 1", 1, 1)
    article = online.library.article(str(event.article_id))
    assert (article.url, article.path, article.outlet) == (url, None, "Linnet Herald")
    assert (article.published, article.authors) == ("2031-03-11", ("Ada Quill",))
    assert article.text.startswith(PARAGRAPHS[0])
    assert outcomes(online.ingest([site.url("/news/1")])) == [("unchanged", "1")]
    site.pages["/news/1"] = page(1, "It was corrected later.")
    assert outcomes(online.ingest([site.url("/news/1")])) == [("updated", "1")]
    assert_whole(online.library)


def test_paths_and_addresses_together(online: Assistant, site: Site, articles: Path) -> None:
    (articles / "a.txt").write_text("The ferry left Port Linnet.")
    (articles / "b.pdf").write_bytes(pdf([["The ferry came back at night."]]))
    (articles / "c.docx").write_bytes(word([("Normal", "The ferry stayed.")]))
    (articles / "<b>.html").write_text(page(2))
    site.pages |= {"/1": page(1), "/2.pdf": pdf([["The ferry sank."]]), "/3": page(3)}
    site.pages["/moved"] = Answer(status=301, headers={"Location": "/3"})

    events = settled(online.ingest([str(articles), *map(site.url, ["/1", "/2.pdf", "/moved", "/1"])]))

    assert [(event.outcome, event.total) for event in events] == [("added", 7)] * 7
    held = {article.url: article for article in online.library.articles()}
    assert held[site.url("/2.pdf")].text == "The ferry sank."
    assert held[site.url("/3")].title == "Report 3"
    assert_whole(online.library)


def test_what_gives_no_article_is_said_in_a_sentence_and_the_rest_goes_in(online: Assistant, site: Site) -> None:
    form = '<form><input name="u"><input type="password"></form>'
    login = f"<html><body><h1>Sign in</h1><p>Please sign in to go on reading our reports.</p>{form}</body></html>"
    link = "<link rel='alternate' type='application/rss+xml' href='/feed'>"
    site.pages |= {
        "/robots.txt": "User-agent: *\nDisallow: /private",
        "/loop": Answer(status=302, headers={"Location": "/loop"}),
        "/paid": Answer(status=401),
        "/login": login,
        "/nothing": f"<html><head>{link}</head><body></body></html>",
        "/blank": " ",
        "/picture": Answer(b"\x89PNG\r\n\x1a\n", headers={"Content-Type": "image/png"}),
        "/scan.pdf": pdf([[]]),
        "/locked.pdf": pdf([["x"]], password="secret"),
        "/feed": '<rss version="2.0"><channel><title>Empty</title></channel></rss>',
        "/laughs": '<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><title>&a;</title></channel></rss>',
        "/huge": Answer(headers={"Content-Length": "300000000"}),
        "/good": page(1),
    }
    expected = {
        site.url("/missing"): "there is no page at this address (404)",
        site.url("/loop"): "the address redirects in a circle",
        site.url("/paid"): "the site asks to sign in first (401). Save the page from your browser and ingest that file",
        site.url(
            "/login"
        ): "the page asks to sign in first. Save it from your browser when you are, and ingest that file",
        site.url("/nothing"): f"no article was found on the page; it offers a feed: {site.url('/feed')}",
        site.url("/blank"): "there is nothing at this address: the page is empty",
        site.url("/picture"): "it is an image, not an article",
        site.url("/scan.pdf"): "its pages are pictures without text, as a scanner makes them: run it through OCR first",
        site.url("/locked.pdf"): "it is encrypted: save it without a password first",
        site.url("/laughs"): "its XML defines entities, which can blow it up without end: it is not read",
        site.url("/private/1"): "the site's robots.txt asks programs not to fetch this page. Save it from your browser",
        site.url(
            "/huge"
        ): "it has more than the 20 MB an article may have (SECOND_SOURCE_MAX_FILE_MB raises the limit)",
        "file:///etc/passwd": "only http and https addresses are fetched, not file. Give a file by its path",
        "http://x:y@linnet.example/": "the address carries a user name or password: give it without",
    }

    events = settled(online.ingest([*expected, site.url("/feed"), site.url("/good")]))

    assert {event.source: event.reason for event in events[:-2]} == expected
    assert {event.outcome for event in events[:-2]} == {"failed"}
    assert [(e.outcome, e.reason) for e in events[-2:]] == [("unchanged", "it lists no articles"), ("added", None)]
    assert [article.title for article in online.library.articles()] == ["Report 1"]
    assert_whole(online.library)


# Feeds


@pytest.fixture
def feed(site: Site) -> str:
    """A feed of three articles that says whether it has changed, and pages that do."""

    def honest(make: Callable[[], str], request: Request) -> Answer:
        body = make()
        tag = f'"{hash(body)}"'
        if request.headers.get("If-None-Match") == tag:
            return Answer(status=304)
        return Answer(body.encode(), headers={"ETag": tag, "Content-Type": "text/html; charset=utf-8"})

    site.numbers, site.changed = [1, 2, 3], None  # type: ignore[attr-defined]
    site.pages["/feed"] = partial(honest, lambda: rss(site, site.numbers, site.changed))  # type: ignore[attr-defined]
    for n in range(1, 6):
        site.pages[f"/news/{n}"] = partial(honest, partial(page, n))
    return site.url("/feed")


def asked(site: Site) -> list[str]:
    paths = [path.removeprefix("/news/") for path in site.asked]
    site.requests.clear()
    return paths


def test_of_a_feed_only_what_is_new_or_changed_is_fetched_again(online: Assistant, site: Site, feed: str) -> None:
    assert outcomes(online.ingest([feed])) == [("added", "1"), ("added", "2"), ("added", "3")]
    assert asked(site) == ["/feed", "1", "2", "3"]

    assert outcomes(online.ingest([feed])) == [("unchanged", "it has not changed since it was last read")]
    assert asked(site) == ["/feed"]

    site.numbers, site.changed = [4, 1, 2], 2  # type: ignore[attr-defined]
    site.pages["/news/2"] = page(2, "Twelve people were on board.")
    assert outcomes(online.ingest([feed])) == [("added", "4"), ("unchanged", "1"), ("updated", "2")]
    assert asked(site) == ["/feed", "4", "2"]

    site.changed = 1  # type: ignore[attr-defined]
    events = settled(online.ingest([feed]))  # the feed says "changed", the page does not
    assert [event.outcome for event in events] == ["unchanged"] * 3
    assert all(event.article_id for event in events)
    assert [(event.done, event.total) for event in events] == [(1, 3), (2, 3), (3, 3)]
    assert len(online.library.articles()) == 4
    assert_whole(online.library)


def test_a_feed_fills_in_what_its_pages_leave_out(online: Assistant, site: Site) -> None:
    site.pages |= {
        "/feed": rss(site, [1]),
        "/news/1": f"<html><body><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p></body></html>",
    }

    (event,) = settled(online.ingest([site.url("/feed")]))

    article = online.library.article(str(event.article_id))
    assert (article.title, article.published) == ("Report 1", "2031-03-11")
    assert article.published_at == "2031-03-11T08:00:00+00:00"


@pytest.mark.parametrize(("day", "at"), [("2031-03-11", "2031-03-11T08:00:00+00:00"), ("2031-03-09", None)])
def test_a_feed_adds_the_time_to_its_page_s_day(online: Assistant, site: Site, day: str, at: str | None) -> None:
    site.pages |= {"/feed": rss(site, [1]), "/news/1": page(1).replace("2031-03-11T08:00:00Z", day)}

    (event,) = settled(online.ingest([site.url("/feed")]))

    article = online.library.article(str(event.article_id))
    assert (article.published, article.published_at) == (day, at)


def test_what_failed_is_tried_again(online: Assistant, site: Site, feed: str) -> None:
    good = site.pages.pop("/news/2")
    assert outcomes(online.ingest([feed])) == [
        ("added", "1"), ("added", "3"), ("failed", "there is no page at this address (404)")
    ]  # fmt: skip
    site.pages["/news/2"] = good

    assert outcomes(online.ingest([feed])) == [("added", "2"), ("unchanged", "1"), ("unchanged", "3")]


def test_an_interrupted_reading_goes_on_where_it_stopped(online: Assistant, site: Site) -> None:
    site.pages |= {"/feed": Answer(rss(site, range(40)).encode(), headers={"ETag": '"1"'})}
    site.pages |= {f"/news/{n}": page(n) for n in range(40)}
    run = online.ingest([site.url("/feed")])
    for event in run:
        if event.done == 20:
            break
    run.close()
    held = {article.url for article in online.library.articles()}
    assert len(held) >= 20
    asked(site)

    events = settled(online.ingest([site.url("/feed")]))

    assert events[-1].done == events[-1].total == 40
    assert len(asked(site)) == 1 + 40 - len(held)
    assert len(online.library.articles()) == 40
    assert [event.outcome for event in events].count("added") == 40 - len(held)
    assert_whole(online.library)


def test_a_removed_article_comes_back_only_when_asked_for(online: Assistant, site: Site, feed: str) -> None:
    events = settled(online.ingest([feed]))
    online.library.remove([str(events[0].article_id)])
    site.numbers = [1, 2, 3, 4]  # type: ignore[attr-defined]

    list(online.ingest([feed]))
    assert "Report 1" not in {article.title for article in online.library.articles()}
    assert outcomes(online.ingest([site.url("/news/1")])) == [("added", "1")]


def test_sitemaps_and_their_index(online: Assistant, site: Site) -> None:
    site.pages |= {f"/news/{n}": page(n) for n in range(3)}
    site.pages["/a.xml"] = sitemap([site.url("/news/0"), site.url("/news/1")])
    site.pages["/b.xml"] = sitemap([site.url("/news/1"), site.url("/news/2")])
    site.pages["/index.xml"] = sitemap(
        [site.url(f"/{each}") for each in ("a.xml", "b.xml", "c.xml", "index.xml")], "sitemapindex"
    )

    assert outcomes(online.ingest([site.url("/index.xml")])) == [
        ("added", "0"), ("added", "1"), ("added", "2"), ("duplicate", f"the same article as {site.url('/news/1')}"),
        ("failed", "there is no page at this address (404)"), ("unchanged", "it has been read already"),
    ]  # fmt: skip


def test_a_slow_page_is_waited_for_audibly_and_can_be_left(online: Assistant, site: Site) -> None:
    over = threading.Event()

    def slow(_: Request) -> Answer:
        over.wait(30)
        return Answer(b"late")

    site.pages |= {"/slow": slow, "/feed": sitemap([site.url("/good"), site.url("/slow")]), "/good": page(1)}
    start = time.monotonic()
    run = online.ingest([site.url("/feed")])
    added = next(event for event in run if event.outcome == "added")
    fetching = next(run)
    heard = time.monotonic() - start
    start = time.monotonic()
    run.close()
    over.set()

    assert added.source == site.url("/good")
    assert (fetching.outcome, fetching.source) == ("fetching", site.url("/slow"))
    assert heard < 15
    assert time.monotonic() - start < 2
    assert_whole(online.library)


# Handed over


def test_files_that_were_handed_over(assistant: Assistant, tmp_path: Path) -> None:
    lines = '{"text": "One.", "url": "https://linnet.example/1"}\n{"text": 2}'
    files = [
        ("../../x.txt", b"The ferry left Port Linnet."),
        ("<b>.html", page(1).encode()),
        ("C:\\news\\a.jsonl", lines.encode()),
        ("a.pdf", pdf([["The ferry came back."]])),
        ("a.docx", b"PK"),
        ("a.exe", b"MZ"),
        ("large.txt", b"x" * 21_000_000),
    ]
    before = set(tmp_path.parent.rglob("*.txt"))

    events = list(assistant.intake.ingest_files(files))

    assert sorted((event.outcome, event.source) for event in events) == [
        ("added", "../../x.txt"), ("added", "<b>.html"), ("added", "C:\\news\\a.jsonl, line 1"), ("added", "a.pdf"),
        ("failed", "C:\\news\\a.jsonl, line 2"), ("failed", "a.docx"), ("failed", "a.exe"), ("failed", "large.txt"),
    ]  # fmt: skip
    assert {article.path for article in assistant.library.articles()} == {None}
    assert set(tmp_path.parent.rglob("*.txt")) == before
    assert [event.outcome for event in assistant.intake.ingest_files(files[:2])] == ["unchanged", "unchanged"]


def test_pasted_text(assistant: Assistant) -> None:
    event = assistant.intake.ingest_text(
        "The ferry left.\r\n\r\nIt came back.", " Ferry\nlate ", "", "11 March 2031", "https://www.bbc.co.uk/news/1"
    )

    article = assistant.library.article(str(event.article_id))
    assert (event.outcome, article.text, article.title) == ("added", "The ferry left.\n\nIt came back.", "Ferry late")
    assert (article.outlet, article.published, article.url) == ("BBC", "2031-03-11", "https://www.bbc.co.uk/news/1")
    assert assistant.intake.ingest_text("Ferry late\n\nIt came back.").title == "Ferry late"
    assert assistant.intake.ingest_text("Ferry late\n\nIt came back.").outcome == "unchanged"
    for given in ({"text": " … "}, {"text": "x", "published": "Tuesday"}, {"text": "x", "url": "linnet.example"}):
        with pytest.raises(UsageError):
            assistant.intake.ingest_text(**given)


# The command line


@pytest.fixture
def online_run(run: Command, site: Site, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setattr(rag.ingestion.intake, "Fetcher", site.fetcher)
    return run


def test_feeds_are_followed(online_run: Command, site: Site, feed: str) -> None:
    run = online_run
    assert run("feeds", "add", feed) == Run(0, "following Linnet Herald; `feeds refresh` reads its articles\n", "")
    assert run("feeds", "list").out == f"{feed}\tnever read\t\tLinnet Herald\n"

    assert run("feeds", "refresh").out == "3 added\n"
    (said,) = json.loads(run("feeds", "list", "--json").out)
    assert (said["url"], said["result"], said["title"]) == (feed, "3 added", "Linnet Herald")
    assert said["read_at"] > "2020"
    assert run("feeds", "refresh", feed).out == "1 unchanged\n"
    assert "it has not changed since it was last read" in run("feeds", "list").out

    site.pages.pop("/feed")
    ran = run("feeds", "refresh")
    assert (ran.code, ran.out, ran.err) == (
        2, "1 failed\n", f"failed: {feed}: there is no page at this address (404)\n"
    )  # fmt: skip
    assert "there is no page at this address (404)" in run("feeds", "list").out

    assert run("feeds", "remove", feed).out == "1 removed\n"
    assert run("feeds", "list").out == ""
    assert run("feeds", "refresh").out == "nothing to do\n"
    assert len(json.loads(run("list", "--json").out)) == 3


def test_a_feed_that_cannot_be_followed(online_run: Command, site: Site) -> None:
    site.pages["/page"] = page(1)
    for url, expected in (
        (site.url("/page"), "it is neither a feed (RSS, Atom, JSON) nor a sitemap"),
        (site.url("/missing"), "there is no page at this address (404)"),
        ("http://169.254.169.254/feed", "port"),
    ):
        ran = online_run("feeds", "add", url)
        assert (ran.code, ran.out) == (2, "")
        assert expected in ran.err or "private network" in ran.err
    for command in ("remove", "refresh"):
        ran = online_run("feeds", command, "http://linnet.example/feed")
        assert (ran.code, ran.err) == (
            2,
            "You are not following the feed 'http://linnet.example/feed'. `python -m rag feeds list` "
            "shows your feeds.\n",
        )


def test_addresses_on_the_command_line(online_run: Command, site: Site) -> None:
    site.pages["/1"] = page(1)

    ran = online_run("ingest", site.url("/1"), site.url("/<b>\x1b[2J"))

    assert (ran.code, ran.out) == (1, "1 added, 1 failed\n")
    assert "the address holds characters that none may hold" in ran.err
    assert "\x1b" not in ran.err
