"""Speakers in the transcript of a broadcast: the presenter, the reporter, and the clips they play."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from rag.article import Sentence, Span, Voice

_FIRST = r"[A-Z][\w’'-]+"
PERSON = rf"{_FIRST}(?: (?:[A-Z]\.|{_FIRST}|de|van|von|al|bin|da)){{0,2}} [A-Z][\w’'-]+"
"""A person's full name: two to four words."""
_HANDOVER = re.compile(
    rf"(?:^|[,:] |correspondent |reporter |colleague )(?P<name>{PERSON})(?:,? (?:in|from|at) [A-Z][\w ]+,)? "
    r"(?:reports|has (?:more|the story|the details|this report)|sends this report|tells us more|filed this report|"
    r"joins us|explains)\b[^.]{0,40}[.:]?$|^(?:with|for) more[^.]*?,? (?P<other>" + PERSON + r")\b[^.]{0,30}[.:]?$",
)
_LABEL = re.compile(r"^(?P<label>[A-Z][A-Z .,'’()-]{1,50}|[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3}):\s+\S")
_PRESENTER = re.compile(r"\b(?:host|anchor|presenter|newscaster)\b", re.IGNORECASE)
_REPORTER = re.compile(r"\b(?:byline|reporter|correspondent)\b", re.IGNORECASE)
_CLIP = re.compile(r"\W{0,2}[“\"„].{15,}[”\"]\W{0,2}", re.DOTALL)
_FULL_NAME = re.compile(rf"\b{PERSON}")
_CAPITALISED = re.compile(rf"\b{_FIRST}")
_PARAGRAPH = re.compile(r"\S[^\n]*")
FEWEST_LABELS = 3
"""Speakers' labels that make a transcript: one or two can be subheads."""


def voices(
    text: str, sentences: Sequence[Sentence], reporter: str | None = None, sign_off: Span | None = None
) -> tuple[Voice, ...]:
    """The parts of a transcript with their speakers, in order; () if the text is not a transcript.

    A transcript is recognised by its speakers' labels ("HOST: …"), by a hand-over ("Ada Quill reports.") and a clip, or
    by the `sign_off` of its `reporter` (the span of "Ada Quill, Linnet News." at the end). A clip is a paragraph that
    is one quotation and names no speaker; its speaker is taken from the sentences before it, or is None.
    """
    paragraphs = [found.span() for found in _PARAGRAPH.finditer(text)]
    labels = [(start, label) for start, end in paragraphs if (label := _LABEL.match(text[start:end]))]
    speakers = {label["label"] for _, label in labels}
    if len(labels) >= FEWEST_LABELS and len(labels) * 2 >= len(paragraphs) and len(speakers) > 1:
        return tuple(_labelled(labels, len(text)))
    handover, name = _handover(text, sentences)
    clips = [bool(_CLIP.fullmatch(text[start:end])) for start, end in paragraphs]
    if sign_off is None and not (handover and any(clips)):
        return ()
    found: list[Voice] = []
    for (start, end), is_clip in zip(paragraphs, clips, strict=True):
        if is_clip:
            before = [s for s in sentences if s.end <= start]
            found.append(Voice(start, end, "clip", _last_named(text, before)))
        elif end <= handover:
            found.append(Voice(start, end, "presenter"))
        else:
            found.append(Voice(start, end, "reporter", reporter or name))
    return tuple(_merged(found))


def _handover(text: str, sentences: Sequence[Sentence]) -> tuple[int, str | None]:
    """The end of the presenter's words, and the reporter they hand over to; 0 if there is no hand-over."""
    for sentence in sentences[: max(1, len(sentences) // 2)]:
        found = _HANDOVER.search(text[sentence.start : sentence.end])
        ends_paragraph = text[sentence.end :].lstrip(" ").startswith("\n")
        if found and ends_paragraph:
            return sentence.end, found["name"] or found["other"]
    return 0, None


def _labelled(labels: Sequence[tuple[int, re.Match[str]]], end: int) -> Iterator[Voice]:
    """The parts of a labelled transcript: each goes up to the next label."""
    stops = [*(start for start, _ in labels[1:]), end]
    for (start, label), stop in zip(labels, stops, strict=True):
        words = label["label"]
        role: Literal["presenter", "reporter", "speaker"] = (
            "presenter" if _PRESENTER.search(words) else "reporter" if _REPORTER.search(words) else "speaker"
        )
        name = re.sub(r"\s*\(.*?\)", "", words).split(",")[0].strip()
        if _PRESENTER.fullmatch(name) or _REPORTER.fullmatch(name):
            name = ""
        yield Voice(start, stop, role, (name.title() if name.isupper() else name) or None)


def _last_named(text: str, before: Sequence[Sentence]) -> str | None:
    """The first person in the last sentence that names one, by the full name if the text has it."""
    people: list[str] = list(dict.fromkeys(_FULL_NAME.findall(text)))
    for sentence in reversed(before[-4:]):
        for word in _CAPITALISED.findall(text[sentence.start : sentence.end]):
            # A last name, or the first word of a name that begins with the family name.
            matching = [name for name in people if word in (name.split()[-1], name.split()[0])]
            if matching:
                return next((name for name in matching if name.split()[-1] == word), matching[0])
    return None


def _merged(found: Sequence[Voice]) -> Iterator[Voice]:
    current: Voice | None = None
    for voice in found:
        if current and (current.role, current.name) == (voice.role, voice.name) and voice.role != "clip":
            current = Voice(current.start, voice.end, voice.role, voice.name)
            continue
        if current:
            yield current
        current = voice
    if current:
        yield current
