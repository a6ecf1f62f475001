"""The direct line: the answer itself, of the articles' exact words and fixed ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.article import Article
from rag.library.library import Library
from rag.models.reader import Answer
from rag.querying.citations import direct_lines
from rag.querying.direct_line import Line, differing_values, one_value, revised, values_line, words_of, yes_or_no
from rag.querying.read import Candidate
from rag.reply import Citation

SURE = 5.0


def answer(
    text: str,
    words: str,
    score: float = 4.0,
    outlet: str = "The Post",
    published: str = "2031-05-02",
    span: float = 0.9,
) -> Candidate:
    """A sentence that is a whole article, and the words of it that answer."""
    article = Article(text=text, outlet=outlet, published=published, id=f"{outlet} {text}")
    start = text.index(words)
    return Candidate(article, 0, len(text), Answer(score, start, start + len(words), span, 0.5))


def told(line: Line | None) -> str | None:
    return line and "".join(words for words, _ in line.pieces)


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("The ferry sank off Skarn on Sunday, police said.", "on Sunday,", "on Sunday"),
        ("She called it “a quiet disaster”, and left the room.", "“a quiet disaster", "a quiet disaster"),
        ("The doors close at 7:33 p.m. every day of the year.", "7:33 p.m", "7:33 p.m."),
        ("The ferry sank.", "The ferry sank", ""),
        (f"It was {'very ' * 15}late when the last of them came home.", f"{'very ' * 15}late", ""),
    ],
)
def test_the_words_are_those_that_answer_without_the_marks_around_them(text: str, words: str, expected: str) -> None:
    assert words_of(answer(text, words)) == expected


def test_one_answer_is_told_where_the_reader_is_sure_of_its_words() -> None:
    sentence = "The mayor, Ana Brandt, opened the bridge on Sunday."

    assert told(one_value([answer(sentence, "Ana Brandt")], SURE)) == "Ana Brandt"
    assert one_value([answer(sentence, "Ana Brandt", span=0.2)], SURE) is None
    assert one_value([answer(sentence, "Ana Brandt")], sure=1.7) is None


@pytest.mark.parametrize(
    ("score", "words", "clear"), [(3.5, "Per Lind", False), (3.5, "Brandt", True), (1.0, "Per Lind", True)]
)
def test_an_answer_is_left_open_that_another_sentence_contradicts(score: float, words: str, clear: bool) -> None:
    best = answer("The mayor, Ana Brandt, opened the bridge on Sunday.", "Ana Brandt")
    other = answer(f"The bridge was opened by {words}, the paper said.", words, score, outlet="The Herald")

    assert (one_value([best, other], SURE) is not None) == clear


def test_other_figures_of_the_same_thing_leave_the_answer_open() -> None:
    best = answer("In the end four people were hurt by the barge.", "four people")
    other = answer("The barge hurt 17 people, the fire brigade said.", "17 people", 3.5, outlet="The Herald")

    assert one_value([best, other], SURE) is None


def test_figures_that_differ_come_with_their_outlets_the_latest_first() -> None:
    found = [
        answer("At least 50 people died in the fire, she said.", "50 people", published="2031-05-01"),
        answer("The fire killed 59 people in the end.", "59 people", 3.5, outlet="The Herald", published="2031-05-03"),
        answer("Officials spoke of 59 people dead.", "59 people", 3.0, outlet="The Times", published="2031-05-03"),
    ]

    line = values_line(differing_values(found))

    assert told(line) == "59 people – The Herald, The Times (3 May 2031) · 50 people – The Post (1 May 2031)"
    assert [words for words, own in line.pieces if own] == ["59 people", "50 people"]


@pytest.mark.parametrize(
    "other",
    [
        answer("The fire killed 50 people in the end.", "50 people", 3.5, outlet="The Herald"),
        answer("The fire burned for 59 hours, the firemen said.", "59 hours", 3.5, outlet="The Herald"),
        answer("The fire killed 59 people in the end.", "59 people", -3.0, outlet="The Herald"),
        answer("The fire killed 59 people in the end.", "59 people", 3.5, outlet="The Herald", span=0.1),
    ],
)
def test_figures_do_not_differ_that_are_the_same_or_of_other_things_or_not_sure(other: Candidate) -> None:
    assert differing_values([answer("At the fire 50 people died, she said.", "50 people"), other]) == []


@pytest.mark.parametrize(
    "later",
    [
        "Police lowered the number of the dead from seven to five.",
        "The number of the dead was lowered to five from seven.",
        "The dead are five, not seven, police said on Friday.",
    ],
)
def test_a_figure_that_a_later_article_takes_back_comes_second(later: str) -> None:
    first = answer("Seven people died when the bridge fell into the river.", "Seven people", published="2031-05-01")
    corrected = answer(later, "five", -8.0, outlet="The Herald", published="2031-05-03")
    line = one_value([first, corrected], SURE)
    assert line is not None

    assert told(revised(line, [first, corrected])) == (
        "five – The Herald (3 May 2031); earlier: Seven people – The Post (1 May 2031)"
    )
    assert (
        revised(line, [first, replace(corrected, article=replace(corrected.article, published="2031-04-30"))]) is None
    )


def test_a_figure_that_the_outlet_itself_corrects_comes_second() -> None:
    first = answer("On the tram that stopped there were 62 people.", "62 people", published="2031-05-01")
    correction = Article(
        "It said 62 people. There were 48 passengers.", outlet="The Post", published="2031-05-03", id="c"
    )
    again = Candidate(correction, 0, 18, Answer(3.0, 8, 17, 0.9, 0.5))
    new = Candidate(correction, 19, 44, Answer(2.0, 11, 24, 0.9, 0.5))
    line = one_value([first, again, new], SURE)
    assert line is not None

    assert told(revised(line, [first, again, new])) == (
        "48 passengers – The Post (3 May 2031); earlier: 62 people – The Post (1 May 2031)"
    )
    assert revised(line, [first, replace(new, article=replace(correction, outlet="The Herald"))]) is None


def test_yes_or_no_comes_with_who_says_so_and_both_where_outlets_differ() -> None:
    found = [
        answer("The mayor is not going to Skarn at all, her office said.", "not going to Skarn", outlet="The Post"),
        answer("She leaves for Skarn on Sunday morning, an aide said.", "leaves for Skarn", 3.0, outlet="The Herald"),
    ]

    both = yes_or_no("", found, lambda *_: [False, True])

    assert told(both) == "No, says The Post: “not going to Skarn” · Yes, says The Herald: “leaves for Skarn”"
    assert told(yes_or_no("", found, lambda *_: [False, None])) == "No, says The Post: “not going to Skarn”"
    assert yes_or_no("", found, lambda *_: [None, True]) is None
    assert yes_or_no("", found, lambda *_: None) is None


def test_a_line_is_cited_with_its_own_words_marked(library: Library) -> None:
    best = answer("The mayor, Ana Brandt, opened the bridge.", "Ana Brandt")
    citations = (Citation.of(best, 1),)
    line = Line((("Opened by ", False), ("Ana Brandt", True)), (best,))

    (statement,) = direct_lines([line], citations, library)

    assert (str(statement), statement.direct) == ("Opened by Ana Brandt [1]", True)
    assert [(statement.text[m.start : m.end], m.kind) for m in statement.marks] == [
        ("Opened by ", "fixed"),
        ("Ana Brandt", "answer"),
    ]


def test_a_line_is_left_out_whose_sentence_is_not_cited_or_has_other_words(library: Library) -> None:
    best = answer("The mayor, Ana Brandt, opened the bridge.", "Ana Brandt")
    cited: tuple[Citation, ...] = (Citation.of(best, 1),)

    assert direct_lines([Line((("Ana Brandt", True),), (best,))], (), library) == ()
    assert direct_lines([Line((("Ana Brand", True), (" and Jo", True)), (best,))], cited, library) == ()
