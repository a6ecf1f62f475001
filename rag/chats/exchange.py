"""The parts of a saved chat. Words of removed articles are "", but their sha256 is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.article import Citation, Filters, Reply
from rag.library.corrections import Change


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat by its name, which is its first question until somebody renames it. Times are in ISO form (UTC)."""

    id: str
    name: str
    begun_at: str
    asked_at: str
    """When its last question was asked."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a citation or a passage besides its words: their sha256, and the version of the article.

    `removed_at` (ISO, UTC) is when the article was removed and its words with it; None while they are there.
    """

    hash: str
    version: int | None = None
    removed_at: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What became of an article since an answer cited it: `changes` lead from the version cited to the one of now.

    `numbers` are the citations of it, `lost` those of them whose sentence no longer stands in the article anywhere.
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
    """Who says what about a question, as it stands under its answer: `html`, whose links lead to `citations`, under the
    heading `statement`.

    `claims` are the same to be exported: what is asked, with each outlet's verdict and the number of its citation.
    """

    statement: str
    html: str
    citations: tuple[Citation, ...]
    claims: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of a chat with its reply, or with the message why there is none.

    While it is `waiting`, an answer is to come, under `conditions`, or where these are None under those that the
    question names; the reply is then the one before, if there was any.
    """

    id: int
    question: str
    asked_at: str
    waiting: bool = False
    conditions: Filters | None = None
    reply: Reply | None = None
    problem: str | None = None
    citations: Mapping[int, Kept] = field(default_factory=dict)
    """By the number of the citation, or of the sentence that is only related."""
    statements: tuple[str, ...] = ()
    """The sha256 of each statement of the reply."""
    blocks: tuple[Mapping[str, Any], ...] = ()
    """The reply's, as they are kept and exported: see `rag.chats.exchange_rows.kept_blocks`."""
    considered: Mapping[int, Kept] = field(default_factory=dict)
    """By the passage's rank."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the articles of the passages considered were called when the question was asked, by their ids."""
    undated: frozenset[str] = frozenset()
    """Those of the articles that a condition on dates could not be applied to."""
    corrections: tuple[Correction, ...] = ()
    coverage: Section | None = None
    """Who says what, where that was looked up and none of the articles was removed since."""
    covered: Mapping[int, Kept] = field(default_factory=dict)
    """Its citations', by their numbers."""
    liked: bool | None = None
    """Thumbs up or down."""
    remark: str = ""
    """Why."""
    expected: str = ""
    """What would have been right."""
