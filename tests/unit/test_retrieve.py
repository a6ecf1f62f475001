"""From a query to passages: two rankings made one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rag.library.library import Library
from rag.querying.retrieve import HybridRetriever, fuse
from rag.reply import Filters
from tests.support.checks import generated_articles, put_in
from tests.support.fakes import WordCountEmbedding


def test_ranks_are_added_up() -> None:
    assert fuse([["a", "b", "c"], ["c", "a"]]) == {
        "a": pytest.approx(1 / 61 + 1 / 62),
        "c": pytest.approx(1 / 63 + 1 / 61),
        "b": pytest.approx(1 / 62),
    }
    assert list(fuse([["a", "b", "c"], ["c", "a"]])) == ["a", "c", "b"]
    assert list(fuse([["a"], ["b"]])) == ["a", "b"]
    assert fuse([]) == fuse([[], []]) == {}


def test_passages_come_as_nodes_best_first(library: Library, embedding: WordCountEmbedding, tmp_path: Path) -> None:
    put_in(library, embedding, generated_articles(tmp_path / "generated", 20))

    found = HybridRetriever(library, embedding, limit=7).retrieve("What did word13 meet on day 4?")

    assert len(found) == 7
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    best = found[0].node
    article = library.article(best.metadata["article_id"])
    assert "word13" in article.text
    assert article.text[best.start_char_idx : best.end_char_idx] == best.text  # type: ignore[attr-defined]
    assert best.metadata == {
        "article_id": article.id, "title": article.title, "undated": False, "article": article
    }  # fmt: skip


def test_an_empty_library_gives_none(library: Library, embedding: WordCountEmbedding) -> None:
    assert HybridRetriever(library, embedding).retrieve("Who?") == []


@pytest.mark.parametrize(
    "step",
    [
        "by_words",
        "passages",
    ],
)
def test_what_is_removed_meanwhile_is_left_out(
    library: Library, embedding: WordCountEmbedding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The page removes in one thread while it asks in another."""
    put_in(library, embedding, generated_articles(tmp_path / "generated", 3))
    gone, *left = library.catalogue.ids()
    real = getattr(library, step)

    def removed_after(*arguments: object) -> object:
        found = real(*arguments)
        library.remove([gone])
        return found

    monkeypatch.setattr(library, step, removed_after)

    found = HybridRetriever(library, embedding).retrieve("What does article1 say of harbour3?")

    assert {each.node.metadata["article_id"] for each in found} == set(left)


def test_undated_ones_are_marked_and_last_where_dates_are_asked_for(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    (articles / "a.jsonl").write_text(
        '{"text": "The ferry was late."}\n{"text": "The ferry left.", "date": "2031-03-11", "url": "http://a.example/1"}'
    )
    put_in(library, embedding, articles)

    anyhow = HybridRetriever(library, embedding).retrieve("Was the ferry late?")
    dated = HybridRetriever(library, embedding, Filters(since=date(2031, 1, 1))).retrieve("Was the ferry late?")

    assert [(each.node.text, each.node.metadata["undated"]) for each in anyhow] == [  # type: ignore[attr-defined]
        ("The ferry was late.", False), ("The ferry left.", False)
    ]  # fmt: skip
    assert [(each.node.text, each.node.metadata["undated"]) for each in dated] == [  # type: ignore[attr-defined]
        ("The ferry left.", False), ("The ferry was late.", True)
    ]  # fmt: skip
