"""The doctor: what is planted is found, named and mended; what cannot be mended is named with the way out."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import rag.doctor.doctor
import rag.doctor.folder_checks
import rag.models.reader
from rag.doctor.doctor import Report, look_after
from rag.doctor.finding import Finding, repairable
from rag.doctor.index_checks import complaints, examine_indexes
from rag.errors import LibraryBusy, ModelError, UsageError
from rag.ingestion.intake import Intake
from rag.library.indexes import MADE_WITH
from rag.library.library import Library
from rag.models.embedding import exported_model
from rag.settings import Settings
from tests.conftest import SOAK, Run
from tests.support.checks import MAX_MB, assert_whole, contents, generated_articles, put_in, rows
from tests.support.fakes import WordCountEmbedding

ARTICLES = 6


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.doctor.folder_checks, "load_embedding", lambda settings: WordCountEmbedding())
    monkeypatch.setattr(rag.doctor.doctor, "examine_indexes", in_this_process)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    with open_(folder / "store") as library:
        put_in(library, WordCountEmbedding(), generated_articles(folder / "articles", ARTICLES))
        intake = Intake(library, WordCountEmbedding(), MAX_MB)
        intake.edit(library.catalogue.ids()[0], {"outlet": "The Linnet Herald", "title": "Another headline"})
    return folder / "store"


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "store")
    return tmp_path / "store"


def open_(store: Path) -> Library:
    embedding = WordCountEmbedding()
    return Library.open(store, embedding.identity, embedding.model_name)


def in_this_process(folder: Path) -> list[Finding]:
    """What `examine_indexes` finds in a process of its own, which takes seconds to start."""
    return [repairable(each, "rebuild") for each in complaints(folder)]


def examined(store: Path, fix: bool = False) -> Report:
    return look_after(Settings(store=store, models=store / "models"), fix)


def change(*statements: str) -> Callable[[Path], None]:
    """Plants a fault with SQL."""

    def plant(store: Path) -> None:
        with closing(sqlite3.connect(store / "library.db")) as db, db:
            db.execute("PRAGMA writable_schema = ON")
            for statement in statements:
                db.execute(statement)

    return plant


def mispaint_index(store: Path) -> None:
    """Fill an index of the database with what another definition of it holds."""
    name, right = "articles_by_path", "CREATE INDEX articles_by_path ON articles (path)"
    for definition, then in ((right.replace("path)", "outlet)"), f"REINDEX {name}"), (right, "SELECT 1")):
        change(f"UPDATE sqlite_master SET sql = '{definition}' WHERE name = '{name}'")(store)
        change(then)(store)


def lose_vectors(store: Path) -> None:
    with open_(store) as library:
        library.indexes.vectors._collection.delete(ids=[id for id, _ in library.catalogue.sample(2)])


def say_something_else(store: Path) -> None:
    with open_(store) as library:
        ((id, _),) = library.catalogue.sample(1)
        library.indexes.vectors._collection.update(
            ids=[id], documents=["Another text."], embeddings=[[1.0] + [0.0] * 31]
        )


def exchange_vectors(store: Path) -> None:
    """As many passages as there should be, but by their meaning none is found."""
    with open_(store) as library:
        for id in [id for id, _ in library.catalogue.sample(1000)]:
            library.indexes.vectors._collection.update(ids=[id], embeddings=[[0.0] * 31 + [1.0]])


def write(name: str, text: str = "x") -> Callable[[Path], None]:
    def plant(store: Path) -> None:
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_text(text)

    return plant


def forget_words(store: Path) -> None:
    with open_(store) as library:
        library.indexes.keywords.update(library.catalogue.ids()[:1], [])


def be_killed(store: Path) -> None:
    write("open", "open")(store)
    write("lock.holder", "process 4711 (python -m rag ingest)")(store)


def blob(value: float) -> str:
    return np.full(32, value, np.float32).tobytes().hex()


def last_article(column: str, value: str) -> str:
    return f"UPDATE articles SET {column} = {value} WHERE id = (SELECT max(id) FROM articles)"


FAULTS = {
    "a killed program": (be_killed, "ended without closing it"),
    "a stale generation": (write("chroma-7/chroma.sqlite3"), "leftover files: chroma-7"),
    "temporary files": (write("chroma.new"), "leftover files: chroma.new"),
    "an unfinished restore": (write("restoring/library.db"), "leftover files: restoring"),
    "an index of the database": (mispaint_index, "own indexes in library.db are damaged"),
    "orphan rows": (
        change("INSERT INTO sentences VALUES ('nobody', 0, 0, 5)", "INSERT INTO signatures VALUES ('nobody', x'00')"),
        "1 rows of the table sentences do not belong to any article",
    ),
    "an answer to no question": (
        change("INSERT INTO statements VALUES (99, 0, 'A text.', 'hash', '[]', '[]')"),
        "1 rows of the table statements do not belong to any question",
    ),
    "a vector of nothing": (change("INSERT INTO vectors VALUES ('x', x'00')"), "vectors do not belong to any passage"),
    "a lost vector": (
        change("DELETE FROM vectors WHERE hash = (SELECT min(vector) FROM passages)"),
        "vector is missing, damaged",
    ),
    "a vector of a wrong length": (change("UPDATE vectors SET vector = x'0000803f0000'"), "vector is missing, damaged"),
    "a vector of a wrong dimension": (change("UPDATE vectors SET vector = x'0000803f'"), "vector is missing, damaged"),
    "a vector that is not of length 1": (change(f"UPDATE vectors SET vector = x'{blob(3)}'"), "missing, damaged"),
    "a vector that is no number": (change(f"UPDATE vectors SET vector = x'{blob(np.nan)}'"), "missing, damaged"),
    "sentences beyond the text": (change('UPDATE sentences SET "end" = "end" + 9999'), "do not fit the text"),
    "a lost sentence": (change("DELETE FROM sentences WHERE position = 4"), "do not fit the text"),
    "passages in the middle of a word": (change("UPDATE passages SET start = start + 2"), "do not fit the text"),
    "a lost passage": (change("DELETE FROM passages WHERE position = 1"), "do not fit the text"),
    "no fingerprints": (change("DELETE FROM signatures"), "the fingerprints for finding copies are missing"),
    "lost vectors of the index": (lose_vectors, f"vectors index lacks 2 of {3 * ARTICLES} passages"),
    "another text in the index": (say_something_else, "differs from the database for 1 passages"),
    "vectors that find nothing": (exchange_vectors, "Only 0% of the passages are found by their vectors"),
    "no pointer": (lambda store: (store / "chroma.current").unlink(), "index cannot be read: it has no current"),
    "lost words": (forget_words, f"keywords index lacks 3 of {3 * ARTICLES} passages"),
    "torn words": (write("keywords/meta.json", "{"), "keywords index cannot be read"),
    "changes that await the indexes": (
        change("INSERT INTO outbox (article_id) SELECT id FROM articles"),
        f"{ARTICLES} changes are not in the indexes",
    ),
    "indexes of another version": (
        change(f"UPDATE meta SET value = json_set(value, '$.chromadb', '0.0.1') WHERE key = '{MADE_WITH}'"),
        "The indexes were made with chromadb 0.0.1",
    ),
}  # fmt: skip
LIKE_OTHERS = {
    "temporary files",
    "an unfinished restore",
    "a vector of a wrong dimension",
    "a vector that is no number",
    "passages in the middle of a word",
    "a lost passage",
    "torn words",
}
LEFT = {
    "a torn page": (
        lambda store: scramble(store / "library.db"),
        "library.db is damaged: .*Restore a backup: `python -m rag restore",
    ),
    "no database": (write("library.db", "No database."), "library.db is damaged: file is not a database.*Restore"),
    "a newer format": (change("PRAGMA user_version = 99"), "written by a newer Second Source.*Update the program"),
    "an altered text": (
        change(last_article("text", "replace(text, 'harbour', 'hangar')")),
        "the text has changed.*restore a backup",
    ),
    "what is no JSON": (change(last_article("about", "'{'")), "the stored data cannot be read.*restore a backup"),
}  # fmt: skip


def scramble(path: Path) -> None:
    """Overwrite a page in the middle of the file."""
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(np.random.default_rng(7).bytes(4096))


def test_a_whole_library_is_found_whole_and_left_as_it_is(store: Path) -> None:
    before = (store / "library.db").read_bytes()

    assert examined(store) == Report(str(store), (), ())
    assert examined(store, fix=True) == Report(str(store), (), ())
    assert (store / "library.db").read_bytes() == before


@pytest.mark.parametrize("fault", [pytest.param(name, marks=SOAK if name in LIKE_OTHERS else ()) for name in FAULTS])
def test_a_planted_fault_is_found_and_mended(template: Path, store: Path, fault: str) -> None:
    with open_(store) as library:
        expected, counts = contents(library), rows(library)
    plant, said = FAULTS[fault]
    plant(store)

    found = examined(store)
    assert [each.what for each in found.left if said in each.what], found
    assert all("--fix` repairs it" in each.remedy for each in found.left), found
    mended = examined(store, fix=True)
    assert mended.left == ()
    assert [each.what for each in mended.mended if said in each.what], mended
    with open_(store) as library:
        assert library.indexes.repaired is None
        assert (contents(library), rows(library)) == (expected, counts)
        assert_whole(library)


@pytest.mark.parametrize("fault", LEFT)
def test_what_cannot_be_mended_is_named_with_the_way_out(store: Path, run: Callable[..., Run], fault: str) -> None:
    plant, said = LEFT[fault]
    plant(store)

    for arguments in ((), ("--fix",)):
        ran = run("doctor", *arguments)
        assert ran.code == 1
        assert "Traceback" not in ran.err
        assert re.search(said, ran.out, re.DOTALL), ran.out


def test_a_disk_almost_full_and_a_model_that_is_not_there(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(settings: Settings) -> None:
        raise ModelError("The model is missing: reinstall it.")

    monkeypatch.setattr(rag.doctor.folder_checks, "load_embedding", refuse)
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 5_000_000, 5_000_000))  # type: ignore[attr-defined]

    found = examined(store, fix=True)

    assert [each.what.split(" free")[0] for each in found.left] == [
        f"The disk of {store} has 5 MB", "The model is missing: reinstall it.",
    ]  # fmt: skip


def lose(model: Path) -> None:
    model.unlink()


def tear(model: Path) -> None:
    model.write_bytes(model.read_bytes()[:1000])


def alter(model: Path) -> None:
    with model.open("r+b") as file:
        file.write(b"\0\0\0\0")


@pytest.mark.parametrize(
    ("name", "plant", "said"),
    [
        ("reader.onnx", lose, "is missing"),
        ("reader.onnx", tear, "is not the one it should be"),
        ("reader.onnx", alter, "is not the one it should be"),
        ("reader-tokenizer.json", lose, "is missing"),
        ("reader-tokenizer.json", tear, "is not the one it should be"),
        ("reader.json", lose, "which describes the reader, cannot be read"),
        ("reader.json", tear, "which describes the reader, cannot be read"),
    ],
)
def test_a_reader_that_is_not_the_one_that_was_made(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, plant: Callable[[Path], None], said: str
) -> None:
    shutil.copytree(rag.models.reader.MODEL.parent, tmp_path / "models")
    monkeypatch.setenv("SECOND_SOURCE_READER", str(tmp_path / "models" / "reader.onnx"))
    assert examined(store).left == ()
    plant(tmp_path / "models" / name)

    (finding,) = examined(store, fix=True).left
    assert str(tmp_path / "models" / name) in finding.what
    assert said in finding.what
    assert finding.what.endswith("Put the file back as it was delivered: `git checkout -- rag/models`.")
    assert finding.remedy == "Until then, you cannot ask questions."


def test_nothing_is_embedded_with_another_model(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS["a lost sentence"][0](store)
    other = WordCountEmbedding("another")
    monkeypatch.setattr(rag.doctor.folder_checks, "load_embedding", lambda settings: other)

    left = examined(store, fix=True).left

    assert re.match("The library was built with the embedding model word-count, not with another", left[0].what)
    assert "do not fit the text" in left[1].what
    assert other.texts == []


def test_an_altered_export_of_the_model_is_made_anew(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = exported_model(Settings(store=store, models=store / "models"))
    exported.parent.mkdir()
    exported.write_bytes(b"half a model")
    exported.with_suffix(".sha256").write_text("another hash")

    assert "is not the model that was exported" in examined(store).left[0].what
    assert examined(store, fix=True).left == ()
    assert not exported.exists()  # to be made anew by whoever loads it


def test_who_left_it_open_is_named(store: Path) -> None:
    be_killed(store)

    assert (
        "last program that used the library, process 4711 (python -m rag ingest), ended" in examined(store).left[0].what
    )
    assert examined(store).left, "looking alone must mend nothing"


def test_a_library_in_use_and_none_at_all(store: Path, tmp_path: Path) -> None:
    with open_(store), pytest.raises(LibraryBusy, match="in use by process"):
        examined(store)
    with pytest.raises(UsageError, match="There is no library in"):
        examined(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_the_command(store: Path, run: Callable[..., Run]) -> None:
    assert run("doctor") == Run(0, f"No problems found in {store}.\n", "")
    shutil.rmtree(store / "keywords")

    found = json.loads(run("doctor", "--json").out)
    assert (found["whole"], [each["mended"] for each in found["findings"]]) == (False, [False])
    mended = run("doctor", "--fix")

    assert mended.code == 0
    assert mended.out == (
        f"repaired: The keywords index cannot be read: it is missing.\nNo problems found in {store}.\n"
    )


def test_indexes_that_bring_down_what_opens_them(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked at in a process of its own."""
    (store / "keywords" / "meta.json").unlink()
    assert [each.what for each in examine_indexes(store)] == ["The keywords index cannot be read: it is missing."]
    monkeypatch.setattr("rag.doctor.index_checks.sys.executable", "false")
    assert [each.what for each in examine_indexes(store)] == ["Opening the indexes crashes the program (1)."]
