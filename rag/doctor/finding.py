"""One thing that is wrong, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Step = Literal["sweep", "export", "migrate", "reindex", "drop", "remake", "rebuild"]
"""What mends: strays deleted, the model exported anew, an older format brought up to date, the database's own indexes
made anew, rows dropped that belong to nothing, articles split and embedded anew, the library's indexes built anew.
"""
FIX = "`python -m rag doctor --fix`"
RESTORE = (
    "Restore a backup: `python -m rag restore FILE --force`. Where there is none, move library.db away and ingest the "
    "articles again."
)
NAMED = 3
"""Of many things that have the same fault, so many are named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is wrong and what to do (`remedy`), each a sentence; `step` mends it, None where nothing of ours can.

    `things` are what the step works on: articles' ids for "remake", paths for "sweep".
    """

    what: str
    remedy: str
    step: Step | None = None
    things: tuple[str, ...] = ()


def mendable(what: str, step: Step, things: Iterable[str] = ()) -> Finding:
    """A finding that `--fix` mends."""
    return Finding(what, f"{FIX} mends it.", step, tuple(things))


def counted(ids: Sequence[str], one: str, many: str) -> str:
    """How many there are of something, and the first ids: "2 articles (a1, b2)"."""
    shown = ", ".join(ids[:NAMED]) + (", …" if len(ids) > NAMED else "")
    return f"{len(ids)} {one if len(ids) == 1 else many} ({shown})"
