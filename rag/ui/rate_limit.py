"""How fast one person may ask: an answer takes the whole machine for a while, and others wait."""

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
    """When each person asked within the last minute, on a clock that never goes back."""

    def __init__(self) -> None:
        self._asked: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, person: str, most: int, now: float) -> float:
        """The seconds until `person` may ask, who may `most` times a minute; 0, and it is counted, where it is now."""
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
    """Count a question that is about to be asked; where it is one too many, a sentence that says so.

    Who is logged in is counted over all sessions; who is not, by the session.
    """
    person = who() or st.session_state.setdefault("person", secrets.token_hex(8))
    most = read_settings().questions_a_minute
    seconds = _pace().wait(person, most, time.monotonic())
    if not seconds:
        return None
    return (
        f"{counted(most, 'question')} a minute may be asked here: wait {counted(math.ceil(seconds), 'second')}, and "
        "ask again."
    )


@st.cache_resource(show_spinner=False)
def _pace() -> RateLimit:
    return RateLimit()
