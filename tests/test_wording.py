"""What is told beside an article's own words: dates, speakers, whom he means; and nothing where it says all itself."""

from __future__ import annotations

from datetime import date

import pytest

from rag.article import Article
from rag.ingestion.split import sentences
from rag.querying.wording import Piece, marked, told


def pieces(text: str, words: str, dated: set[date] | None = None) -> list[Piece]:
    """The sentence of the article `text` that has `words`, as it is told; the article is of Friday, 13 June 2031."""
    found = sentences(text)
    sentence = next(each for each in found if words in text[each.start : each.end])
    return told(Article(text=text, published="2031-06-13"), sentence, found, set() if dated is None else dated)


def line(text: str, words: str) -> str:
    return marked(pieces(text, words))[0]


def test_a_computed_date_stands_in_brackets() -> None:
    assert line("The ferry sank on Monday off Linnet.", "ferry") == "The ferry sank on Monday [9 June 2031] off Linnet."


def test_a_day_is_told_once_in_an_answer() -> None:
    dated: set[date] = set()

    first = pieces("The ferry sank on Monday.", "ferry", dated)
    second = pieces("Divers came on Monday and on Tuesday.", "Divers", dated)

    assert "".join(piece for piece, _ in first) == "The ferry sank on Monday [9 June 2031]."
    assert "".join(piece for piece, _ in second) == "Divers came on Monday and on Tuesday [10 June 2031]."


def test_an_article_without_a_date_gets_none() -> None:
    text = "The ferry sank on Monday."

    assert told(Article(text=text), sentences(text)[0], sentences(text), set()) == [(text, None)]


def test_speech_is_told_with_its_speaker() -> None:
    text = "“It will hold,” Ilse Marrow said. “We built it in a year.” Rain fell."

    assert line(text, "in a year") == "[Ilse Marrow:] “We built it in a year.”"


def test_speech_of_somebody_unknown_is_told_as_quoted() -> None:
    assert line("Rain fell.\n“We built it in a year, all of us.”", "in a year").startswith("[quoted:] “We built")


def test_a_pronoun_is_told_with_its_person() -> None:
    text = "Tom Pell, 46, left the port in May. He now lives in Linnet."

    assert line(text, "Linnet") == "He [Tom Pell] now lives in Linnet."


def test_the_company_is_told_with_its_name() -> None:
    text = "The ferry belongs to Brigg Lines, a company of the town. The company's skipper was on leave."

    assert line(text, "skipper") == "The company's [Brigg Lines] skipper was on leave."


def test_several_things_are_told_at_once() -> None:
    text = "Tom Pell, 46, left the port in May. He came back on Monday and was seen on Tuesday."

    assert line(text, "came back") == (
        "He [Tom Pell] came back on Monday [9 June 2031] and was seen on Tuesday [10 June 2031]."
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Ilse Marrow opened the quay on 9 June 2031.",
        "“It will hold,” Ilse Marrow said.",
        "Ilse Marrow said she would stay.",
        "The quay cost 40 million crowns.",
        "“We start on Monday,” Ilse Marrow said.",
    ],
)
def test_nothing_is_added_to_what_says_it_all(sentence: str) -> None:
    assert pieces(f"Tom Pell, 46, left the port. {sentence}", sentence[-12:]) == [(sentence, None)]


@pytest.mark.parametrize("words", ["sank", "came back", "in a year"])
def test_without_what_was_added_the_article_s_words_are_whole(words: str) -> None:
    text = (
        "Tom Pell, 46, said the ferry sank on Monday. He came back on  Tuesday,\tlast month and today. "
        "“It will hold,” he said. “We built it in a year.”"
    )
    found = next(text[each.start : each.end] for each in sentences(text) if words in text[each.start : each.end])

    told_pieces = pieces(text, words)

    assert any(kind == "added" for _, kind in told_pieces)
    assert "".join(piece for piece, kind in told_pieces if kind != "added") == found


def test_marks_stand_at_their_offsets() -> None:
    text, marks = marked(
        [
            ("He", None),
            (" [Tom Pell]", "added"),
            (" found  ", None),
            ("the  bell", "answer"),
            ("\non Monday", None),
            (" [9 June 2031]", "added"),
            (".", None),
        ]
    )

    assert text == "He [Tom Pell] found the bell on Monday [9 June 2031]."
    assert [(mark.kind, text[mark.start : mark.end]) for mark in marks] == [
        ("added", "[Tom Pell]"),
        ("answer", "the bell"),
        ("added", "[9 June 2031]"),
    ]


@pytest.mark.parametrize(
    ("answering", "expected"),
    [
        ("off Linnet", ["off Linnet"]),
        ("on Monday off Linnet", ["on Monday", "off Linnet"]),
        ("The ferry", ["The ferry"]),
        ("The ferry sank on Monday off Linnet.", ["The ferry sank on Monday", "off Linnet."]),
    ],
)
def test_the_words_that_answer_are_marked_around_what_was_added(answering: str, expected: list[str]) -> None:
    text = "Rain fell. The ferry sank on Monday off Linnet."
    found = sentences(text)
    start = text.index(answering)

    told_pieces = told(
        Article(text=text, published="2031-06-13"), found[1], found, set(), (start, start + len(answering))
    )
    line, marks = marked(told_pieces)

    assert line == "The ferry sank on Monday [9 June 2031] off Linnet."
    assert [line[mark.start : mark.end] for mark in marks if mark.kind == "answer"] == expected
