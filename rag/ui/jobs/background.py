"""What the app does in a thread of its own, so that no click and no reload interrupts it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from weakref import WeakSet

from rag.errors import SecondSourceError
from rag.models.priority_lock import beside

logger = logging.getLogger(__name__)
UNEXPECTED = "Something unexpected went wrong. The details are in the app's log."
_begun: WeakSet[BackgroundWork] = WeakSet()


class BackgroundWork:
    """One thing at a time, done by its thread and looked at by every open page.

    `problem` says why it ended before it was done; None where it was not so.
    """

    def __init__(self) -> None:
        self.running = False
        self.problem: str | None = None
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> bool:
        """Whether nothing is being done; if so `run` has to follow, and nobody else can begin."""
        with self._lock:
            if self.running:
                return False
            self.running, self.problem = True, None
            self._cancelled.clear()
            _begun.add(self)
            return True

    def run(self, name: str, do: Callable[[], None]) -> None:
        """Do `do` in a thread called `name`. What goes wrong becomes the problem."""

        def run() -> None:
            try:
                with beside():
                    do()
            except SecondSourceError as error:
                self.problem = str(error)
            except Exception:  # the edge of a thread: whoever waits must be told that nothing more will come
                logger.exception("the %s ended", name)
                self.problem = UNEXPECTED
            finally:
                self.running = False

        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Ask for an end; what is done looks for this at `cancelled`."""
        self._cancelled.set()

    def pause(self, seconds: float) -> None:
        """Wait so long, or until it is cancelled."""
        self._cancelled.wait(seconds)

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def wait(self, seconds: float) -> None:
        """Wait for the end, at most so long."""
        if self._thread:
            self._thread.join(seconds)


def stop_all(seconds: float = 5) -> None:
    """End what is being done, because what it works on is about to be closed."""
    for work in list(_begun):
        work.cancel()
    for work in list(_begun):
        work.wait(seconds)
