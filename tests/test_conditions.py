"""Conditions read from the question: sixty questions written to be read, and what is left of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.article import Filters
from rag.querying.conditions import asks_several, read_conditions

TODAY = date(2026, 11, 21)
LINES = Path(__file__).with_name("data").joinpath("conditions.jsonl").read_text("utf-8").split("\n")
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

    assert (found.tellers, found.asked, found.filters) == (tellers, asked, Filters())
