"""The page of evaluations without a browser: its HTML, and a questions file brought, asked and shown by AppTest."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import rag.assistant
from rag.assistant import Assistant
from rag.evaluation.metrics import summarise
from rag.evaluation.question_file import parse_questions
from rag.evaluation.report import Run, compare, keep, kept
from rag.reply import Reply
from rag.settings import ROOT, read_settings
from rag.ui.html.escape import as_html
from rag.ui.html.evaluation_html import (
    bars,
    beside_html,
    change_html,
    failures_html,
    headline_html,
    retrieval_html,
    table_html,
)
from rag.ui.jobs.evaluation_job import start
from rag.ui.startup import library_door
from tests.page.test_ask_page import HOSTILE
from tests.path.test_evaluation import NOON, as_an_older_version_wrote, result, run_with
from tests.support.apps import app_at
from tests.support.fakes import WordCountEmbedding

POOR = "It took some people."


@pytest.mark.parametrize("text", [text for text in HOSTILE if any(char.isalnum() for char in text)])
def test_questions_and_answers_are_escaped(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    hostile = result(text, text, question=text, type=text, turns=[text], answers=[[text]], forbidden=[text])
    run = run_with(hostile, name=text).model_copy(update={"model": text})
    better = run_with(hostile.model_copy(update={"right": True}), name=text, date=NOON + timedelta(days=1))
    change = compare(better, [run])
    assert change

    shown = [headline_html(run), failures_html(run.failures), table_html(run.figures), change_html(change),
             beside_html(run.figures)]  # fmt: skip

    for html in shown:
        assert as_html(text) in html
        for planted in ("<script", "<img", "<b>", "<http", 'onmouseover="', "onfocus='"):
            assert planted not in html


def test_the_run_is_told_in_two_sentences() -> None:
    run = run_with(result("a"), result("b", POOR), result("c", answerable=False, type="unanswerable"))

    shown = headline_html(run)

    assert "1 of 2 questions answered correctly, 1 of them with citations" in shown
    assert "Of 1 that have no answer, 0 refused." in shown
    assert "1 article, embedded with word-count, answered by extract. Half the answers took at most 5 ms" in shown
    assert "Without an index of articles" in shown
    assert "Without an index" not in headline_html(run_with(result("a"), index=("index.json",)))
    assert headline_html(run_with(result("c", answerable=False))).count("answered correctly") == 0


def test_figures_are_shares_that_add_up() -> None:
    summary = summarise(
        (each.type, each)
        for each in (result("a"), result("b", "It took twelve people.", answers=[["twelve"]]), result("c", POOR))
    )

    assert {name: round(share[0], 3) for name, share in bars(summary).items() if name != "type"} == {  # type: ignore[call-overload]
        "cited": 0.333, "right, not cited": 0.333, "not right": 0.333
    }  # fmt: skip
    cells = "<td>3</td><td>67 %</td><td>33 %</td><td>0 %</td><td>4</td><td>100 %</td>"
    assert f'<th scope="row">factoid</th>{cells}' in table_html(summary)
    assert "The evidence" not in retrieval_html(summary)
    assert retrieval_html(summarise([])) == ""
    assert "Precision" in table_html(summary)
    assert "Precision" not in table_html(summarise([("unanswerable", result("d", answerable=False))]))


def test_the_states_and_what_the_quotes_hold_are_shown_where_they_were_measured() -> None:
    run = run_with(result("a"), result("b", POOR, answers=[["13"]]))

    shown = beside_html(run.figures)
    for head in ("Answered", "Only related", "Nothing", "In the first quote", "Unrelated quotes"):
        assert f'<th scope="col">{head}</th>' in shown
    cells = "<td>100 %</td><td>0 %</td><td>0 %</td><td>50 %</td><td>50 %</td>"
    assert f'<th scope="row">factoid</th>{cells}' in shown
    assert beside_html(Run.model_validate(as_an_older_version_wrote(run)).figures) == ""


def test_a_change_shows_its_direction() -> None:
    before = run_with(result("a", POOR), result("b"), result("c"))
    now = run_with(result("a"), result("b"), result("c"), date=NOON + timedelta(days=1), index=("index.json",))
    change = compare(now, [before])
    assert change

    assert '<td>67 %</td><td>100 %</td><td><span class="better">+33</span></td>' in change_html(change)
    assert "<h3>Better: 1</h3>" in change_html(change)
    assert "cannot be compared" in change_html(change)
    back = compare(before.model_copy(update={"date": NOON + timedelta(days=2)}), [now])
    assert back
    assert '<span class="worse">−33</span>' in change_html(back)


FILE = [
    {"question": "How many passengers were on the No. 4 tram?", "answers": [["48 passengers"]]},
    {"question": "How many <b>people</b> were injured when the barge hit?", "answers": [["<i>ninety</i>"]]},
]


@pytest.fixture(scope="module")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the samples, with the model that counts words."""
    store = tmp_path_factory.mktemp("evaluation") / "store"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
        with Assistant.open(rag.assistant.Settings(store=store)) as assistant:
            assert all(event.outcome == "added" for event in assistant.ingest([ROOT / "rag" / "samples" / "articles"]))
    return store


@pytest.fixture
def page(filled_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(filled_store))
    for path in (filled_store / "evaluations").glob("*"):
        path.unlink()
    st.cache_resource.clear()
    yield app_at("Evaluation")
    st.cache_resource.clear()


def shown(page: AppTest) -> str:
    return "\n".join(element.value for element in page.html)


def bring(page: AppTest, content: str, name: str = "own.jsonl") -> AppTest:
    return page.file_uploader[0].set_value((name, content.encode(), "application/json")).run()


def lines(questions: list[dict[str, Any]]) -> str:
    return "\n".join(map(json.dumps, questions))


def test_the_app_leads_to_its_pages(page: AppTest) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()

    assert not app.exception
    assert [link.proto.label for link in app.get("page_link")][:3] == ["Coverage", "Library", "Evaluation"]
    assert '<span class="here" aria-current="page">Ask</span>' in shown(app)
    assert [link.proto.label for link in page.run().get("page_link")] == ["Ask", "Coverage", "Library"]


def test_the_first_visit_says_how_a_file_is_run(page: AppTest) -> None:
    page.run()

    assert not page.exception
    assert "Measure how well your library answers" in shown(page)
    assert "python -m rag evaluate QUESTIONS.jsonl" in shown(page)
    assert [json.loads(line).keys() for line in page.code[0].value.splitlines()]
    assert not page.selectbox
    assert not page.button


def test_rated_answers_are_offered_as_a_questions_file(page: AppTest) -> None:
    page.run()
    assistant = library_door(read_settings())
    for liked in (True, False):
        chat = assistant.chats.ask(None, "Which vineyards grow tempranillo near Zaragoza?")
        (exchange,) = assistant.chats.exchanges(chat)
        assistant.chats.answered(exchange.id, assistant.ask(exchange.question))
        assistant.chats.rate(exchange.id, liked)
    page.run()

    (download,) = page.get("download_button")
    assert download.proto.label == "Save the 1 answer you rated as a questions file"
    assert "1 rated answer left out" in shown(page)


def test_a_file_that_is_brought_is_asked_and_shown_and_compared(page: AppTest, filled_store: Path) -> None:
    page.run()
    bring(page, lines(FILE), "../../own.jsonl")
    (button,) = page.button
    assert button.label == "Ask 2 questions"
    button.click().run()

    assert not page.exception
    (run,) = kept(filled_store)
    assert (run.questions, len(run.results)) == ("own.jsonl", 2)
    assert "of 2 questions answered correctly" in shown(page)
    assert "&lt;b&gt;people&lt;/b&gt;" in shown(page)
    assert "<dt>Expected</dt><dd>&lt;i&gt;ninety&lt;/i&gt;</dd>" in shown(page)
    assert page.get("arrow_vega_lite_chart") or page.get("vega_lite_chart")
    assert "Changes since the previous run" not in shown(page)

    bring(page, lines(FILE))
    page.button[0].click().run()
    assert len(page.selectbox(key="run").options) == 2
    assert "No question got better or worse." in shown(page)
    page.selectbox(key="run").select_index(1).run()
    assert "Changes since the previous run" not in shown(page)


def test_a_file_with_a_mistake_is_told_and_not_asked(page: AppTest) -> None:
    page.run()
    bring(page, '{"question": "Who?", "answers": "<b>"}', "<i>.jsonl")

    assert "&lt;i&gt;.jsonl, line 1: answers is &quot;&lt;b&gt;&quot;: input should be a valid list." in shown(page)
    assert not page.button


def test_an_index_is_brought_with_the_questions(page: AppTest, filled_store: Path) -> None:
    page.run()
    index = json.dumps([{"id": "a", "url": "https://elsewhere.example/", "event": "barge"}])
    page.file_uploader[1].set_value([("index.json", index.encode(), "application/json")])
    bring(page, lines([FILE[0] | {"event": "barge"}]))
    page.button[0].click().run()

    assert not page.exception
    (run,) = kept(filled_store)
    assert run.index == ("index.json",)
    assert run.results[0].citation_precision == 0.0


def test_what_goes_wrong_while_asking_is_told(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page.run()
    bring(page, lines(FILE))
    with monkeypatch.context() as patched:
        patched.setattr(Assistant, "ask_after", lambda *_: 1 / 0)
        page.button[0].click().run()

    assert "own.jsonl could not be evaluated. Something unexpected went wrong." in shown(page)
    assert "ZeroDivisionError" in caplog.text
    bring(page, lines(FILE))
    page.button[0].click().run()
    assert "could not be evaluated" not in shown(page)


def test_a_visitor_sees_how_far_a_file_is_and_no_second_one_is_started(
    page: AppTest, filled_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    ask = Assistant.ask_after

    def slowly(*arguments: Any) -> Reply:
        assert go_on.wait(30)
        return ask(*arguments)

    monkeypatch.setattr(Assistant, "ask_after", slowly)
    assistant = library_door(read_settings())
    questions = parse_questions(lines(FILE).encode(), "first.jsonl")
    start(assistant, questions, "first.jsonl", None, ())
    start(assistant, questions, "second.jsonl", None, ())
    threading.Timer(1, go_on.set).start()
    page.run()

    assert not page.exception
    assert "of 2 questions answered correctly" in shown(page)
    assert [run.questions for run in kept(filled_store)] == ["first.jsonl"]


def test_many_failures_are_folded(page: AppTest, filled_store: Path) -> None:
    keep(run_with(*(result(f"q{number}", POOR) for number in range(12))), filled_store)
    page.run()

    assert "<h2>Failures: 12 of 12</h2>" in shown(page)
    assert [expander.label for expander in page.expander] == ["Run a questions file", "2 more"]
