"""Whether a sentence that a model wrote is borne out by the passages it cites.

Its figures, dates, names and speakers are looked up (claim_facts.py), its meaning is compared with the
evidence's (claim_features.py). An entailment model is asked as well, if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.article import Sentence
from rag.library.library import Library
from rag.library.word_vectors import Vector, WordVectors, read
from rag.models.embedding import Embedding
from rag.models.entailment import Entailment
from rag.querying.claim_facts import (
    ClaimEvidence,
    attribution,
    denies,
    in_a_voice,
    leans,
    missing_names,
    negations,
    tells_as_certain,
    who_speaks,
    wrong_date,
    wrong_figure,
    wrong_quote,
    wrong_speaker,
)
from rag.querying.claim_features import MOST_SENTENCES, features, inside_of, likelihood_of
from rag.querying.prompt_passages import Source, gives_orders, marker
from rag.reply import Support
from rag.text.words import WORD, stem

ENOUGH_MORE = 0.02
"""How much more of a claim a further sentence must cover to be called in as evidence."""
PASSAGES_KEPT_READ = 64
SUPPORTED, PARTLY = 0.65, 0.4
"""The likelihoods from which a claim is called borne out, and borne out in part."""
WEAKEST = 0.25
"""What the least word of a claim must be like something in the evidence, if all of it is called borne out."""
ODD = 0.4
"""What the one word of a claim that its evidence has not must be like, or it stands for something else."""
ENTAILED = 0.5
MISPLACED = 0.12
"""How much more alike the surroundings of another figure may be before a figure is taken for that one."""
STRANGE, UNLIKE, PIECES_OF_A_COINAGE, COINED_UNLIKE = 0.6, 0.45, 3, 0.55
"""A first word that is rarer, or a word that the model knows only in so many pieces, and whose nearest is less alike,
is nothing that a paraphrase would bring."""
LEAST_WEIGHT = 0.05
_ENDINGS = ("ly", "ing", "ed", "ness", "ment", "tion")


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """What the check of one sentence came to: `evidence` bears it out, as far as it does; `lack` says what is not.

    `evidence` are the sentences, each with the place of its source among those that were compared.
    """

    support: Support
    evidence: tuple[tuple[int, Sentence], ...] = ()
    lack: str = ""
    likelihood: float = 0.0


class Checker:
    """Compares sentences with passages, with the library's own embedding model."""

    def __init__(self, library: Library, embedding: Embedding, entailment: Entailment | None = None) -> None:
        self.library = library
        self.embedding = embedding
        self.entailment = entailment
        self._read_kept = lru_cache(PASSAGES_KEPT_READ)(self._read)

    def check(self, claim: str, sources: Sequence[Source], question: str = "") -> ClaimVerdict:
        """Whether `claim` is borne out by the best of the sources that it cites."""
        found = [self._against(claim, source, place, question) for place, source in enumerate(sources)]
        order = ("unsupported", "partly", "supported")
        return max(
            found, key=lambda each: (order.index(each.support), each.likelihood), default=ClaimVerdict("unsupported")
        )

    def _against(self, claim: str, source: Source, place: int, question: str) -> ClaimVerdict:
        evidence, row = self.compare(claim, source, question)
        if evidence is None:
            return ClaimVerdict("unsupported", lack="nothing in the passage is close to it")
        likelihood = likelihood_of(row)
        support, lack = verdict(self, claim, evidence, row, likelihood)
        return ClaimVerdict(support, tuple((place, span) for span in evidence.spans), lack, likelihood)

    def wrong(self, claim: str, evidence: ClaimEvidence, row: Mapping[str, float]) -> str:
        """What the claim asserts that the evidence has otherwise or not at all, for a person; "" for nothing."""
        figure = wrong_figure(claim, evidence) or wrong_date(claim, evidence)
        if figure:
            return f"“{figure}” is not there"
        if row["misplaced"] > MISPLACED:
            return "a figure in it is about something else"
        nowhere, _ = missing_names(claim, evidence)
        nowhere += self._strange(claim, evidence)
        if nowhere:
            return f"“{nowhere[0]}” is not there"
        if denies(claim) and not (denies(evidence.text) or negations(evidence.text)):
            return "nothing is negated there"
        if quote := wrong_quote(claim, evidence):
            return f"nobody says “{quote}” there"
        who = wrong_speaker(claim, evidence, self.library.sentences_of(evidence.article))
        return f"“{who}” does not say so" if who else ""

    def _strange(self, claim: str, evidence: ClaimEvidence) -> list[str]:
        """Words that can only be names, written small or at the beginning, of which the article has nothing alike."""
        said, near = self._read("", claim), self._read("", evidence.text)
        whole = {stem(word) for word in WORD.findall(f"{evidence.article.title or ''} {evidence.article.text}")}
        found = []
        for n, (start, end) in enumerate(said.words):
            word = claim[start:end]
            opens = word[0].isupper() and not claim[:start].strip("\"'“‘( ") and said.weights[n] >= STRANGE
            coined = word.islower() and word.isalpha() and said.pieces[n] >= PIECES_OF_A_COINAGE
            if not (opens or coined) or word.endswith(_ENDINGS) or said.stems[n] in whole:
                continue
            if float((near.vectors @ said.vectors[n]).max(initial=0.0)) < (UNLIKE if opens else COINED_UNLIKE):
                found.append(word)
        return found

    def tells_as_fact(self, claim: str, evidence: ClaimEvidence) -> bool:
        """Whether the claim tells as a fact what in the evidence are the words of somebody whom it does not name."""
        who = who_speaks(evidence, self.library.sentences_of(evidence.article))
        if not who or attribution(claim):
            return False
        return not {stem(word) for word in WORD.findall(who)} & {stem(word) for word in WORD.findall(claim)}

    def compare(self, claim: str, source: Source, question: str = "") -> tuple[ClaimEvidence | None, dict[str, float]]:
        """The sentences of the source that bear most of the claim, and what is seen of the two: FEATURES."""
        said, passage = self._read("", claim), self._passage(source)
        opened = marker(source.article.text[source.start : source.end])
        sentences = [
            each
            for each in self.library.sentences_of(source.article)
            if source.start <= each.start < source.start + opened
            and each.end <= source.end
            and not gives_orders(source.article.text[each.start : each.end])
        ]
        rows = [inside_of(passage, each.start - source.start, each.end - source.start) for each in sentences]
        if not len(said.words) or not any(len(each) for each in rows):
            return None, {}
        cosines = said.vectors @ passage.vectors.T
        chosen = self._chosen(said, cosines, rows)
        inside = np.concatenate([rows[n] for n in chosen])
        evidence = ClaimEvidence(source.article, tuple(sentences[n] for n in sorted(chosen)), sentences[chosen[0]])
        return evidence, features(said, passage, cosines, inside, evidence, source.start, question)

    def _chosen(self, said: WordVectors, cosines: Vector, rows: Sequence[NDArray[np.int64]]) -> list[int]:
        """The sentence (by number) that covers the claim best, and its neighbours as long as each adds to it."""
        chosen: list[int] = []
        nearest = np.zeros(len(said.words), np.float32)
        reached = 0.0
        while len(chosen) < MOST_SENTENCES:
            tried = {
                n: float(np.maximum(nearest, cosines[:, inside].max(axis=1)) @ said.weights)
                for n, inside in enumerate(rows)
                if len(inside) and (not chosen or n in (min(chosen) - 1, max(chosen) + 1))
            }
            if not tried:
                break
            best = max(tried, key=lambda n: tried[n])
            if chosen and tried[best] - reached < ENOUGH_MORE * float(said.weights.sum()):
                break
            chosen.append(best)
            reached = tried[best]
            nearest = np.maximum(nearest, cosines[:, rows[best]].max(axis=1))
        return chosen

    def _passage(self, source: Source) -> WordVectors:
        title = source.article.title
        return self._read_kept(f"{title}\n" if title else "", source.article.text[source.start : source.end])

    def _read(self, heading: str, text: str) -> WordVectors:
        """`text` read after its heading; no word of it is so common that it does not count."""
        (sense,) = read([text], self.embedding, self.library, heading)
        return replace(sense, weights=np.maximum(sense.weights, LEAST_WEIGHT))


def verdict(
    checker: Checker, claim: str, evidence: ClaimEvidence, row: Mapping[str, float], likelihood: float
) -> tuple[Support, str]:
    """What the check of a claim comes to, and what is lacking, as words for a person; `row` holds its FEATURES."""
    wrong = checker.wrong(claim, evidence, row)
    if wrong:
        return "unsupported", wrong
    support: Support = "supported" if likelihood >= SUPPORTED else "partly" if likelihood >= PARTLY else "unsupported"
    if checker.entailment is not None:
        entailed, contradicted = checker.entailment(evidence.text, claim)
        if contradicted > max(entailed, ENTAILED):
            return "unsupported", "the passage says something else"
        support = "supported" if entailed >= ENTAILED else "partly" if support != "unsupported" else support
    elif support == "supported" and (
        row["weakest"] < WEAKEST
        or row["odd_one"] < ODD
        or row["elsewhere"]
        or (row["several"] and not leans(evidence))  # what is put together may be put together wrongly
    ):
        support = "partly"
    if support == "supported" and tells_as_certain(claim, evidence.text):
        return "partly", "it is only a possibility there"
    if support == "supported" and (in_a_voice(claim) or checker.tells_as_fact(claim, evidence)):
        return "partly", "the article only says that somebody said so"
    return support, "" if support == "supported" else "not all of it is there"
