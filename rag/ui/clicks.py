"""What the page itself does in the browser: citation links that open the reader, and the newest turn kept in view."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "second_source_clicks", js=Path(__file__).with_name("clicks.js").read_text(encoding="utf-8")
)
_KEY = "clicks-component"


def watch_clicks(turn: int, answered: bool, opened: tuple[int, int] | None, choose: Callable[[int, int], None]) -> None:
    """Call `choose(turn, number)` when a citation link is clicked, and bring the newest turn into view.

    `turn` is the newest turn, -1 where there is none: it is brought into view when it is asked and again when it is
    answered. `opened` is the citation in the reader: when the reader closes, the keyboard returns to its link.
    """

    def clicked() -> None:
        chosen = parse(st.session_state[_KEY].get("clicked"))
        if chosen:
            choose(*chosen)

    data = {"turn": turn, "step": 2 * turn + answered, "opened": f"{opened[0]}-{opened[1]}" if opened else None}
    _component(key=_KEY, data=data, on_clicked_change=clicked)


def parse(value: object) -> tuple[int, int] | None:
    """The turn and the citation number in a clicked link's "turn-number"; None for anything else."""
    turn, _, number = value.partition("-") if isinstance(value, str) else ("", "", "")
    return (int(turn), int(number)) if turn.isdecimal() and number.isdecimal() else None
