"""Fits what says that two articles report one event, and measures it on other events than it was fitted on.

Run as `python -m benchmarks.fit_events`. The pairs are those of the development set's articles; five folds over its
events. Two of its events are one rocket launch; their pairs are left out of the figures and of the fit. Writes
`rag/coverage/events.json`.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.common import DEV_STORE, bench, dev_library, open_assistant, say, table, write_section
from rag.coverage import events

SECTION = "Who says what: events"
FOLDS = 5
STRENGTH, THRESHOLD = 10.0, 0.4
ONE_EVENT = {"First_Falcon_Heavy_launch", "elon_musk_reveals_red_tesla_roadster_bound_for_mars"}
Numbers = NDArray[np.float64]


def main() -> None:
    """Read the pairs, fit by folds, and write the weights and the table."""
    dev_library()
    rows, same, pairs = _pairs()
    names = sorted({event for pair in pairs for event in pair})
    fold_of = {event: number % FOLDS for number, event in enumerate(names)}
    folds = np.array([[fold_of[event] for event in pair] for pair in pairs])
    likely = np.zeros(len(rows))
    model = LogisticRegression(C=STRENGTH)
    for fold in range(FOLDS):
        tested, fitted = (folds == fold).any(axis=1), (folds != fold).all(axis=1)
        likely[tested] = model.fit(rows[fitted], same[fitted]).predict_proba(rows[tested])[:, 1]
    model.fit(rows, same)
    weights = [*model.intercept_, *model.coef_[0]]
    body = [["cosine from .45 on, as before", *_figures(rows[:, 0] >= 0.45, same)],
            ["cosine and names, five folds over events", *_figures(likely >= THRESHOLD, same)]]  # fmt: skip
    write_section(SECTION, table(["pairs of articles of one event", "precision", "recall", "wrong"], body))
    made = {
        "made_by": "python -m benchmarks.fit_events",
        "method": "logistic regression, five folds over events",
        "weights": dict(zip(("constant", "cosine", "names"), (round(float(each), 4) for each in weights), strict=True))
        | {"threshold": THRESHOLD},
        "figures": dict(zip(("precision", "recall", "wrong"), body[1][1:], strict=True)),
    }
    Path(events.__file__).with_name("events.json").write_text(json.dumps(made, indent=1) + "\n")
    say(json.dumps(made["figures"]))


def _pairs() -> tuple[Numbers, NDArray[np.bool_], list[tuple[str, str]]]:
    """Of each pair of articles: cosine and share of names, whether they report one event, and their events."""
    event_of = {each["id"]: each["event"] for each in json.loads((bench() / "index.json").read_text("utf-8"))}
    with open_assistant(DEV_STORE) as assistant:
        library = assistant.library
        articles = list(library.articles())
        vectors = [library.vector(each.id) for each in articles]
        named = [events.opening_names(each) for each in articles]
    of = [event_of[Path(str(each.path)).stem] for each in articles]
    rows: list[list[float]] = []
    same: list[bool] = []
    pairs: list[tuple[str, str]] = []
    for n, m in combinations(range(len(articles)), 2):
        if of[n] != of[m] and {of[n], of[m]} == ONE_EVENT:
            continue
        rows.append([float(vectors[n] @ vectors[m]), events.shared_names(named[n], named[m])])
        same.append(of[n] == of[m])
        pairs.append((of[n], of[m]))
    return np.array(rows), np.array(same), pairs


def _figures(told: NDArray[np.bool_], same: NDArray[np.bool_]) -> list[str]:
    return [f"{same[told].mean():.3f}", f"{told[same].mean():.3f}", str((told & ~same).sum())]


if __name__ == "__main__":
    main()
