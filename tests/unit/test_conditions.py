"""Conditions read from the question: questions written to be read, what is left of them, and what is asked instead."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from rag.querying.conditions import asks_several, read_conditions
from rag.reply import Filters
from tests.conftest import DATA

TODAY = date(2026, 11, 21)
LINES = DATA.joinpath("conditions.jsonl").read_text("utf-8").split("\n")
QUESTIONS: list[dict[str, Any]] = [json.loads(line) for line in LINES if line]
OUTLETS = sorted({outlet for each in QUESTIONS for outlet in each["outlets"]})


@pytest.mark.parametrize("expected", QUESTIONS, ids=lambda each: each["question"])
def test_what_a_question_asks_for(expected: dict[str, Any]) -> None:
    found = read_conditions(expected["question"], OUTLETS, TODAY)

    filters = found.filters.to_json()
    assert {**filters, "outlets": set(filters["outlets"])} == {
        "outlets": set(expected["outlets"]), "since": expected["since"], "until": expected["until"]
    }  # fmt: skip
    assert len(found.question.split()) >= 3 or found.question == expected["question"]


def test_without_outlets_none_is_asked_for() -> None:
    assert read_conditions("According to the BBC, who won?", [], TODAY).filters == Filters()


@pytest.mark.parametrize(
    ("question", "outlets", "several"),
    [
        ("Where do the reports differ on the cost?", (), True),
        ("Which outlets agree about the number of passengers?", (), True),
        ("Who closed the bridge?", (), False),
        ("Who closed the bridge?", ("BBC", "CNN"), True),
    ],
)
def test_questions_about_several_accounts(question: str, outlets: tuple[str, ...], several: bool) -> None:
    assert asks_several(question, Filters(outlets)) is several


@pytest.mark.parametrize(
    ("question", "tellers", "asked"),
    [
        (
            "How was the fault explained in the Associated Press story, and in the Hindustan Times?",
            ("Associated Press", "Hindustan Times"),
            "How was the fault explained?",
        ),
        (
            "What did the warden say about floods to The Guardian, and to Reuters?",
            ("The Guardian", "Reuters"),
            "What did the warden say about floods?",
        ),
        ("What did the warden say to Reuters about floods?", (), "What did the warden say to Reuters about floods?"),
        ("Who closed the bridge, according to Reuters?", (), "Who closed the bridge, according to Reuters?"),
    ],
)
def test_an_outlet_may_be_compared_with_an_origin(question: str, tellers: tuple[str, ...], asked: str) -> None:
    found = read_conditions(
        question, ["Hindustan Times", "The Guardian"], TODAY, lambda: ["Associated Press", "Reuters"]
    )

    assert (found.named_outlets, found.asked, found.filters) == (tellers, asked, Filters())


@pytest.mark.parametrize(
    ("question", "asked", "everything"),
    [
        ("What did the Linnet Herald say about the quay?", "What is reported about the quay?", True),
        ("What does the Herald's article say about the quay?", "What is reported about the quay?", True),
        ("Summarise the Linnet Herald's coverage of the quay", "What is reported about the quay", True),
        ("Has the Linnet Herald published anything about the quay?", "What is reported about the quay?", True),
        ("What did the Herald's critic make of the play?", "What is reported about the play?", True),
        ("How many people does the Herald say were killed?", "How many people were killed?", False),
        ("What was reported in 2025 about the quay?", "What is reported about the quay?", True),
        ("What was reported about the quay before 2 May 2025?", "What is reported about the quay?", True),
        ("What is reported about the quay?", "What is reported about the quay?", False),
        ("What did the mayor say about the quay?", "What did the mayor say about the quay?", False),
    ],
)
def test_what_an_outlet_reports_is_asked_without_it(question: str, asked: str, everything: bool) -> None:
    found = read_conditions(question, ["Linnet Herald"], TODAY)

    assert (found.question, found.open) == (asked, everything)


def test_of_several_outlets_the_same_is_asked() -> None:
    found = read_conditions("What do the BBC and CNN say about the quay?", ["BBC", "CNN"], TODAY)

    assert (found.filters.outlets, found.asked) == (("BBC", "CNN"), "What is reported about the quay?")


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("According to the Hollen Gazette, who is the engineer?", "The library has no outlet called “Hollen Gazette”."),
        ("What did the Dundee Courier say about it?", "The library has no outlet called “Dundee Courier”."),
        ("Who won, according to CNN?", "The library has no outlet called “CNN”."),
        ("Who won, according to Reuters?", ""),
        ("Who won, according to the Linnet Herald?", ""),
        ("According to the National Weather Service, how cold was it?", ""),
        ("According to Henry Ford, who won?", ""),
        ("What happened on 31 February 2025?", "“31 February 2025” is not a valid date and was ignored."),
        ("What was reported on 13/45/2024?", "“13/45/2024” is not a valid date and was ignored."),
        ("What was reported on 03/05/2024?", ""),
        ("What was reported in articles before 2031-02-31?", "“2031-02-31” is not a valid date and was ignored."),
    ],
)
def test_what_can_be_no_condition_is_said(question: str, note: str) -> None:
    found = read_conditions(question, ["Linnet Herald"], TODAY, lambda: ["Reuters"])

    assert found.note == note
    assert not note or not found.filters


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("What did the morning briefing of 12 May 2024 say about buses?", 12),
        ("What did the morning briefing on May 12, 2024 say about buses?", 12),
        ("What did the 12 May 2024 Morning Briefing say about buses?", 12),
        ("On 12 May 2024, what did the morning briefing say about buses?", 12),
        ("What did the evening round up of 12 May 2024 say about buses?", 12),
        ("What did the morning briefing of 13 May 2024 say about buses?", None),
        ("How many buses were there on 12 May 2024, and is the morning briefing right?", None),
        ("How many buses were there on 12 May 2024?", None),
    ],
)
def test_a_headline_and_its_day_ask_for_what_was_published_then(question: str, day: int | None) -> None:
    titles = {date(2024, 5, 12): ["Morning briefing", "Evening round-up"]}
    found = read_conditions(question, ["Linnet Herald"], TODAY, tuple, lambda day: titles.get(day, ()))

    published = date(2024, 5, day) if day else None
    assert (found.filters.since, found.filters.until) == (published, published)
    assert not day or found.question == "What is reported about buses?"
