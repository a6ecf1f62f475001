"""Lines of a page that are not part of the story: counters, labels, subheads, credits, links, rows of names.

A sentence of a story ends with a punctuation mark. A line without one is taken as furniture if it is as short as a
label, counts pictures, is written like a title, opens like a field ("Source: …"), or is short and has no verb.
"""

from __future__ import annotations

import re

LONGEST_LABEL, LONGEST_WITHOUT_VERB, LONGEST_FIELD, LONGEST_TITLE = 4, 12, 15, 20
"""In words. A longer row of names may be the answer to a question: the guests, the winners."""
TITLE_LIKE = 0.7
"""A line is written like a title if at least this share of its longer words begin with a capital."""

_ENDS = re.compile(r"[.!?…:;。！？][\"'”’)\]»」]*\s*$|[\"”’]\s*$")
_LATIN = re.compile(r"[A-Za-z]")
_ENDS_WITHIN = re.compile(r"(?:\S+\s+){4,}\S*[a-z0-9%)][.!?][\"”’]?\s")
"""A sentence with nothing but a credit after it ("… in May. es/kl (AFP)")."""
_COUNTS = re.compile(r"^\W*\d+\s?(?:/|of)\s?\d+\b|\b\d+\s?(?:/|of)\s?\d+\W*$")
_FIELD = re.compile(r"^\W*[A-Z][\w ]{2,24}:")
_LONGER_WORD = re.compile(r"[^\W\d_][\w'’-]{3,}")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|being|am|has|have|had|will|would|can|could|may|might|must|shall|should|do|does|did|"
    r"says?|said|[a-z]{2,}ed|took|gave|made|left|met|won|lost|held|came|found|began|saw|fell|hit|got|became|sent|shot|"
    r"spoke|brought|put|ran|rose|died|told|wrote|went|kept|sank|built|sold|bought|hurt|to [a-z]+)\b"
    r"|['’](?:s|re|ve|ll)\b"
)


def is_furniture(text: str) -> bool:
    """Whether a line belongs to the page around a story, and is not one of its sentences."""
    if _ENDS.search(text) or _ENDS_WITHIN.match(text):
        return False
    if not _LATIN.search(text):  # other scripts have other words and marks
        return not any(letter.isalpha() for letter in text)
    words = text.split()
    if len(words) <= LONGEST_LABEL or _COUNTS.search(text):
        return True
    if len(words) <= LONGEST_FIELD and _FIELD.match(text):
        return True
    if len(words) > LONGEST_TITLE or _VERB.search(text):  # in a title "Say" has a capital, so it does not match
        return False
    longer = _LONGER_WORD.findall(text)
    is_title = len(longer) > 2 and sum(word[0].isupper() for word in longer) >= TITLE_LIKE * len(longer)
    return is_title or len(words) <= LONGEST_WITHOUT_VERB
