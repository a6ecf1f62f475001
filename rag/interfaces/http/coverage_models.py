"""Who says what, as `coverage --json` prints it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from rag.article import Citation


class About(BaseModel):
    """An article, without its text."""

    article_id: str
    outlet: str | None
    origin: str | None
    published: str | None
    title: str | None
    url: str | None
    path: str | None
    published_at: str | None


class AccountModel(BaseModel):
    """What one outlet says to what is asked; those of one `group` say the same."""

    outlet: str | None
    verdict: Literal["says", "otherwise", "beside", "silent"]
    group: int | None
    words: str | None
    articles: list[str]
    citation: Citation | None
    also: list[Citation]


class ClaimModel(BaseModel):
    """One thing that is asked, and each outlet's account of it; `origins` counts each group's independent ones."""

    asked: str
    outlets: int
    answering: int
    differs: bool
    accounts: list[AccountModel]
    origins: list[int]


class Differing(BaseModel):
    """A stretch of words that differ from the other wordings."""

    start: int
    end: int
    words: str


class WordingModel(BaseModel):
    """How one outlet words an utterance."""

    outlet: str | None
    manner: str
    speaker: str | None
    citation: Citation
    differing: list[Differing]


class UtteranceModel(BaseModel):
    """One utterance, in every wording of it."""

    speaker: str | None
    verdict: str
    outlets: list[str | None]
    wordings: list[WordingModel]


class CarrierModel(About):
    """An article that prints a copy, and the sentences that it cut and added."""

    fullest: bool
    cut: list[Citation]
    added: list[Citation]


class OriginModel(BaseModel):
    """One copy and who carries it."""

    name: str | None
    carriers: list[CarrierModel]


class DateModel(BaseModel):
    """A date as one sentence tells it."""

    from_: str = Field(alias="from")
    until: str
    computed: bool
    words: str
    citation: Citation


class TimelineEntryModel(BaseModel):
    """What happened on a day, and who tells it."""

    from_: str = Field(alias="from")
    until: str
    computed: bool
    disputed: bool
    told: list[DateModel]


class PersonModel(BaseModel):
    """Somebody, under every spelling of the name, with the sentences that have it."""

    name: str
    spellings: dict[str, list[Citation]]


class WhoSaysWhat(BaseModel):
    """All articles on the event that is asked about, side by side."""

    question: str
    statement: str
    articles: list[About]
    claims: list[ClaimModel]
    quotes: list[UtteranceModel]
    origins: list[OriginModel]
    timeline: list[TimelineEntryModel]
    people: list[PersonModel]
    timings: dict[str, int]
