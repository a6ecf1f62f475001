"""Each outlet's account of what is asked: of those that are named, or of all where it is asked how they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from llama_index.core.schema import NodeWithScore

from rag.article import Telling
from rag.library.library import Library
from rag.querying.answerable import counted, counts, same_fate
from rag.querying.evidence import Candidate, Weigh, candidates, contrast, weigh
from rag.querying.extract import Evidence, alike
from rag.querying.understand import WORD, Query, stem
from rag.querying.wording import answering_words
from rag.words import NUMBERS

WORDS_FOR_ALL, SENTENCES_OF_ONE = 110, 3
"""Of an answer that tells the accounts of named outlets: its words, and how many sentences one outlet gets."""
MOST_VALUES = 4
FATE_NEAR = 40
"""Characters around a number in which stands what befell those it counts."""
FURTHEST_BEHIND = 6.0
"""In log odds behind the best: what is further behind tells of something else."""


def named_accounts(
    query: Query, ranked: Mapping[str, Sequence[NodeWithScore]], library: Library, weigh: Weigh = weigh
) -> list[Evidence]:
    """What each of the outlets tells, in their order: its best sentences in its share of the answer's words.

    `ranked` holds the passages of each outlet, as `LateInteraction` ranked and read them. An outlet's name stands with
    the first of its sentences.
    """
    accounts: list[Evidence] = []
    share = WORDS_FOR_ALL // max(1, len(ranked))
    for outlet, passages in ranked.items():
        found = candidates(passages)
        worth = weigh(query, found, library) + contrast(query, found, library)
        mine: list[Evidence] = []
        words = 0
        for index in worth.argsort()[::-1] if found else ():
            each = Evidence(found[index].article, found[index].match.sentence, "" if mine else outlet)
            length = len(each.text.split())
            if len(mine) == SENTENCES_OF_ONE or worth[index] < worth.max() - FURTHEST_BEHIND:
                break
            if mine and (words + length > share or any(alike(each.text, other.text) for other in accounts + mine)):
                continue
            mine.append(each)
            words += length
        accounts += mine
    return accounts


def differing_accounts(
    query: Query, ranked: Sequence[NodeWithScore], library: Library, weigh: Weigh = weigh
) -> list[Evidence]:
    """One sentence for each of the different values that outlets give, with the outlets that give it.

    The value is what answers in an outlet's best sentence that holds one: the number of what is counted, a date, a
    name. The value told last comes first, as it may supersede the others. Nothing where they all give one.
    """
    found = candidates(ranked, len(ranked))
    worth = (weigh(query, found, library) + contrast(query, found, library)).tolist()
    weights = library.rarity([stem(word) for word in WORD.findall(query.text)])
    groups: dict[frozenset[str], list[Candidate]] = {}
    heard: set[str | None] = set()
    values = [value_of(answer_in(query, each.text, weights)) for each in found]
    least = max((weight for weight, value in zip(worth, values, strict=True) if value), default=0.0) - FURTHEST_BEHIND
    for weight, value, each in sorted(zip(worth, values, found, strict=True), key=lambda told: -told[0]):
        if weight >= least and value and each.article.outlet not in heard:
            heard.add(each.article.outlet)
            groups.setdefault(value, []).append(each)
    if len(groups) < 2:
        return []
    chosen = list(groups.values())[:MOST_VALUES]
    chosen.sort(key=lambda members: max(each.article.published or "" for each in members), reverse=True)
    accounts: list[Evidence] = []
    words = 0
    for members in chosen:
        words += len(members[0].text.split())
        if accounts and words > WORDS_FOR_ALL:
            break
        outlets = ", ".join(each.article.outlet or "an outlet without a name" for each in members)
        accounts.append(Evidence(members[0].article, members[0].match.sentence, outlets))
    first = accounts[0]
    return [replace(first, account=f"The accounts differ. {first.account}"), *accounts[1:]]


def answer_in(query: Query, text: str, weights: Mapping[str, float]) -> str | None:
    """The words of the sentence `text` that answer: the number of what is counted; else those of the kind asked for."""
    own = query.text[: query.own]
    words = counted(own, text) if counts(own) else answering_words(query, text, weights)
    if not words or not same_fate(own, text[max(0, text.find(words) - FATE_NEAR) :][: len(words) + 2 * FATE_NEAR]):
        return None
    return words


def value_of(words: str | None) -> frozenset[str]:
    """What is compared of a sentence's answer: its figures, in digits; else its words."""
    if not words:
        return frozenset()
    figures = [figure.replace(",", "").rstrip(".") for figure in re.findall(r"\d[\d,.]*", words)]
    figures += [str(NUMBERS[word.lower()]) for word in WORD.findall(words) if word.lower() in NUMBERS]
    return frozenset(figures or [stem(word) for word in WORD.findall(words)])


def tellings(query: Query, passages: Sequence[NodeWithScore], library: Library, weigh: Weigh = weigh) -> list[Telling]:
    """The sentences of the passages, as `LateInteraction` ranked and read them, each with how well it answers."""
    found = candidates(passages, len(passages))
    if not found:
        return []
    worth = weigh(query, found, library) + contrast(query, found, library)
    weights = library.rarity([stem(word) for word in WORD.findall(query.text)])
    told = []
    for each, value in zip(found, worth.tolist(), strict=True):
        words = answer_in(query, each.text, weights)
        told.append(Telling(each.article, each.match.sentence, value, words, value_of(words)))
    return told
