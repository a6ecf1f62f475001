"""Whom a question names as the one who tells: outlets, by any of their names and as people type them.

A name is looked for first, the longest first: folded (accents, apostrophes, "&"), or in part ("the Courier"). Names
that are joined by "and" are one group. Whether that tells is then decided by the few words before and after it: who is
told something, and who is written about, does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.text.outlet_names import aliases_of, bare, every_alias, parts_of
from rag.text.words import fold

_TELLS = (
    r"(?:reports?|reported|says?|said|writes?|wrote|describes?|claims?|claimed|puts?|gives?|quotes?|calls?|cites?|covers?|"
    r"suggests?|credits?|mentions?|tells?|told|states?|stated|notes?|noted|explains?|explained|differ|disagree|agree|"
    r"compare)"
)
PRINTS = r"(?:reported|published|publish|printed|print|written|wrote|run|ran|carried|carry|covered)"
_BY = (
    r"(?:according to|going by|per|as reported (?:by|in)|"
    r"(?:reported|published|printed|quoted|cited|covered|written) (?:by|in)|(?:carried|told|run) by)"
)
ASIDE = rf"(?:{_BY}|in|from)"
_ACCOUNT = (
    r"(?:accounts?|reports?|story|stories|articles?|coverage|version|piece|column|reporting|correction|readers|photo|"
    r"caption|opinion|own|source|words|review|editorial|obituary)"
)
_CRITIC = r"(?:reviewer|critic|columnist|editorialist|commentator)"
_REPORTER = r"(?:reporter|correspondent|journalist|writer|editor)"
_JUDGES = r"(?:thinks?|thought|makes?|made|likes?|liked|finds?|found|rates?|rated|praises?|praised|dislikes?|see|saw)"
_AUX = r"(?:did|does|do|has|have|had)"
_BETWEEN = r"(?:(?:\w+ly|also|each|both|then|first|ever|never|not|even|still|magazine|newspaper|news|website) )?"
_ITEMS = rf"(?:{_ACCOUNT}|news|headlines?|anything|something|published|printed|written|reported|quoted|said)"
_SUBJECT = r"(?<! for)(?<! at)(?<! about)(?<! to)(?<! against)(?<! tell)(?<! told)(?: |^)$"
"""Before what tells, and not before whom or what it is told of."""

# What stands before a group of names and what after it, the surest first. A rule that is not sure wants the name
# written with a capital, or of several words: "time" and "the sun" are words.
_RULES: list[tuple[bool, str, str]] = [
    (True, rf"\b{_BY} $", rf"^(?:(?:'s? (?:\w+ )?| )(?:{_ACCOUNT}|{_CRITIC}|{_REPORTER})\b)?"),
    (True, rf"\b{_AUX} $", rf"^,? {_BETWEEN}(?:{_TELLS}|{PRINTS}|(?:have|had) (?:anything|something))\b"),
    (True, r"", r"^ (?:articles|coverage|stories|reports|reporting)\b"),
    (False, rf"\b{_AUX} $", rf"^'s? (?:\w+ )?{_CRITIC}\b"),
    (False, rf"\b{_AUX} $", rf"^'s? (?:\w+ )?{_REPORTER} (?:\w+ )?(?:{_TELLS}|{_JUDGES})\b"),
    (False, _SUBJECT, rf"^'s? (?:\w+ )?(?:{_CRITIC}|{_REPORTER}) {_TELLS}\b"),
    (False, r"", rf"^(?:'s? (?:[\w']+ )?| ){_ACCOUNT}\b"),
    (False, _SUBJECT, rf"^ (?:(?:ha[sd] )?{_TELLS}|ha[sd] {PRINTS})\b"),
    (False, r"\bin $", r"^(?=[,.?!]| (?:and|with)\b|$)"),
    (False, rf"(?:^|\band |\b{_ITEMS} (?:\w+ )?)(?:from|by|on) $", r"^(?=[,.?!]| (?:and|about|on)\b|$)"),
    (False, r"^$", r"^ on\b"),
    (False, r"\bto $", r"^(?=,? and to\b)"),
    (False, r"\band to $", r"^(?=[,.?!]|$)"),
]
_COMPILED = [(sure, re.compile(before), re.compile(after)) for sure, before, after in _RULES]
_TOGETHER = re.compile(r",? (?:each|both|respectively)\b")
_JOINED = re.compile(r"(?:'s?)?(?:,? and|,? or|,| &)(?: both)? (?:the )?")
_ANOTHER = r"(?:[Tt]he )?[A-Z][\w.]*(?: [A-Z][\w.]*){0,2}(?:['’]s?)?"
"""A name that is none of an outlet here, which one may be joined to."""
_MAY_PRECEDE = frozenset(
    re.findall(
        r"\w+", "the in by from per to did does do has have had on and or compare what how when why who where is"
    )
)
_MAY_FOLLOW = re.compile(
    rf" (?:{_TELLS}|{_ACCOUNT}|{PRINTS}|news|online|magazine|newspaper|website|each|both|on|about)\b", re.IGNORECASE
)
_PAPER = (
    r"(?:Gazette|Courier|Herald|Tribune|Chronicle|Observer|Telegraph|Examiner|Sentinel|Post|Times|Journal|Star|Echo|"
    r"Mirror|Mail|Express|Standard|Inquirer|Enquirer|Dispatch|Bulletin|News|Magazine|Globe|Argus|Mercury|Advertiser|"
    r"Register|Record|Review|Independent|Guardian|Monitor|Reporter|Messenger|Recorder|Daily|Weekly|Today|Radio|TV)"
)
_NAME = r"((?:[Tt]he )?[A-Z][\w'’-]*(?: (?:&|and|of|[A-Z][\w-]*))*)"
_UNKNOWN = re.compile(rf"\b(?i:{_BY}) {_NAME}|\b(?i:{_AUX}) {_NAME} (?:say|report|write|publish)\b")


@dataclass(frozen=True, slots=True)
class Group:
    """Names that tell together: the stretch of the question with the words that say so."""

    names: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Mention:
    """Where a name stands; `name` is "" where it is that of nobody looked for. Of a `part` of a name, where it may."""

    name: str
    start: int
    end: int
    part: bool = False


def named_outlets(question: str, names: Sequence[str]) -> list[Group]:
    """The groups of `names` (outlets or origins as they are called here) that the question names as those who tell."""
    mentions = _mentions(question, names)
    found = []
    for group in _joined(question, [each for each in mentions if each.name]):
        start, end = group[0].start, group[-1].end
        if spans := _told(question, *_widened(question, start, end), (start, end), group):
            found.append(Group(tuple(dict.fromkeys(each.name for each in group)), *spans))
    return found


def named_outlet_at(question: str, start: int, end: int) -> Group | None:
    """The group of what stands there, a headline without a name here, where it is named as what tells."""
    start -= 4 if question[:start].lower().endswith("the ") else 0
    spans = _told(question, start, end, (start, end), [])
    return Group((), *spans) if spans else None


def unknown_teller(question: str, names: Sequence[str]) -> str | None:
    """What is named as an outlet that tells ("according to the … Gazette") and is none of `names`; None for nothing."""
    found = _UNKNOWN.search(question)
    if found is None:
        return None
    start, end = found.span(found.lastindex or 1)
    said = re.sub(r"^[Tt]he |['’]s?$| (?:and|of|&)$", "", question[start:end])
    own = every_alias().get(bare(said)) or every_alias().get(f"the {bare(said)}")
    # "Does the Australian report on women …" is of no outlet.
    known = own and (" " in said or found.lastindex == 1 or not own.startswith("The "))
    if not said[:1].isupper() or not (known or re.search(rf"(?:^|\s){_PAPER}$", said)):
        return None
    if any(each.name and each.end > start and each.start < end for each in _mentions(question, names)):
        return None
    return said


def _mentions(question: str, names: Sequence[str]) -> list[_Mention]:
    """The names in the question, without "the", the longest first where they overlap."""
    said = fold(question)
    found: list[_Mention] = []
    for first, pattern, name, part in _looked_for(tuple(names)):
        if first not in said:
            continue
        for match in re.finditer(pattern, said):
            mention = _Mention(name, *match.span(), part)
            if not any(each.start < mention.end and mention.start < each.end for each in found):
                found.append(mention)
    found.sort(key=lambda each: each.start)
    ends = {each.end for each in found}
    return [each for each in found if not each.name or _is_whole(question, each, ends)]


@lru_cache(8)
def _looked_for(names: tuple[str, ...]) -> list[tuple[str, str, str, bool]]:
    """What is looked for, the longest first: its first word, a pattern, whose name it is, whether it is but a part."""
    owners = {bare(alias): ("", False) for alias in every_alias()}
    parts = parts_of(names)
    owners |= {part: (name, True) for part, name in parts.items() if part not in owners or " " not in part}
    owners |= {bare(alias): (name, False) for name in reversed(names) for alias in aliases_of(name)}
    aliases = sorted((alias for alias in owners if alias), key=lambda each: (-len(each), each))
    return [(alias.split()[0], rf"(?<![\w-]){_as_typed(alias)}(?!\w|-\w)", *owners[alias]) for alias in aliases]


def _as_typed(alias: str) -> str:
    return r"[ -]".join("(?:and|&)" if word == "and" else re.escape(word) for word in alias.split())


def _is_whole(question: str, mention: _Mention, ends: Iterable[int]) -> bool:
    """Whether the name is not a piece of a longer one ("Straits Times", "Globe and Mail", "Guardian Media Group")."""
    name, before, after = question[mention.start : mention.end], question[: mention.start], question[mention.end :]
    if mention.part and not (name[0].isupper() and (" " in name or before.lower().endswith("the "))):
        return False
    if (word := re.search(r"(\w+) $", before)) and word.end(1) not in ends:
        if word.group(1)[0].isupper() and word.group(1).lower() not in _MAY_PRECEDE:
            return False
        joined = re.search(r"([A-Z]\w*) (?:and|&) $", before)
        if joined and joined.end(1) not in ends and " " not in name and re.search(r"\b[Tt]he \w+ (?:and|&) $", before):
            return False
    if " " in name or not name[0].isupper() or name.isupper():
        return True
    return not re.match(r" (?:& )?[A-Z]", after) or bool(_MAY_FOLLOW.match(after))


def _joined(question: str, mentions: Sequence[_Mention]) -> list[list[_Mention]]:
    groups: list[list[_Mention]] = []
    for each in mentions:
        if groups and _JOINED.fullmatch(fold(question[groups[-1][-1].end : each.start])):
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _widened(question: str, start: int, end: int) -> tuple[int, int]:
    """With "the", and with a name of another kind that the names are joined to by "and"."""
    start -= 4 if question[:start].lower().endswith("the ") else 0
    if before := re.search(rf"(?:^|(?<=\s)){_ANOTHER},? (?:and|or) $", question[:start]):
        start = before.start()
        first = re.match(r"\w+ ", question[start:])
        if first and first.group().strip().lower() in _MAY_PRECEDE - {"the"}:  # "Did Reuters and the BBC"
            start += first.end()
    if after := re.match(rf"(?:['’]s?)?,? (?:and|or) {_ANOTHER}(?=\W|$)", question[end:]):
        end += after.end()
    return start, end


def _told(
    question: str, start: int, end: int, own: tuple[int, int], group: Sequence[_Mention]
) -> tuple[int, int] | None:
    """The stretch of the question that names the group as those who tell; None where it does not."""
    said = fold(question)
    typed = [question[each.start : each.end] for each in group]
    sure_name = all(name[0].isupper() or " " in name or "." in name for name in typed)
    if len(group) == 1 and re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", typed[0]):  # a domain means the outlet anywhere
        return own
    narrow = own[0] - (4 if said[: own[0]].endswith("the ") else 0), own[1]
    for first, last in dict.fromkeys([(start, end), narrow]):
        for sure, before, after in _COMPILED:
            left, right = before.search(said[:first]), after.search(said[last:])
            if left and right and (sure or sure_name):
                return (left.start() if before.pattern else first), last + right.end()
    if sure_name and (len(group) > 1 or (start, end) != narrow):
        together = _TOGETHER.match(said[end:])
        if together or re.search(r"\bcompare $", said[:start]):
            return start, end + (together.end() if together else 0)
    return None
