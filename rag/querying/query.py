"""What a question asks: which words carry it, whom it names, and what it stands on when it follows another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.reply import Turn
from rag.text.language import foreign_language_of, language_name
from rag.text.words import STOP_WORDS
from rag.text.words import WORD as WORD
from rag.text.words import stem as stem

_QUESTION_WORDS = STOP_WORDS | frozenset(
    ["did", "does", "said", "say", "says", "tell", "many", "much", "long", "according", "compare", "tell", "describe"]
)
_LEANING = re.compile(
    r"^(?:and|but|so|what about|how about)\b|\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|there|then|"
    r"this|that|these|those|one|ones|same|else)\b",
    re.IGNORECASE,
)

_JOINT = re.compile(
    r"(?<=\?)\s+|[,;?]?\s+and\s+(?=(?:(?:in|on|at|to|from|for|by|with|of|between|about)\s+)?"
    r"(?:what|which|who|whom|whose|when|where|why|how)\b)",
    re.IGNORECASE,
)
LEAST_WORDS_OF_A_PART = 3
MOST_PARTS = 4
"""Each is searched for by itself: a question of nothing but "and how" would keep the others waiting."""


SmallTalk = Literal["greeting", "thanks", "help"]
_TO_YOU = r"(?:[\s,]+(?:there|you|all|everyone|again|so much|very much|a lot|second source))*"
_SMALL_TALK: dict[SmallTalk, re.Pattern[str]] = {
    "greeting": re.compile(
        rf"(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)){_TO_YOU}"
        r"(?:[\s,!.]+how are you(?: doing)?(?: today)?)?",
        re.IGNORECASE,
    ),
    "thanks": re.compile(
        rf"(?:(?:ok(?:ay)?|great|perfect|nice|cool|good|wonderful|excellent)[\s,!.]*)*"
        r"(?:many thanks|thanks?|thank you|thx|cheers|ta|bye|goodbye|see you|ok(?:ay)?|great|perfect|cool|got it)"
        rf"{_TO_YOU}"
        r"(?: for (?:the|your) (?:help|answer))?",
        re.IGNORECASE,
    ),
    "help": re.compile(
        r"help(?: me)?|what (?:can|do) you (?:do|know)(?: for me)?|what (?:are you|is this)|who are you|"
        r"how (?:do|can) (?:i|you) (?:use (?:this|you)|work)|how does (?:this|it) work|"
        r"what (?:can|should|may) i ask(?: you)?",
        re.IGNORECASE,
    ),
}


def terms(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order, each once."""
    return list(dict.fromkeys(stem(w) for w in WORD.findall(text) if w.lower() not in _QUESTION_WORDS and len(w) > 1))


def names(question: str) -> list[str]:
    """The words of the question that name somebody or something: those written with a capital, the first word aside."""
    found = []
    for match in WORD.finditer(question):
        word = re.sub(r"['’]s?$", "", match.group())
        starts_sentence = (
            not question[: match.start()].strip(" \"“‘'(") or question[: match.start()].rstrip()[-1] in ".?!:"
        )
        if word[:1].isupper() and word.lower() not in _QUESTION_WORDS and not starts_sentence and len(word) > 1:
            found.append(word)
    return list(dict.fromkeys(found))


def small_talk(question: str) -> SmallTalk | None:
    """What a message is that asks nothing of the news: a greeting, thanks, a question about the assistant; or None."""
    said = question.strip(" \t\n.!?…,;:)(")
    return next((kind for kind, pattern in _SMALL_TALK.items() if pattern.fullmatch(said)), None)


def language_note(question: str) -> str:
    """A word on a question that is plainly not in English, which is what the packaged embedding model reads; or ""."""
    code = foreign_language_of(question)
    if code is None:
        return ""
    return (
        f"This question looks like {language_name(code)}; the default model reads English. "
        "To use a multilingual model, set SECOND_SOURCE_EMBEDDING_MODEL."
    )


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: a question, and the `context` that it leans on: an earlier question of the chat, or the
    whole question that it is a part of.
    """

    question: str
    context: str = ""

    @property
    def text(self) -> str:
        """Both, the question first: its words count most."""
        return f"{self.question} ({self.context})" if self.context else self.question


def stand_alone(question: str, chat: Sequence[Turn]) -> Query:
    """The question so that it stands alone: where it leans on the chat, the earlier question it leans on is added."""
    return Query(question, chat[-1].question) if chat and leans(question) else Query(question)


def leans(question: str) -> bool:
    """Whether a question needs what was asked before it to be understood."""
    return bool(_LEANING.search(question)) or not names(question)


def sub_questions(query: Query) -> list[Query]:
    """The parts of a question that asks several things, each carrying the whole; none where it asks one."""
    parts = [part.strip(" ,;") for part in _JOINT.split(query.question)]
    parts = [part for part in dict.fromkeys(parts) if len(part.split()) >= LEAST_WORDS_OF_A_PART][:MOST_PARTS]
    return [Query(part, query.text) for part in parts] if len(parts) > 1 else []
