"""A lock for running models one at a time, in which questions go before background work.

A run of a model uses all cores. Two at once would each take twice as long.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 2.0
"""Seconds after which background work gets its turn even if others wait, so that it ends at some time."""
_beside: ContextVar[bool] = ContextVar("beside", default=False)


@contextmanager
def beside() -> Iterator[None]:
    """Mark what this thread does in the `with` as background work: others go first."""
    token = _beside.set(True)
    try:
        yield
    finally:
        _beside.reset(token)


def is_beside() -> bool:
    """Whether this thread does background work."""
    return _beside.get()


class PriorityLock:
    """One holder at a time, in order of arrival. Background work comes last, but waits no longer than PATIENCE."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._first: deque[object] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the lock."""
        ticket, began = object(), time.monotonic()
        urgent = not is_beside()

        def is_next() -> bool:
            if self._taken:
                return False
            if urgent:
                return self._first[0] is ticket
            return not self._first or time.monotonic() - began >= PATIENCE

        with self._changed:
            if urgent:
                self._first.append(ticket)
            try:
                self._changed.wait_for(is_next)
            finally:
                if urgent:
                    self._first.remove(ticket)
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def each(self, runs: Iterable[T]) -> Iterator[T]:
        """Iterate over the runs while holding the lock: once for all, in background work once for each."""
        if not is_beside():
            with self.turn():
                yield from runs
            return
        for run in runs:
            with self.turn():
                yield run


MACHINE = PriorityLock()
"""Shared by the models that run in this process: each run takes all cores."""
