"""What of an article a language model is shown: data behind a fence that its text cannot open.

Sentences that address a machine, or imitate our markers, are neither shown to a model nor taken for evidence.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rag.article import Article

_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.!?]{0,60}\b(?:instructions?|prompts?|rules|above|"
    r"previous|earlier|passages?|everything)\b|\bsystem (?:prompt|message|instruction)|"
    r"\b(?:AI|language) (?:model|assistant)s?\b[^.!?]{0,80}\b(?:must|should|shall|answer|reply|respond|write|say|"
    r"output|include|print|cite|tell)|"
    r"\byou are (?:now |an? )?(?:AI\b|assistant|chat ?bot|language model|DAN\b)|"
    r"\bassistants?\b[^.!?]{0,40}\b(?:must|shall|will now|answer|reply|respond)\b|"
    r"^\W*(?:(?:please|now|instead|then),? )*"
    r"(?:(?:answer|reply|respond|repeat|cite|append)\b(?! (?:on|of|is|was|by|to)\b)|"
    r"(?:output|print|write|say|add|include) (?:only|the following|exactly|that|this|a link|an image)\b)|"
    r"\b(?:in|to|with) your (?:answer|reply|response|output|summary)\b|"
    r"\b(?:when|if) (?:you are )?(?:asked|summari[sz]ing|answering)\b[^.!?]{0,60}\b(?:say|answer|reply|write|tell|cite|"
    r"respond|include)\b|"
    r"<\|?\w+\|?>|\[/?INST\]|</?(?:passage|system|user|assistant)\b|"
    r"^\W*(?:system|assistant|user|instructions?|note to (?:the )?(?:AI|model|assistant))\s*:|"
    r"\bpassage (?:number )?\[?\d+\]? (?:says|ends|begins)\b|!\[|\]\(\s*(?:https?|javascript|data):",
    re.IGNORECASE | re.MULTILINE,
)


_MARKER = re.compile(r"</?\s*passage\b|<\|\w+\|>|\[/?INST\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that a model is given: `article.text[start:end]`."""

    article: Article
    start: int
    end: int


def gives_orders(text: str) -> bool:
    """Whether a sentence of an article addresses a machine that reads it, or imitates its markers."""
    return bool(_ORDERS.search(text)) or any(0xE0000 <= ord(char) <= 0xE007F for char in text)


def block(number: int, source: Source) -> str:
    """A passage with its number, outlet and date inside; nothing of its text can end it or look like another."""
    outlet = plain(source.article.outlet or "unknown").replace('"', "'")
    text = source.article.text[source.start : source.end]
    text = text[: marker(text)]
    lines = [" ".join(plain(part).split()) for part in re.split(r"(?<=[.!?])\s+|\n+", text) if not gives_orders(part)]
    return (
        f'<passage number="{number}" outlet="{outlet}" date="{(source.article.published or "unknown")[:10]}">\n'
        f"{' '.join(line for line in lines if line)}\n</passage>"
    )


def marker(text: str) -> int:
    """Where the text first imitates a marker that stands between passages or turns; what follows it is not the news."""
    found = _MARKER.search(text)
    return found.start() if found else len(text)


def plain(text: str) -> str:
    """Without what is not seen, what closes a block, and numbers that look like a citation."""
    seen = "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs")
    )
    return re.sub(r"\[(\d+)\]", r"(\1)", seen).replace("<", "‹").replace(">", "›")
