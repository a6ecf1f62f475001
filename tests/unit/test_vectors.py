"""Search by meaning: the Chroma collection, its generations, and its records as LlamaIndex has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.article import Article, Passage
from rag.library.catalogue import Embedded
from rag.library.index import UNDATED, TornIndex, day_number, guarded
from rag.library.vectors import VectorIndex, passage_node
from rag.reply import Filters

EAST, NORTH, NORTH_EAST = (1.0, 0.0), (0.0, 1.0), (0.8, 0.6)


def passages(id: str, vector: tuple[float, float], **more: str) -> tuple[Article, list[Embedded]]:
    article = Article(id=id, text=f"Text of {id}.", **more)  # type: ignore[arg-type]
    passage = Passage(f"{id}-0", id, 0, len(article.text))
    return article, [Embedded(passage, "hash", np.array(vector, np.float32).tobytes())]


ARTICLES = [
    passages("march", EAST, outlet="Linnet Herald", published="2031-03-11"),
    passages("april", NORTH, outlet="Hollin Islander", published="2031-04-01"),
    passages("undated", NORTH_EAST, outlet="Linnet Herald"),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    index = VectorIndex(tmp_path)
    index.rebuild(ARTICLES)
    yield index
    index.close()


def test_the_nearest_come_first(index: VectorIndex) -> None:
    assert index.search(EAST, 10) == [
        ("march-0", pytest.approx(1.0, abs=1e-6)),
        ("undated-0", pytest.approx(0.8, abs=1e-6)),
        ("april-0", pytest.approx(0.0, abs=1e-6)),
    ]
    assert [id for id, _ in index.search(NORTH, 1)] == ["april-0"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(outlets=("Linnet Herald",)), ["march-0", "undated-0"]),
        (Filters(outlets=("Linnet Herald", "Hollin Islander")), ["march-0", "undated-0", "april-0"]),
        (Filters(outlets=("Nobody",)), []),
        (Filters(since=date(2031, 4, 1)), ["undated-0", "april-0"]),
        (Filters(until=date(2031, 3, 11)), ["march-0", "undated-0"]),
        (Filters(since=date(2031, 3, 12), until=date(2031, 3, 31)), ["undated-0"]),
        (Filters(("Hollin Islander",), date(2031, 1, 1), date(2031, 12, 31)), ["april-0"]),
    ],
)
def test_conditions(index: VectorIndex, filters: Filters, expected: list[str]) -> None:
    assert [id for id, _ in index.search(EAST, 10, filters)] == expected


def test_changes(index: VectorIndex) -> None:
    index.update(["march", "april", "never there"], [passages("march", NORTH), passages("may", EAST)])

    assert index.count() == 3
    assert [id for id, _ in index.search(EAST, 1)] == ["may-0"]


def test_doing_a_change_twice_does_no_harm(index: VectorIndex) -> None:
    for _ in range(2):
        index.update(["march"], [passages("march", NORTH)])

    assert index.count() == 3


def test_a_sample_is_found_by_its_own_vectors_or_not(index: VectorIndex) -> None:
    there = ("march-0", np.array(EAST, np.float32).tobytes())
    gone = ("gone-0", np.array((-1.0, 0.0), np.float32).tobytes())
    assert index.share_found([there]) == index.share_found([]) == 1
    assert index.share_found([there, gone]) == 0.5


def test_a_rebuild_is_a_new_generation(index: VectorIndex, tmp_path: Path) -> None:
    assert (tmp_path / "chroma.current").read_text() == "chroma-1"

    index.rebuild(ARTICLES[:1])

    assert (tmp_path / "chroma.current").read_text() == "chroma-2"
    assert [path.name for path in tmp_path.glob("chroma-*")] == ["chroma-2"]
    assert index.count() == 1


def test_what_a_broken_rebuild_left_is_cleared_away(index: VectorIndex, tmp_path: Path) -> None:
    index.close()
    (tmp_path / "chroma-2").mkdir()
    (tmp_path / "chroma-2" / "chroma.sqlite3").write_bytes(b"half a file")

    index.open()
    index.sweep()

    assert [path.name for path in tmp_path.glob("chroma-*")] == ["chroma-1"]
    assert index.count() == 3


@pytest.mark.parametrize("content", [None, b"", b"chroma-7", b"../elsewhere", b"\xff\xfe\x00", b"\x00" * 8])
def test_a_pointer_to_nothing(index: VectorIndex, tmp_path: Path, content: bytes | None) -> None:
    index.close()
    (tmp_path / "chroma.current").unlink()
    if content is not None:
        (tmp_path / "chroma.current").write_bytes(content)

    with pytest.raises(TornIndex):
        index.open()


def test_a_passage_as_a_node() -> None:
    article = Article(
        id="ferry", text="Before. The ferry left.", title="Ferry", outlet="Linnet Herald", published="2031-03-11", url="https://a.example/1"
    )  # fmt: skip
    vector = np.array(EAST, np.float32).tobytes()

    node = passage_node(article, Embedded(Passage("ferry-1-1", "ferry", 8, 23), "hash", vector))

    assert (node.node_id, node.text, node.start_char_idx, node.end_char_idx) == ("ferry-1-1", "The ferry left.", 8, 23)
    assert node.embedding == [1.0, 0.0]
    assert node.ref_doc_id == "ferry"
    assert node.metadata == {
        "article_id": "ferry",
        "title": "Ferry",
        "outlet": "Linnet Herald",
        "published": "2031-03-11",
        "day": day_number("2031-03-11"),
        "url": "https://a.example/1",
    }


def test_days_are_counted() -> None:
    assert day_number("0001-01-01") == 1
    assert day_number("2031-03-12") - day_number(date(2031, 3, 11)) == 1
    assert day_number("2031-03-12T10:00") == day_number("2031-03-12")
    assert day_number(None) == day_number("") == UNDATED


def test_whatever_goes_wrong_in_an_index_is_one_error_of_a_readable_length() -> None:
    class Panic(BaseException):
        """What a Rust core raises."""

    def fail(error: BaseException) -> None:
        raise error

    with pytest.raises(TornIndex, match=r"^broken$"):
        guarded(fail, Panic("broken"))
    with pytest.raises(TornIndex, match=r"^Panic$"):
        guarded(fail, Panic())
    with pytest.raises(TornIndex) as raised:
        guarded(fail, ValueError("word " * 1000))
    assert len(str(raised.value)) <= 200
    with pytest.raises(KeyboardInterrupt):
        guarded(fail, KeyboardInterrupt())
