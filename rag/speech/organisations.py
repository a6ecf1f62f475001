"""The organisation that "the company" or "the airline" means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.speech.attributions import names
from rag.speech.persons import Persons

_NAMED_SO = {
    "company": "Company|Co|Corp|Corporation|Inc|Ltd|Group|Industries|Holdings|Technologies|Systems|Motors",
    "airline": "Airlines?|Airways|Air",
    "bank": "Bank|Bancorp",
    "club": "Club|FC",
    "agency": "Agency|Administration",
    "charity": "Foundation|Trust",
    "university": "University",
    "college": "College",
    "hospital": "Hospital|Infirmary",
    "union": "Union",
    "ministry": "Ministry",
    "department": "Department",
    "council": "Council",
    "newspaper": "Times|Post|Journal|Herald|Gazette|Telegraph|Tribune|Chronicle|Courier|Ledger",
}
"""Nouns for organisations, each with the last words of the names of such organisations."""
_LIKE = {
    "firm": "company", "corporation": "company", "manufacturer": "company", "retailer": "company", "carrier": "airline",
    "operator": "company", "paper": "newspaper", "foundation": "charity",
}  # fmt: skip
_MEANT = re.compile(rf"\b[Tt]he (?P<noun>{'|'.join([*_NAMED_SO, *_LIKE])})\b(?! (?:of|that|which|behind|in|for)\b)")


def organisation_meant(
    text: str, before: Sequence[str], whole: str, headline: str, persons: Persons
) -> tuple[int, str] | None:
    """The end of the first "the company" in the sentence `text`, and the organisation it means.

    None if that is not clear. It is clear if no name comes before it in the sentence, and the nearest of the sentences
    `before` it (else the headline) that names such an organisation names only one. A name counts by its last word
    ("Marram Airways"), or if `whole`, the article with its headline, says so ("the airline Marram", "Marram, an
    airline"). `persons` are those of the article, which are no organisations.
    """
    found = _MEANT.search(text)
    if found is None or next(names(text[: found.start()]), None):
        return None
    noun = found["noun"]
    if re.search(rf"\b{noun.capitalize()} of [A-Z]", whole):
        return None  # "the bank" may be the Bank of Quay, and `names` does not find such names whole
    for earlier in (*reversed(before), headline):
        named = {name for _, name in names(earlier) if name not in persons and _is_group(name, noun, whole)}
        if named:
            (name, *others) = named
            return None if others or name in text else (found.end(), name)
    return None


def _is_group(name: str, noun: str, text: str) -> bool:
    endings = _NAMED_SO[_LIKE.get(noun, noun)]
    if re.search(rf" (?:{endings})\.?$", name):
        return True
    written = rf"(?<!\w){re.escape(name)}(?!\w| &| of\b)"
    kinds = rf"\b(?:{noun}|{_LIKE.get(noun, noun)})\b"
    words = r"(?:(?!of |for |at |from |with |in |by )[\w'’-]+ ){0,4}"
    said = rf"{kinds},? {written}|{written}, (?:an?|the|its|his|her) {words}{kinds}"
    return re.search(said, text) is not None
