"""What is told beside an article's own words: dates, speakers, whom he means; nothing where it says all itself or where
the rules and the reader do not agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pytest

from rag.article import Article
from rag.ingestion.split import sentences
from rag.models.reader import Answer, Reader, Reading, load_reader
from rag.querying.brackets import Piece, marked, told


@dataclass
class Finds:
    """A reader that finds the first of `names` that stands in a sentence, and counts what it is asked."""

    names: tuple[str, ...]
    score: float = 6.0
    asked: int = 0

    def read(self, _question: str, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Reading]:
        self.asked += 1
        return [Reading(tuple(self._answer(text) for text in texts), 0.0) for _, texts in passages]

    def _answer(self, text: str) -> Answer:
        found = next((name for name in self.names if name in text), None)
        if found is None:
            return Answer(-9.0, 0, len(text), 0.1, 0.5)
        return Answer(self.score, text.index(found), text.index(found) + len(found), 0.9, 0.5)


ALL = Finds(("Ilse Marrow", "Tom Pell", "Brigg Lines"))


def pieces(text: str, words: str, dated: set[date] | None = None, reader: Any = ALL, **known: Any) -> list[Piece]:
    """The sentence of the article `text` that has `words`, as it is told; the article is of Friday, 13 June 2031."""
    found = sentences(text)
    sentence = next(each for each in found if words in text[each.start : each.end])
    article = Article(text=text, **({"published": "2031-06-13"} | known))
    return told(article, sentence, found, set() if dated is None else dated, cast("Reader | None", reader))


def line(text: str, words: str, **known: Any) -> str:
    return marked(pieces(text, words, **known))[0]


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


@pytest.mark.parametrize(
    ("sentence", "known"),
    [
        ("Ilse Marrow said: “We start today. We sail on Monday.”", {}),  # spoken on a day that is not known
        ("We sailed on Monday.", {}),
        ("The ferry sank on Monday.", {"url": "https://a.example/2031/06/03/ferry"}),
        ("The ferry sank on Monday.", {"url": "https://a.example/ferry-310603120000123.html"}),
        ("LINNET, June 3. The ferry sank on Monday.", {}),
        ("The ferry sank last week, as the port told on Saturday.", {}),  # a Saturday is six days before
    ],
)
def test_a_day_that_something_contradicts_is_not_told(sentence: str, known: dict[str, str]) -> None:
    told_all = [line(sentence, sentence[each.start : each.end], **known) for each in sentences(sentence)]

    assert "2031]" not in "".join(told_all)


def test_an_address_of_another_day_leaves_what_comes_to_the_same() -> None:
    known = {"url": "https://a.example/2031/0612/ferry"}

    assert line("The ferry sank on Monday.", "sank", **known) == "The ferry sank on Monday [9 June 2031]."
    assert line("The ferry sank yesterday.", "sank", **known) == "The ferry sank yesterday."


def test_speech_is_told_with_its_speaker() -> None:
    text = "“It will hold,” Ilse Marrow said. “We built it in a year.” Rain fell."

    assert line(text, "in a year") == "[Ilse Marrow:] “We built it in a year.”"


def test_speech_of_somebody_unknown_is_told_as_quoted() -> None:
    assert line("Rain fell.\n“It was hard. We built it in a year.”", "in a year").startswith("[quoted:] We built")
    # Its own mark says it as well.
    assert line("Rain fell.\n“We built it in a year, all of us.”", "in a year").startswith("“We built")


def test_what_stands_between_two_quotations_is_nobody_s_speech() -> None:
    text = '“It will hold”," Ilse Marrow said. Rain fell on the quay. “It was late", said Tom Pell.'

    assert line(text, "Rain") == "Rain fell on the quay."


@pytest.mark.parametrize(
    "reader",
    [
        Finds(("Tom Pell",)),
        Finds(("Ilse Marrow",), score=1.0),
        Finds(("Ilse Marrow said “It will hold”. That is what the whole town heard Ilse Marrow",)),
        None,
    ],
)
def test_a_speaker_is_told_only_where_the_reader_agrees(reader: Finds | None) -> None:
    text = "Tom Pell, 46, heard it. “It will hold,” Ilse Marrow said. “We built it in a year.” Rain fell."

    assert line(text, "in a year", reader=reader) == "“We built it in a year.”"


@pytest.mark.parametrize(
    ("text", "words", "told_line"),
    [
        (
            "The new bridge opened on Friday. “The bridge will hold,” said Ilse Marrow, who runs it. “We built it "
            "in a year.” It cost 40 million crowns.",
            "in a year",
            "[Ilse Marrow:] “We built it in a year.”",
        ),
        (
            "The port has a new master. Tom Pell, 46, came to the port in May. He now lives in Linnet with his wife.",
            "Linnet",
            "He [Tom Pell] now lives in Linnet with his wife.",
        ),
    ],
)
def test_the_reader_itself_agrees_where_it_is_plain(text: str, words: str, told_line: str) -> None:
    assert line(text, words, reader=load_reader()) == told_line


def test_where_she_said_is_all_the_nearest_named_has_to_be_the_speaker() -> None:
    near = "“It will hold,” Ilse Marrow said. “We built it in a year,” she said. “We had help.”"
    far = near.replace(" “We built", " Linnet is far from Vessermark. “We built")

    assert line(near, "We had help") == "[Ilse Marrow:] “We had help.”"
    assert line(far, "We had help") == "“We had help.”"


def test_the_better_name_is_the_reader_s() -> None:
    text = "“It will hold,” Works Director Ilse Marrow said. “We built it in a year.”"

    assert line(text, "in a year") == "[Ilse Marrow:] “We built it in a year.”"


def test_of_two_first_names_neither_is_told() -> None:
    text = "At first Ann Marrow told of the bridge. “It will hold,” Ilse Marrow said. “We built it in a year.”"

    assert line(text, "in a year") == "[Marrow:] “We built it in a year.”"


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        ("Tom Pell, 46, left the port in May. He now lives in Linnet.", Finds(("the port",))),
        ("Tom Pell, 46, left the port in May. He now lives in Linnet.", Finds(("Tom Pell",), score=1.0)),
        # Whom he met is another.
        ("In May he met Tom Pell, 46, at the port. He now lives in Linnet.", ALL),
    ],
)
def test_he_is_told_only_where_the_reader_agrees(text: str, reader: Finds) -> None:
    assert line(text, "Linnet", reader=reader) == "He now lives in Linnet."


def test_the_reader_is_asked_once_for_each_name() -> None:
    reader = Finds(("Tom Pell",))

    line("Tom Pell, 46, left the port in May. He now lives in Linnet.", "Linnet", reader=reader)
    line("Tom Pell, 46, left the port in May.", "May", reader=reader)

    assert reader.asked == 1


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
        Article(text=text, published="2031-06-13"), found[1], found, set(), None, (start, start + len(answering))
    )
    line, marks = marked(told_pieces)

    assert line == "The ferry sank on Monday [9 June 2031] off Linnet."
    assert [line[mark.start : mark.end] for mark in marks if mark.kind == "answer"] == expected
