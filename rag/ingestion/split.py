"""Splits a text into sentences and passages with exact offsets: `text[start:end]` is the sentence or passage."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import sentencex

from rag.article import Sentence
from rag.text.date_patterns import WEEKDAY

TokenCounts = Callable[[Sequence[str]], list[int]]

LONGEST_SENTENCE = 600
"""Characters. Anything longer (a table, a list without full stops) is cut, so that citations stay readable."""
MOST_TOKENS_OF_HEADLINE = 48
"""Enough for nearly every headline, and leaves most of the model's 256 tokens to the passage."""
SPECIAL_TOKENS = 2
"""The model's own, at the beginning and the end."""

# A quotation can have several sentences, so the splitter must not see the quotation marks.
_QUOTES = str.maketrans(dict.fromkeys('"“”„‟«»', " "))
_SINGLE_QUOTES = re.compile(r"(?<!\w)['‘’‚]|['‘’](?!\w)")
_CLOSING = re.compile(r"[\"”’»'\)\]]+(?!\w)|[ \u00a0\u2009\u202f][”»](?!\w)")
# The splitter breaks too early after a title, and between a time of day and its day or time zone.
_TITLE = re.compile(r"\b(?:Mr|Ms|Mrs|Dr|Drs|Prof|St|Gov|Sen|Rep|Gen|Lt|Col|Cpl|Sgt|Capt|Rev|Hon|Supt|No|vs)\.$")
_TIME_OF_DAY = re.compile(r"\b[ap]\.m\.$")
_DAY_OR_ZONE = re.compile(rf"(?:{WEEKDAY}|[ECMP][SD]?T|Eastern|Pacific|Central|GMT|local)\b")
_END_WINDOW = 16
"""Characters around a border that are looked at: longer than any title or zone."""
_PARAGRAPH = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


def sentences(text: str) -> list[Sentence]:
    """The sentences of `text` in order. Together they cover everything but the white space between them.

    They end where a paragraph ends, or where sentencex (wikimedia/sentencex) finds an end. A letter is never separated
    from its accent, a surrogate from its other half, or an emoji from the ones it is joined with.
    """
    return [
        Sentence(start, end)
        for paragraph in _paragraphs(text)
        for first, last in _sentence_spans(text, *paragraph)
        for start, end in _cut(text, first, last, lambda start, end: end - start <= LONGEST_SENTENCE)
    ]


def passages(text: str, sentences: Sequence[Sentence], counts: TokenCounts, budget: int) -> list[list[Sentence]]:
    """Group `sentences` into passages of at most `budget` tokens, which end with a paragraph if possible.

    `counts` counts the tokens of texts. A sentence that is longer than the budget is cut. Returns the sentences of each
    passage, in order.
    """

    def fits(start: int, end: int) -> bool:
        return counts([text[start:end]])[0] <= budget

    whole = [
        Sentence(start, end)
        for sentence, count in zip(sentences, counts([text[s.start : s.end] for s in sentences]), strict=True)
        for start, end in (
            [(sentence.start, sentence.end)] if count <= budget else _cut(text, sentence.start, sentence.end, fits)
        )
    ]
    grouped: list[list[Sentence]] = []
    for paragraph in _by_paragraph(text, whole):
        if grouped and fits(grouped[-1][0].start, paragraph[-1].end):
            grouped[-1].extend(paragraph)
            continue
        # A paragraph that does not fit into the last passage starts a new one, unless the last one would stay short.
        if (
            not grouped
            or not fits(paragraph[0].start, paragraph[-1].end)
            or _is_short(text, grouped[-1], counts, budget)
        ):
            for sentence in paragraph:
                if grouped and grouped[-1] and fits(grouped[-1][0].start, sentence.end):
                    grouped[-1].append(sentence)
                else:
                    grouped.append([sentence])
        else:
            grouped.append(list(paragraph))
    return grouped


def headline_within(title: str | None, counts: TokenCounts) -> str:
    """The first words of the headline that fit into MOST_TOKENS_OF_HEADLINE tokens, on one line."""
    words = (title or "").split()
    while words and counts([" ".join(words)])[0] > MOST_TOKENS_OF_HEADLINE:
        words.pop()
    return " ".join(words)


def passage_budget(headline: str, counts: TokenCounts, max_tokens: int) -> int:
    """How many tokens are left for the text, after the headline and the special tokens."""
    return max_tokens - SPECIAL_TOKENS - counts([headline])[0]


def _is_short(text: str, group: Sequence[Sentence], counts: TokenCounts, budget: int) -> bool:
    return counts([text[group[0].start : group[-1].end]])[0] < budget // 2


def _by_paragraph(text: str, found: Sequence[Sentence]) -> Iterator[list[Sentence]]:
    group: list[Sentence] = []
    for sentence in found:
        if group and re.search(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text[group[-1].end : sentence.start]):
            yield group
            group = []
        group.append(sentence)
    if group:
        yield group


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """The non-blank lines of `text`, without the white space around them."""
    for line in _PARAGRAPH.finditer(text):
        start, end = _stripped(text, *line.span())
        if start < end:
            yield start, end


def _sentence_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    paragraph = text[start:end]
    masked = _SINGLE_QUOTES.sub(" ", paragraph.translate(_QUOTES))
    borders = [int(found["start_index"]) for found in sentencex.get_sentence_boundaries("en", masked)]
    ends = []
    for border in [*borders[1:], len(paragraph)]:
        stop = border
        while stop and masked[stop - 1].isspace():
            stop -= 1
        closing = _CLOSING.match(paragraph, stop)
        stop = closing.end() if closing else stop
        if stop and _is_border(paragraph, stop):
            ends.append(stop)
    ends.append(len(paragraph))
    spans: list[tuple[int, int]] = []
    for first, last in pairwise([0, *sorted(set(ends))]):
        first, last = _stripped(paragraph, first, last)
        if first >= last:
            continue
        if spans and not any(char.isalnum() for char in paragraph[first:last]):
            spans[-1] = (spans[-1][0], last)  # a stray "..." is not a sentence
        else:
            spans.append((first, last))
    for first, last in spans:
        yield start + first, start + last


def _is_border(paragraph: str, stop: int) -> bool:
    """Whether a sentence really ends at `stop`, where sentencex ends it."""
    following = next((n for n in range(stop, len(paragraph)) if not paragraph[n].isspace()), len(paragraph))
    rest = paragraph[following : following + _END_WINDOW]
    if not rest or _joined(paragraph, stop) or _joined(paragraph, following):
        return False
    if rest[0].islower() or rest.startswith(("’s", "'s")):
        return False
    if re.search(r"\b[A-Z]\.$", paragraph[max(0, stop - 3) : stop]) and not paragraph[stop].isspace():
        return False  # within initials, after a hyphen: "Korea-U.S."
    ending = paragraph[max(0, stop - _END_WINDOW) : stop]
    return not _TITLE.search(ending) and not (_TIME_OF_DAY.search(ending) and _DAY_OR_ZONE.match(rest))


def _cut(text: str, start: int, end: int, fits: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    """Cut a span into pieces that fit: after a clause, else between words, else between characters."""
    while start < end and not fits(start, end):
        low, high = start + 1, end - 1  # the longest piece that fits, by bisection
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits(start, middle) else (low, middle - 1)
        stop = _last_border(text, start, low)
        piece = _stripped(text, start, stop)
        if piece[0] < piece[1]:
            yield piece
        start = stop
    piece = _stripped(text, start, end)
    if piece[0] < piece[1]:
        yield piece


def _last_border(text: str, start: int, limit: int) -> int:
    """The best place to cut text[start:limit], never within what is shown as one character."""
    for pattern in (r"[;:.!?,–—]\s", r"\s"):
        for found in reversed([*re.finditer(pattern, text[start:limit])]):
            stop = start + found.end()
            if stop > start + (limit - start) // 2 and not _joined(text, stop) and not _joined(text, stop - 1):
                return stop
    stop = limit
    while stop > start + 1 and _joined(text, stop):
        stop -= 1
    if _joined(text, stop):  # one character with more accents than fit stays whole
        while stop < len(text) and _joined(text, stop):
            stop += 1
    return stop


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends. White space with a combining accent is kept."""
    while start < end and text[start].isspace() and not _joined(text, start + 1):
        start += 1
    while end > start and text[end - 1].isspace() and not _joined(text, end - 1):
        end -= 1
    return start, end


def _joined(text: str, index: int) -> bool:
    """Whether text[index] and the character before it are shown as one."""
    if not 0 < index < len(text):
        return False
    before, char = text[index - 1], text[index]
    if not _PARAGRAPH.match(before) or not _PARAGRAPH.match(char):
        return False  # an accent at the beginning of a line has no letter
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char == "\u200d"
        or before == "\u200d"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= char <= "\udfff")
    )
