"""Backup of a library to one file, and restoring it. Indexes are left out, because they can be rebuilt.

The file is a zip. Its `manifest.json` names every other file in it with its size and sha256.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rag.article import Article
from rag.errors import LibraryError, UnknownArticle, UsageError
from rag.library.database import Database, now
from rag.library.lock import disown, own
from rag.library.records import Records
from rag.library.schema import REPLACED, SCHEMA_VERSION

FORMAT = 1
UNFINISHED = "restoring"
"""The folder in which a backup is unpacked; if it exists at the start, restoring was interrupted."""
_DATABASE = "library.db"
_EVALUATIONS = "evaluations"
_PIECE = 1 << 20
_LARGEST_MANIFEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a restore. `made_at` is a time in ISO form (UTC); `returned` are articles that had been
    removed from the library since the backup.
    """

    made_at: str
    articles: int
    returned: tuple[Article, ...]


def back_up(folder: Path, file: Path, force: bool = False) -> int:
    """Write the library in `folder` to `file`, completely or not at all; returns the number of articles.

    The library may be in use. Raises UsageError if there is no library, or if `file` exists and `force` is not given;
    LibraryError if the library is damaged or the file cannot be written.
    """
    if not (folder / _DATABASE).exists():
        raise UsageError(f"There is no library in {folder}. Choose its folder (--store, or SECOND_SOURCE_STORE).")
    if file.exists() and not force:
        raise UsageError(f"{file} already exists. Choose another name, or replace it with --force.")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as work:
            copy, packed = Path(work, _DATABASE), Path(work, file.name)
            with closing(sqlite3.connect(folder / _DATABASE)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            with _opened(copy) as db:
                articles, model = Records(db).count("articles"), Records(db).meta("model_name")
                ((version,),) = db.rows("PRAGMA user_version")
            files = {_DATABASE: copy}
            files |= {f"{_EVALUATIONS}/{path.name}": path for path in (folder / _EVALUATIONS).glob("*.json")}
            manifest = {
                "format": FORMAT,
                "library_format": version,
                "made_at": now(),
                "articles": articles,
                "model": model,
                "files": {name: {"size": path.stat().st_size, "sha256": _sha256(path)} for name, path in files.items()},
            }
            with packed.open("wb") as handle:
                with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr("manifest.json", json.dumps(manifest, indent=1))
                    for name, path in files.items():
                        archive.write(path, name)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(packed, file)
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise LibraryError(f"{file} could not be written: {reason}. Check that the disk has free space.") from error
    except sqlite3.DatabaseError as error:
        raise LibraryError(f"{folder / _DATABASE} is damaged ({error}): `python -m rag doctor` says more.") from error
    return articles


def restore(file: Path, folder: Path, force: bool = False) -> Restored:
    """Restore the backup `file` to `folder`; the indexes are rebuilt when the library is opened next.

    All of it is unpacked and checked before anything is replaced. A library that is there is left alone unless `force`
    is given, and is then kept beside the new one (`schema.REPLACED`). Raises UsageError where there is one or the file
    is no backup, LibraryBusy, LibraryError where the folder cannot be written.
    """
    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    lock = own(folder)
    unpacked = folder / UNFINISHED
    try:
        held = _articles_in(folder / _DATABASE)
        if held and not force:
            raise UsageError(
                f"{folder} already has a library of {held} articles. Choose another folder with --store, or put the "
                "backup in its place with --force."
            )
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir()
        manifest = _unpack(file, unpacked)
        restored = _checked(file, unpacked / _DATABASE, folder / _DATABASE, manifest)
        _put_in_place(unpacked, folder)
        return restored
    except OSError as error:
        raise LibraryError(
            f"The backup could not be restored into {folder}: {error.strerror or error}. The existing files are "
            "unchanged. Check that the disk has free space and the folder is writable."
        ) from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
        disown(folder, lock)


def _articles_in(database: Path) -> int | str:
    """The number of articles in the library; "an unknown number of" if it cannot be read."""
    if not database.exists():
        return 0
    try:
        with closing(sqlite3.connect(database)) as db:
            (count,) = db.execute("SELECT count(*) FROM articles").fetchone()
            return int(count)
    except sqlite3.Error:
        return "an unknown number of" if database.stat().st_size else 0


def _unpack(file: Path, into: Path) -> dict[str, Any]:
    """Unpack what the manifest lists, comparing sizes and hashes; the manifest. Raises UsageError for no backup."""
    try:
        with zipfile.ZipFile(file) as archive:
            with archive.open("manifest.json") as handle:
                manifest: dict[str, Any] = json.loads(handle.read(_LARGEST_MANIFEST))
            if manifest["format"] > FORMAT or manifest["library_format"] > SCHEMA_VERSION:
                raise UsageError(f"{file} was made by a newer Second Source: update the program.")
            if _DATABASE not in manifest["files"]:
                raise KeyError(_DATABASE)
            for name, about in manifest["files"].items():
                target = into / _DATABASE if name == _DATABASE else into / _EVALUATIONS / Path(name).name
                target.parent.mkdir(exist_ok=True)
                with archive.open(name) as source:
                    if _copied(source, target, int(about["size"])) != about["sha256"]:
                        raise UsageError(f"{file} is damaged: {name} in it has changed. Use another backup.")
            return manifest
    except (zipfile.BadZipFile, EOFError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise UsageError(f"{file} is not a backup of a library, or is damaged: {error}. Use another one.") from error


def _copied(source: IO[bytes], target: Path, size: int) -> str:
    """Copy at most `size` bytes and one more; the sha256 of what was copied."""
    digest = hashlib.sha256()
    with target.open("wb") as handle:
        left = size + 1
        while left and (piece := source.read(min(_PIECE, left))):
            digest.update(piece)
            handle.write(piece)
            left -= len(piece)
        handle.flush()
        os.fsync(handle.fileno())
    return digest.hexdigest()


def _checked(file: Path, new: Path, present: Path, manifest: dict[str, Any]) -> Restored:
    """What the unpacked database brings. What was removed here is noted in it: a later restoring is to know it too."""
    try:
        with _opened(new) as db:
            records = Records(db)
            removed, returned = _removed(present), []
            if manifest["library_format"] == SCHEMA_VERSION:  # an older one is noted nothing in
                known = set(records.removals())
                with db.transaction() as connection:
                    connection.executemany(
                        "INSERT INTO removals VALUES (?, ?, ?)", [row for row in removed.values() if row not in known]
                    )
            for id in removed:
                with suppress(UnknownArticle):
                    returned.append(records.article(id))
            return Restored(str(manifest["made_at"]), records.count("articles"), tuple(returned))
    except sqlite3.DatabaseError as error:
        raise UsageError(f"The database in {file} is damaged: {error}. Use another backup.") from error


def _removed(database: Path) -> dict[str, tuple[str, str | None, str]]:
    """Articles removed from the existing library and not added again, by id; empty if it cannot be read."""
    if not database.exists():
        return {}
    try:
        with closing(sqlite3.connect(database)) as db:
            rows = db.execute("SELECT * FROM removals WHERE article_id NOT IN (SELECT id FROM articles)")
            return {row[0]: tuple(row) for row in rows}
    except sqlite3.Error:
        return {}


def _put_in_place(unpacked: Path, folder: Path) -> None:
    """Replace the database in one step; before that, only the indexes are marked for rebuilding."""
    (folder / "chroma.current").unlink(missing_ok=True)
    database = folder / _DATABASE
    if database.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        kept = folder / REPLACED
        kept.unlink(missing_ok=True)
        try:
            os.link(database, kept)
        except OSError:  # a disk without links
            shutil.copyfile(database, kept)
        # A log that is still there is that of a database too damaged to take it in.
        with suppress(FileNotFoundError):
            os.replace(f"{database}-wal", f"{kept}-wal")
        Path(f"{database}-shm").unlink(missing_ok=True)
    os.replace(unpacked / _DATABASE, database)
    for path in (unpacked / _EVALUATIONS).glob("*.json"):
        (folder / _EVALUATIONS).mkdir(exist_ok=True)
        if not (folder / _EVALUATIONS / path.name).exists():
            os.replace(path, folder / _EVALUATIONS / path.name)


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    """Copy a database that nobody else has open, after an integrity check. Raises sqlite3.DatabaseError."""
    with closing(Database(path)) as database:
        (said,) = database.connection.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(said)
        yield database


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
