"""Fit the weights by which a model's sentence is told to be borne out, and say how well the whole check does, by kind.

The sentences are tests/data/check.jsonl: paraphrases, paraphrases with one thing changed, and what SmolLM2-135M wrote
of its own, labelled by hand, each beside a passage. Each fold leaves out one event; the table is of the folds' weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from benchmarks.common import DEV_STORE, ROOT, bench, dev_library, open_assistant, questions, table, write_section
from rag.article import Article
from rag.querying import claim_check
from rag.querying.claim_check import Checker, verdict
from rag.querying.claim_features import FEATURES
from rag.querying.prompt_passages import Source
from rag.reply import Support

LABELS = ROOT / "tests" / "data" / "check.jsonl"
TARGET = Path(claim_check.__file__).with_suffix(".json")
CHANGED = ("number", "date", "name", "speaker", "place", "negation")


def labelled(articles: dict[str, Article]) -> Iterator[dict[str, Any]]:
    """The labelled sentences, put together from their pieces; `articles` by the development set's ids."""
    asked = {each["id"]: each["question"] for each in questions()}
    for line in LABELS.read_text("utf-8").splitlines():
        item = json.loads(line)
        texts = {"article": articles[item["article"]].text, "question": asked.get(item.get("question"), "")}
        texts |= {id: article.text for id, article in articles.items()}
        claim = "".join(p if isinstance(p, str) else texts[p[0]][p[1] : p[2]] for p in item["sentence"])
        source = Source(articles[item["article"]], item["start"], item["end"])
        yield item | {"claim": claim, "source": source, "asked": texts["question"]}


def main() -> None:
    """Fit, print the figures by kind, and write the weights fitted on all."""
    event_of = {each["id"]: each["event"] for each in json.loads((bench() / "index.json").read_text("utf-8"))}
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        articles = {Path(str(each.path)).stem: each for each in assistant.library.articles()}
        checker = Checker(assistant.library, assistant.embedding)
        items, rows, found = list(labelled(articles)), [], []
        for item in items:
            evidence, row = checker.compare(item["claim"], item["source"], item["asked"])
            rows.append([row[name] for name in FEATURES])
            found.append((checker, item["claim"], evidence, row))
        features, events = np.array(rows), np.array([event_of[item["article"]] for item in items])
        labels = np.array([item["label"] == "supported" for item in items])
        clean = np.array([not each[0].wrong(*each[1:]) for each in found])
        told: list[Support] = ["unsupported"] * len(items)
        for event in set(events):
            model = _model().fit(features[(events != event) & clean], labels[(events != event) & clean])
            for n in np.flatnonzero(events == event):
                likelihood = float(model.predict_proba(features[n : n + 1])[0, 1])
                told[n] = verdict(*found[n], likelihood)[0]
    model = _model().fit(features[clean], labels[clean])
    weights = {"constant": model.intercept_[0]} | dict(zip(FEATURES, model.coef_[0], strict=True))
    made = {
        "made_by": "python -m benchmarks.check",
        "method": "logistic regression, L2, C=3, on the sentences that nothing is wrong with to look up",
        "sentences": len(items),
        "weights": {name: round(float(weight), 4) for name, weight in weights.items()},
    }
    TARGET.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    write_section("The check of a model's sentences", _report(items, np.array(told), labels))


def _report(items: list[dict[str, Any]], told: Any, labels: Any) -> str:
    kinds = np.array([item["kind"] for item in items])
    named = [("supported: paraphrases", kinds == "paraphrase")]
    named += [(f"changed: {kind}", kinds == kind) for kind in CHANGED]
    model, partly = kinds == "model", np.array([item["label"] == "partly" for item in items])
    named += [("SmolLM2: supported", model & labels), ("SmolLM2: in part", model & partly)]
    named += [("SmolLM2: not supported", model & ~labels & ~partly)]
    body = []
    for name, mask in named:
        shares = [f"{(told[mask] == each).mean():.3f}" for each in ("supported", "partly", "unsupported")]
        body.append([name, str(mask.sum()), *shares])
    shown, kept = told == "supported", told != "unsupported"
    wrong = int((shown & model & ~labels).sum())
    return "\n".join(
        [
            "Weights fitted on other events. What is changed is caught where it is not told as supported.",
            "",
            table(["sentences", "number", "told supported", "told partly", "struck out"], body),
            "",
            f"Balanced accuracy, told supported or not: {balanced_accuracy_score(labels, shown):.3f}; "
            f"kept or struck out: {balanced_accuracy_score(labels, kept):.3f}.",
            f"Of SmolLM2's sentences {int((shown & model).sum())} are told supported, {wrong} of them wrongly.",
        ]
    )


def _model() -> Any:
    return LogisticRegression(C=3.0, max_iter=5000)


if __name__ == "__main__":
    main()
