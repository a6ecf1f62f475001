"""Sentences and passages: examples from news, and what holds of any text at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.article import Sentence
from rag.ingestion.extract import tidy
from rag.ingestion.split import (
    LONGEST_SENTENCE,
    MOST_TOKENS_OF_HEADLINE,
    SPECIAL_TOKENS,
    headline_within,
    passage_budget,
    passages,
    sentences,
)
from rag.models.embedding import Embedding
from tests.support.checks import assert_cut_exactly, parts_a_character
from tests.support.fakes import count_words


def split(text: str) -> list[str]:
    return [text[s.start : s.end] for s in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["The U.S. sent two ships.", "They arrived on Sunday."],
        ["He left for the U.S.", "She stayed."],
        ["Mr. Ekmoor braked.", "Mrs. Thorsby, Dr. Vell and Prof. Oake did not."],
        ["The talks ended at 5 p.m. Sunday.", "Nobody spoke."],
        ["It closed at 11 a.m. Eastern time.", "It opened again at 5 p.m.", "The queue was long."],
        ["The No. 4 tram stopped.", "St. Brede's Hospital treated 19."],
        ["Lt. Col. J. R. Hallam spoke first.", "Sen. Ruud Vey followed."],
        ["It cost 4.5 million crowns.", "That is 0.3 per cent."],
        ["Was it safe?", "No!", "It was not.", "They left."],
        ["“We did not expect it,” he said.", "“Nobody did.”", "The bridge was closed."],
        ["“We did not expect it.”", "The bridge was closed."],
        ['"We did not expect it."', "The bridge was closed."],
        ["‘We did not expect it.’", "The bridge was closed."],
        ["'We did not expect it.'", "The bridge was closed."],
        ["“It is closed. Nobody may cross,” she said.", "He agreed."],
        ["The minister’s car waited.", "The minister's driver did not."],
        ["He works for Yahoo! news and likes it.", "She does not."],
    ],
)
def test_news_sentences(expected: list[str]) -> None:
    assert split(" ".join(expected)) in (expected, _quotation_split(expected))


def _quotation_split(expected: list[str]) -> list[str]:
    """A quotation of two sentences may be two."""
    return [part for one in expected for part in one.replace("closed. Nobody", "closed.|Nobody").split("|")]


@pytest.mark.parametrize("border", ["\n", "\n\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", " \n \n "])
def test_a_line_ends_its_sentence(border: str) -> None:
    assert split(f"A headline without a full stop{border}The first line") == [
        "A headline without a full stop",
        "The first line",
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u3000\u2009"])
def test_no_text_no_sentence(text: str) -> None:
    assert sentences(text) == []
    assert passages(text, [], count_words, 10) == []


def test_what_runs_on_is_cut_after_a_clause() -> None:
    clause = "the ferry left, "
    text = "Then " + clause * 60

    assert all(len(piece) <= LONGEST_SENTENCE for piece in split(text))
    assert {piece[-1] for piece in split(text)} == {","}
    assert " ".join(split(text)) == text.strip()


def test_a_word_without_end_is_cut() -> None:
    assert split("x" * 1300) == ["x" * 600, "x" * 600, "x" * 100]


def test_accents_and_families_stay_whole() -> None:
    letter, family = "e\u0301\u0323", "\U0001f469\u200d\U0001f469\u200d\U0001f467"

    assert {len(piece) % 3 for piece in split(letter * 500)} == {0}
    assert {len(piece) % 6 for piece in split((family + "\u200d") * 250)} <= {0, len(family * 250) % 6}


def spans_of(text: str, budget: int) -> list[str]:
    groups = passages(text, sentences(text), count_words, budget)
    return [text[group[0].start : group[-1].end] for group in groups]


def test_passages_hold_whole_paragraphs_where_they_fit() -> None:
    text = "One two three. Four five.\n\nSix seven eight.\n\nNine ten eleven twelve."

    assert spans_of(text, 100) == [text]
    assert spans_of(text, 8) == ["One two three. Four five.\n\nSix seven eight.", "Nine ten eleven twelve."]
    assert spans_of(text, 5) == ["One two three. Four five.", "Six seven eight.", "Nine ten eleven twelve."]


def test_a_long_paragraph_is_parted_between_sentences() -> None:
    text = "One two three. Four five six. Seven eight nine. Ten eleven twelve."

    assert spans_of(text, 7) == ["One two three. Four five six.", "Seven eight nine. Ten eleven twelve."]


def test_a_sentence_above_the_budget_is_parted_between_words() -> None:
    assert spans_of("one two three four five six seven eight nine", 4) == [
        "one two three four",
        "five six seven eight",
        "nine",
    ]


def test_a_headline_counts_but_not_without_end() -> None:
    assert headline_within(None, count_words) == ""
    assert headline_within("Ferry\n late  again ", count_words) == "Ferry late again"
    assert headline_within("word " * 100, count_words) == " ".join(["word"] * MOST_TOKENS_OF_HEADLINE)
    assert passage_budget("Ferry late again", count_words, 64) == 64 - SPECIAL_TOKENS - 3


def test_a_megabyte_in_one_line_takes_seconds_at_most() -> None:
    text = "The ferry left at noon and came back at night. " * 22_000
    start = time.perf_counter()

    assert len(sentences(text)) == 22_000
    assert time.perf_counter() - start < 10


WORDS = """
the ferry left Port Linnet U.S. Mr. Dr. No. 5 p.m. a.m. Sunday J. R. 4.5 ... … . ! ? ; : , – — - ( ) [ ]
" “ ” „ ‟ « » ' ‘ ’ ‚ It's Korea-U.S. Yahoo! https://example.org/a?b=c#d
東京は火曜日に橋を閉鎖した。 港湾局 北京。 서울 กรุงเทพ مرحبا हिन्दी नमस्ते। é e\u0301 a\u0308\u0323 \u0301 \u0903 \u20dd
👍🏽 🇰🇷 👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 👨\u200d🚀 \u200d 𝔘𝔫𝔦 😀 \u00ad \u200b \ufeff \ufffd \u202e ﬁ ẞ İ
"""
WORD = st.sampled_from(WORDS.split())
LONG = st.builds(
    lambda unit, times: unit * times,
    st.sampled_from(["x", "ab-", "é", "e\u0301", "東", "…", "😀", "👩\u200d🚀", "ৌ", "1"]),
    st.integers(100, 900),
)
BETWEEN = st.sampled_from(
    [
        "",
        " ",
        " ",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x1f",
        "\x85",
        "\xa0",
        "\u2028",
        "\u2029",
        "\u3000",
        "\u202f",
        " \u0301",
    ]
)
TEXTS = st.lists(
    st.one_of(WORD, WORD, WORD, WORD, st.text(max_size=12), LONG).flatmap(
        lambda word: BETWEEN.map(lambda between: word + between)
    ),
    max_size=60,
).map("".join)


@settings(max_examples=250, deadline=None)
@given(text=TEXTS, title=st.one_of(st.none(), st.text(max_size=40), st.lists(WORD, max_size=80).map(" ".join)))
@example(text="\ud83d" + "\ude00" * 3 + "x" * 700, title=None)
@example(text="He said: “Go.” \u0301 Then he left.\n\u0301\n\u200d\n", title="\u0301")
@example(text=("👩\u200d👩\u200d👧\u200d👦 " * 10 + "e\u0301" * 700), title="word " * 90)
def test_any_text_is_cut_exactly(text: str, title: str | None, model: Embedding) -> None:
    text = tidy(text)
    counts = model.token_counts
    found = sentences(text)
    assert_cut_exactly(text, [(s.start, s.end) for s in found])
    headline = headline_within(title and tidy(title), counts)

    groups = passages(text, found, counts, passage_budget(headline, counts, model.max_tokens))

    assert all(groups)
    spans = [(group[0].start, group[-1].end) for group in groups]
    assert_cut_exactly(text, spans)
    assert_cut_exactly(text, [(s.start, s.end) for group in groups for s in group])
    embedded = [f"{headline}\n{text[start:end]}" for start, end in spans]
    for (start, end), count in zip(spans, counts(embedded), strict=True):
        assert count + SPECIAL_TOKENS <= model.max_tokens or is_one_character(text[start:end])


def is_one_character(text: str) -> bool:
    return all(parts_a_character(text, index) for index in range(1, len(text)))


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, budget=st.integers(1, 12))
def test_any_budget_is_kept(text: str, budget: int) -> None:
    text = tidy(text)
    groups = passages(text, sentences(text), count_words, budget)

    spans = [(group[0].start, group[-1].end) for group in groups]
    assert_cut_exactly(text, spans)
    assert all(len(text[s:e].split()) <= budget or is_one_character(text[s:e]) for s, e in spans)
    assert [type(s) for group in groups for s in group] == [Sentence] * sum(map(len, groups))
