"""Whether coverage finds the facts that questions over several outlets ask for, with the outlets that tell them.

A fact is found where an account of an outlet whose article is its evidence has one of its wordings in a cited sentence;
a question is right where all of its facts are. Also: how fully the event's articles are found, and the time.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import (
    DEV_STORE,
    bench,
    dev_library,
    open_assistant,
    questions,
    scorer,
    table,
    write_section,
)
from rag.coverage.coverage import Coverage

FILES = ("questions.jsonl", "more-questions.jsonl")
TYPES = ("disagreement", "multi_source")


def main() -> None:
    """Ask each question, look up its coverage, and write the table."""
    score = scorer()
    index = json.loads((bench() / "index.json").read_text("utf-8"))
    event_of = {each["id"]: each["event"] for each in index}
    right: dict[tuple[str, str], list[bool]] = {(kind, file): [] for kind in TYPES for file in FILES}
    recall, precision, seconds = [], [], []
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        outlet_of = {Path(str(each.path)).stem: each.outlet for each in assistant.library.articles()}
        for file in FILES:
            for item in questions(file):
                if item["type"] not in TYPES:
                    continue
                assistant.ask(item["question"])
                start = time.perf_counter()
                coverage = assistant.coverage(item["question"])
                seconds.append(time.perf_counter() - start)
                right[item["type"], file].append(_right(coverage, item, outlet_of, score))
                found = {Path(str(article.path)).stem for article in coverage.articles}
                wanted = {id for id, event in event_of.items() if event == item["event"]}
                recall.append(len(found & wanted) / len(wanted))
                precision.append(len(found & wanted) / max(1, len(found)))
    body = [[kind, file, f"{sum(each)} of {len(each)}"] for (kind, file), each in right.items()]
    told = table(["questions", "file", "all facts with their outlets"], body)
    event = table(
        ["the event's articles found", "of those found, the event's", "seconds after an answer, median", "longest"],
        [[f"{np.mean(recall):.3f}", f"{np.mean(precision):.3f}", f"{np.median(seconds):.2f}", f"{max(seconds):.2f}"]],
    )
    write_section("Who says what", f"{told}\n\n{event}")


def _right(coverage: Coverage, item: dict[str, Any], outlet_of: dict[str, str | None], score: Any) -> bool:
    return all(_found(coverage, fact, item["evidence"], outlet_of, score) for fact in item["answers"])


def _found(
    coverage: Coverage, fact: list[str], evidence: list[dict[str, str]], outlet_of: dict[str, str | None], score: Any
) -> bool:
    telling = [each for each in evidence if score.has(score.norm(each["quote"]), fact)] or evidence
    outlets = {outlet_of.get(each["article"]) for each in telling}
    return any(
        score.has(score.norm(article.text[sentence.start : sentence.end]), fact)
        for claim in coverage.claims
        for account in claim.accounts
        if account.sentence and account.article.outlet in outlets
        for article, sentence in ((account.article, account.sentence), *account.also)
    )


if __name__ == "__main__":
    main()
