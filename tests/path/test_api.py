"""The API: the command line's JSON, one sentence for whatever is wrong, and nobody from elsewhere."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import status_code_conformance
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Mount

from rag.assistant import Assistant
from rag.coverage.coverage_json import coverage_json
from rag.errors import LibraryBusy
from rag.interfaces.client import PAGE
from rag.interfaces.http.models import AskBody
from rag.interfaces.http.routes import LARGEST_REQUEST, UNEXPECTED, create
from rag.interfaces.service import COVERAGE_FORMS, Service
from rag.library.library import Library
from rag.querying.search import LONGEST_QUESTION
from rag.reply import Block, Filters, Row
from rag.settings import ROOT, Settings
from rag.ui.access import may_use_api
from tests.support.fakes import WordCountEmbedding

SAMPLES = ROOT / "rag" / "samples" / "articles"
QUESTION = "Who counted the passengers of the tram?"
TOKEN = "a-token-that-nobody-guesses"
OWN = {"Authorization": f"Bearer {TOKEN}"}
HOST = "127.0.0.1"
FROM_HERE = partial(may_use_api, settings=Settings())
Json = dict[str, Any]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant over the samples, with the model that counts words."""
    embedding = WordCountEmbedding()
    folder = tmp_path_factory.mktemp("api") / "store"
    with Library.open(folder, embedding.identity, embedding.model_name) as library:
        assistant = Assistant(library, embedding, Settings(store=folder))
        assert all(event.outcome == "added" for event in assistant.ingest([SAMPLES]))
        yield assistant


def mounted(assistant: Assistant, allowed: Callable[[HTTPConnection], bool] = FROM_HERE) -> Starlette:
    """The API where the page has it."""
    return Starlette(routes=[Mount("/api", create(lambda: Service(assistant), TOKEN, allowed))])


@pytest.fixture(scope="module")
def api(assistant: Assistant) -> Iterator[TestClient]:
    with TestClient(mounted(assistant), f"http://{HOST}:8501/api", False, client=(HOST, 1)) as client:
        yield client


def without_timings(reply: Json) -> Json:
    return {**reply, "timings": None}


def same_json(one: Json, other: Json) -> bool:
    """Whether they are the same, in the same order; but for how long it took."""
    return json.dumps(without_timings(one)) == json.dumps(without_timings(other))


# What it answers


def test_ask_answers_as_the_command_line_prints(api: TestClient, assistant: Assistant) -> None:
    answered = api.post("/ask", json={"question": QUESTION}).json()

    assert answered["citations"]
    assert same_json(answered, assistant.ask(QUESTION).to_json())


def test_what_is_only_related_is_told_apart(
    api: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = assistant.ask(QUESTION)
    related = replace(told, state="related", reason="not_covered", citations=(), more=told.citations)
    monkeypatch.setattr(assistant, "ask", lambda *_: related)
    answered = api.post("/ask", json={"question": QUESTION}).json()

    assert answered["more"]
    assert (answered["state"], answered["abstained"]) == ("related", True)
    assert same_json(answered, related.to_json())
    described = api.get("/openapi.json").json()["components"]["schemas"]["ReplyModel"]["properties"]
    assert described["state"]["enum"] == ["answered", "related", "nothing"]
    assert "no article says it directly" in described["state"]["description"]
    assert "Related sentences" in described["more"]["description"]


def test_a_direct_line_and_blocks_come_as_they_are(
    api: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = assistant.ask(QUESTION)
    block = Block("quotes", "Who <says> what", ("Outlet",), (Row(("Linnet Herald",), (1,)),))
    lines = tuple(replace(each, direct=not at) for at, each in enumerate(told.statements))
    composed = replace(told, statements=lines, intent="wording", blocks=(block,), more=told.citations[:1])
    monkeypatch.setattr(assistant, "ask", lambda *_: composed)
    answered = api.post("/ask", json={"question": QUESTION}).json()

    assert same_json(answered, composed.to_json())
    assert answered["answer"].startswith(answered["direct"])
    assert (answered["intent"], answered["state"], len(answered["more"])) == ("wording", "answered", 1)
    assert answered["blocks"][0]["rows"] == [{"cells": ["Linnet Herald"], "citations": [1]}]


def test_filters_are_those_given_else_those_of_the_question(api: TestClient, assistant: Assistant) -> None:
    named = "According to the Linnet Herald, how many passengers were on the tram?"
    for filters, expected in [
        (None, ["Linnet Herald"]),
        ({}, []),
        ({"outlets": ["Quernside Post"]}, ["Quernside Post"]),
    ]:
        answered = api.post("/ask", json={"question": named, "filters": filters}).json()
        assert answered["filters"]["outlets"] == expected

    days = {"since": "2031-03-12", "until": "2031-03-20"}
    answered = api.post("/ask", json={"question": QUESTION, "filters": days}).json()
    assert answered["filters"] == {"outlets": [], **days}


def test_a_follow_up_is_asked_after_turns_or_a_chat(api: TestClient, assistant: Assistant) -> None:
    chat = assistant.chat_of([QUESTION])
    told = [{"question": turn.question, "answer": turn.answer} for turn in chat]

    by_turns = api.post("/ask", json={"question": "Who counted them?", "turns": [QUESTION]}).json()
    by_chat = api.post("/ask", json={"question": "Who counted them?", "chat": told}).json()
    both = api.post("/ask", json={"question": "Who?", "chat": told, "turns": ["Where?"]})

    assert QUESTION in by_turns["query"]
    assert same_json(by_turns, assistant.ask("Who counted them?", chat=chat).to_json())
    assert same_json(by_turns, by_chat)
    assert (both.status_code, "either turns" in both.json()["error"]) == (422, True)


def test_a_growing_answer_is_streamed(api: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    last = assistant.ask(QUESTION)
    stops: list[Event] = []

    def replies(*given: Any) -> Iterator[Any]:
        stops.append(given[-1])
        yield last
        yield last

    monkeypatch.setattr(assistant, "replies", replies)
    streamed = api.post("/ask/stream", json={"question": QUESTION})

    assert streamed.headers["content-type"].startswith("text/event-stream")
    events = re.findall(r"event: (\w+)\r?\ndata: (.*)\r?\n", streamed.text)
    assert [name for name, _ in events] == ["reply", "reply", "answer"]
    assert [json.loads(data) for _, data in events] == [last.to_json()] * 3
    assert stops[0].is_set()


def test_what_goes_wrong_in_a_stream_is_told(
    api: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = assistant.ask(QUESTION)

    def replies(*given: Any) -> Iterator[Any]:
        yield first
        raise RuntimeError(f"in {__file__}")

    assert api.post("/ask/stream", json={"question": " "}).status_code == 422
    monkeypatch.setattr(assistant, "replies", replies)
    streamed = api.post("/ask/stream", json={"question": QUESTION}).text

    assert streamed.strip().endswith(f"event: error\ndata: {json.dumps({'error': UNEXPECTED})}")
    assert __file__ not in streamed


def test_a_stream_that_nobody_reads_any_longer_ends() -> None:
    """On a real server: the language model that writes is stopped."""
    ended = Event()

    class Endless:
        def replies(self, *_: object) -> Iterator[Json]:
            try:
                while not time.sleep(0.02):
                    yield {"answer": "and so on"}
            finally:
                ended.set()

    listener = socket.create_server((HOST, 0))
    config = uvicorn.Config(create(Endless, TOKEN, FROM_HERE), log_config=None)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    address = f"http://{HOST}:{listener.getsockname()[1]}/ask/stream"
    with httpx.stream("POST", address, json={"question": "Who?"}, trust_env=False) as response:
        assert next(response.iter_lines()) == "event: reply"
    assert ended.wait(5)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def test_search_and_coverage(api: TestClient, assistant: Assistant) -> None:
    found = api.post("/search", json={"question": QUESTION}).json()
    covered = api.post("/coverage", json={"question": QUESTION}).json()
    expected = assistant.coverage(QUESTION)

    assert found["retrieved"] == json.loads(json.dumps(assistant.ask(QUESTION).to_json()["retrieved"]))
    assert all(coverage_json(expected)[name] for name in ("claims", "quotes", "origins", "timeline", "people"))
    assert same_json(covered, coverage_json(expected))
    from rag.coverage.coverage_export import FORMS

    assert tuple(FORMS) == COVERAGE_FORMS
    for form, write in FORMS.items():
        assert api.post(f"/coverage/{form}", json={"question": QUESTION}).text == write(expected)


def test_articles_are_listed_page_by_page_and_given_whole(api: TestClient, assistant: Assistant) -> None:
    articles = assistant.library.articles()
    first, rest = (
        api.get("/articles", params={"offset": at, "limit": size}).json() for at, size in ((0, 3), (3, PAGE))
    )
    listed = first["articles"] + rest["articles"]

    assert (first["total"], len(first["articles"]), len(listed)) == (len(articles), 3, len(articles))
    labels = [each.pop("label") for each in listed]
    assert labels == [each.label for each in articles]
    assert json.dumps(listed) == json.dumps([each.to_json(text=False) for each in articles])
    for each in articles:
        assert api.get(f"/articles/{each.id}").text == json.dumps(
            each.to_json(), ensure_ascii=False, separators=(",", ":")
        )
        assert api.get(f"/articles/{each.id}/versions").json() == []
    assert len(api.get("/duplicates").json()) == len(assistant.library.copies()) > 0


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"search": "tram"}, lambda each: "tram" in (each.text + (each.title or "")).lower()),
        (
            {"outlet": ["linnet herald", "Quernside Post"]},
            lambda each: each.outlet in ("Linnet Herald", "Quernside Post"),
        ),
        ({"since": "2031-03-14"}, lambda each: (each.published or "") >= "2031-03-14"),
        ({"until": "2031-03-14"}, lambda each: each.published and each.published <= "2031-03-14"),
        ({"outlet": ["Nobody's"]}, lambda each: False),
    ],
)
def test_articles_are_chosen(api: TestClient, assistant: Assistant, asked: Json, holds: Any) -> None:
    answered = api.get("/articles", params=asked).json()

    expected = [each.id for each in assistant.library.articles() if holds(each)]
    assert [each["id"] for each in answered["articles"]] == expected
    assert answered["total"] == len(expected)


def test_health_needs_no_library_and_status_tells_no_folder(
    api: TestClient, assistant: Assistant, tmp_path: Path
) -> None:
    def busy() -> Service:
        raise LibraryBusy(f"The library in {tmp_path} is in use.")

    closed = TestClient(create(busy, TOKEN, FROM_HERE), f"http://{HOST}", False, client=(HOST, 1))
    assert closed.get("/health").json() == {"status": "ok"}
    refused, to_the_owner = closed.get("/status"), closed.get("/status", headers=OWN)
    assert (refused.status_code, str(tmp_path) in refused.text) == (409, False)
    assert (to_the_owner.status_code, str(tmp_path) in to_the_owner.text) == (409, True)

    status = api.get("/status").json()
    assert (status["folder"], status["articles"]) == (None, len(assistant.library.articles()))
    assert api.get("/status", headers=OWN).json()["folder"] == str(assistant.library.folder)


# What it refuses


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/ask", {"question": ""}, "The question is empty. Type what you want to know."),
        ("/ask", {"question": "x" * 2000}, f"at most {LONGEST_QUESTION} are allowed"),
        ("/ask", {"question": "Who?", "filters": {"outlets": ["Linnet"]}}, "no outlet called 'Linnet'"),
        ("/ask", {"question": "Who?", "filters": {"since": "March"}}, "filters.since: "),
        ("/ask", {"question": "Who?", "turns": [""]}, "The question is empty"),
        ("/ask", {"question": "Who?", "turns": ["Who?"] * 1000}, "turns: "),
        ("/ask", {"question": "Who?", "filter": {}}, "filter: "),
        ("/ask", {}, "question: "),
        ("/coverage", {"question": "Who?", "turns": ["What?"]}, "turns: "),
        ("/coverage/pdf", {"question": "Who?"}, "form: "),
    ],
)
def test_one_sentence_says_what_is_wrong(api: TestClient, path: str, body: Json, expected: str) -> None:
    answered = api.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})

    assert answered.status_code == 422
    assert expected in answered.json()["error"]


def test_other_nonsense(api: TestClient) -> None:
    as_json = {"Content-Type": "application/json"}
    for answered, status in [
        (api.post("/ask", content=b'{"question": }', headers=as_json), 422),
        (api.post("/ask", content=b"\xff", headers=as_json), 400),
        (api.post("/ask", content=b"[" * 100_000, headers=as_json), 400),
        (api.post("/ask", content=b'{"question": "Who?"}', headers={"Content-Type": "text/plain"}), 422),
        (api.get("/articles/nobody"), 404),
        (api.get("/nothing"), 404),
        (api.get("/ask"), 405),
        (api.get("/articles", params={"limit": 10**30}), 422),
    ]:
        assert answered.status_code == status, answered.text
        assert list(answered.json()) == ["error"]
        assert "Traceback" not in answered.text


def test_a_request_that_is_too_large(api: TestClient) -> None:
    large = b'{"question": "' + b"x" * LARGEST_REQUEST + b'"}'
    for content in (large, iter([large[:9], large[9:]])):  # with its length told, and without
        answered = api.post("/ask", content=content, headers={"Content-Type": "application/json"})
        assert (answered.status_code, "Too Large" in answered.text) == (413, True)


def test_what_is_unexpected_is_not_told(api: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"in {__file__}")

    monkeypatch.setattr(assistant, "ask", broken)
    answered = api.post("/ask", json={"question": QUESTION})

    assert (answered.status_code, answered.json()) == (500, {"error": UNEXPECTED})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://{HOST}:3000"},
        {"Origin": "http://[bad"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": f"{HOST}.evil.example:8501"},
        {"Host": "[bad"},
    ],
)
def test_no_page_of_another_site_gets_an_answer(api: TestClient, headers: dict[str, str]) -> None:
    for answered in (
        api.get("/articles", headers=headers),
        api.post("/ask", json={"question": QUESTION}, headers=headers),
        api.post("/remove", json={"outlet": "Linnet Herald"}, headers=headers | OWN),
    ):
        assert answered.status_code == 403
        assert not [name for name in answered.headers if name.startswith("access-control")]


def test_the_page_itself_and_programs_are_answered(api: TestClient) -> None:
    for headers in (
        {},
        {"Origin": f"http://{HOST}:8501", "Sec-Fetch-Site": "same-origin"},
        {"Host": "localhost:8501"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert api.get("/health", headers=headers).status_code == 200
    preflight = api.options("/ask", headers={"Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 405


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_nothing_is_changed_or_read_without_the_token(
    api: TestClient, assistant: Assistant, tmp_path: Path, headers: dict[str, str]
) -> None:
    (tmp_path / "secret.txt").write_text("The mayor keeps a second ledger in the boat house.")
    before = [each.to_json() for each in assistant.library.articles()]
    id = before[0]["id"]

    for answered in (
        api.post("/ingest", json={"places": [str(tmp_path)]}, headers=headers),
        api.patch(f"/articles/{id}", json={"outlet": "Mine"}, headers=headers),
        api.post("/remove", json={"ids": [id]}, headers=headers),
        api.get("/feeds", headers=headers),
        api.post("/feeds", json={"url": "http://feed.example/"}, headers=headers),
        api.post("/feeds/refresh", json={}, headers=headers),
        api.post("/feeds/remove", json={"url": "http://feed.example/"}, headers=headers),
    ):
        assert answered.status_code == 401
    assert [each.to_json() for each in assistant.library.articles()] == before


def test_the_description_says_what_is_so(api: TestClient) -> None:
    described = api.get("/openapi.json").json()

    assert f"At most {LONGEST_QUESTION} characters" in str(AskBody.model_fields["question"].description)
    assert described["servers"] == [{"url": "/api"}]
    assert api.get("/docs").status_code == api.get("/redoc").status_code == 404
    guarded = {path for path, of in described["paths"].items() for each in of.values() if "security" in each}
    feeds = {"/feeds", "/feeds/refresh", "/feeds/remove"}
    assert guarded == {"/ingest", "/articles/{id}", "/remove", *feeds}
    assert Filters.__dataclass_fields__.keys() == described["components"]["schemas"]["Filters"]["properties"].keys()


# Whatever its own description lets one ask

OPERATIONS = [
    (path, method)
    for path, methods in create(lambda: pytest.fail("nothing is asked"), TOKEN, FROM_HERE).openapi()["paths"].items()
    for method in methods
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_it_keeps_to_its_description(assistant: Assistant, path: str, method: str) -> None:
    described = schemathesis.openapi.from_asgi("/api/openapi.json", mounted(assistant, lambda _: True))

    @settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(described[path][method].as_strategy())
    def keeps(case: schemathesis.Case) -> None:
        answered = case.call()
        case.validate_response(
            answered,
            checks=[
                checks.not_a_server_error,
                checks.content_type_conformance,
                checks.response_schema_conformance,
                status_code_conformance,
            ],
        )
        assert "Traceback" not in answered.text
        assert answered.status_code == 200 or str(ROOT) not in answered.text  # an article tells its own path

    keeps()
