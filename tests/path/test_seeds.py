"""The first users' two articles, with the real model: what must be answered, from which file, and what must not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.reply import Reply
from rag.settings import Settings
from tests.support.checks import MAX_MB, assert_cited, assert_whole

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


@pytest.mark.parametrize(
    ("question", "closest"),
    [
        ("How many times have Biegun and Lee met?", "met for the 12th time Monday morning"),
        ("Did Trump and Kim sign a peace treaty in Seoul?", "coordinating with allies for a second summit"),
        ("Did Biegun hold talks with Choe Son Hui?", "he had offered to meet his North Korean counterpart"),
        ("Biegun sanctions railroad", "building railroad connections and forestation"),
    ],
)
def test_a_refusal_shows_what_comes_closest(asked: Assistant, question: str, closest: str) -> None:
    reply = asked.ask(question)

    assert (reply.state, reply.citations) == ("related", ())
    assert any(closest in citation.quote for citation in reply.more)


@pytest.mark.parametrize("question", ["Who won the 2018 World Cup?", "How much did the visit cost?"])
def test_a_refusal_shows_nothing_where_nothing_is_close(asked: Assistant, question: str) -> None:
    reply = asked.ask(question)

    assert (reply.state, reply.more) == ("nothing", ())


def test_twenty_passages_at_most_each_read_whole_by_the_model(asked: Assistant) -> None:
    retrieved = asked.ask("Who met whom in Seoul?").retrieved

    assert 0 < len(retrieved) <= 20
    for passage in retrieved:
        assert asked.library.article(passage.article_id).text[passage.start : passage.end] == passage.text
    assert max(asked.embedding.token_counts([passage.text for passage in retrieved])) <= 256


def quoted(reply: Reply) -> dict[str, str]:
    """What is quoted of each file, put together."""
    found: dict[str, str] = {}
    for citation in reply.citations:
        name = Path(str(citation.path)).name
        found[name] = f"{found.get(name, '')} {citation.quote}"
    return found


@pytest.mark.parametrize("question", ["What happened?", "Summarize"])
def test_what_happened_is_a_summary_of_the_one_event(asked: Assistant, question: str) -> None:
    reply = asked.ask(question)

    assert_cited(reply, asked.library)
    assert reply.intent == "summary"
    assert quoted(reply).keys() == {TRANSCRIPT, REUTERS}
    for fact in ("Biegun", "Lee Do-hoon", "Seoul", "denuclear", "met for the 12th time Monday morning"):
        assert fact in reply.answer
    assert 4 <= len(reply.statements) <= 7


def test_one_outlets_article_is_summed_up_alone(asked: Assistant) -> None:
    reply = asked.ask("Summarize the Straits Times article")

    assert_cited(reply, asked.library)
    assert (reply.intent, quoted(reply).keys()) == ("summary", {REUTERS})
    assert "sought to inject momentum to nuclear talks" in reply.answer


def test_who_said_what(asked: Assistant) -> None:
    reply = asked.ask("Who said what?")

    assert_cited(reply, asked.library)
    (block,) = reply.blocks
    assert (reply.intent, block.kind, block.columns) == ("statements", "quotes", ("Speaker", "Outlet", "Wording"))
    speakers = {row.cells[0] for row in block.rows}
    assert {"Stephen Biegun", "Lee Do-hoon", "Mike Pompeo", "a senior South Korean official"} <= speakers
    assert all(row.citations for row in block.rows)


@pytest.mark.parametrize(
    ("question", "facts", "others", "files"),
    [
        ("What did Biegun say?", ["70 years of war and hostility", "70 years of war and hostilities", "eager to begin"],
         ["critical juncture", "told reporters"], {TRANSCRIPT, REUTERS}),
        ("What did Lee Do-hoon say?", ["critical juncture", "no daylight", "suggested that he come to Seoul"],
         ["shared goal", "eager to begin"], {TRANSCRIPT, REUTERS}),
        ("According to Arirang, what did Biegun say?", ["70 years of war and hostility"], ["hostilities"],
         {TRANSCRIPT}),
    ],
)  # fmt: skip
def test_only_their_own_words(
    asked: Assistant, question: str, facts: list[str], others: list[str], files: set[str]
) -> None:
    reply = asked.ask(question)

    assert_cited(reply, asked.library)
    assert (reply.intent, quoted(reply).keys()) == ("statements", files)
    said = " ".join(quoted(reply).values())
    assert all(fact in said for fact in facts)
    assert not any(other in said for other in others)


def test_what_each_article_has_alone(asked: Assistant) -> None:
    reply = asked.ask("What is the difference between the two articles?")

    assert_cited(reply, asked.library)
    assert (reply.intent, reply.blocks[0].kind, reply.direct) == ("comparison", "accounts", None)
    quotes = {each.number: each.quote for each in reply.citations}
    told = {row.cells[0]: " ".join(quotes[n] for n in row.citations) for row in reply.blocks[0].rows}
    for fact in ("Kang Kyung-wha", "Im Jong-seok", "Cho Myung-gyon", "forestation"):
        assert fact in told["Only in Arirang News"]
    for fact in ("Moon Jae-in", "Pompeo", "critical juncture"):
        assert fact in told["Only in The Straits Times"]
    assert "Agree" in told


def test_what_is_worded_otherwise_stands_in_the_direct_line(asked: Assistant) -> None:
    reply = asked.ask("Did the two outlets quote Biegun alike?")

    assert_cited(reply, asked.library)
    assert reply.intent == "wording"
    assert reply.direct is not None
    assert reply.direct.startswith("Not word for word: “hostility” (Arirang News) – “hostilities” (The Straits Times)")
    assert "“confident that this is within reach” (Arirang News) – “certain we can do this together”" in reply.direct
    (line,) = [each for each in reply.statements if each.direct]
    said = " ".join(each.quote for each in reply.citations)
    for mark in line.marks:
        assert mark.kind == "fixed" or line.text[mark.start : mark.end] in said
    assert "".join(line.text[mark.start : mark.end] for mark in line.marks) == line.text


def test_what_the_library_holds(asked: Assistant) -> None:
    listed = asked.ask("list all articles")
    assert_cited(listed, asked.library)
    assert (listed.intent, quoted(listed).keys()) == ("holdings", {TRANSCRIPT, REUTERS})
    assert "Arirang News" in listed.answer
    assert "29 October 2018" in listed.answer

    oldest = asked.ask("which article is the oldest")
    assert oldest.statements[1].text.startswith("The Straits Times: ")
    assert "(29 October 2018, inferred)" in oldest.statements[1].text
    assert "inferred: 29 to 30 October 2018" in oldest.statements[3].text

    changed = asked.ask("what changed since yesterday")
    assert (changed.intent, len(changed.citations)) == ("new", 2)
    assert "according to the library's records: 2 articles added" in changed.answer


def test_a_poem_is_not_written(asked: Assistant) -> None:
    reply = asked.ask("Write a poem about Biegun")

    assert (reply.intent, reply.state, reply.answered_by, reply.citations) == ("cannot", "answered", "library", ())
    assert reply.answer == "I can only answer questions from the articles in this library."
