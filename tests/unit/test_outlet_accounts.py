"""Outlets' accounts side by side: of those that are named, and of all where it is asked how they differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.assistant import Assistant
from tests.support.checks import assert_cited

STORY = "The {} wrote of the barge. {} The council will meet again in a week about the barge."
TOLD = {
    ("linnet-herald.example", "2031-03-11"): "At least 17 people were hurt when the barge struck the bridge.",
    ("marram-post.example", "2031-03-12"): "At least 19 people were hurt when the barge struck the bridge.",
    (
        "skerry-times.example",
        "2031-03-11",
    ): "At least 17 people were hurt, the skipper said, when it struck the bridge.",
}


@pytest.fixture
def told(assistant: Assistant, articles: Path) -> Assistant:
    for (host, published), sentence in TOLD.items():
        item = {"maintext": STORY.format(host, sentence), "url": f"https://{host}/barge", "date_publish": published}
        (articles / f"{host}.json").write_text(json.dumps(item))
    assert [event.outcome for event in assistant.ingest([articles])] == ["added"] * 3
    return assistant


def test_figures_that_differ_are_told_as_differing_the_latest_first(told: Assistant) -> None:
    reply = told.ask("How many people were hurt when the barge struck the bridge? Do the reports differ?")

    assert_cited(reply, told.library)
    # Where the reader is sure of the words, a direct line has both values; else each sentence has its outlets in front.
    first, *others = [statement.text for statement in reply.statements]
    assert first.startswith("The accounts differ")
    said = " ".join([first, *others])
    assert said.index("marram-post.example") < said.index("At least 17 people")
    assert said.index("At least 19 people") < said.index("At least 17 people")
    for host in ("linnet-herald.example", "skerry-times.example"):
        assert said.index(host) > said.index("At least 19 people")


def test_each_of_the_named_outlets_is_heard_in_the_order_of_the_question(told: Assistant) -> None:
    reply = told.ask(
        "How many people were hurt according to marram-post.example and according to linnet-herald.example?"
    )

    assert_cited(reply, told.library)
    assert reply.filters.outlets == ("marram-post.example", "linnet-herald.example")
    heard = [
        statement.text.split(":")[0]
        for statement in reply.statements
        if not statement.direct and ".example:" in statement.text
    ]
    assert heard == ["marram-post.example", "linnet-herald.example"]
    assert TOLD["marram-post.example", "2031-03-12"] in reply.answer
    assert TOLD["linnet-herald.example", "2031-03-11"] in reply.answer


def test_outlets_that_agree_are_not_told_as_differing(told: Assistant) -> None:
    reply = told.ask("What struck the bridge? Do the reports differ?")

    assert "differ" not in reply.answer


def test_an_origin_s_account_is_heard_beside_an_outlet_s(told: Assistant, articles: Path) -> None:
    carried = "RIVERTON (Reuters) - At least 23 people were hurt when the barge struck the bridge. Boats were sent."
    item = {"maintext": carried, "url": "https://tern-gazette.example/barge", "date_publish": "2031-03-11"}
    (articles / "tern-gazette.example.json").write_text(json.dumps(item))
    assert [event.outcome for event in told.ingest([articles / "tern-gazette.example.json"])] == ["added"]

    reply = told.ask("How many people were hurt according to marram-post.example and according to Reuters?")

    assert_cited(reply, told.library)
    heard = [
        statement.text.split(":")[0]
        for statement in reply.statements
        if not statement.direct and ": " in statement.text[:30]
    ]
    assert heard == ["marram-post.example", "Reuters"]
    assert "19 people" in reply.answer
    assert "23 people" in reply.answer
