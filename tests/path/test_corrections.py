"""What a person corrects stays corrected, and what a person removes is gone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.article import Article, Provenance
from rag.assistant import Assistant
from rag.chats.chats import Chats
from rag.errors import UsageError
from rag.library.catalogue import Catalogue
from rag.library.library import Library
from rag.library.schema import SCHEMA_VERSION, backup_of
from rag.settings import Settings
from rag.ui.components.reader_pane import article_data, known
from rag.ui.html.labels import credit, published
from tests.conftest import DATA, Run
from tests.support.checks import assert_whole, outcomes, put_in
from tests.support.fakes import WordCountEmbedding
from tests.support.programs import purge, start

Command = Callable[..., Run]
TEXT = "PORT LINNET (CAPSTAN WIRE) - The ferry left Port Linnet at noon.\n\nJoin our Telegram channel.\n\nIt came back."


@pytest.fixture
def ferry(library: Library, embedding: WordCountEmbedding, articles: Path) -> Article:
    path = articles / "ferry.json"
    path.write_text(json.dumps({"title": "Ferry", "text": TEXT, "sitename": "Linnet Herald", "date": "2031-03-11"}))
    put_in(library, embedding, path)
    (article,) = library.articles()
    return article


def test_a_correction_outlives_reading_anew(assistant: Assistant, ferry: Article, articles: Path) -> None:
    given = {"outlet": " The  Herald ", "authors": "Ada Quill; Ben Oake", "published": "", "place": "Hollin"}

    edited = assistant.intake.edit(ferry.id, given)

    assert (edited.outlet, edited.authors, edited.published) == ("The Herald", ("Ada Quill", "Ben Oake"), None)
    assert {name for name in edited.basis if edited.basis[name] == Provenance("edited")} == set(given)
    assert edited.basis["origin"].how == "text"
    assert assistant.library.outlets() == ["The Herald"]
    assert outcomes(list(assistant.ingest([articles]))) == ["unchanged"]
    (articles / "ferry.json").write_text(
        json.dumps({"title": "Late", "text": TEXT + " Late.", "sitename": "Linnet Herald"})
    )
    assert outcomes(list(assistant.ingest([articles]))) == ["updated"]
    again = assistant.library.article(ferry.id)
    assert (again.outlet, again.place, again.title, again.version) == ("The Herald", "Hollin", "Late", 2)
    assert again.basis["place"] == Provenance("edited")
    assert_whole(assistant.library)


def test_a_corrected_date_is_what_conditions_look_at(assistant: Assistant, ferry: Article) -> None:
    from datetime import date

    from rag.reply import Filters

    assistant.intake.edit(ferry.id, {"published": "2030-01-01"})

    within = Filters(until=date(2030, 12, 31))
    assert assistant.library.by_words("ferry", 5, within)
    assert not assistant.library.by_words("ferry", 5, Filters(since=date(2031, 1, 1)))


@pytest.mark.parametrize(
    ("stated", "day", "at"),
    [
        ("2031-03-11T08:00:00+09:00", "2031-03-11", "2031-03-11T08:00:00+09:00"),
        ("2031-03-11T08:00:00+09:00", "2031-03-12", None),
        ("2031-03-11T08:00:00+09:00", "", None),
        ("2031-03-11", "2031-03-12", None),
    ],
)
def test_a_time_goes_with_its_day(
    assistant: Assistant, ferry: Article, articles: Path, stated: str, day: str, at: str | None
) -> None:
    item = {"title": "Ferry", "text": TEXT, "sitename": "Linnet Herald", "date": stated}
    (articles / "ferry.json").write_text(json.dumps(item))
    assert outcomes(list(assistant.ingest([articles]))) == ["unchanged"]

    edited = assistant.intake.edit(ferry.id, {"published": day})

    assert (edited.published, edited.published_at) == (day or None, at)
    assert outcomes(list(assistant.ingest([articles]))) == ["unchanged"]
    assert assistant.library.article(ferry.id) == edited
    (articles / "ferry.json").write_text(json.dumps(item | {"text": TEXT + " Late."}))
    assert outcomes(list(assistant.ingest([articles]))) == ["updated"]
    assert assistant.library.article(ferry.id).published_at == at


def test_a_corrected_headline_is_embedded(assistant: Assistant, ferry: Article, embedding: WordCountEmbedding) -> None:
    before = len(embedding.texts)
    assistant.intake.edit(ferry.id, {"origin": "Capstan Wire"})
    assert len(embedding.texts) == before

    assistant.intake.edit(ferry.id, {"title": "Little Auk"})

    assert embedding.texts[before].startswith("Little Auk\n")
    assert_whole(assistant.library)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"colour": "red"}, "There is no field 'colour'. The fields: title, outlet"),
        ({"published": "yesterday"}, "published 'yesterday' is not a day: write it as YYYY-MM-DD"),
        ({}, "Say what to correct, as field=value"),
    ],
)
def test_a_correction_that_makes_no_sense(
    assistant: Assistant, ferry: Article, values: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        assistant.intake.edit(ferry.id, values)
    assert assistant.library.article(ferry.id) == ferry


def test_on_the_command_line(run: Command, articles: Path) -> None:
    (articles / "ferry.json").write_text(json.dumps({"title": "Ferry", "text": TEXT, "sitename": "Linnet Herald"}))
    run("ingest", articles)
    (listed,) = json.loads(run("list", "--json").out)
    id = listed["id"]

    assert "outlet: Linnet Herald (stated)" in run("show", id).out
    assert (
        "origin: Capstan Wire (text; the credit in the dateline)\n    “PORT LINNET (CAPSTAN WIRE)”"
        in run("show", id).out
    )
    assert "not searched: 1 spans, 26 characters" in run("show", id).out
    assert "outlet: The Herald (edited)" in run("edit", id, "outlet=The Herald").out
    assert json.loads(run("show", id, "--json").out)["outlet"] == "The Herald"
    assert run("edit", id, "outlet").code == 2
    assert run("edit", "nobody", "outlet=x").code == 2
    assert run("duplicates").out == "no duplicates\n"
    assert json.loads(run("duplicates", "--json").out) == []
    assert run("remove").code == run("remove", id, "--outlet", "The Herald").code == 2
    assert run("remove", "--outlet", "Nobody").code == 2
    assert run("remove", "--outlet", "The Herald") == Run(0, "1 removed\n", "")
    assert run("list").out == ""


def test_nothing_is_left_of_an_outlet_that_is_removed(
    open_library: Callable[..., Library], embedding: WordCountEmbedding, articles: Path
) -> None:
    library = open_library()
    for n in range(30):
        item = {"title": f"Secretheadline{n}", "text": f"Secretsentence{n} of day {n}.", "sitename": "Linnet Herald"}
        (articles / f"{n}.json").write_text(json.dumps({**item, "url": f"https://secretaddress.example/{n}"}))
    (articles / "kept.json").write_text(
        json.dumps({"title": "Kept", "text": "It stays.", "sitename": "Quernside Post"})
    )
    put_in(library, embedding, articles)
    (articles / "0.json").write_text(
        json.dumps({"title": "Secretheadline0", "text": "Secretupdate.", "url": "https://secretaddress.example/0"})
    )
    put_in(library, embedding, articles / "0.json")
    ids = library.catalogue.of_outlet("Linnet Herald")
    library.edit(ids[0], {"place": "Secretplace"})
    chats = Chats(library)
    asked = [chats.ask(None, f"What of day {n}?") for n in range(3)]
    for n, chat in enumerate(asked, 7):
        reply = Assistant(library, embedding, Settings(store=library.folder)).ask(f"What of day {n} of the month?")
        chats.answered(chats.exchanges(chat)[0].id, reply)
        assert {each.article_id for each in reply.citations + reply.retrieved} & set(ids)
    chats.delete(asked[0])
    store = library.folder
    backup_of(store / "library.db", 1).write_bytes(b"secretsentence of a library of an older format")
    assert secrets_in(store)

    outlets = library.outlets()
    number = sum(library.remove_outlet(outlet) for outlet in outlets if outlet != "Quernside Post")
    (kept,) = chats.exchanges(asked[1])
    assert all(each.removed_at and len(each.hash) == 64 for each in kept.considered.values())
    chats.close()
    library.close()
    process = start(purge, store)  # as the command line does: memory that once held an article can end up in a file
    process.join()

    assert (number, process.exitcode) == (30, 0)
    assert secrets_in(store) == []
    library = open_library()
    assert library.indexes.repaired is None
    assert [article.title for article in library.articles()] == ["Kept"]
    assert_whole(library)
    removed = library.catalogue.removals()
    assert {id for id, _, _ in removed} >= set(ids)
    assert all(len(str(title)) == 64 and when for _, title, when in removed)


def secrets_in(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if b"secret" in path.read_bytes().lower()]


# A library of the first format


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "store" / "library.db"
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.executescript((DATA / "library-format-1.sql").read_text("utf-8"))
        identity = WordCountEmbedding().identity
        database.execute("UPDATE meta SET value = ? WHERE key = 'model'", (identity,))
        vector = np.array(WordCountEmbedding()._vector("Ferry"), np.float32).tobytes()
        database.execute("UPDATE vectors SET vector = ?", (vector,))
    database.close()
    return path


def test_an_older_library_opens_after_a_copy_was_made(old: Path, open_library: Callable[..., Library]) -> None:
    library = open_library()

    article = library.article("ferry")
    assert (article.title, article.authors, article.published) == ("Ferry", ("Ada Quill",), "2031-03-11")
    assert (article.basis_of("outlet").how, article.basis_of("origin").how) == ("stated", "unknown")
    assert (article.omitted, article.voices, article.addresses, article.content_hash) == ((), (), (), "f6a0")
    assert [version.text for version, _ in library.versions("tram")] == ["A tram left."]
    assert set(library.catalogue.signatures()) == {"ferry", "tram"}
    assert library.edit("ferry", {"place": "Hollin"}).place == "Hollin"
    with sqlite3.connect(backup_of(old, 1)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM articles").fetchone() == (2,)
    copy.close()
    assert library.catalogue._rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]


def test_an_older_library_is_asked_and_added_to(
    old: Path, open_library: Callable[..., Library], articles: Path
) -> None:
    library, embedding = open_library(), WordCountEmbedding()
    (articles / "new.txt").write_text("The lighthouse of Hollin was painted green.")
    put_in(library, embedding, articles)
    with Assistant(library, embedding, Settings(store=library.folder)) as assistant:
        asked = assistant.ask("Who painted the lighthouse of Hollin green?")
        assert [each.outlet for each in library.articles()].count(None) >= 1
        assert any(library.article(each.article_id).text.startswith("The lighthouse") for each in asked.retrieved)
        chat = assistant.chats.ask(None, "What left?")
        assert assistant.chats.exchanges(chat)[0].waiting
    assert open_library().status().articles == 3


def test_a_library_without_times_gets_them_when_its_files_are_read_again(
    open_library: Callable[..., Library], embedding: WordCountEmbedding, articles: Path
) -> None:
    library = open_library()
    item = {"title": "Ferry", "text": TEXT, "date_publish": "2031-03-11T08:00:00+09:00"}
    (articles / "ferry.json").write_text(json.dumps(item))
    put_in(library, embedding, articles)
    (whole,) = library.articles()
    assert whole.published_at == "2031-03-11T08:00:00+09:00"
    library.close()
    path = library.folder / "library.db"
    with sqlite3.connect(path) as database:
        for table in ("articles", "citations"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN published_at")
        database.execute("PRAGMA user_version = 4")
    database.close()

    library = open_library()
    assert backup_of(path, 4).exists()
    assert library.articles() == [replace(whole, published_at=None)]
    before = len(embedding.texts)
    assert outcomes(put_in(library, embedding, articles)) == ["unchanged"]
    assert (library.articles(), len(embedding.texts)) == ([whole], before)
    assert library.versions(whole.id) == []
    assert_whole(library)


def test_a_migration_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = old.read_bytes()

    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("rag.library.schema.put_fingerprints", fails)
        with pytest.raises(Exception, match="disk is full"):
            Catalogue(old)

    with sqlite3.connect(old) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM articles").fetchone() == (2,)
    database.close()
    assert before
    catalogue = Catalogue(old)
    assert catalogue.article("ferry").title == "Ferry"
    catalogue.close()


def test_an_older_library_is_described_when_it_is_embedded_anew(
    old: Path, open_library: Callable[..., Library], embedding: WordCountEmbedding
) -> None:
    library = open_library()
    Assistant(library, embedding, Settings(store=library.folder)).intake.embed_anew()

    assert library.article("tram").basis_of("outlet").how == "unknown"
    assert library.article("ferry").basis["title"].how == "stated"
    assert_whole(library)


# In the reader


def test_the_reader_greys_what_is_omitted_and_says_what_is_known(ferry: Article) -> None:
    data = article_data(ferry, (), current=1)

    pieces = [piece for paragraph in data["paragraphs"] for piece in paragraph]
    assert "".join(piece["text"] for piece in pieces) == ferry.text.replace("\n", "")
    assert [piece["text"] for piece in pieces if piece.get("omitted")] == ["Join our Telegram channel."]
    assert data["known"] == [
        {
            "name": "news agency",
            "value": "Capstan Wire",
            "basis": "read from the text: the credit in the dateline",
            "words": "PORT LINNET (CAPSTAN WIRE)",
        },
        {
            "name": "dateline",
            "value": "Port Linnet",
            "basis": "read from the text: the dateline",
            "words": "PORT LINNET (CAPSTAN WIRE)",
        },
    ]
    assert known(Article(text="x", title="stated")) == []


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2031-03-11", "2031-03-12", "undated, between 11 March 2031 and 12 March 2031"),
        ("2031-03-11", None, "undated, not before 11 March 2031"),
        (None, "2031-03-12", "undated, not after 12 March 2031"),
        (None, None, "undated"),
    ],
)
def test_a_range_is_said_in_words(first: str | None, last: str | None, said: str) -> None:
    article = Article(text="x", published_from=first, published_until=last)

    assert published(article) == said
    assert credit(article) == f"Unknown outlet · {said}"


def test_an_inferred_date_is_marked() -> None:
    article = Article(text="x", published="2031-03-11", basis={"published": Provenance("inferred")})

    assert published(article) == "11 March 2031 (date guessed)"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2018-10-29T14:05:00+09:00", "29 October 2018, 14:05 (+09:00)"),
        ("2018-10-29T14:05:00", "29 October 2018, 14:05"),
        ("2018-10-28T23:05:00+00:00", "29 October 2018 (28 October 2018, 23:05 +00:00)"),
        (None, "29 October 2018"),
    ],
)
def test_a_time_in_words(at: str | None, said: str) -> None:
    article = Article(text="x", outlet="Linnet Herald", published="2018-10-29", published_at=at)

    assert published(article) == said
    assert credit(article) == f"Linnet Herald · {said}"
