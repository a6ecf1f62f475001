"""Whether quotes, speakers, origins and dates are those that readers labelled: tests/data/coverage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import DEV_STORE, bench, dev_library, open_assistant, table, write_section
from benchmarks.fit_relation import LABELS
from rag.article import Article
from rag.coverage.origins import origins
from rag.coverage.people import same_person
from rag.coverage.quotes import Wording, joined, quoted
from rag.library.library import Library
from rag.text.dated_sentences import DatedSentence, dated

SECTION = "Who says what: the labels"
READERS = (
    "Two language-model readers labelled 96 pairs of quotes and 66 of sentences, the second without sight of the "
    "first's labels; they agreed on all, which says more of the pairs chosen than of the readers. Of the pairs of "
    "sentences that are only fitted on, one reader labelled 336 twice, in another order, with the same label for 329, "
    "and 55 once."
)
_InRow = tuple[tuple[str, int], Wording]


def main() -> None:
    """Compare with the labels, and write the table."""
    dev_library()
    with open_assistant(DEV_STORE) as assistant:
        write_section(SECTION, measured(assistant.library))


def measured(library: Library) -> str:
    """The table of how many of the labels are met; `library` holds the development set."""
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
    return f"{READERS}\n\n" + table(["labels", "number", "share"], body)


def _labels(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LABELS / f"{name}.jsonl").read_text("utf-8").splitlines()]


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


def _dated(library: Library, articles: dict[str, Article], label: dict[str, Any]) -> Iterator[DatedSentence]:
    """What is dated where the label says."""
    article = articles[label["article"]]
    for each in dated(article, library.sentences(article.id)):
        if each.words[0] < label["end"] and label["start"] < each.words[1]:
            yield each


def _is(each: DatedSentence, label: str) -> bool:
    """Whether it is dated as the label tells: a year, a month or a day, or from one to another."""
    first, _, last = label.partition("/")
    return str(each.first).startswith(first) and str(each.last).startswith(last or first)


if __name__ == "__main__":
    main()
