"""The packaged reader: what it is given, what it says of sentences, and files that are not what they should be."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from rag.errors import ModelError
from rag.models.reader import MODEL, MOST_TOKENS, Reader, check, lay_out, lay_out_two, load_reader, statements, yes_no

PASSAGE = (
    "Ferries leave Linnet",
    [
        "Rain fell over Linnet on Monday.",
        "Forty-two ferries left the harbour at noon, the harbour master Ilse Thorsby said.",
        "“It was a fine sight,” said Tom Pell, who sells ice cream.",
    ],
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_reader()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(MODEL.with_name("reader-tokenizer.json")))


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("How many ferries left the harbour?", 1, "Forty-two"),
        ("Who is the harbour master?", 1, "Ilse Thorsby"),
        ("What did Tom Pell say?", 2, "a fine sight"),
        ("When did it rain in Linnet?", 0, "Monday"),
    ],
)
def test_the_sentence_that_answers_has_the_best_score_and_its_words(
    reader: Reader, question: str, sentence: int, words: str
) -> None:
    (reading,) = reader.read(question, [PASSAGE])

    assert len(reading.answers) == len(PASSAGE[1])
    best = max(range(3), key=lambda n: reading.answers[n].score)
    answer = reading.answers[best]
    assert best == sentence
    assert words in PASSAGE[1][best][answer.start : answer.end]
    assert reading.score == answer.score
    assert answer.probability > 0.5
    assert 0 < answer.span <= 1


def test_scores_compare_across_passages_and_do_not_depend_on_what_is_read_beside(reader: Reader) -> None:
    other = ("Trams", ["The tram was late.", "Nobody at the harbour counted the trams."])

    alone = [reader.read("How many ferries left the harbour?", [each])[0] for each in (PASSAGE, other)]
    together = reader.read("How many ferries left the harbour?", [other, PASSAGE])

    assert together[1].score > together[0].score
    assert alone == [together[1], together[0]]


def test_a_claim_is_held_against_sentences(reader: Reader) -> None:
    evidence = [(PASSAGE[0], PASSAGE[1][1])]

    supported = reader.support("Ilse Thorsby said that forty-two ferries had left the harbour.", evidence)
    contradicted = reader.support("The harbour master said that no ferry had left the harbour.", evidence)
    not_stated = reader.support("The mayor bought a new piano.", evidence)

    assert [int(each[0].argmax()) for each in (supported, contradicted, not_stated)] == [0, 1, 2]
    assert supported.sum(axis=1) == pytest.approx(np.ones(1), abs=1e-5)


def test_a_sentence_says_yes_or_no(reader: Reader) -> None:
    evidence = [
        ("Ferries leave", "The harbour was closed on Monday, Ilse Thorsby said."),
        ("Ferries leave", "The harbour was not closed on Monday, Ilse Thorsby said."),
    ]

    found = reader.says_yes("Was the harbour closed on Monday?", evidence)

    assert found is not None
    assert found[0] >= yes_no()["clear"]
    assert found[1] <= 1 - yes_no()["clear"]
    assert reader.says_yes("Who closed the harbour?", evidence) is None


@pytest.mark.parametrize(
    ("question", "said", "denied"),
    [
        ("Did it rain?", "It did rain.", "It did not rain."),
        ("Didn’t it rain?", "It did rain.", "It did not rain."),
        ("Won't the ferry leave?", "The ferry will leave.", "The ferry will not leave."),
        ("Was the mayor on board?", "The mayor was on board.", "The mayor was not on board."),
        (
            "As Tom Pell says, has it rained?",
            "As Tom Pell says, it has rained.",
            "As Tom Pell says, it has not rained.",
        ),
        ("Two left. Did they come?", "Two left. They did come.", "Two left. They did not come."),
    ],
)
def test_a_question_is_also_a_statement_and_its_denial(question: str, said: str, denied: str) -> None:
    assert statements(question)[0] == (said, denied)


@pytest.mark.parametrize(
    "question", ["Who was on board?", "Why, he asked, is it so?", "ferries", "Is", "Is it?", "?", ""]
)
def test_no_statement_is_made_of_what_does_not_ask_yes_or_no(question: str) -> None:
    assert statements(question) == []


def test_sentences_of_two_outlets_are_compared(reader: Reader) -> None:
    found = reader.relation(
        [
            ("Forty-two ferries left the harbour on Monday.", "On Monday 42 ferries sailed from the harbour."),
            ("Forty-two ferries left the harbour on Monday.", "The mayor bought a new piano."),
        ]
    )

    agree, other = 0, 2
    assert found[0, agree] > found[1, agree]
    assert found[1].argmax() == other


def test_nothing_to_read_is_nothing_read(reader: Reader) -> None:
    assert reader.read("Who?", []) == []
    assert reader.support("A claim.", []).shape == (0, 3)
    assert reader.relation([]).shape == (0, 3)
    nothing = reader.says_yes("Did it rain?", [])
    assert nothing is not None
    assert nothing.shape == (0,)


@pytest.mark.parametrize(
    "question",
    [
        "x" * 1000,
        "ferry " * 166,
        "ferries",
        "the of and to",
        "北京在哪里?",
        "Сколько паромов?",
        "???",
        "\u202e\u0000",
        " ",
    ],
)
@pytest.mark.parametrize(
    "passage",
    [
        ("", ["Rain."]),
        ("A headline " * 40, ["word " * 256]),
        ("", ["\u200b", "Rain fell."]),
        ("", ["😀" * 80, "x" * 900]),
    ],
    ids=["one word", "256 words", "nothing to see", "no words"],
)
def test_whatever_is_asked_of_whatever_is_there_is_read(
    reader: Reader, question: str, passage: tuple[str, list[str]]
) -> None:
    (reading,) = reader.read(question, [passage])

    assert len(reading.answers) <= len(passage[1])
    for sentence, answer in zip(passage[1], reading.answers, strict=False):
        assert 0 <= answer.start <= answer.end <= len(sentence)
        assert not math.isnan(answer.score)
        assert 0 <= answer.probability <= 1


def test_what_the_model_is_given_fits_and_points_back_to_the_characters(tokenizer: Tokenizer) -> None:
    layout = lay_out(tokenizer, "How many?", *PASSAGE)

    assert len(layout.ids) == len(layout.types) == len(layout.offsets)
    assert layout.types == sorted(layout.types)
    for number, (first, last) in enumerate(layout.sentences):
        text = PASSAGE[1][number]
        assert {layout.offsets[token][0] for token in range(first, last)} == {number}  # type: ignore[index]
        pieces = [text[slice(*layout.offsets[token][1:])] for token in range(first, last)]  # type: ignore[index]
        assert "".join(pieces) == "".join(text.split())


def test_what_does_not_fit_is_left_out(tokenizer: Tokenizer) -> None:
    layout = lay_out(tokenizer, "why " * 300, "headline " * 300, ["word " * 200, "more " * 200, "last"])
    two = lay_out_two(tokenizer, "claim " * 300, "headline " * 300, "word " * 600)

    assert len(layout.ids) == len(two.ids) == MOST_TOKENS
    assert len(layout.sentences) == 2
    assert layout.ids[-1] == two.ids[-1]


# Files


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The reader's files in a folder of the test's."""
    for path in MODEL.parent.glob("reader*"):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / MODEL.name


def test_the_packaged_files_are_what_they_should_be(copied: Path) -> None:
    check()
    check(copied)


def test_the_packaged_model_is_small_and_says_what_it_was_made_of() -> None:
    about = json.loads(MODEL.with_name("reader.json").read_text())

    assert MODEL.stat().st_size <= 40_000_000
    assert about["held back"] == ["09", "15"]
    assert {"start", "data", "training", "labels", "sha256", "figures"} <= set(about)


def _tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _alter(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["reader.onnx", "reader-tokenizer.json", "reader.json"])
@pytest.mark.parametrize("harm", [Path.unlink, _tear, _alter], ids=["missing", "torn", "altered"])
def test_a_file_that_is_not_the_reader_s_is_named_with_the_way_out(
    copied: Path, name: str, harm: Callable[[Path], None]
) -> None:
    if (harm, name) == (_alter, "reader.json"):
        copied.with_name(name).write_text("{}")
    else:
        harm(copied.with_name(name))

    with pytest.raises(ModelError) as raised:
        load_reader(copied)

    told = str(raised.value)
    assert str(copied.with_name(name)) in told
    assert "git checkout -- rag/models" in told
    assert "\n" not in told
