"""What an article is told to be: from where in its text, with which words, and what stays unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rag.article import Article
from rag.ingestion.clean import omitted
from rag.ingestion.date_inference import DatedWords, inferred
from rag.ingestion.describe import describe, undated
from rag.ingestion.extract import from_text
from rag.ingestion.prepare import story
from rag.library.library import Library
from rag.reply import Filters
from rag.settings import ROOT
from rag.text.date_patterns import whole_dates
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding

TRANSCRIPT, WIRE = "000_4aec5024515acb2e.txt", "004_332d50d9d8e258c8.txt"
BODY = (
    "The harbour master said on Tuesday that the river would stay shut until the divers had finished their work there."
)


def told(article: Article | str, beside: DatedWords | None = None) -> Article:
    article = Article(text=article) if isinstance(article, str) else article
    article = replace(article, omitted=omitted(article.text))
    sentences = [sentence for stretch in story(article.text, article.omitted) for sentence in stretch]
    return undated(describe(article, sentences), sentences, beside)


def words(article: Article, name: str) -> list[str]:
    """What the value of `name` was read from."""
    return [article.text[start:end] for start, end in article.basis[name].spans]


@pytest.mark.parametrize(
    ("lead", "place", "origin"),
    [
        ("SEOUL (REUTERS) - ", "Seoul", "Reuters"),
        ("PORT LINNET (CAPSTAN WIRE) - ", "Port Linnet", "Capstan Wire"),
        ("ERIE, Pa. (AP) — ", "Erie, Pa.", "Associated Press"),
        ("SAN JOSE, Dec 31 (Reuters) - ", "San Jose", "Reuters"),
        ("LONDON, Dec 29 (Thomson Reuters Foundation) - ", "London", "Thomson Reuters Foundation"),
        ("PARIS (AFP/dpa) — ", "Paris", "Agence France-Presse, Deutsche Presse-Agentur"),
        ("CAIRO -- ", "Cairo", None),
        ("TEMPE, Ariz. — ", "Tempe, Ariz.", None),
        ("(Reuters) - ", None, "Reuters"),
        ("Xinhua | ", None, "Xinhua"),
        ("(CNN) ", None, "CNN"),
        ("UPDATE - ", None, None),
        ("FILE - ", None, None),
        ("TWO YEARS ago, ", None, None),
        ("(Tuesday) - ", None, None),
    ],
)
def test_the_dateline(lead: str, place: str | None, origin: str | None) -> None:
    article = told(f"{lead}{BODY}\n\n{BODY}")

    assert (article.place, article.origin) == (place, origin)
    for name in ("place", "origin"):
        if getattr(article, name):
            assert article.basis[name].how == "text"
            assert words(article, name) == [lead.rstrip(" -—|")]


@pytest.mark.parametrize(
    ("last", "origin"),
    [
        ("Reuters", "Reuters"),
        ("Reuters - Ap - Afp", "Reuters, Associated Press, Agence France-Presse"),
        ("Copyright 2031 The Associated Press. All rights reserved.", "Associated Press"),
        ("This article originally appeared on CNET.", "CNET"),
        ("Copyright 2031 Linnet Herald. All rights reserved.", None),
        ("He spoke to Reuters.", None),
    ],
)
def test_the_credit_at_the_end(last: str, origin: str | None) -> None:
    assert told(f"{BODY}\n\n{BODY}\n\n{last}").origin == origin


def test_an_agency_among_the_authors() -> None:
    by_agency = told(Article(text=BODY, outlet="Linnet Herald", authors=("Press Association Sport Correspondent",)))
    pictured = told(Article(text=BODY, outlet="Linnet Herald", authors=("Ada Quill", "Getty Images", "Reuters")))

    assert (by_agency.origin, by_agency.basis["origin"].how) == ("Press Association", "stated")
    assert (pictured.origin, pictured.basis["origin"].how) == (None, "unknown")


def test_an_agency_s_own_article_has_no_other_origin() -> None:
    assert told(Article(text=f"(CNN) {BODY}", outlet="CNN")).origin is None


def test_the_byline() -> None:
    assert told(f"By Ada Quill and Ben Oake\n{BODY}").authors == ("Ada Quill", "Ben Oake")
    assert told(f"By Tuesday the river was shut.\n{BODY}").authors == ()


@pytest.mark.parametrize(
    ("last", "outlet", "author"),
    [
        ("Edda Carrow, Westering News.", "Westering News", "Edda Carrow"),
        ("In Port Linnet, Edda Carrow, Westering News.", "Westering News", "Edda Carrow"),
        ("Edda Carrow reporting for BBC News.", "BBC", "Edda Carrow"),
        ("He thanked Edda Carrow, Minister.", None, None),
        ("She lives with Edda Carrow, Port Linnet.", None, None),
    ],
)
def test_the_sign_off(last: str, outlet: str | None, author: str | None) -> None:
    article = told(f"{BODY}\n{BODY}\n{last}")

    assert article.outlet == outlet
    assert article.authors == ((author,) if author else ())


def test_a_plea_names_the_outlet() -> None:
    by_name = told(f"{BODY}\n\n{BODY}\n\nJoin the Straits Times' Telegram channel now.")
    by_initials = told(f"{BODY}\n\n{BODY}\n\nJoin ST's Telegram channel now.")
    unknown = told(f"{BODY}\n\n{BODY}\n\nJoin XQ's Telegram channel now.")

    assert (by_name.outlet, by_initials.outlet, unknown.outlet) == ("The Straits Times", "The Straits Times", None)
    assert by_initials.basis["outlet"].how == "inferred"


def test_what_is_stated_stands() -> None:
    text = f"SEOUL (REUTERS) - {BODY}\n\nEdda Carrow, Westering News."
    stated = Article(text=text, outlet="Linnet Herald", origin="Capstan Wire", authors=("Ada Quill",), language="xx")

    article = told(stated)

    assert (article.outlet, article.origin, article.authors) == ("Linnet Herald", "Capstan Wire", ("Ada Quill",))
    assert {article.basis[name].how for name in ("outlet", "origin", "authors", "language")} == {"stated"}
    assert article.content_hash == stated.content_hash


def test_the_language() -> None:
    german = "Der Hafenmeister sagte am Dienstag, der Fluss bleibe gesperrt, bis die Taucher fertig sind."

    assert (told(BODY).language, told(german).language, told("Kurz.").language) == ("en", "de", None)


# Dates


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("Published: 29 October 2031", "2031-10-29"),
        ("Oct 29, 2031, 5:30 pm SGT", "2031-10-29"),
        ("Updated on October 29th, 2031", "2031-10-29"),
        ("2031-10-29", "2031-10-29"),
        ("The bridge fell on 29 October 2031", None),
        ("31 June 2031", None),
    ],
)
def test_a_date_line(line: str, published: str | None) -> None:
    article = told(f"{line}\n\n{BODY}")

    assert article.published == published
    if published:
        assert (article.basis["published"].how, words(article, "published")) == ("text", [line])


@pytest.mark.parametrize(
    ("caption", "published"),
    [
        ("Annika Thoresby at the quay in Port Linnet, on March 11, 2031. PHOTO: CAPSTAN WIRE", "2031-03-11"),
        ("FILE - Annika Thoresby in Port Linnet on March 11, 2031. PHOTO: CAPSTAN WIRE", None),
        ("This March 11, 2031 photo shows Annika Thoresby in Port Linnet. PHOTO: CAPSTAN WIRE", None),
        ("Annika Thoresby at a fair in Anstervale, on March 11, 2031. PHOTO: CAPSTAN WIRE", None),
        ("Gunnar Tressick at the quay in Port Linnet, on March 11, 2031. PHOTO: CAPSTAN WIRE", None),
    ],
)
def test_the_day_of_a_photograph_taken_at_the_scene(caption: str, published: str | None) -> None:
    article = told(f"{caption}\n\nPORT LINNET (CAPSTAN WIRE) - {BODY} Annika Thoresby laughed.\n\n{BODY}")

    assert article.published == published
    if published:
        assert article.basis["published"].how == "inferred"
        assert words(article, "published") == [caption]


def test_a_day_that_is_told_as_past_is_the_earliest() -> None:
    article = told(f"{BODY} The bridge fell on March 11, 2019. It will be mended by May 1, 2020.")

    assert (article.published, article.published_from, article.published_until) == (None, "2019-03-11", None)
    assert words(article, "published") == ["The bridge fell on March 11, 2019."]


def ranges(text: str, beside: DatedWords | None) -> tuple[str, str] | None:
    sentences = [sentence for stretch in story(text, ()) for sentence in stretch]
    found = inferred(text, sentences, beside)
    return (str(found.first), str(found.last)) if found else None


BESIDE = DatedWords("the other", date(2018, 10, 29), (0, 5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nothing is said of when.", ("2018-10-26", "2018-11-01")),
        ("They met on Sunday.", ("2018-10-28", "2018-10-31")),
        ("They met on Monday. She will go Tuesday.", ("2018-10-29", "2018-10-30")),
        ('"They met on Wednesday," she said.', ("2018-10-26", "2018-11-01")),
    ],
)  # fmt: skip
def test_what_follows_beside_a_dated_article(text: str, expected: tuple[str, str]) -> None:
    assert ranges(text, BESIDE) == expected


def test_weekdays_alone_give_no_date() -> None:
    assert ranges("They met on Monday. She will go Tuesday.", None) is None


def test_dates_in_a_text() -> None:
    text = "On 29 October 2018, Oct. 30, 2018 and 2018-10-31; not on 31 June 2018, nor in May 2018."
    assert [(str(day), text[start:end]) for day, (start, end) in whole_dates(text)] == [
        ("2018-10-29", "29 October 2018"), ("2018-10-30", "Oct. 30, 2018"), ("2018-10-31", "2018-10-31")
    ]  # fmt: skip


def test_a_range_within_a_condition_meets_it() -> None:
    article = Article(text="x", published_from="2018-10-29", published_until="2018-10-30")

    assert not Filters(since=date(2018, 10, 1)).leaves_open(article)
    assert not Filters(since=date(2018, 10, 29), until=date(2018, 10, 30)).leaves_open(article)
    assert Filters(since=date(2018, 10, 30)).leaves_open(article)
    assert Filters(until=date(2018, 10, 29)).leaves_open(article)
    assert not Filters().leaves_open(article)
    assert Filters(until=date(2018, 10, 29)).leaves_open(Article(text="x", published_from="2018-10-29"))


# Voices


def test_who_speaks_in_the_samples_transcript() -> None:
    article = told(from_text((ROOT / "rag/samples/articles/03-broadcast-transcript.txt").read_text("utf-8")))

    assert [(voice.role, voice.name) for voice in article.voices] == [
        ("presenter", None), ("reporter", "Edda Carrow"), ("clip", "Henrike Solmar"), ("reporter", "Edda Carrow")
    ]  # fmt: skip
    spoken = [article.text[voice.start : voice.end] for voice in article.voices]
    assert spoken[0].endswith("sends this report.")
    assert spoken[2].startswith('"This bridge is going to be mended')


def test_speakers_told_by_their_labels() -> None:
    article = told(
        f"LORNE VANE, HOST: Good evening.\nEDDA CARROW, BYLINE: {BODY}\nANNIKA THORESBY: It stays shut.\nIt does."
    )

    assert [(voice.role, voice.name) for voice in article.voices] == [
        ("presenter", "Lorne Vane"), ("reporter", "Edda Carrow"), ("speaker", "Annika Thoresby")
    ]  # fmt: skip
    assert article.text[article.voices[-1].start :].endswith("It does.")


def test_an_article_has_no_voices() -> None:
    assert told(f'{BODY}\n\n"It stays shut until the divers have finished," she said.\n\n{BODY}').voices == ()


# The first users' two articles


@pytest.fixture
def first(library: Library, seeds: Path) -> dict[str, Article]:
    put_in(library, WordCountEmbedding(max_tokens=256), seeds)
    return {Path(str(article.path)).name: article for article in library.articles()}


def test_the_wire_story(first: dict[str, Article]) -> None:
    wire = first[WIRE]

    assert (wire.outlet, wire.origin, wire.place) == ("The Straits Times", "Reuters", "Seoul")
    assert (wire.published, wire.basis["published"].how) == ("2018-10-29", "inferred")
    assert {name: wire.basis[name].how for name in ("outlet", "origin", "place")} == {
        "outlet": "inferred", "origin": "text", "place": "text"
    }  # fmt: skip
    assert len(wire.omitted) == 2
    assert wire.voices == ()


def test_the_transcript(first: dict[str, Article]) -> None:
    transcript = first[TRANSCRIPT]

    assert (transcript.outlet, transcript.authors) == ("Arirang News", ("Lee Ji-won",))
    assert (transcript.published, transcript.title, transcript.omitted) == (None, None, ())
    assert (transcript.published_from, transcript.published_until) == ("2018-10-29", "2018-10-30")
    basis = transcript.basis["published"]
    assert basis.how == "inferred"
    assert "2018-10-29" in str(basis.note)
    assert any("Monday" in sentence for sentence in words(transcript, "published"))
    assert [(voice.role, voice.name) for voice in transcript.voices] == [
        ("presenter", None), ("reporter", "Lee Ji-won"), ("clip", "Stephen Biegun"), ("reporter", "Lee Ji-won")
    ]  # fmt: skip


def test_the_order_of_arrival_does_not_matter(open_library: Callable[..., Library], seeds: Path) -> None:
    embedding = WordCountEmbedding(max_tokens=256)
    library = open_library(embedding)
    put_in(library, embedding, seeds / TRANSCRIPT)
    (alone,) = library.articles()
    assert (alone.published, alone.published_from, alone.published_until) == (None, None, None)

    put_in(library, embedding, seeds / WIRE)

    assert library.article(alone.id).published_from == "2018-10-29"


def test_origins_of_real_articles(bench: Path, library: Library) -> None:
    """Those whose credit stands where it always does; and a date is never taken from where it does not stand."""
    import json

    from rag.ingestion.json_articles import from_json

    articles = [from_json(json.loads(path.read_text("utf-8"))) for path in sorted((bench / "articles").iterdir())]
    found = [told(article) for article in articles]
    assert sum(article.origin == "Associated Press" for article in found) >= 20
    assert sum(article.origin == "Reuters" for article in found) >= 4
    # Without what the file states: what is told from the text alone is right, or not told.
    bare = [told(Article(text=article.text, title=article.title)) for article in articles]
    dated = [(b.published, a.published) for a, b in zip(articles, bare, strict=True) if b.published]
    assert all(ours == true for ours, true in dated)
    bounds = [(b.published_from, a.published) for a, b in zip(articles, bare, strict=True) if b.published_from]
    assert sum(str(ours) <= str(true) for ours, true in bounds) >= 0.9 * len(bounds) > 20
