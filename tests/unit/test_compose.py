"""Answers composed of what was read: how much of it, each outlet's account, and the sentence where nothing answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from llama_index.core.schema import NodeWithScore, TextNode

from rag.article import Article
from rag.models.reader import Answer
from rag.querying.compose import (
    CHOSEN,
    Composed,
    Rules,
    article_reading,
    compose,
    not_mentioned,
)
from rag.querying.outlet_accounts import differing_accounts, named_accounts
from rag.querying.query import Query
from rag.querying.read import UNREAD, Candidate, margin
from rag.text.answer_values import value_of

RULES = Rules(answers=0.0, relates=-2.0, most_sentences=3, most_words=20, most_behind=3.0)


def passage(*sentences: tuple[str, float], outlet: str | None = None, published: str | None = None) -> NodeWithScore:
    """A passage, which is a whole article, with the score of each of its sentences; the first two words answer."""
    text = " ".join(each for each, _ in sentences)
    article = Article(text=text, outlet=outlet, published=published, id=text)
    found = []
    for each, score in sentences:
        start = text.index(each)
        words = len(" ".join(each.split()[:2]))
        found.append(Candidate(article, start, start + len(each), Answer(score, 0, words, 1.0, 0.5)))
    about = {"article": article, "article_id": article.id, "candidates": tuple(found), "nothing": 0.0}
    node = TextNode(text=text, metadata=about)
    return NodeWithScore(node=node, score=max(score for _, score in sentences))


def test_the_best_sentences_of_all_passages_answer_best_first() -> None:
    passages = [
        passage(("Ten boats sank.", 1.0), ("It rained.", -5.0)),
        passage(("Twelve ships sank in all.", 2.5), ("Nobody saw the storm come.", 0.1)),
    ]

    composed = compose(passages, RULES)

    assert [each.text for each in composed.evidence] == [
        "Twelve ships sank in all.",
        "Ten boats sank.",
        "Nobody saw the storm come.",
    ]
    first = composed.evidence[0]
    assert first.words is not None
    assert first.article.text[slice(*first.words)] == "Twelve ships"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (replace(RULES, most_sentences=1), 1),
        (replace(RULES, most_behind=2.0), 2),
        (replace(RULES, most_words=9), 2),
        (replace(RULES, most_words=2), 1),
    ],
)
def test_an_answer_is_no_longer_than_its_rules_say(rules: Rules, expected: int) -> None:
    passages = [passage(("Twelve ships sank in all.", 2.5), ("Ten boats sank.", 1.0), ("Nobody saw the storm.", 0.1))]

    assert len(compose(passages, rules).evidence) == expected


def test_nothing_is_said_twice_unless_the_figures_differ() -> None:
    said = [
        passage(("The storm sank ten boats off Linnet.", 3.0)),
        passage(("The storm sank ten boats off Linnet on Monday.", 2.9)),
        passage(("The storm sank 12 boats off Linnet.", 2.8)),
    ]

    assert [each.text for each in compose(said, RULES).evidence] == [
        "The storm sank ten boats off Linnet.",
        "The storm sank 12 boats off Linnet.",
    ]


def test_below_the_threshold_nothing_answers() -> None:
    assert compose([passage(("Ten boats sank.", -0.5))], RULES) == Composed()


def test_nothing_found_is_nothing() -> None:
    assert compose([]) == Composed()


def test_what_answers_stands_out_from_what_says_that_nothing_does() -> None:
    told = passage(("Ten boats sank.", 1.0))
    elsewhere = passage(("It rained.", -5.0))
    for each, nothing in ((told, 2.0), (elsewhere, 4.0)):
        each.node.metadata["nothing"] = nothing

    assert margin([told, elsewhere]) == 1.0 - 3.0
    assert margin([]) == UNREAD
    assert compose([told, elsewhere], replace(RULES, answers=-2.0)).evidence
    assert not compose([told, elsewhere], replace(RULES, answers=-1.9)).evidence


def test_what_is_in_use_shows_less_than_it_leaves_out() -> None:
    assert CHOSEN.relates < CHOSEN.answers


# Accounts


def test_named_outlets_are_heard_in_their_order_under_their_names() -> None:
    by_outlet = {
        "The Post": [passage(("Seven boats sank.", 0.5))],
        "The Herald": [passage(("Nine boats sank.", 2.5), ("Two more were towed home.", 1.0))],
        "The Times": [passage(("It rained.", -6.0))],
    }

    accounts = named_accounts(by_outlet, replace(RULES, most_words=60))

    assert [(each.account, each.text) for each in accounts.evidence] == [
        ("The Post", "Seven boats sank."),
        ("The Herald", "Nine boats sank."),
        ("", "Two more were towed home."),
    ]


def test_there_are_no_accounts_where_no_outlet_answers() -> None:
    assert named_accounts({"The Post": [passage(("It rained.", -1.0))], "The Herald": []}, RULES) == Composed()


def test_values_that_differ_come_with_their_outlets_the_latest_first() -> None:
    passages = [
        passage(("7 boats sank.", 3.0), outlet="The Post", published="2031-01-01"),
        passage(("9 boats sank at sea.", 2.0), outlet="The Herald", published="2031-01-02"),
        passage(("7 boats sank, it said.", 1.0), outlet="The Times", published="2031-01-01"),
        passage(("80 boats sank there.", -5.0), outlet="The Sun", published="2031-01-09"),
    ]

    accounts = differing_accounts(passages, RULES)

    assert [(each.account, each.text) for each in accounts.evidence] == [
        ("The Herald", "9 boats sank at sea."),
        ("The Post, The Times", "7 boats sank."),
    ]
    (line,) = accounts.direct
    assert "".join(words for words, _ in line.pieces) == (
        "The accounts differ: 9 boats – The Herald (2 January 2031) · 7 boats – The Post, The Times (1 January 2031)"
    )


def test_accounts_that_agree_do_not_differ() -> None:
    passages = [passage(("7 boats sank.", 3.0), outlet="A"), passage(("Seven boats sank, it said.", 2.0), outlet="B")]

    assert differing_accounts(passages, RULES) == Composed()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1,200 people", "1200", True),
        ("seven", "7 dead", True),
        ("on Monday", "Monday", True),
        ("the barge", "a tram", False),
        ("the engineers", "The engineer", True),
        ("17", "19", False),
    ],
)
def test_values_are_compared_by_their_figures_else_their_stems(one: str, other: str, same: bool) -> None:
    assert (value_of(one) == value_of(other)) is same


def test_a_reading_has_the_words_that_answer_and_whether_all_was_read() -> None:
    node = passage(("7 boats sank.", 3.0))

    reading = article_reading(node.node.metadata["candidates"][0].article, [node], passages=2)

    (said,) = reading.sentences
    assert (said.text, said.score, said.article.text[slice(*said.words or (0, 0))]) == ("7 boats sank.", 3.0, "7 boats")
    assert not reading.whole


# Refusal


def refused(question: str, *texts: str) -> str:
    return not_mentioned(Query(question), [passage((text, -5.0)) for text in texts])


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did Müller say?", "Muller was silent."),
        ("What did Muller say?", "Mu\u0308ller was silent."),
        ("What did O'Hara say?", "O’Hara was silent."),
        ("What does the UK want?", "The British minister was silent."),
        ("What do the British want?", "The United Kingdom was silent."),
        ("What did MARROW say?", "Ilse Marrow was silent."),
        ("What about the Marrows?", "Ilse Marrow was silent."),
        ("What happened in October?", "It rained."),
        ("what happened there?", "It rained."),
    ],
)
def test_no_name_is_called_missing_that_stands_there_in_another_form(question: str, text: str) -> None:
    assert refused(question, text) == ""


def test_names_that_no_near_article_mentions_are_said() -> None:
    assert refused("What did Zeppelin tell Quorn?", "It rained.", "The tram was late.") == (
        "None of the 2 closest articles mentions “Zeppelin” or “Quorn”."
    )
    assert refused("What did Zeppelin do?", "It rained.") == "The closest article does not mention “Zeppelin”."
    assert refused("What did Zeppelin do?") == ""
