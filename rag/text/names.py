"""Names of persons and places: found in a text, and compared across spellings, accents and forms ("UK", "British")."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from rag.text.date_patterns import MONTHS, WEEKDAYS
from rag.text.words import STOP_WORDS, WORD, fold, stem

TITLE = (
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Lord|Lady|Dame|President|Premier|Chancellor|Minister|Secretary|Senator|"
    r"Sen|Rep|Congressman|Congresswoman|Gov|Governor|Mayor|Officer|Captain|Capt|Sergeant|Sgt|Lieutenant|Lt|Colonel|Col|"
    r"Gen|General|Admiral|Commander|Constable|Superintendent|Supt|Inspector|Detective|Sheriff|Deputy|Judge|"
    r"Justice|Chief|Coach|Envoy|Ambassador|Director|Manager|Chairman|Chairwoman|Executive|CEO|MP|King|Queen|Prince|"
    r"Princess|Pope|Rev|Spokesman|Spokeswoman|Spokesperson)\b\.?)"
)

_DEMONYMS = (
    "american america us usa",
    "british britain uk",
    "english england",
    "french france",
    "german germany",
    "dutch netherlands holland",
    "spanish spain",
    "greek greece",
    "swiss switzerland",
    "danish denmark",
    "swedish sweden",
    "polish poland",
    "turkish turkey",
    "welsh wales",
    "chinese china",
    "irish ireland",
    "filipino philippines",
    "thai thailand",
    "twitter tweet tweets tweeted",
)
_SAME_PLACE = {word: names.split()[0] for names in _DEMONYMS for word in names.split()}
_NO_NAME = frozenset(
    re.findall(
        r"\w+",
        "i mr mrs ms dr prof professor sir the a god internet christmas am pm according however additionally "
        "furthermore overall finally also both they he she it this that these those although while after before when "
        "since because during despite there in on at as for with by of to from",
    )
) | {name.lower() for name in (*MONTHS, *WEEKDAYS)}
SAME_SPELLING = 0.8
"""difflib's ratio from which two words are one name, mistyped or transcribed in another way."""
_LIKE = 0.85
"""The same ratio for a word of a claim and any word of an article: stricter, for the article has many more words."""
_IN_FULL = re.compile(r"\b(?:United States(?: of America)?|U\.S\.A?\.?|United Kingdom|U\.K\.)")
_OF_HEADS = (
    r"(?:Bank|University|Bay|Gulf|Isle|Church|House|Institute|Museum|College|School|Ministry|Department|Republic|Lake|"
    r"Cape|Strait|Court|Secretary|Sea|Duke|Prince|Archbishop|Bishop)"
)


def forms(name: str) -> set[str]:
    """All words for what a name means, in lower case: "british", "britain" and "uk" for any of them."""
    word = re.sub(r"['’]s?$", "", name).replace(".", "").lower()
    together = {other for other, first in _SAME_PLACE.items() if first == _SAME_PLACE.get(word, word)}
    full = {"america": "united states", "britain": "united kingdom"}
    return {word, stem(word), *together} | {phrase for other, phrase in full.items() if other in together}


def unmentioned(names: Iterable[str], text: str) -> list[str]:
    """Those of the names that stand in the text in none of their forms, whatever their accents and capitals."""
    text = fold(unicodedata.normalize("NFC", text))
    return [name for name in names if not any(fold(form) in text for form in forms(name))]


def spelled_alike(one: str, other: str) -> bool:
    """Whether two words are one name, perhaps mistyped or transcribed in another way."""
    if one == other:
        return True
    near = len(one) > 4 and one[0] == other[0] and abs(len(one) - len(other)) <= 2
    return near and SequenceMatcher(None, one, other).ratio() >= SAME_SPELLING


def is_name(word: str) -> bool:
    """Whether a capitalised word can be a name: not a month, a weekday, a title or a stop word."""
    return word.lower() not in _NO_NAME | STOP_WORDS


def name_words(text: str) -> list[tuple[int, str]]:
    """The words of `text` that are names, each with its start. A word that may only begin a sentence is left out."""
    found = []
    for match in WORD.finditer(text):
        word = re.sub(r"['’]s?$", "", match.group())
        acronym = word.isupper() and len(word) > 1
        if not word[:1].isupper() or (not acronym and word.lower() in _NO_NAME | STOP_WORDS):
            continue
        begins = not re.search(r"\w", text[: match.start()]) or re.search(r"[.!?:]['\"”’)]*\s+$", text[: match.start()])
        goes_on = re.match(r"(?:['’]s)? (?:[A-Z]|\d)", text[match.start() + len(word) :])
        if begins and not goes_on and not acronym:
            continue
        found.append((match.start(), word))
    return found


def missing(claim: str, near: str, whole: str) -> tuple[list[str], list[str]]:
    """The names of a claim that its article does not have, in two lists.

    First those that are nowhere in the `whole` article, then those that are in it but not in `near`, the evidence.
    """
    near_words, whole_words = _vocabulary(near), _vocabulary(whole)
    nowhere, elsewhere = [], []
    names = name_words(_shortened(claim))
    mixed = _mixed(claim, whole)
    for at, word in names:
        if word in mixed:
            nowhere.append(mixed[word])
        elif _stands(word, near_words):
            continue
        elif not _stands(word, whole_words):
            nowhere.append(word)
        # "Stephen Biegun" where the sentence has only "Biegun": the article gives the whole name.
        elif not _beside_another(at, word, names, claim, near_words, whole):
            elsewhere.append(word)
    return nowhere, elsewhere


def _vocabulary(text: str) -> set[str]:
    text = _shortened(text)
    words = {plain(match.group()) for match in WORD.finditer(text)}
    initials = {
        "".join(w[0] for w in run.split()).lower() for run in re.findall(r"(?:[A-Z][\w’'-]+ ){1,5}[A-Z][\w’'-]+", text)
    }
    return words | initials


def _shortened(text: str) -> str:
    """The text with "US" for "United States" and "UK" for "United Kingdom", padded so that offsets stay the same."""
    return _IN_FULL.sub(lambda match: ("UK" if "K" in match.group() else "US").ljust(len(match.group())), text)


def plain(word: str) -> str:
    """A word in the form in which names are compared: lower case, no accents, the country for its people."""
    word = fold(re.sub(r"['’]s?$", "", word)).replace(".", "")
    return _SAME_PLACE.get(word, word)


def _stands(word: str, words: set[str]) -> bool:
    bare = plain(word)
    if bare in words:
        return True
    if "-" in bare and all(part in words for part in bare.split("-")):
        return True
    if len(bare) < 4:
        return False
    # "China" and "Chinese", "Egypt" and "Egyptian"; or one name in two spellings.
    return any(
        (
            len(other) >= 4
            and bare[:4] == other[:4]
            and re.fullmatch(r"(?:e?se?|i?ans?|is?h|ns?|s|i|ic|es)?", _tail(bare, other))
        )
        or (abs(len(other) - len(bare)) <= 1 and len(bare) > 5 and SequenceMatcher(None, bare, other).ratio() >= _LIKE)
        for other in words
    )


def _tail(one: str, other: str) -> str:
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    stem_ = shorter.rstrip("aey")
    return longer[len(stem_) :].lstrip("aey") if longer.startswith(stem_) else "no tail"


def _mixed(claim: str, whole: str) -> dict[str, str]:
    """Names that mix two of the article's ("Ann Cole" from Ann Bell and Tim Cole), by the word that is wrong."""
    found = {}
    for head, name in re.findall(rf"\b({_OF_HEADS}) of ((?:the )?[A-Z]\w+)", claim):
        if f"{head} of {name}" not in whole and re.search(rf"\b{head} of (?:the )?[A-Z]", whole):
            found[head] = f"{head} of {name}"
    for first, last in re.findall(r"\b([A-Z][\w-]+) ([A-Z][\w-]+)", claim):
        if re.fullmatch(TITLE, first) or f"{first} {last}" in whole or first.lower() in _NO_NAME:
            continue
        others = (
            re.findall(rf"\b{re.escape(first)} [A-Z]", whole),
            re.findall(rf"\b[A-Z]\w+ {re.escape(last)}\b", whole),
        )
        alone = re.search(rf"\b{re.escape(first)}\b(?! [A-Z])", whole)
        if all(others) and not alone:
            found[last] = f"{first} {last}"
    return found


def _beside_another(
    at: int, word: str, names: Sequence[tuple[int, str]], claim: str, near: set[str], whole: str
) -> bool:
    for other_at, other in names:
        first, second = sorted([(at, word), (other_at, other)])
        beside = claim[first[0] + len(first[1]) : second[0]] == " "
        if other_at != at and beside and _stands(other, near) and f"{first[1]} {second[1]}" in whole:
            return True
    return False
