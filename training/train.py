"""Trains the reader: all heads together, a batch of one kind at a time.

Run as `python -m training.train` after `python -m training.rows`. It goes on where it was stopped, with its optimiser's
state, from `.training/checkpoint.pt`, and leaves the weights in `.training/reader.safetensors`.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from rag.ingestion.split import sentences
from rag.models.files import sha256
from rag.models.reader import Layout, lay_out, lay_out_two
from training import sources
from training.model import RELATION, SUPPORT, YES_NO, Reader, batch, load_weights

SEED = 1
RATE, RATE_OF_HEADS = 5e-5, 4e-4
WARM_UP = 80
"""Steps."""
NEAR = 3
"""Passages that do not answer, beside those that do, of one question."""
FEWEST_WORDS, MOST_WORDS = 90, 190
"""Of a passage as it is trained on: long ones cost more than they teach."""
WEIGHTS = {"reading": 1.0, "generic": 0.7, "truth": 0.7, "support": 1.5, "relation": 1.0}
SIZES = {"reading": 4, "generic": 8, "truth": 12, "support": 24, "relation": 24}
"""Questions, or pairs of texts, in a batch."""
RELATION_WEIGHTS = (1.0, 3.0, 1.3)
YES_NO_WEIGHTS = (2.0, 1.0)
TRUTHS = 3000
"""Questions of the form "Is it true that …?" that are made of claims, in each epoch."""
EVERY = 200
"""Steps between checkpoints."""
Row = dict[str, Any]
Pair = tuple[str, str, str, int]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=130, help="the learning rate falls to nothing by then")
    arguments.add_argument("--epochs", type=int, default=2)
    arguments.add_argument("--start", type=Path, help="weights to go on from (safetensors), in place of the base's")
    given = arguments.parse_args()
    Trainer(given.start).train(given.minutes, given.epochs)


class Data:
    """What is trained on, drawn anew for each epoch."""

    def __init__(self) -> None:
        self.rows = [json.loads(line) for line in (sources.WORK / "rows.jsonl").open()]
        self.generic = []
        if sources.GENERIC.exists():
            self.generic = [_renamed(json.loads(line)) for line in sources.GENERIC.open()]
        else:
            print(f"{sources.GENERIC} is not here: trained without the generic questions.")
        self.news = sources.news()
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._claims = [each for each in sources.labels("claims") if each["batch"] not in sources.HELD_BACK]
        self._pairs = [each for each in sources.labels("pairs") if each["batch"] not in sources.HELD_BACK]

    def epoch(self, generic_share: float) -> list[tuple[str, list[Any]]]:
        """The batches of one epoch in random order, each of rows of like length."""
        of_kind: dict[str, list[Any]] = {
            "reading": [_drawn(row) for row in self.rows],
            "generic": random.sample(self.generic, round(len(self.generic) * generic_share)),
            "support": list(self._claimed()),
            "relation": list(self._related()),
            "truth": list(self._truths()),
        }
        order = [(kind, rows) for kind, all in of_kind.items() for rows in _batches(all, SIZES[kind])]
        random.shuffle(order)
        return order

    def _claimed(self) -> Iterator[Pair]:
        for each in self._claims:
            for claim in each["claims"]:
                wide = random.random() < 0.5
                text = self._around(each, wide * random.randint(0, 1), wide * random.randint(0, 1))
                yield claim["text"], self.news[each["article"]]["title"], text, SUPPORT.index(claim["label"])

    def _related(self) -> Iterator[Pair]:
        for each in self._pairs:
            one, other = (self.news[side["article"]]["text"][slice(*side["span"])] for side in each["pair"])
            label = RELATION.index(each["label"])
            yield (one, "", other, label) if random.random() < 0.5 else (other, "", one, label)
            if each["label"] == "differ":
                yield other, "", one, label

    def _truths(self) -> Iterator[Row]:
        """Claims as questions, half of them true: each beside its sentence and the sentences around it."""
        of_answer: dict[str, list[tuple[Row, Row]]] = {"yes": [], "no": []}
        for each in self._claims:
            for claim in each["claims"]:
                if claim["label"] != "not stated":
                    of_answer["yes" if claim["label"] == "supported" else "no"].append((each, claim))
        for answer, claims in of_answer.items():
            for each, claim in random.sample(claims, min(len(claims), TRUTHS // 2)):
                title, text = (self.news[each["article"]][name] for name in ("title", "text"))
                spans = self._sentences(each["article"])
                gold = [n for n, (start, end) in enumerate(spans) if start < each["span"][1] and each["span"][0] < end]
                if not gold:
                    continue
                first, last = max(0, gold[0] - random.randint(0, 2)), gold[-1] + 1 + random.randint(0, 2)
                opening = random.choice(("Is it true that", "Is it right that", "Was it reported that"))
                said = claim["text"].rstrip(".")
                yield {
                    "question": f"{opening} {said[:1].lower()}{said[1:]}?",
                    "answer": answer,
                    "need": "one",
                    "passages": [
                        {
                            "title": title,
                            "sentences": [text[start:end] for start, end in spans[first:last]],
                            "gold": [n - first for n in gold],
                            "words": [],
                        }
                    ],
                }

    def _sentences(self, article: str) -> list[tuple[int, int]]:
        if article not in self._spans:
            self._spans[article] = [(s.start, s.end) for s in sentences(self.news[article]["text"])]
        return self._spans[article]

    def _around(self, label: Row, before: int, after: int) -> str:
        """The labelled sentence with so many before and after it."""
        spans, (start, end) = self._sentences(label["article"]), label["span"]
        at = [n for n, (first, last) in enumerate(spans) if last > start and first < end] or [0]
        first, last = max(0, at[0] - before), min(len(spans) - 1, at[-1] + after)
        return self.news[label["article"]]["text"][min(spans[first][0], start) : max(spans[last][1], end)]


def _renamed(row: Row) -> Row:
    passages = [
        {"title": p["title"], "sentences": p["sents"], "gold": p["gold"], "words": [p["span"]] if p.get("span") else []}
        for p in row["passages"]
    ]
    return {"question": row["q"], "need": "one", "answer": None, "passages": passages}


def _drawn(row: Row) -> Row:
    """The row with some of its passages, nearer ones likelier, each cut to some of its sentences."""
    holding = [each for each in row["passages"] if each["gold"]]
    near = [each for each in row["passages"] if not each["gold"]]
    most = 3 if row["need"] == "all" else 1 if random.random() < 0.7 else 2
    drawn = random.sample(holding, min(len(holding), most))
    keys = {n: random.random() ** (1 + n / 4) for n in range(len(near))}
    chosen = sorted(keys, key=lambda n: -keys[n])[: NEAR if holding else NEAR + 1]
    if not holding and near and 0 not in chosen:
        chosen[-1] = 0
    return row | {"passages": [_cut(each) for each in [*drawn, *(near[n] for n in chosen)]]}


def _cut(passage: Row) -> Row:
    """Some of the passage's sentences, with all that answer where they fit."""
    most = random.randint(FEWEST_WORDS, MOST_WORDS)
    lengths = [len(sentence.split()) for sentence in passage["sentences"]]
    first = last = random.choice(passage["gold"]) if passage["gold"] else random.randrange(len(lengths))
    while True:
        more = [n for n in (first - 1, last + 1) if 0 <= n < len(lengths)]
        more = [n for n in more if sum(lengths[min(n, first) : max(n, last) + 1]) <= most]
        if not more:
            break
        n = random.choice(more)
        first, last = min(first, n), max(last, n)
    return {
        "title": passage["title"],
        "sentences": passage["sentences"][first : last + 1],
        "gold": [n - first for n in passage["gold"] if first <= n <= last],
        "words": [[n - first, start, end] for n, start, end in passage["words"] if first <= n <= last],
    }


def _batches(rows: Sequence[Any], size: int) -> Iterator[list[Any]]:
    shuffled = random.sample(rows, len(rows))
    for start in range(0, len(shuffled), size * 20):
        some = sorted(shuffled[start : start + size * 20], key=_length)
        for first in range(0, len(some), size):
            yield some[first : first + size]


def _length(row: Row | Pair) -> int:
    if isinstance(row, tuple):
        return len(row[0]) + len(row[2])
    return sum(len(sentence) for passage in row["passages"] for sentence in passage["sentences"])


class Trainer:
    """The model, its optimiser, and what is trained on."""

    def __init__(self, start: Path | None) -> None:
        self.start = start
        self.base = sources.WORK / "base"
        if not self.base.exists():
            sources.make_base(self.base)
        torch.manual_seed(SEED)
        random.seed(SEED)
        self.model = Reader(self.base)
        if start:
            load_weights(self.model, load_file(start))
        self.model.freeze()
        self.tokenizer = Tokenizer.from_file(str(self.base / "tokenizer.json"))
        named = [(name, weight) for name, weight in self.model.named_parameters() if weight.requires_grad]
        self.trained = [weight for _, weight in named]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": [w for name, w in named if name.startswith("bert")], "rate": RATE},
                {"params": [w for name, w in named if not name.startswith("bert")], "rate": RATE_OF_HEADS},
            ],
            weight_decay=0.01,
        )
        self.losses: dict[str, Callable[[list[Any]], Tensor]] = {
            "reading": self.reading,
            "generic": self.reading,
            "truth": self.reading,
            "support": lambda rows: self.comparing(self.model.support, rows),
            "relation": lambda rows: self.comparing(self.model.relation, rows, torch.tensor(RELATION_WEIGHTS)),
        }

    def train(self, minutes: float, epochs: int) -> None:
        """All epochs, or as much of them as the minutes allow; the learning rate falls to nothing by the end."""
        checkpoint = sources.WORK / "checkpoint.pt"
        data = Data()
        order = [each for n in range(epochs) for each in data.epoch(1.0 if not self.start and n == 0 else 0.25)]
        first, spent, seen = 0, 0.0, dict[str, float]()
        if checkpoint.exists():
            kept = torch.load(checkpoint, weights_only=True)
            load_weights(self.model, kept["model"])
            self.optimiser.load_state_dict(kept["optimiser"])
            first, spent, seen = kept["step"], kept["seconds"], kept["losses"]
            print(f"Going on at step {first} of {len(order)}.", flush=True)
        began = time.monotonic() - spent
        self.model.train()
        columns = [
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[losses]}"),
        ]
        with Progress(*columns) as progress:
            bar = progress.add_task("Training", total=1.0, losses="")
            for step, (kind, rows) in enumerate(order[first:], first):
                done = max(step / len(order), (time.monotonic() - began) / (minutes * 60))
                if done >= 1:
                    break
                for group in self.optimiser.param_groups:
                    group["lr"] = group["rate"] * min(1.0, (step + 1) / WARM_UP) * (1 - done)
                loss = WEIGHTS[kind] * self.losses[kind](rows)
                self.optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.trained, 1.0)
                self.optimiser.step()
                seen[kind] = 0.97 * seen.get(kind, loss.item()) + 0.03 * loss.item()
                losses = " ".join(f"{name} {value:.3f}" for name, value in sorted(seen.items()))
                progress.update(bar, completed=done, losses=losses)
                if step % 50 == 0 and not progress.console.is_terminal:
                    print(
                        f"step {step} of {len(order)}, {done:.0%}, {time.monotonic() - began:.0f} s: {losses}",
                        flush=True,
                    )
                if step % EVERY == EVERY - 1:
                    self._keep(checkpoint, step + 1, time.monotonic() - began, seen)
        save_file(self.model.trained_parts(), sources.WORK / "reader.safetensors")
        made = {"steps": step, "of": len(order), "minutes": round((time.monotonic() - began) / 60, 1), "losses": seen}
        started = {"file": self.start.name, "sha256": sha256(self.start)} if self.start else "base"
        made |= {"seed": SEED, "start": started}
        (sources.WORK / "training.json").write_text(json.dumps(made, indent=1))
        checkpoint.unlink(missing_ok=True)

    def _keep(self, checkpoint: Path, step: int, seconds: float, losses: dict[str, float]) -> None:
        new = checkpoint.with_suffix(".new")
        kept = {"model": self.model.trained_parts(), "optimiser": self.optimiser.state_dict()}
        torch.save(kept | {"step": step, "seconds": seconds, "losses": losses}, new)
        new.replace(checkpoint)

    def reading(self, rows: list[Row]) -> Tensor:
        """The loss of some questions with their passages.

        One softmax over all sentences of all passages of a question and "not here", so that scores compare across
        passages (Clark and Gardner, 2018, shared normalisation); each sentence by itself; where the words that answer
        begin and end; yes or no where that is asked.
        """
        layouts: list[Layout] = []
        owners: list[tuple[int, Row]] = []
        for number, row in enumerate(rows):
            for passage in row["passages"]:
                layout = lay_out(self.tokenizer, row["question"], passage["title"], passage["sentences"])
                if layout.sentences:
                    layouts.append(layout)
                    owners.append((number, passage))
        vectors = self.model(*batch(layouts))
        nothing, spans = self.model.nothing(vectors[:, 0]).squeeze(-1), self.model.span(vectors)
        of_question: dict[int, list[tuple[Tensor, Tensor, Tensor]]] = {}
        span_losses, answers, wanted = [], [], []
        for index, (layout, (number, passage)) in enumerate(zip(layouts, owners, strict=True)):
            pooled = self.model.pooled(vectors[index], layout.sentences)
            gold = torch.tensor([n in passage["gold"] for n in range(len(layout.sentences))])
            of_question.setdefault(number, []).append((self.model.sentence(pooled).squeeze(-1), nothing[index], gold))
            for n, first, last in passage["words"]:
                inside = [
                    token
                    for token, at in enumerate(layout.offsets)
                    if at and at[0] == n and at[1] < last and at[2] > first
                ]
                if inside:
                    starts, ends = functional.log_softmax(spans[index, : len(layout.ids)], 0).unbind(-1)
                    span_losses.append(-(starts[inside[0]] + ends[inside[-1]]) / 2)
            if rows[number]["answer"] and gold.any():
                answers.append(pooled[gold.nonzero()[0, 0]])
                wanted.append(YES_NO.index(rows[number]["answer"]))
        loss = torch.stack([_shared(parts, rows[number]["need"]) for number, parts in of_question.items()]).mean()
        if span_losses:
            loss = loss + 0.5 * torch.stack(span_losses).mean()
        if answers:
            logits = self.model.yes_no(torch.stack(answers))
            weight = torch.tensor(YES_NO_WEIGHTS if rows[0].get("kind") else (1.0, 1.0))
            loss = loss + 0.5 * functional.cross_entropy(logits, torch.tensor(wanted), weight=weight)
        return loss

    def comparing(self, head: nn.Module, rows: list[Pair], weight: Tensor | None = None) -> Tensor:
        """The loss of some pairs of texts: (first, headline, second, label)."""
        ids, types, mask = batch([lay_out_two(self.tokenizer, *row[:3]) for row in rows])
        return functional.cross_entropy(
            head(self.model(ids, types, mask), types, mask), torch.tensor([r[3] for r in rows]), weight
        )


def _shared(parts: Sequence[tuple[Tensor, Tensor, Tensor]], need: str) -> Tensor:
    """The loss of one question: of the logits of its passages' sentences and of "not here", and which answer."""
    scores, gold = torch.cat([each[0] for each in parts]), torch.cat([each[2] for each in parts])
    nothing = torch.stack([each[1] for each in parts]).mean()[None]
    shares = functional.log_softmax(torch.cat([nothing, scores]), 0)
    right = shares[torch.cat([~gold.any()[None], gold])]
    softmax = -right.mean() if need == "all" else -torch.logsumexp(right, 0)
    return softmax + 0.5 * functional.binary_cross_entropy_with_logits(scores, gold.float())


if __name__ == "__main__":
    main()
