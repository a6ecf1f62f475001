"""What is furniture of a page by its form, and what is a sentence of a story though no mark ends it."""

from __future__ import annotations

import pytest

from rag.text.boilerplate import is_furniture


@pytest.mark.parametrize(
    "line",
    [
        "Hide Caption 3 of 34",
        "12/30 The Harbour at Dusk A painting of the old harbour, lent by the town and shown for the first time",
        "3 of 34",
        "JUST WATCHED The bridge, a timeline of events 01:26",
        "Read more",
        "Source: Linnet Herald and agencies",
        "Author: Ilse Marrow ls/kms (Agencies)",
        "Ilse Marrow / For The Linnet Courier",
        "A Request From Linnet",
        "Bridge Owners Say They Knew Nothing",
        "Follow Ilse Marrow on Herald: http://herald.example/marrow",
        "Map of the harbour with the three quays (Herald)",
        "http://herald.example/p/2XYZ",
        "___",
    ],
)
def test_a_line_of_the_page_is_furniture(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        "The ferry left at noon.",
        "“It will hold,” Ilse Marrow said",
        "“It will hold”",
        "Rain.",
        "The bridge was closed on Tuesday after a ship hit one of its piers",
        "Crew found that one of the passengers had boarded another ferry",
        "The port has not told what became of the ship. es/kl (Agencies)",
        "He was asked three things:",
        "橋は火曜日に閉鎖された",
        "大橋很好！",
    ],
)
def test_a_sentence_of_the_story_is_none(line: str) -> None:
    assert not is_furniture(line)
