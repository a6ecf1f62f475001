"""Fit the weights by which two sentences are told to agree, differ or have nothing to do with one another.

The figure is that of tests/data/coverage/claims.jsonl, on which two readers agreed. To fit on there are also the pairs
of more-claims.jsonl, of one reader; they weigh less. Each fold leaves out one story: its pairs of both files.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, recall_score
from sklearn.preprocessing import StandardScaler

from benchmarks.common import DEV_STORE, ROOT, bench, dev_library, open_assistant, table, write_section
from rag.coverage import relation
from rag.coverage.relation import FEATURES, RELATIONS
from rag.library.word_vectors import read

LABELS = ROOT / "tests" / "data" / "coverage"
TARGET = Path(relation.__file__).with_suffix(".json")
SECTION = "Whether two sentences agree: the fit"
OF_TWO_READERS = 3.0
"""How much a pair weighs that two readers labelled, to one of a single reader."""
NOTE = (
    "Of the pairs of each relation the share that is told, and the mean of the three (the balanced accuracy): with "
    "weights fitted on other stories only; in the last column with the weights as they are, fitted on these pairs too."
)
SAME_STORY = {"First_Falcon_Heavy_launch": "elon_musk_reveals_red_tesla_roadster_bound_for_mars"}
"""Events of the development set's index that are parts of another one there."""


def main() -> None:
    """Fit, say how well it does on stories it has not seen, and write the weights fitted on all."""
    body, made = measured()
    TARGET.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    write_section(SECTION, body)


def measured() -> tuple[str, dict[str, Any]]:
    """The table of how well it does on stories it has not seen, and what relation.json is to hold."""
    judged, more = (
        [json.loads(line) for line in (LABELS / f"{name}.jsonl").read_text("utf-8").splitlines()]
        for name in ("claims", "more-claims")
    )
    pairs = judged + more
    features, labels, stories = _seen(pairs)
    weights = np.array([OF_TWO_READERS] * len(judged) + [1.0] * len(more))
    told = np.empty_like(labels)
    for story in set(stories):
        seen = stories != story
        told[~seen] = _told(*_fit(features[seen], labels[seen], weights[seen]), features[~seen])
    constants, coefficients = _fit(features, labels, weights)
    made = {
        "made_by": "python -m benchmarks.fit_relation",
        "method": "multinomial logistic regression on standardised features, L2, C=1, classes balanced",
        "pairs": len(pairs),
        "weights": {
            name: {"constant": round(float(constant), 4)}
            | {feature: round(float(each), 4) for feature, each in zip(FEATURES, row, strict=True)}
            for name, constant, row in zip(RELATIONS, constants, coefficients, strict=True)
        },
    }
    of_two = np.arange(len(pairs)) < len(judged)
    rows = [
        _row(name, labels[of], told[of], _told(constants, coefficients, features[of]))
        for name, of in (("of two readers", of_two), ("of one, to fit on", ~of_two))
    ]
    counts = "; ".join(
        ", ".join(f"{number} {label}" for label, number in Counter(pair["label"] for pair in several).items())
        for several in (judged, more)
    )
    header = ["pairs", *RELATIONS, "balanced accuracy", "weights as they are"]
    return f"{NOTE} Pairs: {counts}.\n\n{table(header, rows)}", made


def _row(name: str, labels: NDArray[Any], told: NDArray[Any], as_they_are: NDArray[Any]) -> list[str]:
    recalls = recall_score(labels, told, average=None)
    balanced = [balanced_accuracy_score(labels, each) for each in (told, as_they_are)]
    return [name, *(f"{each:.3f}" for each in (*recalls, *balanced))]


def _seen(pairs: list[dict[str, Any]]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Of each pair its features, its label's place in RELATIONS, and its story."""
    event_of = {each["id"]: each["event"] for each in json.loads((bench() / "index.json").read_text("utf-8"))}
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        sides = [
            read([_text(pair[side]) for pair in pairs], assistant.embedding, assistant.library) for side in ("a", "b")
        ]
    seen = [relation.features(one, other) for one, other in zip(*sides, strict=True)]
    events = [event_of[pair["a"]["article"]] for pair in pairs]
    return (
        np.array([[each[name] for name in FEATURES] for each in seen]),
        np.array([RELATIONS.index(pair["label"]) for pair in pairs]),
        np.array([SAME_STORY.get(event, event) for event in events]),
    )


def _text(span: dict[str, Any]) -> str:
    article = json.loads((bench() / "articles" / f"{span['article']}.json").read_text("utf-8"))
    return str(article["maintext"])[span["start"] : span["end"]]


def _fit(features: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The constants (3,) and coefficients (3, features) of features that are not standardised."""
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=5000)
    model.fit(scaler.transform(features), labels, sample_weight=weights)
    coefficients = model.coef_ / scaler.scale_
    return model.intercept_ - coefficients @ scaler.mean_, coefficients


def _told(constants: NDArray[Any], coefficients: NDArray[Any], features: NDArray[Any]) -> NDArray[Any]:
    """As relation.odds tells it: without another value nothing differs."""
    odds = features @ coefficients.T + constants
    odds[features[:, FEATURES.index("other_value")] == 0, RELATIONS.index("differ")] = -np.inf
    return np.asarray(odds.argmax(axis=1))


if __name__ == "__main__":
    main()
