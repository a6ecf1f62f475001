"""How an article's sentence is told in an answer: what it left to its surroundings stands beside it in brackets.

Nothing of the article's own words is changed or left out. What is added is marked as added: whom "he" means, who is
speaking, what day "on Monday" was. The words that answer are marked too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from rag.article import Article, Mark, Sentence
from rag.dates import relative_dates
from rag.querying.answerable import counted, counts
from rag.querying.evidence import FIGURE, asked_kinds
from rag.querying.understand import WORD, Query, stem
from rag.speech import NAME, group_meant, person_meant, unnamed_speaker

_TIME_SPAN = re.compile(
    r"\b\d{1,2}[:.]\d\d(?:[:.]\d\d)? ?(?:[ap]\.?m\b\.?)?|\b\d{1,2} ?[ap]\.?m\b\.?|"
    r"\b(?:\d{1,2}(?:st|nd|rd|th)? )?(?:January|February|March|April|May|June|July|August|September|October|November|"
    r"December|Jan\.|Feb\.|Aug\.|Sept\.|Oct\.|Nov\.|Dec\.)(?: \d{1,2}(?:st|nd|rd|th)?\b)?(?:,? \d{4})?|"
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?:1[89]|20)\d\d\b",
)
_NUMBER_SPAN = re.compile(
    r"(?:[$£€¥] ?)?\b\d[\d,.]*\d?(?:\s?(?:million|billion|trillion|thousand|hundred))?"
    r"(?:\s?(?:%|per ?cent\b)|[ -][a-z]{3,})?|"
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|twice|once|half)\b"
    r"(?:[ -][a-z]{3,})?",
    re.IGNORECASE,
)
_CAUSE_SPAN = re.compile(
    r"\b(?:because|due to|in order to|so that|as a result of|caused by|thanks to|"
    r"to (?:avoid|ensure|protect|prevent))\b[^.;]*",
    re.IGNORECASE,
)
_SPEECH_SPAN = re.compile(r"[\"“][^\"”]+[\"”]|\b(?:said|says|added|told \w+) that [^.;]+", re.IGNORECASE)
_NAME_SPAN = re.compile(NAME)
_POSSESSIVE = re.compile(r"['’]s\b")


def told(
    article: Article, sentence: Sentence, sentences: Sequence[Sentence], dated: set[date]
) -> list[tuple[str, bool]]:
    """The sentence in pieces, each with whether it was added; put together they read as the answer shows it.

    `sentences` are all of the article's. `dated` are the days that the answer already told; those told
    here are added to it.
    """
    text = article.text[sentence.start : sentence.end]
    inserts: list[tuple[int, str]] = []
    speaker = unnamed_speaker(article, sentence, sentences)
    if speaker is not None:
        inserts.append((0, f"[{speaker}:] " if speaker else "[quoted:] "))
    person = person_meant(article, sentence, sentences)
    group = group_meant(article, sentence, sentences)
    inserts += [(end, f" [{name}]") for end, name in filter(None, [person, group])]
    if article.published:
        for found in relative_dates(text, date.fromisoformat(article.published[:10])):
            if found.first not in dated:
                dated.add(found.first)
                inserts.append((found.end, f" [{found}]"))
    pieces: list[tuple[str, bool]] = []
    at = 0
    for position, added in sorted(inserts):
        if position and (possessive := _POSSESSIVE.match(text, position)):
            position = possessive.end()
        pieces += [(text[at:position], False), (added, True)]
        at = position
    pieces.append((text[at:], False))
    return [piece for piece in pieces if piece[0]]


def marked(pieces: Sequence[tuple[str, bool]], answering: str | None) -> tuple[str, tuple[Mark, ...]]:
    """The pieces as one line of text with its marks; `answering` are the article's words that answer, if known."""
    text = ""
    marks: list[Mark] = []
    for piece, added in pieces:
        words = " ".join(piece.split())
        if piece[:1].isspace() and text and not text.endswith(" "):
            text += " "
        start = len(text)
        text += words
        if added:
            marks.append(Mark(start, len(text), "added"))
        elif answering and (at := words.find(answering)) >= 0 and not any(m.kind == "answer" for m in marks):
            marks.append(Mark(start + at, start + at + len(answering), "answer"))
        if piece[-1:].isspace():
            text += " "
    return text.strip(), tuple(marks)


def answering_words(query: Query, text: str, weights: Mapping[str, float]) -> str | None:
    """The words of the sentence `text` that answer: of the kind asked for, nearest to the query's words.

    `weights` tells how much each of the query's words (by stem) counts. None where no kind is asked, or none stands.
    """
    kinds = asked_kinds(query.text[: query.own])
    text = " ".join(text.split())
    asked = {stem(word) for word in WORD.findall(query.text)}
    spans: list[tuple[int, int]] = []
    if counts(query.text[: query.own]):
        number = counted(query.text[: query.own], text)
        at = text.find(number) if number else -1
        spans = [(at, at + found.end())] if number and (found := _NUMBER_SPAN.match(number)) else []
    elif "number" in kinds:
        figures = set(FIGURE.findall(query.text))
        spans = [m.span() for m in _NUMBER_SPAN.finditer(text) if not set(FIGURE.findall(m.group())) & figures]
    elif "time" in kinds:
        spans = [m.span() for m in _TIME_SPAN.finditer(text)]
    elif "why" in kinds:
        spans = [m.span() for m in _CAUSE_SPAN.finditer(text)]
    elif "speech" in kinds:
        spans = [m.span() for m in _SPEECH_SPAN.finditer(text)]
    elif kinds & {"person", "place", "name"}:
        of_span = {m.span(): {stem(word) for word in WORD.findall(m.group())} for m in _NAME_SPAN.finditer(text)}
        named = {span: words for span, words in of_span.items() if span[0] > 0 and not words <= asked}
        # "Which ocean?": "the Atlantic Ocean" rather than another name.
        spans = [span for span, words in named.items() if words & asked] or list(named)
    if not spans:
        return None

    words = [(m.start(), weights.get(stem(m.group()), 0.0)) for m in WORD.finditer(text)]

    def nearness(span: tuple[int, int]) -> float:
        return sum(weight / (10 + abs(start - span[0])) for start, weight in words)

    start, end = max(spans, key=nearness)
    return text[start:end].strip()
