"""What a question asks: its words, its names, its parts, and what it leans on."""

from __future__ import annotations

import pytest

from rag.querying.query import (
    MOST_PARTS,
    Query,
    names,
    small_talk,
    stand_alone,
    stem,
    sub_questions,
    terms,
)
from rag.reply import Turn

TURN = Turn("When did Thorsby close the bridge?", "On Tuesday. [1]")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Ferries", "ferri"),
        ("ferry", "ferri"),
        ("closed", "close"),
        ("Thorsby's", "thorsbi"),
        ("Thorsby’s", "thorsbi"),
        ("12th", "12th"),
    ],
)
def test_a_stem_is_the_index_s(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_words_that_carry_meaning() -> None:
    assert terms("How many ferries did the harbour master say were late? Ferries!") == [
        "ferri", "harbour", "master", "late"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is Biegun's North Korean counterpart?", ["Biegun", "North", "Korean"]),
        ("Did Thorsby meet Ekmoor? Thorsby denied it.", ["Thorsby", "Ekmoor"]),
        ("Bridges: Who built them?", []),
        ("who built the bridge", []),
        ("", []),
    ],
)
def test_names(question: str, expected: list[str]) -> None:
    assert names(question) == expected


@pytest.mark.parametrize("question", ["And when did she open it?", "What about the ferry?", "who else was there"])
def test_what_leans_on_the_chat_carries_the_question_before(question: str) -> None:
    assert stand_alone(question, []) == Query(question)
    found = stand_alone(question, [Turn("Who is Ekmoor?", "Nobody."), TURN])
    assert found.text.startswith(question)
    assert "Thorsby" in found.text
    assert found.question == question
    assert found.context == TURN.question


def test_what_stands_alone_carries_nothing() -> None:
    assert not stand_alone("When did Ekmoor brake the tram?", [TURN]).context


def test_a_question_that_asks_two_things_has_two_parts() -> None:
    question = "Who closed the bridge and when did the ferry leave?"

    parts = sub_questions(Query(question))

    assert [part.question for part in parts] == ["Who closed the bridge", "when did the ferry leave?"]
    assert all(question in part.text for part in parts)
    assert sub_questions(Query("Who closed the bridge?")) == []


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Hello", "greeting"),
        ("hi there!", "greeting"),
        ("Good morning, how are you?", "greeting"),
        ("Thanks a lot.", "thanks"),
        ("ok, thank you so much!", "thanks"),
        ("What can you do?", "help"),
        ("help", "help"),
        ("Hello, who closed the bridge?", None),
        ("Who thanked the crews?", None),
        ("What can you do about the toll?", None),
        ("Great Marram", None),
    ],
)
def test_small_talk_is_no_question(message: str, kind: str | None) -> None:
    assert small_talk(message) == kind


def test_a_question_of_many_parts_is_searched_for_in_a_few() -> None:
    question = " ".join(f"How many were hurt in {year}? How many were hurt in {year}?" for year in range(1990, 2010))

    assert [part.question for part in sub_questions(Query(question))] == [
        f"How many were hurt in {year}?" for year in range(1990, 1990 + MOST_PARTS)
    ]
