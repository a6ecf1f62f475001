"""Fit the weights by which sentences are chosen (rag/querying/weights.json), with cross-validation over events.

A candidate sentence counts as evidence when it shares its words with a gold quote of its article. Each fold
leaves out whole events; "right" is score.py's: every required fact in the answer, no forbidden value.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax

from benchmarks.common import (
    DEV_STORE,
    bench,
    dev_library,
    open_assistant,
    questions,
    say,
    scorer,
    table,
    write_section,
)
from rag.article import Turn
from rag.assistant import Assistant
from rag.querying import evidence
from rag.querying.answer import Searched, choose
from rag.querying.extract import NoAnswer

FILES = ("questions.jsonl", "more-questions.jsonl")
FOLDS = 8
STRENGTH = 0.1
"""Inverse strength of the L2 penalty: the questions are few, so it is strong."""
TARGET = Path(evidence.__file__).with_name("weights.json")


def main() -> None:
    """Fit, say how well it does on events it has not seen, and write the weights fitted on all."""
    score = scorer()
    index = json.loads((bench() / "index.json").read_text("utf-8"))
    url_of = {article["id"]: article["url"] for article in index}
    asked = [item | {"file": file} for file in FILES for item in questions(file)]
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        say("Searching")
        searched = [_search(assistant, item) for item in asked]
        rows = [_rows(assistant, item, found, score, url_of) for item, found in zip(asked, searched, strict=True)]
        events = sorted({item["event"] for item in asked})
        fold_of = {event: number % FOLDS for number, event in enumerate(np.random.RandomState(0).permutation(events))}
        unseen = []
        for fold in range(FOLDS):
            weights = _fit([row for item, row in zip(asked, rows, strict=True) if fold_of[item["event"]] != fold])
            for item, found in zip(asked, searched, strict=True):
                if item["answerable"] and fold_of[item["event"]] == fold:
                    unseen.append((item["file"], _right(assistant, item, found, weights, score)))
        weights = _fit(rows)
        seen = [
            (item["file"], _right(assistant, item, found, weights, score))
            for item, found in zip(asked, searched, strict=True)
            if item["answerable"]
        ]
    made = {
        "made_by": "python -m benchmarks.fit_evidence",
        "method": f"listwise softmax regression (ListNet), L2, C={STRENGTH}, on the sentences of the 12 best passages",
        "questions": len(asked),
        "weights": {name: round(float(weight), 4) for name, weight in zip(evidence.FEATURES, weights, strict=True)},
    }
    TARGET.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    body = []
    for file in FILES:
        shares = [np.mean([right for name, right in group if name == file]) for group in (unseen, seen)]
        body.append([file, *(f"{share:.3f}" for share in shares)])
    header = ["answerable questions", "right, weights fitted on other events", "right, weights as they are"]
    write_section("Choosing sentences: the fit", table(header, body))


def _search(assistant: Assistant, item: dict[str, Any]) -> Searched:
    chat: list[Turn] = []
    for turn in item.get("turns") or []:
        chat.append(Turn(turn, ""))
    return assistant.search(item["question"], chat=chat)


def _rows(
    assistant: Assistant, item: dict[str, Any], found: Searched, score: Any, url_of: dict[str, str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The candidates' features, and which of them are evidence; nothing for a question without an answer."""
    candidates = evidence.candidates(found.ranked[0]) if item["answerable"] else []
    if not candidates:
        return np.empty((0, len(evidence.FEATURES))), np.empty(0, bool)
    quotes = [(url_of.get(each["article"]), each["quote"]) for each in item["evidence"]]
    return (
        evidence.features(found.queries[0], candidates, assistant.library),
        np.array(
            [
                any(
                    url == each.article.url
                    and (
                        score.norm(each.text).strip() in score.norm(quote)
                        or score.ngrams_inside(quote, score.norm(each.text))
                    )
                    for url, quote in quotes
                )
                for each in candidates
            ]
        ),
    )


def _fit(rows: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]]) -> NDArray[np.float64]:
    """The weights under which each question's evidence is likeliest among its candidates.

    ListNet's loss (Cao and others, Learning to Rank: From Pairwise Approach to Listwise Approach, ICML 2007): the
    cross-entropy between evenly shared evidence and the softmax of the candidates' scores, question by question.
    """
    spread = np.vstack([features for features, _ in rows]).std(axis=0) + 1e-6  # so that the penalty is the same for all
    lists = [(features / spread, labels / labels.sum()) for features, labels in rows if labels.any()]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, gradient = weights @ weights / (2 * STRENGTH), weights / STRENGTH
        for features, wanted in lists:
            expected = softmax(features @ weights)
            total -= wanted @ np.log(expected + 1e-12)
            gradient = gradient - features.T @ (wanted - expected)
        return float(total), gradient

    found = minimize(loss, np.zeros(len(evidence.FEATURES)), jac=True, method="L-BFGS-B")
    return np.asarray(found.x / spread, np.float64)


def _right(
    assistant: Assistant, item: dict[str, Any], found: Searched, weights: NDArray[np.float64], score: Any
) -> bool:
    def weigh(query: Any, candidates: Any, library: Any) -> NDArray[np.float64]:
        return np.asarray(evidence.features(query, candidates, library) @ weights if candidates else [], np.float64)

    answer = choose(found, assistant.library, weigh)
    if isinstance(answer, NoAnswer):
        return False
    text = score.norm(" ".join(each.text for each in answer))
    forbidden = item.get("forbidden") or []
    return all(score.has(text, fact) for fact in item["answers"]) and not any(score.norm(f) in text for f in forbidden)


if __name__ == "__main__":
    main()
