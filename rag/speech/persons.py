"""Persons in an article: their full names, and whether each is "he" or "she"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from rag.speech.attributions import NAME, is_name, names, plain
from rag.text.names import TITLE

_ORGANISATION = re.compile(
    r"\b(?:North|South|New|Los|Las|San|United|White|Cape|Agency|Airlines|Association|Authority|Bank|Board|Branch|Brigade|Bureau|Centre|Center|Club|College|Commission|"
    r"Committee|Company|Co|Corp|Corporation|Council|Court|Department|Force|Foundation|Government|Group|Hospital|House|Inc|"
    r"Institute|Journal|League|Ltd|Media|Ministry|News|Office|Party|Police|Post|Press|Report|School|Services?|Society|"
    r"States?|Street|Team|Telegraph|Times|Union|University|[A-Z]{3,})\b"
)
PERSON_NOUN = (
    r"(?:(?:[a-z]*(?:(?<!hu)man|woman|person|father|mother|sister|brother)|[a-z]{3,}(?:ist|ian)|analyst|president|chief|head|boss|coach|"
    r"judge|lawyer|attorney|minister|mayor|governor|senator|officer|official|director|manager|leader|founder|owner|"
    r"commander|captain|sheriff|inspector|detective|professor|teacher|doctor|nurse|researcher|author|writer|editor|"
    r"reporter|presenter|singer|actor|actress|player|driver|rider|pilot|worker|passenger|resident|neighbou?r|survivor|"
    r"witness|student|girl|boy|wife|husband|son|daughter|aunt|uncle|cousin|friend|partner|relative|parent|aide|ally|"
    r"adviser|advisor|envoy|source|star|veteran|master|champion|executive|champion|chair|executive|user|visitor|engineer|lecturer|commentator)\b)"
)
_PERSONS = [
    # The words around a name show that it is a person's.
    re.compile(rf"\b{TITLE} (?P<name>{NAME})"),
    re.compile(rf"(?P<name>{NAME})(?:,? \(?\d\d\)?[,.]|,? whos?e?\b)"),
    re.compile(rf"\b{PERSON_NOUN},? (?P<name>{NAME})"),
    re.compile(
        rf"\b(?i:an?|the|one|another) [^,.;\0]{{0,50}}?\b{PERSON_NOUN}\b(?:(?! in | at )[^,.;\0]){{0,50}}, "
        rf"(?P<name>{NAME}),"
    ),
    re.compile(rf"(?P<name>{NAME}), (?:an?|the|his|her|their)? ?(?:[\w'’-]+ ){{0,4}}{PERSON_NOUN}\b"),
]
_ALONE = re.compile(r"(?:^|[.!?\0] )(?P<name>[^\W\d_][^\WA-Z]+)(?=(?:['’]s)? [a-z])", re.MULTILINE)
_OF_OR_IN = re.compile(r"\b(?:in|of|at|from|near|outside)(?: the)? $")
_GENDERS = [
    (re.compile(rf"\b(?:Mr|Sir|Lord)\b\.? (?P<name>{NAME})"), "he"),
    (re.compile(rf"\b(?:Mrs|Ms|Miss|Lady|Dame)\b\.? (?P<name>{NAME})"), "she"),
    (re.compile(rf"(?P<name>{NAME}),? who [^,.\0]*\bhis\b"), "he"),
    (re.compile(rf"(?P<name>{NAME}),? who [^,.\0]*\bher\b"), "she"),
]


class Persons:
    """The persons that an article names in `text`, which is without its quotations, or as `speakers`."""

    def __init__(self, text: str, speakers: Iterable[str]) -> None:
        found = {
            plain(match["name"])
            for pattern in _PERSONS
            for match in pattern.finditer(text)
            if match.start("name") > match.start()
            or not _OF_OR_IN.search(text[max(0, match.start() - 12) : match.start()])
        }
        found |= {plain(name) for name in speakers if " " in name}
        # Also a name whose last word alone begins a sentence ("Lee was not among them").
        alone = {match["name"] for match in _ALONE.finditer(text)}
        found |= {name for _, name in names(text) if 1 <= name.count(" ") <= 2 and name.split()[-1] in alone}
        found = {name for name in found if is_name(name) and " and " not in name and not is_organisation(name)}
        self._by_word: dict[str, set[str]] = defaultdict(set)
        for name in sorted(found, key=lambda name: (-name.count(" "), name)):
            longer_than_another = any(name != other and name.endswith(f" {other}") and " " in other for other in found)
            if not longer_than_another and (" " in name or name not in self._by_word):
                self._by_word[name.split()[0]].add(name)
                self._by_word[name.split()[-1]].add(name)
        self._genders: dict[str, str] = {}
        for pattern, pronoun in _GENDERS:
            for match in pattern.finditer(text):
                self.learn(self.whole(match["name"]), pronoun)

    def __contains__(self, name: str) -> bool:
        return name.split()[-1] in self._by_word

    def whole(self, name: str) -> str:
        """The full name of the person that `name` means; `name` itself if that can be several, or nobody."""
        name = plain(name)
        meant = self._by_word.get(name.split()[-1], set())
        if " " in name:
            meant = {each for each in meant if name.endswith(each)}
        return next(iter(meant)) if len(meant) == 1 else name

    def named_in(self, text: str) -> tuple[str, ...]:
        """The persons that `text` names, in order, by their full names."""
        found = (self.whole(name) for _, name in names(text))
        return tuple(dict.fromkeys(name for name in found if name in self))

    def may_be(self, name: str, pronoun: str) -> bool:
        """Whether "he", "she" or "they" can mean the person."""
        return pronoun == "they" or self._genders.get(name, pronoun) == pronoun

    def learn(self, name: str, pronoun: str) -> None:
        """Remember `pronoun` for the person, unless one is known already."""
        if name:
            self._genders.setdefault(name, pronoun)


def is_organisation(name: str) -> bool:
    """Whether the name has a word that is typical of organisations or countries."""
    return _ORGANISATION.search(name) is not None
