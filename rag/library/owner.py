"""Which process owns the library's folder: one, told by a lock of the operating system."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LibraryBusy, LibraryError


def _what_runs() -> str:
    """This program as it was called, for the message to whoever finds the library in use."""
    program = Path(sys.argv[0])
    name = f"python -m {program.parent.name}" if program.name == "__main__.py" else program.name
    return " ".join([name, *sys.argv[1:2]])


def own(folder: Path) -> FileLock:
    """Take the folder's lock and write beside it who holds it. Raises LibraryBusy, or LibraryError for a bad folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", thread_local=False)  # the thread that closes may be another than opened
        lock.acquire(timeout=0)
        with suppress(OSError):  # only a courtesy, which a full disk may refuse
            (folder / "lock.holder").write_text(f"process {os.getpid()} ({_what_runs()})")
    except Timeout as error:
        who = holder(folder) or "another process"
        raise LibraryBusy(
            f"The library in {folder} is in use by {who}: close it first, or choose another folder "
            "(--store, or SECOND_SOURCE_STORE)."
        ) from error
    except OSError as error:
        raise LibraryError(
            f"{folder} cannot hold a library: {error.strerror or error}. "
            "Choose another folder (--store, or SECOND_SOURCE_STORE)."
        ) from error
    return lock


def disown(folder: Path, lock: FileLock) -> None:
    """Let the folder go, and leave nothing that says who had it."""
    with suppress(OSError):
        (folder / "lock.holder").unlink()
    lock.release()


def holder(folder: Path) -> str | None:
    """Who has the folder, or had it and was ended before letting it go; None where nothing says so."""
    with suppress(OSError):
        return (folder / "lock.holder").read_text(errors="replace")
    return None
