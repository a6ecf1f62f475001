"""From the text that a language model writes to statements, each checked and cited as soon as its sentence has ended.

Nothing is told that has not been through the check. A number that stands for no passage is dropped; one that was
forgotten is added where the check finds what bears the sentence out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sentencex import segment

from rag.article import LONGEST_QUOTE, Article, Excerpt, Sentence
from rag.querying.citations import check
from rag.querying.claim_check import Checker, ClaimVerdict
from rag.querying.prompt_passages import Source, gives_orders, plain
from rag.reply import Citation, Statement

_NUMBERS = r"\[(?:passages? )?\d+(?:\s*(?:[,;&]|and|-)\s*(?:passages? )?\d+)*\]"
_CITED = re.compile(rf"\s*{_NUMBERS}")
_AFTER_THE_STOP = re.compile(rf"([.!?][\"”'’)]*)((?:\s*{_NUMBERS})+)")
_NO_ANSWER = re.compile(
    r"\b(?:the )?passages? (?:do|does)(?: not|n['’]t) (?:say|tell|answer|mention|state|contain|provide|specify|give)\b|"
    r"\bno (?:answer|information)\b.{0,40}\bpassages?\b",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"\w+://|\bwww\.|!\[|\]\(|<\s*/?\s*[a-z!?]|\bjavascript:|\bdata:\w+/|\b[\w-]+\.(?:com|net|org|io|ru|info|biz|xyz|example)\b|"
    r"&#?\w+;|\{\{|```",
    re.IGNORECASE,
)
_OF_PASSAGES = re.compile(r"^\W*(?:the|these|this) passages?\b", re.IGNORECASE)
"""What is said of the passages, and not of the news, is nothing that they could bear out."""
_ENDED = re.compile(r"[.!?…][\"”’')\]]*$")
_LISTED = re.compile(r"^(?:[-*•]|\d+[.)])\s+")
_MAY_STILL_BELONG = re.compile(r"[\s\"”’)]*(?:\[[^\]]*)?")
LEAST_WORDS = 3
"""A sentence of fewer words ("Yes.") says nothing that could be checked."""


class GeneratedStatements:
    """The statements of one answer as they come, and their citations, numbered in the order of the text."""

    def __init__(self, checker: Checker, question: str, sources: Sequence[Source], strike: bool = True) -> None:
        """`strike` leaves what is not borne out out of the answer; otherwise it is marked only."""
        self.statements: list[Statement] = []
        self.citations: list[Citation] = []
        self.gives_up = False
        """Whether the model says that the passages do not answer."""
        self._checker, self._question, self._sources, self._strike = checker, question, sources, strike

    @property
    def supported(self) -> bool:
        """Whether anything of it is borne out."""
        return any(each.support == "supported" for each in self.statements)

    @property
    def struck(self) -> int:
        return sum(each.struck for each in self.statements)

    def follow(self, pieces: Iterable[str]) -> Iterator[Statement]:
        """The statements, each when its sentence has ended; one that was broken off is left out."""
        for sentence in sentences(pieces):
            statement = self._read(sentence)
            if statement is not None:
                self.statements.append(statement)
                yield statement

    def _read(self, sentence: str) -> Statement | None:
        numbers = [int(n) for found in _CITED.findall(sentence) for n in re.findall(r"\d+", found)]
        text = " ".join(plain(_LISTED.sub("", _CITED.sub("", sentence))).split())
        if not _ENDED.search(text):  # the model was stopped in the middle of it
            return None
        if _NO_ANSWER.search(text):
            self.gives_up = True
            return None
        if (
            len(text.split()) < LEAST_WORDS
            or _OF_PASSAGES.search(text)
            or any(text == each.text for each in self.statements)
        ):
            return None
        if _FOREIGN.search(sentence) or gives_orders(text):
            # Not even struck through: what an article made a model write has no place on the page.
            return Statement("A sentence with an address or markup in it.", support="unsupported", struck=True)
        cited = [n - 1 for n in dict.fromkeys(numbers) if 1 <= n <= len(self._sources)]
        finding = self._checker.check(text, [self._sources[n] for n in cited], self._question)
        places, added = cited, False
        if finding.support != "supported":
            others = [n for n in range(len(self._sources)) if n not in cited]
            elsewhere = self._checker.check(text, [self._sources[n] for n in others], self._question)
            if elsewhere.support == "supported":
                finding, places, added = elsewhere, others, True
        return self._statement(text, finding, places, added)

    def _statement(self, text: str, finding: ClaimVerdict, places: Sequence[int], added: bool) -> Statement:
        statement = Statement(text, support=finding.support, lack=finding.lack)
        if finding.support == "unsupported":
            return replace(statement, struck=self._strike)
        numbers = []
        for place, sentence in _joined(finding.evidence, places, self._sources):
            number = self._cite(self._sources[place].article, sentence)
            if number:
                numbers.append(number)
        if not numbers:  # what bore it out has changed or gone meanwhile
            return replace(statement, support="unsupported", lack="its article has changed", struck=self._strike)
        return replace(statement, citations=tuple(numbers), added=tuple(numbers) if added else ())

    def _cite(self, article: Article, sentence: Sentence) -> int | None:
        """The number of the citation of that sentence, a new one where it is not cited yet; None where it fails."""
        for each in self.citations:
            if (each.article_id, each.start, each.end) == (article.id, sentence.start, sentence.end):
                return each.number
        citation = Citation.of(Excerpt(article, sentence.start, sentence.end), len(self.citations) + 1)
        if not check(citation, self._checker.library):
            return None
        self.citations.append(citation)
        return citation.number


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """The sentences of a text that comes piece by piece, each with the citation numbers that stand in or behind it."""
    text = ""
    for piece in pieces:
        text += piece
        found = _parted(text)
        # The last one may go on, and the number of the one before it may still come.
        while len(found) > 1 and not _MAY_STILL_BELONG.fullmatch("".join(found[1:])):
            yield found.pop(0)
        text = "".join(found)
    yield from _parted(text)


def _parted(text: str) -> list[str]:
    found = []
    for line in text.splitlines(keepends=True):
        within = _AFTER_THE_STOP.sub(lambda match: f"{match[2]}{match[1]}", line)
        found += [each for each in segment("en", within) if each.strip()]
    return found


def _joined(
    evidence: Sequence[tuple[int, Sentence]], places: Sequence[int], sources: Sequence[Source]
) -> list[tuple[int, Sentence]]:
    """The evidence with sentences that follow one another made one, as long as a quote may be."""
    joined: list[tuple[int, Sentence]] = []
    for at, sentence in evidence:
        place = places[at]
        if joined and joined[-1][0] == place:
            last = joined[-1][1]
            between = sources[place].article.text[last.end : sentence.start]
            if not between.strip() and sentence.end - last.start <= LONGEST_QUOTE:
                joined[-1] = (place, Sentence(last.start, sentence.end))
                continue
        joined.append((place, sentence))
    return joined
