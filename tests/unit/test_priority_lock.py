"""Whose turn it is at the embedding model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

import rag.models.priority_lock
from rag.models.priority_lock import PriorityLock, beside, is_beside
from rag.ui.jobs.background import BackgroundWork


class Queue:
    """Threads that wait for a turn while the test holds it, in the order in which they were begun."""

    def __init__(self) -> None:
        self.turns = PriorityLock()
        self.had: list[str] = []
        self._threads: list[threading.Thread] = []

    def add(self, name: str, aside: bool = False, runs: int = 1) -> None:
        def take() -> None:
            for _ in self.turns.each(range(runs)):
                self.had.append(name)

        def take_beside() -> None:
            with beside():
                take()

        self._threads.append(threading.Thread(target=take_beside if aside else take))
        self._threads[-1].start()
        time.sleep(0.05)

    def join(self) -> list[str]:
        for thread in self._threads:
            thread.join(5)
        return self.had


def test_questions_go_first_and_in_their_order() -> None:
    queue = Queue()
    with queue.turns.turn():
        queue.add("ingest", aside=True, runs=2)
        queue.add("one", runs=2)
        queue.add("two", runs=2)

    assert queue.join() == ["one", "one", "two", "two", "ingest", "ingest"]


def test_what_is_done_beside_lets_others_in_between_its_runs() -> None:
    queue = Queue()
    with beside():
        for run in queue.turns.each(range(2)):
            if run == 0:
                queue.add("question")
            else:
                time.sleep(0.05)
                queue.had.append("ingest")

    assert queue.join() == ["question", "ingest"]


def test_what_is_done_beside_has_its_turn_some_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.models.priority_lock, "PATIENCE", 0.2)
    queue = Queue()
    with queue.turns.turn():
        queue.add("ingest", aside=True)
        time.sleep(0.3)
        queue.add("one")
        queue.add("two")

    assert queue.join().index("ingest") < 2


@pytest.mark.parametrize("aside", [True, False])
def test_a_run_that_fails_lets_the_turn_go(aside: bool) -> None:
    turns = PriorityLock()

    def fail() -> None:
        for _ in turns.each(range(3)):
            raise ZeroDivisionError

    def fail_beside() -> None:
        with beside():
            fail()

    failing: Callable[[], None] = fail_beside if aside else fail
    with pytest.raises(ZeroDivisionError):
        failing()
    with turns.turn():
        assert not turns._first


def test_the_work_of_the_app_is_done_beside() -> None:
    seen: list[bool] = []
    work = BackgroundWork()
    work.begin()
    work.run("test", lambda: seen.append(is_beside()))
    work.wait(5)

    assert (seen, is_beside()) == ([True], False)
