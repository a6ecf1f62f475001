"""The parts of a saved chat. Words of removed articles are "", but their sha256 is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.library.corrections import Change
from rag.reply import FROM_THE_QUESTION, Citation, Filters, Reply


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat. Its name is the first question until it is renamed. Times are in ISO form (UTC)."""

    id: str
    name: str
    begun_at: str
    asked_at: str
    """When its last question was asked."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The hash of a citation or passage, and the version of its article.

    `removed_at` (ISO, UTC) is when the article and its words were removed; None if they exist.
    """

    hash: str
    version: int | None = None
    removed_at: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """How an article changed since it was cited: `changes` lead from the cited version to the current one.

    `numbers` are its citations, `lost` those whose sentence is no longer in the article.
    """

    article_id: str
    label: str
    outlet: str | None
    cited: int
    version: int
    numbers: tuple[int, ...]
    lost: tuple[int, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The coverage under an answer: `html`, whose links open `citations`, with the heading `statement`.

    `claims` is the same for export: each part of the question with the outlets' verdicts and citation numbers.
    """

    statement: str
    html: str
    citations: tuple[Citation, ...]
    claims: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of a chat with its reply, or with the error message.

    While it is `waiting`, it will be answered with `conditions`; `reply` is then the previous one, if any.
    """

    id: int
    question: str
    asked_at: str
    waiting: bool = False
    conditions: Filters = FROM_THE_QUESTION
    reply: Reply | None = None
    problem: str | None = None
    citations: Mapping[int, Kept] = field(default_factory=dict)
    """By the number of the citation or related sentence."""
    statements: tuple[str, ...] = ()
    """The sha256 of each statement of the reply."""
    blocks: tuple[Mapping[str, Any], ...] = ()
    """The reply's blocks, as stored and exported: see `rag.chats.exchange_rows.kept_blocks`."""
    considered: Mapping[int, Kept] = field(default_factory=dict)
    """By the passage's rank."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The labels of the considered articles when the question was asked, by id."""
    undated: frozenset[str] = frozenset()
    """The ids of articles to which a condition on dates could not be applied."""
    corrections: tuple[Correction, ...] = ()
    coverage: Section | None = None
    """The coverage, if it was requested and none of its articles was removed since."""
    covered: Mapping[int, Kept] = field(default_factory=dict)
    """The hashes of its citations, by number."""
    liked: bool | None = None
    """Thumbs up or down."""
    remark: str = ""
    """The reason for the rating."""
    expected: str = ""
    """What would have been right."""
