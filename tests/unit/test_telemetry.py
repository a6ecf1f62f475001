"""What is told to whoever watches: lines of JSON, metrics, readiness; none of them holds a word of anything."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.testclient import TestClient

import rag.assistant
from rag.assistant import Assistant
from rag.errors import LibraryBusy, UsageError
from rag.settings import Settings
from rag.telemetry import note_question
from rag.ui import health
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding

STORY = "The ferry Zorblatt carried forty sheep to Quaggaford on Monday, said the harbour master."
QUESTION = "What did the ferry Zorblatt carry?"
SECRETS = ("zorblatt", "quaggaford", "sheep", "gazette", "ferry")
"""Words of the article, its file's name and the question, in small letters."""


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"second_source_{name}", labels) or 0


def lines(caplog: pytest.LogCaptureFixture, logger: str) -> list[dict[str, Any]]:
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == logger]


@pytest.fixture
def filled(assistant: Assistant, articles: Path) -> Assistant:
    (articles / "gazette.txt").write_text(STORY)
    put_in(assistant.library, assistant.embedding, articles)  # type: ignore[arg-type]
    return assistant


def test_questions_are_counted(filled: Assistant) -> None:
    before = metric("questions_total", answered_by="extract", reason="", error="")
    asked = metric("question_seconds_count", stage="rerank")
    wrong = metric("questions_total", answered_by="nothing", reason="", error="UsageError")

    filled.ask(QUESTION)
    with pytest.raises(UsageError):
        filled.ask(" ")

    assert metric("questions_total", answered_by="extract", reason="", error="") == before + 1
    assert metric("question_seconds_count", stage="rerank") == asked + 1
    assert metric("questions_total", answered_by="nothing", reason="", error="UsageError") == wrong + 1
    assert metric("running", job="question") == 0


def test_a_job_of_ingestion_is_one_line_and_is_counted(
    assistant: Assistant, articles: Path, caplog: pytest.LogCaptureFixture
) -> None:
    added, jobs = metric("articles_total", outcome="added"), metric("ingest_seconds_count")
    (articles / "gazette.txt").write_text(STORY)
    (articles / "sheep.json").write_text("{")
    with caplog.at_level(logging.INFO, "rag.ingests"):
        for _ in assistant.ingest([articles]):
            assert metric("running", job="ingest") == 1

    (line,) = lines(caplog, "rag.ingests")
    assert {name: line[name] for name in ("error", "added", "failed")} == {"error": None, "added": 1, "failed": 1}
    assert set(line) == {"job", "error", "added", "failed", "total_ms"}
    assert not any(word in json.dumps(line).lower() for word in SECRETS)
    assert metric("articles_total", outcome="added") == added + 1
    assert metric("ingest_seconds_count") == jobs + 1
    assert metric("running", job="ingest") == 0


def test_a_job_that_is_stopped_or_fails_says_so(
    assistant: Assistant, articles: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        (articles / f"{n}.json").write_text("{")
    with caplog.at_level(logging.INFO, "rag.ingests"):
        stream = assistant.ingest([articles])
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        (articles / "gazette.txt").write_text(STORY)
        monkeypatch.setattr(assistant.library, "put", _fail)
        with pytest.raises(LibraryBusy):
            list(assistant.ingest([articles]))

    assert [line["error"] for line in lines(caplog, "rag.ingests")] == ["stopped", "LibraryBusy"]
    assert metric("running", job="ingest") == 0


def _fail(*_: object) -> None:
    raise LibraryBusy("The library is held by process 7.")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Asks the routes of a server whose library is not open yet."""
    monkeypatch.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
    monkeypatch.setattr(health, "opening", health.Opening())
    st.cache_resource.clear()
    app = Starlette(routes=health.routes(Settings(store=tmp_path / "served")))
    yield TestClient(app, "http://127.0.0.1:8501", client=("127.0.0.1", 50_000))
    st.cache_resource.clear()


def test_it_is_ready_once_the_library_is_open(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("rag.assistant.Assistant.open", _fail)
        first = client.get("/ready")
        health.opening.wait(10)
        assert (first.status_code, first.json()) == (503, {"ready": False, "reason": health.BEING_OPENED})
        failed = client.get("/ready")  # which also tries again
        assert (failed.status_code, failed.json()["reason"]) == (503, health.NOT_OPEN)
        health.opening.wait(10)
    client.get("/ready")
    health.opening.wait(20)
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reason": None})

    assert health.opening.assistant is not None
    monkeypatch.setattr(health.opening.assistant.library, "status", _fail)
    unreadable = client.get("/ready")
    assert (unreadable.status_code, unreadable.json()["reason"]) == (503, health.UNREADABLE)


def test_metrics_hold_no_word_of_anything(client: TestClient, articles: Path) -> None:
    assert "second_source_questions_total" in client.get("/metrics").text
    client.get("/ready")
    health.opening.wait(20)
    assistant = health.opening.assistant
    assert assistant is not None
    (articles / "gazette.txt").write_text(STORY)
    (articles / "sheep.json").write_text("{")
    list(assistant.ingest([articles]))
    assistant.ask(QUESTION)

    told = client.get("/metrics")
    assert 'second_source_library{what="articles"} 1.0' in told.text
    assert 'second_source_question_seconds_bucket{le="0.05",stage="total"}' in told.text
    assert told.headers["content-type"].startswith("text/plain; version=")
    assert not any(word in (told.text + client.get("/ready").text).lower() for word in SECRETS)


def test_metrics_are_for_this_machine(client: TestClient) -> None:
    assert client.get("/metrics", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
    assert client.get("/ready", headers={"Host": "news.example"}).status_code == 503


def test_the_database_is_what_is_looked_at(client: TestClient, tmp_path: Path) -> None:
    client.get("/ready")
    health.opening.wait(20)
    with sqlite3.connect(tmp_path / "served" / "library.db") as database:
        database.execute("DROP TABLE passages")
    database.close()

    assert client.get("/ready").status_code == 503


def test_what_the_library_says_of_itself_is_no_models_answer() -> None:
    before = metric("questions_total", answered_by="library", reason="", error="")
    note_question({"answered_by": "library", "error": None})

    assert metric("questions_total", answered_by="library", reason="", error="") == before + 1
