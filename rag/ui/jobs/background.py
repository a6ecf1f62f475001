"""Work in a background thread, which clicks and reloads do not interrupt."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from weakref import WeakSet

from rag.errors import SecondSourceError
from rag.models.priority_lock import beside

logger = logging.getLogger(__name__)
UNEXPECTED = "Something unexpected went wrong. See the app's log for details."
_begun: WeakSet[BackgroundWork] = WeakSet()


class BackgroundWork:
    """One task at a time in a thread, visible to every open page.

    `problem` says why it ended early; None if it did not.
    """

    def __init__(self) -> None:
        self.running = False
        self.problem: str | None = None
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> bool:
        """Whether nothing is running; if so, `run` must follow, and nobody else can begin."""
        with self._lock:
            if self.running:
                return False
            self.running, self.problem = True, None
            self._cancelled.clear()
            _begun.add(self)
            return True

    def run(self, name: str, do: Callable[[], None]) -> None:
        """Run `do` in a thread called `name`. An error becomes the problem."""

        def run() -> None:
            try:
                with beside():
                    do()
            except SecondSourceError as error:
                self.problem = str(error)
            except Exception:  # top of a thread: the page must learn that it ended
                logger.exception("the %s ended", name)
                self.problem = UNEXPECTED
            finally:
                self.running = False

        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Request a stop; the task checks `cancelled`."""
        self._cancelled.set()

    def pause(self, seconds: float) -> None:
        """Wait this long, or until it is cancelled."""
        self._cancelled.wait(seconds)

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def wait(self, seconds: float) -> None:
        """Wait for the end, at most this long."""
        if self._thread:
            self._thread.join(seconds)


def stop_all(seconds: float = 5) -> None:
    """Stop all tasks, because the library is about to be closed."""
    for work in list(_begun):
        work.cancel()
    for work in list(_begun):
        work.wait(seconds)
