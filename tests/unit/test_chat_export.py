"""An export that went through an editor is still read as it was; a changed figure is not."""

from __future__ import annotations

import re

import pytest

from rag.chats.chat_export import parse
from tests.conftest import DATA


@pytest.mark.parametrize("form", ["md", "html"])
def test_blanks_that_an_editor_changes_are_no_forgery(form: str) -> None:
    text = (DATA / f"chat-before-states.{form}").read_text("utf-8")

    assert parse(text, "x")[1]
    assert parse(text.rstrip(), "x")[1]
    assert parse(text + "\n\n", "x")[1]
    assert parse(re.sub(r"[ \t]+$", "", text, flags=re.M), "x")[1]
    assert parse(text.replace("\n", " \r\n"), "x")[1]


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_changed_figure_is_seen(form: str) -> None:
    text = (DATA / f"chat-before-states.{form}").read_text("utf-8")
    shown = text.index("second-source {") if form == "md" else text.index('<script type="application/json"')
    figure = next(found for found in re.finditer(r"\b\d\d\b", text) if found.start() < shown)
    forged = text[: figure.start()] + "99" + text[figure.end() :]

    assert not parse(forged, "x")[1]
