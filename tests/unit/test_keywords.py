"""Search by words: what is found, in which order, under which conditions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.article import Article, Passage
from rag.library.catalogue import Embedded
from rag.library.index import TornIndex
from rag.library.keywords import KeywordIndex
from rag.reply import Filters

VECTOR = np.zeros(2, np.float32).tobytes()


def passages(id: str, text: str, **more: str) -> tuple[Article, list[Embedded]]:
    article = Article(id=id, text=text, **more)  # type: ignore[arg-type]
    return article, [Embedded(Passage(f"{id}-0", id, 0, len(text)), "hash", VECTOR)]


def indexed(tmp_path: Path) -> KeywordIndex:
    index = KeywordIndex(tmp_path)
    index.rebuild(
        [
            passages("march", "The ferry was late again.", outlet="Linnet Herald", published="2031-03-11"),
            passages("april", "The ferry left the harbour.", outlet="Hollin Islander", published="2031-04-01"),
            passages("undated", "A ferry is a boat.", outlet="Linnet Herald"),
            passages("hindi", "यह हिन्दी में है।"),
            passages("bridge", "It was closed on Tuesday.", title="The bridge’s end", published="2031-03-12"),
        ]
    )
    return index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[KeywordIndex]:
    index = indexed(tmp_path)
    yield index
    index.close()


def found(index: KeywordIndex, query: str, filters: Filters = Filters(), limit: int = 10) -> set[str]:
    return {id.removesuffix("-0") for id, _ in index.search(query, limit, filters)}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ferry", {"march", "april", "undated"}),
        ("FERRIES", {"march", "april", "undated"}),
        ("Which ferries were late?", {"march", "april", "undated"}),
        ("bridge", {"bridge"}),
        ("bridge's", {"bridge"}),
        ("the bridge’s_tuesday", {"bridge"}),
        ("हिन्दी", {"hindi"}),
        ("harbour Tuesday", {"april", "bridge"}),
        ("tram", set()),
        ("the of and", set()),
        ("", set()),
        ("?!…", set()),
        ("北京", set()),
    ],
)
def test_words(index: KeywordIndex, query: str, expected: set[str]) -> None:
    assert found(index, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "article:march",
        "-ferry",
        "ferry AND tram",
        '"ferry tram"~2',
        "fer*",
        "day:[1 TO 9]",
        "(ferry",
        "ferry^9 \\",
        "/f.*/",
    ],
)
def test_nothing_in_a_question_is_an_operator(index: KeywordIndex, query: str) -> None:
    assert found(index, query) in ({"march", "april", "undated"}, set())


def test_the_best_come_first_and_no_more_than_asked_for(index: KeywordIndex) -> None:
    ranked = index.search("the late ferry", 2)

    assert len(ranked) == 2
    assert ranked[0][0] == "march-0"
    assert ranked[0][1] > ranked[1][1] > 0


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(outlets=("Linnet Herald",)), {"march", "undated"}),
        (Filters(outlets=("Linnet Herald", "Hollin Islander")), {"march", "april", "undated"}),
        (Filters(outlets=("Nobody",)), set()),
        (Filters(since=date(2031, 4, 1)), {"april", "undated"}),
        (Filters(until=date(2031, 3, 31)), {"march", "undated"}),
        (Filters(since=date(2031, 3, 11), until=date(2031, 3, 11)), {"march", "undated"}),
        (Filters(("Hollin Islander",), until=date(2031, 3, 31)), set()),
    ],
)
def test_conditions(index: KeywordIndex, filters: Filters, expected: set[str]) -> None:
    assert found(index, "ferry", filters) == expected


def test_a_condition_does_not_change_the_scores(index: KeywordIndex) -> None:
    scores = dict(index.search("late ferry", 10))
    conditions = Filters(("Linnet Herald",), date(2031, 3, 1), date(2031, 3, 31))

    assert dict(index.search("late ferry", 10, conditions)) == {
        id: pytest.approx(scores[id]) for id in ("march-0", "undated-0")
    }


def test_changes(index: KeywordIndex) -> None:
    index.update(["march", "april"], [passages("march", "The tram was late.")])

    assert index.count() == 4
    assert found(index, "ferry") == {"undated"}
    assert found(index, "tram") == {"march"}


def test_doing_a_change_twice_does_no_harm(index: KeywordIndex) -> None:
    for _ in range(2):
        index.update(["march"], [passages("march", "The tram was late.")])

    assert index.count() == 5


def test_it_opens_again(tmp_path: Path) -> None:
    indexed(tmp_path).close()
    index = KeywordIndex(tmp_path)
    index.open()

    assert found(index, "ferry") == {"march", "april", "undated"}
    index.close()


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(TornIndex):
        KeywordIndex(tmp_path).open()
