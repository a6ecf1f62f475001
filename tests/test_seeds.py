"""The first users' two articles, with the real model: what must be answered, from which file, and what must not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.embedding import Embedding
from rag.library.library import Library
from rag.settings import Settings
from tests.checks import MAX_MB, assert_cited, assert_whole

TRANSCRIPT, REUTERS = "000_4aec5024515acb2e.txt", "004_332d50d9d8e258c8.txt"


@pytest.fixture(scope="module")
def asked(seeds: Path, model: Embedding, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    store = tmp_path_factory.mktemp("seeds") / "store"
    with Library.open(store, model.identity, model.model_name) as library:
        assistant = Assistant(library, model, Settings(store=store, max_file_mb=MAX_MB))
        assert [event.outcome for event in assistant.ingest([seeds])] == ["added", "added"]
        assert_whole(library)
        yield assistant


def not_yet(*question: object) -> object:
    return pytest.param(*question, marks=pytest.mark.xfail(strict=True, reason="the reader does not reach it yet"))


@pytest.mark.parametrize(
    ("question", "facts", "files"),
    [
        not_yet("How many times have Biegun and Lee Do-hoon met?", ["12th"], {TRANSCRIPT}),
        ("Who is Biegun's North Korean counterpart?", ["Choe Son Hui"], {REUTERS}),
        ("Which elections were due the week after the visit?", ["midterm"], {TRANSCRIPT}),
        ("On which day is Biegun expected to meet Cho Myung-gyon?", ["Tuesday"], {TRANSCRIPT}),
        (
            "Whom did Biegun meet in the morning, and whom is he to meet on Tuesday?",
            ["Kang Kyung-wha", "Cho Myung-gyon"],
            {TRANSCRIPT},
        ),
        ("Why must the two allies meet as often as possible?", ["critical juncture"], {REUTERS}),
        ("How did Biegun describe the shared goal?", ["70 years of war"], {TRANSCRIPT, REUTERS}),
        not_yet("What did Mike Pompeo say about a second summit?", ["coordinating with allies"], {REUTERS}),
        not_yet(
            "Compare what Arirang News and The Straits Times say about hostilities.",
            ["war and hostility", "war and hostilities"],
            {TRANSCRIPT, REUTERS},
        ),
        ("What did Lee Do-hoon say about daylight between the allies?", ["no daylight"], {REUTERS}),
    ],
)
def test_answered_from_the_right_file(asked: Assistant, question: str, facts: list[str], files: set[str]) -> None:
    reply = asked.ask(question)

    assert_cited(reply, asked.library)
    for fact in facts:
        assert fact in reply.answer
        saying = [citation for citation in reply.citations if fact in citation.quote]
        assert {Path(str(citation.path)).name for citation in saying} <= files
        assert saying


def test_a_follow_up_leans_on_the_question_before(asked: Assistant) -> None:
    reply = asked.ask_after(["Who is Stephen Biegun?"], "When will he leave?")

    assert_cited(reply, asked.library)
    assert "taking off on Wednesday" in reply.answer


def test_what_the_articles_leave_to_the_reader_is_told_beside_their_words(asked: Assistant) -> None:
    answer = asked.ask("Who is Biegun's North Korean counterpart?").answer

    assert "early this month [October 2018]" in answer


@pytest.mark.parametrize(
    "question",
    [
        "What is the population of Busan?",
        "What did Trump say about the visit?",
        "What is the name of Biegun's wife?",
        "How much money will the railroad connections cost?",
    ],
)
def test_refused(asked: Assistant, question: str) -> None:
    reply = asked.ask(question)

    assert (reply.abstained, reply.reason, reply.citations) == (True, "not_covered", ())


def test_twenty_passages_at_most_each_read_whole_by_the_model(asked: Assistant) -> None:
    retrieved = asked.ask("Who met whom in Seoul?").retrieved

    assert 0 < len(retrieved) <= 20
    for passage in retrieved:
        assert asked.library.article(passage.article_id).text[passage.start : passage.end] == passage.text
    assert max(asked.embedding.token_counts([passage.text for passage in retrieved])) <= 256
