"""The nouns of an article: what an article, a sentence, a passage and an excerpt are. Frozen; all offsets are exact.

Offsets count characters (Python string indices) of `Article.text`; a span is `text[start:end]`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


def fingerprint(text: str) -> str:
    """The sha256 of `text` in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


LONGEST_QUOTE = 600
"""Characters of a citation."""
Span = tuple[int, int]
"""`text[start:end]`."""
How = Literal["stated", "text", "inferred", "edited", "unknown"]
DESCRIBED = ("title", "outlet", "origin", "authors", "place", "published", "language")
"""What is known about an article, each with its basis; a person can correct every one of them."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a value rests on: the file's own statement, the article's text, an inference, a person's correction.

    `spans` are the stretches of the text it was read or follows from; `note` says in words how it follows.
    """

    how: How
    spans: tuple[Span, ...] = ()
    note: str | None = None


UNKNOWN = Provenance("unknown")


@dataclass(frozen=True, slots=True)
class Voice:
    """A stretch of a transcript and who speaks it; the name is None where the transcript does not give it."""

    start: int
    end: int
    role: Literal["presenter", "reporter", "clip", "speaker"]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One published item. `published` is an ISO date; what is not known is None.

    `published_at` is the ISO date and time of it as they are stated, with the offset where one is stated; its day may
    differ from `published` by one where its zone is another.

    `published_from` and `published_until` (ISO dates, both inclusive) bound an inferred date; either may be None.
    `omitted` are the stretches that are no part of the story: kept and shown, but neither embedded nor cited.
    `addresses` are the other addresses under which it was found. `read_as` is the content hash of what was read, before
    anything was told from the text or corrected by a person.
    """

    text: str
    title: str | None = None
    outlet: str | None = None
    origin: str | None = None
    published: str | None = None
    url: str | None = None
    path: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    id: str = ""
    version: int = 1
    place: str | None = None
    published_from: str | None = None
    published_until: str | None = None
    basis: Mapping[str, Provenance] = field(default_factory=dict, hash=False)
    omitted: tuple[Span, ...] = ()
    voices: tuple[Voice, ...] = ()
    addresses: tuple[str, ...] = ()
    read_as: str = field(default="", compare=False)
    published_at: str | None = None

    def basis_of(self, name: str) -> Provenance:
        """What the value of `name` (one of DESCRIBED) rests on; where nothing is noted, what the file states."""
        if name in self.basis:
            return self.basis[name]
        return Provenance("stated") if getattr(self, name) else UNKNOWN

    @property
    def label(self) -> str:
        """What a list calls it: the headline, else the first words of the text."""
        if self.title:
            return self.title
        words = self.text.split(maxsplit=10)
        return " ".join(words[:10]) + ("…" if len(words) > 10 else "")

    @property
    def content_hash(self) -> str:
        """A hash that changes when anything changes in what was read that a reader would see."""
        return self.read_as or fingerprint(
            "\x1f".join([self.title or "", self.published or "", *self.authors, self.text])
        )

    def to_json(self, text: bool = True) -> dict[str, Any]:
        """The article as `list --json` prints it, and with its `text` as `show --json` does."""
        fields = asdict(self) | {"authors": list(self.authors)}
        fields["basis"] = {name: asdict(self.basis_of(name)) for name in DESCRIBED}
        fields.pop("read_as")
        whole = {name: fields.pop(name) for name in ("omitted", "voices", "text")}
        return {"id": fields.pop("id"), **fields} | (whole if text else {})


def outlet_key(article: Article) -> str:
    """The outlet that an article counts for; an article without one counts for itself."""
    return article.outlet or article.id


@dataclass(frozen=True, slots=True)
class Sentence:
    """The unit of citation."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of an article: `article.text[start:end]`, exact by construction."""

    article: Article
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]

    @property
    def sentence(self) -> Sentence:
        """Its place in the article."""
        return Sentence(self.start, self.end)

    @property
    def quotable(self) -> Excerpt:
        """As much of it as a citation quotes: LONGEST_QUOTE characters."""
        return Excerpt(self.article, self.start, min(self.end, self.start + LONGEST_QUOTE))


@dataclass(frozen=True, slots=True)
class Passage:
    """The stretch of an article that is embedded and retrieved; it begins and ends with a sentence."""

    id: str
    article_id: str
    start: int
    end: int
