"""Whose turn it is to run a model: what somebody waits for goes before what is done beside.

A run of a model takes the whole machine. Two at once each take twice as long, and whoever came first gains nothing.
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
"""Seconds after which what is done beside has its turn, however many wait: it is to be done some day."""
_beside: ContextVar[bool] = ContextVar("beside", default=False)


@contextmanager
def beside() -> Iterator[None]:
    """What is done within, in this thread, is waited for by nobody: others go first."""
    token = _beside.set(True)
    try:
        yield
    finally:
        _beside.reset(token)


def is_beside() -> bool:
    """Whether nobody waits for what this thread does."""
    return _beside.get()


class PriorityLock:
    """One at a time, in their order; what is done beside where nobody else waits, or has waited for PATIENCE."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._first: deque[object] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Held alone."""
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
        """The runs, to be made while they are iterated: all in one turn, or beside each in a turn of its own."""
        if not is_beside():
            with self.turn():
                yield from runs
            return
        for run in runs:
            with self.turn():
                yield run


MACHINE = PriorityLock()
"""Shared by the models that run in this process: each run takes all cores."""
