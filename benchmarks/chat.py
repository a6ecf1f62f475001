"""How long ten follow-up questions of one chat take, each on the page with all that was said before it.

Ten chats ask the same ten follow-ups, each chat beginning with another one, so that every question is once in every
place: what differs between the places is how long the chat was already. Timed is what the page does from a question's
arrival until its answer is drawn, the server's side of it. The questions suggested after that are not counted.
"""

from __future__ import annotations

import os
import statistics
import time
from tempfile import TemporaryDirectory

from benchmarks.common import ROOT, say, table, write_section

FIRST = "How many people were injured when the barge hit?"
FOLLOWING = (
    "And how many passengers were on the tram?",
    "When did it hit the bridge?",
    "Who said so?",
    "Why was the bridge closed?",
    "How long will it be closed?",
    "How much will it cost?",
    "What did the harbour master say about it?",
    "What did the fire brigade do then?",
    "Where was the barge going?",
    "Did the outlets tell it differently?",
)


def main() -> None:
    """Ask, and write the section."""
    from streamlit.testing.v1 import AppTest

    import rag.ui.jobs.suggestion_job

    rag.ui.jobs.suggestion_job.suggestions = lambda *_: iter(())  # type: ignore[assignment]
    seconds: list[list[float]] = [[] for _ in FOLLOWING]
    busy: list[list[float]] = [[] for _ in FOLLOWING]
    with TemporaryDirectory() as folder:
        os.environ["SECOND_SOURCE_STORE"] = folder
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
        page.chat_input[0].set_value(FIRST).run()  # what is loaded once is loaded
        for turn in range(len(FOLLOWING)):
            say(f"chat {turn + 1} of {len(FOLLOWING)}")
            page.button(key="new-chat").click().run()
            page.chat_input[0].set_value(FIRST).run()
            for place in range(len(FOLLOWING)):
                question = FOLLOWING[(turn + place) % len(FOLLOWING)]
                start, worked = time.perf_counter(), time.process_time()
                page.chat_input[0].set_value(question).run()
                seconds[place].append(time.perf_counter() - start)
                busy[place].append(time.process_time() - worked)
                assert not page.exception
                assert len(page.session_state.exchanges) == place + 2
    rows = [
        [str(place), f"{statistics.median(taken) * 1000:.0f} ms", f"{statistics.median(worked) * 1000:.0f} ms"]
        for place, (taken, worked) in enumerate(zip(seconds, busy, strict=True), 1)
    ]
    rows.append(["9 and 10, to 1 and 2", f"{_growth(seconds):.2f}×", f"{_growth(busy):.2f}×"])
    write_section("Ten follow-up questions in one chat", table(("follow-up", "median", "of processor time"), rows))


def _growth(times: list[list[float]]) -> float:
    """The median of the last two places, to that of the first two."""
    return statistics.median(times[-2] + times[-1]) / statistics.median(times[0] + times[1])


if __name__ == "__main__":
    main()
