"""Checks of the folder: leftover files, disk space, index versions and model files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rag.doctor.finding import Finding, repairable
from rag.errors import ModelError
from rag.library.backup import UNFINISHED
from rag.library.index import TornIndex
from rag.library.indexes import MADE_WITH, MARKER, installed
from rag.library.records import Records
from rag.library.vectors import VectorIndex
from rag.models import reader
from rag.models.embedding import Embedding, exported_model, intact, load_embedding
from rag.settings import PACKAGED_MODEL, Settings

LEAST_ROOM = 100_000_000
"""Bytes."""


def examine_folder(folder: Path, former_holder: str | None) -> Iterator[Finding]:
    """Check for leftovers of a program that was killed, and for disk space.

    `former_holder` is the program that did not close the library.
    """
    marker = folder / MARKER
    if marker.exists():
        who = f", {former_holder}," if former_holder else ""
        yield repairable(
            f"The last program that used the library{who} ended without closing it.", "sweep", [str(marker)]
        )
    strays = [*folder.glob("*.new"), *(folder / "evaluations").glob("*.new"), *folder.glob(UNFINISHED)]
    with suppress(TornIndex):  # reported by the index checks
        strays += VectorIndex(folder).strays()
    if strays:
        names = ", ".join(sorted(path.name for path in strays))
        yield repairable(f"There are leftover files: {names}.", "sweep", map(str, strays))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free
    if free < max(size, LEAST_ROOM):
        yield Finding(
            f"The disk of {folder} has {free / 1e6:.0f} MB free. The library has {size / 1e6:.0f} MB and needs the "
            "same again to rebuild its indexes.",
            "Free some space, or move the library to another disk.",
        )


def sweep(path: Path) -> None:
    """Delete a leftover file or folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def examine_model(settings: Settings) -> Finding | Embedding:
    """The embedding model, or the finding why it cannot be loaded."""
    exported = exported_model(settings)
    if settings.embedding_model == PACKAGED_MODEL and exported.exists() and not intact(exported):
        return repairable(
            f"{exported} is not the model that was exported and checked on this machine.", "export", [str(exported)]
        )
    try:
        return load_embedding(settings)
    except ModelError as error:
        return Finding(str(error), "Until then, you cannot ask questions or add articles.")


def examine_reader(settings: Settings) -> Iterator[Finding]:
    """Check that the reader's file is intact."""
    try:
        reader.check(settings.reader)
    except ModelError as error:
        yield Finding(str(error), "Until then, you cannot ask questions.")


def examine_origin(records: Records, embedding: Embedding | None) -> Iterator[Finding]:
    """Check that the library was built with this model and these packages."""
    model, name = records.meta("model"), records.meta("model_name")
    if embedding is not None and model != embedding.identity:
        yield Finding(
            f"The library was built with the embedding model {name}, not with {embedding.model_name}.",
            f"Set SECOND_SOURCE_EMBEDDING_MODEL={name}, or embed it again with `python -m rag reindex --embed`.",
        )
    made_with = json.loads(records.meta(MADE_WITH) or "{}")
    here = installed()
    if other := [f"{name} {version}" for name, version in made_with.items() if here.get(name) not in (None, version)]:
        yield repairable(
            f"The indexes were made with {' and '.join(other)}, which is not the installed version.", "rebuild"
        )
