"""A problem in a library, and its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Step = Literal["sweep", "export", "migrate", "reindex", "drop", "remake", "rebuild"]
"""The repairs: delete leftovers, export the model again, upgrade an older format, rebuild SQLite's indexes, drop
orphaned rows, split and embed articles again, rebuild the library's indexes.
"""
FIX = "`python -m rag doctor --fix`"
RESTORE = (
    "Restore a backup: `python -m rag restore FILE --force`. If there is none, move library.db away and add the "
    "articles again."
)
NAMED = 3
"""The most items that are named for one problem."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is wrong and the `remedy`, each a sentence; `step` repairs it, None if it cannot be repaired.

    `things` are the items for the step: ids of articles for "remake", paths for "sweep".
    """

    what: str
    remedy: str
    step: Step | None = None
    things: tuple[str, ...] = ()


def repairable(what: str, step: Step, things: Iterable[str] = ()) -> Finding:
    """A finding that `--fix` repairs."""
    return Finding(what, f"{FIX} repairs it.", step, tuple(things))


def counted(ids: Sequence[str], one: str, many: str) -> str:
    """The number of items and the first ids: "2 articles (a1, b2)"."""
    shown = ", ".join(ids[:NAMED]) + (", …" if len(ids) > NAMED else "")
    return f"{len(ids)} {one if len(ids) == 1 else many} ({shown})"
