"""Whether coverage finds the facts that questions over several outlets ask for, with the outlets that tell them.

A fact is found where an account of an outlet whose article is its evidence has one of its wordings in a cited sentence;
a question is right where all of its facts are. Also: how fully the event's articles are found; what the labels say
(coverage_labels.py); and, in libraries of several sizes (`--sizes`, see growth.py), the time from an
answer to who says what.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import coverage_labels, invented
from benchmarks.common import (
    DEV_STORE,
    bench,
    dev_library,
    open_assistant,
    percentile,
    questions,
    say,
    scorer,
    table,
    write_section,
)
from rag.assistant import Assistant
from rag.coverage.coverage import Coverage

FILES = ("questions.jsonl", "more-questions.jsonl")
TYPES = ("disagreement", "multi_source")


def main() -> None:
    """Ask each question, look up its coverage, and write the tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    help = "libraries filled up to so many passages, timed beside the development set"
    arguments.add_argument("--sizes", type=int, nargs="*", default=[100_000], metavar="PASSAGES", help=help)
    sizes = arguments.parse_args().sizes
    score = scorer()
    index = json.loads((bench() / "index.json").read_text("utf-8"))
    event_of = {each["id"]: each["event"] for each in index}
    right: dict[tuple[str, str], list[bool]] = {(kind, file): [] for kind in TYPES for file in FILES}
    recall, precision, seconds = [], [], []
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        size = _size(assistant)
        outlet_of = {Path(str(each.path)).stem: each.outlet for each in assistant.library.articles()}
        for file, item in _asked():
            coverage, taken = _covered(assistant, item["question"])
            seconds.append(taken)
            right[item["type"], file].append(_right(coverage, item, outlet_of, score))
            found = {Path(str(article.path)).stem for article in coverage.articles}
            wanted = {id for id, event in event_of.items() if event == item["event"]}
            recall.append(len(found & wanted) / len(wanted))
            precision.append(len(found & wanted) / max(1, len(found)))
        labels = coverage_labels.measured(assistant.library)
    times = [[size, *_times(seconds)]]
    for passages in sizes:
        store = invented.library(passages, fresh=False)
        say(f"Questions in {store}")
        with open_assistant(store) as assistant:
            taken_there = [_covered(assistant, item["question"])[1] for _, item in _asked()]
            times.append([_size(assistant), *_times(taken_there)])
    body = [[kind, file, f"{sum(each)} of {len(each)}"] for (kind, file), each in right.items()]
    told = table(["questions", "file", "all facts with their outlets"], body)
    event = table(
        ["the event's articles found", "of those found, the event's"],
        [[f"{np.mean(recall):.3f}", f"{np.mean(precision):.3f}"]],
    )
    time_table = table(["from an answer to who says what", "median", "95th percentile", "longest"], times)
    write_section("Who says what", f"{told}\n\n{event}\n\n{time_table}")
    write_section(coverage_labels.SECTION, labels)


def _asked() -> Iterator[tuple[str, dict[str, Any]]]:
    """The questions over several outlets, each with its file."""
    for file in FILES:
        yield from ((file, item) for item in questions(file) if item["type"] in TYPES)


def _covered(assistant: Assistant, question: str) -> tuple[Coverage, float]:
    """The coverage of a question that has just been answered, and in how many seconds it came."""
    assistant.ask(question)
    start = time.perf_counter()
    coverage = assistant.coverage(question)
    return coverage, time.perf_counter() - start


def _size(assistant: Assistant) -> str:
    status = assistant.library.status()
    return f"{status.articles:,} articles, {status.passages:,} passages"


def _times(seconds: list[float]) -> list[str]:
    return [f"{value:.2f} s" for value in (float(np.median(seconds)), percentile(seconds, 0.95), max(seconds))]


def _right(coverage: Coverage, item: dict[str, Any], outlet_of: dict[str, str | None], score: Any) -> bool:
    return all(_found(coverage, fact, item["evidence"], outlet_of, score) for fact in item["answers"])


def _found(
    coverage: Coverage, fact: list[str], evidence: list[dict[str, str]], outlet_of: dict[str, str | None], score: Any
) -> bool:
    telling = [each for each in evidence if score.has(score.norm(each["quote"]), fact)] or evidence
    outlets = {outlet_of.get(each["article"]) for each in telling}
    return any(
        score.has(score.norm(excerpt.text), fact)
        for claim in coverage.claims
        for account in claim.accounts
        if account.excerpt and account.article.outlet in outlets
        for excerpt in (account.excerpt, *account.also)
    )


if __name__ == "__main__":
    main()
