"""How well answers are read out of the passages: the figures, their thresholds, and what each piece is worth.

Run as `python -m benchmarks.reading [--held-back N]`. The articles of the held-back questions are fetched, as for
training.

The threshold from which a question is answered is chosen on training batches that no weight was fitted on, asked over a
library of all their articles; the rules of composition are cross-validated over the development questions' events.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.common import (
    DEV_STORE,
    bench,
    dev_library,
    module_of,
    open_assistant,
    questions,
    say,
    scorer,
    table,
    write_section,
)
from rag.assistant import Assistant
from rag.querying.answer import choose
from rag.querying.citations import cite
from rag.querying.compose import CHOSEN, Composed, Rules, compose
from rag.querying.read import margin
from rag.querying.search import Searcher, SearchResults
from rag.reply import Turn
from training import sources
from training.rows import ingest

FILES = {"development": "questions.jsonl", "more": "more-questions.jsonl"}
HELD_BACK = "held back"
WORDS = (("text", "span"), ("words", "words"))
FOLDS = 8
MOST_REFUSED = 0.08
"""Of the answerable questions, at the threshold that is chosen."""
GRID = [
    Rules(most_sentences=sentences, most_words=words, most_behind=behind)
    for sentences, words, behind in itertools.product((2, 3, 4), (50, 60, 70, 80), (2.0, 3.0, 4.0, 5.0))
]
ALL = -1000.0
"""A threshold that every sentence passes."""
CAPTION = """
Answers composed of what the reader finds, scored by the sets' own programs. Development and more: 128 and 88 questions
about {articles} articles. Held back: {held} questions of two training batches that no weight was fitted on, over a
library of 2,749 articles, scored by whether the labelled sentences are cited; other articles may answer them too.
"""
Choose = Callable[[SearchResults], Composed]


@dataclass(frozen=True)
class Asked:
    """A question of a set, with what was found and read for it."""

    item: dict[str, Any]
    searched: SearchResults

    @property
    def sure(self) -> float:
        """What is held against the thresholds: of the outlets that are named the surest."""
        return max(margin(each) for each in (*self.searched.by_outlet.values(), self.searched.ranked))


class Set:
    """The questions of one set and the library that they are asked of."""

    def __init__(self, name: str, assistant: Assistant, items: Sequence[dict[str, Any]]) -> None:
        self.name, self.assistant = name, assistant
        self.norm = scorer().norm
        self.asked = []
        for number, item in enumerate(items, 1):
            chat: list[Turn] = []
            for turn in item.get("turns") or []:
                chat.append(Turn(turn, ""))
            self.asked.append(Asked(item, assistant.search(item["question"], chat=chat)))
            if number % 50 == 0:
                say(f"  {number} of {len(items)} questions")

    def answerable(self, each: Asked) -> bool:
        raise NotImplementedError

    def holds_an_answer(self, line: str, item: dict[str, Any]) -> bool:
        """Whether the words of a direct line hold what is asked for."""
        raise NotImplementedError

    def replies(self, choose: Choose) -> Iterator[tuple[Asked, dict[str, Any]]]:
        """The replies as `ask --batch` gives them, as far as they are scored."""
        for each in self.asked:
            reader = self.assistant._searcher.reader.reader
            statements, citations = cite(choose(each.searched).evidence, self.assistant.library, reader)
            yield (
                each,
                {
                    "id": each.item["id"],
                    "answer": " ".join(map(str, statements)),
                    "abstained": not citations,
                    "citations": [{"url": citation.url, "quote": citation.quote} for citation in citations],
                    "retrieved": [],
                },
            )


class Development(Set):
    def __init__(self, name: str, assistant: Assistant, items: Sequence[dict[str, Any]]) -> None:
        super().__init__(name, assistant, items)
        self.scorer = scorer()
        index = json.loads((bench() / "index.json").read_text("utf-8"))
        self.event_of = {article["url"]: article["event"] for article in index}
        self.url_of = {article["id"]: article["url"] for article in index}

    def rows(self, choose: Choose) -> list[dict[str, Any]]:
        return [
            self.scorer.score(each.item, reply, self.event_of, self.url_of) | {"event": each.item["event"]}
            for each, reply in self.replies(choose)
        ]

    def figures(self, rows: Sequence[dict[str, Any]]) -> dict[str, float]:
        answerable = [row for row in rows if row["type"] != "unanswerable"]
        others = [row for row in rows if row["type"] == "unanswerable"]
        share = self.scorer.share
        return {
            **{name: share(answerable, name) for name in ("right", "first", "filler", "words", "abstained")},
            "unanswerable": share(others, "abstained"),
        }

    def answerable(self, each: Asked) -> bool:
        return bool(each.item["answerable"])

    def holds_an_answer(self, line: str, item: dict[str, Any]) -> bool:
        return any(self.scorer.has(line, aliases) for aliases in item["answers"])


class HeldBack(Set):
    def __init__(self, assistant: Assistant, items: Sequence[dict[str, Any]]) -> None:
        super().__init__(HELD_BACK, assistant, items)
        self.scorer = module_of(sources.SHARED / "held_back.py")

    def figures(self, choose: Choose) -> dict[str, float]:
        cited, first, words, refused, unanswerable = [], [], [], [], []
        for each, reply in self.replies(choose):
            gold, quotes = each.item["gold"], [citation["quote"] for citation in reply["citations"]]
            if not gold:
                unanswerable.append(reply["abstained"])
                continue
            needed = all if each.item["need"] == "all" else any
            refused.append(reply["abstained"])
            cited.append(bool(quotes) and needed(any(self.scorer.holds(quote, g) for quote in quotes) for g in gold))
            first.append(bool(quotes) and any(self.scorer.holds(quotes[0], g) for g in gold))
            if quotes:
                words.append(len(reply["answer"].split()))
        named = ("right", "first", "words", "abstained", "unanswerable")
        return {n: float(np.mean(v)) for n, v in zip(named, (cited, first, words, refused, unanswerable), strict=True)}

    def answerable(self, each: Asked) -> bool:
        return bool(each.item["gold"])

    def holds_an_answer(self, line: str, item: dict[str, Any]) -> bool:
        words = [self.norm(each["words"] or each["text"]) for each in item["gold"]]
        return any(each in line or line in each for each in words)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--held-back", type=int, metavar="N", help="only so many of the held-back questions")
    given = arguments.parse_args()
    dev_library()
    sources.fetch()
    with open_assistant(DEV_STORE) as dev, open_assistant(sources.WORK / "library") as other:
        say("Library of the held-back questions")
        ingest(other)
        developments = [Development(name, dev, questions(file)) for name, file in FILES.items()]
        items = _held_back_questions()
        if given.held_back:
            items = random.Random(3).sample(items, given.held_back)
        held_back = HeldBack(other, items)
        answers = threshold(held_back, MOST_REFUSED)
        say(f"threshold of answers: {answers:.2f}; in use: {CHOSEN.answers:.2f}")
        sections = [
            CAPTION.format(articles=dev.library.status().articles, held=len(items)).strip(),
            _as_it_is(developments, held_back),
            _curve([*developments, held_back]),
            _direct_lines(developments, held_back),
            _pieces(developments),
            _folds(developments),
        ]
    if given.held_back:
        print("\n\n".join(sections))
    else:
        write_section("Reading: answers", "\n\n".join(sections))


def threshold(asked: Set, most_refused: float) -> float:
    """The highest score at which no more than that share of the answerable questions is refused."""
    best = [each.sure for each in asked.asked if asked.answerable(each)]
    return float(np.quantile(best, most_refused))


def _as_it_is(developments: Sequence[Development], held_back: HeldBack) -> str:
    header = ["", "right", "first", "filler", "words", "answerable refused", "unanswerable refused"]
    body = []
    for each in developments:
        body.append([each.name, *_row(each.figures(each.rows(choose)))])
    body.append([held_back.name, *_row(held_back.figures(choose))])
    return "As it is:\n\n" + table(header, body)


def _row(figures: dict[str, float]) -> list[str]:
    names = ("right", "first", "filler", "words", "abstained", "unanswerable")
    return ["–" if n not in figures else f"{figures[n]:.{1 if n == 'words' else 3}f}" for n in names]


def _direct_lines(developments: Sequence[Development], held_back: HeldBack) -> str:
    """How often an answer has a direct line, and how often that line holds what is asked for."""
    body = []
    for each in (*developments, held_back):
        shown, right, astray = [], [], []
        for asked in each.asked:
            composed = choose(asked.searched, says_yes=each.assistant._answerer._says_yes)
            line = each.norm(" ".join(words for line in composed.direct for words, _ in line.pieces))
            if not each.answerable(asked):
                astray.append(bool(composed.direct))
            elif composed.evidence:
                shown.append(bool(composed.direct))
                if composed.direct:
                    right.append(each.holds_an_answer(line, asked.item))
        body.append([each.name, *(f"{np.mean(values):.3f} of {len(values)}" for values in (shown, right, astray))])
    header = ["", "answers with a direct line", "of these with words that answer", "shown though not answerable"]
    return (
        "The direct line (for the held-back questions the labelled words, or what they are within; of a yes or no "
        "nothing is labelled, so that it counts as wrong there):\n\n" + table(header, body)
    )


def _curve(sets: Sequence[Set]) -> str:
    """What is refused at each threshold."""
    header = ["margin below", *(f"{s.name}: {kind}" for s in sets for kind in ("answerable", "not"))]
    body = []
    for score in np.arange(-3.0, 6.01, 0.5):
        cells = []
        for each in sets:
            for answerable in (True, False):
                best = [asked.sure for asked in each.asked if each.answerable(asked) is answerable]
                cells.append(f"{np.mean(np.array(best) < score):.3f}")
        body.append([f"{score:.1f}", *cells])
    return "Refused at each threshold of the margin (`rag.querying.read.margin`):\n\n" + table(header, body)


def _pieces(developments: Sequence[Development]) -> str:
    """With and without each piece."""
    pieces: dict[str, Callable[[Searcher], Choose]] = {
        "as it is": lambda _: choose,
        "no account of each named outlet": lambda _: lambda found: choose(replace(found, by_outlet={})),
        "the best sentences, whatever is asked": lambda _: lambda found: compose(found.ranked),
        "one sentence": lambda _: lambda found: choose(found, replace(CHOSEN, most_sentences=1)),
        "two sentences at most": lambda _: lambda found: choose(found, replace(CHOSEN, most_sentences=2)),
        "every question answered": lambda _: lambda found: choose(found, replace(CHOSEN, answers=ALL)),
        "8 passages read": lambda searcher: lambda found: choose(first(searcher, found, 8)),
    }

    def first(searcher: Searcher, found: SearchResults, most: int) -> SearchResults:
        """What would be found with so many passages read."""
        nodes = searcher.retrieve(found.query, found.filters)
        return replace(found, ranked=searcher.reader.read(found.wanted, nodes, most))

    named = ("right", "first", "filler", "words")
    header = ["", *(f"{each.name}: {name}" for each in developments for name in named)]
    body = []
    for label, way in pieces.items():
        figures = [each.figures(each.rows(way(each.assistant._searcher))) for each in developments]
        body.append([label, *(f"{f[name]:.{1 if name == 'words' else 3}f}" for f in figures for name in named)])
    return "With and without:\n\n" + table(header, body)


def _folds(developments: Sequence[Development]) -> str:
    """The rules chosen on the other events' questions, and how well they do on each event's own."""
    events = sorted({asked.item["event"] for each in developments for asked in each.asked})
    fold_of = {event: n % FOLDS for n, event in enumerate(np.random.RandomState(0).permutation(events))}
    scored = {
        rules: [(each, each.rows(lambda found, rules=rules: choose(found, rules))) for each in developments]
        for rules in (replace(grid, answers=CHOSEN.answers, relates=CHOSEN.relates) for grid in GRID)
    }
    unseen: dict[str, list[dict[str, Any]]] = {each.name: [] for each in developments}
    chosen = []
    for fold in range(FOLDS):
        others = {event for event in events if fold_of[event] != fold}
        best = _best(scored, others)
        chosen.append(best)
        for each, rows in scored[best]:
            unseen[each.name] += [row for row in rows if fold_of[row["event"]] == fold]
    best = _best(scored, set(events))
    body = [[each.name, *_row(each.figures(unseen[each.name]))] for each in developments]
    header = ["rules chosen on other events", "right", "first", "filler", "words", "answerable refused"]
    header.append("unanswerable refused")
    picks = ", ".join(f"{r.most_sentences}/{r.most_words}/{r.most_behind:g}" for r in chosen)
    return (
        f"Rules of composition, {FOLDS} folds over events (sentences, words, how far behind): {picks}; on all "
        f"{best.most_sentences}/{best.most_words}/{best.most_behind:g}; in use "
        f"{CHOSEN.most_sentences}/{CHOSEN.most_words}/{CHOSEN.most_behind:g}.\n\n" + table(header, body)
    )


def _best(scored: dict[Rules, list[tuple[Development, list[dict[str, Any]]]]], events: Collection[str]) -> Rules:
    """The rules that do best on the questions about these events: right answers, less what a reader has to read that
    has nothing to do with the question.
    """

    def worth(rules: Rules) -> float:
        total = 0.0
        for each, rows in scored[rules]:
            figures = each.figures([row for row in rows if row["event"] in events])
            total += figures["right"] - 0.5 * figures["filler"] - 0.01 * max(0.0, figures["words"] - 58)
        return total

    return max(scored, key=worth)


def _held_back_questions() -> list[dict[str, Any]]:
    """Those of the batches that no weight was fitted on, with the words of the sentences that answer them."""
    news = sources.news()

    def words(label: dict[str, Any], name: str) -> str | None:
        return news[label["article"]]["text"][slice(*label[name])] if label[name] else None

    return [
        question | {"gold": [{name: words(each, at) for name, at in WORDS} for each in question["gold"]]}
        for question in sources.labels("questions")
        if question["batch"] in sources.HELD_BACK
    ]


if __name__ == "__main__":
    main()
