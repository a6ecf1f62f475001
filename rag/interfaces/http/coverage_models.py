"""Models of who says what, as `coverage --json` prints it."""

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
    """What one outlet says about the question; accounts in one `group` say the same."""

    outlet: str | None
    verdict: Literal["says", "otherwise", "beside", "silent"]
    group: int | None
    words: str | None
    articles: list[str]
    citation: Citation | None
    also: list[Citation]


class ClaimModel(BaseModel):
    """One part of the question, and each outlet's account of it; `origins` counts the origins of each group."""

    asked: str
    outlets: int
    answering: int
    differs: bool
    accounts: list[AccountModel]
    origins: list[int]


class Differing(BaseModel):
    """A span of words that differ from the other wordings."""

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
    """One utterance with all its wordings."""

    speaker: str | None
    verdict: str
    outlets: list[str | None]
    wordings: list[WordingModel]


class CarrierModel(About):
    """An article that is a copy, and the sentences it cut and added."""

    fullest: bool
    cut: list[Citation]
    added: list[Citation]


class OriginModel(BaseModel):
    """One copied text and the articles that publish it."""

    name: str | None
    carriers: list[CarrierModel]


class DateModel(BaseModel):
    """A date in one sentence."""

    from_: str = Field(alias="from")
    until: str
    computed: bool
    words: str
    citation: Citation


class TimelineEntryModel(BaseModel):
    """What happened on a day, and who reports it."""

    from_: str = Field(alias="from")
    until: str
    computed: bool
    disputed: bool
    told: list[DateModel]


class PersonModel(BaseModel):
    """A person, with the spellings of the name and the sentences that have them."""

    name: str
    spellings: dict[str, list[Citation]]


class WhoSaysWhat(BaseModel):
    """All articles on the event of the question, side by side."""

    question: str
    statement: str
    articles: list[About]
    claims: list[ClaimModel]
    quotes: list[UtteranceModel]
    origins: list[OriginModel]
    timeline: list[TimelineEntryModel]
    people: list[PersonModel]
    timings: dict[str, int]
