"""Who is speaking in the articles of an event, and whose words are asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rag.article import Article, Excerpt
from rag.coverage.people import same_person
from rag.coverage.quotes import QuoteRow, Stretch, Wording, ledger
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.overview.topic import EventQuestion
from rag.querying.summarize import FEWEST_WORDS
from rag.speech.attributions import names as written_names
from rag.text.words import content

LONG_QUOTE = 160
"""Characters: one that is longer is not more telling."""
SURELY_MEANT = 0.7
"""The share of the whole names with a family name from which it means the one that they end with."""
_SAID = r"(?:say|said|says|saying|tell|told|claim|claimed|announce|announced|state|stated|comment|think|argue|demand)"
_SUBJECTS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bwhat (?:else )?(?:did|does|has|have|do|had|was|were|is) (?P<who>.+?) (?:have to )?{_SAID}\b",
        r"\b(?:quotes?|statements?|comments?|words?|remarks?) (?:from|by|of) (?P<who>[^,?.]+)",
    )
]
_NO_SPEAKER = re.compile(r"(?:the|an?|his|her|its|their) (?:statement|report|letter|e-?mail|message|post|tweet|note)\b")
_PRONOUN = re.compile(r"(?:he|she|him|her)\b(?: say)?", re.IGNORECASE)
_UNTOLD = "?"
"""Whom "he" means where no question before names anybody: nobody."""
_NOBODY = re.compile(
    r"(?:he|she|it|they|you|we|everyone|everybody|anyone|people|each|all|who|whom|outlets?|papers?)\b", re.I
)
_UPPER_WORD = r"[A-ZÀ-Þ][\w'’-]+"


class Speakers:
    """Tells who said what in an event."""

    def __init__(self, library: Library, embedding: Embedding) -> None:
        self._library = library
        self._embedding = embedding

    def ledger(self, asked: EventQuestion) -> list[QuoteRow]:
        """What is said in the event, with the wordings of the articles that are asked for."""
        wanted = {each.id for each in asked.articles}
        rows = ledger(self._library, self._embedding, asked.event)
        rows = [replace(row, wordings=tuple(w for w in row.wordings if w.article.id in wanted)) for row in rows]
        return [row for row in rows if row.wordings and not _NO_SPEAKER.match(row.speaker)]

    def speaker(self, asked: EventQuestion) -> str:
        """The one whose words are asked for, as the question calls them, or by name if it tells an office; or ""."""
        for pattern in _SUBJECTS:
            if (found := pattern.search(asked.question)) and _PRONOUN.fullmatch(found["who"].strip()):
                before = capitals(asked.before)
                return before[-1] if before else _UNTOLD
            if found and not _NOBODY.match(found["who"]):
                who = re.sub(r"^(?:the|an?) ", "", found["who"].strip())
                return who if who[:1].isupper() else self._in_office(who, asked.event) or who
        for name in capitals(asked.topic):
            if any(row.speaker and same_person(name, row.speaker) for row in self.ledger(asked)):
                return name
        return ""

    def _in_office(self, office: str, articles: Sequence[Article]) -> str:
        """The name that stands with an office most often ("Transport Minister Henrike Solmar"); or ""."""
        pattern = re.compile(rf"\b(?i:{re.escape(office)}),? (?P<name>{_UPPER_WORD}(?: {_UPPER_WORD})+)")
        found = Counter(match["name"] for article in articles for match in pattern.finditer(article.text))
        return max(found, key=lambda name: found[name], default="")

    def is_by(self, row: QuoteRow, who: str) -> bool:
        if not who[:1].isupper():  # an office that nobody is named with
            return content(who) <= content(row.speaker)
        return row.speaker[:1].isupper() and same_person(who, row.speaker)

    def whole_name(self, speaker: str, articles: Sequence[Article], who: str) -> str:
        """The speaker's name as the articles give it in full, where only one person there is called so, or as asked."""
        if not speaker[:1].isupper() or " " in speaker:
            return speaker
        if " " in who and who[:1].isupper() and same_person(speaker, who):
            return who
        reporters = {voice.name or "" for article in articles for voice in article.voices if voice.role == "reporter"}
        reporters |= {author for article in articles for author in article.authors}
        whole = Counter(
            name
            for article in articles
            for _, name in written_names(article.text)
            if speaker in (name.split()[0], name.split()[-1]) and " " in name and name not in reporters
        )
        for name in sorted(whole, key=len):  # a longer one has a word before it that is no part of it
            if sum(n for other, n in whole.items() if other.endswith(name)) >= SURELY_MEANT * whole.total():
                return name
        return speaker


def capitals(text: str) -> list[str]:
    """The runs of words with a capital."""
    return re.findall(r"[A-ZÀ-Þ][\w'’.-]*(?: (?:[a-z]{2,3} )?[A-ZÀ-Þ][\w'’.-]*)*", text)


def telling(row: QuoteRow) -> tuple[int, bool, int]:
    """What is told first of a speaker: what several outlets have, what is quoted, what is long."""
    first = row.wordings[0]
    return -len(row.outlets), first.manner == "indirect", -min(len(first.text), LONG_QUOTE)


def substance(one: Stretch, other: Stretch) -> int:
    """How many words that carry meaning only one of the two has."""
    return len(content(one[0].text[one[1] : one[2]]) ^ content(other[0].text[other[1] : other[2]]))


def stretch(wording: Wording) -> Excerpt:
    """The quotation; the sentence of one that tells nothing without it."""
    if wording.whole and len(wording.text.split()) < FEWEST_WORDS:
        return Excerpt(wording.article, wording.whole.start, wording.whole.end)
    return wording
