"""Whether the reader agrees with the rules on who is speaking and whom "he" means; else nothing is said of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.article import Article, Sentence
from rag.reader import Reader
from rag.speech import spoken

BEFORE, BEFORE_A_PRONOUN, AFTER = 5, 2, 2
"""How many sentences around the one in question the reader gets."""
WORDS_ASKED = 15
"""Of the sentence these many first words stand in the question."""
LONGEST_NAME = 8
"""Words; a longer answer is a statement that also holds a name."""
LEAST_MARGIN, LEAST_SPAN = 1.0, 0.3
"""How far above "not here" the answer stands at least, and how sure its words are."""


def agreed_speaker(
    reader: Reader, article: Article, sentence: Sentence, sentences: Sequence[Sentence], name: str
) -> str | None:
    """The name of the sentence's speaker, where the reader finds the one whom the rules found; see `_agreed`."""
    at = sentences.index(sentence)
    around = sentences[max(0, at - BEFORE) : at + AFTER + 1]
    # Who speaks stands beside the speech: the words that are spoken are no answer.
    silent = [each for each in around if each == sentence or _is_speech(article, each, sentences)]
    question = f'Who said "{_first_words(article.text[sentence.start : sentence.end])}"?'
    return _agreed(reader, question, article, around, silent, name)


def agreed_meaning(
    reader: Reader, article: Article, sentence: Sentence, sentences: Sequence[Sentence], meant: tuple[int, str]
) -> str | None:
    """The name of whom the words that end at `meant[0]` mean, where the reader finds the one whom the rules found."""
    end, name = meant
    at = sentences.index(sentence)
    around = sentences[max(0, at - BEFORE_A_PRONOUN) : at + 1]
    text = article.text[sentence.start : sentence.end]
    noun = re.search(r"(?i)\bthe (\w+)$", text[:end])
    asked = f"Which {noun[1]}" if noun else "Who"
    return _agreed(reader, f"{asked} {_first_words(text[end:])}?", article, around, [sentence], name)


def _agreed(
    reader: Reader, question: str, article: Article, around: Sequence[Sentence], silent: Sequence[Sentence], name: str
) -> str | None:
    """The name, where the best answer of the sentences `around` that are not `silent` ends with the same word.

    Where the answer gives more than that word and less than the name, it is the better name.
    """
    passage = [article.text[each.start : each.end] for each in around]
    (reading,) = reader.read(question, [(article.title or "", passage)])
    pairs = zip(reading.answers, around, strict=False)
    answers = [(answer, each) for answer, each in pairs if each not in silent]
    if not answers:
        return None
    answer, where = max(answers, key=lambda pair: pair[0].score)
    found = article.text[where.start + answer.start : where.start + answer.end]
    ours, theirs = _words(name), _words(found)
    sure = answer.score - reading.nothing >= LEAST_MARGIN and answer.span >= LEAST_SPAN
    if not sure or not ours or not theirs or ours[-1] != theirs[-1] or len(theirs) > LONGEST_NAME:
        return None
    return found if len(theirs) > 1 and name.endswith(f" {found}") else name


def _is_speech(article: Article, sentence: Sentence, sentences: Sequence[Sentence]) -> bool:
    """Whether nothing of the sentence stands outside quotations."""
    return any(end - start >= sentence.end - sentence.start for start, end in spoken(article, sentence, sentences))


def _first_words(text: str) -> str:
    return " ".join(re.sub(r"[\"“”]", "", text).split()[:WORDS_ASKED]).rstrip(" ,.;?!")


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", re.sub(r"['’]s\b", "", text.lower()))
