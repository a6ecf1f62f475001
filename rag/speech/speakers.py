"""Speakers of an article's quotations, and whom its "he", "she" and "the company" mean.

The article is read once, in order. A sentence's own attribution counts first; a quotation without one continues the one
before. "He said" means the nearest person who spoke or is named. A name is given only if the text points to one person,
otherwise it is "": a wrong name is worse than none.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from rag.article import Article, Sentence, Span
from rag.speech.attributions import NAME, QUOTED, VAGUE, Attribution, attributions, is_name, names, plain
from rag.speech.organisations import organisation_meant
from rag.speech.persons import PERSON_NOUN, Persons, is_organisation
from rag.speech.quotations import Quotation, is_sound, quotations
from rag.text.names import TITLE

LOOKED_BACK = 4
"""Sentences before a pronoun in which its person is looked for: further back it is mostly somebody else."""
FRAGMENT = 4
"""In words. A shorter quotation without a speaker is a title or a turn of phrase."""
PARAGRAPHS_BETWEEN = 2
"""How many paragraphs (a caption, a heading) may interrupt a quotation that was left open."""

_SOMEONE = re.compile(rf"\b(?i:an?|one) (?:[\w'’-]+ ){{0,4}}?{PERSON_NOUN}(?: (?:on|at|in|from) the \w+)?")
_PRONOUN = re.compile(r"\b(He|She)\b(?! (?:and|or)\b)")
_GROUP_NOUN = r"\b(?:company|firm|group|organi[sz]ation|agency|club|team|department|ministry|corporation|airline)$"
_YEAR_OLD = re.compile(r"^the (?:\w+[ -])?\d+-year-old$", re.IGNORECASE)
_INTRODUCES = re.compile(
    r":$|\b(?:sp(?:eaks?|oke|eaking)|interview|(?:to|told) reporters|[Hh]ere(?:['’]s| is)|puts? it)\b"
)
_SUBJECT_FIRST = re.compile(rf"^\W*(?:(?:While|When|As|Although|Though|But|And|Since|Once|If|To) )?(?:{TITLE} )*$")


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of direct speech: `Article.text[start:end]`, with its marks.

    `speaker` is a name, a description ("a spokeswoman for the port"), or "" if the text does not say. `sentence` is the
    one that names the speaker, which may be an earlier one; None if none does.
    """

    start: int
    end: int
    speaker: str
    sentence: Sentence | None


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence as it was read. Sentences that share a quotation count as one."""

    start: int
    end: int
    paragraph: int
    attributed: tuple[tuple[Attribution, str], ...]
    """Its attributions, with offsets in the article, each with the person it means."""
    named: tuple[str, ...]
    """The persons that it names outside its quotations."""


def utterances(article: Article, sentences: Sequence[Sentence]) -> list[Utterance]:
    """The direct speech of the article, in order; `sentences` are all of its sentences."""
    return list(_story(article.text, tuple(sentences)).utterances)


def speaker(article: Article, sentence: Sentence, sentences: Sequence[Sentence]) -> str | None:
    """Who speaks in the sentence, directly or not; None if nobody does, "" if it is not known who.

    `sentences` are all sentences of the article.
    """
    story = _story(article.text, tuple(sentences))
    within = [each.speaker for each in story.utterances if each.start < sentence.end and sentence.start < each.end]
    within += story.attributed_in(sentence)
    return next((who for who in within if who), "") if within else None


def unnamed_speaker(article: Article, sentence: Sentence, sentences: Sequence[Sentence]) -> str | None:
    """Who speaks, if the sentence begins with speech and does not say whose it is; "" if that is not known.

    None if it does not begin with speech or says who speaks, or if it has no quotation mark of its own and the marks
    around it may not be a pair. `sentences` are all sentences of the article.
    """
    story = _story(article.text, tuple(sentences))
    if story.attributed_in(sentence) or not story.begins_with_speech(sentence):
        return None
    return next((each.speaker for each in story.utterances if each.start <= sentence.start < each.end), None)


def spoken(article: Article, sentence: Sentence, sentences: Sequence[Sentence]) -> list[Span]:
    """The spans of the sentence that are quoted, counted from its start."""
    story = _story(article.text, tuple(sentences))
    masked = story.masked[sentence.start : sentence.end]
    return [found.span() for found in re.finditer(rf"{QUOTED}+", masked)]


def person_meant(article: Article, sentence: Sentence, sentences: Sequence[Sentence]) -> tuple[int, str] | None:
    """The end of the first "He" or "She" in the sentence, counted from its start, and the person it means.

    None if that is not clear. It is clear if the pronoun is outside quotations, nobody is named before it in the
    sentence, and the nearest earlier sentence that names anybody names one person. After a quotation only "he said" is
    clear: the person quoted may have spoken about somebody else.
    """
    story = _story(article.text, tuple(sentences))
    text = story.masked[sentence.start : sentence.end]
    pronoun = _PRONOUN.search(text)
    if pronoun is None or next(names(text[: pronoun.start()]), None):
        return None
    earlier = [told for told in story.told if told.end <= sentence.start]
    person = story.antecedent(pronoun[1].lower(), earlier, plainly=True)
    speaks = any(each.start <= pronoun.start() < each.end for each in attributions(text))
    if not is_name(person) or (not speaks and story.is_quoted_in(person, earlier[-LOOKED_BACK:])):
        return None
    return pronoun.end(), person


def group_meant(article: Article, sentence: Sentence, sentences: Sequence[Sentence]) -> tuple[int, str] | None:
    """The end of the first "the company" in the sentence, counted from its start, and the organisation it means.

    None if that is not clear; see `organisation_meant`.
    """
    story = _story(article.text, tuple(sentences))
    earlier = [story.masked[told.start : told.end] for told in story.told if told.end <= sentence.start]
    text = story.masked[sentence.start : sentence.end]
    headline = article.title or ""
    return organisation_meant(text, earlier[-LOOKED_BACK:], f"{headline}\n{story.masked}", headline, story.persons)


@lru_cache(maxsize=128)  # more than the articles of an event
def _story(text: str, sentences: tuple[Sentence, ...]) -> _Story:
    return _Story(text, sentences)


class _Story:
    """An article, read once from beginning to end."""

    def __init__(self, text: str, sentences: tuple[Sentence, ...]) -> None:
        self.utterances: list[Utterance] = []
        self.told: list[_Told] = []
        self._text = text
        self._sentences = sentences
        self._quotations = quotations(text)
        masked = list(text)
        for each in self._quotations:
            masked[each.start : each.end] = QUOTED * (each.end - each.start)
        self.masked = "".join(masked)
        self._left_open: tuple[int, Utterance] | None = None
        whole = self._whole_sentences()
        found = [attributions(self.masked[start:end]) for start, end, _ in whole]
        self.persons = Persons(self.masked, (each.subject for several in found for each in several))
        for (start, end, paragraph), several in zip(whole, found, strict=True):
            self._read(start, end, paragraph, several)

    def attributed_in(self, sentence: Sentence) -> list[str]:
        """The speakers that the sentence itself gives, each "" if it is not known who that is."""
        return [
            who
            for told in self.told
            for attribution, who in told.attributed
            if sentence.start <= attribution.start < sentence.end
        ]

    def begins_with_speech(self, sentence: Sentence) -> bool:
        """Whether it begins in a quotation: by its own opening mark, or by marks that are certainly a pair."""
        around = next((each for each in self._quotations if each.start <= sentence.start < each.end), None)
        return around is not None and (around.start == sentence.start or is_sound(self._text, around))

    def is_quoted_in(self, person: str, told: Sequence[_Told]) -> bool:
        """Whether the person speaks a quotation of these sentences."""
        return any(
            each.speaker == person for each in self.utterances if told and told[0].start <= each.start < told[-1].end
        )

    def antecedent(self, pronoun: str, earlier: Sequence[_Told], plainly: bool = False) -> str:
        """Whom "he", "she" or "they" means after the sentences `earlier`; "" if that is not clear.

        It is the last speaker, or the person in the nearest sentence that names any. With `plainly` that sentence must
        have just one person.
        """
        for told in reversed(earlier[-LOOKED_BACK:]):
            speakers = [who for _, who in told.attributed if self._is_person(who)]
            named = [name for name in told.named if self.persons.may_be(name, pronoun)]
            if plainly and len({*named, *speakers}) > 1:
                return ""
            if speakers and self.persons.may_be(speakers[-1], pronoun):
                return speakers[-1]
            if told.named:
                text = self.masked[told.start : told.end]
                is_another_s = named and re.search(rf"{re.escape(named[0].split()[-1])}['’]", text)
                return named[0] if len(named) == 1 and not is_another_s else ""
            described = _SOMEONE.search(self.masked[told.start : told.end])
            if described and not plainly:
                return described.group()
        return ""

    def _whole_sentences(self) -> list[tuple[int, int, int]]:
        """Start, end and paragraph number of each sentence. Sentences within one quotation are joined."""
        units: list[tuple[int, int, int]] = []
        paragraph = 0
        for sentence in self._sentences:
            if units and "\n" in self._text[units[-1][1] : sentence.start]:
                paragraph += 1
            elif units and self._is_one_with_the_last(sentence):
                units[-1] = (units[-1][0], sentence.end, paragraph)
                continue
            units.append((sentence.start, sentence.end, paragraph))
        return units

    def _is_one_with_the_last(self, sentence: Sentence) -> bool:
        """Whether it begins within a quotation, or says who asked or exclaimed the one before it."""
        if self.masked[sentence.start - 1] == QUOTED:
            return self.masked[sentence.start] == QUOTED
        if self.masked[sentence.start - 2] != QUOTED or self._text[sentence.start - 3] not in "?!":
            return False
        found = attributions(self.masked[sentence.start : sentence.end])
        return bool(found) and found[0].start == 0

    def _is_person(self, who: str) -> bool:
        """Whether "he" can mean a speaker: by the name or description of a person."""
        return who in self.persons if is_name(who) else re.search(rf"\b{PERSON_NOUN}", who) is not None

    def _read(self, start: int, end: int, paragraph: int, found: Sequence[Attribution]) -> None:
        """Read one sentence: whom its attributions `found` mean, and who speaks its quotations."""
        text = self.masked[start:end]
        attributed: list[tuple[Attribution, str]] = []
        for each in found:
            who = self._who(each.subject, text[: each.start], attributed)
            attributed.append((Attribution(start + each.start, start + each.end, each.subject), who))
        first = bisect_left(self._quotations, start, key=lambda each: each.start)
        for quotation in takewhile(lambda each: each.start < end, self._quotations[first:]):
            if self._is_fragment(quotation):
                continue
            if attributed:
                spoken = self._attributed(quotation, attributed)
            else:
                spoken = self._goes_on(quotation, start, paragraph)
            self.utterances.append(Utterance(quotation.start, quotation.end, *spoken))
            if not quotation.closed:
                self._left_open = (paragraph, self.utterances[-1])
            elif quotation.start == start:
                self._left_open = None
        self.told.append(_Told(start, end, paragraph, tuple(attributed), self.persons.named_in(text)))

    def _is_fragment(self, quotation: Quotation) -> bool:
        inside = self._text[quotation.start : quotation.end - quotation.closed]
        punctuated = inside[-1:] in ",.?!…" or self._text[quotation.end : quotation.end + 1] == ","
        return len(inside.split()) < FRAGMENT and not punctuated

    def _attributed(
        self, quotation: Quotation, attributed: Sequence[tuple[Attribution, str]]
    ) -> tuple[str, Sentence | None]:
        """The speaker that the quotation's own sentence gives: before a colon, just after, else before, else later."""
        before = [each for each in attributed if each[0].end <= quotation.start]
        after = [each for each in attributed if each[0].start >= quotation.end - 1]
        introduced = before and re.fullmatch(r"[^:\0]*:\s*", self.masked[before[-1][0].end : quotation.start])
        follows = after and re.fullmatch(r"[\s,\0–—-]*", self.masked[quotation.end : after[0][0].start])
        if introduced or (before and not follows):
            said, who = before[-1]
        else:
            said, who = (after or attributed)[0]
        return who, self._sentence(said.start)

    def _goes_on(self, quotation: Quotation, start: int, paragraph: int) -> tuple[str, Sentence | None]:
        """The speaker of a quotation whose sentence gives none: who was speaking before, or was just introduced."""
        last = self.utterances[-1] if self.utterances else None
        begins = not self.masked[start : quotation.start].strip()
        if last and last.start >= start and not self.masked[last.end : quotation.start].strip():
            return last.speaker, last.sentence
        before = self.told[-1] if self.told else None
        if not begins or before is None:
            return "", None
        if self._left_open and paragraph - self._left_open[0] <= 1 + PARAGRAPHS_BETWEEN:
            return self._left_open[1].speaker, self._left_open[1].sentence
        if paragraph - before.paragraph > 1:
            return "", None
        if last and before.start <= last.start and not self.masked[last.end : before.end].strip():
            return last.speaker, last.sentence
        if before.attributed:
            said, who = before.attributed[-1]
            return who, self._sentence(said.start)
        text = self.masked[before.start : before.end]
        pronoun = re.match(r"(He|She)\b", text)
        if pronoun and not before.named:
            return self.antecedent(pronoun[1].lower(), self.told[:-1]), self._sentence(before.start)
        if len(before.named) == 1 and (_INTRODUCES.search(text) or self._acts(text)):
            return before.named[0], self._sentence(before.start)
        return "", None

    def _acts(self, text: str) -> str:
        """The person that the sentence `text` begins with, or ""."""
        first = next(names(text), None)
        if first is None or not _SUBJECT_FIRST.match(text[: first[0]]):
            return ""
        with_another = re.match(r"\W*and\b", text[first[0] + len(first[1]) :])
        return self.persons.whole(first[1]) if first[1] in self.persons and not with_another else ""

    def _who(self, subject: str, before: str, attributed: Sequence[tuple[Attribution, str]]) -> str:
        """Whom the subject of an attribution means; `before` is the text of its sentence before it."""
        if is_name(subject):
            return self.persons.whole(subject)
        pronoun = subject if subject in ("he", "she", "they", "it") else "they" if _YEAR_OLD.match(subject) else ""
        if not pronoun:
            return self._described(subject)
        said = [who for _, who in (attributed or (self.told[-1].attributed if self.told else []))]
        if pronoun == "it":
            return said[-1] if said and is_organisation(said[-1]) else ""
        if subject == "they":
            return said[-1] if said else ""
        who = self._acts(before) or (attributed[-1][1] if attributed else "")
        if not who or not self.persons.may_be(who, pronoun):
            who = self.antecedent(pronoun, self.told)
        if pronoun != "they":
            self.persons.learn(who, pronoun)
        return who

    def _described(self, subject: str) -> str:
        """The name that the article gives for a description, else the description itself."""
        article, _, rest = subject.partition(" ")
        if (rest or article).lower() in VAGUE:
            return ""
        if article.lower() == "the" and is_name(rest):
            return rest
        nearby = self.told[-LOOKED_BACK:]
        if article.lower() == "the" and re.search(_GROUP_NOUN, rest):
            groups = [who for told in nearby for _, who in told.attributed if is_organisation(who)]
            if len(set(groups)) == 1:
                return groups[-1]
        if article.lower() == "the" and re.search(rf"\b{PERSON_NOUN}$", rest) and nearby:
            # "The prime minister" may be named anywhere before, "the brother" only just before.
            earlier = self.masked[nearby[0].start if " " not in rest else 0 : nearby[-1].end]
            one = f"(?i:{re.escape(rest)})"
            for pattern in (rf"\b{one},? (?P<name>{NAME})", rf"(?P<name>{NAME}), [^,.;\0]{{0,60}}\b{one}\b"):
                found = [plain(match["name"]) for match in re.finditer(pattern, earlier)]
                described = {self.persons.whole(name) for name in found if name in self.persons}
                if len(described) == 1:
                    return described.pop()
        return subject[0].lower() + subject[1:] if article.lower() in ("a", "an", "the", "one", "another") else subject

    def _sentence(self, at: int) -> Sentence:
        return self._sentences[bisect_right(self._sentences, at, key=lambda each: each.start) - 1]
