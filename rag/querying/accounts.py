"""Each outlet's account of what is asked: of the outlets that are named, or of all where it is asked how they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from llama_index.core.schema import NodeWithScore

from rag.library.library import Library
from rag.querying.evidence import NUMBER_WORDS, Candidate, Weigh, candidates, weigh
from rag.querying.extract import MOST_WORDS, Evidence, alike
from rag.querying.understand import WORD, Query, stem
from rag.querying.wording import answering_words

MOST_ACCOUNTS = 4
FURTHEST_BEHIND = 2.5
"""In log odds behind the best: an outlet's best sentence further behind than this tells of something else."""


def named_accounts(
    query: Query, ranked: Mapping[str, Sequence[NodeWithScore]], library: Library, weigh: Weigh = weigh
) -> list[Evidence]:
    """What each of the outlets tells, in their order: its best sentences in its share of the answer's words.

    `ranked` holds the passages of each outlet, as `LateInteraction` ranked and read them.
    """
    accounts: list[Evidence] = []
    share = MOST_WORDS // max(1, len(ranked))
    for outlet, passages in ranked.items():
        found = candidates(passages)
        if not found:
            continue
        worth = weigh(query, found, library)
        words = 0
        for index in worth.argsort()[::-1]:
            each = Evidence(found[index].article, found[index].match.sentence)
            length = len(each.text.split())
            mine = [other for other in accounts if other.account == outlet]
            if mine and (words + length > share or any(alike(each.text, other.text) for other in accounts)):
                continue
            accounts.append(replace(each, account=outlet))
            words += length
            if words > share or len(mine) + 1 == 2:
                break
    return accounts


def differing_accounts(
    query: Query, ranked: Sequence[NodeWithScore], library: Library, weigh: Weigh = weigh
) -> list[Evidence]:
    """One sentence for each of the different values that outlets give, with the outlets that give it.

    The value is what answers in an outlet's best sentence (a figure, a date, a name). Nothing where they give one value.
    """
    found = candidates(ranked)
    worth = weigh(query, found, library).tolist() if found else []
    weights = library.rarity([stem(word) for word in WORD.findall(query.text)])
    groups: dict[frozenset[str], list[tuple[float, Candidate]]] = {}
    heard: set[str | None] = set()
    best = max(worth, default=0.0)
    for weight, each in sorted(zip(worth, found, strict=True), key=lambda pair: -pair[0]):
        value = _value(answering_words(query, each.text, weights))
        if weight < best - FURTHEST_BEHIND or each.article.outlet in heard or not value:
            continue
        heard.add(each.article.outlet)
        same = next((known for known in groups if known == value), value)
        groups.setdefault(same, []).append((weight, each))
    if len(groups) < 2:
        return []
    accounts = []
    words = 0
    for members in sorted(groups.values(), key=lambda members: -members[0][0])[:MOST_ACCOUNTS]:
        each = members[0][1]
        words += len(each.text.split())
        if accounts and words > MOST_WORDS:
            break
        outlets = [member.article.outlet or "An outlet without a name" for _, member in members]
        accounts.append(Evidence(each.article, each.match.sentence, ", ".join(outlets)))
    return accounts


def _value(words: str | None) -> frozenset[str]:
    """What is compared of answering words: its figures, in digits; else its words."""
    if not words:
        return frozenset()
    figures = [figure.replace(",", "").rstrip(".") for figure in re.findall(r"\d[\d,.]*", words)]
    figures += [NUMBER_WORDS[word.lower()] for word in WORD.findall(words) if word.lower() in NUMBER_WORDS]
    return frozenset(figures or [stem(word) for word in WORD.findall(words)])
