"""How fast it embeds, ingests, starts and answers, beside stock LlamaIndex on the same articles.

Run as `python -m benchmarks.speed [--rounds N]`. What is compared takes turns, so that a busy machine hits both.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import common
from benchmarks.common import percentile, say, spread, stopwatch

if TYPE_CHECKING:
    from rag.assistant import Assistant

CAPTION = """
Medians, with the lowest and highest, of {rounds} rounds in which the programs took turns. Stock is LlamaIndex as its
tutorial has it: `Document(headline + text)`, `SentenceSplitter(chunk_size=256, chunk_overlap={overlap})`, the model
through `SentenceTransformer.encode` in HuggingFaceEmbedding's batches of 10, Chroma on disk. A ratio with × says how
many times faster this program is; the one of the start says what share of stock's time it takes.
"""
STOCK_PROGRAM = """
import sys
from pathlib import Path
from llama_index.core import VectorStoreIndex
from benchmarks.common import StockEmbedding, stock_store
index = VectorStoreIndex.from_vector_store(stock_store(Path(sys.argv[1])), embed_model=StockEmbedding())
print(index.as_retriever(similarity_top_k=20).retrieve(sys.argv[2])[0].get_content(), flush=True)
"""

Row = list[str]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument(
        "--ingest", nargs=2, metavar=("ours|stock", "FOLDER"), help="one run of one program, as JSON"
    )
    given = arguments.parse_args()
    if given.ingest:
        program, folder = given.ingest
        print(json.dumps((_our_ingest if program == "ours" else _stock_ingest)(Path(folder))))
        return
    store = common.dev_library()
    stock, _ = common.stock_index()
    rows = [
        *_embedding(store, given.rounds),
        *_ingest(given.rounds),
        _start(store, stock, given.rounds),
        *_warm(store, given.rounds),
    ]
    header = ["", "Second Source", "stock LlamaIndex", "ratio", "asked"]
    caption = CAPTION.format(rounds=given.rounds, overlap=common.STOCK_OVERLAP).strip()
    common.write_section("Speed", f"{caption}\n\n{common.table(header, rows)}")


def _compared(label: str, ours: Sequence[Sequence[float]], stock: Sequence[Sequence[float]], asked: str) -> list[Row]:
    """Two rows: seconds on the clock, and of processor time, which another program's work changes less."""
    (our_clock, our_work), (stock_clock, stock_work) = zip(*ours, strict=True), zip(*stock, strict=True)
    return [
        [label, spread(our_clock), spread(stock_clock), _times(stock_clock, our_clock), asked],
        ["the same in processor time", spread(our_work), spread(stock_work), _times(stock_work, our_work), ""],
    ]


def _times(slow: Sequence[float], fast: Sequence[float]) -> str:
    return f"{statistics.median(slow) / statistics.median(fast):.2f}×"


# Embedding alone


def _embedding(store: Path, rounds: int) -> list[Row]:
    with common.open_assistant(store) as assistant:
        embedding, texts = assistant.embedding, _embedded_texts(assistant)
    stock, model = common.StockEmbedding(), common.sentence_transformer()
    ways: dict[str, Callable[[], Any]] = {
        "ours": lambda: np.array(embedding.get_text_embedding_batch(texts)),
        "encode": lambda: model.encode(texts, show_progress_bar=False),
        "stock": lambda: np.array(stock.get_text_embedding_batch(texts)),
    }
    vectors = {name: way() for name, way in ways.items()}  # the first round only warms up
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number in range(rounds):
        say(f"Embedding {len(texts)} passages, round {number + 1} of {rounds}")
        for name, way in ways.items():
            time.sleep(0.5)  # so that no thread of one library still spins while the other works
            taken[name].append(stopwatch(way))
    cosine = float(np.min(np.sum(vectors["ours"] * vectors["encode"], axis=1)))
    what = f"embed {len(texts)} passages"
    return [
        *_compared(f"{what}; stock: `encode()`, its defaults", taken["ours"], taken["encode"], "≥ 1.4×"),
        *_compared(f"{what}; stock: LlamaIndex's batches of 10", taken["ours"], taken["stock"], ""),
        ["the least cosine between the two programs' vectors of a passage", f"{cosine:.6f}", "", "", ""],
    ]


def _embedded_texts(assistant: Assistant) -> list[str]:
    """What the library's vectors were made of: each passage with its article's headline."""
    library = assistant.library
    return [
        f"{article.title or ''}\n{article.text[each.passage.start : each.passage.end]}".strip()
        for article in library.articles()
        for each in library.catalogue.embedded(article.id)
    ]


# The whole way in


def _ingest(rounds: int) -> list[Row]:
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(rounds):
        for program in ("ours", "stock"):
            say(f"Ingesting all articles, round {number + 1} of {rounds}: {program}")
            with tempfile.TemporaryDirectory(dir=common.WORK) as folder:
                command = [sys.executable, "-m", "benchmarks.speed", "--ingest", program, folder]
                run = subprocess.run(command, cwd=common.ROOT, stdout=subprocess.PIPE, text=True, check=True)
            runs[program].append(json.loads(run.stdout.splitlines()[-1]))
    ours, stock = ([run["taken"] for run in runs[program]] for program in ("ours", "stock"))
    again = [run["again"] for run in runs["ours"]]
    first, articles = [clock for clock, _ in ours], runs["ours"][0]["articles"]
    tokens = [f"{runs[program][0]['tokens']:,}" for program in ("ours", "stock")]
    return [
        *_compared(f"ingest {articles} articles into a fresh folder, start-up not counted", ours, stock, "≥ 1.2×"),
        ["the tokens embedded in it", *tokens, "", ""],
        ["the same again, unchanged; ratio to the first", spread(again, "s", 3), "", _times(first, again), "≥ 50×"],
    ]


def _our_ingest(folder: Path) -> dict[str, Any]:
    def run() -> None:
        failed = [event for event in assistant.ingest([common.bench() / "articles"]) if event.outcome == "failed"]
        assert not failed, failed

    with common.open_assistant(folder) as assistant:
        assistant.embedding.get_text_embedding("warm")
        taken, (again, _) = stopwatch(run), stopwatch(run)
        tokens = _tokens(assistant.embedding, _embedded_texts(assistant))
        return {"taken": taken, "again": again, "articles": assistant.library.status().articles, "tokens": tokens}


def _stock_ingest(folder: Path) -> dict[str, Any]:
    from llama_index.core.node_parser import SentenceSplitter

    from rag.models.embedding import load_embedding
    from rag.settings import Settings

    store, embedding = common.stock_store(folder), common.StockEmbedding()
    embedding.get_text_embedding("warm")
    SentenceSplitter().split_text("Its tokenizer is loaded. Then it is warm.")
    taken = stopwatch(lambda: common.stock_ingest(store, embedding))
    texts = store.client.get(include=["documents"])["documents"]
    return {"taken": taken, "tokens": _tokens(load_embedding(Settings()), texts)}


def _tokens(embedding: Any, texts: Sequence[str]) -> int:
    """What the model computes for the texts: what it reads of each, its two special tokens included."""
    return sum(min(count + 2, embedding.max_tokens) for count in embedding.token_counts(texts))


# From nothing to an answer, and one answer after another


def _start(store: Path, stock: Path, rounds: int) -> Row:
    question = common.questions()[0]["question"]
    taken: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "stock.py"
        program.write_text(STOCK_PROGRAM, "utf-8")
        commands = {
            "ours": [sys.executable, "-m", "rag", "ask", question, "--store", str(store)],
            "stock": [sys.executable, str(program), str(stock), question],
        }
        for number in range(rounds + 1):
            say(f"From process start to the first answer, round {number} of {rounds}")
            for name, command in commands.items():
                seconds = _first_line(command)
                if number:  # the first round brings the files into the disk's cache
                    taken[name].append(seconds)
    share = statistics.median(taken["ours"]) / statistics.median(taken["stock"])
    label = "process start to the first printed answer, warm disk"
    return [label, spread(taken["ours"]), spread(taken["stock"]), f"{share:.2f}", "≤ 0.30"]


def _warm(store: Path, rounds: int) -> list[Row]:
    asked = common.questions()
    # In random order: one event's questions in a row would find their passages still known from the one before.
    random.Random(1).shuffle(asked)
    with common.open_assistant(store) as assistant:
        assistant.ask(asked[0]["question"])
        taken: dict[str, list[int]] = defaultdict(list)
        for number in range(rounds):
            say(f"Asking {len(asked)} questions in one process, round {number + 1} of {rounds}")
            for reply in common.answers(assistant, asked):
                for lap, milliseconds in reply["timings"].items():
                    taken[lap].append(milliseconds)
    total = taken.pop("total_ms")
    quiet = [min(total[n :: len(asked)]) for n in range(len(asked))]
    parts = ", ".join(f"{lap.removesuffix('_ms')} {statistics.median(each):.0f}" for lap, each in taken.items())
    figures = [
        (f"a question, warm: median ({rounds} times {len(asked)})", f"{statistics.median(total):.0f} ms", "≤ 600 ms"),
        ("a question, warm: 95th percentile", f"{percentile(total, 0.95):.0f} ms", "≤ 1000 ms"),
        ("both over each question's best", f"{statistics.median(quiet):.0f}, {percentile(quiet, 0.95):.0f} ms", ""),
        ("the medians of its parts, in ms", parts, ""),
    ]
    return [[label, figure, "", "", asked_for] for label, figure, asked_for in figures]


def _first_line(command: Sequence[str]) -> float:
    """Seconds from starting a program to the first line that it prints."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(common.ROOT)}
    with subprocess.Popen(command, cwd=common.ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.stdout.read()
    if process.returncode or not line.strip():
        sys.exit(f"No answer came from {' '.join(command[:4])}.")
    return seconds


if __name__ == "__main__":
    main()
