"""Fit the weights by which two sentences are said to agree, differ or have nothing to do with each other.

There are two sets of weights: over what word vectors and values show, and over that and what the reader says. The first
is fitted on tests/data/coverage alone: claims.jsonl, on which two readers agreed, and more-claims.jsonl, of one reader,
which weighs less. The second is also fitted on the 1,778 pairs of training/data. Each fold leaves out one story of the
former, or every fifth batch of the latter.

Tried, and worse on pairs that nothing was trained on: 1,200 contradictions made of claims, balanced by kind, with as
many that agree; boosted trees; the reader's own vectors; its relation head; the most similar clauses instead of whole
sentences; more features of words, names and negations.

The reader's encoder was trained on the pairs of batches 00 to 08 too, though not the head that is read here; the
figures of batch 09 and of tests/data are those of pairs that it has not seen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, recall_score
from sklearn.preprocessing import StandardScaler

from benchmarks.common import DEV_STORE, ROOT, bench, dev_library, open_assistant, say, table, write_section
from rag.coverage import relation
from rag.coverage.relation import (
    CONTRADICTED,
    FEATURES,
    MAY_DIFFER,
    OTHER_VALUE,
    READ_FEATURES,
    RELATIONS,
    SURELY_AGREE,
)
from rag.coverage.value_comparison import denies
from rag.library.word_vectors import read
from rag.models.reader import load_reader
from training import sources

LABELS = ROOT / "tests" / "data" / "coverage"
TARGET = Path(relation.__file__).with_suffix(".json")
SECTION = "Whether two sentences agree: the fit"
OF_TWO_READERS = 3.0
"""How much a pair weighs that two readers labelled, to one of a single reader."""
FOLDS = 5
NOTE = (
    "Of the pairs of each relation the share that is told, and the mean of the three (the balanced accuracy): with "
    "weights fitted on other stories or batches only; in the last column with the weights as they are."
)
SHOWN_NOTE = (
    "What is shown, with weights fitted on other stories or batches: how many pairs, how many of them rightly, and of "
    "all that agree or differ the share that is shown."
)
SAME_STORY = {"First_Falcon_Heavy_launch": "elon_musk_reveals_red_tesla_roadster_bound_for_mars"}
"""Events of the development set's index that are parts of another one there."""
OTHER_NAMES = {"other": "unrelated"}
Numbers = NDArray[Any]


@dataclass(frozen=True)
class Pair:
    """Two sentences, each with the headline of its article; `fold` is left out as one."""

    source: str
    label: int
    fold: str
    sides: tuple[tuple[str, str], tuple[str, str]]
    batch: str = ""


def main() -> None:
    """Fit, say how well it does on stories it has not seen, and write the weights fitted on all."""
    body, made = measured()
    TARGET.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    write_section(SECTION, body)


def measured() -> tuple[str, dict[str, Any]]:
    """The tables of how well it does on stories it has not seen, and what relation.json is to hold."""
    pairs = [*_own_pairs(), *_shared_pairs()]
    seen, ways = _seen(pairs)
    both = np.hstack([seen, ways])
    labels, folds, source = (np.array([getattr(each, name) for each in pairs]) for name in ("label", "fold", "source"))
    weights = np.where(source == "claims", OF_TWO_READERS, 1.0)
    own = source != "shared"

    def fitted(features: Numbers, of: Numbers) -> tuple[Numbers, Numbers]:
        return _fit(features[of], labels[of], weights[of])

    def folded(features: Numbers, trained_on: Numbers, likely: Callable[..., Numbers]) -> Numbers:
        found = np.zeros((len(labels), 3))
        for fold in set(folds):
            out = folds == fold
            found[out] = likely(*fitted(features, trained_on & ~out), features[out])
        return found

    cheap, reading = folded(seen, own, _cheap), folded(both, np.ones(len(labels), bool), _read)
    cheap_now, read_now = fitted(seen, own), fitted(both, np.ones(len(labels), bool))
    sets = {
        "tests/data, of two readers": source == "claims",
        "tests/data, of one": source == "more-claims",
        "training/data": source == "shared",
        "of these batch 09": np.array([each.batch == "09" for each in pairs]),
    }
    rows, shown = [], []
    for kind, found, now in (
        ("words and values", cheap, _cheap(*cheap_now, seen)),
        ("with the reader", reading, _read(*read_now, both)),
    ):
        rows += [_row(f"{kind}: {name}", labels[of], found[of], now[of]) for name, of in sets.items()]
    other_value, contradicted = seen[:, FEATURES.index("other_value")], _contradicted(ways)
    one_denies = np.array([denies(one[0]) != denies(other[0]) for one, other in (pair.sides for pair in pairs)])
    agree = reading[:, 0] >= SURELY_AGREE
    differ = (reading[:, 1] >= MAY_DIFFER) & (other_value >= OTHER_VALUE) & (contradicted >= CONTRADICTED) & ~agree
    agree &= ~(one_denies & (contradicted >= CONTRADICTED))
    for name, of in list(sets.items())[:3]:
        shown += [
            [f"{name}: {what}", f"{(told & of).sum()}", f"{(told & of & (labels == n)).sum()}",
             f"{(told & of & (labels == n)).sum() / (of & (labels == n)).sum():.2f}"]
            for n, (what, told) in enumerate((("agree", agree), ("differ", differ)))
        ]  # fmt: skip
    counts = "; ".join(
        f"{name}: "
        + ", ".join(f"{number} {RELATIONS[n]}" for n, number in sorted(Counter(labels[of].tolist()).items()))
        for name, of in list(sets.items())[:3]
    )
    made = {
        "made_by": "python -m benchmarks.fit_relation",
        "method": "multinomial logistic regression on standardised features, L2, C=1, classes balanced",
        "pairs": int(own.sum()),
        "weights": _named(FEATURES, *cheap_now),
        "pairs_read": len(pairs),
        "read": _named((*FEATURES, *READ_FEATURES), *read_now),
    }
    header = ["pairs", *RELATIONS, "balanced accuracy", "weights as they are"]
    tables = f"{table(header, rows)}\n\n{SHOWN_NOTE}\n\n{table(['pairs', 'shown', 'rightly', 'of all'], shown)}"
    return f"{NOTE} Pairs: {counts}.\n\n{tables}", made


def _row(name: str, labels: Numbers, found: Numbers, as_they_are: Numbers) -> list[str]:
    recalls = recall_score(labels, found.argmax(axis=1), average=None, zero_division=0.0)
    balanced = [balanced_accuracy_score(labels, each.argmax(axis=1)) for each in (found, as_they_are)]
    return [name, *(f"{each:.3f}" for each in (*recalls, *balanced))]


def _own_pairs() -> list[Pair]:
    event_of = {each["id"]: each["event"] for each in json.loads((bench() / "index.json").read_text("utf-8"))}

    def side(span: dict[str, Any]) -> tuple[str, str]:
        article = json.loads((bench() / "articles" / f"{span['article']}.json").read_text("utf-8"))
        return str(article["maintext"])[span["start"] : span["end"]], article["title"] or ""

    found = []
    for name in ("claims", "more-claims"):
        for line in (LABELS / f"{name}.jsonl").read_text("utf-8").splitlines():
            pair = json.loads(line)
            event = event_of[pair["a"]["article"]]
            sides = side(pair["a"]), side(pair["b"])
            found.append(Pair(name, RELATIONS.index(pair["label"]), SAME_STORY.get(event, event), sides))
    return found


def _shared_pairs() -> list[Pair]:
    if not (sources.WORK / "NewsArticles.csv").exists():
        sources.fetch()
    news = sources.news()

    def side(span: dict[str, Any]) -> tuple[str, str]:
        article = news[span["article"]]
        return article["text"][slice(*span["span"])], article["title"]

    found = []
    for pair in sources.labels("pairs"):
        one, other = map(side, pair["pair"])
        label = RELATIONS.index(OTHER_NAMES.get(pair["label"], pair["label"]))
        found.append(Pair("shared", label, f"fold {int(pair['batch']) % FOLDS}", (one, other), pair["batch"]))
    return found


def _seen(pairs: Sequence[Pair]) -> tuple[Numbers, Numbers]:
    """Of each pair its FEATURES, and its READ_FEATURES."""
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        texts = list(dict.fromkeys(text for pair in pairs for text, _ in pair.sides))
        senses = dict(zip(texts, read(texts, assistant.embedding, assistant.library), strict=True))
    reader, seen, ways = load_reader(), [], []
    for number, pair in enumerate(pairs, 1):
        (one, title), (other, other_title) = pair.sides
        both = np.concatenate([reader.support(one, [(other_title, other)]), reader.support(other, [(title, one)])])
        of_words, of_reader = relation.features(senses[one], senses[other]), relation.read_features(both)
        seen.append([of_words[name] for name in FEATURES])
        ways.append([of_reader[name] for name in READ_FEATURES])
        if number % 200 == 0:
            say(f"  {number} of {len(pairs)} pairs")
    return np.array(seen), np.array(ways)


def _contradicted(ways: Numbers) -> Numbers:
    """The reader's probability of "contradicted", the higher of both ways, out of READ_FEATURES."""
    mean, apart = (ways[:, READ_FEATURES.index(name)] for name in ("contradicted", "contradicted_apart"))
    return np.asarray(np.exp(mean + apart / 2))


def _fit(features: Numbers, labels: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """The constants (3,) and coefficients (3, features) of features that are not standardised."""
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=5000)
    model.fit(scaler.transform(features), labels, sample_weight=weights)
    coefficients = model.coef_ / scaler.scale_
    return model.intercept_ - coefficients @ scaler.mean_, coefficients


def _named(names: Sequence[str], constants: Numbers, coefficients: Numbers) -> dict[str, dict[str, float]]:
    return {
        name: {"constant": round(float(constant), 4)}
        | {feature: round(float(each), 4) for feature, each in zip(names, row, strict=True)}
        for name, constant, row in zip(RELATIONS, constants, coefficients, strict=True)
    }


def _cheap(constants: Numbers, coefficients: Numbers, features: Numbers) -> Numbers:
    """As relation.likelihoods tells it: without another value nothing differs."""
    odds = features @ coefficients.T + constants
    odds[features[:, FEATURES.index("other_value")] == 0, RELATIONS.index("differ")] = -np.inf
    return _softmax(odds)


def _read(constants: Numbers, coefficients: Numbers, features: Numbers) -> Numbers:
    """As relation.judge tells it of pairs that are read."""
    return _softmax(features @ coefficients.T + constants)


def _softmax(odds: Numbers) -> Numbers:
    powers = np.exp(odds - odds.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


if __name__ == "__main__":
    main()
