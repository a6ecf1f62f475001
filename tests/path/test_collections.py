"""Asking within chosen articles and collections: exact in both indexes; what becomes of collections."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.chats.chats import Chats
from rag.errors import UsageError
from rag.library.collections import Collection
from rag.library.library import Library
from rag.querying.retrieve import HybridRetriever
from rag.reply import Filters
from rag.settings import Settings
from tests.conftest import Run
from tests.support.checks import generated_articles, put_in
from tests.support.fakes import WordCountEmbedding


@pytest.fixture
def ids(library: Library, embedding: WordCountEmbedding, tmp_path: Path) -> list[str]:
    """The ids of two dozen articles, as they were written."""
    put_in(library, embedding, generated_articles(tmp_path / "generated", 24))
    return [each.id for each in sorted(library.articles(), key=lambda each: each.path or "")]


def test_search_within_articles_loses_none_of_their_passages(
    library: Library, embedding: WordCountEmbedding, ids: list[str]
) -> None:
    """Wherever the others come: what is asked for stands in an article that is not among the chosen."""
    chosen = tuple(ids[n] for n in (3, 11, 20))
    filters = Filters(articles=chosen)
    expected = {each.passage.id for id in chosen for each in library.catalogue.embedded(id)}
    vector = embedding.get_query_embedding("word7 met harbour on day 4")

    assert {id for id, _ in library.by_meaning(vector, 200, filters)} == expected
    assert {id for id, _ in library.by_words("article7 harbour says", 200, filters)} == expected
    found = HybridRetriever(library, embedding, filters, 100).retrieve("What did word7 meet?")
    assert {each.node.node_id for each in found} == expected
    assert library.by_meaning(vector, 5, Filters(articles=chosen, outlets=("Nobody",))) == []


def test_an_empty_collection_has_nothing(library: Library, embedding: WordCountEmbedding, ids: list[str]) -> None:
    assert ids
    nothing = Filters(collection="Empty")

    assert library.by_meaning(embedding.get_query_embedding("harbour"), 5, nothing) == []
    assert library.by_words("harbour", 5, nothing) == []


def test_collections_are_made_changed_and_deleted(library: Library, ids: list[str]) -> None:
    kept = library.collections
    one, two, three, *_ = sorted(ids)

    assert kept.add("  Floods\n& barges ", [two, one, "nothing"]) == Collection("Floods & barges", (one, two))
    assert kept.add("floods & BARGES", [three]).articles == (one, two, three)
    kept.add("Auk", [])
    assert [each.name for each in kept.all()] == ["Auk", "Floods & barges"]
    kept.take_out("Floods & barges", [two])
    kept.rename("Floods & barges", "Water")
    kept.rename("Water", "WATER")
    assert kept.all() == [Collection("Auk", ()), Collection("WATER", (one, three))]
    library.remove([one])
    assert kept.get("water").articles == (three,)
    kept.delete("Water")
    assert [each.name for each in kept.all()] == ["Auk"]
    assert library.catalogue.exists(three)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda kept: kept.add(" ", []), "A collection's name has 1 to 80 characters"),
        (lambda kept: kept.add("x" * 81, []), "not 81"),
        (lambda kept: kept.rename("Auk", "swan"), "There is already a collection called 'Swan'"),
        (lambda kept: kept.delete("Auks"), "no collection called 'Auks'. Did you mean Auk?"),
        (lambda kept: kept.take_out("Nothing", []), "no collection called 'Nothing'"),
    ],
)
def test_what_cannot_be_is_said(library: Library, change: Callable[..., object], said: str) -> None:
    library.collections.add("Auk", [])
    library.collections.add("Swan", [])

    with pytest.raises(UsageError) as raised:
        change(library.collections)

    assert said in str(raised.value)
    assert [each.name for each in library.collections.all()] == ["Auk", "Swan"]


def test_a_question_is_answered_within_a_collection_under_its_own_conditions(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    for name, host, day in (("a", "linnet-herald.example", "2031-03-11"), ("b", "quay.example", "2031-03-12"),
                            ("c", "quay.example", "2031-05-01")):  # fmt: skip
        text = f"The ferry Auk carried {len(name)} goat {name * 3} to Hollin. The harbour was full of ice."
        item = {"maintext": text, "url": f"https://{host}/{name}", "date_publish": day}
        (articles / f"{name}.json").write_text(json.dumps(item))
    put_in(library, embedding, articles)
    by_url = {str(each.url)[-1]: each.id for each in library.articles()}
    library.collections.add("Goats", [by_url["a"], by_url["c"]])
    assistant = Assistant(library, embedding, Settings(store=library.folder))
    within = Filters(collection="goats", read=True)

    reply = assistant.ask("What did the ferry Auk carry?", within)
    assert {each.article_id for each in reply.retrieved} == {by_url["a"], by_url["c"]}
    assert reply.to_json()["filters"] == {"outlets": [], "since": None, "until": None, "collection": "Goats"}
    reply = assistant.ask("What did the ferry Auk carry before 1 April 2031?", within)
    assert {each.article_id for each in reply.retrieved} == {by_url["a"]}
    assert (reply.filters.collection, reply.filters.until) == ("Goats", date(2031, 3, 31))
    reply = assistant.ask("What did the ferry Auk carry?", Filters(collection=by_url["b"], read=True))
    assert {each.article_id for each in reply.retrieved} == {by_url["b"]}
    assert assistant.ask("How many articles do you have?", within).answer.startswith("The library has 2 articles")
    assert [c.article_id for c in assistant.ask("What do you have on quay.example goat?", within).citations] == []
    library.collections.add("Nothing", [])
    reply = assistant.ask("What did the ferry Auk carry?", Filters(collection="Nothing", read=True))
    assert (reply.abstained, reply.reason) == (True, "outside_filters")
    with pytest.raises(UsageError, match="no collection called 'Sheep'"):
        assistant.ask("What did the ferry Auk carry?", Filters(collection="Sheep"))


def test_kept_chats_remember_within_what_they_asked(library: Library, ids: list[str]) -> None:
    chats = Chats(library)
    library.collections.add("Auk", ids[:2])
    chat = chats.ask(None, "What?", Filters(collection="Auk", read=True))
    chats.ask(chat, "Who?", Filters(articles=tuple(ids[:2]), since=date(2031, 3, 1)))
    library.collections.rename("Auk", "Ferries")

    first, second = chats.exchanges(chat)
    assert first.conditions == Filters(collection="Ferries", read=True)
    assert second.conditions == Filters(articles=tuple(ids[:2]), since=date(2031, 3, 1))
    chats.close()


def test_on_the_command_line(run: Callable[..., Run], articles: Path, open_library: Callable[..., Library]) -> None:
    for name in ("auk", "swan"):
        (articles / f"{name}.txt").write_text(f"The bird {name} sat on the rails at Hollin. Trams waited.")
    run("ingest", articles)
    library = open_library()
    auk = next(each.id for each in library.articles() if "auk" in each.text)
    library.collections.add("Birds", [auk])
    library.close()

    for name in ("birds", auk):
        told = json.loads(run("ask", "What sat on the rails at Hollin?", "--within", name, "--json").out)
        assert {each["article_id"] for each in told["retrieved"]} == {auk}
    assert "no collection called 'Fish'. Did you mean Birds?" in run("ask", "What?", "--within", "Fish").err
