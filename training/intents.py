"""Fits what tells what a question is for: `python -m training.intents` writes rag/models/intents.json and its figures.

The phrasings of data/intents.jsonl, and questions for a fact of data/questions.jsonl.xz beside them, which count less.
How it is made, and the margin below which a question is one for a fact, are chosen by cross-validation; what it comes
to is judged on tests/data/intents.jsonl and on batches of questions that nothing is fitted on.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from rag.models.embedding import PACKAGED_SHA256, load_embedding
from rag.models.files import sha256
from rag.querying.intent import (
    FITTED,
    INTENTS,
    Seen,
    Vector,
    decided,
    features,
    features_of_words,
    known_words,
    runs_of,
    terms_of,
    without_topic,
)
from rag.querying.query import small_talk
from rag.settings import ROOT, Settings
from training.sources import DATA, HELD_BACK, labels

JUDGED = ROOT / "tests" / "data" / "intents.jsonl"
BENCH = ROOT.parent / "shared" / "bench"
FACTS, WEIGHT_OF_A_FACT = 2500, 0.3
FEWEST_KNOWN, FEWEST_TERM, FEWEST_RUN = 8, 2, 6
"""In how many phrasings a word, a term or a run of letters must be."""
STRENGTH = 12.0
"""The inverse of the regularization's: 6 and 20 came to the same in cross-validation, 60 to less."""
FOLDS = 5
MARGINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
MOST_TAKEN = 0.015
"""The share of facts that may be taken for another kind in the cross-validation."""
FACTOIDS = ("factoid", "quote", "why_how", "temporal", "unanswerable", "followup")
"""The bench's types of questions that are for a fact."""
Rows = list[tuple[str, str]]


def phrasings(path: Path) -> Rows:
    """The questions of a file, each with what it is for."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    return [(each["question"], each["intent"]) for each in lines]


def facts(held_back: bool) -> list[str]:
    """The questions for a fact of the reader's batches: those that are held back, or the others."""
    return [each["question"] for each in labels("questions") if (each["batch"] in HELD_BACK) == held_back]


def seen_in(questions: Sequence[str]) -> Seen:
    """What is to be looked for in a question, with weights by how rare it is (TF-IDF)."""
    known = known_words(questions, FEWEST_KNOWN)
    terms = _rare((terms_of(without_topic(each, known)) for each in questions), FEWEST_TERM, len(questions))
    return Seen(known, terms, _rare(map(runs_of, questions), FEWEST_RUN, len(questions)))


def _rare(found: Iterable[Sequence[str]], fewest: int, of: int) -> dict[str, float]:
    counts = Counter(each for several in found for each in set(several))
    return {each: round(math.log((1 + of) / (1 + n)) + 1, 3) for each, n in sorted(counts.items()) if n >= fewest}


class Fit:
    """A regression fitted to phrasings and facts."""

    def __init__(self, rows: Rows, more: Sequence[str], see: Callable[[str, Seen], Vector]) -> None:
        self.seen, self._see = seen_in([question for question, _ in rows]), see
        questions = [*(question for question, _ in rows), *more]
        intents = [*(intent for _, intent in rows), *["fact"] * len(more)]
        weights = np.array([1.0] * len(rows) + [WEIGHT_OF_A_FACT] * len(more))
        # Every kind counts the same, however many phrasings there are of it.
        total = {each: weights[np.array(intents) == each].sum() for each in INTENTS}
        weights *= [weights.sum() / len(INTENTS) / total[each] for each in intents]
        self.model = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3)
        self.model.fit(self._matrix(questions), intents, sample_weight=weights)

    def find(self, questions: Sequence[str]) -> Found:
        """How likely each of the kinds is, in the order of INTENTS."""
        order = [list(self.model.classes_).index(each) for each in INTENTS]
        odds = np.asarray(self.model.decision_function(self._matrix(questions)))[:, order]
        return [(question, each, self.seen.known) for question, each in zip(questions, odds, strict=True)]

    def _matrix(self, questions: Sequence[str]) -> csr_matrix:
        return csr_matrix(np.stack([self._see(question, self.seen) for question in questions]))


Found = list[tuple[str, np.ndarray[Any, Any], Set[str]]]
"""Questions with their odds and the words that were known."""


def kinds(found: Found, margin: float) -> list[str]:
    """What the program takes the questions for."""
    return [
        "small_talk" if small_talk(question) else decided(question, odds, known, margin)
        for question, odds, known in found
    ]


def macro_f1(rows: Rows, found: Sequence[str]) -> float:
    return float(f1_score([intent for _, intent in rows], found, average="macro"))


def taken(found: Sequence[str]) -> float:
    """The share of questions for a fact that are taken for another kind; one about a person is answered like a fact."""
    return sum(each not in ("fact", "person") for each in found) / len(found)


def chosen_margin(rows: Rows, more: list[str], see: Callable[[str, Seen], Vector]) -> tuple[float, dict[str, float]]:
    """The margin with the best macro F1 of those that take few enough facts for another kind; and its figures."""
    of_rows: dict[int, Any] = {}
    of_more: Found = []
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, [intent for _, intent in rows])
    for n, (rest, part) in enumerate(folds):
        fit = Fit([rows[each] for each in rest], [each for m, each in enumerate(more) if m % FOLDS != n], see)
        of_rows |= zip(part.tolist(), fit.find([rows[each][0] for each in part]), strict=True)
        of_more += fit.find(more[n::FOLDS])
    tried = {}
    for margin in MARGINS:
        found, own = kinds([of_rows[n] for n in range(len(rows))], margin), [intent for _, intent in rows]
        tried[margin] = {
            "macro_f1": macro_f1(rows, found),
            "facts_taken": taken(kinds(of_more, margin)),
            "phrased_facts_taken": taken([each for each, is_for in zip(found, own, strict=True) if is_for == "fact"]),
        }
        print(margin, {name: round(value, 4) for name, value in tried[margin].items()}, flush=True)
    fit_ones = [each for each in MARGINS if tried[each]["facts_taken"] <= MOST_TAKEN] or [MARGINS[-1]]
    margin = max(fit_ones, key=lambda each: tried[each]["macro_f1"])
    return margin, tried[margin]


def main() -> None:
    embedding = load_embedding(Settings())
    vectors: dict[str, Vector] = {}
    of_masked: dict[str, Vector] = {}
    none = Seen(frozenset(), {}, {})

    def see(question: str, seen: Seen) -> Vector:
        """As `features`, with the model's vectors of the question itself kept: they are the same in every fold."""
        if question not in vectors:
            vectors[question] = features(question, embedding, none)[: 2 * embedding.dimension]
        masked = " ".join(without_topic(question, seen.known))
        if masked not in of_masked:
            of_masked[masked] = np.array(embedding.get_query_embedding(masked), np.float32)
        return np.concatenate([vectors[question], of_masked[masked], features_of_words(question, seen)])

    rows, judged = phrasings(DATA / "intents.jsonl"), phrasings(JUDGED)
    more = random.Random(0).sample(facts(held_back=False), FACTS)
    margin, validated = chosen_margin(rows, more, see)
    fit = Fit(rows, more, see)
    found = kinds(fit.find([question for question, _ in judged]), margin)
    figures: dict[str, Any] = {
        "phrasings": len(rows),
        "facts": len(more),
        "cross_validation": {name: round(value, 4) for name, value in validated.items()},
        "macro_f1": round(macro_f1(judged, found), 4),
        "f1": {each: round(float(f1), 3) for each, f1 in zip(sorted(INTENTS), f1_score(
            [intent for _, intent in judged], found, average=None, labels=sorted(INTENTS)), strict=True)},
        "facts_taken": {"batches 09 and 15": round(taken(kinds(fit.find(facts(held_back=True)), margin)), 4)},
    }  # fmt: skip
    for path in (BENCH / "questions.jsonl", BENCH / "more-questions.jsonl"):
        if path.exists():
            lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            asked = [each["question"] for each in lines if each["type"] in FACTOIDS]
            figures["facts_taken"][f"bench/{path.name}"] = round(taken(kinds(fit.find(asked), margin)), 4)
    order = [list(fit.model.classes_).index(each) for each in INTENTS]
    kept = {
        "what": "What a question is for; made by python -m training.intents.",
        "data": {each.name: sha256(each) for each in (DATA / "intents.jsonl", DATA / "questions.jsonl.xz")},
        "embedding": PACKAGED_SHA256,
        "figures": figures,
        "margin": margin,
        "known": sorted(fit.seen.known),
        "terms": fit.seen.terms,
        "runs": fit.seen.runs,
        "constants": {each: round(float(fit.model.intercept_[n]), 3) for each, n in zip(INTENTS, order, strict=True)},
        "weights": {each: np.round(fit.model.coef_[n], 2).tolist() for each, n in zip(INTENTS, order, strict=True)},
    }
    lines = [f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in kept.items()]
    FITTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    json.dump(figures, sys.stdout, indent=1)
    print(f"\n{FITTED}: {FITTED.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
