"""The lock on the library's folder, which one process owns, and how other programs reach that process."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LibraryBusy, LibraryError

LOCK, HOLDER, DOOR = "lock", "lock.holder", "lock.door"


@dataclass(frozen=True, slots=True)
class Door:
    """The address and token for other programs of the same person."""

    address: str
    token: str


_doors: list[Door] = []


def offer(door: Door) -> None:
    """Write `door` to each folder that this process owns from now on."""
    _doors[:] = [door]


def door_of(folder: Path) -> Door | None:
    """The door of the process that owns the folder; None if there is none.

    The lock decides: files left by a killed process are ignored.
    """
    try:
        door = Door(**json.loads((folder / DOOR).read_text("utf-8")))
        with FileLock(folder / LOCK, timeout=0):
            return None
    except Timeout:
        return door
    except (OSError, ValueError, TypeError):
        return None


def _what_runs() -> str:
    """The name of this program, for other programs' messages that the library is in use."""
    program = Path(sys.argv[0])
    name = f"python -m {program.parent.name}" if program.name == "__main__.py" else program.name
    return " ".join([name, *sys.argv[1:2]])


def own(folder: Path) -> FileLock:
    """Take the folder's lock and write down who has it. Raises LibraryBusy, or LibraryError for a bad folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, thread_local=False)  # the thread that closes may be another than opened
        lock.acquire(timeout=0)
        with suppress(OSError):  # optional, and may fail on a full disk
            (folder / HOLDER).write_text(f"process {os.getpid()} ({_what_runs()})")
        _show_doors(folder)
    except Timeout as error:
        who = holder(folder) or "another process"
        raise LibraryBusy(
            f"The library in {folder} is in use by {who}. Close it first, or choose another folder "
            "(--store, or SECOND_SOURCE_STORE)."
        ) from error
    except OSError as error:
        raise LibraryError(
            f"{folder} cannot be used for a library: {error.strerror or error}. "
            "Choose another folder (--store, or SECOND_SOURCE_STORE)."
        ) from error
    return lock


def _show_doors(folder: Path) -> None:
    """Write this process's door to a file that only the same person can read."""
    with suppress(OSError):
        (folder / DOOR).unlink(missing_ok=True)
        for door in _doors:
            (folder / DOOR).touch(mode=0o600, exist_ok=False)
            (folder / DOOR).write_text(json.dumps(asdict(door)), "utf-8")


def disown(folder: Path, lock: FileLock) -> None:
    """Release the lock and delete the files about its owner."""
    for name in (DOOR, HOLDER):
        with suppress(OSError):
            (folder / name).unlink()
    lock.release()


def holder(folder: Path) -> str | None:
    """The current owner of the folder, or one that ended without releasing it; None if unknown."""
    with suppress(OSError):
        return (folder / HOLDER).read_text(errors="replace")
    return None
