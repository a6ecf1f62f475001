"""Whether the reader agrees with the rules on who is speaking and whom "he" means; else nothing is said of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.article import Article, Sentence
from rag.models.reader import Reader
from rag.speech import QUOTED, names, spoken, utterances
from rag.text.names import TITLE

BEFORE, BEFORE_A_PRONOUN, AFTER = 5, 2, 2
"""How many sentences around the one in question the reader gets."""
WORDS_ASKED = 15
"""Of the sentence these many first words stand in the question."""
LONGEST_NAME = 8
"""Words; a longer answer is a statement that also holds a name."""
LEAST_OF_A_SPEAKER, LEAST_OF_A_PRONOUN, LEAST_SPAN = 3.0, 2.0, 0.3
"""How far above "not here" the answer stands at least, and how sure its words are."""


def agreed_speaker(
    reader: Reader, article: Article, sentence: Sentence, sentences: Sequence[Sentence], name: str
) -> str | None:
    """The name of the sentence's speaker, where the reader finds the one whom the rules found; see `_agreed`.

    Where "she said" is all that tells, the nearest sentence before it that names anybody has to name the speaker.
    """
    if not _is_near(article, sentence, sentences, name):
        return None
    at = sentences.index(sentence)
    around = sentences[max(0, at - BEFORE) : at + AFTER + 1]
    # Who speaks stands beside the speech: the words that are spoken are no answer.
    silent = [each for each in around if each == sentence or _is_speech(article, each, sentences)]
    question = f'Who said "{_first_words(article.text[sentence.start : sentence.end])}"?'
    return _agreed(reader, question, article, around, silent, name, LEAST_OF_A_SPEAKER)


def agreed_meaning(
    reader: Reader, article: Article, sentence: Sentence, sentences: Sequence[Sentence], meant: tuple[int, str]
) -> str | None:
    """The name of whom the words that end at `meant[0]` mean, where the reader finds the one whom the rules found."""
    end, name = meant
    at = sentences.index(sentence)
    around = sentences[max(0, at - BEFORE_A_PRONOUN) : at + 1]
    if _is_cut(article, around[0], sentence):
        return None
    text = article.text[sentence.start : sentence.end]
    noun = re.search(r"(?i)\bthe (\w+)$", text[:end])
    if noun is None and re.search(rf"\b[Tt]he {re.escape(name)}\b", article.text):
        return None  # no person
    asked, pronoun = (f"Which {noun[1]}", "") if noun else ("Who", re.findall(r"\w+", text[:end])[-1])
    question = f"{asked} {_first_words(text[end:])}?"
    return _agreed(reader, question, article, around, [sentence], name, LEAST_OF_A_PRONOUN, pronoun)


def _agreed(
    reader: Reader,
    question: str,
    article: Article,
    around: Sequence[Sentence],
    silent: Sequence[Sentence],
    name: str,
    least: float,
    pronoun: str = "",
) -> str | None:
    """The name, where the best answer of the sentences `around` that are not `silent` ends with the same word.

    Where the answer gives more than that word and less than the name, it is the better name. Whom "he saw" is not
    whom the next "he" means: no name counts that stands after the `pronoun` in its sentence.
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
    sure = answer.score - reading.nothing >= least and answer.span >= LEAST_SPAN
    if not sure or not ours or not theirs or ours[-1] != theirs[-1] or len(theirs) > LONGEST_NAME:
        return None
    before = article.text[where.start : where.start + answer.start]
    if pronoun and re.search(rf"\b{pronoun}\b", before, re.IGNORECASE):
        return None
    if name in found:
        return name.split()[-1] if _has_another(name, article) else name
    return found if len(theirs) > 1 and name.endswith(f" {found}") else _sure_part(name, article)


def _sure_part(name: str, article: Article) -> str:
    """The name without first words that are none of it: those that the article also has apart from it, as of "Target:
    Linnet Ann Lee" where it names Linnet, and the last of a list, as of "the Minister for Works and Roads Ann Lee".
    """
    text = f"{article.title or ''}\n{article.text}"
    while " " in name and name[0].isupper():
        first, rest = name.split(" ", 1)
        apart = re.search(rf"\b{re.escape(first)}\b(?! {re.escape(rest)})", text)
        listed = " " in rest and f"and {name}" in text
        if not apart and not listed:
            break
        name = rest
    return name


def _has_another(name: str, article: Article) -> bool:
    """Whether the article has another first word with the name's last one: not both are of the name."""
    first, last = name.split()[0], name.split()[-1]
    found = re.findall(rf"(?<=[a-z,] )([A-Z][\w'’-]+) {re.escape(last)}\b", article.text)
    return first != last and any(word not in name.split() and not re.fullmatch(TITLE, word) for word in found)


def _is_near(article: Article, sentence: Sentence, sentences: Sequence[Sentence], name: str) -> bool:
    """Whether the name's last word stands in the sentence that attributes the speech, or in the nearest before it that
    names anybody outside quotations.
    """
    last = _words(name)[-1:]
    said = next((u for u in utterances(article, sentences) if u.start <= sentence.start < u.end), None)
    if said is None or said.sentence is None or not last:
        return False
    if last[0] in _words(article.text[said.sentence.start : said.sentence.end]):
        return True
    for each in reversed([each for each in sentences if each.end <= said.sentence.start][-BEFORE:]):
        text = article.text[each.start : each.end]
        for start, end in reversed(spoken(article, each, sentences)):
            text = text[:start] + QUOTED + text[end:]
        if any(names(text)):
            return last[0] in _words(text) and not _is_cut(article, each, said.sentence)
    return False


def _is_cut(article: Article, first: Sentence, last: Sentence) -> bool:
    """Whether something between the two sentences is left out as no part of the story: with it a name may have gone."""
    return any(first.end <= start < last.start for start, _ in article.omitted)


def _is_speech(article: Article, sentence: Sentence, sentences: Sequence[Sentence]) -> bool:
    """Whether nothing of the sentence stands outside quotations."""
    return any(end - start >= sentence.end - sentence.start for start, end in spoken(article, sentence, sentences))


def _first_words(text: str) -> str:
    return " ".join(re.sub(r"[\"“”]", "", text).split()[:WORDS_ASKED]).rstrip(" ,.;?!")


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", re.sub(r"['’]s\b", "", text.lower()))
