"""The library on disk: one owner, one model, indexes that follow the catalogue and are rebuilt from it when torn."""

from __future__ import annotations

import json
import logging
import shutil
import signal
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.article import Article, Passage
from rag.errors import LibraryBusy, LibraryError, ModelError, UnknownArticle
from rag.library.article_rows import Embedded
from rag.library.keywords import KeywordIndex
from rag.library.library import Library, Status
from rag.library.vectors import VectorIndex
from rag.reply import Filters
from tests.support.checks import assert_whole, contents, generated_articles, indexed, put_in, rows
from tests.support.fakes import NothingMayBeEmbedded, WordCountEmbedding
from tests.support.programs import ingest_on_a_full_disk, open_and_check, start

Opener = Callable[..., Library]
SMALL, LARGE = 12, 1200
"""Passages. Chroma keeps the vectors of the first thousand in SQLite, those of more in files of its own."""


# One owner, one model


def test_a_new_library_is_empty_and_whole(library: Library, tmp_path: Path) -> None:
    assert library.status() == Status(
        folder=str(tmp_path / "store"), articles=0, passages=0, outlets=0, pending=0, model="word-count", repaired=None
    )
    assert library.by_meaning([1.0] * 32, 5) == []
    assert library.by_words("ferry", 5) == []
    assert_whole(library)


def test_one_process_owns_the_folder(library: Library, embedding: WordCountEmbedding) -> None:
    with pytest.raises(LibraryBusy, match=r"in use by process \d+ \(.*\). Close it first"):
        Library.open(library.folder, embedding.identity, embedding.model_name)

    assert_whole(library)


def test_the_folder_is_free_after_closing_and_after_a_failed_opening(
    open_library: Opener, tmp_path: Path, embedding: WordCountEmbedding
) -> None:
    open_library().close()
    with pytest.raises(ModelError):
        Library.open(tmp_path / "store", "another", "another")

    Library.open(tmp_path / "store", embedding.identity, embedding.model_name).close()


def test_the_folder_is_free_after_another_thread_has_closed(library: Library, embedding: WordCountEmbedding) -> None:
    closing = threading.Thread(target=library.close)
    closing.start()
    closing.join()

    Library.open(library.folder, embedding.identity, embedding.model_name).close()


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_a_file_in_the_place_of_the_folder(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(
        LibraryError, match=r"file\S* cannot be used for a library: (File exists|Not a directory)\. Choose"
    ):
        Library.open(tmp_path / where, "model", "name")


def test_another_model_is_refused_by_name_and_with_what_to_do(open_library: Opener) -> None:
    open_library()
    other = WordCountEmbedding("another")

    with pytest.raises(ModelError) as refused:
        open_library(other)

    said = str(refused.value)
    assert "was built with the embedding model word-count (" in said
    assert "not with another (" in said
    assert "`python -m rag reindex --embed --store " in said
    assert open_library(other, any_model=True).status().model == "word-count"


# Following the catalogue


def article(id: str, text: str, **more: str) -> tuple[Article, str, list[object], list[Embedded]]:
    found = Article(id=id, text=text, **more)  # type: ignore[arg-type]
    vector = np.array(WordCountEmbedding()._vector(text), np.float32).tobytes()
    return found, f"key of {id}", [], [Embedded(Passage(f"{id}-1-0", id, 0, len(text)), text, vector)]


def test_conditions_on_outlets_and_dates(library: Library) -> None:
    library.put(
        [
            article("march", "A ferry left", outlet="Linnet Herald", published="2031-03-11"),
            article("april", "A ferry came", outlet="Hollin Islander", published="2031-04-01"),
            article("undated", "A ferry sank", outlet="Linnet Herald"),
        ]  # type: ignore[list-item]
    )
    vector = WordCountEmbedding()._vector("a ferry")

    for filters, expected in [
        (Filters(), {"march", "april", "undated"}),
        (Filters(outlets=("Linnet Herald",)), {"march", "undated"}),
        (Filters(since=date(2031, 4, 1)), {"april", "undated"}),
        (Filters(("Hollin Islander",), until=date(2031, 3, 31)), set()),
    ]:
        assert {id.split("-")[0] for id, _ in library.by_meaning(vector, 9, filters)} == expected
        assert {id.split("-")[0] for id, _ in library.by_words("ferry", 9, filters)} == expected
    assert library.outlets() == ["Hollin Islander", "Linnet Herald"]


def test_removal_leaves_nothing(
    library: Library, embedding: WordCountEmbedding, articles: Path, tmp_path: Path
) -> None:
    path = articles / "secret.txt"
    for text in ("The first version.", "The second version."):
        path.write_text(text)
        (event,) = put_in(library, embedding, path)
    put_in(library, embedding, generated_articles(tmp_path / "generated", 3))
    before = rows(library)
    assert before["versions"] == 1

    library.remove([str(event.article_id)])

    assert rows(library) == {
        **before, "articles": 3, "versions": 0, "sentences": 36, "passages": before["passages"] - 1,
        "vectors": before["vectors"] - 1,
    }  # fmt: skip
    assert library.by_words("version", 5) == []
    with pytest.raises(UnknownArticle):
        library.article(str(event.article_id))
    assert_whole(library)
    library.remove(library.catalogue.ids())
    assert rows(library) == dict.fromkeys(rows(library), 0)
    assert indexed(library) == (set(), 0)


def test_after_removal_and_a_rebuild_no_file_speaks_of_it(
    library: Library, embedding: WordCountEmbedding, articles: Path, tmp_path: Path
) -> None:
    """Chroma keeps the text of deleted records in its database: a rebuild makes it anew.

    Its vector files are not looked at: they are padded with whatever the process happened to have in memory.
    """
    path = articles / "secret.txt"
    path.write_text("Zeppelinheim\n\nThe quicksilver sentence is secret.")
    (event,) = put_in(library, embedding, path)
    put_in(library, embedding, generated_articles(tmp_path / "generated", 3))

    library.remove([str(event.article_id)])
    library.indexes.rebuild()
    library.close()

    files = [path for path in library.folder.rglob("*") if path.is_file() and path.suffix != ".bin"]
    assert {"library.db", "chroma.sqlite3", "meta.json"} < {path.name for path in files}
    content = b"".join(path.read_bytes() for path in files).lower()
    assert b"sentence" in content
    assert b"quicksilv" not in content
    assert b"zeppelinh" not in content


def test_removing_an_unknown_article_removes_none(
    library: Library, embedding: WordCountEmbedding, tmp_path: Path
) -> None:
    put_in(library, embedding, generated_articles(tmp_path / "generated", 2))

    with pytest.raises(UnknownArticle):
        library.remove([*library.catalogue.ids(), "nobody"])

    assert library.status().articles == 2
    assert_whole(library)


@pytest.mark.parametrize("index", [VectorIndex, KeywordIndex])
@pytest.mark.parametrize("change", ["add", "update", "remove"])
def test_a_change_the_indexes_missed_is_made_up_for(
    open_library: Opener,
    embedding: WordCountEmbedding,
    articles: Path,
    monkeypatch: pytest.MonkeyPatch,
    index: type,
    change: str,
) -> None:
    library = open_library()
    path = articles / "ferry.txt"
    path.write_text("The ferry left.")
    if change != "add":
        put_in(library, embedding, path)
        path.write_text("The ferry came back.")
    with monkeypatch.context() as broken:
        broken.setattr(index, "update", lambda *_: (_ for _ in ()).throw(RuntimeError("power cut")))
        with pytest.raises(RuntimeError, match="power cut"):
            library.remove(library.catalogue.ids()) if change == "remove" else put_in(library, embedding, path)
    assert library.status().pending == 1

    library = open_library(NothingMayBeEmbedded())

    assert library.status().pending == 0
    assert library.status().articles == (0 if change == "remove" else 1)
    assert library.indexes.repaired is None
    assert_whole(library)


def test_how_rare_a_word_is(library: Library, embedding: WordCountEmbedding, articles: Path) -> None:
    """What the index has forgotten but not yet swept out must not count."""
    for last in (5, 4, 4):
        for n in range(last):
            (articles / f"{n}.txt").write_text(f"The ferry number{n} was late. Report {library.status().articles}.")
        put_in(library, embedding, articles)

    rarity = library.rarity(["ferri", "number4", "tram"])

    assert rarity["tram"] == 1
    assert 0 <= rarity["ferri"] < rarity["number4"] < 1


# Torn indexes


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Libraries of SMALL and of LARGE passages, by their size."""
    embedding = WordCountEmbedding()
    made = {}
    for size in (SMALL, LARGE):
        folder = tmp_path_factory.mktemp("template")
        with Library.open(folder / "store", embedding.identity, embedding.model_name) as library:
            put_in(library, embedding, generated_articles(folder / "articles", size // 3))
            assert library.status().passages == size
        made[size] = folder / "store"
    return made


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def scramble(path: Path) -> None:
    path.write_bytes(np.random.default_rng(7).bytes(path.stat().st_size))


def delete(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize(
    ("size", "pattern", "damage"),
    [
        (SMALL, "chroma.current", delete),
        (SMALL, "chroma.current", empty),
        (SMALL, "chroma.current", scramble),
        (SMALL, "chroma-1", delete),
        (SMALL, "chroma-1/chroma.sqlite3", cut_in_half),
        (SMALL, "chroma-1/chroma.sqlite3", empty),
        (SMALL, "chroma-1/chroma.sqlite3", scramble),
        (SMALL, "keywords", delete),
        (SMALL, "keywords/meta.json", cut_in_half),
        (SMALL, "keywords/.managed.json", empty),
        (SMALL, "keywords/*.idx", cut_in_half),
        (SMALL, "keywords/*.store", empty),
        (SMALL, "keywords/*.term", delete),
        (LARGE, "chroma-1/chroma.sqlite3", cut_in_half),
        (LARGE, "chroma-1/*-*-*", delete),
    ],
)
def test_a_torn_index_is_rebuilt_without_embedding(
    open_library: Opener,
    templates: dict[int, Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    size: int,
    pattern: str,
    damage: Callable[[Path], None],
) -> None:
    store = tmp_path / "store"
    shutil.copytree(templates[size], store)
    found = list(store.glob(pattern))
    assert found
    for path in found:
        damage(path)

    with caplog.at_level(logging.WARNING, "rag"):
        library = open_library(NothingMayBeEmbedded())

    assert library.indexes.repaired
    assert len(library.indexes.repaired) <= 300
    assert f"The indexes in {store} were rebuilt from library.db: {library.indexes.repaired}." in caplog.text
    assert library.status().repaired == library.indexes.repaired
    assert library.status().passages == size
    assert_whole(library)
    assert open_library(NothingMayBeEmbedded()).indexes.repaired is None


def test_an_index_that_is_behind_is_rebuilt(open_library: Opener, templates: dict[int, Path], tmp_path: Path) -> None:
    shutil.copytree(templates[SMALL], tmp_path / "store")
    library = open_library()
    library.indexes.vectors._collection.delete(ids=[library.catalogue.sample(1)[0][0]])

    library = open_library(NothingMayBeEmbedded())

    assert library.indexes.repaired == f"the vectors have {SMALL - 1} of {SMALL} passages"
    assert_whole(library)


def test_an_index_that_tears_while_it_is_asked_is_rebuilt(
    open_library: Opener, templates: dict[int, Path], tmp_path: Path
) -> None:
    shutil.copytree(templates[SMALL], tmp_path / "store")
    library = open_library(NothingMayBeEmbedded())
    library.indexes.vectors._client.delete_collection("passages")

    assert len(library.by_meaning(WordCountEmbedding()._vector("word7"), 3)) == 3
    assert library.indexes.repaired
    assert_whole(library)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("data_level0.bin", cut_in_half),
        ("data_level0.bin", delete),
        ("data_level0.bin", scramble),
        ("header.bin", cut_in_half),
        ("header.bin", empty),
        ("index_metadata.pickle", cut_in_half),
    ],
)
def test_torn_files_that_may_crash_the_interpreter(
    templates: dict[int, Path], tmp_path: Path, file: str, damage: Callable[[Path], None]
) -> None:
    """Chroma trusts its vector files: reading a torn one ends in an error, in silence or in a segmentation fault."""
    store, report = tmp_path / "store", tmp_path / "report.json"
    shutil.copytree(templates[LARGE], store)
    (path,) = store.glob(f"chroma-1/*/{file}")
    damage(path)

    process = start(open_and_check, store, report)
    process.join()
    if process.exitcode == -signal.SIGSEGV:
        assert (store / "open").read_text() == "opening"
        process = start(open_and_check, store, report)
        process.join()

    assert process.exitcode == 0
    found = json.loads(report.read_text())
    assert found["repaired"]
    assert found["passages"] == LARGE


def test_an_opening_that_never_ended_is_not_tried_again(
    open_library: Opener, templates: dict[int, Path], tmp_path: Path
) -> None:
    shutil.copytree(templates[SMALL], tmp_path / "store")
    (tmp_path / "store" / "open").write_text("opening")

    library = open_library(NothingMayBeEmbedded())

    assert library.indexes.repaired == "the last start was interrupted while they were being opened"
    assert_whole(library)


def test_the_mark_of_an_open_library_goes_with_it(open_library: Opener, tmp_path: Path) -> None:
    library = open_library()
    assert (tmp_path / "store" / "open").read_text() == "open"
    library.close()
    assert not (tmp_path / "store" / "open").exists()


def test_a_rebuild_that_fails_says_what_is_safe(
    open_library: Opener, templates: dict[int, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    shutil.copytree(templates[SMALL], store)
    (store / "chroma.current").unlink()
    with monkeypatch.context() as broken:
        broken.setattr("chromadb.PersistentClient", lambda **_: (_ for _ in ()).throw(OSError("No space left")))
        with pytest.raises(LibraryError, match=r"could not be built: No space left\. The articles are safe in library"):
            open_library(NothingMayBeEmbedded())

    library = open_library(NothingMayBeEmbedded())

    assert library.indexes.repaired
    assert_whole(library)


def test_a_full_disk_loses_nothing_and_is_told(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    folder = generated_articles(tmp_path / "generated", 60)

    process = start(ingest_on_a_full_disk, tmp_path / "store", folder, report)
    process.join()

    assert process.exitcode == 0
    found = json.loads(report.read_text())
    assert found["said"].startswith("The library cannot be written: d")
    assert 0 < found["kept"] < found["articles"] == 60


def test_rebuilding_changes_nothing(open_library: Opener, templates: dict[int, Path], tmp_path: Path) -> None:
    shutil.copytree(templates[SMALL], tmp_path / "store")
    library = open_library(NothingMayBeEmbedded())
    before, ranked = contents(library), library.by_words("word1 harbour3", 5)

    library.indexes.rebuild()

    assert contents(library) == before
    assert library.by_words("word1 harbour3", 5) == ranked
    assert library.indexes.repaired is None
    assert_whole(library)


def test_what_comes_and_goes_leaves_no_graph_of_deleted_vectors(
    library: Library, embedding: WordCountEmbedding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chroma goes through deleted vectors in every search, and never lets them go: it is built anew in time."""
    folder = generated_articles(tmp_path / "generated", 6)
    put_in(library, embedding, folder)
    passages = library.status().passages
    monkeypatch.setattr("rag.library.indexes.MOST_DELETED", 2 * passages - 1)
    generation = library.folder / "chroma.current"
    first = generation.read_text()

    library.remove(library.catalogue.ids())
    put_in(library, embedding, folder)
    assert generation.read_text() == first
    library.remove(library.catalogue.ids()[:5])
    assert generation.read_text() == first
    monkeypatch.setattr("rag.library.indexes.MOST_DELETED", passages)
    monkeypatch.setattr("rag.library.indexes.QUICKLY_BUILT", -1)
    library.remove(library.catalogue.ids())
    assert generation.read_text() == first  # what takes long is not done while somebody may ask
    monkeypatch.setattr("rag.library.indexes.QUICKLY_BUILT", passages)
    put_in(library, embedding, folder)
    library.remove(library.catalogue.ids()[:1])

    assert generation.read_text() != first
    put_in(library, embedding, folder)
    assert library.catalogue.meta("vectors_deleted") == "0"
    assert library.indexes.repaired is None
    assert_whole(library)
