"""Who is speaking in a sentence, and whom its "he" means: read from the sentence and those before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.article import Article, Sentence

LOOKED_BACK = 4
"""Sentences before one in which its pronoun's person and its quotation's speaker are looked for."""
SAYING = (
    r"(?:said|says|saying|told|tells|added|adds|stated|insisted|argued|claimed|wrote|tweeted|announced|explained|"
    r"warned|urged|promised|described|recalled|continued|replied|joked|admitted|predicted|noted|suggested)"
)
NAME = r"[A-Z][\w'’-]*[a-z](?:[- ](?:[A-Z]\.|(?:al|bin|de|del|der|di|la|le|van|von)\b|[A-Z][\w'’-]+))*"

_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Lord|Lady|President|Minister|Senator|Sen|Rep|Gov|Governor|Mayor|Officer|"
    r"Captain|Capt|Sgt|Gen|General|Judge|Chief|Coach|Secretary|Envoy|Ambassador|Director|Inspector|Detective)\.?"
)
_PERSON = [
    # A name is a person's where the words around it say so.
    re.compile(rf"\b{_TITLE} (?P<name>{NAME})"),
    re.compile(rf"(?P<name>{NAME}),? (?:\(?\d\d\)?,|who\b|whose\b)"),
    re.compile(rf"(?P<name>{NAME})(?:, [^,.]{{3,80}},)? {SAYING}\b"),
    re.compile(rf"\b{SAYING} (?:[a-z][\w-]* ){{0,4}}(?P<name>{NAME})"),
]
_SPEAKER = [
    re.compile(rf"(?P<name>{NAME})(?:,? [^,.“\"]{{3,90}},)? (?:also |later |then |has |had )?{SAYING}\b"),
    re.compile(rf"\b{SAYING} (?:[a-z][\w-]* ){{0,5}}?(?:{_TITLE} )?(?P<name>{NAME})"),
    re.compile(rf"\b[Aa]ccording to (?:[a-z][\w-]* ){{0,5}}?(?:{_TITLE} )?(?P<name>{NAME})"),
]
_SAID = re.compile(rf"\b{SAYING}\b|\b[Aa]ccording to\b")
_PRONOUN_SAID = re.compile(rf"\b(?:[Hh]e|[Ss]he)(?: also| later| then| has| had)? {SAYING}\b|\b{SAYING} (?:he|she)\b")
_PRONOUN = re.compile(r"(?:[\"“'‘]?)\b(He|She)\b(?! (?:and|or)\b)")
_NOT_A_NAME = frozenset(
    [
        "he",
        "she",
        "it",
        "they",
        "the",
        "this",
        "that",
        "we",
        "but",
        "and",
        "in",
        "on",
        "at",
        "a",
        "an",
        "his",
        "her",
        "i",
        "you",
        "these",
        "those",
        "there",
        "when",
        "while",
        "as",
        "if",
        "after",
        "before",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ]
)
_OPENING = '"“'


def speaker(article: Article, sentence: Sentence, before: Sequence[Sentence]) -> str | None:
    """The name of the one whose words the sentence tells; None where it tells nobody's, "" where nobody is named.

    `before` are the article's sentences up to it.
    """
    text = article.text[sentence.start : sentence.end]
    if not _SAID.search(text):
        return unnamed_speaker(article, sentence, before)
    if _PRONOUN_SAID.search(text):
        return _last_person(article, before) or ""
    for pattern in _SPEAKER:
        for match in pattern.finditer(text):
            if _is_name(match["name"]):
                return _plain(match["name"])
    return ""


def unnamed_speaker(article: Article, sentence: Sentence, before: Sequence[Sentence]) -> str | None:
    """Who speaks, where the sentence is speech and does not say who does; "" where that is not to be found.

    None where it is no speech, or says who speaks.
    """
    text = article.text[sentence.start : sentence.end]
    if _SAID.search(text):
        return None
    # Speech that began earlier: in the paragraph up to here a quotation mark is open, or this opens one.
    paragraph = article.text.rfind("\n", 0, sentence.start) + 1
    inside = _open_quotation(article.text[paragraph : sentence.start])
    if not inside and text.lstrip()[:1] not in _OPENING:
        return None
    rest = article.text[sentence.end : sentence.end + 160].split("\n")[0]
    after = re.match(rf"\W*{SAYING} (?:[a-z][\w-]* ){{0,4}}({NAME})|\W*({NAME}) {SAYING}\b", rest)
    if after:
        return _plain(next(name for name in after.groups() if name))
    for earlier in reversed(before[-LOOKED_BACK:]):
        told = article.text[earlier.start : earlier.end]
        if _SAID.search(told):
            return speaker(article, earlier, [other for other in before if other.start < earlier.start]) or ""
    return ""


def person_meant(article: Article, text: str, before: Sequence[Sentence]) -> tuple[int, str] | None:
    """Where a first "He" or "She" of the sentence `text` ends and whom it means; None where that is not plain.

    Plain is: no person is named before it in the sentence, and the nearest earlier sentence that names any names one.
    """
    pronoun = _PRONOUN.search(text)
    if pronoun is None or people(text[: pronoun.start()]) or _open_quotation(text[: pronoun.end()]):
        return None
    person = _last_person(article, before)
    return (pronoun.end(), person) if person else None


def people(text: str) -> list[str]:
    """The persons that `text` names where its words say that they are persons, in order."""
    found: dict[int, str] = {}
    for pattern in _PERSON:
        for match in pattern.finditer(text):
            if _is_name(match["name"]):
                found.setdefault(match.start("name"), _plain(match["name"]))
    return [name for _, name in sorted(found.items())]


def _last_person(article: Article, before: Sequence[Sentence]) -> str | None:
    """The one person of the nearest earlier sentence that names any; None where it names several."""
    for earlier in reversed(before[-LOOKED_BACK:]):
        named = people(article.text[earlier.start : earlier.end])
        if named:
            return max(named, key=len) if len({name.split()[-1] for name in named}) == 1 else None
    return None


def _is_name(name: str) -> bool:
    return name.split()[0].lower() not in _NOT_A_NAME


def _plain(name: str) -> str:
    return re.sub(r"['’]s$", "", name)


def _open_quotation(text: str) -> bool:
    """Whether a quotation mark stands open at the end of `text`."""
    return text.count("“") > text.count("”") or text.count('"') % 2 == 1
