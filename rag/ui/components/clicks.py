"""Browser behaviour of the page: citation clicks, copying answers, and scrolling to the latest turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import streamlit as st

_component = st.components.v2.component(
    "second_source_clicks", js=Path(__file__).with_name("clicks.js").read_text(encoding="utf-8")
)
_KEY = "clicks-component"


def watch_clicks(
    turn: int,
    step: int,
    opened: tuple[int, int] | None,
    choose: Callable[[int, int], None],
    copies: Mapping[int, str] = MappingProxyType({}),
    new: bool = False,
) -> None:
    """Call `choose(turn, number)` when a citation link is clicked, and bring the latest turn into view.

    `turn` is the latest question. `step` increases when it is asked and again when it is answered. Each time it is
    scrolled into view, and gets the focus if the button that asked is gone. `opened` is the citation in the reader;
    when the reader closes, its link gets the focus. `copies` has the text to copy for each turn. In a `new` chat the
    input gets the focus, except on a phone, where that would open the keyboard.
    """

    def clicked() -> None:
        chosen = parse(st.session_state[_KEY].get("clicked"))
        if chosen:
            choose(*chosen)

    data = {
        "turn": turn,
        "step": step,
        "opened": f"{opened[0]}-{opened[1]}" if opened else None,
        "copies": {str(number): text for number, text in copies.items()},
        "fresh": new,
    }
    _component(key=_KEY, data=data, on_clicked_change=clicked)


def parse(value: object) -> tuple[int, int] | None:
    """The turn and the citation number in a clicked link's "turn-number"; None for anything else."""
    turn, _, number = value.partition("-") if isinstance(value, str) else ("", "", "")
    return (int(turn), int(number)) if turn.isdecimal() and number.isdecimal() else None
