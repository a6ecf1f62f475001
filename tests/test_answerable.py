"""Whether the kind of thing that is asked for stands in the sentences that come nearest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.article import Article, Sentence
from rag.assistant import Assistant
from rag.querying.answerable import counted, lacking
from rag.querying.evidence import Candidate
from rag.querying.rerank import Match


def candidates(*texts: str) -> list[Candidate]:
    return [Candidate(Article(text=text), Match(Sentence(0, len(text)), 0.5, 0.5), 0.5) for text in texts]


BRIDGE = "The Candlemas Bridge opened in spring."


@pytest.mark.parametrize(
    ("question", "answer", "lack"),
    [
        ("How much money did the bridge cost?", "The bridge cost £4 million.", "gives that amount of money"),
        (
            "What annual salary did the warden get?",
            "The warden got 30,000 dollars a year.",
            "gives that amount of money",
        ),
        ("How much will the repair cost?", "Repairs will cost 46 million crowns.", "gives that amount of money"),
        ("How heavy is the barge?", "The barge has 300 tonnes.", "says how heavy that is"),
        ("How far is the island?", "The island lies 12 miles out.", "gives that measure"),
        ("How long did the crossing take?", "It took forty minutes, or half an hour.", "says how long that was"),
        ("How old is the helmsman?", "The helmsman, 41, was alone.", "gives that age"),
        ("What percentage of the crew stayed?", "A third of the crew stayed.", "gives that share"),
        ("How many passengers were hurt?", "Some 17 other passengers were hurt.", "says how many passengers"),
        ("What is the name of the helmsman?", "The helmsman, Odd Vell, was alone.", "names the helmsman"),
        ("What are the names of the two barges?", "The barges Alda and Mirren sank.", "names the two barges"),
    ],
)
def test_what_is_lacking_is_told_and_what_stands_there_is_not(question: str, answer: str, lack: str) -> None:
    assert lacking(question, candidates(BRIDGE), [0.0]) == lack
    assert lacking(question, candidates(BRIDGE, answer), [0.3, 0.0]) is None
    assert lacking(question, candidates(BRIDGE, answer), [3.0, 0.0]) == lack, "it tells of something else"


@pytest.mark.parametrize(
    "question", ["Who closed the bridge?", "Why was it closed?", "When did it open?", "How many of them stayed?"]
)
def test_of_other_questions_nothing_can_be_said(question: str) -> None:
    assert lacking(question, candidates(BRIDGE), [0.0]) is None


def test_the_number_counts_what_is_asked() -> None:
    assert counted("How many people died?", "At least seven people were killed.") == "seven people were killed"
    assert counted("How many people died?", "The 12 trams carried seven crates.") is None
    assert counted("How many times have they met?", "They met for the 12th time on Monday.") == "12th time on Monday"
    assert counted("Who died?", "At least seven people were killed.") is None


def test_words_are_lacking_where_nobody_is_quoted(assistant: Assistant, articles: Path) -> None:
    (articles / "bridge.txt").write_text(f"{BRIDGE} Ada Thorsby closed it in autumn because of the fog, for a week.")
    assert [event.outcome for event in assistant.ingest([articles])] == ["added"]

    for question in ("What explanation did Ada Thorsby herself give?", "What did Ada Thorsby say about the fog?"):
        reply = assistant.ask(question)
        assert reply.abstained
        assert "quotes Ada Thorsby on it" in reply.answer

    (articles / "fog.txt").write_text(f"{BRIDGE} “It was the fog that made us close it,” said Ada Thorsby on Monday.")
    assert [event.outcome for event in assistant.ingest([articles / "fog.txt"])] == ["added"]
    assert "“It was the fog" in assistant.ask("What explanation did Ada Thorsby herself give?").answer
