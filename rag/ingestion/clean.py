"""Finds what is not part of the story: captions, appeals to readers, share bars, lists of stories, boilerplate.

Nothing is removed from the text. The spans are kept as offsets, shown in grey, and neither embedded nor cited.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from rag.article import Span
from rag.ingestion.split import sentences
from rag.library.copies import line_hash, lines
from rag.text.date_patterns import MONTH
from rag.text.quantities import FIGURE

LEAST_KEPT = 0.5
"""Share of an article's words. If less would be left, the captions are the story (a gallery, a stub)."""
LONGEST_PLEA = 400
"""Characters. A longer paragraph that begins like an appeal ("Follow …") is part of a story."""
LONGEST_CAPTION = 900
"""Characters. Captions can be long, but a credit at the end of a longer paragraph is that of a story."""
_LISTED_AT_MOST = 8
"""Headlines. Longer than this is no "Read more" list at the end of an article."""

_AGENCY = (
    r"(?:the )?(?:associated press|press association|getty(?: images)?|agence[ -]france[ -]?presse|thomson reuters|"
    r"reuters|ap(?: photo)?|afp|pa(?: wire)?|epa|upi|xinhua|tass|yonhap|bloomberg|rex(?: features)?|shutterstock|alamy|"
    r"agencies)"
)
_MEDIA = (
    r"(?:newsletters?|bulletins?|telegram|whatsapp|facebook|twitter|instagram|youtube|linkedin|tiktok|channels?|apps?|"
    r"inbox|e-?mails?|alerts?|notifications?|podcasts?|feeds?|rss)"
)
_CAPTION = re.compile(
    # … PHOTO: AGENCY
    r"(?-i:(?:^|[.!?)\]”\"] ?|\s)(?:(?:FILE )?PHOTOS?|Photos?|PICTURES?|Pictures?|IMAGES?|Images?|CREDIT|Credit) ?: ?"
    r"(?:[A-Z@][\w.'’&@-]*[ ,/]*){1,8}$)"
    # … [Photo/Agencies]
    r"|[\(\[](?:photo|image|picture|file|credit)s?(?: by)?\s?[:/] ?[^()\[\]]{2,80}[\)\]]\W*$"
    r"|[\(\[](?:photo|image|picture)s? by [^()\[\]]{2,80}[\)\]]\W*$"
    # … (Name Surname/Agency)
    rf"|[\(\[][^()\[\]]{{0,80}}(?:/|via |, )\s?{_AGENCY}(?:[ ,/][^()\[\]]{{0,30}})?[\)\]]\s*(?:\([^()]{{0,40}}\))?\W*$"
    # … on Sunday.Name Surname / Agency
    rf"|\.\s?[\w .'’-]{{3,50}} ?/ ?{_AGENCY}$"
    rf"|©\s?[\w .'’/-]{{0,60}}\({_AGENCY}[^()]{{0,20}}\)$"
    r"|^(?:enlarge this image|image copyright|image caption|media caption|media playback is unsupported)"
    r"|^(?:file ?(?:photo)?|pictured|undated)\s?[-–—:]\s"
    r"|^photos?:\s.{0,200}|hide caption(?: \d+ of \d+)?$"
    r"|^\(?(?:photo|image|picture)s?\)?$",
    re.IGNORECASE,
)
_PLEA = re.compile(
    r"^(?:please |and |so |now |you can (?:also )?)*(?:sign ?up|subscribe|join|follow(?!-)|like (?:us|our|this)|"
    r"download (?:the|our)|get (?:the|our|all|daily|breaking|more|latest|news)|receive|stay (?:connected|informed|"
    rf"tuned|up[ -]to[ -]date)|connect with|chat with|keep up with)\b.{{0,160}}\b(?:{_MEDIA}|@\w+)\b"
    r"|^(?:read (?:more|also|next|or share)|also read|see also|more (?:on|from|stories)|recommended|related(?: "
    r"stories| articles| links)?|watch(?: (?:more|also|live))?|listen(?: now)?|don['’]t miss|you may also like|"
    r"most read|trending|click (?:here|to)|tap here|scroll (?:down|for)|story continues|article continues|"
    r"continue reading|advertisement|"
    r"sponsored|share (?:this|on|via)|print this|follow us|subscribe now|sign ?up)\s?(?:[:|»>]|$|now\b|here\b|below\b|"
    r"for (?:video|more)|this (?:article|story|page)|(?:article|story|page|post)$|"
    r"the main story|on (?:facebook|twitter)|down\b)"
    r"|^read or share this story\b|^(?:advertisement )?continue reading the main story|^newsletter sign up\b"
    r"|^(?:thank you for subscribing|could not subscribe|invalid e-?mail|please enter (?:an|your) e-?mail|enter your "
    r"e-?mail|e-?mail address is invalid|you are already subscribed|you must select a newsletter)\b"
    r"|^(?:do you have|got|have) a (?:story|tip|news tip|confidential news tip)\b|^we pay for (?:your|videos)\b"
    r"|^(?:e-?mail|contact) (?:us|the author|our news ?desk)\b"
    r"|^if you like(?:d)? this (?:story|article)\b|^support (?:our|independent) journalism\b"
    r"|^view all [\w ]{1,40} newsletters\b|^manage (?:your )?e-?mail preferences"
    r"|^get daily updates\b|^get the \w+ newsletter\b",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"^(?:copyright|©|\(c\))\s.{0,120}|\ball rights reserved\b|\bmay not be published, broadcast, rewritten",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^(?:read more|related(?: stories| articles| links)?|more on this(?: story)?|see also)\s?:?$", re.IGNORECASE
)
_NO_FIGURE = re.compile(
    rf"\(\d+\)|\b{MONTH} \d{{1,2}}(?:, \d{{4}})?|\b\d{{1,2}} {MONTH}(?: \d{{4}})?|\b(?:19|20)\d\d\b|\d:\d\d|#\d+",
    re.I,
)
"""Numbers that are not figures of the story: dates, and the numbers on players' shirts."""
_LONGEST_CREDIT = 120
"""Characters. A longer last sentence with a credit tells something of the story as well."""
_ENDS = '.!?…"”’)'


def omitted(text: str, boilerplate: Collection[int] = ()) -> tuple[Span, ...]:
    """The spans of `text` that are not part of the story, in order. Together they are never most of it.

    `boilerplate`: hashes (`copies.line_hash`) of lines that the outlet is known to repeat.
    """
    pleas: list[Span] = []
    captions: list[Span] = []
    for start, end in _paragraphs(text):
        paragraph = text[start:end]
        if len(paragraph) <= LONGEST_CAPTION and _CAPTION.search(paragraph):
            captions += _of_the_picture(text, start, end)
        elif _is_plea(paragraph):
            pleas.append((start, end))
    for start, end in lines(text):
        line = text[start:end]
        if _is_plea(line) or line_hash(line) in boilerplate:
            pleas.append((start, end))
    pleas += _listed(text)
    for spans in ([*pleas, *captions], pleas):
        found = joined(text, spans)
        if sum(len(text[a:b].split()) for a, b in found) <= (1 - LEAST_KEPT) * len(text.split()):
            return found
    return ()


def kept(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The spans of `text` between the omitted ones, without blank ones."""
    start = 0
    for a, b in [*spans, (len(text), len(text))]:
        if text[start:a].strip():
            yield start, a
        start = b


def _of_the_picture(text: str, start: int, end: int) -> Iterator[Span]:
    """The parts of a caption to omit: the first sentence, which describes the picture, and the credit.

    The first sentence stays if it has a figure that the rest of the article does not have.
    """
    found = sentences(text[start:end])
    figures = set(FIGURE.findall(_NO_FIGURE.sub(" ", text[start : start + found[0].end])))
    elsewhere = set(FIGURE.findall(text[:start] + text[end:]))
    for number, sentence in enumerate(found):
        is_credit = _CAPTION.search(words := text[start + sentence.start : start + sentence.end])
        if (number == 0 and figures <= elsewhere) or (number and is_credit and len(words) <= _LONGEST_CREDIT):
            yield start + sentence.start, start + sentence.end


def _is_plea(line: str) -> bool:
    return len(line) <= LONGEST_PLEA and bool(_PLEA.search(line) or _RIGHTS.search(line))


def _listed(text: str) -> Iterator[Span]:
    """Headlines of other stories under a "Read more:" at the end of the text. They end without a full stop."""
    paragraphs = list(_paragraphs(text))
    for number, heading in enumerate(paragraphs):
        after = paragraphs[number + 1 :]
        is_list = all(b - a <= 150 and text[b - 1] not in _ENDS for a, b in after)
        if _LIST.match(text[slice(*heading)]) and 0 < len(after) <= _LISTED_AT_MOST and is_list:
            yield from after


def _paragraphs(text: str) -> Iterator[Span]:
    for found in re.finditer(r"\S[^\n]*", text):
        yield found.start(), found.start() + len(found[0].rstrip())


def joined(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order. Those that touch, or have only white space between them, become one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and not text[found[-1][1] : start].strip():
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
