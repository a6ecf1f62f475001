"""The sample library: it goes in whole, and what the first page asks of it is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.chats.chat_export import as_json, export
from rag.chats.export_verification import verify
from rag.chats.suggested_questions import opening_questions
from rag.coverage.events import events
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.reply import Reply
from rag.settings import ROOT, Settings
from tests.conftest import DATA
from tests.support.checks import MAX_MB, assert_cited, assert_whole, outcomes, put_in

SAMPLES = ROOT / "rag" / "samples"
FIRST_PAGE: list[dict[str, str]] = json.loads((SAMPLES / "questions.json").read_text("utf-8"))
LEAST_RIGHT = 12
"""Of thirteen: what the extractive answerer reaches at least."""
NOT_YET = {
    "How much will repairing the Candlemas Bridge cost?",
    "What toll do lorries pay to cross the Candlemas Bridge?",
}
"""What it does not answer, or refuse, as it should, on every processor."""


def questions() -> list[dict[str, Any]]:
    lines = DATA.joinpath("sample-questions.jsonl").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


@pytest.fixture(scope="module")
def asked(model: Embedding, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    store = tmp_path_factory.mktemp("samples") / "store"
    with Library.open(store, model.identity, model.model_name) as library:
        assert outcomes(put_in(library, model, SAMPLES / "articles")) == ["added"] * 14
        yield Assistant(library, model, Settings(store=store, max_file_mb=MAX_MB))


def says(reply: Reply, question: dict[str, Any]) -> bool:
    """Whether the answer has every required fact, in one of its wordings, and a citation into the right file."""
    facts = all(any(alias in reply.answer for alias in aliases) for aliases in question["answers"])
    return facts and any(str(citation.path).endswith(question["file"]) for citation in reply.citations)


def test_all_fourteen_articles_are_there(asked: Assistant) -> None:
    assert_whole(asked.library)
    articles = asked.library.articles()
    assert {article.outlet for article in articles} == {
        None, "Anstervale Ledger", "Creel and Quay", "Linnet Herald", "Quernside Post", "Vessermark Courier",
        "Westering News",
    }  # fmt: skip
    assert {Path(str(article.path)).name for article in articles if article.published is None} == {
        "03-broadcast-transcript.txt", "08-hollin-islander-school-boat.md"
    }  # fmt: skip


def test_the_questions_with_an_answer(asked: Assistant) -> None:
    replies = [(question, asked.ask(question["question"])) for question in questions() if question["answerable"]]

    wrong = [f"{question['question']} → {reply.answer}" for question, reply in replies if not says(reply, question)]

    for _, reply in replies:
        if not reply.abstained:
            assert_cited(reply, asked.library)
        assert 0 < len(reply.retrieved) <= 20
        assert max(asked.embedding.token_counts([passage.text for passage in reply.retrieved])) <= 256
    assert len(replies) - len(wrong) >= LEAST_RIGHT, "\n".join(wrong)
    print(f"{len(replies) - len(wrong)} of {len(replies)} right", *wrong, sep="\n")


def expected_of(questions: Sequence[str]) -> list[Any]:
    """The questions as parameters, those that are not reached yet marked."""
    # Not strict: int8 rounds otherwise on processors of another kind, and these are near the threshold.
    mark = pytest.mark.xfail(strict=False, reason="the answerer does not reach it yet")
    return [pytest.param(each, marks=mark if each in NOT_YET else (), id=each) for each in questions]


@pytest.mark.parametrize("question", expected_of([each["question"] for each in questions() if not each["answerable"]]))
def test_the_questions_without_an_answer(asked: Assistant, question: str) -> None:
    reply = asked.ask(question)

    assert (reply.abstained, reply.citations) == (True, ()), reply.answer


@pytest.mark.parametrize("offered", expected_of([each["question"] for each in FIRST_PAGE]))
def test_the_first_page_s_questions(asked: Assistant, offered: str) -> None:
    kind = next(each["kind"] for each in FIRST_PAGE if each["question"] == offered)

    reply = asked.ask(offered)

    assert_cited(reply, asked.library)
    if kind in ("wording", "timeline", "summary"):
        assert (reply.state, reply.intent) == ("answered", kind)
        assert len({citation.outlet for citation in reply.citations}) > 1
    else:
        (question,) = [each for each in questions() if each["question"] == offered]
        assert says(reply, question), reply.answer


def test_what_other_outlets_say_to_a_sentence(asked: Assistant) -> None:
    said = "Solmar set Sept. 1 as the target for the return of trams and cars."
    article = next(
        each for each in asked.library.articles() if said in each.text and each.outlet == "Vessermark Courier"
    )
    start = article.text.index(said)

    (claim,) = asked.coverage_of_sentence(article.id, start, start + len(said)).claims

    verdicts = {each.outlet: each.verdict for each in claim.accounts}
    assert verdicts["Quernside Post"] == "supports"
    assert verdicts["Westering News"] != "not mentioned"
    assert verdicts["Creel and Quay"] == "not mentioned"


@pytest.mark.parametrize(
    ("question", "intent", "told"),
    [
        ("Summarize the barge accident", "summary", ["Nineteen people were injured", "hit the bridge’s third pier"]),
        ("Summarize the school boat story", "summary", ["8:00 to 8:40"]),
        (
            "What did Henrike Solmar say?",
            "statements",
            ["We will mend this bridge", "nobody on Hollin is going to pay"],
        ),
        ("What did the minister say?", "statements", ["We will mend this bridge"]),
        ("Compare the accounts of the repair cost", "comparison", ["40 million crowns", "46 million crowns"]),
        ("Give me a timeline of the bridge collision", "timeline", ["ran into a pier", "struck it in thick fog"]),
        ("Which articles mention the ferry?", "holdings", []),
        ("what's the latest on the bridge", "new", []),
    ],
)
def test_each_kind_is_answered_as_what_it_is(asked: Assistant, question: str, intent: str, told: list[str]) -> None:
    reply = asked.ask(question)

    assert_cited(reply, asked.library)
    assert reply.intent == intent
    said = " ".join(each.quote for each in reply.citations)
    assert all(each in said for each in told)
    assert all(len(block.rows) <= 8 for block in reply.blocks)


def test_what_outlets_contradict_is_counted_in_the_direct_line(asked: Assistant) -> None:
    reply = asked.ask("Compare the accounts of the repair cost")

    assert reply.direct == "They differ on 1 point. [1] [2]"
    assert reply.blocks[0].rows[0].cells == ("Differ", "Anstervale Ledger and Quernside Post")


@pytest.mark.parametrize("question", ["Summarize the submarine race", "Who said what about the opera?"])
def test_what_the_library_is_silent_on_is_said_to_be(asked: Assistant, question: str) -> None:
    reply = asked.ask(question)

    assert (reply.state, reply.reason, reply.citations, reply.blocks) == ("nothing", "not_covered", (), ())


def test_exported_answers_of_every_kind_hold(asked: Assistant) -> None:
    questions = (
        "Summarize the tram crash",
        "Summarize the Linnet Herald article on the tram",
        "Who said what about the bridge?",
        "What is the difference between the articles on the bridge?",
        "Timeline of the bridge",
        "Which is the oldest article?",
        "How much did the ferry cost in rubles?",
    )
    chat = None
    for question in questions:
        chat = asked.chats.ask(chat, question)
        asked.chats.answered(asked.chats.exchanges(chat)[-1].id, asked.ask(question))
    assert chat is not None

    found = verify(json.loads(as_json(export(asked.chats, asked.library, chat))), asked.library)

    assert [each.told for each in found if not each.holds] == []
    assert len(found) > len(questions)


def test_questions_for_a_new_chat_are_of_different_kinds_and_answered(asked: Assistant) -> None:
    found = list(opening_questions(asked.library, asked.ask, events(asked.library, 3)))

    kinds = [each.kind for each in found]
    assert len(kinds) == len(set(kinds)) >= 3
    for each in found:
        reply = asked.ask(each.question)
        assert (reply.state, reply.intent) == ("answered", each.kind)
