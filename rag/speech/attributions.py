"""Attributions in a sentence: "X said", "said X", "X, the director of Y, told the Times"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.date_patterns import MONTHS, WEEKDAYS
from rag.text.names import TITLE

QUOTED = "\0"
"""Replaces each character of a quotation: attributions within other people's words do not count."""

_UPPER = "[A-ZÀ-ÖØ-ÞČĐĞİŁŚŠŞŽŻ]"
_WORD = (
    rf"(?:(?:{_UPPER}\.){{1,4}}|(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Sgt|Capt|Supt|Rev|St)\.|"
    rf"{_UPPER}(?:[\w'’.&-]{{0,30}}\w)?)"
)
NAME = (
    rf"{_WORD}(?: (?:(?:al|bin|da|de|del|der|di|dos|du|la|le|van|von|der) ){{0,2}}"
    rf"(?!(?:He|She|It|They|We|The|In|On|At|And|But)\b){_WORD}){{0,7}}"
)
_ALSO_NOUNS = r"claims|notes|states|reports|calls|promises|comments|posts|answers|replies|tweets|writes|asks"
_FINITE = (
    r"said|told|added|stated|insisted|argued|claimed|wrote|tweeted|announced|explained|warned|urged|promised|described|"
    r"recalled|continued|replied|joked|admitted|predicted|noted|suggested|confirmed|declared|acknowledged|remarked|"
    r"responded|answered|asked|commented|concluded|observed|complained|exclaimed|shouted|yelled|whispered|testified|"
    r"conceded|cautioned|maintained|agreed|denied|thought|believed|posted|reported|revealed|stressed|emphasi[sz]ed|"
    r"vowed|boasted|lamented|mused|quipped|pleaded|reiterated|alleged|praised|hailed|blamed|dismissed|apologi[sz]ed|"
    r"remembered|demanded|pointed out|went on|says|tells|adds|insists|explains|warns|describes|recalls|continues|"
    r"say|admits|predicts|suggests|confirms|thinks|believes|agrees|argues|concludes|acknowledges|jokes|points out|"
    r"goes on"
)
_CALLED = r"called(?= (?:it|him|her|them|the|this|that|for|on|an?|\0))"
_ING = r"saying|adding|telling|insisting|explaining|warning|writing|tweeting|claiming|noting|describing|calling|joking"
SAYING = (
    r"(?:said|says|saying|told|tells|added|adds|stated|insisted|argued|claimed|wrote|tweeted|announced|explained|"
    r"warned|urged|promised|described|recalled|continued|replied|joked|admitted|predicted|noted|suggested)"
)
"""Verbs that show that a sentence reports speech, even without a speaker."""

_SAYS = (
    rf"(?:(?:{_FINITE}|{_CALLED})\b(?! by (?!(?:tele)?phone|e-?mail))|"
    rf"(?:{_ALSO_NOUNS})(?= (?:that|the|an?|it|he|she|his|her|they|there|this)\b|[:,]? ?\0))"
)
_ADVERB = r"(?:also|later|then|now|has|had|have|once|first|only|just|again|even|still|[a-z]+ly|(?:on )?[A-Z][a-z]+day)"
_NO_NOUN = (
    r"that|which|who|whom|when|where|while|if|as|but|because|after|before|he|she|it|they|we|you|i|is|was|are|were|be|been|"
    r"has|had|have|will|would|could|can|may|might|did|does|do|not|than|what|how|why|said|told|so|there|and|\w+ed"
    r" (?:an?|the|in|on|at|by|to|from|with|his|her|that)"
)
_WORDS = rf"(?: (?!(?:{_NO_NOUN})\b)[\w'’.&/#@-]+)"
_ABOUT = (
    rf"(?P<about>(?:,? \(?\d{{1,3}}\)?,?)?(?: (?:of|from|at|with|for|in){_WORDS}{{1,8}}?)?"
    r"(?:,[^;:\0]{2,180}?,| who)?)"
)
"""What may come between a speaker and "said": age, place, apposition, relative clause."""
_DESCRIBED = (
    rf"(?:An?|The|Another|One|Others?|His|Her|Their|Some|Several|Two|an?|the|another|one|others?|his|her|their|some|several|two|local|"
    rf"[Oo]fficials|[Pp]olice|[Ii]nvestigators|[Aa]uthorities|[Ww]itnesses|[Rr]esidents|[Rr]esearchers|[Ss]cientists|"
    rf"{NAME}['’]s?){_WORDS}{{0,9}}?"
)
_SUBJECT = rf"(?P<subject>\b(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t)|\b{NAME}(?: and {NAME})?|\b{_DESCRIBED})"
_SUBJECT_AFTER = (
    rf"(?P<subject>\b{NAME}(?=[\s,.;:\0]|$)(?! {_UPPER})|"
    rf"\b{_DESCRIBED}(?=[,.;:\0]|$| (?:who|that|when|while|as|after|before|during|"
    rf"on {_UPPER}|in an?|in [A-Z\d]|at an?|at the|to|last|this|yesterday)\b))"
)
_PATTERNS = [
    re.compile(pattern)
    for pattern in (
        rf"{_SUBJECT}{_ABOUT} (?:{_ADVERB} ){{0,3}}{_SAYS}",
        rf"{_SUBJECT}{_ABOUT} (?:{_ADVERB} )?[a-z]+(?:s|ed)(?=:\s*\0)",
        rf"{_SUBJECT}{_ABOUT} (?:was|is|were) (?:quoted|cited)\b[^,;:\0]* as saying",
        # "…", said X; no word in between that would make X an object.
        rf"(?:(?<=\0)|(?<=[,—–-]))\s?(?:{_ADVERB} ){{0,2}}{_SAYS} "
        rf"(?:(?!(?:in|on|at|to|of|by|that|from|about|as|for|with|the|an?|his|her|their|another|one|he|she|they)\b)"
        rf"[a-z][\w-]* ){{0,4}}{_SUBJECT_AFTER}(?:{_ABOUT}(?=[,.]))?",
        rf"\b(?:[Aa]ccording to|(?:statement|e-?mail|letter|tweet|post|message) (?:from|by)) {_SUBJECT_AFTER}",
        rf"\b(?:quot(?:ed|es|ing)|cit(?:ed|es|ing)) {_SUBJECT}{_ABOUT} as saying",
        rf"^\s*(?P<subject>{NAME}):(?=\s*\0)",
    )
]
_CARRIED_ON = re.compile(rf"(?:,|\band\b) (?:{_ING}|{_FINITE})\b")
NO_SUBJECT_AFTER = re.compile(
    r"\b(?:in|at|from|on|near|of|to|for|with|by|into|outside|than|the|an?|and|around|across|over|through|under|"
    r"after|before|against|during|between|among|behind|since|until|towards?|about|inside) $|[a-z]['’]s $",
    re.IGNORECASE,
)
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        "he she it they the this that we but and in on at a an his her i you these those there when while as if after "
        "before so its their our my for to of from with by not no yes what who how why where one two some most many "
        "all both another other also then now here others asked according although though since because however "
        "earlier later today yesterday last next during under over until despite among even still once such each every "
        "shortly more meanwhile instead finally recently speaking about only just image photo video read",
    )
) | {name.lower() for name in (*MONTHS, *WEEKDAYS) if name != "May"}  # May is a name of persons, too
VAGUE = frozenset(re.findall(r"\w+", "one another some several two others first second third other latter former"))
"""Subjects that do not say who is meant."""
_HEADED = re.compile(rf"(?P<before>.*\b[a-z][\w-]+|{NAME}['’]s?) (?P<name>{NAME})$")
_APPOSED = re.compile(rf"(?P<inner> [a-z]+ [^,]*)?, (?P<name>{NAME})(?:, .*)?,$")
_OF_WHAT = re.compile(r" (?:of|from|at|with|for|in) [^,]*[^,\s]")


@dataclass(frozen=True, slots=True)
class Attribution:
    """`text[start:end]` says that `subject` speaks: a name, "he", or a description ("a spokeswoman for the port")."""

    start: int
    end: int
    subject: str

    @property
    def described(self) -> bool:
        return not is_name(self.subject) and self.subject.lower() not in ("he", "she", "they", "it")


_OFFICE = re.compile(
    rf" (?:of|for) (?:State|Defen[cs]e|(?:the )?Treasury|Justice|Health|Education|Energy|Commerce|Labou?r|Transport\w*|"
    rf"Agriculture|Homeland Security|Foreign Affairs|Finance|(?:the )?Interior) (?P<name>{NAME})(?=,|$)"
)
"""The office after "Secretary", which is not part of the name."""


def attributions(text: str) -> list[Attribution]:
    """The attributions of one sentence, in order. Its quotations must have been replaced by QUOTED."""
    found: list[Attribution] = []
    for pattern in _PATTERNS:
        at = 0
        while match := pattern.search(text, at):
            subject = _subject(text, match)
            if subject is None:
                at = match.start("subject") + len(match["subject"].split()[0])
                continue
            at = match.end()
            if not any(match.start() < other.end and other.start < match.end() for other in found):
                found.append(Attribution(match.start(), match.end(), subject))
    found.sort(key=lambda each: each.start)
    for match in _CARRIED_ON.finditer(text):  # "X apologised, saying …": by whoever spoke or acted last
        earlier = [each for each in found if each.end <= match.start()]
        if earlier and not any(each.start <= match.start() < each.end for each in found):
            found.append(Attribution(match.start(), match.end(), earlier[-1].subject))
    return sorted(found, key=lambda each: each.start)


def is_name(subject: str) -> bool:
    """Whether a subject is a name: not a pronoun, not a description."""
    first, *others = subject.split() or [""]
    return bool(
        re.fullmatch(NAME, subject) and first.lower() not in _NO_NAMES and (others or not re.fullmatch(TITLE, first))
    )


def names(text: str) -> Iterator[tuple[int, str]]:
    """The names in `text`, without titles and possessives, each with its start."""
    for match in re.finditer(NAME, text):
        if is_name(plain(match.group())):
            yield match.start(), plain(match.group())


def plain(name: str) -> str:
    """The name without titles, the possessive "s", and words before it that only begin the sentence."""
    while " " in name and name.split()[0].lower() in _NO_NAMES:
        name = name.split(" ", 1)[1]
    return re.sub(rf"^(?:.* )?{TITLE} (?={_UPPER})|['’]s$", "", name)


def _subject(text: str, match: re.Match[str]) -> str | None:
    """The speaker of a match; None if its subject is really an object or a first word ("In", "Monday")."""
    subject, about = re.sub(r"(?<=\w\w)\.$", "", match["subject"]), match.groupdict().get("about") or ""
    if subject.lower() in ("he", "she", "they", "it"):
        return subject.lower()
    before = text[: match.start("subject")]
    while is_name(subject.partition(" ")[2]) and subject.split()[0].lower() in _NO_NAMES - {"the"}:
        before, subject = before + subject.split()[0] + " ", subject.partition(" ")[2]
    follows_verb = match.start("subject") > match.start()
    if not follows_verb and NO_SUBJECT_AFTER.search(before):
        return None
    if is_name(subject):
        held = _OFFICE.match(about) if re.search(rf"(?:^| ){TITLE}$", subject) else None
        return held["name"] if held else subject
    if " " not in subject and subject.lower() in _NO_NAMES and subject.lower() not in VAGUE:
        return None
    if not follows_verb and re.search(r"\b[a-z]+ing $", before):
        return None
    # "the brother of the gunman, X, said" is X, as is "an aide to Y, X, said";
    # "a friend of the gunman, X, said" may not be.
    apposed = _APPOSED.match(about)
    if apposed and is_name(apposed["name"]):
        inner = apposed["inner"] or ""
        if not inner or re.search(rf" {NAME}$", inner) or (subject.lower().startswith("the ") and inner[:5] != " for "):
            return apposed["name"]
    of_what = _OF_WHAT.match(about)
    if of_what:
        return subject + of_what.group()
    headed = _HEADED.match(subject)
    if headed and is_name(headed["name"]) and not NO_SUBJECT_AFTER.search(headed["before"] + " "):
        return headed["name"]
    return None if re.fullmatch(TITLE, subject) else subject
