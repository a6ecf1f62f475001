"""The timeline: what the articles date, in order, with the sentences that say so.

A day that is told by the article's own ("on Monday") is computed, and marked as that. Sentences that tell one thing are
one entry; where they date it otherwise, it is marked as disputed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rag.article import Article
from rag.library.library import Library
from rag.text.dated_sentences import DatedSentence, dated
from rag.text.words import content

SAME_THING = 0.5
"""The share of the weight of two sentences' words that they have in common from which they tell one thing."""
SURELY_THE_SAME = 0.65
"""The share from which they do although their dates differ: then the date is disputed."""
FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, with the sentences that date it; `disputed` where they do not agree on when."""

    first: date
    last: date
    told: tuple[DatedSentence, ...]
    disputed: bool

    @property
    def computed(self) -> bool:
        """Whether no sentence gives the date outright."""
        return all(each.computed for each in self.told)


def timeline(library: Library, articles: Sequence[Article]) -> list[TimelineEntry]:
    """What the articles date, the earliest first."""
    told = [each for article in articles for each in dated(article, library.sentences_of(article))]
    words = [_words(each) for each in told]
    periods: dict[tuple[str, int], list[DatedSentence]] = {}
    for each in told:
        periods.setdefault(_place(each), []).append(each)
    rarity = library.rarity(sorted({word for several in words for word in several}))
    groups: list[list[int]] = []
    for n in range(len(told)):
        for group in groups:
            if any(_one_thing(told[n], words[n], told[m], words[m], rarity, periods) for m in group):
                group.append(n)
                break
        else:
            groups.append([n])
    entries = [_entry([told[n] for n in group]) for group in groups]
    return sorted(entries, key=lambda entry: (entry.first, entry.last))


def _words(each: DatedSentence) -> set[str]:
    start, end = each.words
    text = each.article.text[each.sentence.start : start] + " " + each.article.text[end : each.sentence.end]
    return content(text)


def _one_thing(
    one: DatedSentence,
    words: set[str],
    other: DatedSentence,
    others: set[str],
    rarity: Mapping[str, float],
    periods: Mapping[tuple[str, int], Sequence[DatedSentence]],
) -> bool:
    """Whether two dated sentences tell one thing; where their dates do not meet, only if none of their dates does."""
    weight = sum(rarity[word] for word in words & others)
    shorter = min(sum(rarity[word] for word in words), sum(rarity[word] for word in others))
    if _place(one) == _place(other) or weight < SAME_THING * shorter or len(words & others) < FEWEST_WORDS:
        return False
    if _meet(one, other):
        return True
    apart = not any(_meet(a, b) for a in periods[_place(one)] for b in periods[_place(other)])
    return apart and one.article.outlet != other.article.outlet and weight >= SURELY_THE_SAME * shorter


def _meet(one: DatedSentence, other: DatedSentence) -> bool:
    return one.first <= other.last and other.first <= one.last


def _place(each: DatedSentence) -> tuple[str, int]:
    return each.article.id, each.sentence.start


def _entry(told: Sequence[DatedSentence]) -> TimelineEntry:
    """The sentences as one entry, dated by the narrowest of them that computes nothing, if there is one."""
    best = min(told, key=lambda each: (each.last - each.first, each.computed))
    disputed = any(each.last < best.first or best.last < each.first for each in told)
    return TimelineEntry(best.first, best.last, tuple(told), disputed)
