"""Who says what: whether the facts that questions ask for are found with their outlets, and what the labels say.

A fact is found where an account of an outlet whose article is its evidence has one of its wordings in a cited sentence;
a question is right where all of its facts are. Also: how fully the event's articles are found, and the time. The labels
are those of tests/data/coverage, over the same articles: quotes, speakers, origins, computed and dated days, relations.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import fit_relation
from benchmarks.common import (
    DEV_STORE,
    bench,
    dev_library,
    open_assistant,
    questions,
    scorer,
    table,
    write_section,
)
from rag.article import Article
from rag.assistant import Assistant
from rag.coverage.coverage import Coverage
from rag.coverage.origins import origins
from rag.coverage.people import same_person
from rag.coverage.quotes import Wording, joined, quoted
from rag.coverage.timeline import Dated, dated
from rag.library.library import Library

FILES = ("questions.jsonl", "more-questions.jsonl")
TYPES = ("disagreement", "multi_source")
READERS = (
    "Two language-model readers labelled 96 pairs of quotes and 66 of sentences, the second without sight of the "
    "first's labels; they agreed on all, which says more of the pairs chosen than of the readers. Of the pairs of "
    "sentences that are only fitted on, one reader labelled 336 twice, in another order, with the same label for 329, "
    "and 55 once."
)
_InRow = tuple[tuple[str, int], Wording]


def main() -> None:
    """Ask each question, look up its coverage, compare with the labels, and write the tables."""
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        write_section("Who says what", _of_questions(assistant))
        write_section("Who says what: the labels", f"{READERS}\n\n{_of_labels(assistant.library)}")
    write_section(fit_relation.SECTION, fit_relation.measured()[0])


def _of_questions(assistant: Assistant) -> str:
    score = scorer()
    index = json.loads((bench() / "index.json").read_text("utf-8"))
    event_of = {each["id"]: each["event"] for each in index}
    right: dict[tuple[str, str], list[bool]] = {(kind, file): [] for kind in TYPES for file in FILES}
    recall, precision, seconds = [], [], []
    outlet_of = {Path(str(each.path)).stem: each.outlet for each in assistant.library.articles()}
    for file in FILES:
        for item in questions(file):
            if item["type"] not in TYPES:
                continue
            assistant.ask(item["question"])
            start = time.perf_counter()
            coverage = assistant.coverage(item["question"])
            seconds.append(time.perf_counter() - start)
            right[item["type"], file].append(_right(coverage, item, outlet_of, score))
            found = {Path(str(article.path)).stem for article in coverage.articles}
            wanted = {id for id, event in event_of.items() if event == item["event"]}
            recall.append(len(found & wanted) / len(wanted))
            precision.append(len(found & wanted) / max(1, len(found)))
    body = [[kind, file, f"{sum(each)} of {len(each)}"] for (kind, file), each in right.items()]
    told = table(["questions", "file", "all facts with their outlets"], body)
    event = table(
        ["the event's articles found", "of those found, the event's", "seconds after an answer, median", "longest"],
        [[f"{np.mean(recall):.3f}", f"{np.mean(precision):.3f}", f"{np.median(seconds):.2f}", f"{max(seconds):.2f}"]],
    )
    return f"{told}\n\n{event}"


def _of_labels(library: Library) -> str:
    articles = {Path(str(article.path)).stem: article for article in library.articles()}
    event_of = {each["id"]: each["event"] for each in json.loads((bench() / "index.json").read_text("utf-8"))}
    row_of = _rows(library, articles, event_of)
    pairs = _labels("quotes")
    together = [bool(_rows_at(row_of, pair["a"]) & _rows_at(row_of, pair["b"])) for pair in pairs]
    speakers = [
        any(same_person(each.speaker, label["speaker"]) for _, each in _at(row_of, label))
        for label in _labels("speakers")
    ]
    written = [
        {
            frozenset(origin.articles)
            for origin in origins(library, [articles[id] for group in label["articles"] for id in group])
        }
        == {frozenset(articles[id].id for id in group) for group in label["articles"]}
        for label in _labels("origins")
    ]
    computed = [list(_dated(library, articles, label)) for label in _labels("dates")]
    right_day = [
        any((str(each.first), str(each.last)) == (label["from"], label["until"]) for each in found)
        for label, found in zip(_labels("dates"), computed, strict=True)
    ]
    told = [any(_is(each, label["date"]) for each in _dated(library, articles, label)) for label in _labels("timeline")]
    same = [each for pair, each in zip(pairs, together, strict=True) if pair["same"]]
    other = [each for pair, each in zip(pairs, together, strict=True) if not pair["same"]]
    some = [right for right, found in zip(right_day, computed, strict=True) if found]
    rows: list[tuple[str, list[bool]]] = [
        ("quotes of one utterance that stand in one row", same),
        ("quotes of different utterances that stand in one row", other),
        ("quotations whose speaker is right", speakers),
        ("events whose origins are right", written),
        ('days told by the article\'s own ("on Monday") that are right', right_day),
        ("of those computed at all", some),
        ("dated sentences of three events that are dated so in the timeline", told),
    ]
    body = [[name, f"{sum(each)} of {len(each)}", f"{np.mean(each):.3f}"] for name, each in rows]
    return table(["labels", "number", "share"], body)


def _labels(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (fit_relation.LABELS / f"{name}.jsonl").read_text("utf-8").splitlines()]


def _rows(library: Library, articles: dict[str, Article], event_of: dict[str, str]) -> dict[str, list[_InRow]]:
    """Of each article its quotations, each with the row that it stands in among its event's."""
    found: dict[str, list[_InRow]] = {}
    for event in sorted(set(event_of.values())):
        told = [
            (id, wording)
            for id, article in articles.items()
            if event_of[id] == event
            for wording in quoted(article, tuple(library.sentences(article.id)))
            if wording.manner != "indirect"
        ]
        for number, row in enumerate(joined([wording for _, wording in told])):
            for n in row:
                found.setdefault(told[n][0], []).append(((event, number), told[n][1]))
    return found


def _at(row_of: Mapping[str, Sequence[_InRow]], span: dict[str, Any]) -> list[_InRow]:
    """The quotations that stand where the label says, each with its row."""
    return [
        each for each in row_of.get(span["article"], []) if each[1].start < span["end"] and span["start"] < each[1].end
    ]


def _rows_at(row_of: Mapping[str, Sequence[_InRow]], span: dict[str, Any]) -> set[tuple[str, int]]:
    return {row for row, _ in _at(row_of, span)}


def _dated(library: Library, articles: dict[str, Article], label: dict[str, Any]) -> Iterator[Dated]:
    """What is dated where the label says."""
    article = articles[label["article"]]
    for each in dated(article, library.sentences(article.id)):
        if each.words[0] < label["end"] and label["start"] < each.words[1]:
            yield each


def _is(each: Dated, label: str) -> bool:
    """Whether it is dated as the label tells: a year, a month or a day, or from one to another."""
    first, _, last = label.partition("/")
    return str(each.first).startswith(first) and str(each.last).startswith(last or first)


def _right(coverage: Coverage, item: dict[str, Any], outlet_of: dict[str, str | None], score: Any) -> bool:
    return all(_found(coverage, fact, item["evidence"], outlet_of, score) for fact in item["answers"])


def _found(
    coverage: Coverage, fact: list[str], evidence: list[dict[str, str]], outlet_of: dict[str, str | None], score: Any
) -> bool:
    telling = [each for each in evidence if score.has(score.norm(each["quote"]), fact)] or evidence
    outlets = {outlet_of.get(each["article"]) for each in telling}
    return any(
        score.has(score.norm(article.text[sentence.start : sentence.end]), fact)
        for claim in coverage.claims
        for account in claim.accounts
        if account.sentence and account.article.outlet in outlets
        for article, sentence in ((account.article, account.sentence), *account.also)
    )


if __name__ == "__main__":
    main()
