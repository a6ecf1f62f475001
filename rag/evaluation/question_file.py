"""Reading and checking a questions file and an index of articles.

Errors name the file, the line and the value in one sentence.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, TypeAdapter, ValidationError

from rag.errors import UsageError

UNANSWERABLE = "unanswerable"
UNTYPED = "untyped"
LONGEST_VALUE = 80
"""The most characters of a wrong value in a message."""


def _findable(text: str) -> str:
    if not re.search(r"\w", text):
        raise ValueError("it has no letters or digits")
    return text


Wording = Annotated[str, AfterValidator(_findable)]


class _Checked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class GoldEvidence(_Checked):
    """Evidence for an answer: a verbatim quote, and its article by id in the index of articles or by address."""

    quote: Wording
    article: str | None = None
    url: str | None = None


class Question(_Checked):
    """A question, and the required answer.

    `answers` are the required facts, each with its accepted wordings; `forbidden` are wordings that make an answer
    wrong; `turns` are asked before it, as the same chat. An unanswerable question must be refused.
    """

    question: str
    id: str | None = None
    type: str = Field(UNTYPED, min_length=1)
    turns: tuple[str, ...] = ()
    answerable: StrictBool = True
    answers: tuple[Annotated[tuple[Wording, ...], Field(min_length=1)], ...] = ()
    forbidden: tuple[Wording, ...] = ()
    event: str | None = None
    evidence: tuple[GoldEvidence, ...] = ()


class _Indexed(_Checked):
    id: str
    url: str
    event: str | None = None


@dataclass(frozen=True, slots=True)
class ArticleIndex:
    """The event of each article by address, and the address of each article by id."""

    event_of: Mapping[str, str | None]
    url_of: Mapping[str, str]


def read_questions(path: Path) -> list[Question]:
    """The questions of a JSONL file. Raises UsageError naming the file, the line and the value that is wrong."""
    return parse_questions(_content(path), str(path))


def parse_questions(content: bytes, name: str) -> list[Question]:
    """The questions in the content of a JSONL file called `name`. Raises UsageError as `read_questions` does."""
    questions: list[Question] = []
    line_of: dict[object, int] = {}
    for line, item in _parse_lines(content, name):
        given = {key: value for key, value in item.items() if value is not None}
        if given.get("answerable") is False:
            given.setdefault("type", UNANSWERABLE)
        try:
            question = Question.model_validate(given)
        except ValidationError as error:
            raise UsageError(f"{name}, line {line}: {_first_error(error)}.") from error
        if question.answerable and not question.answers:
            raise UsageError(
                f'{name}, line {line}: "answers" is missing: give the required facts, each a list of wordings, for '
                'example "answers": [["12 people", "twelve people"]], or "answerable": false.'
            )
        key = question.id or (question.question, question.turns)
        if key in line_of:
            which = f"the id {question.id!r} is" if question.id else "the question is"
            raise UsageError(f'{name}, line {line}: {which} also on line {line_of[key]}: give each its own "id".')
        line_of[key] = line
        questions.append(question)
    return questions


def read_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The objects of a JSONL file, each with the number of its line and at least a "question", "turns" if any a list
    of earlier ones; for a batch, which asks whatever there is. Raises UsageError.
    """
    return _parse_lines(_content(path), str(path))


def read_index(paths: Sequence[Path]) -> ArticleIndex:
    """The articles listed in these JSON files: lists of objects with "id", "url" and "event". Raises UsageError."""
    return parse_index([(_content(path), str(path)) for path in paths])


def parse_index(files: Sequence[tuple[bytes, str]]) -> ArticleIndex:
    """The articles listed in files given as their content and name. Raises UsageError."""
    entries: list[_Indexed] = []
    for content, name in files:
        try:
            entries += TypeAdapter(list[_Indexed]).validate_json(content.removeprefix(codecs.BOM_UTF8))
        except ValidationError as error:
            raise UsageError(f"{name}: {_first_error(error)}.") from error
    return ArticleIndex({each.url: each.event for each in entries}, {each.id: each.url for each in entries})


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error


def _parse_lines(content: bytes, name: str) -> list[tuple[int, dict[str, Any]]]:
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} cannot be read: {error}.") from error
    questions = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"{name}, line {number}, column {error.colno}: it is not valid JSON ({error.msg})."
            ) from error
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{name}, line {number}: it cannot be read as JSON ({error}).") from error
        turns = item.get("turns") or [] if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(item.get("question"), str) or not item["question"].strip():
            raise UsageError(f'{name}, line {number}: an object with a "question" is expected.')
        if not isinstance(turns, list) or not all(isinstance(turn, str) and turn.strip() for turn in turns):
            raise UsageError(f'{name}, line {number}: "turns" must be a list of earlier questions.')
        questions.append((number, item))
    if not questions:
        raise UsageError(f"{name} holds no questions.")
    return questions


def _first_error(error: ValidationError) -> str:
    """The first error, in words: its place as in JavaScript, its value and why it is wrong."""
    first = error.errors()[0]
    place = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in first["loc"]).removeprefix(".")
    if first["type"] == "missing":
        return f"{place} is missing"
    reason = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"]
    reason = (reason[0].lower() + reason[1:]).replace("tuple", "list")
    if not place:
        return reason
    value = json.dumps(first["input"], ensure_ascii=False, default=repr)
    shown = value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
    return f"{place} is {shown}: {reason}"
