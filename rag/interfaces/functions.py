"""The library in two plain functions, for a program or a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.assistant import Assistant
from rag.settings import read_settings

if TYPE_CHECKING:
    from rag.ingestion.pipeline import IngestEvent
    from rag.reply import Reply


def ask(question: str, store: str | Path | None = None) -> Reply:
    """Answer `question` from the library in the folder `store`, by default that of the settings.

    The library is opened for this question alone; for several, open an `Assistant` once.
    Raises UsageError for an empty or over-long question, LibraryBusy where another process has the library,
    LibraryError where it cannot be opened, ModelError where a model is missing.
    """
    with Assistant.open(read_settings(store=store)) as assistant:
        return assistant.ask(question)


def ingest(paths: str | Path | Sequence[str | Path], store: str | Path | None = None) -> list[IngestEvent]:
    """Read one or more files, folders, globs or addresses into the library in `store`, which is made if need be.

    Returns what became of each article: what cannot be read is an event with the outcome "failed" and the reason.
    Raises UsageError, LibraryBusy, LibraryError and ModelError as `ask` does.
    """
    places = [paths] if isinstance(paths, str | Path) else list(paths)
    with Assistant.open(read_settings(store=store)) as assistant:
        return list(assistant.ingest(places))
