"""The passages read with the question: in their order, each sentence once, remembered, undated ones last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.library.library import Library
from rag.models.reader import Answer, Reading
from rag.querying.read import PASSAGES_READ, UNREAD, PassageReader, candidates
from rag.querying.retrieve import HybridRetriever
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding


class SharedWords:
    """Reads in one's head: a sentence's score is how many of the question's words it has, less one."""

    def __init__(self) -> None:
        self.read_so_far: list[str] = []

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Reading]:
        wanted = set(question.lower().strip("?").split())
        readings = []
        for _, sentences in passages:
            self.read_so_far.append(" ".join(sentences))
            answers = [len(wanted & set(each.lower().strip(".").split())) - 1.0 for each in sentences]
            readings.append(Reading(tuple(Answer(score, 0, 3, 1.0, 0.5) for score in answers), 0.0))
        return readings


@pytest.fixture
def reader() -> SharedWords:
    return SharedWords()


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(json.dumps({"text": text, "url": f"https://a.example/{name}"}))


def find(library: Library, embedding: WordCountEmbedding, question: str) -> list[NodeWithScore]:
    return HybridRetriever(library, embedding).retrieve(question)


def test_the_passage_with_the_best_sentence_comes_first(
    library: Library, embedding: WordCountEmbedding, articles: Path, reader: SharedWords
) -> None:
    write(articles, tram="The tram was late. It rained.", ferry="It rained. The zeppelin was late.", bridge="A bridge.")
    put_in(library, embedding, articles)
    question = "Was the zeppelin late?"

    passages = PassageReader(reader=reader, library=library).read(question, find(library, embedding, question))

    assert [each.node.get_content() for each in passages[:2]] == [
        "It rained. The zeppelin was late.",
        "The tram was late. It rained.",
    ]
    assert [each.score for each in passages] == sorted((each.score or 0 for each in passages), reverse=True)
    first, *others = candidates(passages)
    assert (first.text, first.answer.score) == ("The zeppelin was late.", 3.0)
    assert first.article.text[slice(*first.words)] == "The"
    assert [each.answer.score for each in others] == sorted((each.answer.score for each in others), reverse=True)


def test_only_the_first_passages_are_read_and_the_others_come_last(
    library: Library, embedding: WordCountEmbedding, articles: Path, reader: SharedWords
) -> None:
    write(articles, **{f"a{n}": f"The ferry number {n} was late." for n in range(PASSAGES_READ + 3)})
    put_in(library, embedding, articles)
    found = find(library, embedding, "Was the ferry late?")

    passages = PassageReader(reader=reader, library=library).read("Was the ferry late?", found)

    assert len(reader.read_so_far) == PASSAGES_READ
    assert [each.score for each in passages[PASSAGES_READ:]] == [UNREAD] * 3
    assert {each.node.node_id for each in passages} == {each.node.node_id for each in found}
    assert len(candidates(passages)) == PASSAGES_READ


def test_what_was_read_lately_is_not_read_again(
    library: Library, embedding: WordCountEmbedding, articles: Path, reader: SharedWords
) -> None:
    write(articles, one="The ferry was late.", two="The tram was late.")
    put_in(library, embedding, articles)
    found = find(library, embedding, "Was the ferry late?")
    passages = PassageReader(reader=reader, library=library)

    once, again = (passages.read("Was the ferry late?", found) for _ in range(2))
    passages.read("Was the tram late?", found)

    assert len(reader.read_so_far) == 4
    assert [each.score for each in once] == [each.score for each in again]


def test_an_article_removed_and_added_again_with_another_text_is_read_anew(
    library: Library, embedding: WordCountEmbedding, articles: Path, reader: SharedWords
) -> None:
    passages = PassageReader(reader=reader, library=library)
    for text in ("The bridge was closed.", "The ferry was late."):
        library.remove(library.catalogue.ids())
        write(articles, one=text)
        put_in(library, embedding, articles)
        passages.read("Was the ferry late?", find(library, embedding, "Was the ferry late?"))

    assert reader.read_so_far == ["The bridge was closed.", "The ferry was late."]


def test_it_is_a_node_postprocessor_as_llama_index_has_them(
    library: Library, embedding: WordCountEmbedding, articles: Path, reader: SharedWords
) -> None:
    write(articles, one="The tram was late.", two="The ferry was late.")
    put_in(library, embedding, articles)

    passages = PassageReader(reader=reader, library=library).postprocess_nodes(
        find(library, embedding, "ferry"), QueryBundle("ferry")
    )

    assert passages[0].node.get_content() == "The ferry was late."


def test_nothing_found_is_nothing_read(library: Library, reader: SharedWords) -> None:
    assert PassageReader(reader=reader, library=library).read("Who?", []) == []
    assert candidates([]) == []


def test_furniture_of_the_page_is_no_candidate(
    library: Library, embedding: WordCountEmbedding, articles: Path, reader: SharedWords
) -> None:
    write(articles, zeppelin="The zeppelin was late.\n\nZeppelin late 3 of 34\n\nIt rained.")
    put_in(library, embedding, articles)
    question = "Was the zeppelin late?"

    passages = PassageReader(reader=reader, library=library).read(question, find(library, embedding, question))

    assert [each.text for each in candidates(passages)] == ["The zeppelin was late.", "It rained."]
