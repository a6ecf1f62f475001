"""The second look at the passages, word by word."""

from __future__ import annotations

import json
from pathlib import Path

from llama_index.core.schema import NodeWithScore

from rag.library.library import Library
from rag.querying.cross_encoder import chosen_model
from rag.querying.rerank import LateInteraction, spread
from rag.querying.retrieve import HybridRetriever
from rag.querying.understand import Query
from tests.checks import put_in
from tests.fakes import WordCountEmbedding


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(json.dumps({"text": text, "url": f"https://a.example/{name}"}))


def reranked(library: Library, embedding: WordCountEmbedding, question: str) -> list[NodeWithScore]:
    found = HybridRetriever(library, embedding).retrieve(question)
    return LateInteraction(embedding=embedding, library=library).rerank(Query(question, len(question)), found)


def test_the_passage_that_has_the_rare_words_comes_first(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    write(
        articles,
        tram="The tram was late. The tram stopped. The tram left.",
        ferry="A zeppelin crossed the river. The tram was late.",
        bridge="The bridge was closed.",
    )
    put_in(library, embedding, articles)

    found = reranked(library, embedding, "Was the zeppelin late?")

    assert found[0].node.get_content().startswith("A zeppelin")
    assert [each.score for each in found] == sorted((each.score or 0 for each in found), reverse=True)
    matches = found[0].node.metadata["matches"]
    assert [match.sentence for match in matches] == library.sentences(found[0].node.metadata["article_id"])
    assert matches[0].interaction > matches[1].interaction
    assert all(-1.001 <= value <= 1.001 for match in matches for value in (match.similarity, match.interaction))


def test_agency_copy_comes_after_everything_else(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    copy = "The harbour master closed the bridge on Tuesday after the barge struck it in fog."
    write(articles, one=copy, two=copy + " So it said.", three="The bridge is old.")
    put_in(library, embedding, articles)

    found = reranked(library, embedding, "Who closed the bridge on Tuesday?")

    assert [each.node.get_content() == "The bridge is old." for each in found] == [False, True, False]


def test_nothing_found_is_nothing_ranked(library: Library, embedding: WordCountEmbedding) -> None:
    assert reranked(library, embedding, "Who?") == []


def test_an_article_removed_and_added_again_with_another_text_is_read_anew(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    question, late = "Was the ferry late?", LateInteraction(embedding=embedding, library=library)
    scores = []
    for text in ("The bridge was closed by engineers.", "The ferry was late."):
        library.remove(library.catalogue.ids())
        write(articles, one=text)
        put_in(library, embedding, articles)
        found = HybridRetriever(library, embedding).retrieve(question)
        (each,) = late.rerank(Query(question, len(question)), found)
        (afresh,) = LateInteraction(embedding=embedding, library=library).rerank(Query(question, len(question)), found)
        scores.append((each.score, afresh.score))

    assert scores[0][0] == scores[0][1]
    assert scores[1][0] == scores[1][1]


def test_one_passage_of_each_outlet_before_a_second_of_any(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    write(articles, a="The ferry one.", b="The ferry two.", c="The ferry three.", d="The ferry four.")
    put_in(library, embedding, articles)
    found = HybridRetriever(library, embedding).retrieve("ferry")
    ids = [each.node.metadata["article_id"] for each in found]

    order = spread(found, dict(zip(ids, ["BBC", "BBC", None, "CNN"], strict=True)))

    assert [ids.index(each.node.metadata["article_id"]) for each in order] == [0, 2, 3, 1]


def test_a_cross_encoder_is_used_where_there_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "cross-encoder"
    assert chosen_model("a/name", folder) == "a/name"
    assert chosen_model(None, folder) is None
    folder.mkdir()
    (folder / "config.json").touch()
    assert chosen_model(None, folder) == str(folder)
