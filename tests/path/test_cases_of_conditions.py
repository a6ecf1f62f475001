"""The cases of conditions as people write them: the right outlet, the right days, and the answer that is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.reply import Filters
from rag.settings import Settings
from tests.support.checks import MAX_MB, assert_cited, put_in

FOLDERS = (
    "24-outlet-as-speaker", "26-date-words-in-a-question", "27-same-headline-every-day", "28-outlet-names-as-typed",
    "29-listing-and-counting",
)  # fmt: skip


@pytest.fixture(scope="module")
def asked(cases: Path, model: Embedding, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """A library of the cases' articles: they are the same in all of these."""
    store = tmp_path_factory.mktemp("cases") / "store"
    with Library.open(store, model.identity, model.model_name) as library:
        put_in(library, model, cases / FOLDERS[0] / "in")
        yield Assistant(library, model, Settings(store=store, max_file_mb=MAX_MB))


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_questions_of_a_case_are_answered(folder: str, asked: Assistant, cases: Path) -> None:
    lines = (cases / folder / "questions.jsonl").read_text("utf-8").splitlines()
    questions: list[dict[str, Any]] = [json.loads(line) for line in lines if line.strip()]
    for each in questions:
        reply = asked.ask(each["question"])
        if "answers" in each:
            assert_cited(reply, asked.library)
        for wordings in each.get("answers", ()):
            assert any(wording in reply.answer for wording in wordings), (each["question"], reply.answer)
        for wording in each.get("forbidden", ()):
            assert wording not in reply.answer, (each["question"], reply.answer)


@pytest.mark.parametrize(
    ("question", "filters"),
    [
        ("What was reported about the bridge in 2025?", Filters((), date(2025, 1, 1), date(2025, 12, 31))),
        ("What was reported between 2 May and 7 May 2024 about the engineer?",
         Filters((), date(2024, 5, 2), date(2024, 5, 7))),
        ("What did the morning briefing of 12 May 2024 say about buses?",
         Filters((), date(2024, 5, 12), date(2024, 5, 12))),
        ("What did Radio Skarn and Sons report about the bridge?", Filters(("Radio Skarn & Sons",))),
        ("What did Le Telegraphe du Port report about the cost of the bridge?", Filters(("Le Télégraphe du Port",))),
        ("According to the Observer, who is the engineer?", Filters(("The Hollen Observer",))),
        ("According to the Hollen Gazette, who is the engineer?", Filters()),
    ],
)  # fmt: skip
def test_what_the_cases_ask_within(question: str, filters: Filters, asked: Assistant) -> None:
    assert asked.ask(question).filters == filters


def test_of_last_week_it_is_said_that_nothing_was_published(asked: Assistant) -> None:
    for question in ("What happened last week?", "What happened in the last week?"):
        reply = asked.ask(question)
        assert reply.answer.startswith("No article was published from ")
        assert "The latest in the library:" in reply.answer


def test_articles_that_mention_somebody_are_listed_however_it_is_asked(asked: Assistant) -> None:
    for question in ("List all articles that mention Per Lind", "How many articles mention Per Lind?",
                     "Which articles mention Per Lind?"):  # fmt: skip
        assert asked.ask(question).answer == asked.ask("What do you have on Per Lind?").answer


def test_an_outlet_that_is_not_there_and_a_date_that_is_none_are_told(asked: Assistant) -> None:
    assert asked.ask("According to the Hollen Gazette, who is the engineer?").note == (
        "The library has no outlet called “Hollen Gazette”."
    )
    assert asked.ask("What was reported about the bridge on 31 February 2025?").note == (
        "“31 February 2025” is not a valid date and was ignored."
    )
