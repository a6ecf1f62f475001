"""The language of an article or a question, recognised by its words (py3langid)."""

from __future__ import annotations

import logging
from functools import cache

from rag.text.words import STOP_WORDS, WORD

logger = logging.getLogger(__name__)

SURE = 0.9
"""An article's language is set from this probability on: a wrong one would be shown as a fact."""
FEWEST_LETTERS = 60
"""A text with fewer letters is too short to tell."""
LONGEST_READ = 3000
"""Characters of an article that are looked at: more do not change the result and take longer."""
SURE_OF_A_QUESTION = 0.7
"""Lower than SURE: a question is short, and is first checked for English words."""
FEWEST_WORDS = 3
"""A question with fewer words is mostly a name, which has no language."""
ENGLISH_SHARE = 0.2
"""A question is in English if more than this share of its words are English stop words ("the", "of")."""


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of a text's language, or None if that is not certain."""
    if sum(char.isalpha() for char in text[:LONGEST_READ]) < FEWEST_LETTERS:
        return None
    code, probability = _classify(text[:LONGEST_READ])
    return code if probability >= SURE else None


def foreign_language_of(question: str) -> str | None:
    """The ISO 639-1 code of a question's language if it is clearly not English, else None.

    Questions that are short, or have English words between their names, count as English.
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
    """The English name of a language by its ISO 639-1 code ("de-CH" works too); an unknown code is returned."""
    from babel import Locale  # late: most articles and questions are in English

    return str(Locale("en").languages.get(code.replace("_", "-").split("-")[0].lower(), code))


def is_english(code: str | None) -> bool:
    """Whether a language is English or unknown."""
    return not code or code.lower().startswith("en")


def _classify(text: str) -> tuple[str, float]:
    """The code of the most likely language, and its probability."""
    try:
        code, probability = _identifier().classify(text)
    except OSError as error:  # py3langid unpacks its model into a temporary file
        logger.warning("The language could not be recognised: %s.", error)
        return "en", 0.0
    return str(code), float(probability)


@cache
def _identifier():  # type: ignore[no-untyped-def]
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # late: most files say their language

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
