"""Which files paths, folders and globs mean, and that no file of a folder is passed over in silence."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.ingestion.find_files import Passed, Unread, find


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def test_a_folder_gives_its_files_in_order_and_counts_what_is_hidden(articles: Path) -> None:
    for name in ["b.txt", "a/c.JSON", "a/notes.odt", ".hidden.txt", ".git/x.txt", ".git/y/z.txt", "Thumbs.db"]:
        write(articles / name, "x")

    assert find([str(articles)]) == [
        *(articles / name for name in ["a/c.JSON", "a/notes.odt", "b.txt"]),
        Passed(str(articles), "4 hidden were not read"),
    ]


def test_the_parts_of_saved_pages_are_counted_and_other_pictures_named(articles: Path) -> None:
    pages = ["quay.html", "quay_files/a.png", "quay_files/b/c.js", "quay_files/frame.html", "static/site.css"]
    for name in [*pages, "my_files/report.txt", "sub/scan.tiff"]:
        write(articles / "pages" / name, "x")
    write(articles / "scans" / "page.png", "x")

    assert find([str(articles / "pages"), str(articles / "scans")]) == [
        *(articles / "pages" / name for name in ["my_files/report.txt", "quay.html", "sub/scan.tiff"]),
        articles / "scans" / "page.png",
        Passed(str(articles / "pages"), "4 parts of saved pages were not read"),
    ]


def test_what_is_no_file_is_named(articles: Path) -> None:
    (articles / "elsewhere").mkdir(parents=True)
    (articles / "lost.txt").symlink_to(articles / "nowhere")
    (articles / "again").symlink_to(articles / "elsewhere")
    os.mkfifo(articles / "pipe.txt")

    assert find([str(articles)]) == [
        Unread(str(articles / "again"), "it is a link to another folder: give that folder itself"),
        Unread(str(articles / "lost.txt"), "it is a link to nothing"),
        Unread(str(articles / "pipe.txt"), "it is no file that can be read"),
    ]


def test_a_folder_that_may_not_be_looked_into_is_named(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(articles / "open.txt", "x")

    def walk(
        folder: Path, onerror: Callable[[OSError], None] | None = None
    ) -> Iterator[tuple[str, list[str], list[str]]]:
        if onerror:
            onerror(PermissionError(errno.EACCES, "Permission denied", "secret"))
        yield str(folder), [], ["open.txt"]

    monkeypatch.setattr(os, "walk", walk)

    assert find([str(articles)]) == [
        articles / "open.txt",
        Unread("secret", "this folder cannot be looked into: Permission denied"),
    ]


def test_the_library_in_a_folder_is_left_out(articles: Path) -> None:
    write(articles / "store" / "library.db", "x")
    write(articles / "a.txt", "x")

    assert find([str(articles)], (articles / "store").resolve()) == [articles / "a.txt"]
    assert find([str(articles / "store" / "library.db")], (articles / "store").resolve()) == []


def test_files_folders_and_globs_give_each_file_once(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = write(articles / "one.txt", "x"), write(articles / "two[1].txt", "x")
    monkeypatch.setenv("HOME", str(articles.parent))

    assert find([str(two), str(articles / "*.txt"), str(articles), "~/articles/one.txt"]) == [two, one]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("nowhere.txt", "there is no such file or folder"),
        ("nowhere/*.txt", "no file matches this pattern"),
        ("~nobody-of-that-name/x.txt", "there is no such file or folder"),
        ("x" * 5000, "it cannot be looked at: File name too long"),
        ("", "this is no name of a file or folder"),
        ("  ", "this is no name of a file or folder"),
    ],
)
def test_a_place_where_nothing_is(place: str, expected: str) -> None:
    (found,) = find([place])

    assert isinstance(found, Unread)
    assert found.reason == expected


def test_a_folder_without_files(articles: Path) -> None:
    assert find([str(articles)]) == [Unread(str(articles), "no articles in this folder")]
