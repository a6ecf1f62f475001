"""The library as a language model's program has it: the official client, over the server's stdin and stdout."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult

from rag.assistant import Assistant
from rag.errors import LibraryBusy
from rag.interfaces.mcp_server import server
from rag.interfaces.service import Service
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.reply import Block, Citation, Filters, Reply, Row, Statement
from rag.settings import ROOT, Settings
from tests.support.checks import put_in

SAMPLES = ROOT / "rag" / "samples" / "articles"
QUESTION = "How many passengers were on the No. 4 tram?"


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


async def call_all(store: Path, log: Path, calls: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """The server's tools, and what each call of them comes to; what the server writes to stdout also goes to `log`."""
    shell = f'"{sys.executable}" -m rag mcp --store "{store}" | tee "{log}"'
    parameters = StdioServerParameters(command="sh", args=["-c", shell], cwd=str(ROOT))
    async with Client(stdio_client(parameters)) as client:
        tools = await client.list_tools()
        return [tools.tools, *[await client.call_tool(name, given) for name, given in calls]]


def test_the_official_client_calls_every_tool(model: Embedding, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with Library.open(store, model.identity, model.model_name) as library:
        put_in(library, model, *sorted(SAMPLES.glob("0[1-6]*")))
        assistant = Assistant(library, model, Settings(store=store))
        answer = assistant.ask(QUESTION).to_json()
        found = assistant.find(QUESTION).to_json()
    id = answer["citations"][0]["article_id"]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("ask", {"question": QUESTION}),
        ("ask", {"question": "Who counted them?", "turns": [QUESTION], "outlets": ["Linnet Herald"]}),
        ("search", {"question": QUESTION}),
        ("coverage", {"question": QUESTION}),
        ("read_article", {"id": id}),
        ("read_article", {"id": "nobody"}),
        ("ask", {"question": " "}),
        ("ask", {"question": QUESTION, "since": "yesterday"}),
    ]

    tools, asked, followed, searched, covered, read, unknown, empty, undated = asyncio.run(
        call_all(store, tmp_path / "stdout", calls)
    )

    assert [tool.name for tool in tools] == ["ask", "search", "coverage", "read_article"]
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools)
    short = {name: answer[name] for name in answer if name not in ("id", "retrieved", "timings")}
    assert asked.structured_content == json.loads(text_of(asked)) == short
    assert followed.structured_content["filters"]["outlets"] == ["Linnet Herald"]
    assert QUESTION in followed.structured_content["query"]
    scores = [[each.pop("score") for each in several["retrieved"]] for several in (searched.structured_content, found)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)  # numpy was imported with other settings in this process
    assert searched.structured_content == found
    assert "## Timeline" in text_of(covered)
    text = read.structured_content["text"]
    for citation in answer["citations"]:
        if citation["article_id"] == id:
            assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert [each.is_error for each in (unknown, empty, undated)] == [True] * 3
    assert "There is no article with the id 'nobody'" in text_of(unknown)
    assert "The question is empty" in text_of(empty)
    assert all("jsonrpc" in json.loads(line) for line in (tmp_path / "stdout").read_text().splitlines())


SANK = Citation(1, "a1", None, "Merrow Post", None, "2031-03-11", None, None, 0, 8, "It sank.", True)


def asked(assistant: Assistant, reply: Reply) -> tuple[str, dict[str, Any]]:
    """How the tool is described, and what it gives where this is the reply."""

    class Told(Service):
        def ask(self, *_: object) -> dict[str, Any]:
            return reply.to_json()

        def close(self) -> None:
            pass

    async def call() -> tuple[str, CallToolResult]:
        async with Client(server(lambda: Told(assistant))) as client:
            (tool,) = [each for each in (await client.list_tools()).tools if each.name == "ask"]
            return tool.description or "", await client.call_tool("ask", {"question": "q"})

    description, answered = asyncio.run(call())
    return description, json.loads(text_of(answered))


def test_a_direct_line_and_blocks_are_given_and_more_is_no_part_of_the_answer(assistant: Assistant) -> None:
    block = Block("timeline", "The Auk", ("Day",), (Row(("11 March 2031",), (1,)),))
    lines = (Statement("It sank", (1,), direct=True), Statement("It sank.", (1,)))
    reply = Reply("q", "q", Filters(), lines, "answered", None, "extract", (SANK,), (SANK,), intent="timeline",
                  blocks=(block,))  # fmt: skip
    description, told = asked(assistant, reply)

    assert (told["direct"], told["answer"]) == ("It sank [1]", "It sank [1] It sank. [1]")
    assert told["blocks"] == json.loads(json.dumps(reply.to_json()["blocks"]))
    assert (told["intent"], [each["quote"] for each in told["more"]]) == ("timeline", ["It sank."])
    assert all(f"`{name}`" in description for name in ("direct", "blocks", "more"))


def test_what_is_only_related_is_listed(assistant: Assistant) -> None:
    reply = Reply("q", "q", Filters(), (Statement("Closest:"),), "related", "not_covered", "extract", more=(SANK,))
    description, told = asked(assistant, reply)
    assert told["answer"] == "Closest:\n- Merrow Post, 2031-03-11: It sank. (a1)"
    assert (told["state"], [each["quote"] for each in told["more"]]) == ("related", ["It sank."])
    assert all(f'"{state}"' in description for state in ("answered", "related", "nothing"))


def test_the_library_is_held_for_one_call_at_a_time(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    class Watched(Service):
        def close(self) -> None:
            opened.append("closed")

    def reach() -> Service:
        opened.append("opened")
        return Watched(assistant)

    def busy() -> Service:
        raise LibraryBusy("The library is in use.")

    async def call() -> list[CallToolResult]:
        async with Client(server(reach)) as client, Client(server(busy)) as refused:
            several = [client.call_tool("ask", {"question": f"Who is number {n}?"}) for n in range(4)]
            return [*await asyncio.gather(*several), await refused.call_tool("ask", {"question": "Who?"})]

    *answered, refused = asyncio.run(call())
    assert [each.is_error for each in answered] == [False] * 4
    assert opened == ["opened", "closed"] * 4
    assert (refused.is_error, "The library is in use." in text_of(refused)) == (True, True)
