"""Finds the files that paths, folders and globs mean, and accounts for every file of a folder."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag.ingestion.file_kinds import PAGE_ENDINGS

ASSETS = {
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".ico", ".bmp", ".css", ".js", ".mjs", ".map", ".woff",
    ".woff2", ".ttf", ".otf", ".eot", ".mp4", ".webm", ".mp3", ".m4a",
}  # fmt: skip
"""Endings of what a page shows beside its text."""
ASSET_FOLDERS = ("_files", "-files", ".files", "_file", "-dateien", "_dateien", "_fichiers", "_archivos", "_elemei")
"""What browsers add to a page's name for the folder with its pictures and scripts."""
_OF_THE_SYSTEM = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, or a part of one, without an article, and the reason."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Passed:
    """Files of a folder that nobody takes for articles, in one line; this is no failure."""

    source: str
    reason: str


def find(places: Sequence[str], library: Path | None = None) -> list[Path | Unread | Passed]:
    """The files that `places` (files, folders, globs) mean, each once, folders in alphabetical order.

    Hidden files and the parts of saved pages are one Passed for each folder. The `library`'s own folder is left out.
    """
    found: dict[Path, None] = {}
    others: list[Path | Unread | Passed] = []
    for place in places:
        path = Path(place)
        with suppress(RuntimeError):  # "~name" where there is no such user
            path = path.expanduser()
        try:
            if not place.strip():
                others.append(Unread(repr(place), "this is no name of a file or folder"))
            elif path.is_dir():
                inside = list(_in_folder(path, library))
                files = [each for each in inside if isinstance(each, Path)]
                if not any(isinstance(each, Path | Unread) for each in inside):
                    others.append(Unread(place, "no articles in this folder"))
                found |= dict.fromkeys(files)
                others += [each for each in inside if not isinstance(each, Path)]
            elif path.exists():
                found[path] = None
            elif glob.has_magic(place):
                matches = [Path(p) for p in sorted(glob.glob(str(path), recursive=True)) if Path(p).is_file()]
                if not matches:
                    others.append(Unread(place, "no file matches this pattern"))
                found |= dict.fromkeys(matches)
            else:
                others.append(Unread(place, "there is no such file or folder"))
        except OSError as error:
            others.append(Unread(place, f"it cannot be looked at: {error.strerror or error}"))
    return [*(path for path in found if not _is_within(path, library)), *others]


def _in_folder(folder: Path, library: Path | None) -> Iterator[Path | Unread | Passed]:
    """Every file of a folder: to be read, or with the reason why not."""
    failed: list[OSError] = []
    passed: Counter[str] = Counter()
    files: list[Path] = []
    for root, folders, names in os.walk(folder, onerror=failed.append):
        here = Path(root)
        if _is_within(here, library):
            folders.clear()
            continue
        for name in [each for each in folders if (here / each).is_symlink() and not _is_hidden(each)]:
            yield Unread(str(here / name), "it is a link to another folder: give that folder itself")
        pages = {name.lower() for name in [*names, *folders]}
        for name in [each for each in folders if _is_hidden(each) or _is_of_a_page(each, pages)]:
            folders.remove(name)
            kind = "hidden" if _is_hidden(name) else "parts of saved pages"
            passed[kind] += sum(len(each) for _, _, each in os.walk(here / name))
        for name in names:
            if _is_hidden(name):
                passed["hidden"] += 1
            else:
                files.append(here / name)
    has_pages = any(path.suffix.lower() in PAGE_ENDINGS for path in files)
    for path in sorted(files):
        if path.suffix.lower() in ASSETS and has_pages:
            passed["parts of saved pages"] += 1
        elif path.is_file():
            yield path
        else:
            link = path.is_symlink()
            yield Unread(str(path), "it is a link to nothing" if link else "it is no file that can be read")
    for error in failed:
        yield Unread(str(error.filename), f"this folder cannot be looked into: {error.strerror or error}")
    if counts := [f"{count:,} {kind}" for kind, count in sorted(passed.items()) if count]:
        yield Passed(str(folder), f"{' and '.join(counts)} were not read")


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _OF_THE_SYSTEM


def _is_of_a_page(folder: str, beside: set[str]) -> bool:
    """Whether a folder has the pictures and scripts of a page that is saved beside it."""
    for ending in ASSET_FOLDERS:
        page = folder.lower().removesuffix(ending)
        if page != folder.lower():
            return any(page + suffix in beside for suffix in ("", *PAGE_ENDINGS))
    return False


def _is_within(path: Path, library: Path | None) -> bool:
    return library is not None and path.resolve().is_relative_to(library)
