"""Questions that link two facts: their sides, and what is worked out of them."""

from __future__ import annotations

import pytest

from rag.article import Article
from rag.models.reader import Answer
from rag.querying.linked_facts import Form, Linked, Side, compared, linked, one_sided, side_of
from rag.querying.read import Candidate


@pytest.mark.parametrize(
    ("question", "form", "sides"),
    [
        (
            "Which came first, the fire in Elsin or the flood in Skarn?",
            "first",
            ("When was the fire in Elsin?", "When was the flood in Skarn?"),
        ),
        (
            "Did the ferry sink before the storm reached Skarn?",
            "first",
            ("When did the ferry sink?", "When was the storm reached Skarn?"),
        ),
        (
            "How long after the vote did the mayor resign?",
            "apart",
            ("When was the vote?", "When did the mayor resign?"),
        ),
        (
            "How many more people were hurt in Elsin than in Skarn?",
            "more",
            ("How many people were hurt in Elsin?", "How many people were hurt in Skarn?"),
        ),
        ("How much heavier is the Gull than the Tern?", "more", ("How heavy is the Gull?", "How heavy is the Tern?")),
        (
            "Which is taller, the Gull tower or the Tern tower?",
            "more",
            ("How tall is the Gull tower?", "How tall is the Tern tower?"),
        ),
        (
            "Did both Ana Brandt and Per Lind resign in May?",
            "both",
            ("Did Ana Brandt resign in May?", "Did Per Lind resign in May?"),
        ),
        (
            "What did Ana Brandt and Per Lind say about the bridge?",
            "both",
            ("What did Ana Brandt say about the bridge?", "What did Per Lind say about the bridge?"),
        ),
    ],
)
def test_each_side_is_asked_by_itself(question: str, form: Form, sides: tuple[str, str]) -> None:
    found = linked(question)

    assert found is not None
    assert (found.form, found.questions) == (form, sides)


@pytest.mark.parametrize(
    "question",
    [
        "Who opened the bridge?",
        "How many people earn less than the mayor?",
        "What happened after the fire?",
        "Why did Ana Brandt and Per Lind resign?",
        "How long did the fire burn?",
        "Which minister resigned first?",
    ],
)
def test_a_question_about_one_thing_has_no_sides(question: str) -> None:
    assert linked(question) is None


def test_which_came_first_is_worked_out_of_the_dates() -> None:
    sides = linked("Did the ferry sink before the fire in Elsin?")
    ferry = side("The ferry", "The ferry sank on 3 May 2031.", "3 May 2031", "first")
    fire = side("The fire", "The fire broke out on Monday.", "Monday", "first", published="2031-05-06")

    assert sides is not None
    assert lines(sides, ferry, fire) == [
        "Yes. First: The ferry – 3 May 2031; then: The fire – Monday (5 May 2031), 2 days later (computed)"
    ]
    assert lines(sides, fire, ferry)[0].startswith("No. First: The ferry")


def test_what_the_dates_do_not_settle_is_not_worked_out() -> None:
    sides = Linked("first", ("", ""), ("", ""))
    month = side("The ferry", "The ferry sank in May 2031.", "May 2031", "first")
    day = side("The fire", "The fire broke out on 3 May 2031.", "3 May 2031", "first")

    (line,) = lines(sides, month, day)

    assert line.endswith("This does not show which came first")


def test_a_day_that_no_sentence_gives_is_the_article_s_and_says_so() -> None:
    sides = Linked("apart", ("", ""), ("", ""))
    ferry = side("The ferry", "The ferry has sunk off the coast.", "off the coast", "apart", published="2031-05-01")
    fire = side("The fire", "The fire broke out on 3 May 2031.", "3 May 2031", "apart")

    (line,) = lines(sides, ferry, fire)

    assert line == "2 days (computed): The ferry – reported on 1 May 2031 (the article's date); The fire – 3 May 2031"


def test_how_much_more_is_worked_out_of_figures_of_one_kind() -> None:
    sides = Linked("more", ("", ""), ("", ""))
    elsin = side("Elsin", "In Elsin 49 people were hurt.", "49 people", "more")
    skarn = side("Skarn", "In Skarn it was 32 of them.", "32", "more")
    cost = side("Skarn", "In Skarn it cost $32 in all.", "$32", "more")

    assert lines(sides, skarn, elsin) == ["17 more for Elsin (computed): Elsin: 49 people; Skarn: 32"]
    assert "computed" not in lines(sides, elsin, cost)[0]


def test_both_is_yes_where_both_sides_say_so() -> None:
    sides = Linked("both", ("", ""), ("", ""))
    ana = side("Ana Brandt", "Ana Brandt resigned in May of that year.", "resigned in May", "both")
    per = side("Per Lind", "Per Lind stayed in his office all the same.", "stayed in his office", "both")

    def said(*yes: bool | None) -> str:
        return "".join(words for words, _ in compared(sides, ana, per, "", yes)[0].pieces)

    assert said(True, False) == "No. Ana Brandt: yes, “resigned in May”; Per Lind: no, “stayed in his office”"
    assert said(True, True).startswith("Yes, both. Ana Brandt: yes")
    assert said(True, None) == "Ana Brandt: resigned in May"


def test_a_side_is_told_by_a_sentence_that_names_it() -> None:
    other = article_with("The Gull was sold in 2013.", "2013", 3.0)
    its_own = article_with("The Tern sank in 1979 off Skarn.", "1979", 1.0)

    found = side_of("The Tern", "The Gull", [other, its_own], "first")

    assert found is not None
    assert found.words == "in 1979"
    assert side_of("The Tern", "The Gull", [other], "first") is None


def test_a_thing_compared_with_itself_comes_to_nothing() -> None:
    sides = Linked("first", ("", ""), ("", ""))
    ferry = side("The ferry", "The ferry sank on 3 May 2031.", "3 May 2031", "first")

    assert compared(sides, ferry, ferry, "") == []


def test_of_one_side_it_is_said_that_the_other_was_not_found() -> None:
    ferry = side("The ferry", "The ferry sank on 3 May 2031.", "3 May 2031", "first")

    (line,) = one_sided(ferry, "The fire")

    assert "".join(words for words, _ in line.pieces) == "The ferry: 3 May 2031. Not found in the articles: The fire"


def side(name: str, text: str, words: str, form: Form, published: str | None = None) -> Side:
    found = side_of(name, "", [article_with(text, words, 3.0, published)], form)
    assert found is not None
    return found


def lines(sides: Linked, one: Side, other: Side) -> list[str]:
    return ["".join(words for words, _ in line.pieces) for line in compared(sides, one, other, "")]


def article_with(text: str, words: str, score: float, published: str | None = None) -> Candidate:
    """An article of one sentence, and the words of it that answer."""
    article = Article(text=text, published=published, id=text)
    start = text.index(words)
    return Candidate(article, 0, len(text), Answer(score, start, start + len(words), 0.9, 0.5))
