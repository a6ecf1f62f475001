"""Citations: numbered in order, letter by letter, and struck out where they are not."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from rag.library.library import Library
from rag.querying.citations import check, cite
from rag.querying.compose import Evidence
from rag.reply import Citation, Statement
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding

TEXT = "The ferry left\nat noon. It came back."


@pytest.fixture
def evidence(library: Library, embedding: WordCountEmbedding, articles: Path) -> list[Evidence]:
    (articles / "ferry.txt").write_text("Ferry late\n\n" + TEXT)
    put_in(library, embedding, articles)
    (article,) = library.articles()
    return [Evidence(article, 24, 37), Evidence(article, 0, 23)]


def test_each_sentence_has_its_own_number(evidence: list[Evidence], library: Library) -> None:
    statements, citations = cite(evidence, library)

    assert statements == (Statement("It came back.", (1,)), Statement("The ferry left at noon.", (2,)))
    article = evidence[0].article
    assert citations == tuple(
        Citation(
            number, article.id, "Ferry late", None, None, None, None, article.path, start, end, TEXT[start:end], True
        )
        for number, start, end in [(1, 24, 37), (2, 0, 23)]
    )


def test_what_does_not_stand_there_is_struck_out_and_logged(
    evidence: list[Evidence], library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    altered = replace(evidence[0], article=replace(evidence[0].article, text=TEXT.replace("back", "home")))

    with caplog.at_level(logging.ERROR):
        statements, citations = cite([altered, evidence[1]], library)

    assert statements == (Statement("The ferry left at noon.", (1,)),)
    assert [citation.quote for citation in citations] == ["The ferry left\nat noon."]
    assert "failed its check" in caplog.text


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({}, True),
        ({"quote": "It came home."}, False),
        ({"start": 23}, False),
        ({"end": 36}, False),
        ({"article_id": "nobody"}, False),
        ({"start": 24, "end": 24, "quote": ""}, False),
        ({"start": 900, "end": 901, "quote": ""}, False),
        ({"start": -13, "end": 37}, False),
    ],
)
def test_a_quote_is_checked_to_the_letter(
    evidence: list[Evidence], library: Library, change: dict[str, object], passes: bool
) -> None:
    _, (citation, _) = cite(evidence, library)

    assert check(replace(citation, **change), library) is passes  # type: ignore[arg-type]
