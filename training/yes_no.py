"""How well the reader's support head tells yes from no, and the scale and thresholds that it is told with.

Run as `python -m training.yes_no`. A question that asks yes or no is read as a statement and as its denial, each beside
the sentence that answers (`Reader.says_yes`). Only one number is fitted, the scale of their difference, and that not on
the batches that are held back. Writes `rag/models/yes_no.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from rag.models.reader import MODEL, load_reader
from training import sources

FOLDS = 5
RIGHT = 0.9
"""The share that is to be right of what is told, balanced."""
FEWEST = 100
"""Questions that the threshold is chosen on, at least."""
Numbers = NDArray[np.float64]


def main() -> None:
    logits, yes, batches = (np.array(each) for each in zip(*_found(), strict=True))
    held_back = np.isin(batches, sources.HELD_BACK)
    names = sorted(set(batches[~held_back]))
    told = np.zeros(len(logits))
    for fold in range(FOLDS):
        tested = np.isin(batches, names[fold::FOLDS])
        told[tested] = logits[tested] * scale(logits[~tested & ~held_back], yes[~tested & ~held_back])
    found = scale(logits[~held_back], yes[~held_back])
    told[held_back] = logits[held_back] * found
    clear = surest(told[~held_back], yes[~held_back])
    tables = {
        "five folds by batch": figures(told[~held_back], yes[~held_back], clear),
        "held back": figures(told[held_back], yes[held_back], clear),
    }
    description = {
        "made_by": "python -m training.yes_no",
        "method": "the supported logit of the question as a statement, less that of its denial, with the sentence that "
        "answers; the scale by logistic regression, both answers weighing the same",
        "weights": {"scale": round(found, 3), "clear": round(1 / (1 + float(np.exp(-clear))), 3)},
        "figures": tables,
    }
    for name, table in tables.items():
        print(name, json.dumps(table))
    MODEL.with_name("yes_no.json").write_text(json.dumps(description, indent=1) + "\n")


def _found() -> Iterator[tuple[float, bool, str]]:
    """Of each question that asks yes or no: the logit, whether yes is right, and its batch."""
    reader, news = load_reader(), sources.news()
    questions: list[dict[str, Any]] = [each for each in sources.labels("questions") if each.get("answer")]
    for each in track(questions, "Reading"):
        label = each["gold"][0]
        article = news[label["article"]]
        said = reader.leanings(each["question"], [(article["title"], article["text"][slice(*label["span"])])])
        yield 0.0 if said is None else float(said[0]), each["answer"] == "yes", each["batch"]


def scale(logits: Numbers, yes: NDArray[np.bool_]) -> float:
    """What to multiply the logits with, by Newton's method; yes and no weigh the same however often each is asked."""
    weights = np.where(yes, 0.5 / yes.sum(), 0.5 / (~yes).sum())
    found = 0.1
    for _ in range(50):
        likely = 1 / (1 + np.exp(-found * logits))
        found += float(weights @ ((yes - likely) * logits)) / float(weights @ (likely * (1 - likely) * logits**2))
    return found


def surest(told: Numbers, yes: NDArray[np.bool_]) -> float:
    """How far from 0 a logit is to be, so that of all that are as far the share RIGHT is right."""
    sizes = np.sort(np.abs(told))
    return next(
        (
            float(least)
            for least in sizes[:-FEWEST]
            if balanced(told[np.abs(told) >= least] > 0, yes[np.abs(told) >= least]) >= RIGHT
        ),
        float(sizes[-FEWEST]),
    )


def balanced(said: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    """The share that is right, yes and no weighing the same."""
    return float(np.mean([np.mean(said[wanted == each] == each) for each in (True, False) if (wanted == each).any()]))


def figures(told: Numbers, yes: NDArray[np.bool_], clear: float) -> dict[str, Any]:
    """The share that is right, of all, of what is clear, and of the surest 60, 70 and 80 of a hundred."""
    order = np.argsort(-np.abs(told))

    def right(chosen: Any) -> dict[str, Any]:
        said, wanted = told[chosen] > 0, yes[chosen]
        return {
            "questions": len(wanted),
            "right": round(float(np.mean(said == wanted)), 3),
            "balanced": round(balanced(said, wanted), 3),
            "told yes": int(said.sum()),
            "of them right": round(float(np.mean(wanted[said])), 3),
            "told no": int((~said).sum()),
            "of these right": round(float(np.mean(~wanted[~said])), 3),
        }

    return {
        "all": right(slice(None)),
        "clear": right(np.abs(told) >= clear),
        **{f"surest {share}%": right(order[: round(len(order) * share / 100)]) for share in (60, 70, 80)},
    }


if __name__ == "__main__":
    main()
