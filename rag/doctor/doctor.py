"""All checks of a library, and the repairs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rag.doctor.database_checks import drop_orphans, examine_articles, examine_file, examine_rows
from rag.doctor.finding import Finding
from rag.doctor.folder_checks import examine_folder, examine_model, examine_origin, examine_reader, sweep
from rag.doctor.index_checks import examine_indexes
from rag.errors import SecondSourceError, UsageError
from rag.ingestion.pipeline import ARTICLES_AT_ONCE
from rag.ingestion.prepare import prepare
from rag.library.catalogue import Catalogue
from rag.library.chroma import server_of
from rag.library.database import Database
from rag.library.library import Library
from rag.library.lock import disown, holder, own
from rag.library.records import Records
from rag.models.embedding import Embedding
from rag.settings import Settings

ROUNDS = 3
"""A repair can reveal another problem, so checks and repairs are repeated this often."""


@dataclass(frozen=True, slots=True)
class Report:
    """The problems found in the library in `folder`: repaired (`mended`), and still there (`left`)."""

    folder: str
    mended: tuple[Finding, ...]
    left: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Examination:
    findings: list[Finding]
    embedding: Embedding | None
    """The library's own model, if available; no other can embed for it."""


def look_after(settings: Settings, fix: bool = False) -> Report:
    """Check the library in `settings.store`, and repair it with `fix`.

    Raises UsageError if there is no library, LibraryBusy if a program has it open, and LibraryError if the folder
    is not writable.
    """
    folder = settings.store
    if not (folder / "library.db").exists():
        raise UsageError(f"There is no library in {folder}. Choose its folder (--store, or SECOND_SOURCE_STORE).")
    former_holder = holder(folder)
    found = _examine(settings, former_holder)
    met = list(found.findings)
    for _ in range(ROUNDS if fix else 0):
        if not any(finding.step for finding in found.findings):
            break
        problem = _mend(settings, found)
        found = _examine(settings, None)
        met += [finding for finding in found.findings if finding not in met]
        if problem:
            found.findings.append(problem)
            break
    return Report(str(folder), tuple(each for each in met if each not in found.findings), tuple(found.findings))


def _examine(settings: Settings, former_holder: str | None) -> _Examination:
    folder = settings.store
    path = folder / "library.db"
    lock = own(folder)
    try:
        findings = [*examine_folder(folder, former_holder)]
        model = examine_model(settings)
        embedding = model if isinstance(model, Embedding) else None
        if isinstance(model, Finding):
            findings.append(model)
        findings += examine_reader(settings)
        damage = [*examine_file(path)]
        findings += damage
        if not damage:
            with closing(Database(path)) as database:
                records = Records(database)
                findings += examine_origin(records, embedding)
                if embedding and records.meta("model") != embedding.identity:
                    embedding = None
                findings += [*examine_rows(database), *examine_articles(records, embedding)]
                findings += examine_indexes(folder)
        return _Examination(findings, embedding)
    finally:
        disown(folder, lock)


def _mend(settings: Settings, found: _Examination) -> Finding | None:
    """Repair the findings in a fixed order, because some repairs need others. Returns a finding if one failed."""
    folder = settings.store
    path = folder / "library.db"
    steps = {finding.step for finding in found.findings}
    try:
        lock = own(folder)
        try:
            for place in _things(found.findings, "sweep", "export"):
                sweep(Path(place))
            if "reindex" in steps:
                with closing(Database(path)) as database, database.writing():
                    database.connection.execute("REINDEX")
            if "migrate" in steps:
                Catalogue(path).close()
            if "drop" in steps:
                with closing(Database(path)) as database:
                    drop_orphans(database)
            if found.embedding and (ids := _things(found.findings, "remake")):
                with closing(Catalogue(path)) as catalogue:
                    _remake(catalogue, found.embedding, ids)
        finally:
            disown(folder, lock)
        if "rebuild" in steps:
            with Library.open(folder, "", "", any_model=True, server=server_of(settings)) as library:
                if not library.indexes.repaired:
                    library.indexes.rebuild()
    except (SecondSourceError, OSError, sqlite3.Error) as error:
        return Finding(f"The repair failed: {error}", "Fix this problem, then run `python -m rag doctor --fix` again.")
    return None


def _remake(catalogue: Catalogue, embedding: Embedding, ids: Sequence[str]) -> None:
    for first in range(0, len(ids), ARTICLES_AT_ONCE):
        articles = [catalogue.article(id) for id in ids[first : first + ARTICLES_AT_ONCE]]
        catalogue.remake(prepare(embedding, articles, lambda hashes: {}))


def _things(findings: Iterable[Finding], *steps: str) -> list[str]:
    return list(dict.fromkeys(thing for finding in findings if finding.step in steps for thing in finding.things))
