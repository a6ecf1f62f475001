"""Manual corrections of an article, and changes between its versions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from rag.article import DESCRIBED, Article, Provenance
from rag.errors import UsageError
from rag.library.copies import lines
from rag.text.stated_dates import typed_date

EDITED = Provenance("edited")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two texts, in whole sentences; `old` or `new` is empty where one was added or dropped."""

    kind: Literal["added", "dropped", "reworded"]
    old: str
    new: str


def changes(old: str, new: str) -> list[Change]:
    """The differences between two versions of a text by sentence, in the order of the new one (difflib)."""
    before, after = ([text[start:end] for start, end in lines(text)] for text in (old, new))
    found = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        kind: Literal["added", "dropped", "reworded"] = (
            "added" if tag == "insert" else "dropped" if tag == "delete" else "reworded"
        )
        found.append(Change(kind, " ".join(before[a:b]), " ".join(after[c:d])))
    return found


def read_edits(given: Mapping[str, str]) -> dict[str, Any]:
    """Corrections as they are stored, from what a person typed: "" means unknown, authors are separated by semicolons.

    Raises UsageError for a field that there is none of, and a date that is none.
    """
    if not given:
        raise UsageError(f"Say what to correct, as field=value. The fields: {', '.join(DESCRIBED)}.")
    return dict(_read(name, value.strip()) for name, value in given.items())


def corrected(article: Article, edits: Mapping[str, Any]) -> Article:
    """The article with its corrections applied."""
    values: dict[str, Any] = {name: tuple(value) if name == "authors" else value for name, value in edits.items()}
    if "published" in edits:
        values |= {"published_from": None, "published_until": None}
        # A time is of its day: corrected to another day, there is none.
        days = {article.published, (article.published_at or "")[:10]}
        values["published_at"] = article.published_at if edits["published"] in days else None
    basis = {**article.basis, **dict.fromkeys(edits, EDITED)}
    return replace(article, read_as=article.content_hash, basis=basis, **values)


def _read(name: str, value: str) -> tuple[str, Any]:
    if name not in DESCRIBED:
        raise UsageError(f"There is no field {name!r}. The fields: {', '.join(DESCRIBED)}.")
    if name == "authors":
        return name, list(_names(value))
    if name == "published" and value:
        value = typed_date(value, "published")
    return name, " ".join(value.split()) or None


def _names(value: str) -> Iterator[str]:
    return (" ".join(name.split()) for name in value.split(";") if name.strip())
