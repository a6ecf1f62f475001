"""Rows of the catalogue as articles, versions and other records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.article import Article, Passage, Provenance, Span, Voice

COLUMNS = (
    "id, version, title, outlet, origin, published, url, path, authors, language, text, place, published_from, "
    "published_until, about, content_hash, published_at"
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """A passage with the hash of the text that was embedded for it and the vector, as float32 bytes."""

    passage: Passage
    hash: str
    vector: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """The article stored under a key."""

    id: str
    version: int
    content_hash: str
    path: str | None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One article in a list: `label` is its headline, or the beginning of its text."""

    id: str
    label: str
    outlet: str | None
    origin: str | None
    published: str | None
    version: int
    inferred: bool
    """Whether any of its values is inferred."""
    edited: bool
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier version of an article, valid until `replaced_at`."""

    version: int
    title: str | None
    published: str | None
    text: str
    replaced_at: str


def about_of(article: Article) -> str:
    """Further details of the article, as JSON."""
    return json.dumps(
        {
            "basis": {name: [basis.how, basis.spans, basis.note] for name, basis in article.basis.items()},
            "omitted": article.omitted,
            "voices": [[voice.start, voice.end, voice.role, voice.name] for voice in article.voices],
        }
    )


def article_of(row: tuple[Any, ...], addresses: tuple[str, ...] = ()) -> Article:
    """The article of a row of COLUMNS and its other addresses."""
    (
        id, version, title, outlet, origin, published, url, path, authors, language, text,
        place, published_from, published_until, about, content_hash, published_at,
    ) = row  # fmt: skip
    known = json.loads(about)
    return Article(
        id=id,
        version=version,
        title=title,
        outlet=outlet,
        origin=origin,
        published=published,
        url=url,
        path=path,
        authors=tuple(json.loads(authors)),
        language=language,
        text=text,
        place=place,
        published_from=published_from,
        published_until=published_until,
        basis={
            name: Provenance(how, _spans(spans), note) for name, (how, spans, note) in known.get("basis", {}).items()
        },
        omitted=_spans(known.get("omitted", ())),
        voices=tuple(Voice(*voice) for voice in known.get("voices", ())),
        addresses=addresses,
        read_as=content_hash,
        published_at=published_at,
    )


def _spans(pairs: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in pairs)
