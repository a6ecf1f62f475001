"""Describes an article: outlet, origin, authors, place, date and language, each with the basis of its value.

What the file states is kept. The rest is read from the dateline, the credit, the sign-off or the date line, and the
words it was read from are noted. What cannot be read stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.article import DESCRIBED, UNKNOWN, Article, Provenance, Sentence, Span
from rag.ingestion import date_inference
from rag.ingestion.transcript_speakers import PERSON, voices
from rag.text import stated_dates
from rag.text.language import language_of
from rag.text.outlet_names import aliases_of, every_alias, host_of, name_of

AGENCIES = {
    "Reuters": ("reuters", "reuters health", "thomson reuters"),
    "Thomson Reuters Foundation": ("thomson reuters foundation",),
    "Associated Press": ("ap", "associated press", "the associated press", "ap news"),
    "Agence France-Presse": ("afp", "agence france-presse", "agence france presse", "agence francepresse"),
    "Press Association": ("pa", "pa media", "press association", "press association reporter", "pa news agency"),
    "Xinhua": ("xinhua", "xinhua news agency"),
    "United Press International": ("upi", "united press international"),
    "Deutsche Presse-Agentur": ("dpa", "deutsche presse-agentur"),
    "Yonhap": ("yonhap", "yonhap news agency"),
    "Kyodo": ("kyodo", "kyodo news"),
    "TASS": ("tass", "itar-tass"),
    "Interfax": ("interfax",),
    "EFE": ("efe", "efe-epa"),
    "ANSA": ("ansa",),
    "Press Trust of India": ("pti", "press trust of india"),
    "Indo-Asian News Service": ("ians",),
    "Asian News International": ("ani",),
    "Australian Associated Press": ("aap", "australian associated press"),
    "The Canadian Press": ("the canadian press", "canadian press"),
    "Bernama": ("bernama",),
    "Anadolu": ("anadolu", "anadolu agency"),
    "Bloomberg": ("bloomberg", "bloomberg news"),
    "CNN": ("cnn", "cnn wire"),
}
"""News agencies, and outlets whose texts others print, with the credits they get, in lower case."""

_AGENCY_OF = {credit: name for name, credits in AGENCIES.items() for credit in credits}
_DAY = r"(?:[A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?|\d{1,2} [A-Z][a-z]{2,8}\.?)"
_DATELINE = re.compile(
    r"(?P<place>[A-Z][A-Z.’'-]+(?:[ /-][A-Z][A-Z.’'-]+){0,3})"
    r"(?P<region>, [A-Z][\w.]+(?: [A-Z][\w.]+)?)?"
    rf"(?:,? {_DAY})?\s?(?P<credit>\((?P<agency>[^()]{{2,40}})\))?\s?(?:[-–—]{{1,2}}|:)\s"
)
_CREDIT_FIRST = re.compile(
    r"\((?P<agency>[A-Z][\w ]{1,30})\)\s?(?:[-–—]{1,2}\s|(?=[A-Z]))|(?P<bar>[A-Z][\w ]{1,20}) \| "
)
_NO_PLACE = re.compile(
    r"(?:UPDATE[DS]?|BREAKING|EXCLUSIVE|WATCH|FILE|PHOTOS?|VIDEO|CLOSE|OPINION|ANALYSIS|READ|LIVE|NEW)\b"
)
_BYLINE = re.compile(
    rf"(?i:by:?) (?P<names>{PERSON}(?:(?:, | and | & |, and ){PERSON}){{0,4}})(?:, (?P<of>[A-Z][\w .]+))?"
)
_SIGN_OFF = re.compile(
    rf"(?:^|[,.] |[a-z] )(?P<name>{PERSON})(?:,| reporting for| for) (?P<outlet>(?:the )?"
    r"[A-Z][\w’'&-]*(?: [A-Z&][\w’'&-]*){0,4})"
    r"(?:,? (?:in )?[A-Z]\w+)?\.?$"
)
_MEDIUM = re.compile(
    r"\b(?:news|tv|television|radio|times|post|herald|tribune|broadcasting|network|journal|gazette|press|media|daily|"
    r"mail|chronicle|observer|world service|(?-i:[A-Z]{3,4}))\b",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"(?:copyright|©)\s*(?:©|\(c\))?\s*(?:\d{4})?,?\s*(?:by )?(?P<owner>[A-Z][\w .&’'-]*?)[.,]? all rights", re.I
)
_FIRST_RUN = re.compile(
    r"\boriginally (?:appeared|published|ran) (?:on|in|at|by) (?P<outlet>[A-Z][\w.’'& -]*?)(?: on [A-Z]|[.,]|$)"
)
_PLEA_OF = re.compile(
    r"\b(?:join|follow|download|get|subscribe to|sign up (?:for|to)|like)\s+(?:the )?"
    r"(?P<outlet>[A-Z][\w&.]*(?: [A-Z][\w&.]*){0,3}?)"
    r"(?:['’]s?)? (?:telegram|whatsapp|facebook|twitter|instagram|youtube|newsletter|app|on)\b",
    re.IGNORECASE,
)
_POST = re.compile(
    r"(?: (?:sports?|science|political|city|royal|foreign))?(?: (?:reporters?|correspondents?|staff|writers?))?$"
)
_LINE = re.compile(r"\S[^\n]*")


def describe(article: Article, sentences: Sequence[Sentence]) -> Article:
    """The article with what its text says about it added to what its file states, each value with its basis.

    `sentences`: those of the story, without `article.omitted`. What a person has corrected is not changed.
    """
    text = article.text
    stated = {name: article.basis_of(name) for name in DESCRIBED}
    if article.outlet and (host := host_of(article.url)) and article.outlet == name_of(host):
        stated["outlet"] = Provenance("stated", note="the address")
    paragraphs = [found.span() for found in _LINE.finditer(text)]
    story = [span for span in paragraphs if not any(a <= span[0] and span[1] <= b for a, b in article.omitted)]
    found: dict[str, tuple[object, Provenance]] = {}
    reporter, sign_off = _sign_off(text, sentences)
    place, origin, dateline = _dateline(text, story[:5])
    if place:
        found["place"] = place, Provenance("text", (dateline,), "the dateline")
    if sign_off:
        found["authors"] = (reporter[0],), Provenance("text", (sign_off,), "the sign-off")
        found["outlet"] = reporter[1], Provenance("text", (sign_off,), "the sign-off")
    elif byline := _byline(text, story):
        found["authors"] = byline
    if not sign_off and (outlet := _outlet(text, article.omitted)):
        found["outlet"] = outlet
    outlet_name = article.outlet or str(found.get("outlet", ("",))[0])
    if origin and origin[0] not in aliases_of(outlet_name):
        found["origin"] = origin
    elif other := _origin(article, story, outlet_name):
        found["origin"] = other
    if dated := date_inference.stated_date(text, paragraphs, article.omitted, place):
        found["published"] = dated[0].isoformat(), dated[1]
    if language := language_of(text):
        found["language"] = language, Provenance("inferred", note="its words")
    values: dict[str, object] = {}
    basis: dict[str, Provenance] = {}
    for name in DESCRIBED:
        basis[name] = stated[name]
        if stated[name].how == "unknown" and name in found:
            values[name], basis[name] = found[name]
    article = replace(article, read_as=article.content_hash, **values)  # type: ignore[arg-type]
    reporter_name = article.authors[0] if article.authors else None
    return replace(article, basis=basis, voices=voices(text, sentences, reporter_name, sign_off))


def undated(
    article: Article, sentences: Sequence[Sentence], beside: date_inference.DatedWords | None = None
) -> Article:
    """The article with the range of days in which it can have been published, if its date is unknown.

    `sentences`: those of the story; `beside`: a dated article that quotes the same words. What a person corrected, and
    what the file states without giving the day, is kept.
    """
    known = article.basis_of("published")
    if article.published or known.how == "edited":
        return replace(article, published_from=None, published_until=None)
    if stated_dates.doubt(known):  # what the file states, though it leaves the day open
        return article
    told = date_inference.inferred(article.text, sentences, beside)
    basis = {**article.basis, "published": told.basis if told else UNKNOWN}
    first, last = (told.first, told.last) if told else (None, None)
    return replace(
        article,
        basis=basis,
        published_from=first.isoformat() if first else None,
        published_until=last.isoformat() if last else None,
    )


def _dateline(text: str, story: Sequence[Span]) -> tuple[str | None, tuple[str, Provenance] | None, Span]:
    """Place and credit of the first line with a dateline, and the dateline's span."""
    for start, end in story:
        line = text[start:end]
        if (found := _DATELINE.match(line)) and not _NO_PLACE.match(line):
            span = (start, start + len(found[0].rstrip(" -–—:")))
            place = _capitalised(found["place"]) + (found["region"] or "")
            return place, _credited(found["agency"], span), span
        if found := _CREDIT_FIRST.match(line):
            span = (start, start + len(found[0].rstrip(" -–—|")))
            if origin := _credited(found["agency"] or found["bar"], span, known=True):
                return None, origin, span
    return None, None, (0, 0)


def _credited(credit: str | None, span: Span, known: bool = False) -> tuple[str, Provenance] | None:
    """Who is credited in a dateline. With `known` only known agencies count."""
    if not credit:
        return None
    names = [_AGENCY_OF.get(part.strip().lower()) for part in re.split(r"[/,]| and ", credit)]
    agencies = [name for name in names if name]
    if not agencies and (known or not re.fullmatch(r"[A-Z][\w.&’'-]*(?: [A-Z][\w.&’'-]*){0,3}", credit.strip())):
        return None
    return ", ".join(agencies) or _capitalised(credit.strip()), Provenance(
        "text", (span,), "the credit in the dateline"
    )


def _origin(article: Article, story: Sequence[Span], outlet: str) -> tuple[str, Provenance] | None:
    """Who first wrote it, according to the authors, the last line or the copyright notice."""
    for author in article.authors[:2]:  # the photographers come last
        words = _POST.sub("", author.lower())
        if (agency := _AGENCY_OF.get(words)) and agency not in aliases_of(outlet):
            return agency, Provenance("stated", note="the authors")
    text = article.text
    for start, end in story[-1:]:
        names = [_AGENCY_OF.get(part.strip(" .()").lower()) for part in re.split(r" - |[/,;]| and ", text[start:end])]
        if names and all(names):
            return ", ".join(name for name in names if name), Provenance(
                "text", ((start, end),), "the credit at the end"
            )
    for pattern, group, why in (
        (_RIGHTS, "owner", "the notice of rights"),
        (_FIRST_RUN, "outlet", "what it says itself"),
    ):
        for found in pattern.finditer(text):
            name = _AGENCY_OF.get(found[group].strip().lower()) or (
                every_alias().get(found[group].strip().lower(), found[group].strip()) if pattern is _FIRST_RUN else None
            )
            if name and name not in aliases_of(outlet):
                return name, Provenance("text", (found.span(),), why)
    return None


def _sign_off(text: str, sentences: Sequence[Sentence]) -> tuple[tuple[str, str], Span | None]:
    """Reporter and outlet from the last words of a broadcast ("Ada Quill, Linnet News."), and their span."""
    for sentence in sentences[-1:]:
        found = _SIGN_OFF.search(text[sentence.start : sentence.end])
        if found and len(text[sentence.start : sentence.end]) <= 120:
            outlet = found["outlet"]
            if outlet.lower() in every_alias() or _MEDIUM.search(outlet):
                name = every_alias().get(outlet.lower(), outlet)
                return (found["name"], name), (sentence.start, sentence.end)
    return ("", ""), None


def _byline(text: str, story: Sequence[Span]) -> tuple[tuple[str, ...], Provenance] | None:
    for start, end in story[:3]:
        if found := _BYLINE.fullmatch(text[start:end].rstrip(".")):
            names = tuple(re.split(r", and |, | and | & ", found["names"]))
            return names, Provenance("text", ((start, end),), "the byline")
    return None


def _outlet(text: str, omitted: Sequence[Span]) -> tuple[str, Provenance] | None:
    """The outlet that the text's appeals to its readers name, if it is a known one."""
    for start, end in omitted:
        for found in _PLEA_OF.finditer(text[start:end]):
            named = found["outlet"]
            if name := every_alias().get(named.lower()) or _of_initials(named):
                return name, Provenance("inferred", ((start, end),), f"it asks the readers of {named}")
    return None


def _of_initials(letters: str) -> str | None:
    """The one known outlet whose name has these initials, without "The"; None if there are several."""
    if not letters.isupper() or len(letters) < 2:
        return None
    outlets = {
        outlet
        for alias, outlet in every_alias().items()
        if "".join(word[0] for word in alias.removeprefix("the ").split()) == letters.lower()
    }
    return outlets.pop() if len(outlets) == 1 else None


def _capitalised(name: str) -> str:
    """A place or agency in capitals as it is written in a sentence; a short name of an agency stays in capitals."""
    if not name.isupper() or (len(name) <= 4 and " " not in name and name.lower() in _AGENCY_OF):
        return name
    return re.sub(r"[A-Z][A-Z’']+", lambda word: word[0].capitalize(), name)
