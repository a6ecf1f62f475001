"""The truth in SQLite: what opens, what is stored, and that a change is whole or does not happen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.article import Article, Passage, Sentence
from rag.errors import LibraryError, UnknownArticle
from rag.library.article_rows import Embedded, Known
from rag.library.catalogue import Catalogue

FERRY = Article(
    id="ferry",
    text="The ferry left. It came back.",
    title="Ferry",
    outlet="Linnet Herald",
    origin="Capstan Wire",
    published="2031-03-11",
    url="https://linnet.example/1",
    path="/articles/ferry.json",
    authors=("Ada Quill", "Ben Oake"),
    language="en",
)
SENTENCES = [Sentence(0, 15), Sentence(16, 29)]
VECTOR = np.array([0.6, 0.8], np.float32).tobytes()
KEPT = (
    "articles", "versions", "sentences", "passages", "vectors", "edits", "addresses", "lines", "signatures",
    "collections", "collected",
)  # fmt: skip
"""The tables with what is known of articles."""
SECRET = "the-harbour-master-of-port-linnet"


def embedded(article: Article = FERRY, hash: str = "hash", start: int = 0, end: int = 29) -> Embedded:
    return Embedded(Passage(f"{article.id}-{article.version}-{start}", article.id, start, end), hash, VECTOR)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue(tmp_path / "library.db")
    yield catalogue
    catalogue.close()


def test_what_is_put_is_what_is_there(catalogue: Catalogue) -> None:
    catalogue.put(FERRY, "key", SENTENCES, [embedded()])

    assert catalogue.article("ferry") == FERRY
    assert catalogue.articles() == [FERRY]
    assert catalogue.sentences("ferry") == SENTENCES
    assert catalogue.embedded("ferry") == [embedded()]
    assert catalogue.passages(["ferry-1-0", "another"]) == {"ferry-1-0": Passage("ferry-1-0", "ferry", 0, 29)}
    assert catalogue.vectors(["hash", "another"]) == {"hash": VECTOR}
    assert catalogue.known("key") == Known("ferry", 1, FERRY.content_hash, FERRY.path)
    assert catalogue.known("another key") is None
    assert catalogue.outlets() == ["Linnet Herald"]
    assert catalogue.pending(10) == [(1, "ferry")]
    assert catalogue.sample(10) == [("ferry-1-0", VECTOR)]


def test_an_unknown_id(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownArticle, match="There is no article with the id 'x'"):
        catalogue.article("x")


def test_the_latest_come_first_and_the_undated_last(catalogue: Catalogue) -> None:
    for id, published in [("a", None), ("b", "2031-03-11"), ("c", "2031-04-01"), ("d", None), ("e", "2031-03-11")]:
        catalogue.put(Article(id=id, text="x", published=published), id, [], [])

    assert [article.id for article in catalogue.articles()] == ["c", "b", "e", "a", "d"]


def test_a_path_names_only_what_has_no_address(catalogue: Catalogue) -> None:
    catalogue.put(FERRY, "key", [], [])
    assert catalogue.known_path("/articles/ferry.json") is None

    catalogue.put(Article(id="b", text="x", path="/articles/b.txt"), "other", [], [])
    assert catalogue.known_path("/articles/b.txt") == Known("b", 1, Article(text="x").content_hash, "/articles/b.txt")


def test_a_failing_change_changes_nothing(catalogue: Catalogue) -> None:
    catalogue.put(FERRY, "key", SENTENCES, [embedded()])
    changed = Article(id="ferry", text="Another text.", version=2)

    with pytest.raises(sqlite3.IntegrityError):
        catalogue.put(changed, "key", SENTENCES, [embedded(changed), embedded(changed)])

    assert catalogue.article("ferry") == FERRY
    assert catalogue.embedded("ferry") == [embedded()]
    assert catalogue.count("versions") == 0
    assert catalogue.pending(10) == [(1, "ferry")]


def test_a_vector_lives_as_long_as_a_passage_has_it(catalogue: Catalogue) -> None:
    copy = Article(id="copy", text=FERRY.text)
    catalogue.put(FERRY, "key", SENTENCES, [embedded()])
    catalogue.put(copy, "other", SENTENCES, [embedded(copy)])

    catalogue.remove(["ferry"])
    assert catalogue.vectors(["hash"]) == {"hash": VECTOR}
    catalogue.remove(["copy"])
    assert catalogue.vectors(["hash"]) == {}


def test_removal_is_of_all_or_of_none(catalogue: Catalogue) -> None:
    catalogue.put(FERRY, "key", SENTENCES, [embedded()])

    with pytest.raises(UnknownArticle):
        catalogue.remove(["ferry", "another"])

    assert catalogue.article("ferry") == FERRY
    assert catalogue.embedded("ferry") == [embedded()]


def test_a_removal_is_undone_whole(catalogue: Catalogue) -> None:
    catalogue.put(FERRY, "key", SENTENCES, [embedded()])
    catalogue.put(replace(FERRY, version=2, text="The ferry left early."), "key", SENTENCES[:1], [])
    catalogue.put(FERRY, "key", SENTENCES, [embedded()])
    catalogue.edit(FERRY, {"outlet": "Hollin Times"})
    catalogue.collections.add("Boats", ["ferry"])
    before = {table: catalogue._rows(f"SELECT * FROM {table}") for table in KEPT}

    removed = catalogue.remove(["ferry"], to_undo=True)
    assert removed is not None
    assert not any(catalogue.count(table) for table in KEPT if table not in ("collections", "exchanges"))
    assert catalogue.put_back(removed) == ["ferry"]

    assert {table: catalogue._rows(f"SELECT * FROM {table}") for table in KEPT} == before
    assert catalogue.removals() == []
    assert catalogue.pending(10)[-1][1] == "ferry"


def test_an_article_that_was_added_again_stays_as_it_is(catalogue: Catalogue) -> None:
    catalogue.put(FERRY, "key", SENTENCES, [embedded()])
    removed = catalogue.remove(["ferry"], to_undo=True)
    again = replace(FERRY, id="new", text="The ferry left again.")
    catalogue.put(again, "key", [], [])

    assert removed is not None
    assert catalogue.put_back(removed) == []
    assert catalogue.articles() == [again]


def test_the_articles_of_a_folder_are_those_below_it(catalogue: Catalogue) -> None:
    for id, path in [("a", "/s/a.txt"), ("b", "/s/deep/b.txt"), ("c", "/samples/c.txt"), ("d", None)]:
        catalogue.put(Article(id=id, text="x", path=path), id, [], [])

    assert sorted(catalogue.in_folder("/s")) == ["a", "b"]


def test_only_a_change_of_an_article_counts_as_one(catalogue: Catalogue) -> None:
    catalogue.put(FERRY, "key", SENTENCES, [embedded()])
    held = catalogue.article_changes()
    catalogue.set_meta("model", "another")
    catalogue.settle(held)
    assert catalogue.article_changes() == held

    catalogue.remove(["ferry"])
    assert catalogue.article_changes() > held


def test_what_is_removed_is_gone_from_the_file(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "library.db")
    secret = Article(id="secret", text=f"So said {SECRET}.")
    catalogue.put(secret, "key", [], [])
    catalogue.put(Article(id="secret", text=f"So wrote {SECRET}.", version=2), "key", [], [])
    catalogue.remove(["secret"])
    catalogue.close()

    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET.encode() not in left


def test_lines_of_the_outbox_are_struck_out_up_to_a_number(catalogue: Catalogue) -> None:
    for id in "abc":
        catalogue.put(Article(id=id, text="x"), id, [], [])
    assert catalogue.pending(2) == [(1, "a"), (2, "b")]
    assert catalogue.last_change() == 3

    catalogue.settle(2)

    assert catalogue.pending(10) == [(3, "c")]
    catalogue.settle(3)
    assert (catalogue.pending(10), catalogue.last_change()) == ([], 0)


def test_meta(catalogue: Catalogue) -> None:
    assert catalogue.meta("model") is None
    catalogue.set_meta("model", "a")
    catalogue.set_meta("model", "b")
    assert catalogue.meta("model") == "b"


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"\x00" * 4096])
def test_a_file_that_is_no_library(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(content)

    with pytest.raises(LibraryError, match=r"library\.db cannot be opened as a library: .*--store"):
        Catalogue(path)


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "library.db").mkdir()

    with pytest.raises(LibraryError, match="cannot be opened as a library"):
        Catalogue(tmp_path / "library.db")


def test_a_newer_program_s_library_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")

    with pytest.raises(LibraryError, match=r"newer Second Source \(format 99, this one knows \d+\)"):
        Catalogue(path)


def test_a_start_that_was_cut_short_begins_again(tmp_path: Path) -> None:
    (tmp_path / "library.db").touch()
    catalogue = Catalogue(tmp_path / "library.db")

    assert catalogue.articles() == []
    catalogue.close()


def test_several_threads_may_read_and_write_at_once(catalogue: Catalogue) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def add(n: int) -> int:
        catalogue.put(Article(id=str(n), text=f"text {n}"), f"key {n}", [Sentence(0, 4)], [])
        return len(catalogue.article(str(n)).text) + len(catalogue.sentences(str(n)))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(40))) == 10 * 7 + 30 * 8
    assert catalogue.count("articles") == 40
