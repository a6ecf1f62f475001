"""The answer composed of what was read: the sentences that answer best, each outlet's account, or nothing.

From where on a question is answered is chosen on training batches that no weight was fitted on (`python -m
benchmarks.reading`).
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from llama_index.core.schema import NodeWithScore

from rag.article import Article, Excerpt
from rag.querying.direct_line import (
    Line,
    differing_values,
    one_value,
    revised,
    values_line,
    yes_or_no,
)
from rag.querying.linked_facts import Linked, compared, one_sided, side_of
from rag.querying.query import Query, names
from rag.querying.read import Candidate, candidates, margin
from rag.reply import ArticleReading, SaysYes, ScoredSentence
from rag.text.answer_values import alike
from rag.text.names import is_name, unmentioned
from rag.text.quantities import quantities

TIME = frozenset(("second", "minute", "hour", "day", "week", "month", "year"))
"""Kinds of figures that say how long something took."""
_GOES_ON = re.compile(r"(?:It|They|He|She|Its|Their|His|Her|This|These)\b")


@dataclass(frozen=True, slots=True)
class Rules:
    """How an answer is composed.

    A question is answered where the `margin` of its passages is `answers` at least, that of a named outlet's `relates`
    at least. Beside the best sentence those are taken that fit into `most_words` and whose score is at most
    `most_behind` behind the best one's; of others up to `more_behind` there may be more to read.
    """

    answers: float = 1.6
    relates: float = -4.0
    most_sentences: int = 4
    most_words: int = 80
    most_behind: float = 2.5
    more_behind: float = 4.5
    most_of_an_account: int = 2


CHOSEN = Rules()


@dataclass(frozen=True, slots=True)
class Evidence(Excerpt):
    """A sentence that answers, in its article; `words` are the offsets of those of it that do.

    `account` names the outlets that say so, where the accounts of several are asked for.
    """

    account: str = ""
    words: tuple[int, int] | None = None

    @classmethod
    def of(cls, candidate: Candidate, account: str = "") -> Evidence:
        """A sentence that was read."""
        return cls(candidate.article, candidate.start, candidate.end, account, candidate.words)


@dataclass(frozen=True, slots=True)
class Composed:
    """What answers, best first, and the direct lines above it."""

    evidence: tuple[Evidence, ...] = ()
    direct: tuple[Line, ...] = ()


def compose(passages: Sequence[NodeWithScore], rules: Rules = CHOSEN, everything: bool = False) -> Composed:
    """The answer to a question, of its passages as they were read.

    Where `everything` is asked for that is told about a thing, each sentence answers that is above "not here", however
    far it is behind the best one.
    """
    found, sure = candidates(passages), margin(passages)
    if sure >= rules.answers:
        if everything:
            rules = replace(rules, most_behind=max(rules.most_behind, sure))
            chosen = chosen_of(found, (), rules.most_words, rules.most_sentences, rules)
            return Composed(tuple(map(Evidence.of, _continued(chosen, found, rules))))
        return Composed(tuple(map(Evidence.of, chosen_of(found, (), rules.most_words, rules.most_sentences, rules))))
    return Composed()


def chosen_of(
    found: Sequence[Candidate], before: Sequence[Candidate], most_words: int, most: int, rules: Rules
) -> list[Candidate]:
    """The best sentences that fit, the best one in any case, none that says what another of them does."""
    chosen: list[Candidate] = []
    words = 0
    for each in found:
        length = len(each.text.split())
        if len(chosen) == most or each.answer.score < found[0].answer.score - rules.most_behind:
            break
        if chosen and words + length > most_words:
            continue
        if not any(alike(each.text, other.text) for other in (*before, *chosen)):
            chosen.append(each)
            words += length
    return chosen


def _continued(chosen: Sequence[Candidate], found: Sequence[Candidate], rules: Rules) -> list[Candidate]:
    """With those that go on from a chosen one ("It will cost …") and so speak of the same thing, if they fit."""
    told = list(chosen)
    for each in found:
        goes_on = any(
            each.article.id == other.article.id
            and not each.article.text[other.sentence.end : each.sentence.start].strip()
            for other in told
            if other.sentence.end <= each.sentence.start
        )
        fits = sum(len(other.text.split()) for other in (*told, each)) <= rules.most_words
        if goes_on and fits and each not in told and len(told) < rules.most_sentences and _GOES_ON.match(each.text):
            told.append(each)
    return told


def more_on_this(
    evidence: Sequence[Evidence], passages: Sequence[NodeWithScore], most: int, rules: Rules = CHOSEN
) -> list[Evidence]:
    """Sentences beside an answer's that are near to answering too, best first."""
    found = candidates(passages)
    chosen: list[Evidence] = []
    for each in found:
        if len(chosen) == most or each.answer.score < found[0].answer.score - rules.more_behind:
            break
        if not any(alike(each.text, other.text) for other in (*evidence, *chosen)):
            chosen.append(Evidence.of(each))
    return chosen


# The direct line


def with_direct_line(
    question: str,
    composed: Composed,
    passages: Sequence[NodeWithScore],
    says_yes: SaysYes,
    rules: Rules = CHOSEN,
) -> Composed:
    """The answer with its direct line: yes or no, the best sentence's words, or the figures that articles differ on.

    Where they differ, a sentence of each figure stands below, and no others; of yes and no those that say so.
    """
    if not composed.evidence:
        return composed
    found = candidates(passages)
    if said := yes_or_no(question, found, says_yes):
        return _first(_of_line(said, found), Composed(), [said], rules)
    if groups := differing_values(found):
        evidence = [Evidence.of(group[0].candidate) for group in groups]
        return Composed(tuple(evidence), direct=(values_line(groups),))
    line = one_value(found, margin(passages))
    if line and (later := revised(line, found)):
        return _first(_of_line(later, found), composed, [later], rules)
    return replace(composed, direct=(line,) if line else ())


def in_parts(
    composed: Composed, parts: Sequence[tuple[str, Sequence[NodeWithScore]]], rules: Rules = CHOSEN
) -> Composed:
    """The answer to a question of several parts: the best sentence of each, then what answers the whole and fits.

    A part that nothing answers is left to the whole.
    """
    best, lines = [], []
    for _, passages in parts:
        if (sure := margin(passages)) >= rules.answers:
            found = candidates(passages)
            best.append(found[0])
            lines.append(one_value(found, sure))
    return _first(best, composed, [line for line in lines if line], rules) if best else composed


def of_two_sides(
    sides: Linked,
    composed: Composed,
    passages: Sequence[NodeWithScore],
    parts: Sequence[tuple[str, Sequence[NodeWithScore]]],
    says_yes: SaysYes,
    rules: Rules = CHOSEN,
) -> Composed | None:
    """The answer to a question that links two facts, each side's sentence and what they come to.

    Where one side is not found, what answers the whole stands below the other. None where no side is found, and where
    an article itself says how long after the other one thing was.
    """
    if sides.form == "apart" and _says_how_long(passages):
        return None
    found = [
        side_of(name, other, candidates(passages), sides.form) if margin(passages) >= rules.answers else None
        for name, other, (_, passages) in zip(sides.names, reversed(sides.names), parts, strict=True)
    ]
    known = [side for side in found if side]
    if not known or (sides.form == "apart" and len(known) < 2):
        return None
    best = [side.candidate for side in known]
    missing = [name for name, side in zip(sides.names, found, strict=True) if side is None]
    if missing:
        return _first(best, composed, one_sided(known[0], missing[0]), rules)
    says: list[bool | None] = []
    if sides.form == "both":
        for (question, _), each in zip(parts, best, strict=True):
            says += says_yes(question, [(each.article.title or "", each.text)]) or []
    lines = compared(sides, known[0], known[1], parts[0][0], says)
    return _first(best, Composed() if lines else composed, lines, rules)


def _says_how_long(passages: Sequence[NodeWithScore]) -> bool:
    """Whether the answer of the passages to the whole question is a stretch of time."""
    found = candidates(passages)
    line = one_value(found, margin(passages)) if found else None
    return line is not None and any(f.kind in TIME for words, own in line.pieces if own for f in quantities(words))


def _of_line(line: Line, found: Sequence[Candidate]) -> list[Candidate]:
    """The sentences that the line is taken from, in its order."""
    read = {(each.article.id, each.start): each for each in found}
    return [read[each.article.id, each.start] for each in line.sentences]


def _first(best: Sequence[Candidate], composed: Composed, lines: Sequence[Line], rules: Rules) -> Composed:
    """These sentences, and after them those of the composed answer that fit."""
    evidence = {(each.article.id, each.sentence.start): Evidence.of(each) for each in best}
    words = sum(len(each.text.split()) for each in evidence.values())
    for each in composed.evidence:
        key = (each.article.id, each.sentence.start)
        length = len(each.text.split())
        if key not in evidence and len(evidence) < rules.most_sentences and words + length <= rules.most_words:
            evidence[key] = each
            words += length
    unlike = {line.pieces: line for line in reversed(lines)}
    return Composed(tuple(evidence.values()), direct=tuple(line for line in lines if line in unlike.values()))


def article_reading(article: Article, read: Sequence[NodeWithScore], passages: int) -> ArticleReading:
    """What the reader says of an article, of whose `passages` those were `read`."""
    sentences = tuple(
        ScoredSentence(article, each.start, each.end, each.answer.score, each.words, each.answer.span)
        for each in candidates(read)
    )
    nothing = statistics.mean(each.node.metadata["nothing"] for each in read) if read else 0.0
    return ArticleReading(article, sentences, nothing, len(read) == passages)


# Refusal


def not_mentioned(query: Query, passages: Sequence[NodeWithScore]) -> str:
    """A sentence that says which names of the question none of the passages' articles mentions; or "".

    Names are compared without accents and in small letters, under either apostrophe, and in the other forms that
    people use for them ("UK", "British").
    """
    articles = {each.node.metadata["article"].id: each.node.metadata["article"] for each in passages}
    told = " ".join(f"{article.title or ''} {article.text} {article.outlet or ''}" for article in articles.values())
    asked = [name for name in names(query.question) if is_name(name)]
    missing = unmentioned(asked, told)
    if not missing or not articles:
        return ""
    listed = " or ".join(filter(None, [", ".join(f"“{name}”" for name in missing[:-1]), f"“{missing[-1]}”"]))
    if len(articles) == 1:
        return f"The closest article does not mention {listed}."
    return f"None of the {len(articles)} closest articles mentions {listed}."
