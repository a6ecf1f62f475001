"""How well the exported reader reads what no weight was fitted on: batches 09 and 15, claims and pairs of 09.

Run as `python -m training.evaluate [--model reader.onnx] [--questions N]`. The figures go into the `reader.json` beside
the model.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from rag.models.reader import MODEL, Reader
from training import sources
from training.model import RELATION, SUPPORT

PASSAGES = 8
"""Read for a question: those that answer, and the nearest that do not."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--model", type=Path, default=MODEL)
    arguments.add_argument("--questions", type=int, help="only so many of them")
    given = arguments.parse_args()
    reader = Reader(given.model, given.model.with_name("reader-tokenizer.json"))
    figures = {"reading": reading(reader, given.questions), "support": support(reader), "relation": relation(reader)}
    for name, table in figures.items():
        print(name, json.dumps(table))
    about = given.model.with_name("reader.json")
    if given.questions is None and about.exists():
        description = json.loads(about.read_text())
        about.write_text(json.dumps(description | {"figures": figures}, indent=1) + "\n")


def reading(reader: Reader, most: int | None = None) -> dict[str, float]:
    """Of the held-back questions: how often the best sentence answers, its words do, and yes or no is right."""
    rows = [json.loads(line) for line in (sources.WORK / "held_back.jsonl").open()]
    if most:
        rows = random.Random(1).sample(rows, most)
    best: dict[bool, list[float]] = {True: [], False: []}
    first, words, said = [], [], []
    for row in track(rows, "Reading"):
        passages = sorted(row["passages"], key=lambda each: not each["gold"])[:PASSAGES]
        readings = reader.read(row["question"], [(each["title"], each["sentences"]) for each in passages])
        found = [
            (answer, n in passage["gold"], [w[1:] for w in passage["words"] if w[0] == n])
            for passage, read in zip(passages, readings, strict=True)
            for n, answer in enumerate(read.answers)
        ]
        answer, right, gold = max(found, key=lambda each: each[0].score)
        answerable = any(each["gold"] for each in passages)
        best[answerable].append(answer.score)
        if answerable:
            first.append(right)
        if right and gold:
            start, end = gold[0]
            common = max(0, min(end, answer.end) - max(start, answer.start))
            words.append(common >= 0.5 * min(end - start, answer.end - answer.start) and common > 0)
        if row["answer"] and right:
            said.append((row["answer"], "yes" if answer.yes > 0.5 else "no"))
    of_answer = {name: [told == name for wanted, told in said if wanted == name] for name in ("yes", "no")}
    return {
        "questions": len(rows),
        "best sentence answers": _share(first),
        "answering words overlap": _share(words),
        "answerable against not, AUC": _auc(best[True], best[False]),
        "yes or no": _share([wanted == told for wanted, told in said]),
        "yes or no, balanced": round(float(np.mean([np.mean(each) for each in of_answer.values() if each])), 3),
        "yes or no, questions": len(said),
    }


def support(reader: Reader) -> dict[str, Any]:
    """Of the claims of a held-back batch: supported or not, balanced, and the share caught of each kind of change."""
    news, kept, caught = sources.news(), list[bool](), defaultdict[str, list[bool]](list)
    for each in [label for label in sources.labels("claims") if label["batch"] in sources.HELD_BACK]:
        article = news[each["article"]]
        evidence = [(article["title"], article["text"][slice(*each["span"])])]
        for claim in each["claims"]:
            supported = reader.support(claim["text"], evidence)[0, SUPPORT.index("supported")] > 0.5
            if claim["label"] == "supported":
                kept.append(bool(supported))
            else:
                caught[claim.get("change") or claim["label"]].append(not supported)
    not_supported = [hit for hits in caught.values() for hit in hits]
    return {
        "claims": len(kept) + len(not_supported),
        "balanced": round((_share(kept) + _share(not_supported)) / 2, 3),
        "supported kept": _share(kept),
        **{f"caught: {name}": _share(hits) for name, hits in sorted(caught.items())},
    }


def relation(reader: Reader) -> dict[str, Any]:
    """Of the pairs of a held-back batch: the share that is right of those that agree, differ, speak of other things."""
    news, hits = sources.news(), defaultdict[str, list[bool]](list)
    pairs = [label for label in sources.labels("pairs") if label["batch"] in sources.HELD_BACK]
    texts = [tuple(news[side["article"]]["text"][slice(*side["span"])] for side in each["pair"]) for each in pairs]
    found = reader.relation([(one, other) for one, other in texts])
    for each, row in zip(pairs, found, strict=True):
        hits[each["label"]].append(RELATION[int(row.argmax())] == each["label"])
    shares = {name: _share(hits[name]) for name in RELATION}
    return {"pairs": len(pairs), "balanced": round(float(np.mean(list(shares.values()))), 3), **shares}


def _share(hits: Sequence[bool]) -> float:
    return round(float(np.mean(hits)), 3) if hits else 0.0


def _auc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The probability that one of `higher` is above one of `lower`."""
    one, other = np.array(higher)[:, None], np.array(lower)[None]
    return round(float(((one > other) + 0.5 * (one == other)).mean()), 3)


if __name__ == "__main__":
    main()
