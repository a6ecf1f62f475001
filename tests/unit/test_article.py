"""The nouns: what they are called, when they count as changed, and how a reply is printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag.article import Article, fingerprint
from rag.reply import Citation, Filters, Reply, RetrievedPassage, State, Statement

FERRY = Article(
    text="The ferry left.", title="Ferry", outlet="Linnet Herald", published="2031-03-11", authors=("Ada Quill",)
)


@pytest.mark.parametrize(
    ("article", "label"),
    [
        (FERRY, "Ferry"),
        (Article(text="One two three."), "One two three."),
        (Article(text="1 2 3 4 5\n6 7 8 9 10"), "1 2 3 4 5 6 7 8 9 10"),
        (Article(text="1 2 3 4 5\n6 7 8 9 10 11 12"), "1 2 3 4 5 6 7 8 9 10…"),
        (Article(text="", title=""), ""),
    ],
)
def test_a_list_calls_it_by_headline_or_first_words(article: Article, label: str) -> None:
    assert article.label == label


@pytest.mark.parametrize(
    ("field", "value", "changes"),
    [
        ("text", "The ferry came back.", True),
        ("title", None, True),
        ("published", "2031-03-12", True),
        ("authors", ("Ada Quill", "Ben Oake"), True),
        ("path", "/elsewhere", False),
        ("url", "https://a.example/1", False),
        ("id", "x", False),
        ("version", 2, False),
        ("published_at", "2031-03-11T14:05:00+09:00", False),
    ],
)
def test_an_article_has_changed_when_a_reader_would_see_it(field: str, value: object, changes: bool) -> None:
    assert (replace(FERRY, **{field: value}).content_hash != FERRY.content_hash) is changes  # type: ignore[arg-type]


def test_a_fingerprint_is_the_sha256_of_utf_8() -> None:
    assert fingerprint("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"
    assert len(fingerprint("\ud800")) == 64


def test_filters_say_whether_there_are_any() -> None:
    assert not Filters()
    assert Filters(outlets=("A",))
    assert Filters(since=date(2031, 3, 11))
    assert Filters(("A",), date(2031, 3, 11), None).to_json() == {
        "outlets": ["A"], "since": "2031-03-11", "until": None
    }  # fmt: skip


@pytest.mark.parametrize(("state", "abstained"), [("answered", False), ("related", True), ("nothing", True)])
def test_a_reply_is_an_answer_or_none(state: State, abstained: bool) -> None:
    quote = "The ferry left."
    citation = Citation(1, "id", "Ferry", "Linnet Herald", None, None, None, "/f.txt", 0, 15, quote, True)
    reply = Reply("q", "q", Filters(), (Statement("Closest:"),), state, "not_covered", "extract", more=(citation,))

    assert reply.abstained is abstained
    told = reply.to_json()
    assert (told["state"], told["abstained"], told["answer"]) == (state, abstained, "Closest:")
    (more,) = told["more"]
    assert (more["quote"], "number" in more) == (quote, False)


def test_a_reply_is_printed_by_the_contract() -> None:
    quote = "The ferry left."
    reply = Reply(
        question="When did it leave?",
        query="When did the ferry leave?",
        filters=Filters(),
        statements=(Statement(quote, (1,)), Statement("It came back.", (1, 2))),
        state="answered",
        reason=None,
        answered_by="extract",
        citations=(Citation(1, "id", "Ferry", "Linnet Herald", None, None, None, "/f.txt", 0, 15, quote, True),),
        retrieved=(RetrievedPassage(1, "id", "Linnet Herald", None, "/f.txt", 0, 15, quote, 0.5),),
        timings={"total_ms": 3},
    )

    assert reply.to_json("q1") == {
        "id": "q1",
        "question": "When did it leave?",
        "query": "When did the ferry leave?",
        "filters": {"outlets": [], "since": None, "until": None},
        "answer": "The ferry left. [1] It came back. [1] [2]",
        "direct": None,
        "state": "answered",
        "abstained": False,
        "reason": None,
        "answered_by": "extract",
        "intent": "fact",
        "blocks": [],
        "citations": [
            {
                "number": 1,
                "article_id": "id",
                "title": "Ferry",
                "outlet": "Linnet Herald",
                "origin": None,
                "published": None,
                "url": None,
                "path": "/f.txt",
                "start": 0,
                "end": 15,
                "quote": quote,
                "checked": True,
                "published_at": None,
            }
        ],
        "more": [],
        "retrieved": [
            {
                "rank": 1,
                "article_id": "id",
                "outlet": "Linnet Herald",
                "url": None,
                "path": "/f.txt",
                "start": 0,
                "end": 15,
                "text": quote,
                "score": 0.5,
            }
        ],
        "timings": {"total_ms": 3},
    }
