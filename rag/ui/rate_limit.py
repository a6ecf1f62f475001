"""A limit on questions per minute and person, because an answer uses the whole machine."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import deque

import streamlit as st

from rag.settings import read_settings
from rag.text.words import counted
from rag.ui.access import who

MINUTE = 60.0


class RateLimit:
    """The times of each person's questions in the last minute, on a monotonic clock."""

    def __init__(self) -> None:
        self._asked: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, person: str, most: int, now: float) -> float:
        """The seconds until `person` can ask again, at most `most` times a minute; 0 if now, which is counted."""
        with self._lock:
            self._asked = {each: times for each, times in self._asked.items() if times[-1] > now - MINUTE}
            times = self._asked.get(person, deque())
            while times and times[0] <= now - MINUTE:
                times.popleft()
            if len(times) >= most:
                return times[0] + MINUTE - now
            times.append(now)
            self._asked[person] = times
            return 0


def too_fast() -> str | None:
    """Count a question that is about to be asked; returns a message if it is too many.

    People who are logged in are counted over all sessions, others per session.
    """
    person = who() or st.session_state.setdefault("person", secrets.token_hex(8))
    most = read_settings().questions_a_minute
    seconds = _pace().wait(person, most, time.monotonic())
    if not seconds:
        return None
    return (
        f"You can ask {counted(most, 'question')} per minute. Wait {counted(math.ceil(seconds), 'second')}, then ask "
        "again."
    )


@st.cache_resource(show_spinner=False)
def _pace() -> RateLimit:
    return RateLimit()
