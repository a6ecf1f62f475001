"""Fit the weights by which two sentences are told to agree, differ or have nothing to do with one another.

The pairs are tests/data/coverage/claims.jsonl: two annotators agreed on each. Each fold leaves out one event.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from benchmarks.common import DEV_STORE, ROOT, bench, dev_library, open_assistant, table, write_section
from rag.coverage import relation
from rag.coverage.relation import FEATURES, RELATIONS

LABELS = ROOT / "tests" / "data" / "coverage" / "claims.jsonl"
TARGET = Path(relation.__file__).with_suffix(".json")


def main() -> None:
    """Fit, say how well it does on events it has not seen, and write the weights fitted on all."""
    pairs = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    event_of = {each["id"]: each["event"] for each in json.loads((bench() / "index.json").read_text("utf-8"))}
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        read = [
            relation.read([_text(pair[side]) for pair in pairs], assistant.embedding, assistant.library)
            for side in ("a", "b")
        ]
    seen = [relation.features(one, other) for one, other in zip(*read, strict=True)]
    features = np.array([[each[name] for name in FEATURES] for each in seen])
    labels = np.array([RELATIONS.index(pair["label"]) for pair in pairs])
    events = np.array([event_of[pair["a"]["article"]] for pair in pairs])
    told = np.empty_like(labels)
    for event in set(events):
        model = _model().fit(features[events != event], labels[events != event])
        told[events == event] = model.predict(features[events == event])
    model = _model().fit(features, labels)
    weights = {
        name: {"constant": round(float(constant), 4)}
        | {feature: round(float(each), 4) for feature, each in zip(FEATURES, row, strict=True)}
        for name, constant, row in zip(RELATIONS, model.intercept_, model.coef_, strict=True)
    }
    made = {
        "made_by": "python -m benchmarks.fit_relation",
        "method": "multinomial logistic regression, L2, C=1, classes balanced",
        "pairs": len(pairs),
        "weights": weights,
    }
    TARGET.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    body = [[f"{balanced_accuracy_score(labels, each):.3f}" for each in (told, model.predict(features))]]
    header = ["balanced accuracy, weights fitted on other events", "weights as they are"]
    write_section("Whether two sentences agree: the fit", table(header, body))


def _text(span: dict[str, Any]) -> str:
    article = json.loads((bench() / "articles" / f"{span['article']}.json").read_text("utf-8"))
    return str(article["maintext"])[span["start"] : span["end"]]


def _model() -> Any:
    return LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000)


if __name__ == "__main__":
    main()
