"""The page on who says what without a browser: its HTML, its chart, what it saves, and its states, by AppTest."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import rag.assistant
from rag.article import Article, Excerpt, Sentence
from rag.assistant import Assistant
from rag.coverage.claims import Account, Claim
from rag.coverage.coverage import Coverage
from rag.coverage.coverage_export import TABLES, as_csv, as_json, markdown
from rag.coverage.events import events
from rag.coverage.origins import Carrier, Origin, origins
from rag.coverage.people import Person
from rag.coverage.quotes import QuoteRow, Wording
from rag.coverage.sentence_coverage import claim_of
from rag.coverage.timeline import TimelineEntry
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.reply import ScoredSentence
from rag.settings import ROOT, Settings
from rag.text.dated_sentences import DatedSentence
from rag.ui.html.coverage_html import (
    Links,
    claims_html,
    copies_html,
    dates_html,
    headlines_html,
    people_html,
    quotes_html,
    section_of,
)
from rag.ui.html.escape import as_html
from rag.ui.html.labels import period
from rag.ui.html.timeline_chart import COMPUTED, DISPUTED, NUMBER, STATED, chart, lanes, window
from tests.page.test_ask_page import HOSTILE
from tests.support.apps import app_at
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding

HURT = "How many people were injured when the barge hit?"
OUR_OWN = {"class", "title", "aria-label", "scope"}
"""The attributes that our HTML has, beside the links to citations."""


def coverage_with(text: str) -> Coverage:
    """A coverage in which `text` stands wherever an article's words can."""
    told = f"{text} on 11 March 2031"
    ours = Article(id="a", text=told, title=text, outlet=text, origin=text, published="2031-03-11")
    other = replace(ours, id="b", text=f"{told} ", outlet=f"{text} Post")
    sentence = Sentence(0, len(told))
    mine, theirs = (Excerpt(each, sentence.start, sentence.end) for each in (ours, other))
    says = Account(ours.outlet, "answers", (ours,), ours, mine, (0, len(text)), 0, (theirs,))
    otherwise = Account(other.outlet, "answers", (other,), other, theirs, None, 1)
    related = Account(other.outlet, "related", (other,), other, theirs)
    silent = Account(f"{text} Times", "not mentioned", (other,), other)
    wordings = (
        Wording(ours, 0, len(text), "direct", text, sentence),
        Wording(other, 0, len(text), "clip", text, sentence, ((0, len(text)),)),
    )
    when = len(text) + 4
    dated = tuple(
        DatedSentence(
            article, sentence.start, sentence.end, date(2031, 3, day), date(2031, 3, day), day == 12, (when, len(told))
        )
        for day, article in ((11, ours), (12, other))
    )
    return Coverage(
        text,
        (ours, other),
        (
            Claim(text, (says, otherwise, related, silent), (text, f"not {text}"), (1, 1), True),
            Claim(text, (replace(says, verdict="supports"),), (), (1,), False),
        ),
        (QuoteRow(text, "worded differently", wordings), QuoteRow(text, "alone", wordings[:1])),
        (Origin(text, (Carrier(ours, True), Carrier(other, False, (mine,), (theirs,)))),),
        (TimelineEntry(date(2031, 3, 11), date(2031, 3, 11), dated, True),),
        (Person(text, {text: (mine,), f"{text} II": (theirs,)}),),
    )


class Tags(HTMLParser):
    """What a browser would make of HTML: its elements and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attributes))


def assert_our_own(html: str) -> None:
    """Nothing is in the HTML but elements and attributes that we put there."""
    tags = Tags()
    tags.feed(html)
    assert tags.found
    for tag, attributes in tags.found:
        assert tag not in ("script", "img", "b", "i", "u", "em", "http:", "style", "iframe")
        for name, value in attributes:
            assert name in OUR_OWN or (name == "href" and re.fullmatch(r"#cite-\d+-\d+", value or "")), (name, value)


# What is drawn


@pytest.mark.parametrize("text", [text for text in HOSTILE if any(char.isalnum() for char in text)])
def test_whatever_articles_say_is_shown_as_it_is(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    coverage, links = coverage_with(text), Links()

    shown = [
        claims_html(coverage, links),
        headlines_html(coverage.articles, links),
        quotes_html(coverage.quotes, links),
        copies_html(coverage.origins, links),
        dates_html(coverage.timeline, links),
        people_html(coverage.people, links),
        section_of(coverage, 3, 2).html,
    ]

    for html in shown:
        assert as_html(text) in html
        assert_our_own(html)
    assert [each.number for each in links.citations] == list(range(1, len(links.citations) + 1))
    assert all(each.quote == coverage.articles[each.article_id == "b"].text[each.start : each.end]
               for each in links.citations)  # fmt: skip


def test_each_outlet_stands_under_what_it_says() -> None:
    html = claims_html(coverage_with("Seventeen were hurt"), Links())

    heads = re.findall(r'<section class="(\w+)"><p class="verdict">(.+?)<span>([^<]+)', html)
    assert heads == [
        ("answers", "<bdi>Seventeen were hurt</bdi>", "1 outlet"),
        ("answers", "<bdi>not Seventeen were hurt</bdi>", "1 outlet"),
        ("supports", "Supports it", "1 outlet"),
    ]
    assert "The answers differ." in html
    assert "<summary>Related: 1 outlet</summary>" in html
    assert "Not mentioned in what was read: <bdi>Seventeen were hurt Times</bdi>" in html
    assert "<strong>Seventeen were hurt</strong> on 11 March" in html


def test_dates_say_how_they_are_known() -> None:
    html = dates_html(coverage_with("It sank").timeline, Links())

    assert '<th scope="row">11 March 2031</th>' in html
    assert "the articles differ" in html
    assert "12 March 2031, says <bdi>It sank Post</bdi>" in html
    assert "computed" not in html  # one of them is stated


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((2031, 3, 11), (2031, 3, 11), "11 March 2031"),
        ((2031, 3, 1), (2031, 3, 31), "March 2031"),
        ((2031, 1, 1), (2031, 12, 31), "2031"),
        ((2030, 1, 1), (2031, 12, 31), "2030 to 2031"),
        ((2031, 3, 10), (2031, 3, 16), "10 to 16 March 2031"),
        ((2031, 3, 30), (2031, 4, 5), "30 March to 5 April 2031"),
        ((2030, 12, 30), (2031, 1, 5), "30 December 2030 to 5 January 2031"),
    ],
)
def test_a_period_in_words(first: tuple[int, int, int], last: tuple[int, int, int], expected: str) -> None:
    assert period(date(*first), date(*last)) == expected


# The chart


def test_the_chart_shows_what_is_near_to_the_news() -> None:
    coverage = coverage_with("It sank")
    (entry,) = coverage.timeline

    def on(year: int) -> TimelineEntry:
        day = date(year, 3, 11)
        return TimelineEntry(day, day, (replace(entry.told[0], first=day, last=day),), False)

    shown = window(replace(coverage, timeline=(on(1958), entry, on(2090))))

    assert shown
    assert (shown.before, shown.near, shown.after) == ((on(1958),), (entry,), (on(2090),))
    assert window(replace(coverage, timeline=())) is None
    old = window(replace(coverage, timeline=(on(1958), on(1960))))
    assert old
    assert len(old.near) == 2


def test_the_chart_has_a_lane_an_outlet_and_marks_that_open_sentences() -> None:
    coverage, links = coverage_with("<b>It</b> sank"), Links()
    (entry,) = coverage.timeline
    again = TimelineEntry(entry.first, entry.first, (replace(entry.told[0], computed=True), entry.told[0]), False)
    computed = TimelineEntry(entry.last, date(2031, 3, 13), (replace(entry.told[1], last=date(2031, 3, 13)),), False)

    records = lanes([again, computed], links)
    drawn = chart(records, dark=False)

    assert [(each["outlet"], each["sentences"], each["known"]) for each in records] == [
        ("<b>It</b> sank", 2, STATED),
        ("<b>It</b> sank Post", 1, COMPUTED),
    ]
    assert [links.citations[int(each[NUMBER]) - 1].article_id for each in records] == ["a", "b"]
    assert (records[1]["from"], records[1]["to"], records[1]["when"]) == (
        "2031-03-12", "2031-03-14", "12 to 13 March 2031"
    )  # fmt: skip
    assert lanes([entry], links)[0]["known"] == DISPUTED
    assert [layer["mark"]["type"] for layer in drawn["layer"]] == ["bar", "circle"]


# What is saved


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_saved_with_its_citations(table: str) -> None:
    coverage = coverage_with("=Seventeen | <b>were</b> hurt")

    (name,) = [name for name in TABLES if name == table]
    whole = json.loads(as_json(coverage, (name,)))
    rows = list(csv.DictReader(io.StringIO(as_csv(coverage, (name,)))))
    page = markdown(coverage, (name,))

    assert {each for each in TABLES if each in whole} == {table}
    assert '"quote": "=Seventeen' in json.dumps(whole[table])
    assert {(row["article"], row["start"]) for row in rows} >= {("a", "0")}
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    assert re.search(r"^1\. .*article a, 0 to \d+", page, re.MULTILINE)
    assert "<b>" not in page


# What can be chosen


def test_events_are_what_several_outlets_tell_of(library: Library, embedding: Embedding, articles: Path) -> None:
    barge = "The barge struck the bridge in fog and people were hurt on the tram by the quay. "
    goats = "Goats won prizes at the summer show of farmers, judges praised their fleece again. "
    for name, text, outlet in (
        ("1", barge, "Herald"), ("2", barge * 2, "Courier"), ("3", goats, "Herald"), ("4", goats * 2, "Herald"),
    ):  # fmt: skip
        item = {
            "title": f"{text.split()[0]} {text.split()[1]}, part {name}",
            "text": text,
            "sitename": outlet,
            "date": f"2031-03-1{name}",
        }
        (articles / f"{name}.json").write_text(json.dumps(item), "utf-8")
    put_in(library, embedding, articles)

    (event,) = events(library, 6)

    assert {each.label for each in event.articles} == {"The barge, part 1", "The barge, part 2"}
    assert (event.outlets, event.days) == (2, ("2031-03-11", "2031-03-12"))
    assert event.lead.label in ("The barge, part 1", "The barge, part 2")


def test_an_empty_library_has_no_events(library: Library) -> None:
    assert events(library, 6) == []


def test_the_others_agree_with_a_sentence_contradict_it_or_are_silent(
    library: Library, articles: Path, model: Embedding
) -> None:
    texts = {
        "herald": "Seventeen people were hurt when the barge hit the bridge, the police said.",
        "courier": "The police said that 17 people had been hurt when the barge hit the bridge.",
        "post": "Nineteen people were hurt when the barge hit the bridge, the hospital said.",
        "times": "A bakery on the quay has won a prize for its rye bread.",
    }
    for outlet, text in texts.items():
        (articles / f"{outlet}.json").write_text(json.dumps({"title": outlet, "text": text, "sitename": outlet}))
    put_in(library, WordCountEmbedding(), articles)
    found = {str(article.outlet): article for article in library.articles()}
    tellings = [ScoredSentence(each, 0, len(each.text), -9 if name == "times" else 8) for name, each in found.items()]
    lead = found["herald"]

    laid = claim_of(
        Excerpt(lead, 0, len(lead.text)), tellings, list(found.values()), origins(library, list(found.values())),
        library, model,
    )  # fmt: skip

    assert [(each.outlet, each.verdict, each.group) for each in laid.accounts] == [
        ("herald", "supports", 0),
        ("courier", "supports", 0),
        ("post", "contradicts", None),
        ("times", "not mentioned", None),
    ]
    assert laid.origins == (2,)
    assert laid.answering == 3


# The page


@pytest.fixture(scope="module")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the samples, with the model that counts words."""
    store = tmp_path_factory.mktemp("coverage") / "store"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
        with Assistant.open(Settings(store=store)) as assistant:
            list(assistant.ingest([ROOT / "rag" / "samples" / "articles"]))
    return store


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, filled_store: Path) -> Iterator[Callable[..., AppTest]]:
    """The page as it is opened at an address."""
    monkeypatch.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
    st.cache_resource.clear()

    def open_(store: Path = filled_store, **asks: str) -> AppTest:
        monkeypatch.setenv("SECOND_SOURCE_STORE", str(store))
        page = app_at("Coverage")
        for kind, value in asks.items():
            page.query_params[kind] = value
        return page.run()

    yield open_
    st.cache_resource.clear()


def shown(page: AppTest) -> str:
    assert not page.exception
    return "\n".join(element.value for element in page.html)


def article_with(store: Path, words: str) -> tuple[str, int, int]:
    """The place of the sentence in which `words` stand."""
    with Library.open(store, (model := WordCountEmbedding()).identity, model.model_name) as library:
        return next(
            (article.id, each.start, each.end)
            for article in library.articles()
            for each in library.sentences(article.id)
            if words in article.text[each.start : each.end]
        )


def test_the_first_visit_offers_questions_and_events(open_page: Callable[..., AppTest]) -> None:
    page = open_page()

    assert "Compare what outlets say about the same thing" in shown(page)
    labels = [button.label.replace("\\", "") for button in page.button]
    assert [label for label in labels if label.startswith("How many people were injured")]
    assert any(re.search(r":small\[\d+ outlets, \d+ articles, 11 to \d\d March 2031\]", label) for label in labels)

    page.button(key="offer-question-0").click().run()
    assert page.query_params["question"] == HURT
    assert '<h2 class="asked">How many people were injured' in shown(page)


def test_a_question_is_laid_out_in_tables_that_can_be_saved(open_page: Callable[..., AppTest]) -> None:
    page = open_page(question=HURT)

    html = shown(page)
    assert re.search(r'<p class="statement">\d+ outlets cover this, from \d+ origins; \d+ answers? it.</p>', html)
    assert [tab.label for tab in page.tabs] == ["Accounts", "Quotes", "Origins", "Timeline", "People"]
    assert page.text_input[0].value == HURT
    assert "one text, published by 2 outlets" in html
    assert "Matthias Ekmoor" in html
    assert len(page.get("download_button")) == 15
    assert len(page.get("vega_lite_chart")) == 1


def test_words_typed_become_the_address(open_page: Callable[..., AppTest]) -> None:
    page = open_page(question=HURT)
    page.text_input[0].set_value("  What did Henrike Solmar promise about engineering reports? ")
    next(button for button in page.button if button.label == "Compare").click().run()

    assert page.query_params["question"] == "What did Henrike Solmar promise about engineering reports?"
    assert '<h2 class="asked">What did Henrike Solmar promise' in shown(page)
    page.text_input[0].set_value("  ")
    next(button for button in page.button if button.label == "Compare").click().run()
    assert '<h2 class="asked">What did Henrike Solmar promise' in shown(page)


def test_an_event_and_a_sentence_have_addresses_too(open_page: Callable[..., AppTest], filled_store: Path) -> None:
    id, start, end = article_with(filled_store, "Nineteen people were injured")
    event = open_page(event=id)
    assert "Nineteen injured as barge hits bridge" in shown(event)
    assert "Ask a question above" in shown(event)
    assert re.search(r"outlets cover this, from \d+ origins\.</p>", shown(event))

    sentence = open_page(sentence=f"{id}-{start}-{end}")
    assert '<h2 class="asked quoted">“PORT LINNET - Nineteen people were injured' in shown(sentence)
    assert '<section class="supports"><p class="verdict">Supports it' in shown(sentence)


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        ({"event": "nobody"}, "This article is not in the library. It may have been removed."),
        ({"sentence": "nobody-1-2"}, "This article is not in the library. It may have been removed."),
        ({"sentence": "<b>"}, "The address does not name a sentence"),
        ({"sentence": "{id}-7-7"}, "The article has no sentence from 7 to 7"),
        ({"sentence": "{id}-0-999999"}, "it may have changed since"),
        ({"question": "x" * 1001}, "at most 1000 are allowed"),
        ({"question": "hello"}, "Ask me anything about"),
    ],
)
def test_what_cannot_be_laid_out_is_said(
    open_page: Callable[..., AppTest], filled_store: Path, asks: dict[str, str], said: str
) -> None:
    id = article_with(filled_store, "Nineteen people were injured")[0]

    page = open_page(**{kind: value.format(id=id) for kind, value in asks.items()})

    assert said in shown(page)
    assert 'role="alert"' in shown(page)
    assert not page.tabs


def test_what_the_library_does_not_answer_covers_nothing(open_page: Callable[..., AppTest]) -> None:
    page = open_page(question="Which vineyards grow tempranillo near Zaragoza?")

    assert "No article says this directly." in shown(page)
    assert "cover this" not in shown(page)
    page.button(key="offer-event-0").click().run()
    assert re.search(r"outlets? covers? this, from", shown(page))


def test_one_outlet_alone_is_said(open_page: Callable[..., AppTest], tmp_path: Path) -> None:
    item = {"title": "Goats win", "text": "Nine goats won prizes at the show in Tollen.", "sitename": "<b>Herald</b>"}
    (tmp_path / "goats.json").write_text(json.dumps(item))
    with Assistant.open(Settings(store=tmp_path / "store")) as assistant:
        list(assistant.ingest([tmp_path / "goats.json"]))

    page = open_page(tmp_path / "store", question="How many goats won prizes?")

    assert "Only <bdi>&lt;b&gt;Herald&lt;/b&gt;</bdi> reports this in your library" in shown(page)
    assert "1 outlet covers this, from 1 origin; 1 answers it." in shown(page)
    for nothing in ("None of the articles are copies of each other", "None of the articles quotes anyone",
                    "None of the articles gives a date", "None of the articles names anyone"):  # fmt: skip
        assert nothing in shown(page)
    assert "None of the latest events" in shown(open_page(tmp_path / "store"))


def test_an_empty_library_says_what_to_do(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECOND_SOURCE_SAMPLES", str(tmp_path / "nowhere"))
    page = open_page(tmp_path / "store")

    assert "Your library is empty" in shown(page)
    assert not page.text_input


def test_what_is_laid_out_is_kept_until_the_library_changes(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(question=HURT)
    before = shown(page)
    with monkeypatch.context() as patched:
        patched.setattr(Assistant, "coverage", lambda *_: 1 / 0)
        assert shown(page.run()) == before
