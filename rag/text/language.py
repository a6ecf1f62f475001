"""Which language a text is in: an article's from its words, a question's only where it leaves no doubt."""

from __future__ import annotations

import logging
from functools import cache

from rag.text.words import STOP_WORDS, WORD

logger = logging.getLogger(__name__)

SURE = 0.9
FEWEST_LETTERS = 60
"""A text with fewer letters than this says too little."""
LONGEST_READ = 3000
"""Characters."""
SURE_OF_A_QUESTION = 0.7
FEWEST_WORDS = 3
ENGLISH_SHARE = 0.2
"""A question more of whose words than this are English ones without a meaning of their own is in English."""


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of the text's language, where its words leave no doubt."""
    if sum(char.isalpha() for char in text[:LONGEST_READ]) < FEWEST_LETTERS:
        return None
    code, probability = _classify(text[:LONGEST_READ])
    return code if probability >= SURE else None


def foreign_language_of(question: str) -> str | None:
    """The code of the language that a question is in, where that is plainly not English.

    A few names and nouns are no language: what is short, or has English words between its names, is not judged.
    """
    words = WORD.findall(question)
    letters = [char for char in question if char.isalpha()]
    if sum(char > "\u024f" for char in letters) > len(letters) / 2:  # not in Latin letters
        code, _ = _classify(question)
        return code if code != "en" else None
    if len(words) < FEWEST_WORDS or sum(word.lower() in STOP_WORDS for word in words) > ENGLISH_SHARE * len(words):
        return None
    code, probability = _classify(question)
    return code if code != "en" and probability >= SURE_OF_A_QUESTION else None


def language_name(code: str) -> str:
    """What English calls the language of an ISO 639-1 code ("de-CH" too); an unknown code stays."""
    from babel import Locale  # late: most articles and questions are in English

    return str(Locale("en").languages.get(code.replace("_", "-").split("-")[0].lower(), code))


def is_english(code: str | None) -> bool:
    """Whether a language is English, or not known to be another."""
    return not code or code.lower().startswith("en")


def _classify(text: str) -> tuple[str, float]:
    """The likeliest language's code and its probability."""
    try:
        code, probability = _identifier().classify(text)
    except OSError as error:  # it unpacks itself into a temporary file
        logger.warning("The language could not be told: %s.", error)
        return "en", 0.0
    return str(code), float(probability)


@cache
def _identifier():  # type: ignore[no-untyped-def]
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # late: most files say their language

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
