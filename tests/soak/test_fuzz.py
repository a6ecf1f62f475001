"""Questions and files by the thousand: each is answered, read, or refused in a sentence; nothing breaks."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.errors import UsageError
from rag.ingestion.pipeline import ingest_files
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.settings import Settings
from tests.conftest import SOAK, Tell
from tests.support.checks import MAX_MB, assert_whole, put_in
from tests.support.crashing import IN_MEMORY
from tests.support.fakes import WordCountEmbedding
from tests.support.fuzzing import SAMPLES, files, questions

LONGEST_SECONDS = 10.0
"""Of the processor's time, so that a busy machine fails no question."""
ODD = 0.02
"""The share that the graph may miss here: the stand-in model gives a hundred passages one vector, and of what lies near
such it loses some as they come and go (up to 13 of 1,519). Of 5,000 vectors of the real model it loses none.
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=IN_MEMORY))
    yield folder
    shutil.rmtree(folder)


def ask_all(assistant: Assistant, number: int, seed: int) -> tuple[Counter[str], float]:
    """Ask so many; what became of them, and the seconds that the slowest took."""
    outcomes, slowest = Counter[str](), 0.0
    texts = {article.id: article.text for article in assistant.library.articles()}
    for n, (question, filters, chat) in enumerate(questions(seed, number)):
        began = time.process_time()
        try:
            reply = assistant.ask(question, filters, chat)
        except UsageError as error:
            outcomes[f"refused ({' '.join(str(error).split()[:3])} …)"] += 1
        except Exception as error:
            raise AssertionError(f"question {n} of seed {seed}: {question!r}, {filters}, {chat}") from error
        else:
            assert reply.answer.strip(), f"question {n}: {question!r}"
            for each in reply.citations:
                assert texts[each.article_id][each.start : each.end] == each.quote
            outcomes[reply.reason or "answered"] += 1
        took = time.process_time() - began
        slowest = max(slowest, took)
        assert took < LONGEST_SECONDS, f"question {n} of seed {seed}: {question!r}, {filters}, {chat}"
    return outcomes, slowest


def told(number: int, what: str, outcomes: Counter[str], slowest: float) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    return f"{number} {what}: {counts}; nothing broke; the slowest took {slowest:.2f} s"


SHORT = [
    (
        "Linnet Herald",
        "2031-03-11",
        "The barge hit the Candlemas Bridge at 9 p.m. on Monday. Three passengers were hurt.",
    ),
    (
        "Quernside Post",
        "2031-03-12",
        "“It will cost 4.6 million crowns,” said the minister, Ilse Varga. She promised a light.",
    ),
    (
        "Hollin Islander",
        None,
        "The ferry did not close, according to the harbour master. He said it was the council’s.",
    ),
]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=SOAK) for seed in range(1, 11))])
def test_questions_with_a_stand_in_embedding(folder: Path, seed: int, tell: Tell) -> None:
    """A hundred thousand in all; the library is small, because what is tried is the questions."""
    embedding, number = WordCountEmbedding(), 10_000 if seed else 300
    lines = [json.dumps({"sitename": outlet, "date": day, "text": text}) for outlet, day, text in SHORT]
    (folder / "articles.jsonl").write_text("\n".join(lines))
    with Library.open(folder / "store", embedding.identity, embedding.model_name) as library:
        put_in(library, embedding, folder / "articles.jsonl")
        assert library.outlets() == sorted(outlet for outlet, _, _ in SHORT)
        assistant = Assistant(library, embedding, Settings(store=folder, models=folder))
        tell(told(number, "questions", *ask_all(assistant, number, seed)))


@pytest.mark.parametrize("number", [10, pytest.param(500, marks=SOAK)])
def test_questions_through_the_whole(folder: Path, model: Embedding, number: int, tell: Tell) -> None:
    with Library.open(folder / "store", model.identity, model.model_name) as library:
        put_in(library, model, SAMPLES / "articles" / ("" if number > 100 else "13-late-march.jsonl"))
        assistant = Assistant(library, model, Settings(store=folder, models=folder))
        tell(told(number, "questions through the whole", *ask_all(assistant, number, seed=number)))


@pytest.mark.parametrize("number", [80, pytest.param(10_000, marks=SOAK)])
def test_files(folder: Path, number: int, tell: Tell) -> None:
    """Read, described, split, kept and indexed, a hundred at a time."""
    embedding, outcomes, slowest = WordCountEmbedding(), Counter[str](), 0.0
    given = list(files(number, number))
    with Library.open(folder / "store", embedding.identity, embedding.model_name) as library:
        for first in range(0, number, 50):
            some = given[first : first + 50]
            began = time.monotonic()
            try:
                events = [e for e in ingest_files(library, embedding, some, MAX_MB) if e.outcome != "fetching"]
            except Exception as error:
                kept = Path(tempfile.gettempdir()) / f"fuzz-{number}-{first}"
                kept.mkdir(exist_ok=True)
                for name, content in some:
                    (kept / name).write_bytes(content)
                raise AssertionError(f"one of the files in {kept}") from error
            slowest = max(slowest, time.monotonic() - began)
            assert {event.source.split(",")[0] for event in events} == {name for name, _ in some}
            assert all(event.reason for event in events if event.outcome == "failed")
            outcomes.update(event.outcome for event in events)
            if first % 2000 == 0:
                assert_whole(library, ODD)
                library.remove(library.catalogue.ids())
        assert_whole(library, ODD)
    tell(told(number, "files", outcomes, slowest).replace("slowest", "slowest 50"))
