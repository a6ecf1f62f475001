"""Claim by outlet: what each outlet that covers an event says to what is asked, and whether it says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.article import Article, Excerpt, Sentence
from rag.coverage.origins import Origin
from rag.coverage.relation import likelihood, relation
from rag.library.library import Library
from rag.library.word_vectors import WordVectors, read
from rag.models.embedding import Embedding
from rag.reply import ScoredSentence
from rag.text.words import content

FURTHEST_BEHIND = 5.0
"""Behind the best sentence's score: an outlet's sentence further behind than this does not answer."""
ALSO_BEHIND = 4.0
"""Behind the score of an outlet's best sentence: one further behind than this is not worth telling besides."""
MORE_SENTENCES = 3
SAME_SENTENCE = 0.6
"""The share of a sentence's words from which another of the outlet has said it already."""
HEARD_AGAIN = 4
"""How many sentences of an outlet that seemed silent are compared with what the others say."""
SURELY = 0.75
"""How likely such a sentence must be to agree."""
Verdict = Literal["says", "otherwise", "beside", "silent"]
"""The same as the most do; another value or the contrary; something else that bears on it; nothing."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one outlet says to what is asked, in its best sentence; without one it is silent.

    `words` are those that answer, where they can be told apart. `group` is the number of the claim that it makes,
    from 0, the one with the most origins first. `articles` are all of the outlet's on the event; `also` are
    more of its sentences that bear on what is asked, best first.
    """

    outlet: str | None
    verdict: Verdict
    articles: tuple[Article, ...]
    article: Article
    sentence: Sentence | None = None
    words: str | None = None
    group: int | None = None
    also: tuple[Excerpt, ...] = ()

    @property
    def excerpt(self) -> Excerpt | None:
        """Its best sentence."""
        return Excerpt(self.article, self.sentence.start, self.sentence.end) if self.sentence else None


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is asked, and each outlet's account of it: those of one claim together, the silent ones last."""

    asked: str
    accounts: tuple[Account, ...]
    origins: tuple[int, ...]
    """How many independent origins each group of accounts has, by its number."""

    @property
    def answering(self) -> int:
        """How many outlets say anything to it."""
        return sum(account.verdict != "silent" for account in self.accounts)

    @property
    def differs(self) -> bool:
        """Whether an outlet says otherwise than the most."""
        return any(account.verdict == "otherwise" for account in self.accounts)


def claim(
    asked: str,
    tellings: Sequence[ScoredSentence],
    articles: Sequence[Article],
    origins: Sequence[Origin],
    library: Library,
    embedding: Embedding,
) -> Claim:
    """Lay side by side what the outlets of `articles`, which tell of one event, say to what is `asked`.

    `tellings` are their sentences with how well each answers; `origins` those of the articles.
    """
    by_outlet: dict[str, list[Article]] = {}
    for article in articles:
        by_outlet.setdefault(_key(article), []).append(article)
    best = _best(tellings)
    senses = dict(zip(best, read([each.text for each in best.values()], embedding, library), strict=True))
    groups = _groups(best, senses)
    _hear_the_rest(tellings, best, senses, groups, library, embedding)
    writer_of = {id: origin.writer for origin in origins for id in origin.articles}
    counts = [len({writer_of.get(best[key].article.id) for key in group}) for group in groups]
    order = sorted(range(len(groups)), key=lambda n: (-counts[n], -best[groups[n][0]].score))
    also = _also(tellings, best)
    accounts: list[Account] = []
    for number, n in enumerate(order):
        lead = groups[order[0]][0]
        verdict = _verdict(best[lead], senses[lead], best[groups[n][0]], senses[groups[n][0]]) if number else "says"
        for key in groups[n]:
            told = best[key]
            accounts.append(
                Account(
                    told.article.outlet,
                    verdict,
                    tuple(by_outlet.get(key, [told.article])),
                    told.article,
                    told.sentence,
                    told.words,
                    number,
                    also.get(key, ()),
                )
            )
    silent = [
        Account(several[0].outlet, "silent", tuple(several), several[0])
        for key, several in by_outlet.items()
        if key not in best
    ]
    return Claim(asked, (*accounts, *silent), tuple(counts[n] for n in order))


def _best(tellings: Sequence[ScoredSentence]) -> dict[str, ScoredSentence]:
    """The sentence of each outlet that answers best, best first; none of those that do not answer."""
    most = max((each.score for each in tellings), default=0.0)
    best: dict[str, ScoredSentence] = {}
    for each in _in_order(tellings):
        if each.score >= most - FURTHEST_BEHIND:
            best.setdefault(_key(each.article), each)
    return best


def _in_order(tellings: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    return sorted(tellings, key=lambda each: -each.score)


def _also(tellings: Sequence[ScoredSentence], best: Mapping[str, ScoredSentence]) -> dict[str, tuple[Excerpt, ...]]:
    """More sentences of each outlet that may answer, MORE_SENTENCES at most, none that says again what it said."""
    found: dict[str, list[ScoredSentence]] = {key: [told] for key, told in best.items()}
    for each in _in_order(tellings):
        several = found.get(_key(each.article), [])
        if 0 < len(several) <= MORE_SENTENCES and each.score >= several[0].score - ALSO_BEHIND:
            words = content(each.text)
            if all(len(words & content(other.text)) <= SAME_SENTENCE * len(words) for other in several):
                several.append(each)
    return {key: tuple(several[1:]) for key, several in found.items()}


def _hear_the_rest(
    tellings: Sequence[ScoredSentence],
    best: dict[str, ScoredSentence],
    senses: dict[str, WordVectors],
    groups: Sequence[list[str]],
    library: Library,
    embedding: Embedding,
) -> None:
    """Let those join a group who seemed silent, but say in other words what its first outlet says."""
    seemed: dict[str, list[ScoredSentence]] = {}
    for each in _in_order(tellings):
        key = _key(each.article)
        if key not in best and len(seemed.setdefault(key, [])) < HEARD_AGAIN:
            seemed[key].append(each)
    several = [(key, each) for key, found in seemed.items() for each in found]
    for (key, each), sense in zip(several, read([each.text for _, each in several], embedding, library), strict=True):
        for group in groups:
            lead = group[0]
            if key not in best and likelihood(senses[lead], sense, "agree") >= SURELY:
                best[key], senses[key] = each, sense
                group.append(key)


def _key(article: Article) -> str:
    return article.outlet or article.id


def _groups(best: Mapping[str, ScoredSentence], senses: Mapping[str, WordVectors]) -> list[list[str]]:
    """The outlets that say the same, together, the best first."""
    groups: list[list[str]] = []
    for key in best:
        for group in groups:
            if _verdict(best[group[0]], senses[group[0]], best[key], senses[key]) == "says":
                group.append(key)
                break
        else:
            groups.append([key])
    return groups


def _verdict(lead: ScoredSentence, lead_sense: WordVectors, told: ScoredSentence, sense: WordVectors) -> Verdict:
    """Whether `told` says what `lead` says: by the values where both have a figure, else by the sentences."""
    figures = [any(word[:1].isdigit() for word in each.value) for each in (lead, told)]
    if lead.value and lead.value == told.value:
        return "says"
    if all(figures):
        return "says" if lead.value <= told.value or told.value <= lead.value else "otherwise"
    found = relation(lead_sense, sense)
    if found == "agree":
        return "says"
    return "otherwise" if found == "differ" else "beside"
