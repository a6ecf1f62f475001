"""Each outlet's account of what is asked: of those that are named, and of all where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from llama_index.core.schema import NodeWithScore

from rag.querying.compose import CHOSEN, Composed, Evidence, Rules, chosen_of
from rag.querying.direct_line import accounts_line, differing_line
from rag.querying.read import UNREAD, Candidate, candidates, margin
from rag.text.answer_values import value_of

MOST_VALUES = 4


def named_accounts(by_outlet: Mapping[str, Sequence[NodeWithScore]], rules: Rules = CHOSEN) -> Composed:
    """What each of the named outlets says, in their order: its best sentences in its share of the answer's words.

    An outlet's name stands with the first of its sentences. One that says nothing related is left out; nothing is told
    where none of them answers.
    """
    sure = {outlet: margin(passages) for outlet, passages in by_outlet.items()}
    if max(sure.values(), default=UNREAD) < rules.answers:
        return Composed()
    accounts: list[Candidate] = []
    evidence: list[Evidence] = []
    told: list[tuple[str, Candidate]] = []
    share = rules.most_words // len(by_outlet)
    for outlet, passages in by_outlet.items():
        if sure[outlet] < rules.relates:
            continue
        mine = chosen_of(candidates(passages), accounts, share, rules.most_of_an_account, rules)
        accounts += mine
        evidence += [Evidence.of(each, "" if n else outlet) for n, each in enumerate(mine)]
        told += [(outlet, each) for each in mine[:1] if sure[outlet] >= rules.answers]
    line = accounts_line(told)
    return Composed(tuple(evidence), direct=(line,) if line else ())


def differing_accounts(passages: Sequence[NodeWithScore], rules: Rules = CHOSEN) -> Composed:
    """One sentence for each of the different values that outlets give, with the outlets that give it.

    The value is what the words come to that answer in an outlet's best sentence. The value published last comes first,
    as it may supersede the others. Nothing where they all give one.
    """
    found = candidates(passages)
    groups: dict[frozenset[str], list[Candidate]] = {}
    heard: set[str | None] = set()
    for each in found:
        value = value_of(each.article.text[slice(*each.words)])
        if each.answer.score < found[0].answer.score - rules.most_behind or len(groups) == MOST_VALUES:
            break
        if value and each.article.outlet not in heard:
            heard.add(each.article.outlet)
            groups.setdefault(next((other for other in groups if _same(value, other)), value), []).append(each)
    if len(groups) < 2:
        return Composed()
    chosen = sorted(groups.values(), key=lambda of: max(each.article.published or "" for each in of), reverse=True)
    accounts: list[Evidence] = []
    words = 0
    for members in chosen:
        words += len(members[0].text.split())
        if accounts and words > rules.most_words:
            break
        outlets = ", ".join(each.article.outlet or "an outlet without a name" for each in members)
        accounts.append(Evidence.of(members[0], outlets))
    line = differing_line(chosen[: len(accounts)])
    if line is None:
        accounts[0] = replace(accounts[0], account=f"The accounts differ. {accounts[0].account}")
    return Composed(tuple(accounts), direct=(line,) if line else ())


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two values are the same: "the barge" is what "the barge struck the bridge" says."""
    return one <= other or other <= one
