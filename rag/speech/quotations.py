"""Quotations in a text: the spans between quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PARAGRAPH = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_OPENING = re.compile(
    r"(?P<curly>[“„«])|(?<![^\s(\[—–:,/-])(?:(?P<straight>\")(?=\S)"
    # An apostrophe that begins a word ("'em", "’90s") opens nothing.
    r"|(?P<single>['‘])(?=[^\W\d_]|…|\[)(?!(?:em|til|cause|tis|twas|n)\b))"
)
_MARK = re.compile(r"[“”„«»]")
_GOES_ON = re.compile(r"[.,?!…][’']?\s+$")
_MISTYPED = re.compile(r"\"|’’|''")
_STRAIGHT = re.compile(r"[\"”]")
_SOUND = re.compile(r"(?:^|[\s(\[—–:,-])(?:“[^“”\"]+”|\"(?=[\w$£€\[‘'(…])[^“”\"]+\"|‘[^“”\"‘]+’)(?=[\s.,;:)\]—–-]|$)")
_SINGLE = re.compile(r"(?<=\S)['’](?!\w)")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation `text[start:end]`, marks included; `closed` is False if its paragraph ends without a closing mark."""

    start: int
    end: int
    closed: bool = True


def quotations(text: str) -> list[Quotation]:
    """The outermost quotations of `text`, in order: in double or single marks, curly, straight or pointed.

    Each ends with its paragraph at the latest. If the marks do not match, a quotation ends at the first mark that can
    close it.
    """
    return [found for line in _PARAGRAPH.finditer(text) for found in _in_paragraph(text, *line.span())]


def is_sound(text: str, quotation: Quotation) -> bool:
    """Whether its two marks are certainly a pair. If not, it may be the text between two quotations."""
    found = [_SOUND.match(text, start) for start in {max(0, quotation.start - 1), quotation.start}]
    return quotation.closed and any(match is not None and match.end() == quotation.end for match in found)


def _in_paragraph(text: str, start: int, end: int) -> Iterator[Quotation]:
    at = start
    while opening := _OPENING.search(text, at, end):
        closing = {"curly": _closes_curly, "straight": _closes_straight, "single": _closes_single}[
            opening.lastgroup or ""
        ](text, opening.end(), end)
        if closing is not None:
            yield Quotation(opening.start(), closing)
        elif opening["single"] is None or not text[start : opening.start()].strip():
            yield Quotation(opening.start(), len(text[:end].rstrip()), closed=False)
            return
        at = closing or opening.end()


def _closes_curly(text: str, at: int, end: int) -> int | None:
    depth, last = 1, None
    for mark in _MARK.finditer(text, at, end):
        if mark.group() in "”»":
            depth, last = depth - 1, mark.end()
            if not depth:
                return last
        elif not _GOES_ON.search(
            text[max(at, mark.start() - 6) : mark.start()]
        ):  # else: opened anew without having been closed
            depth += 1
    mistyped = _MISTYPED.search(text, last or at, end)
    return last or (mistyped.end() if mistyped else None)


def _closes_straight(text: str, at: int, end: int) -> int | None:
    for mark in _STRAIGHT.finditer(text, at, end):
        opens_anew = text[mark.start() - 1].isspace() and text[mark.end() : mark.end() + 1].isalnum()
        if not opens_anew:
            return mark.end()
    return None


def _closes_single(text: str, at: int, end: int) -> int | None:
    marks = [*_SINGLE.finditer(text, at, end)]
    for number, mark in enumerate(marks):
        # "the players' union": a possessive, where a mark after a comma or full stop is still to come.
        possessive = text[mark.start() - 1] == "s" and re.match(r" [a-z]", text[mark.end() : mark.end() + 2])
        if possessive and any(
            text[later.start() - 1] in ",.?!…" and not _OPENING.search(text, mark.end(), later.start())
            for later in marks[number + 1 :]
        ):
            continue
        return mark.end()
    return None
