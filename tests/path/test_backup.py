"""A library as one file and back: whole, checked, and never in the place of something else unasked."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import LibraryBusy, LibraryError, UsageError
from rag.library import backup
from rag.library.backup import back_up, restore
from rag.library.library import Library
from rag.library.schema import REPLACED
from tests.conftest import DATA, Run
from tests.support.checks import assert_whole, contents, generated_articles, put_in
from tests.support.fakes import NothingMayBeEmbedded, WordCountEmbedding
from tests.support.programs import restore_until, start

ARTICLES = 4


def open_(store: Path) -> Library:
    model = NothingMayBeEmbedded()
    return Library.open(store, model.identity, model.model_name)


@pytest.fixture
def store(library: Library, embedding: WordCountEmbedding, tmp_path: Path) -> Path:
    """A library of ARTICLES articles, one of them corrected, with a run of an evaluation; it is not open."""
    put_in(library, embedding, generated_articles(tmp_path / "articles", ARTICLES))
    library.edit(library.catalogue.ids()[0], {"outlet": "The Linnet Herald"})
    (library.folder / "evaluations").mkdir()
    (library.folder / "evaluations" / "run.json").write_text("{}")
    library.close()
    return library.folder


def test_a_library_goes_into_one_file_and_comes_back(store: Path, tmp_path: Path) -> None:
    with open_(store) as library:
        expected = contents(library)
        assert back_up(store, tmp_path / "b.zip") == ARTICLES  # while it is in use
        library.remove(library.catalogue.ids()[:1])
    new = tmp_path / "elsewhere" / "store"

    restored = restore(tmp_path / "b.zip", new)

    assert (restored.articles, restored.returned) == (ARTICLES, ())
    assert (new / "evaluations" / "run.json").read_text() == "{}"
    with open_(new) as library:
        assert contents(library) == expected
        assert_whole(library)
        assert library.corrected(library.articles()[0]).outlet
    assert sorted(path.name for path in tmp_path.iterdir()) == ["articles", "b.zip", "elsewhere", "store"]


def test_what_is_there_is_replaced_only_when_that_is_asked_for(store: Path, tmp_path: Path) -> None:
    back_up(store, tmp_path / "b.zip")
    before = (tmp_path / "b.zip").read_bytes()

    with pytest.raises(UsageError, match=r"b\.zip already exists\. Choose another name, or replace it with --force"):
        back_up(store, tmp_path / "b.zip")
    with pytest.raises(
        UsageError, match=f"already has a library of {ARTICLES} articles. Choose another folder with --store"
    ):
        restore(tmp_path / "b.zip", store)

    assert (tmp_path / "b.zip").read_bytes() == before
    with open_(store) as library:
        assert library.status().articles == ARTICLES
    assert back_up(store, tmp_path / "b.zip", force=True) == ARTICLES


def test_articles_removed_since_are_told_and_can_be_removed_again(
    store: Path, tmp_path: Path, run: Callable[..., Run], embedding: WordCountEmbedding
) -> None:
    back_up(store, tmp_path / "b.zip")
    with open_(store) as library:
        gone, again = library.catalogue.ids()[:2]
        path = library.article(again).path
        library.remove([gone, again])
    with Library.open(store, embedding.identity, embedding.model_name) as library:
        put_in(library, embedding, str(path))  # came back: that is no removal

    ran = run("restore", tmp_path / "b.zip", "--force")

    assert ran.code == 0
    assert ran.out.splitlines()[0].startswith(f"{ARTICLES} articles restored to {store}, as of 20")
    assert ran.out.splitlines()[1:3] == [
        f"The previous library was kept as {store / REPLACED}.",
        "These articles had been removed since the backup and are back now. Use `remove` to remove them again:",
    ]
    assert [line.split()[0] for line in ran.out.splitlines()[3:]] == [gone]
    assert run("restore", tmp_path / "b.zip", "--force").out.count(gone) == 0, "it is there now"
    assert run("remove", gone).code == 0
    assert gone in run("restore", tmp_path / "b.zip", "--force").out
    with open_(store) as library:
        assert_whole(library)
        library.purge()
    assert not (store / REPLACED).exists()


def test_the_former_library_is_kept_beside_the_restored_one(store: Path, tmp_path: Path) -> None:
    back_up(store, tmp_path / "b.zip")
    with open_(store) as library:
        library.remove(library.catalogue.ids()[1:])

    restore(tmp_path / "b.zip", store, force=True)

    with open_(store) as library:
        assert library.status().articles == ARTICLES
        assert_whole(library)
    (tmp_path / "former").mkdir()
    shutil.copy(store / REPLACED, tmp_path / "former" / "library.db")
    with open_(tmp_path / "former") as library:
        assert library.status().articles == 1


@pytest.mark.parametrize("damage", ["torn", "no database", "gone"])
def test_a_backup_is_the_way_out_of_a_damaged_database(store: Path, tmp_path: Path, damage: str) -> None:
    back_up(store, tmp_path / "b.zip")
    content = (store / "library.db").read_bytes()
    if damage == "gone":
        (store / "library.db").unlink()
    else:
        (store / "library.db").write_bytes(content[:9000] if damage == "torn" else b"No database.")
        with pytest.raises(LibraryError, match=r"library\.db is damaged \(.*`python -m rag doctor` says more"):
            back_up(store, tmp_path / "of-the-torn.zip")
        assert not (tmp_path / "of-the-torn.zip").exists()

    assert restore(tmp_path / "b.zip", store, force=True).articles == ARTICLES

    with open_(store) as library:
        assert_whole(library)


def repacked(file: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file


def with_manifest(**values: object) -> Callable[[dict[str, bytes]], object]:
    def change(files: dict[str, bytes]) -> None:
        files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | values).encode()

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda files: files.update({"library.db": files["library.db"][:-1] + b"x"}), r"library\.db in it has changed"),
        (
            lambda files: files.update({"library.db": files["library.db"] + bytes(10**7)}),
            r"library\.db in it has changed",
        ),
        (lambda files: files.pop("library.db"), "is not a backup of a library, or is damaged"),
        (lambda files: files.pop("manifest.json"), "is not a backup of a library, or is damaged"),
        (lambda files: files.update({"manifest.json": b"[]"}), "is not a backup of a library, or is damaged"),
        (with_manifest(format=2), "made by a newer Second Source"),
        (with_manifest(library_format=99), "made by a newer Second Source"),
        (with_manifest(files={"library.db": {}}), "is not a backup of a library, or is damaged"),
        (with_manifest(files={}), "is not a backup of a library, or is damaged"),
    ],
)
def test_a_damaged_or_foreign_backup_changes_nothing(
    store: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], object], expected: str
) -> None:
    file = tmp_path / "b.zip"
    back_up(store, file)
    before = (store / "library.db").read_bytes()
    repacked(file, change)

    with pytest.raises(UsageError, match=expected):
        restore(file, store, force=True)

    assert (store / "library.db").read_bytes() == before
    assert not (store / backup.UNFINISHED).exists()
    with open_(store) as library:
        assert library.indexes.repaired is None


def test_a_backup_that_names_other_places_writes_to_none_of_them(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    back_up(store, file)
    name = "../../outside.json"

    def add(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["files"][name] = {"size": 2, "sha256": manifest["files"]["evaluations/run.json"]["sha256"]}
        files |= {name: b"{}", "manifest.json": json.dumps(manifest).encode()}

    restore(repacked(file, add), tmp_path / "new")

    assert [*tmp_path.glob("**/outside.json")] == [tmp_path / "new" / "evaluations" / "outside.json"]


def test_a_file_that_is_no_zip_and_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("This is no backup.")

    with pytest.raises(UsageError, match="is not a backup of a library, or is damaged: File is not a zip file"):
        restore(tmp_path / "b.zip", tmp_path / "store")
    with pytest.raises(UsageError, match="There is no file"):
        restore(tmp_path / "c.zip", tmp_path / "store")
    with pytest.raises(UsageError, match="There is no library in"):
        back_up(tmp_path / "nothing", tmp_path / "c.zip")


def test_a_library_in_use_is_not_replaced(store: Path, tmp_path: Path) -> None:
    back_up(store, tmp_path / "b.zip")
    with open_(store), pytest.raises(LibraryBusy, match="in use by process"):
        restore(tmp_path / "b.zip", store, force=True)


def test_a_backup_of_an_older_format_is_brought_up_to_date(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    with sqlite3.connect(old / "library.db") as db:
        db.executescript((DATA / "library-format-1.sql").read_text("utf-8"))
    db.close()
    back_up(old, tmp_path / "b.zip")

    restored = restore(tmp_path / "b.zip", tmp_path / "new")

    with Library.open(tmp_path / "new", "", "", any_model=True) as library:
        assert library.status().articles == restored.articles > 0


@pytest.mark.parametrize("where", ["os.replace", "os.link", "shutil.rmtree"])
def test_killed_while_restoring(store: Path, tmp_path: Path, where: str) -> None:
    """The library is the former one or the restored one, whole."""
    back_up(store, tmp_path / "b.zip")
    with open_(store) as library:
        library.remove(library.catalogue.ids()[:1])
    process = start(restore_until, tmp_path / "b.zip", store, Path(where))
    process.join()
    assert process.exitcode == -signal.SIGKILL

    with open_(store) as library:
        assert library.status().articles in (ARTICLES - 1, ARTICLES)
        assert_whole(library)
    assert restore(tmp_path / "b.zip", store, force=True).articles == ARTICLES
