"""What lies around the database: leftovers, room on the disk, what the indexes were made with, the models' files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rag.doctor.finding import Finding, mendable
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
    """What a program that was ended in the middle of things has left, and whether there is room for going on.

    `former_holder` is who had the library and did not let it go.
    """
    marker = folder / MARKER
    if marker.exists():
        who = f", {former_holder}," if former_holder else ""
        yield mendable(
            f"The program that had the library open last{who} was ended before it closed it.", "sweep", [str(marker)]
        )
    strays = [*folder.glob("*.new"), *(folder / "evaluations").glob("*.new"), *folder.glob(UNFINISHED)]
    with suppress(TornIndex):  # told where the indexes are looked at
        strays += VectorIndex(folder).strays()
    if strays:
        names = ", ".join(sorted(path.name for path in strays))
        yield mendable(f"An unfinished or former state was left behind: {names}.", "sweep", map(str, strays))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free
    if free < max(size, LEAST_ROOM):
        yield Finding(
            f"The disk of {folder} has {free / 1e6:.0f} MB left. The library has {size / 1e6:.0f} MB, and needs as "
            "much again while its indexes are built anew.",
            "Make room, or move the library to another disk.",
        )


def sweep(path: Path) -> None:
    """Delete what was left behind."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def examine_model(settings: Settings) -> Finding | Embedding:
    """The model, or why there is none."""
    exported = exported_model(settings)
    if settings.embedding_model == PACKAGED_MODEL and exported.exists() and not intact(exported):
        return mendable(f"{exported} is not the model that was made and checked here.", "export", [str(exported)])
    try:
        return load_embedding(settings)
    except ModelError as error:
        return Finding(str(error), "Until then nothing can be asked or added.")


def examine_reader(settings: Settings) -> Iterator[Finding]:
    """Whether the reader is the one that was made."""
    try:
        reader.check(settings.reader)
    except ModelError as error:
        yield Finding(str(error), "Until then nothing can be asked.")


def examine_origin(records: Records, embedding: Embedding | None) -> Iterator[Finding]:
    """Whether the library is of the model and of the libraries that are installed here."""
    model, name = records.meta("model"), records.meta("model_name")
    if embedding is not None and model != embedding.identity:
        yield Finding(
            f"The library was built with the embedding model {name}, not with {embedding.model_name}.",
            f"Set SECOND_SOURCE_EMBEDDING_MODEL={name}, or embed it anew with `python -m rag reindex --embed`.",
        )
    made_with = json.loads(records.meta(MADE_WITH) or "{}")
    here = installed()
    if other := [f"{name} {version}" for name, version in made_with.items() if here.get(name) not in (None, version)]:
        yield mendable(
            f"The indexes were made with {' and '.join(other)}, which is not the version that is installed.", "rebuild"
        )
