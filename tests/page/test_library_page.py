"""The page of the library without a browser: its table, one article, removal, and the ways in, driven by AppTest."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import rag.assistant
from rag.article import Article, Provenance, Voice
from rag.assistant import Assistant
from rag.ingestion.intake import Intake
from rag.ingestion.pipeline import IngestEvent
from rag.library.article_rows import Version
from rag.library.corrections import Change
from rag.library.subscriptions import Feed
from rag.settings import ROOT, Settings, read_settings
from rag.ui.components.add_articles import feed_html, reasons_html, titles_html
from rag.ui.components.article_panel import basis_html, heading_html, passages_html, text_html, versions_html
from rag.ui.components.remove_articles import latest_removal
from rag.ui.html.escape import as_html, as_text
from rag.ui.jobs.ingest_job import IngestJob, adding
from rag.ui.startup import library_door
from tests.page.test_ask_page import HOSTILE
from tests.support.apps import app_at
from tests.support.fakes import WordCountEmbedding
from tests.support.site import Answer, Request, Site

STORY = "The ferry stays in Hollin until the ice is gone, said the harbour master Ada Quill on Monday."


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the samples, with the model that counts words; to be copied."""
    store = tmp_path_factory.mktemp("samples") / "store"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
        with Assistant.open(Settings(store=store)) as assistant:
            assert all(event.outcome == "added" for event in assistant.ingest([ROOT / "rag" / "samples" / "articles"]))
    return store


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Site) -> Iterator[AppTest]:
    """The page on an empty library; what it fetches may come from the test's own site."""
    monkeypatch.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
    monkeypatch.setattr(Assistant, "open", partial(Assistant.open, make_fetcher=site.fetcher))
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "store"))
    st.cache_resource.clear()
    yield app_at("Library")
    st.cache_resource.clear()


@pytest.fixture
def filled(page: AppTest, samples: Path, tmp_path: Path) -> AppTest:
    """The page on a library of the samples."""
    shutil.copytree(samples, tmp_path / "store")
    return page.run()


def held() -> Assistant:
    """The Assistant that the page has open."""
    return library_door(read_settings())


def shown(page: AppTest) -> str:
    return "\n".join(element.value for element in page.html)


def button(page: AppTest, label: str) -> Any:
    return next(each for each in page.button if each.label == label)


def fill_in(page: AppTest, label: str, text: str) -> None:
    next(each for each in [*page.text_input, *page.text_area] if each.label.startswith(label)).set_value(text)


def wait(page: AppTest) -> AppTest:
    """The page once what is being added is added."""
    adding().wait(30)
    assert not adding().running
    return page.run()


def headlines(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Headline"])


def opened(page: AppTest, headline: str) -> AppTest:
    """The page of the article with this headline."""
    page.query_params["article"] = id_of(headline)
    return page.run()


def id_of(headline: str) -> str:
    return next(each.id for each in held().library.listed() if each.label.startswith(headline))


def choose(page: AppTest, *rows: int) -> AppTest:
    """Tick rows of the table."""
    selection = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    page.session_state[page.dataframe[0].key] = selection
    return page.run()


# Escaping


@pytest.mark.parametrize("text", [text for text in HOSTILE if any(char.isalnum() for char in text)])
def test_what_is_shown_of_articles_and_feeds_is_escaped(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    article = Article(
        text=text,
        title=text,
        outlet=text,
        authors=(text,),
        url=text,
        path=text,
        addresses=(text,),
        language=text,
        basis={"outlet": Provenance("inferred", ((0, len(text)),), text)},
        voices=(Voice(0, len(text), "speaker", text),),
    )
    event = IngestEvent(text, "failed", "a", text, text, 1, 1)
    version = (Version(1, "Other", None, text, text), [Change("reworded", text, text)])

    parts = [
        heading_html(article),
        text_html(article),
        passages_html(article, [(0, len(text))]),
        basis_html(article, "outlet"),
        versions_html(article, [version]),
        reasons_html([event]),
        titles_html([event]),
        feed_html(Feed(text, text, "2031-03-12T10:00:00+00:00", text)),
    ]

    for html in parts:
        assert as_html(text.strip())[:20] in html
        for planted in ("<script", "<img", "<b>", "<http", 'onmouseover="', "onfocus='", 'href="javascript:'):
            assert planted not in html


def test_a_cell_is_one_line_that_can_be_sent() -> None:
    assert as_text("a\x00\ud800\n b") == "a ? b"


def test_an_article_says_what_is_greyed_who_speaks_and_what_changed() -> None:
    text = "The ferry sails.\n\nAdvertisement\n\nIt is late."
    article = Article(text=text, omitted=((18, 31),), voices=(Voice(33, 44, "reporter", "Ada Quill"),))

    assert '<p dir="auto"><span class="omitted">Advertisement</span></p>' in text_html(article)
    assert '<span class="voice"><bdi>Ada Quill (reporter)</bdi></span> It is late.' in text_html(article)
    assert "only one version" in versions_html(article, [])
    change = Change("reworded", "It is late.", "It is early.")
    html = versions_html(article, [(Version(1, None, None, "", "2031-03-12T10:00:00+00:00"), [change])])
    assert "<del>It is late.</del> <ins>It is early.</ins>" in html
    assert "Version 1, until 12 March 2031" in html


# The table


def test_an_empty_library_says_what_to_do_and_offers_the_samples(page: AppTest) -> None:
    page.run()

    assert "Your library is empty." in shown(page)
    assert not page.dataframe
    button(page, "Try the sample library first").click().run()
    wait(page)
    assert "14 articles from 6 outlets" in shown(page)
    assert "14 added in" in shown(page)
    button(page, "Close").click().run()
    assert "14 added in" not in shown(page)


def test_articles_are_searched_and_filtered(filled: AppTest) -> None:
    assert len(headlines(filled)) == 14
    fill_in(filled, "Search", "solmar PROMISES%")
    filled.run()
    assert "No matching articles." in shown(filled)
    fill_in(filled, "Search", "solmar promises")
    filled.run()
    assert 0 < len(headlines(filled)) < 14
    fill_in(filled, "Search", "")
    assert "unknown outlet" in filled.multiselect[0].options
    filled.multiselect[0].set_value(["Linnet Herald"])
    filled.run()
    assert set(filled.dataframe[0].value["Outlet"]) == {"Linnet Herald"}
    filled.multiselect[0].set_value([])
    filled.multiselect[2].set_value(["copy"])
    filled.run()
    assert set(filled.dataframe[0].value["News agency"]) == {"Capstan Wire"}
    filled.multiselect[2].set_value(["undated"])
    filled.run()
    assert set(filled.dataframe[0].value["Published"]) == {"undated"}
    filled.multiselect[2].set_value([])
    filled.date_input[0].set_value("2031-03-14")
    filled.date_input[1].set_value("2031-03-15")
    filled.run()
    assert set(filled.dataframe[0].value["Published"]) == {"2031-03-14", "2031-03-15"}
    assert "Filter (2)" in [expander.label for expander in filled.expander]


def test_a_click_on_a_cell_opens_the_article_and_leads_back(filled: AppTest) -> None:
    headline = headlines(filled)[1]
    cells = {"selection": {"rows": [], "columns": [], "cells": [[1, "Headline"]]}}
    filled.session_state[filled.dataframe[0].key] = cells
    filled.run()

    assert not filled.exception
    assert f"<h2>{as_html(headline)}</h2>" in shown(filled)
    button(filled, "All articles").click().run()
    assert len(headlines(filled)) == 14


def test_what_is_ticked_is_removed_and_can_be_put_back(filled: AppTest) -> None:
    first, second, *rest = headlines(filled)
    choose(filled, 0)
    assert button(filled, "Open")
    choose(filled, 0, 1)
    button(filled, "Remove 2 articles").click().run()
    assert not filled.exception
    assert headlines(filled) == rest
    assert "12 articles from" in shown(filled)
    assert "Removed: 2 articles." in shown(filled)

    button(filled, "Undo").click().run()
    assert headlines(filled) == [first, second, *rest]
    assert "Removed:" not in shown(filled)


def test_a_removal_can_be_undone_for_a_while_only(filled: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.ui.components.remove_articles.UNDO_FOR", 0.01)
    choose(filled, 0)
    button(filled, "Remove 1 article").click().run()
    while latest_removal().removed:
        time.sleep(0.01)

    assert "Undo" not in [each.label for each in filled.run().button]
    assert len(headlines(filled)) == 13


def test_an_outlet_is_removed_with_what_the_report_and_the_chats_say_of_it(page: AppTest) -> None:
    page.run()
    button(page, "Try the sample library first").click().run()
    wait(page)
    chats = held().chats
    question = "How many people were injured, according to the Linnet Herald and the Vessermark Courier?"
    chat = chats.ask(None, question)
    chats.answered(chats.exchanges(chat)[0].id, held().ask(question))
    page.multiselect[0].set_value(["Linnet Herald"])
    page.run()
    headline = headlines(page)[0]
    assert as_html(headline) in shown(page)
    choose(page, *range(len(headlines(page))))
    before = chats.exchanges(chat)
    page.button(key="remove-chosen").click().run()

    assert held().library.outlets().count("Linnet Herald") == 0
    assert as_html(headline) not in shown(page)
    reply = chats.exchanges(chat)[0].reply
    assert reply
    assert {bool(each.text) for each in reply.retrieved if each.outlet == "Linnet Herald"} == {False}
    assert {bool(each.quote) for each in reply.citations if each.outlet == "Vessermark Courier"} == {True}
    button(page, "Undo").click().run()
    assert chats.exchanges(chat) == before


def test_an_emptied_library_is_not_filled_with_samples_unasked(filled: AppTest) -> None:
    held().library.remove([each.id for each in held().library.listed()])
    filled.run()
    assert "Your library is empty." in shown(filled)

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert "Your library is empty." in shown(app)
    assert not app.chat_input
    button(app, "Add the sample library").click().run()
    assert app.chat_input
    assert len(held().library.articles()) == 14


# One article


def test_a_correction_is_saved_at_once_and_survives_reading_anew(filled: AppTest) -> None:
    opened(filled, "The 7:40 boat")
    assert "undated" in shown(filled)
    fill_in(filled, "Outlet", "Hollin <i>Times</i>")
    filled.run()
    fill_in(filled, "Published", "the other day")
    filled.run()

    assert "is not a day: write it as YYYY-MM-DD" in shown(filled)
    assert "Hollin &lt;i&gt;Times&lt;/i&gt;" in shown(filled)
    assert "corrected manually" in shown(filled)
    list(held().ingest([ROOT / "rag" / "samples" / "articles"]))
    article = held().library.article(id_of("The 7:40 boat"))
    assert (article.outlet, article.basis_of("outlet").how) == ("Hollin <i>Times</i>", "edited")
    button(filled, "All articles").click().run()
    filled.multiselect[2].set_value(["corrected"]).run()
    assert headlines(filled) == [article.label]


def test_an_article_names_those_who_print_the_same_copy(filled: AppTest) -> None:
    opened(filled, "Minister promises daylight")

    assert "Written by Capstan Wire, published by" in shown(filled)
    assert shown(filled).count("<bdi>Reprint · ") >= 2
    next(each for each in filled.button if each.label.startswith("Solmar")).click().run()
    assert "<h2>Solmar: Hollin rides free" in shown(filled)


def test_an_article_says_what_it_was_before(page: AppTest, articles: Path) -> None:
    page.run()
    for text in (STORY, STORY + " It sails again in May."):
        (articles / "ferry.txt").write_text(f"Ferry stays\n\n{text}")
        list(held().ingest([articles]))
    opened(page, "Ferry stays")

    assert "<ins>It sails again in May.</ins>" in shown(page)


def test_an_article_that_is_not_there_is_said(filled: AppTest) -> None:
    filled.query_params["article"] = "<b>nothing</b>"
    filled.run()

    assert "This article is not in the library" in shown(filled)
    button(filled, "All articles").click().run()
    assert filled.dataframe


# The ways in


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return page.file_uploader[0].set_value([(name, text, "application/octet-stream") for name, text in files]).run()


def test_files_go_in_and_what_does_not_is_told(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_SOURCE_MAX_FILE_MB", "0.01")
    page.run()
    upload(
        page,
        ("../../x.txt", STORY.encode()),
        ("<b>.html", b"<html></html>"),
        ("large.txt", b"word " * 4000),
        ("tool.exe", b"MZ"),
    )
    wait(page)

    assert "1 added, 3 failed in" in shown(page)
    assert "<bdi>&lt;b&gt;.html</bdi><span>no article was found on the page</span>" in shown(page)
    assert "more than the 0.01 MB an article may have" in shown(page)
    assert "this kind of file is not read (.exe)" in shown(page)
    assert [article.path for article in held().library.articles()] == [None]


def test_addresses_are_read_and_nothing_of_the_disk(page: AppTest, site: Site, articles: Path) -> None:
    (articles / "secret.txt").write_text(STORY)
    site.pages["/news"] = news(1)
    page.run()
    places = [str(articles / "secret.txt"), site.url("/news"), "http://10.0.0.1/", "file:///etc/hosts", ""]
    fill_in(page, "Pages, documents", "\n".join(places))
    button(page, "Add addresses").click().run()
    wait(page)

    assert "1 added, 3 failed in" in shown(page)
    assert "this is no address: it begins with https://" in shown(page)
    assert "only http and https addresses are fetched, not file" in shown(page)
    assert [each.url for each in held().library.articles()] == [site.url("/news")]


def feed_of(site: Site, number: int, page: Callable[[int], Any] | None = None) -> str:
    """A feed of so many articles on the site, and its address."""
    links = [f"<item><title>News {n}</title><link>{site.url(f'/{n}')}</link></item>" for n in range(number)]
    feed = f'<rss version="2.0"><channel><title>Linnet <b>Herald</b></title>{"".join(links)}</channel></rss>'
    site.pages["/feed"] = Answer(feed.encode(), headers={"Content-Type": "application/rss+xml"})
    for n in range(number):
        site.pages[f"/{n}"] = page(n) if page else news(n)
    return site.url("/feed")


def news(n: int) -> str:
    story = "".join(f"<p>On day {m} the ferry number {n} stayed in Hollin, as the harbour said.</p>" for m in range(5))
    return f"<html><body><h1>Ferry number {n} stays in</h1><article>{story}</article></body></html>"


def test_a_feed_is_followed_refreshed_and_left(page: AppTest, site: Site) -> None:
    url = feed_of(site, 2)
    page.run()
    fill_in(page, "Address of a feed", url)
    button(page, "Follow feed").click().run()
    wait(page)

    assert not page.exception
    assert "2 added in" in shown(page)
    assert f"<bdi>{as_html(url)}</bdi>" in shown(page)
    assert "2 added</p>" in shown(page)
    feed_of(site, 3)
    button(page, "Refresh").click().run()
    wait(page)
    assert "1 added, 2 unchanged in" in shown(page)
    button(page, "Unfollow").click().run()
    assert held().intake.feeds() == []
    assert len(held().library.articles()) == 3


def test_a_feed_that_is_none_is_told(page: AppTest, site: Site) -> None:
    site.pages["/news"] = news(1)
    page.run()
    fill_in(page, "Address of a feed", site.url("/news"))
    button(page, "Follow feed").click().run()
    wait(page)

    assert "it is neither a feed (RSS, Atom, JSON) nor a sitemap" in shown(page)
    assert held().intake.feeds() == []
    assert held().library.articles() == []


def test_pasted_text_goes_in_and_a_wrong_day_loses_nothing(page: AppTest) -> None:
    page.run()
    fill_in(page, "The article's text", STORY)
    fill_in(page, "Headline", "Ferry <stays>")
    fill_in(page, "Published", "Monday")
    button(page, "Add text").click().run()
    assert "&#x27;Monday&#x27; is not a day" in shown(page)
    assert page.text_area[1].value == STORY

    fill_in(page, "Published", "2031-03-10")
    button(page, "Add text").click().run()
    wait(page)
    (article,) = held().library.articles()
    assert (article.text, article.title, article.published) == (STORY, "Ferry <stays>", "2031-03-10")
    assert page.text_area[1].value == ""


@pytest.mark.parametrize("label", ["Add addresses", "Follow feed", "Add text"])
def test_nothing_given_is_said(page: AppTest, label: str) -> None:
    page.run()
    button(page, label).click().run()

    assert 'role="alert"' in shown(page)
    assert not adding().running


# The thread


def test_progress_moves_cancel_stops_and_a_second_start_goes_on(
    page: AppTest, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60 articles of a feed: something every second, questions meanwhile, an end within 2 s, nothing twice."""

    def slowly(n: int) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            time.sleep(0.01)
            return Answer(news(n).encode(), headers={"Content-Type": "text/html"})

        return answer

    heard: list[float] = []
    follow_and_read = Intake.follow_and_read

    def timed(intake: Intake, url: str) -> Iterator[IngestEvent]:
        heard.append(time.monotonic())
        for event in follow_and_read(intake, url):
            heard.append(time.monotonic())
            yield event

    monkeypatch.setattr(Intake, "follow_and_read", timed)
    url = feed_of(site, 60, slowly)
    page.run()
    fill_in(page, "Address of a feed", url)
    button(page, "Follow feed").click().run()
    work = adding()
    while work.done < 20:
        assert work.running
        time.sleep(0.01)
    assert (
        max(later - earlier for earlier, later in pairwise(heard)) < 3
    )  # so that it never looks stuck; benchmarks.adding measures it
    assert held().ask("Where did the ferry number 3 stay?").retrieved
    page.run()
    assert "Questions can be asked meanwhile." in shown(page)
    assert page.button(key="FormSubmitter:addresses-Add addresses").disabled
    began = time.monotonic()
    button(page, "Cancel").click().run()
    work.wait(5)
    assert time.monotonic() - began < 2
    page.run()
    assert "You stopped it. Articles that were added are kept." in shown(page)
    kept = len(held().library.articles())
    assert 20 <= kept < 60

    st.cache_resource.clear()  # the app is started anew
    page.run()
    button(page, "Refresh").click().run()
    wait(page)
    assert f"{60 - kept} added, {kept} unchanged in" in shown(page)
    assert len(held().library.articles()) == 60
    assert len({article.url for article in held().library.articles()}) == 60
    asked = [path for path in site.asked if path != "/feed"]
    assert set(asked) == {f"/{n}" for n in range(60)}
    assert len(asked) <= 60 + kept  # what is there may be asked whether it has changed, and no more


def test_one_way_in_at_a_time_and_an_end_with_the_app(page: AppTest, articles: Path) -> None:
    go_on = threading.Event()
    closed = []

    def events() -> Iterator[IngestEvent]:
        try:
            while not go_on.wait(0.05):
                yield IngestEvent("<a>", "fetching", None, None, None, 0, 1)
        finally:
            closed.append(True)

    page.run()
    assert adding().start("first", events)
    assert not adding().start("second", events)
    fill_in(page, "The article's text", STORY)
    button(page, "Add text").click().run()
    assert "Other articles are being added" in shown(page)
    st.cache_resource.clear()
    assert closed == [True]


def test_what_goes_wrong_is_told(page: AppTest, caplog: pytest.LogCaptureFixture) -> None:
    def events() -> Iterator[IngestEvent]:
        yield IngestEvent("a", "added", "a", "A", None, 1, 2)
        raise ZeroDivisionError

    page.run()
    adding().start("two files", events)
    wait(page)

    assert "1 added in" in shown(page)
    assert "Something unexpected went wrong." in shown(page)
    assert "ZeroDivisionError" in caplog.text


def test_an_edit_beside_a_thread_that_takes_articles_in_is_kept(page: AppTest, articles: Path) -> None:
    """The one writes what it read before; the other must not fall in between."""
    page.run()
    assistant = held()
    for n in range(8):
        (articles / f"{n:02}.txt").write_text(f"Ferry {n}\n\n{STORY} It was ferry {n}.")
    list(assistant.ingest([articles]))
    ids = [each.id for each in assistant.library.listed()]
    for n in range(8):
        (articles / f"{n:02}.txt").write_text(f"Ferry {n}\n\n{STORY} It was ferry {n}. It is late.")
    work = IngestJob()
    work.start("all again", lambda: assistant.ingest([articles]))
    for id in ids:
        assistant.intake.edit(id, {"outlet": "Hollin Times", "title": f"Corrected {id}"})
        assistant.ask("Who said that the ferry stays?")
    work.wait(30)

    assert work.problem is None
    for article in assistant.library.articles():
        assert (article.outlet, article.title) == ("Hollin Times", f"Corrected {article.id}")
        assert article.text.endswith("It is late.")
    assert assistant.library.status().pending == 0
