"""Groups the answers of articles by their value: yes or no, the same day, the same figure, the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.article import Sentence
from rag.coverage.relation import likelihood
from rag.library.word_vectors import WordVectors
from rag.reply import ScoredSentence
from rag.text.answer_values import MOST_WORDS, same_figures, same_words, short_answer
from rag.text.dated_sentences import dates_in

SURELY = 0.5
"""How likely two sentences must agree for their long answers to be the same."""
LEAST_SURE = 0.25
"""How likely the reader must hold the words of an answer for them to be compared."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence that answers. `yes` is what it says to a question that asks yes or no (`polar`), None if unclear."""

    sentence: ScoredSentence
    sense: WordVectors
    yes: bool | None = None
    polar: bool = False

    @property
    def words(self) -> str:
        """The words that answer, in short; "" if they are no short part of the sentence or not sure."""
        if self.sentence.words is None or self.sentence.sure < LEAST_SURE:
            return ""
        return short_answer(self.sentence.article.text[slice(*self.sentence.words)], self.sentence.text)

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and last day of the date that the words give; None if they give none."""
        start, end = self.sentence.words or (0, 0)
        dated = dates_in(self.sentence.article, Sentence(self.sentence.start, self.sentence.end))
        return next(((d.first, d.last) for d in dated if start <= d.words[0] and d.words[1] <= end), None)


def grouped(answers: Sequence[Answer]) -> tuple[list[list[Answer]], list[Answer], bool]:
    """Group answers, best first, by their value.

    Returns:
        The groups, that of the latest article first; the answers that are not clear; and whether two of the groups
        cannot both be right.
    """
    groups: list[list[Answer]] = []
    unclear: list[Answer] = []
    for answer in answers:
        if answer.polar and answer.yes is None:
            unclear.append(answer)
            continue
        for group in groups:
            if _same(group[0], answer):
                group.append(answer)
                break
        else:
            groups.append([answer])
    differs = any(_contradict(one[0], other[0]) for n, one in enumerate(groups) for other in groups[:n])
    return sorted(groups, key=_latest, reverse=True), unclear, differs


def comparable(one: Answer, other: Answer) -> bool:
    """Whether two answers are of one kind: figures of the same thing, or mostly the same words."""
    if one.polar or not (one.words and other.words):
        return False
    return same_figures(one.words, other.words) is not None or same_words(one.words, other.words)


def heading(group: Sequence[Answer]) -> str:
    """The answer of a group in a few words: yes or no, else the words of its best sentence."""
    best = group[0]
    if best.polar:
        return "Yes" if best.yes else "No"
    words = best.words
    if not words:
        start, end = best.sentence.words or (best.sentence.start, best.sentence.end)
        several = best.sentence.article.text[start:end].split()
        words = " ".join(several[:MOST_WORDS]) + ("…" if len(several) > MOST_WORDS else "")
    return words[:1].upper() + words[1:]


def _latest(group: Sequence[Answer]) -> tuple[str, float]:
    articles = [each.sentence.article for each in group]
    return max(each.published_at or each.published or "" for each in articles), group[0].sentence.score


def _same(one: Answer, other: Answer) -> bool:
    if one.polar:
        return one.yes == other.yes
    if one.words and other.words:
        figures = same_figures(one.words, other.words)
        if figures is not None:
            return figures
    days = one.days, other.days
    if days[0] and days[1]:
        return days[0][0] <= days[1][1] and days[1][0] <= days[0][1]
    if one.words and other.words and same_words(one.words, other.words):
        return True
    return likelihood(one.sense, other.sense, "agree") >= SURELY


def _contradict(one: Answer, other: Answer) -> bool:
    """Whether two answers that are not the same cannot both be right: yes and no, two figures, two days."""
    if one.polar or (one.days and other.days):
        return True
    return bool(one.words and other.words) and same_figures(one.words, other.words) is False
