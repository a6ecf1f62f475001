"""The direct line: the answer itself, made of the reader's exact words and fixed ones, above the sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from rag.article import Article, Excerpt
from rag.querying.read import Candidate
from rag.reply import SaysYes
from rag.text.answer_values import short_answer, value_of
from rag.text.dates import day_and_hour
from rag.text.quantities import Quantity, quantities

LEAST_SPAN, LEAST_MARGIN = 0.4, 2.5
"""The span's probability, and the margin of the passages, from which its words are taken for the answer.

Chosen on training batches that no weight was fitted on: .83 of these words are right there, in .61 of the answers.
"""
RIVAL = 1.5
"""Logits behind the best sentence's score up to which other words in another sentence leave the answer open.

Chosen like the others: .86 of the words are right where no other sentence comes as near, .68 where one does.
"""
SHORT_VALUE = 8
NEAR_THE_BEST = 2.0
"""Logits behind the best sentence's score up to which another article's value is told beside it."""
CORRECTED = 3.0
"""The same for what a later article of the same outlet gives in the place of its own figure."""
MOST_VALUES = 4
_FROM, _TO, _BACK = (
    re.compile(r"\bfrom $"),
    re.compile(r"(?: \w+){0,2} to "),
    re.compile(r"(?: \w+){0,2},? (?:from|not) "),
)
"""How a figure is put in the place of another: "from seven to five", "to five from seven", "five, not seven"."""
_ABOUT = frozenset(
    ["about", "around", "more", "than", "least", "most", "over", "some", "nearly", "almost", "the", "and"]
)
"""Words beside a figure that do not say what it counts."""

Piece = tuple[str, bool]
"""Words of a line, and whether they are the articles' own."""


@dataclass(frozen=True, slots=True)
class Line:
    """A direct line: its words, and the sentences that they are taken from."""

    pieces: tuple[Piece, ...]
    sentences: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """What one article gives for an answer: the words, and the sentence that has them."""

    words: str
    candidate: Candidate

    @property
    def article(self) -> Article:
        return self.candidate.article


def words_of(candidate: Candidate) -> str:
    """The words that answer, without the marks around them; "" where they are no short answer of their own."""
    return short_answer(candidate.article.text[slice(*candidate.words)], candidate.text)


def one_value(found: Sequence[Candidate], sure: float) -> Line | None:
    """The words of the best of the sentences, which are best first, of passages with the margin `sure`.

    None where the reader is not sure of them, or another sentence gives other words nearly as well.
    """
    best = found[0]
    words = words_of(best) if best.answer.span >= LEAST_SPAN and sure >= LEAST_MARGIN else ""
    mine = value_of(words)
    for each in found[1:]:
        if each.answer.score < best.answer.score - RIVAL:
            break
        if each.answer.span >= LEAST_SPAN and not mine & value_of(each.article.text[slice(*each.words)]):
            return None
    return Line(((words, True),), (best,)) if words else None


def differing_values(found: Sequence[Candidate]) -> list[list[Value]]:
    """The figures that articles give for one thing, those that are the same together, the latest first.

    `found` are the sentences that were read, best first; of each article its best counts. Nothing where all give one.
    """
    groups: list[list[Value]] = []
    heard: set[str] = set()
    for each in found:
        if each.answer.score < max(0.0, found[0].answer.score - NEAR_THE_BEST):
            break
        if each.article.id in heard:
            continue
        heard.add(each.article.id)
        if value := _value(each):
            groups = _with(groups, value)
    if len(groups) < 2:
        return []
    groups = groups[:MOST_VALUES]
    groups = [sorted(group, key=_when, reverse=True) for group in groups]
    return sorted(groups, key=lambda group: _when(group[0]), reverse=True)


def revised(line: Line, found: Sequence[Candidate]) -> Line | None:
    """The line with what a later article makes of its figure ("from seven to five"), the later figure first.

    `found` are all sentences that were read. None where no later article takes the figure back.
    """
    words = next(words for words, own in line.pieces if own)
    before = quantities(words)
    if len(before) != 1:
        return None
    earlier = line.sentences[0]
    article = earlier.article
    if corrected := _corrected(before[0], article, found):
        return _taken_back(words_of(corrected), corrected, words, earlier)
    for each in sorted(found, key=lambda each: each.article.published or "", reverse=True):
        if (each.article.published or "") <= (article.published or ""):
            return None
        text = each.text
        for one, other in pairwise(quantities(text)):
            between = text[one.end : other.start]
            old, new = (one, other) if _TO.fullmatch(between) else (other, one)
            if old.same_as(before[0]) and (_FROM.search(text[: one.start]) if old is one else _BACK.fullmatch(between)):
                return _taken_back(text[new.start : new.end], each, words, earlier)
    return None


def _taken_back(new: str, later: Candidate, old: str, earlier: Excerpt) -> Line:
    """The later figure, and the earlier one as that."""
    pieces = (
        (new, True), (f" – {_outlet_and_day(later.article)}; earlier: ", False),
        (old, True), (f" – {_outlet_and_day(earlier.article)}", False),
    )  # fmt: skip
    return Line(pieces, (later, earlier))


def _corrected(figure: Quantity, article: Article, found: Sequence[Candidate]) -> Candidate | None:
    """The sentence of a later article of the same outlet that gives another figure, where it gives the figure too."""
    later = [
        each
        for each in found
        if each.article.outlet == article.outlet
        and (each.article.published or "") > (article.published or "")
        and each.answer.score >= found[0].answer.score - CORRECTED
    ]
    for each in later:
        given = [(other, value) for other in later if other.article.id == each.article.id and (value := _value(other))]
        if any(quantities(value.words)[0].same_as(figure) for _, value in given):
            new = [
                o
                for o, v in given
                if quantities(v.words)[0].kind == figure.kind and quantities(v.words)[0].value != figure.value
            ]
            if new:
                return new[0]
    return None


def _value(candidate: Candidate) -> Value | None:
    """The one figure that a sentence answers with; None where the reader is not sure of it."""
    words = words_of(candidate) if candidate.answer.span >= LEAST_SPAN else ""
    short = words and len(words.split()) <= SHORT_VALUE and len(quantities(words)) == 1
    return Value(words, candidate) if short else None


def _with(groups: list[list[Value]], value: Value) -> list[list[Value]]:
    """The groups with one value more: in its own, or, of another outlet and of the same thing, in a new one."""
    for group in groups:
        if _same(group[0], value):
            group.append(value)
            return groups
    if not groups or (_comparable(groups[0][0], value) and groups[0][0].article.outlet != value.article.outlet):
        return [*groups, [value]]
    return groups


def values_line(groups: Sequence[Sequence[Value]]) -> Line:
    """Each value with the outlets that give it and their days of publication."""
    pieces: list[Piece] = []
    for n, group in enumerate(groups):
        pieces += [(" · ", False)] if n else []
        pieces += [(group[0].words, True), (f" – {_outlets(group)}", False)]
    return Line(tuple(pieces), tuple(group[0].candidate for group in groups))


def yes_or_no(question: str, found: Sequence[Candidate], says_yes: SaysYes) -> Line | None:
    """Yes or no, and which outlet says so in which words; both where outlets differ.

    None where the question does not ask that, or the best sentence does not make it clear.
    """
    near = [each for each in found if each.answer.score >= found[0].answer.score - RIVAL][:MOST_VALUES]
    told = says_yes(question, [(each.article.title or "", each.text) for each in near])
    if told is None or told[0] is None or (told[0] and not words_of(near[0])):  # yes is the less sure of the two
        return None
    other = next((n for n, said in enumerate(told) if said is not None and said != told[0] and words_of(near[n])), None)
    pieces: list[Piece] = []
    sentences: list[Excerpt] = []
    for n in [0] if other is None else [0, other]:
        each, words = near[n], words_of(near[n])
        said = f"{' · ' if n else ''}{'Yes' if told[n] else 'No'}, says {each.article.outlet or 'an article'}"
        pieces += [(f"{said}: “", False), (words, True), ("”", False)] if words else [(said, False)]
        sentences.append(each)
    return Line(tuple(pieces), tuple(sentences))


def accounts_line(told: Sequence[tuple[str, Candidate]]) -> Line | None:
    """What each outlet gives for an answer, by its name; None where the words of one of them are not sure."""
    words = [words_of(each) if each.answer.span >= LEAST_SPAN else "" for _, each in told]
    if len(told) < 2 or not all(words):
        return None
    pieces: list[Piece] = []
    for n, ((outlet, _), answer) in enumerate(zip(told, words, strict=True)):
        pieces += [(f"{' · ' if n else ''}{outlet}: ", False), (answer, True)]
    return Line(tuple(pieces), tuple(each for _, each in told))


def differing_line(groups: Sequence[Sequence[Candidate]]) -> Line | None:
    """That accounts differ, each answer with its outlets; None where the words of one of them are not sure."""
    words = [words_of(group[0]) if group[0].answer.span >= LEAST_SPAN else "" for group in groups]
    if len(groups) < 2 or not all(words):
        return None
    line = values_line([[Value(answer, each) for each in group] for answer, group in zip(words, groups, strict=True)])
    return Line((("The accounts differ: ", False), *line.pieces), line.sentences)


def _outlets(group: Sequence[Value]) -> str:
    """The outlets of a value; a day stands once for those that published on it."""
    told = []
    for day, values in groupby(group, key=_day):
        names = dict.fromkeys(value.article.outlet or "an outlet without a name" for value in values)
        told.append(f"{', '.join(names)} ({day})")
    return ", ".join(told)


def _outlet_and_day(article: Article) -> str:
    return f"{article.outlet or 'an outlet without a name'} ({day_and_hour(article.published, article.published_at)})"


def _day(value: Value) -> str:
    return day_and_hour(value.article.published, value.article.published_at)


def _when(value: Value) -> str:
    return value.article.published_at or value.article.published or ""


def _same(one: Value, other: Value) -> bool:
    return quantities(one.words)[0].same_as(quantities(other.words)[0])


def _comparable(one: Value, other: Value) -> bool:
    """Whether the two figures are of one kind and, where both name what they count, of one thing."""
    a, b = quantities(one.words)[0], quantities(other.words)[0]
    if a.kind != b.kind:
        return False
    counted, also = (set(re.findall(r"[a-z]{3,}", value.words.lower())) - _ABOUT for value in (one, other))
    return bool(counted & also) or (a.kind != "count" and not (counted and also))
