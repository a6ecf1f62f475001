"""How well the reader's scores say which articles of an event answer a question, and the weights and thresholds for it.

Run as `python -m training.accounts`. The questions are those over several articles of the batches that no weight of the
reader was fitted on. Each article is read whole with its question. Four numbers are fitted; the figures are of five
folds by question. Writes `rag/coverage/accounts.json`.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.linear_model import LogisticRegression

from rag.coverage import claims
from rag.ingestion.split import sentences
from rag.models.reader import Reader, load_reader
from training import sources

FOLDS = 5
WORDS = 150
"""Of a passage, about as many as a library's have."""
ANSWERS, COMPARES, RELATED = 0.8, 0.5, 0.05
"""How likely an article must be to answer: to be shown under its answer, to be so where its answer is of the kind of
another's that is shown, and to be shown as related.
"""
Numbers = NDArray[np.float64]


def main() -> None:
    sources.fetch()
    rows, answers, questions = (np.array(each) for each in zip(*_found(), strict=True))
    likely = np.zeros(len(rows))
    model = LogisticRegression(class_weight="balanced")
    for fold in range(FOLDS):
        tested = questions % FOLDS == fold
        likely[tested] = model.fit(rows[~tested], answers[~tested]).predict_proba(rows[tested])[:, 1]
    model.fit(rows, answers)
    weights = [*model.intercept_, *model.coef_[0]]
    description = {
        "made_by": "python -m training.accounts",
        "method": "logistic regression, L2, both outcomes weighing the same",
        "weights": dict(zip(("constant", *claims.FEATURES), (round(float(each), 4) for each in weights), strict=True)),
        "thresholds": {"answers": ANSWERS, "compares": COMPARES, "related": RELATED},
        "figures": figures(likely, answers),
    }
    print(json.dumps(description["figures"], indent=1))
    Path(claims.__file__).with_name("accounts.json").write_text(json.dumps(description, indent=1) + "\n")


def _found() -> Iterator[tuple[Numbers, bool, int]]:
    """Of each article of each question: what is seen of it, whether it answers, and the question's number."""
    reader, news = load_reader(), sources.news()
    several = [
        each for each in sources.labels("questions") if each["batch"] in sources.HELD_BACK and len(each["articles"]) > 1
    ]
    for number, question in enumerate(track(several, "Reading")):
        scores = [_read(reader, question["question"], news[id]) for id in question["articles"]]
        answering = {each["article"] for each in question["gold"]}
        for row, id in zip(claims.features(scores), question["articles"], strict=True):
            yield row, id in answering, number


def _read(reader: Reader, question: str, article: dict[str, Any]) -> tuple[float, float]:
    """The score of the article's best sentence, and the mean logit of "not here" over its passages."""
    passages: list[list[str]] = [[]]
    for each in sentences(article["text"]):
        text = article["text"][each.start : each.end]
        if passages[-1] and sum(len(s.split()) for s in passages[-1]) + len(text.split()) > WORDS:
            passages.append([])
        passages[-1].append(text)
    readings = reader.read(question, [(article["title"], passage) for passage in passages])
    return max(each.score for each in readings), statistics.mean(each.nothing for each in readings)


def figures(likely: Numbers, answers: NDArray[np.bool_]) -> dict[str, float]:
    """How often an article shown under an answer does answer, and one that is silent does not."""
    shown, silent = likely >= ANSWERS, likely < RELATED
    return {
        "articles": len(answers),
        "that answer": int(answers.sum()),
        "shown under an answer": int(shown.sum()),
        "of these answer": round(float(answers[shown].mean()), 3),
        "of those that answer, shown": round(float(shown[answers].mean()), 3),
        "not mentioned": int(silent.sum()),
        "of these do not answer": round(float((~answers[silent]).mean()), 3),
    }


if __name__ == "__main__":
    main()
